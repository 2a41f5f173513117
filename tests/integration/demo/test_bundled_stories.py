"""The stories that come with the demo: the same in three languages, and each with all its parts."""

from __future__ import annotations

import collections
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import consentkit.demo
from consentkit.demo.editions import EDITIONS
from consentkit.demo.stories import Part
from consentkit.demo.stories import StoryError
from consentkit.demo.stories import load_stories

_ROOM = Path(consentkit.demo.__file__).parent
_ARCHIVE = load_stories(_ROOM / "articles")
_STORIES = [story for locale in EDITIONS for story in _ARCHIVE.edition(locale)]


@pytest.mark.parametrize("story", _STORIES, ids=lambda story: f"{story.locale}-{story.slug}")
def test_a_story_has_all_its_parts(story):
    """A lead, headings, quotations, a credit, a drawing."""
    parts = collections.Counter(block.part for block in story.blocks)

    assert 100 < len(story.lead) < 300
    assert 2 <= parts[Part.HEADING] <= 3
    assert 2 <= parts[Part.QUOTATION] <= 4
    assert parts[Part.PARAGRAPH] >= 3
    assert len(story.credits) == 1
    assert (_ROOM / "static" / "pictures" / f"{story.slug}.svg").is_file()


def test_every_story_is_in_every_language():
    """With the same date and the same parts in the same order."""
    assert len(_ARCHIVE.edition("ru")) >= 4
    for story in _ARCHIVE.edition("ru"):
        translations = _ARCHIVE.translations(story)
        assert [translation.locale for translation in translations] == list(EDITIONS)
        assert len({translation.date for translation in translations}) == 1
        assert len({tuple(block.part for block in translation.blocks) for translation in translations}) == 1


@pytest.mark.parametrize("path", sorted((_ROOM / "static").rglob("*.svg")), ids=lambda path: path.stem)
def test_a_drawing_is_only_a_drawing(path):
    """Well-formed, of the shape of a picture, with neither script nor anything from elsewhere."""
    text = path.read_text("utf-8")
    ET.fromstring(text)

    assert "script" not in text
    assert "href" not in text
    assert path.parent.name != "pictures" or 'viewBox="0 0 1200 675"' in text


def test_a_folder_that_is_not_there_is_named(tmp_path):
    """And one without a story is too."""
    with pytest.raises(StoryError, match=r"nowhere.*no such folder"):
        load_stories(tmp_path / "nowhere")
    with pytest.raises(StoryError, match="holds no story"):
        load_stories(tmp_path)


def test_a_file_that_is_not_utf_8_is_named(tmp_path):
    """With the place of the first byte that is not."""
    (tmp_path / "ru__a.txt").write_bytes("Мост".encode("cp1251"))

    with pytest.raises(StoryError, match=r"'ru__a\.txt': byte 0 is not UTF-8"):
        load_stories(tmp_path)


def test_other_files_beside_the_stories_are_left_alone(tmp_path):
    """What is hidden, and what is no text."""
    (tmp_path / "._ru__a.txt").write_bytes(b"\x00\x05\x16\x07")
    (tmp_path / "README.md").write_text("notes", "utf-8")
    (tmp_path / "ru__a.txt").write_bytes("\ufeffМост\r\n2025-11-27\r\n\r\nОткрыт.\r\n".encode())

    assert [story.title for story in load_stories(tmp_path).edition("ru")] == ["Мост"]
