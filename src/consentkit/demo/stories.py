"""Stories: the plain-text form that they are written in, read into parts that a page can set."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import datetime as dt
import enum
import re
import typing as t
import unicodedata

from .editions import EDITIONS

if t.TYPE_CHECKING:
    from pathlib import Path

#: What a credit begins with, in the three languages.
_CREDITS: t.Final = ("Фото:", "Photo:", "Сурет:")

#: What opens a quotation. U+2019 is left out: at the head of an English sentence it is an apostrophe (’Tis).
_QUOTATION_MARKS: t.Final = tuple("\"'«»‹›“”„‟‘‚‛「『〝＂")

#: What may close a sentence after its full stop: «Да.» or (Yes.)
_CLOSING: t.Final = "\"'»›“”’)]」』"

_HEADING_LENGTH: t.Final = 90
_TEASER_LENGTH: t.Final = 190

_LINE_BREAK: t.Final = re.compile(r"\r\n|\r|\n")
_SLUG: t.Final = re.compile(r"[^\W_](?:[\w-]*[^\W_])?")
_CONTROL_CHARACTERS: t.Final = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127])


class StoryError(ValueError):
    """A file does not hold a story in the form of the newsroom."""

    #: The name of the file.
    file: str

    def __init__(self, file: str, message: str) -> None:
        self.file = file
        super().__init__(f"'{file}': {message}")


class Part(enum.StrEnum):
    """What a paragraph is."""

    PARAGRAPH = "paragraph"
    HEADING = "heading"
    QUOTATION = "quotation"


@dataclasses.dataclass(frozen=True, slots=True)
class Block:
    """One paragraph of a story's body, and what it is."""

    part: Part
    text: str


@dataclasses.dataclass(frozen=True, slots=True)
class Story:
    """One story in one language.

    :param credits: the lines that name who made the pictures, as written: ``Фото: …``.
    """

    locale: str
    slug: str
    title: str
    date: dt.date
    lead: str
    blocks: tuple[Block, ...]
    credits: tuple[str, ...]

    @property
    def teaser(self) -> str:
        """The lead, cut at a word where it is long."""
        return shorten(self.lead, _TEASER_LENGTH)

    @property
    def paragraphs(self) -> cabc.Iterator[str]:
        """Every text below the title, from the lead to the credits."""
        yield self.lead
        yield from (block.text for block in self.blocks)
        yield from self.credits


def shorten(text: str, length: int) -> str:
    """Return at most *length* characters of *text*, cut between words, with an ellipsis where something is left out."""
    if len(text) <= length:
        return text
    cut, _, rest = text[: length - 1].rpartition(" ")
    return (cut or rest).rstrip(" ,;:–—-") + "…"


def parse_story(name: str, text: str) -> Story:
    """Read one story.

    The first line is the title, the second the date (ISO 8601), then come paragraphs separated by blank lines. The
    first is the lead. One that begins with ``Фото:``, ``Photo:`` or ``Сурет:`` is a credit; else one that begins with a
    quotation mark is a quotation; else one of at most 90 characters without a final full stop is a heading.

    :param name: the name of the file, ``<locale>__<slug>.txt``.
    :raises StoryError: the name or the text is not of that form; the message names the file and the line.
    """
    locale, slug = _parse_name(name)
    text = unicodedata.normalize("NFC", text).translate(_CONTROL_CHARACTERS)
    lines = [line.strip() for line in _LINE_BREAK.split(text.removeprefix("\ufeff"))]
    title = lines[0]
    if not title:
        raise StoryError(name, "line 1 is empty, expected the title.")
    date = _parse_date(name, lines[1] if len(lines) > 1 else "")
    paragraphs = _join_paragraphs(lines[2:])
    if not paragraphs:
        raise StoryError(name, "there is nothing after the date, expected a paragraph: the lead.")
    lead, *body = paragraphs
    return Story(
        locale=locale,
        slug=slug,
        title=title,
        date=date,
        lead=lead,
        blocks=tuple(Block(_tell_part(text), text) for text in body if not text.startswith(_CREDITS)),
        credits=tuple(text for text in body if text.startswith(_CREDITS)),
    )


