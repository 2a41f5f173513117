"""Search: whatever the letter case, in titles and bodies, and marked where it was found."""

from __future__ import annotations

import pytest

from consentkit.demo.search import Piece
from consentkit.demo.search import mark
from consentkit.demo.search import parse_query
from consentkit.demo.search import search
from consentkit.demo.stories import parse_story

_ASSEMBLY = parse_story(
    "ru__sessiya.txt",
    "Осенняя сессия\n2025-11-27\n\nДепутаты вернулись в зал.\n\n"
    "В Мажилисе обсудили ёлки, а Сенат – дороги.\n\nФото: Ж. Ә.",
)
_TREES = parse_story("ru__elki.txt", "Ёлки для мажилиса\n2025-11-26\n\nИх привезли из Кокшетау.")


def _slugs(query: str) -> list[str]:
    return [hit.story.slug for hit in search([_ASSEMBLY, _TREES], query)]


@pytest.mark.parametrize("query", ["Мажилис", "мажилис", "МАЖИЛИС", "мАжИлИс", " «Мажилис»! "])
def test_letter_case_makes_no_difference(query):
    """Nor does the punctuation around a word. Who has it in the title comes first."""
    assert _slugs(query) == ["elki", "sessiya"]


def test_every_word_must_occur_somewhere():
    """In the title, the text or a credit."""
    assert _slugs("депутаты ёлки") == ["sessiya"]
    assert _slugs("депутаты кокшетау") == []
    assert _slugs("ж. ә.") == ["sessiya"]


def test_readers_type_e_for_yo():
    """And the other way round."""
    assert _slugs("елки") == ["elki", "sessiya"]
    assert _slugs("дёпутаты") == ["sessiya"]


@pytest.mark.parametrize("query", ["", "   ", "«»", "...", "\u2014"])
def test_nothing_finds_nothing(query):
    """A query without a word is no query."""
    assert parse_query(query) == ()
    assert _slugs(query) == []


def test_a_query_is_bounded():
    """However long the address is."""
    assert len("".join(parse_query("слово " * 10_000))) <= 200


def test_what_was_found_is_marked_as_it_was_written():
    """The text keeps its own letters."""
    assert mark("В Мажилисе: мажилис", ("мажилис",)) == (
        Piece("В ", marked=False),
        Piece("Мажилис", marked=True),
        Piece("е: ", marked=False),
        Piece("мажилис", marked=True),
    )


def test_marks_that_overlap_become_one():
    """Two words may share letters."""
    assert mark("автобусы", ("автобус", "бусы")) == (Piece("автобусы", marked=True),)


def test_folding_that_lengthens_a_text_keeps_the_places():
    """The German sharp s folds into two letters."""
    assert mark("Straße 5", ("5",)) == (Piece("Straße ", marked=False), Piece("5", marked=True))
    assert mark("Straße 5", ("strasse",)) == (Piece("Straße", marked=True), Piece(" 5", marked=False))


@pytest.mark.parametrize("text", ["", "а", "ИСТАНБУЛ İ", "ﬁn", "👩‍👩‍👧 и степь"])
def test_pieces_put_together_are_the_text(text):
    """Nothing is lost or doubled."""
    for words in ((), ("степь",), ("i",), ("f",), tuple(text.casefold())):
        assert "".join(piece.text for piece in mark(text, words)) == text


def test_an_excerpt_is_cut_around_what_was_found():
    """A long paragraph shows the place, not its beginning."""
    story = parse_story("ru__a.txt", f"Т\n2025-11-27\n\nЛид.\n\n{'слово ' * 100}Мажилис{' слово' * 100}.")
    (hit,) = search([story], "мажилис")
    excerpt = "".join(piece.text for piece in hit.excerpt)

    assert excerpt.startswith("…слово")
    assert excerpt.endswith("…")
    assert len(excerpt) < 250
    assert Piece("Мажилис", marked=True) in hit.excerpt


def test_a_title_that_was_found_comes_with_the_teaser():
    """If the word stands nowhere else."""
    (hit,) = search([_TREES], "мажилис")

    assert hit.excerpt == (Piece("Их привезли из Кокшетау.", marked=False),)
