"""Export records: as a table for people, as one JSON object a line for programs, as columns for analysts."""

from __future__ import annotations

import collections.abc as cabc
import enum
import functools
import importlib.util
import io
import json
import json.encoder
import re
import typing as t

from ..consent.decisions import Record
from ..ledger.records import FIELDS as STORED
from ..ledger.records import fields_of

if t.TYPE_CHECKING:
    from ..storage.records import RecordFilter
    from ..storage.unit_of_work import Database

#: The fields of a record in the order in which they are written; it only ever grows at the end. The salt is not among
#: them: it would tell which entry of the log is whose.
FIELDS = (*STORED, "leaf_index")

# How many records are fetched at a time, each time in a transaction of its own: a client that reads slowly, or not at
# all, keeps no connection and no snapshot.
_BATCH = 5000
# And how many make one row group of columns.
_GROUP = 10_000

# What a spreadsheet takes for the beginning of a formula (OWASP, CSV Injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")

_JSON = frozenset({"purposes", "services", "policy_versions"})
_TRUTHS = frozenset({"gpc", "sample"})
_NUMBERS = frozenset({"revision", "gvl_version", "leaf_index"})
_TIMES = frozenset({"decided_at", "expires_at"})
# What begins with no formula and holds nothing to quote: its form is ours.
_SAFE = _TRUTHS | _NUMBERS | _TIMES | {"id", "site", "previous_id", "action", "layer", "method"}
_WRITTEN = tuple(FIELDS.index(name) for name in FIELDS if name not in _SAFE)
_QUOTED = re.compile('[",\r\n]')


class Format(enum.StrEnum):
    """What records can be exported as."""

    #: RFC 4180 with a head line. What is absent is an empty cell; a text that a spreadsheet would take for a formula
    #: has an apostrophe before it, which a program takes off again; what has parts is JSON.
    CSV = "csv"
    #: What :func:`record_to_json` gives, one object a line.
    JSONL = "jsonl"
    #: Apache Parquet. Needs the extra ``parquet``.
    PARQUET = "parquet"


def available(format: Format) -> bool:  # noqa: A002  # the word that people type
    """Whether records can be exported as that here."""
    return format is not Format.PARQUET or importlib.util.find_spec("pyarrow") is not None


def export_records(
    database: Database,
    which: RecordFilter,
    *,
    format: Format,  # noqa: A002  # the word that people type
    after: str | None = None,
) -> cabc.Generator[bytes, None, None]:
    """Yield an export piece by piece, oldest record first, in memory that does not grow.

    It is read in batches: a record that is erased meanwhile may be in it or not, one that is decided meanwhile comes at
    the end. Whoever was cut off goes on with the id of the last record that came whole.

    :param after: only records newer than the one of this id; then there is no head line.
    :raises StoreUnavailable: what was yielded so far is right, and not all.
    """
    batches = _batches(database, which, after)
    if format is Format.PARQUET:
        yield from _parquet(batches)
    elif format is Format.CSV:
        if after is None:
            yield f"{','.join(FIELDS)}\r\n".encode()
        yield from (_table(rows) for rows in batches)
    else:
        yield from (_lines(rows) for rows in batches)


def record_to_json(record: Record) -> dict[str, object]:
    """Return *record* as JSON has it: all :data:`FIELDS` in their order, times in ISO 8601 in UTC."""
    return {**fields_of(record), "leaf_index": record.leaf_index}


def cell(value: object) -> str:
    """Return *value* as a cell of a table has it: absent is empty, what has parts is JSON, nothing is a formula."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else _json(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _batches(database: Database, which: RecordFilter, after: str | None) -> cabc.Iterator[list[tuple[t.Any, ...]]]:
    while True:
        with database.unit_of_work(read_only=True) as uow:
            rows = uow.records.rows(which, FIELDS, after=after, limit=_BATCH)
        if rows:
            yield rows
        if len(rows) < _BATCH:
            return
        after = rows[-1][0]


def _table(rows: list[tuple[t.Any, ...]]) -> bytes:
    lines = []
    for row in rows:
        cells = ["" if value is None else str(value) for value in row]
        for at in _WRITTEN:
            if cells[at]:
                cells[at] = _written(cells[at])
        lines.append(",".join(cells))
    lines.append("")
    return "\r\n".join(lines).encode()


# Most texts of a million records are few: a table of them is quicker than a look at each.
@functools.lru_cache(maxsize=4096)
def _written(text: str) -> str:
    """Return a text as a cell (RFC 4180, 2), with no formula in it."""
    guarded = f"'{text}" if text.startswith(_FORMULA) else text
    return '"{}"'.format(guarded.replace('"', '""')) if _QUOTED.search(guarded) else guarded


_HEADS = tuple(f'{"," if at else "{"}"{name}":' for at, name in enumerate(FIELDS))
# What is JSON as the database has it.
_AS_IT_IS = tuple(name in _JSON | _TRUTHS | _NUMBERS for name in FIELDS)


def _lines(rows: list[tuple[t.Any, ...]]) -> bytes:
    quoted = json.encoder.encode_basestring
    parts: list[str] = []
    for row in rows:
        for head, as_it_is, value in zip(_HEADS, _AS_IT_IS, row, strict=True):
            parts += (head, "null" if value is None else str(value) if as_it_is else quoted(value))
        parts.append("}\n")
    return "".join(parts).encode()


def _parquet(batches: cabc.Iterable[list[tuple[t.Any, ...]]]) -> cabc.Iterator[bytes]:
    # Fifty megabytes that only this needs.
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    schema = pa.schema([(name, _arrow(pa, name)) for name in FIELDS])
    file = io.BytesIO()

    def taken() -> bytes:
        piece = file.getvalue()
        file.seek(0)
        file.truncate()
        return piece

    # The writer is told where it is in the whole, of which only the newest piece is kept.
    sink = pa.PythonFile(_Sink(file), mode="w")
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        waiting: list[tuple[t.Any, ...]] = []

        def write() -> None:
            columns = []
            for at, name in enumerate(FIELDS):
                values = [row[at] for row in waiting]
                if name in _TRUTHS:
                    values = [value == "true" for value in values]
                if name in _TIMES:
                    texts = pa.array([value[:-1] for value in values], pa.string())
                    columns.append(pc.assume_timezone(pc.cast(texts, pa.timestamp("us")), "UTC"))
                else:
                    columns.append(pa.array(values, schema.field(at).type))
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))
            waiting.clear()

        for rows in batches:
            waiting += rows
            if len(waiting) >= _GROUP:
                write()
                yield taken()
        if waiting:
            write()
    yield taken()


def _arrow(pa: t.Any, name: str) -> t.Any:
    if name in _TRUTHS:
        return pa.bool_()
    if name in _NUMBERS:
        return pa.int64()
    return pa.timestamp("us", tz="UTC") if name in _TIMES else pa.string()


class _Sink:
    """A file that only grows, and of which what was taken is gone."""

    closed = False

    def __init__(self, file: io.BytesIO) -> None:
        self._file = file
        self._written = 0

    def write(self, data: t.Any) -> int:
        count = self._file.write(data)
        self._written += count
        return count

    def tell(self) -> int:
        return self._written

    def writable(self) -> bool:
        return True

    def flush(self) -> None:
        """There is nothing behind it."""

    def close(self) -> None:
        """What is left is taken afterwards."""


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
