"""Search: finds words in stories whatever their letter case, and marks them."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import typing as t
import unicodedata

from .stories import shorten

if t.TYPE_CHECKING:
    from .stories import Story

_QUERY_LENGTH: t.Final = 200
_SNIPPET_LENGTH: t.Final = 240
_BEFORE_MATCH: t.Final = 80

#: What people type around a word without meaning it.
_PUNCTUATION: t.Final = " .,;:!?…\"'«»‹›“”„‘’()[]–—"


@dataclasses.dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that is marked as found, or not."""

    text: str
    marked: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Hit:
    """A story that was found: its title and an excerpt, both with the words marked."""

    story: Story
    title: tuple[Piece, ...]
    excerpt: tuple[Piece, ...]


def parse_query(query: str) -> tuple[str, ...]:
    """Return the words of *query* as they are compared: folded, each once, without the punctuation around them."""
    words = unicodedata.normalize("NFC", query[:_QUERY_LENGTH]).split()
    return tuple(dict.fromkeys(folded for word in words if (folded := _fold(word.strip(_PUNCTUATION))[0])))


def search(stories: cabc.Iterable[Story], query: str) -> list[Hit]:
    """Return the stories in which every word of *query* occurs, those with a word in the title first."""
    words = parse_query(query)
    if not words:
        return []
    hits = []
    for story in stories:
        folded = "\n".join(_fold(text)[0] for text in (story.title, *story.paragraphs))
        if all(word in folded for word in words):
            hits.append(Hit(story, mark(story.title, words), _excerpt(story, words)))
    return sorted(hits, key=lambda hit: not any(piece.marked for piece in hit.title))


def mark(text: str, words: cabc.Iterable[str]) -> tuple[Piece, ...]:
    """Return *text* in pieces, of which those that are one of *words* are marked."""
    found = [False] * len(text)
    for start, end in _find(text, words):
        found[start:end] = [True] * (end - start)
    pieces: list[Piece] = []
    start = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or found[end] is not found[start]:
            pieces.append(Piece(text[start:end], found[start]))
            start = end
    return tuple(pieces)


def _find(text: str, words: cabc.Iterable[str]) -> cabc.Iterator[tuple[int, int]]:
    folded, origins = _fold(text)
    for word in words:
        place = folded.find(word)
        while place >= 0:
            yield origins[place], origins[place + len(word) - 1] + 1
            place = folded.find(word, place + len(word))


def _fold(text: str) -> tuple[str, list[int]]:
    """Return *text* as it is compared, and for each character of that the place in *text* which it came from.

    Case folding can lengthen a text (ß becomes ss), so the places have to be kept to mark what was found. Russian
    readers type е for ё.
    """
    folded: list[str] = []
    origins: list[int] = []
    for place, char in enumerate(text):
        for part in char.casefold().replace("ё", "е"):
            folded.append(part)
            origins.append(place)
    return "".join(folded), origins


def _excerpt(story: Story, words: tuple[str, ...]) -> tuple[Piece, ...]:
    for text in story.paragraphs:
        place = min((start for start, _ in _find(text, words)), default=None)
        if place is None:
            continue
        start = 0 if place <= _BEFORE_MATCH else text.find(" ", place - _BEFORE_MATCH, place) + 1
        if place > _BEFORE_MATCH and not start:
            start = place
        return mark(("…" if start else "") + shorten(text[start:], _SNIPPET_LENGTH), words)
    return (Piece(story.teaser, marked=False),)
