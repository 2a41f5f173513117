"""Which language suits a reader."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from consentkit.i18n.negotiate import best
from consentkit.i18n.negotiate import from_accept_language


@pytest.mark.parametrize(
    ("wanted", "offered", "expected"),
    [
        ("ru", ["kk", "ru"], "ru"),
        ("ru-RU", ["kk", "ru"], "ru"),
        ("pt", ["en", "pt-BR"], "pt-BR"),
        ("zh-TW", ["zh-Hans", "zh-Hant"], "zh-Hant"),
        ("kk", ["en", "ru"], "ru"),
        ("kk", ["kk-Arab"], None),
        ("de", ["ru", "en"], None),
        ("RU_ru", ["ru"], "ru"),
        (None, ["ru"], None),
        ("../../etc/passwd", ["ru"], None),
        ("ru", [], None),
    ],
)
def test_the_nearest_language_is_chosen(wanted: str | None, offered: list[str], expected: str | None) -> None:
    """The same, then the same language, then one that its readers read as well; never just any."""
    assert best(wanted, offered) == expected


@pytest.mark.parametrize(
    ("header", "offered", "expected"),
    [
        ("ru-RU,ru;q=0.9,en;q=0.8", ["en", "ru"], "ru"),
        ("en;q=0.3, kk;q=0.7", ["en", "kk"], "kk"),
        ("kk, en;q=0.5", ["ru", "en"], "en"),
        ("kk", ["ru", "en"], "ru"),
        ("ru;q=0, en", ["ru", "en"], "en"),
        ("*", ["ru"], None),
        ("ru;q=2", ["ru"], None),
        ("ru;q=nan, en;q=0.1", ["ru", "en"], "en"),
        ("", ["ru"], None),
        (None, ["ru"], None),
    ],
)
def test_the_header_is_read_by_its_weights(header: str | None, offered: list[str], expected: str | None) -> None:
    """What a reader names wins over what is guessed for them; what is malformed is no wish."""
    assert from_accept_language(header, offered) == expected


def test_a_long_header_is_read_only_at_its_beginning() -> None:
    """The work is bounded, whatever is sent."""
    assert from_accept_language("xx," * 100_000 + "ru", ["ru"]) is None


@settings(deadline=None)
@given(st.text(max_size=300), st.lists(st.text(max_size=12), max_size=5))
def test_no_header_raises(header: str, offered: list[str]) -> None:
    """The answer is one of the offers, or nothing."""
    assert from_accept_language(header, offered) in {None, *offered}
    assert best(header, offered) in {None, *offered}
