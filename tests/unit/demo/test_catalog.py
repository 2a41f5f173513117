"""The words of the paper's own pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import consentkit.demo
from consentkit.demo.catalog import load_catalog
from consentkit.demo.editions import EDITIONS

_ROOM = Path(consentkit.demo.__file__).parent
_USE = re.compile(r"\b(?:_|ngettext)\('([a-z_.-]+)'")


def _messages(locale: str):
    with (_ROOM / "locale" / f"{locale}.po").open("rb") as file:
        return {
            message.id if isinstance(message.id, str) else message.id[0]: message
            for message in read_po(file)
            if message.id
        }


@pytest.mark.parametrize("locale", EDITIONS)
def test_every_message_of_a_template_is_translated(locale):
    """And every translation is used."""
    used = {name for path in _ROOM.glob("templates/**/*.html") for name in _USE.findall(path.read_text("utf-8"))}
    used |= {f"picture.{path.stem}" for path in _ROOM.glob("static/pictures/*.svg")}

    assert set(_messages(locale)) == used


@pytest.mark.parametrize("locale", EDITIONS)
def test_no_translation_is_empty_or_fuzzy(locale):
    """A reader would see the name of the message."""
    for message in _messages(locale).values():
        assert not message.fuzzy
        assert all(message.string if isinstance(message.string, tuple) else (message.string,))


@pytest.mark.parametrize(
    ("count", "words"), [(1, "нашлась 1 статья"), (3, "нашлось 3 статьи"), (5, "нашлось 5 статей")]
)
def test_russian_counts_in_three_forms(count, words):
    """One, few, many."""
    form = load_catalog("ru").ngettext("search.found", "search.found", count)

    assert words in form % {"count": count, "query": "степь"}
