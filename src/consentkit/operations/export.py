"""Export records: as a table for people, or as one JSON object a line for programs."""

from __future__ import annotations

import collections.abc as cabc
import csv
import itertools
import json
import typing as t

from ..consent.decisions import Record
from ..ledger.records import FIELDS as STORED
from ..ledger.records import fields_of

if t.TYPE_CHECKING:
    from ..storage.records import RecordFilter
    from ..storage.unit_of_work import UnitOfWork

#: The fields of a record in the order in which they are written; it only ever grows at the end. The salt is not among
#: them: it would tell which entry of the log is whose.
FIELDS = (*STORED, "leaf_index")

#: How many lines make one piece of text.
_BATCH = 500

# What a spreadsheet takes for the beginning of a formula (OWASP, CSV Injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def export_records(
    uow: UnitOfWork,
    which: RecordFilter,
    *,
    format: t.Literal["csv", "jsonl"],  # noqa: A002  # the word that people type
) -> cabc.Iterator[str]:
    """Yield the text of an export piece by piece, oldest record first, in memory that does not grow.

    ``jsonl`` is what :func:`record_to_json` gives, one object a line. ``csv`` is RFC 4180 with a head line; what is
    absent is an empty cell, and a text that a spreadsheet would take for a formula has an apostrophe before it.

    The *uow* must stay open until the last piece.
    """
    rows = map(record_to_json, uow.records.stream(which))
    lines = _table(rows) if format == "csv" else (f"{_json(row)}\n" for row in rows)
    while piece := "".join(itertools.islice(lines, _BATCH)):
        yield piece


def record_to_json(record: Record) -> dict[str, object]:
    """Return *record* as JSON has it: all :data:`FIELDS` in their order, times in ISO 8601 in UTC."""
    return {**fields_of(record), "leaf_index": record.leaf_index}


class _Echo:
    """A file for the writer of the table, which hands back the line instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def _table(rows: cabc.Iterable[dict[str, object]]) -> cabc.Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(FIELDS)
    for row in rows:
        yield writer.writerow([cell(value) for value in row.values()])


def cell(value: object) -> str:
    """Return *value* as a cell of a table has it: absent is empty, what has parts is JSON, nothing is a formula."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else _json(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
