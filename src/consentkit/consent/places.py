"""Places: on which line of a TOML text each value stands, which :mod:`tomllib` does not tell.

The scanner expects a text that :mod:`tomllib` has accepted (TOML 1.0, https://toml.io/en/v1.0.0). It judges nothing: of
a text that it cannot follow it gives the places up to there.
"""

from __future__ import annotations

import bisect
import collections.abc as cabc
import contextlib
import re
import tomllib
import typing as t

#: The way to a value: keys of tables, indexes of arrays.
Path: t.TypeAlias = tuple[str | int, ...]

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_FILLER = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SPACES = re.compile(r"[ \t]*")
# Up to two quotes may stand right before the three that close a multi-line string. The loops are unrolled, so that they
# never go back over a long string; Python before 3.11.5 misreads possessive ones (python/cpython#106052).
_STRING = re.compile(
    r'"""[^\\"]*(?:(?:\\.|"{1,2}(?!"))[^\\"]*)*"{3,5}'
    r"|'''[^']*(?:'{1,2}(?!')[^']*)*'{3,5}"
    r'|"[^\\"\n]*(?:\\.[^\\"\n]*)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_OTHER_SCALAR = re.compile(r"[^,\]}#\n]+")


def places(text: str) -> cabc.Mapping[Path, int]:
    """Return the line, counted from 1, of every table, array, element and value of *text*.

    A table or array that is written in several places has the line of the first.
    """
    scanner = _Scanner(text)
    with contextlib.suppress(_Lost):
        scanner.scan()
    return scanner.lines


def line_of(where: cabc.Mapping[Path, int], path: Path) -> int:
    """Return the line of *path*, else of the nearest thing around it that has one, else 1."""
    for length in range(len(path), 0, -1):
        if path[:length] in where:
            return where[path[:length]]
    return 1


def dotted(path: Path) -> str:
    """Return *path* as people write it: ``services[2].hosts[0]``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            name = part if _BARE_KEY.fullmatch(part) else quoted(part)
            text += f".{name}" if text else name
    return text


def quoted(text: str, limit: int = 80) -> str:
    """Return *text* in single quotes on one line, cut after *limit* characters, what cannot be seen written out."""
    shown = "".join(
        char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode() for char in text[:limit]
    )
    return f"'{shown[: limit - 1]}…'" if len(text) > limit or len(shown) > limit else f"'{shown}'"


class _Lost(Exception):
    """The text is not what TOML would have here."""


class _Scanner:
    """Walks over one text once, from the first character to the last, without recursion."""

    def __init__(self, text: str) -> None:
        self.lines: dict[Path, int] = {}
        self._text = text
        self._at = 0
        self._breaks = [match.start() for match in re.finditer("\n", text)]
        self._table: Path = ()
        #: Arrays of tables, with the index of the table that is being written.
        self._arrays: dict[Path, int] = {}

    def scan(self) -> None:
        self._skip(_FILLER)
        while self._at < len(self._text):
            if self._take("[["):
                self._open(array=True)
            elif self._take("["):
                self._open(array=False)
            else:
                self._value(self._assigned(self._table))
            self._skip(_FILLER)

    def _open(self, *, array: bool) -> None:
        """Read the rest of a table's header."""
        start = self._at
        path: Path = ()
        parts = self._key()
        for i, part in enumerate(parts):
            path = (*path, part)
            self._note(path, start)
            if array and i == len(parts) - 1:
                self._arrays[path] = self._arrays.get(path, -1) + 1
            if path in self._arrays:
                path = (*path, self._arrays[path])
                self._note(path, start)
        self._table = path
        self._expect("]]" if array else "]")

    def _assigned(self, path: Path) -> Path:
        """Read a key and the equals sign, and return the path of its value, which comes next."""
        start = self._at
        for part in self._key():
            path = (*path, part)
            self._note(path, start)
        self._expect("=")
        return path

    def _value(self, path: Path) -> None:
        """Read the value of *path*, with all that it holds."""
        # Each open array or inline table, with the index of its last element; -1 before the first and for tables.
        opened: list[tuple[Path, bool, int]] = []
        while True:
            self._skip(_FILLER)
            if self._take("["):
                opened.append((path, True, -1))
            elif self._take("{"):
                opened.append((path, False, -1))
            else:
                self._skip(_STRING) or self._skip(_OTHER_SCALAR)
            while opened:
                self._skip(_FILLER)
                if self._take(","):
                    continue
                if self._take("]") or self._take("}"):
                    opened.pop()
                    continue
                if self._at >= len(self._text):
                    raise _Lost
                around, is_array, index = opened[-1]
                if is_array:
                    opened[-1] = (around, True, index + 1)
                    path = (*around, index + 1)
                    self._note(path, self._at)
                else:
                    path = self._assigned(around)
                break
            else:
                return

    def _key(self) -> list[str]:
        """Read a key: one part, or several with dots between them."""
        parts = []
        while True:
            self._skip(_SPACES)
            start = self._at
            if self._skip(_BARE_KEY):
                parts.append(self._text[start : self._at])
            elif self._skip(_STRING):
                parts.append(_unquoted(self._text[start : self._at]))
            else:
                raise _Lost
            self._skip(_SPACES)
            if not self._take("."):
                return parts

    def _note(self, path: Path, position: int) -> None:
        self.lines.setdefault(path, bisect.bisect_left(self._breaks, position) + 1)

    def _skip(self, pattern: re.Pattern[str]) -> bool:
        """Go past what *pattern* matches here; return whether that was anything."""
        match = pattern.match(self._text, self._at)
        if match is None or match.end() == self._at:
            return False
        self._at = match.end()
        return True

    def _take(self, literal: str) -> bool:
        if not self._text.startswith(literal, self._at):
            return False
        self._at += len(literal)
        return True

    def _expect(self, literal: str) -> None:
        if not self._take(literal):
            raise _Lost


def _unquoted(string: str) -> str:
    try:
        value = tomllib.loads(f"key = {string}")["key"]
    except tomllib.TOMLDecodeError:
        raise _Lost from None
    return str(value)
