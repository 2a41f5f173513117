"""On which line of a TOML text each value stands."""

from __future__ import annotations

import json
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentkit.consent.places import dotted
from consentkit.consent.places import line_of
from consentkit.consent.places import places

EVERYTHING = """\
# The first line is a comment.
title = "a # b [c]"   # so is this
dotted."quoted key".'literal ] key' = 1979-05-27 07:32:00

[site]
long = \"\"\"
two
\\\"\"\" lines, with two quotes at the end\"\"\"\"\"
locales = [
    "ru",  # ]
    'k"k',

    {a.b = 1, c = [2, 3]},
]
empty = []

[[services]]
id = "one"
[[services.cookies]]
name = ''''x'''
[[services.cookies]]
[services.cookies.deeper]
x = inf
[[services]]
id = "two"
[services."a.b"]
"""


def test_each_kind_of_value_has_its_line() -> None:
    """Tables, arrays of tables, dotted and quoted keys, inline tables and what spans lines are all found."""
    found = {dotted(path): line for path, line in places(EVERYTHING).items()}
    assert found == {
        "title": 2,
        "dotted": 3,
        "dotted.'quoted key'": 3,
        "dotted.'quoted key'.'literal ] key'": 3,
        "site": 5,
        "site.long": 6,
        "site.locales": 9,
        "site.locales[0]": 10,
        "site.locales[1]": 11,
        "site.locales[2]": 13,
        "site.locales[2].a": 13,
        "site.locales[2].a.b": 13,
        "site.locales[2].c": 13,
        "site.locales[2].c[0]": 13,
        "site.locales[2].c[1]": 13,
        "site.empty": 15,
        "services": 17,
        "services[0]": 17,
        "services[0].id": 18,
        "services[0].cookies": 19,
        "services[0].cookies[0]": 19,
        "services[0].cookies[0].name": 20,
        "services[0].cookies[1]": 21,
        "services[0].cookies[1].deeper": 22,
        "services[0].cookies[1].deeper.x": 23,
        "services[1]": 24,
        "services[1].id": 25,
        "services[1].'a.b'": 26,
    }


def test_the_line_of_what_is_missing_is_that_of_what_is_around_it() -> None:
    """A key that should be there is looked for in its table; in the file as a whole, on the first line."""
    where = places(EVERYTHING)
    assert line_of(where, ("services", 1, "name")) == 24
    assert line_of(where, ("controller", "name")) == 1


def test_line_endings_of_windows_count_once() -> None:
    """A text of another editor has the same lines."""
    assert places(EVERYTHING.replace("\n", "\r\n")) == places(EVERYTHING)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("services", 2, "hosts", 0), "services[2].hosts[0]"),
        (("notice", "texts", "pt-BR"), "notice.texts.pt-BR"),
        (("a b", "c.d"), "'a b'.'c.d'"),
        (("x\n\u202e" + "y" * 100,), "'x\\n\\u202e" + "y" * 70 + "…'"),
        ((), ""),
    ],
)
def test_a_path_is_written_as_people_write_it(path: tuple[str | int, ...], text: str) -> None:
    """Indexes stand in brackets, keys that are not bare in quotes, and what cannot be seen is written out."""
    assert dotted(path) == text


# ── properties ──

Data = dict[str, object]
KEYS = st.text("ab-_1", min_size=1, max_size=3) | st.text(
    st.characters(codec="utf-8", exclude_characters="\x7f", exclude_categories=("Cs",)), max_size=4
)
TEXTS = st.text(st.sampled_from("ab\"'\\[]{}#=,.\n é"), max_size=8)
SCALARS = st.integers(-9, 9) | st.booleans() | TEXTS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)
DOCUMENTS = st.dictionaries(KEYS, VALUES | st.lists(st.dictionaries(KEYS, VALUES, max_size=3), max_size=3), max_size=5)


