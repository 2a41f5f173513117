"""The part of the site that a page is in: all that is kept of a page's address."""

from __future__ import annotations

import urllib.parse

_LONGEST = 200


def first_segment(path: str) -> str:
    """Return the first segment of *path* without slashes, empty for the front page; at most 200 characters.

    :param path: as browsers write it, in ASCII; query and fragment may follow.
    """
    segment = path.partition("?")[0].partition("#")[0].lstrip("/").partition("/")[0]
    return in_words(segment)[:_LONGEST]


def in_words(path: str) -> str:
    """Return *path* as people write it, with nothing in it that cannot be seen."""
    return visible(urllib.parse.unquote(path) if "%" in path else path)


def visible(text: str) -> str:
    """Return *text* with nothing in it that cannot be seen."""
    return text if text.isprintable() else "".join(char for char in text if char.isprintable())
