"""The pictures of the stories: drawn for the paper, one file a story, named after it."""

from __future__ import annotations

import dataclasses
import typing as t

if t.TYPE_CHECKING:
    from pathlib import Path


@dataclasses.dataclass(frozen=True, slots=True)
class Picture:
    """A drawing.

    :param file: its name under the static folder.
    :param words: the message that describes it, for who does not see it.
    :param stands_in: whether it only fills the place of a photograph that the paper has not got.
    """

    file: str
    words: str
    stands_in: bool = False


#: For a story that credits a photographer and came as text alone.
STEPPE: t.Final = Picture("pictures/steppe.svg", "picture.steppe", stands_in=True)


def find_pictures(static: Path) -> dict[str, Picture]:
    """Return the drawings by the slug of their story."""
    return {
        path.stem: Picture(f"pictures/{path.name}", f"picture.{path.stem}")
        for path in sorted(static.glob("pictures/*.svg"))
        if path.stem != "steppe"
    }
