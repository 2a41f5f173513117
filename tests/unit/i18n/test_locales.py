"""The table of languages."""

from __future__ import annotations

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from consentkit.i18n.locales import KNOWN_LOCALES
from consentkit.i18n.locales import canonical_tag
from consentkit.i18n.locales import direction
from consentkit.i18n.locales import fallbacks
from consentkit.i18n.locales import formats
from consentkit.i18n.locales import own_name


def test_more_than_thirty_languages_are_known_among_them_the_four_of_the_catalogs() -> None:
    """The table covers what a news site may need."""
    assert len(KNOWN_LOCALES) > 30
    assert {"kk", "ru", "en", "ar"} <= set(KNOWN_LOCALES)


@pytest.mark.parametrize("tag", KNOWN_LOCALES)
def test_the_table_agrees_with_cldr(tag: str) -> None:
    """Each language has formats, and runs the way CLDR says."""
    locale = Locale.parse(formats(tag))
    assert locale.text_direction == direction(tag)


@pytest.mark.parametrize("tag", KNOWN_LOCALES)
def test_every_chain_of_fallbacks_ends_with_english_and_never_returns(tag: str) -> None:
    """A missing text is always found in the end."""
    chain = (tag, *fallbacks(tag))
    assert chain[-1] == "en"
    assert len(set(chain)) == len(chain)


def test_own_names_are_told_apart() -> None:
    """No two languages look the same in a choice."""
    names = [locale.own_name for locale in KNOWN_LOCALES.values()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("ar", "rtl"),
        ("ar-EG", "rtl"),
        ("kk", "ltr"),
        ("kk-Arab", "rtl"),
        ("he-IL", "rtl"),
        ("az-Arab", "rtl"),
        ("xx", "ltr"),
    ],
)
def test_direction_follows_language_and_script(tag: str, expected: str) -> None:
    """What is not in the table runs as its script does."""
    assert direction(tag) == expected


def test_fallbacks_are_near_first() -> None:
    """The language without its country comes before another language."""
    assert fallbacks("kk") == ("ru", "en")
    assert fallbacks("pt-BR") == ("pt", "en")
    assert fallbacks("en") == ()
    # Readers of Arabic script are not given Cyrillic.
    assert fallbacks("kk-Arab") == ("en",)


def test_a_language_that_is_not_known_is_called_by_its_tag() -> None:
    """Nothing is made up."""
    assert own_name("xx") == "xx"
    assert own_name("ru-KZ") == "Русский"


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("ru_RU", "ru-RU"),
        ("KK", "kk"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("en-US-x-private", "en-US"),
        ("r", None),
        ("", None),
    ],
)
def test_tags_are_brought_to_one_form(tag: str, expected: str | None) -> None:
    """However a tag is written, it means the same."""
    assert canonical_tag(tag) == expected


@settings(deadline=None)
@given(st.text(max_size=80))
def test_no_text_breaks_the_table(text: str) -> None:
    """Hostile tags are answered like unknown ones."""
    assert direction(text) in {"ltr", "rtl"}
    assert own_name(text) is not None
    assert isinstance(fallbacks(text), tuple)
    assert isinstance(formats(text), str)
