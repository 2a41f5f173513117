"""Where the parser's elements stand in the text, byte for byte."""

from __future__ import annotations

import bisect
import collections
import collections.abc as cabc

import turbohtml

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class Lost(Exception):
    """The parser's places are not those of the text."""


class Places:
    """The parser's places, which count CR LF as one character, in the text itself."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._breaks: list[int] = []
        at = source.find("\r\n")
        while at >= 0:
            self._breaks.append(at - len(self._breaks))
            at = source.find("\r\n", at + 2)

    def span(self, element: turbohtml.Element) -> tuple[int, int | None]:
        """Return where *element* begins and ends; ``None`` where nothing closes it."""
        where = element.source_location
        if where is None:
            raise Lost
        start, end = self._at(where.start_tag.start_offset), self._at(where.start_tag.end_offset)
        if where.end_tag is not None:
            end = self._at(where.end_tag.end_offset)
        source = self._source
        if not source.startswith("<", start) or (source[end - 1] != ">" and end != len(source)):
            raise Lost
        if where.end_tag is None and element.tag != "embed":
            return start, None
        return start, end

    def starts(self, element: turbohtml.Element) -> int:
        """Return where *element* begins."""
        where = element.source_location
        if where is None:
            raise Lost
        return self._at(where.start_tag.start_offset)

    def reaches(self, element: turbohtml.Element, place: int) -> bool:
        """Whether the first tag of *element* goes on behind *place*."""
        where = element.source_location
        return where is not None and self._at(where.start_tag.end_offset) > place

    def opening(self, element: turbohtml.Element) -> str:
        """Return the text of *element*'s first tag."""
        where = element.source_location
        return (
            ""
            if where is None
            else self._source[self._at(where.start_tag.start_offset) : self._at(where.start_tag.end_offset)]
        )

    def _at(self, place: int) -> int:
        return place + bisect.bisect_left(self._breaks, place)


def children(element: turbohtml.Element) -> list[turbohtml.Element]:
    """Return the elements right inside *element*."""
    return [child for child in element.children if isinstance(child, turbohtml.Element)]


def gaps(root: turbohtml.Element, length: int, places: Places) -> cabc.Iterator[tuple[int, int]]:
    """Yield the stretches of the text, outside of every element, that hold text alone."""
    place, plain = 0, True
    for child in root.children:
        if isinstance(child, turbohtml.Element):
            if child.source_location is None:
                return
            start, end = places.span(child)
            if plain and place < start:
                yield place, start
            if end is None and child.tag not in VOID:
                return
            place, plain = max(place, end or start + len(places.opening(child))), True
        elif not isinstance(child, turbohtml.Text):
            plain = False
    if plain:
        yield place, length


def is_whole(source: str) -> bool:
    """Whether *source* closes nothing that it has not opened: so that taking it out changes nothing around it."""
    opened: list[str] = []
    open_now: collections.Counter[str] = collections.Counter()
    for token in turbohtml.tokenize(source, capture_attributes=False):
        if token.type is turbohtml.TokenType.START_TAG and token.tag not in VOID:
            opened.append(token.tag or "")
            open_now[opened[-1]] += 1
        elif token.type is turbohtml.TokenType.END_TAG and token.tag != "br":
            if not open_now[token.tag or ""]:
                if token.tag != "p":
                    return False
                continue
            closed = ""
            while closed != token.tag:
                closed = opened.pop()
                open_now[closed] -= 1
    return True