class Writer:
    """Writes data as TOML in one of the many ways, and remembers on which line it wrote what."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.text = ""
        self.lines: dict[tuple[str | int, ...], int] = {}

    def document(self, data: Data) -> None:
        """Write the whole."""
        self.table((), data)

    def table(self, path: tuple[str | int, ...], data: Data) -> None:
        """Write what the table holds: first the values, then the tables that have a header."""
        later = []
        for key, value in data.items():
            if self.has_header(value) and self.draw(st.booleans()):
                later.append((key, value))
            else:
                self.filler()
                self.assign(path, key, value)
                self.text += "\n"
        for key, value in later:
            for i, table in enumerate(value if isinstance(value, list) else [value]):
                self.filler()
                inner = (*path, key, i) if isinstance(value, list) else (*path, key)
                self.note((*path, key))
                self.note(inner)
                name = ".".join(self.key(part) for part in inner if isinstance(part, str))
                self.text += f"[[ {name} ]]\n" if isinstance(value, list) else f"[{name}]\n"
                self.table(inner, table)

    def has_header(self, value: object) -> bool:
        """Whether TOML lets *value* be written below a header."""
        is_array = isinstance(value, list) and len(value) > 0 and all(isinstance(item, dict) for item in value)
        return isinstance(value, dict) or is_array

    def assign(self, path: tuple[str | int, ...], key: str, value: object) -> None:
        """Write a key, or several in one when each table holds but the next, and the value."""
        self.note((*path, key))
        self.text += self.key(key)
        path = (*path, key)
        while isinstance(value, dict) and len(value) == 1 and self.draw(st.booleans()):
            [(key, value)] = value.items()
            path = (*path, key)
            self.note(path)
            self.text += f" . {self.key(key)}"
        self.text += " = "
        self.value(path, value)

    def value(self, path: tuple[str | int, ...], value: object) -> None:
        """Write *value* in one piece."""
        if isinstance(value, dict):
            self.text += "{ "
            for i, (key, inner) in enumerate(value.items()):
                self.text += ", " if i else ""
                self.assign(path, key, inner)
            self.text += " }"
        elif isinstance(value, list):
            self.text += "["
            for i, inner in enumerate(value):
                self.filler()
                self.note((*path, i))
                self.value((*path, i), inner)
                self.text += ","
            self.filler()
            self.text += "]"
        elif isinstance(value, str):
            self.text += self.string(value)
        else:
            self.text += str(value).lower()

    def string(self, value: str) -> str:
        """Write a text in one of the four ways that can hold it."""
        escaped = json.dumps(value, ensure_ascii=False)[1:-1]
        ways = [f'"{escaped}"', f'"""\n{escaped}"""', '"""' + escaped.replace("\\n", "\n") + '"""']
        if "'" not in value and "\n" not in value:
            ways.append(f"'{value}'")
        if "'''" not in value and not value.startswith("'") and not value.startswith("\n"):
            ways.append(f"'''{value}'''" if not value.endswith("'''") else ways[0])
        way = self.draw(st.sampled_from(ways))
        try:
            return way if tomllib.loads(f"x = {way}") == {"x": value} else ways[0]
        except tomllib.TOMLDecodeError:
            return ways[0]

    def key(self, key: str) -> str:
        """Return the key bare or in quotes."""
        bare = key != "" and all(char in "ab-_1" for char in key)
        return key if bare and self.draw(st.booleans()) else json.dumps(key, ensure_ascii=False)

    def filler(self) -> None:
        """Write something that means nothing."""
        self.text += self.draw(st.sampled_from(["", "\n", "  ", "# [x] = {\n", "\n\n"]))

    def note(self, path: tuple[str | int, ...]) -> None:
        """Remember that *path* begins on this line."""
        self.lines.setdefault(path, self.text.count("\n") + 1)


@st.composite
def written(draw: st.DrawFn) -> tuple[str, Data, dict[tuple[str | int, ...], int]]:
    """Draw a text, the data that it means, and the lines on which it was written."""
    data = draw(DOCUMENTS)
    writer = Writer(draw)
    writer.document(data)
    return writer.text, data, writer.lines


@given(written())
def test_every_value_has_the_line_on_which_it_was_written(made) -> None:
    """Whichever way TOML is written, each path that the standard parser finds has its line."""
    text, data, lines = made
    assert tomllib.loads(text) == data
    assert places(text) == lines


@given(st.text(st.sampled_from("ab=.,\"'[]{}#\\ \n\r1é"), max_size=60) | st.text(max_size=60))
def test_any_text_ends_with_some_places(text: str) -> None:
    """What is no TOML gives the places up to there, without an error."""
    assert all(1 <= line <= text.count("\n") + 1 for line in places(text).values())
