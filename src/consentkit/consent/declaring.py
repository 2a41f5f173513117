"""On which line of which file a site declares something: for messages to those who write it."""

from __future__ import annotations

import pathlib
import tomllib
import typing as t

from ..errors import ConfigError
from .load import site_files
from .places import Path
from .places import dotted
from .places import line_of
from .places import places


class Place(t.NamedTuple):
    """A place in a site's file.

    :param path: what stands there, ``services[2].hosts[0]``; empty for the end of the file.
    """

    file: pathlib.Path
    line: int
    path: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" + (f" ({self.path})" if self.path else "")


def place_of(configuration: pathlib.Path, site: str, service: str = "", **entry: str) -> Place | None:
    """Return where *site* declares *service*, or one of its entries; ``None`` where its file cannot be found or read.

    ::

        place_of(path, "steppe-herald", "counter", hosts="counter.example")
        place_of(path, "steppe-herald", "counter", cookies="_count")
        place_of(path, "steppe-herald")  # the end of its file, where more would stand

    :param configuration: a site's file or a folder of them, as for :func:`consentkit.consent.load.load_sites`.
    """
    try:
        files = site_files(configuration)
    except ConfigError:
        return None
    for file in files:
        try:
            text = file.read_text("utf-8-sig")
            data = tomllib.loads(text)
            if data["site"]["id"] != site:
                continue
            path = _path(data, service, entry)
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if not path:
            return Place(file, len(text.rstrip().split("\n")), "")
        return Place(file, line_of(places(text), path), dotted(path))
    return None


def _path(data: dict[str, t.Any], service: str, entry: dict[str, str]) -> Path:
    for i, one in enumerate(data.get("services", ())):
        if one["id"] == service:
            for key, wanted in entry.items():
                for j, item in enumerate(one.get(key, ())):
                    if item == wanted:
                        return ("services", i, key, j)
                    if isinstance(item, dict) and item.get("name") == wanted:
                        return ("services", i, key, j, "name")
            return ("services", i)
    return ()
