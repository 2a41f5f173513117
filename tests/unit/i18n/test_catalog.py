"""Texts and formats of a language."""

from __future__ import annotations

import datetime as dt

import pytest

from consentkit.i18n.catalog import available
from consentkit.i18n.catalog import catalog

DURATIONS = {
    "en": {"P1Y": "1 year", "P13M": "13 months", "P180D": "180 days", "PT30M": "30 minutes", "P1D": "1 day"},
    "ru": {"P1Y": "1 год", "P2M": "2 месяца", "P13M": "13 месяцев", "P21D": "21 день", "PT30M": "30 минут"},
    "kk": {"P1Y": "1 жыл", "P13M": "13 ай", "P180D": "180 күн", "P2W": "2 апта", "PT30M": "30 минут"},
    "ar": {
        "P1Y": "سنة واحدة",
        "P2M": "شهران",
        "P6M": "6 أشهر",
        "P13M": "13 شهرًا",
        "P180D": "180 يومًا",
        "P100D": "100 يوم",
    },
    "de": {"P13M": "13 Monate", "P1D": "1 Tag"},
}


def test_four_languages_have_catalogs() -> None:
    """The notice speaks Kazakh, Russian, English and Arabic."""
    assert available() == {"kk", "ru", "en", "ar"}


@pytest.mark.parametrize(
    ("tag", "value", "words"), [(tag, value, words) for tag, all_ in DURATIONS.items() for value, words in all_.items()]
)
def test_durations_are_counted_as_the_language_counts(tag: str, value: str, words: str) -> None:
    """Also where CLDR has no words for it."""
    assert catalog(tag).format_duration(value) == words


def test_durations_of_several_parts_and_of_nothing() -> None:
    """Parts are joined as the language joins; zero is said."""
    assert catalog("ru").format_duration("P1Y6M") == "1 год и 6 месяцев"
    assert catalog("en").format_duration("P0D") == "0 days"


@pytest.mark.parametrize("tag", ["kk", "ru", "en", "ar"])
def test_lifetimes_without_a_number_have_words(tag: str) -> None:
    """``session`` and ``persistent`` are for programs, not for readers."""
    words = {catalog(tag).format_duration(value) for value in ("session", "persistent")}
    assert len(words) == 2
    assert not words & {"session", "persistent"}


@pytest.mark.parametrize("value", ["", "P", "PT", "13 months", "P1H", "P" + "9" * 50 + "D", "<script>"])
def test_what_is_no_duration_comes_back_unchanged(value: str) -> None:
    """Nothing raises, and nothing is guessed."""
    assert catalog("ru").format_duration(value) == value


def test_dates_are_written_as_the_language_writes_them() -> None:
    """In Russian the genitive, in Kazakh the year first."""
    day = dt.date(2025, 11, 27)
    expected = {
        "ru": "27 ноября 2025 г.",
        "kk": "2025 ж. 27 қараша",
        "en": "27 November 2025",
        "en-US": "November 27, 2025",
        "ar": "27 نوفمبر 2025",
    }
    # Which of the spaces is a narrow one differs from one release of CLDR to the next.
    assert {tag: " ".join(catalog(tag).format_date(day).split()) for tag in expected} == expected


def test_moments_are_shown_by_the_clocks_of_a_place() -> None:
    """Almaty is five hours ahead of UTC."""
    moment = dt.datetime(2025, 11, 27, 9, 3, tzinfo=dt.UTC)
    assert "14:03" in catalog("kk").format_datetime(moment, "Asia/Almaty")
    assert "09:03" in catalog("en").format_datetime(moment, length="short")


def test_numbers_lists_and_countries() -> None:
    """The rest that a page needs."""
    assert catalog("ru").format_number(12345.6) == "12\xa0345,6"
    assert catalog("en").format_percent(0.25) == "25%"
    assert catalog("kk").format_list(["a", "ә"]) == "a және ә"
    assert catalog("kk").territory_name("KZ") == "Қазақстан"
    assert catalog("ar").territory_name("IE") == "أيرلندا"
    assert catalog("ru").territory_name("QQ") == "QQ"


def test_a_missing_text_comes_from_the_fallbacks_and_at_last_from_the_source() -> None:
    """A language without a catalog still speaks."""
    assert catalog("uz").gettext("Privacy policy") == "Политика конфиденциальности"
    assert catalog("de").gettext("Privacy policy") == "Privacy policy"
    assert catalog("ru").gettext("No such text") == "No such text"
    assert catalog("not a tag").gettext("Privacy policy") == "Privacy policy"


def test_one_language_does_not_speak_through_another() -> None:
    """The chains do not share their links."""
    catalog("kk"), catalog("ar"), catalog("ru")
    assert catalog("en").gettext("Accept all") == "Accept all"
    assert catalog("ar").gettext("Accept all") == "قبول الكل"


def test_the_empty_text_stays_empty() -> None:
    """It is not the header of the catalog."""
    assert catalog("ru").gettext("") == ""


def test_an_arabic_text_says_which_way_it_runs() -> None:
    """What a template needs for its root element."""
    assert (catalog("ar").tag, catalog("ar").direction) == ("ar", "rtl")
