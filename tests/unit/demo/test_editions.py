"""How each edition writes a date."""

from __future__ import annotations

import datetime as dt

import pytest

from consentkit.demo.editions import EDITIONS


@pytest.mark.parametrize(
    ("locale", "november", "march"),
    [
        ("ru", "27 ноябрь 2025", "1 март 2026"),
        ("kk", "2025 жылғы 27 қараша", "2026 жылғы 1 наурыз"),
        ("en", "27 November 2025", "1 March 2026"),
    ],
)
def test_a_date_is_written_as_its_edition_does(locale, november, march):
    """The Russian month stands alone; the Kazakh date begins with the year."""
    assert EDITIONS[locale].format_date(dt.date(2025, 11, 27)) == november
    assert EDITIONS[locale].format_date(dt.date(2026, 3, 1)) == march
