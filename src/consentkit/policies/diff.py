"""What changed between two versions of a policy, paragraph by paragraph, as data."""

from __future__ import annotations

import dataclasses
import difflib
import enum
import re

# What begins a block of its own without a blank line before it.
_STARTS = re.compile(r"[ \t]*(?:[-*+|>#]|[0-9]{1,9}[.)][ \t])")


class Change(enum.StrEnum):
    """What happened to a paragraph."""

    KEPT = "kept"
    ADDED = "added"
    REMOVED = "removed"
    #: Paragraphs that did not change and are not shown.
    SKIPPED = "skipped"


@dataclasses.dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph of a comparison. For :attr:`Change.SKIPPED`, *text* is empty and *count* says how many."""

    change: Change
    text: str
    count: int = 1


def compare(old: str, new: str, *, context: int = 1) -> tuple[Paragraph, ...]:
    """Return how *new* differs from *old*, in reading order, removed before added; empty if it does not.

    Headings, items of lists and rows of tables are paragraphs of their own. Line breaks inside of one are no
    difference.

    :param context: how many unchanged paragraphs to keep before and after each change.
    """
    before, after = _paragraphs(old), _paragraphs(new)
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    shown: list[Paragraph] = []
    at = 0
    for group in matcher.get_grouped_opcodes(context):
        start = group[0][3]
        shown.extend(_skipped(start - at))
        for tag, old_start, old_end, new_start, new_end in group:
            if tag == "equal":
                shown.extend(Paragraph(Change.KEPT, text) for text in after[new_start:new_end])
            else:
                shown.extend(Paragraph(Change.REMOVED, text) for text in before[old_start:old_end])
                shown.extend(Paragraph(Change.ADDED, text) for text in after[new_start:new_end])
        at = group[-1][4]
    if shown:
        shown.extend(_skipped(len(after) - at))
    return tuple(shown)


def _paragraphs(text: str) -> list[str]:
    paragraphs: list[list[str]] = []
    inside = False
    for line in text.split("\n"):
        if not line.strip():
            inside = False
        elif inside and not _STARTS.match(line):
            paragraphs[-1].append(line)
        else:
            paragraphs.append([line])
            inside = not line.startswith("#")
    return [" ".join(" ".join(lines).split()) for lines in paragraphs]


def _skipped(count: int) -> list[Paragraph]:
    return [Paragraph(Change.SKIPPED, "", count)] if count else []
