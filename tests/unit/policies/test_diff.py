"""What changed between two versions."""

from __future__ import annotations

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from consentkit.policies.diff import Change
from consentkit.policies.diff import Paragraph
from consentkit.policies.diff import compare

OLD = "# T\n\nOne.\n\nTwo.\n\nThree.\n\nFour.\n"


def test_equal_texts_have_no_difference() -> None:
    """Nor do those that only break their lines elsewhere."""
    assert compare(OLD, OLD) == ()
    assert compare("a\nb\n\nc", "a b\n\n\nc\n") == ()


def test_a_changed_paragraph_is_shown_with_its_neighbours() -> None:
    """The rest is counted."""
    assert compare(OLD, OLD.replace("Three.", "Drei.")) == (
        Paragraph(Change.SKIPPED, "", 2),
        Paragraph(Change.KEPT, "Two."),
        Paragraph(Change.REMOVED, "Three."),
        Paragraph(Change.ADDED, "Drei."),
        Paragraph(Change.KEPT, "Four."),
    )


def test_items_of_a_list_and_rows_of_a_table_are_compared_one_by_one() -> None:
    """A changed item does not show the whole list."""
    changes = compare("- a\n- b\n- c\n\n| x |\n| - |\n| y |", "- a\n- b2\n- c\n\n| x |\n| - |\n| y |", context=0)
    assert [entry.text for entry in changes if entry.change is not Change.SKIPPED] == ["- b", "- b2"]


def test_a_first_version_is_all_new() -> None:
    """Everything in it was added."""
    assert {entry.change for entry in compare("", OLD)} == {Change.ADDED}


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=12),
    st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=12),
)
def test_nothing_is_lost(old: list[str], new: list[str]) -> None:
    """What is kept, added and skipped counts the new text; what is kept, removed and skipped the old one."""
    changes = compare("\n\n".join(old), "\n\n".join(new))
    if changes:
        counted = {change: sum(entry.count for entry in changes if entry.change is change) for change in Change}
        kept = counted[Change.KEPT] + counted[Change.SKIPPED]
        assert kept + counted[Change.ADDED] == len(new)
        assert kept + counted[Change.REMOVED] == len(old)
    else:
        assert old == new