def _parse_name(name: str) -> tuple[str, str]:
    locale, separator, slug = unicodedata.normalize("NFC", name).removesuffix(".txt").partition("__")
    if not separator or not _SLUG.fullmatch(slug):
        raise StoryError(name, "the name is not of the form '<locale>__<slug>.txt': 'ru__apple-orchard.txt'.")
    if locale not in EDITIONS:
        raise StoryError(name, f"the paper has no edition in '{locale}', expected one of {', '.join(EDITIONS)}.")
    return locale, slug


def _parse_date(name: str, line: str) -> dt.date:
    try:
        return dt.date.fromisoformat(line)
    except ValueError:
        found = f"'{line}'" if line else "nothing"
        raise StoryError(name, f"line 2: found {found}, expected a date such as 2025-11-27.") from None


def _join_paragraphs(lines: cabc.Iterable[str]) -> list[str]:
    paragraphs: list[list[str]] = [[]]
    for line in lines:
        if line:
            paragraphs[-1].append(line)
        elif paragraphs[-1]:
            paragraphs.append([])
    return [" ".join(paragraph) for paragraph in paragraphs if paragraph]


def _tell_part(text: str) -> Part:
    if text.startswith(_QUOTATION_MARKS):
        return Part.QUOTATION
    if len(text) <= _HEADING_LENGTH and not text.rstrip(_CLOSING).endswith("."):
        return Part.HEADING
    return Part.PARAGRAPH


class Archive:
    """All stories of the paper, by edition, the newest first."""

    def __init__(self, stories: cabc.Iterable[Story]) -> None:
        ordered = sorted(stories, key=lambda story: (-story.date.toordinal(), story.slug))
        self._editions = {locale: tuple(s for s in ordered if s.locale == locale) for locale in EDITIONS}
        self._stories = {(story.locale, story.slug): story for story in ordered}

    @property
    def locales(self) -> tuple[str, ...]:
        """The editions in which there is something to read."""
        return tuple(locale for locale, stories in self._editions.items() if stories)

    def edition(self, locale: str) -> tuple[Story, ...]:
        """Return the stories in *locale*, the newest first."""
        return self._editions.get(locale, ())

    def find(self, locale: str, slug: str) -> Story | None:
        """Return the story of that name, or nothing."""
        return self._stories.get((locale, unicodedata.normalize("NFC", slug)))

    def translations(self, story: Story) -> tuple[Story, ...]:
        """Return the same story in each language that has it, itself included."""
        found = (self._stories.get((locale, story.slug)) for locale in EDITIONS)
        return tuple(translation for translation in found if translation is not None)

    def neighbours(self, story: Story) -> tuple[Story | None, Story | None]:
        """Return the story before *story* and the one after it, in the order in which they came out."""
        stories = self._editions[story.locale]
        place = stories.index(story)
        older = stories[place + 1] if place + 1 < len(stories) else None
        newer = stories[place - 1] if place else None
        return older, newer


def load_stories(folder: Path) -> Archive:
    """Read every ``*.txt`` file of *folder*.

    :raises StoryError: there is no such folder, it holds no story, or one of the files is not a story.
    """
    if not folder.is_dir():
        raise StoryError(str(folder), "there is no such folder. Give one that holds '<locale>__<slug>.txt' files.")
    files = sorted(path for path in folder.glob("*.txt") if not path.name.startswith("."))
    if not files:
        raise StoryError(str(folder), "the folder holds no story. Expected files named '<locale>__<slug>.txt'.")
    return Archive([parse_story(path.name, _read(path)) for path in files])


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise StoryError(path.name, f"byte {error.start} is not UTF-8. Save the file in that encoding.") from None
    except OSError as error:
        raise StoryError(path.name, f"cannot be read: {error.strerror}.") from None
