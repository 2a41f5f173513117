"""The plain-text form of a story: what each paragraph is, and what is no story."""

from __future__ import annotations

import datetime as dt

import pytest

from consentkit.demo.stories import Archive
from consentkit.demo.stories import Part
from consentkit.demo.stories import StoryError
from consentkit.demo.stories import parse_story
from consentkit.demo.stories import shorten

_TEXT = """Мост через Шу открыли на неделю раньше
2025-11-27

Первыми по новому мосту прошли школьники: у них там остановка.

Мост строили два года,
и оба года паводок приходил раньше сметы.

Что изменится для пешеходов

«Теперь до школы восемь минут», – говорит пятиклассник Дамир.

"Perevoda ne trebuet", — добавляет его сестра.

Фото: Сания Омарова
"""


def _parse(body: str, name: str = "ru__most.txt"):
    return parse_story(name, f"Заголовок\n2025-11-27\n\nЛид.\n\n{body}")


def _part(paragraph: str) -> Part:
    return _parse(paragraph).blocks[0].part


def test_every_paragraph_becomes_what_it_is():
    """A whole story: title, date, lead, text, heading, quotations, credit."""
    story = parse_story("ru__most.txt", _TEXT)

    assert (story.locale, story.slug) == ("ru", "most")
    assert story.title == "Мост через Шу открыли на неделю раньше"
    assert story.date == dt.date(2025, 11, 27)
    assert story.lead == "Первыми по новому мосту прошли школьники: у них там остановка."
    assert [block.part for block in story.blocks] == [
        Part.PARAGRAPH,
        Part.HEADING,
        Part.QUOTATION,
        Part.QUOTATION,
    ]
    assert story.blocks[0].text == "Мост строили два года, и оба года паводок приходил раньше сметы."
    assert story.credits == ("Фото: Сания Омарова",)


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_story_reads_the_same_however_its_editor_saved_it(line_break, mark):
    """Line breaks of any system and a byte order mark change nothing."""
    assert parse_story("ru__most.txt", mark + _TEXT.replace("\n", line_break)) == parse_story("ru__most.txt", _TEXT)


def test_a_line_of_spaces_separates_paragraphs_too():
    """What looks blank is blank."""
    assert [block.text for block in _parse("Первый абзац.\n \t\nВторой абзац.").blocks] == [
        "Первый абзац.",
        "Второй абзац.",
    ]


@pytest.mark.parametrize(
    "quote", ['"Да", – сказал он.', "'Да'.", "«Да».", "“Yes.”", "„Ja“.", "‹Да›.", "‘Yes.’", "‚Ja‘."]
)
def test_a_quotation_begins_with_any_quotation_mark(quote):
    """Of any of the languages, long or short."""
    assert _part(quote) is Part.QUOTATION
    assert _part(quote + " И ещё." * 30) is Part.QUOTATION


@pytest.mark.parametrize("paragraph", ["’Tis the season for apples.", "– Да, – сказал он.", "Сказал: «Да»."])
def test_a_quotation_begins_with_nothing_else(paragraph):
    """Neither an apostrophe nor a dash, nor a mark further on."""
    assert _part(paragraph) is Part.PARAGRAPH


@pytest.mark.parametrize(
    ("paragraph", "part"),
    [
        ("я" * 90, Part.HEADING),
        ("я" * 91, Part.PARAGRAPH),
        ("я" * 89 + ".", Part.PARAGRAPH),
        ("Что дальше?", Part.HEADING),
        ("Коротко.", Part.PARAGRAPH),
        ("Он сказал: «Да.»", Part.PARAGRAPH),
        ("(Окончание следует.)", Part.PARAGRAPH),
        ("Мост, «Восход» и школа", Part.HEADING),
        ("и\u0306" * 90, Part.HEADING),
    ],
)
def test_a_heading_is_short_and_without_a_final_full_stop(paragraph, part):
    """At most 90 characters as a reader counts them; a full stop inside a closing quotation mark is one."""
    assert _part(paragraph) is part


@pytest.mark.parametrize("credit", ["Фото: А. Б.", "Photo: A. B.", "Сурет: А. Б."])
def test_a_credit_is_a_credit_in_each_language(credit):
    """Whatever the language of the story."""
    story = _parse(credit)

    assert story.credits == (credit,)
    assert story.blocks == ()


def test_the_first_paragraph_is_the_lead_whatever_it_looks_like():
    """A lead may be short, or a quotation."""
    assert parse_story("ru__a.txt", "Т\n2025-11-27\n\n«Да»").lead == "«Да»"
    assert parse_story("ru__a.txt", "Т\n2025-11-27\nСразу под датой.").lead == "Сразу под датой."


def test_control_characters_are_left_out():
    """They would break the page."""
    assert parse_story("ru__a.txt", "За\x00го\x1bловок\n2025-11-27\n\nЛид\x07.").title == "Заголовок"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("ru__a.txt", "", "line 1 is empty"),
        ("ru__a.txt", "\nЗаголовок\n2025-11-27\n\nЛид.", "line 1 is empty"),
        ("ru__a.txt", "Заголовок", "line 2: found nothing"),
        ("ru__a.txt", "Заголовок\n27.11.2025\n\nЛид.", "line 2: found '27.11.2025'"),
        ("ru__a.txt", "Заголовок\n2025-02-30\n\nЛид.", "line 2: found '2025-02-30'"),
        ("ru__a.txt", "Заголовок\n2025-11-27\n\n \n", "nothing after the date"),
        ("a.txt", _TEXT, "<locale>__<slug>.txt"),
        ("ru__.txt", _TEXT, "<locale>__<slug>.txt"),
        ("ru__..txt", _TEXT, "<locale>__<slug>.txt"),
        ("ru__a b.txt", _TEXT, "<locale>__<slug>.txt"),
        ("fr__a.txt", _TEXT, "no edition in 'fr', expected one of kk, ru, en"),
    ],
)
def test_what_is_no_story_is_refused_by_name(name, text, message):
    """The message names the file, what was found and what was expected."""
    with pytest.raises(StoryError) as raised:
        parse_story(name, text)

    assert str(raised.value).startswith(f"'{name}': ")
    assert message in str(raised.value)
    assert raised.value.file == name


def test_a_teaser_is_cut_between_words():
    """And says that it was."""
    assert shorten("один два три", 40) == "один два три"
    assert shorten("один два, три", 11) == "один два…"
    assert shorten("безпробелов", 5) == "безп…"


def _story(slug: str, day: str, locale: str = "ru"):
    return parse_story(f"{locale}__{slug}.txt", f"{slug}\n{day}\n\nЛид.")


def test_neighbours_follow_the_calendar():
    """The previous story is the older one; the ends have one neighbour."""
    old, middle, new = _story("a", "2025-01-01"), _story("b", "2025-01-02"), _story("c", "2025-01-03")
    archive = Archive([middle, new, old, _story("d", "2025-01-02", "kk")])

    assert archive.edition("ru") == (new, middle, old)
    assert archive.neighbours(middle) == (old, new)
    assert archive.neighbours(old) == (None, middle)
    assert archive.neighbours(new) == (middle, None)


def test_translations_share_the_slug():
    """In the order of the editions."""
    russian, kazakh = _story("a", "2025-01-01"), _story("a", "2025-01-01", "kk")

    assert Archive([russian, kazakh]).translations(russian) == (kazakh, russian)
    assert Archive([russian, kazakh]).locales == ("kk", "ru")
    assert Archive([russian]).find("kk", "a") is None
