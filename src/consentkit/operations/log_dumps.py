"""A log as a dump has it (:mod:`consentkit.operations.dump_log`), to be verified without a database."""

from __future__ import annotations

import base64
import binascii
import collections.abc as cabc
import datetime as dt
import functools
import itertools
import json
import typing as t
from pathlib import Path

from ..errors import ProofInvalid
from ..ledger.entries import EntryType
from ..ledger.heads import Head
from ..ledger.notes import Note
from ..ledger.notes import Verifier
from ..ledger.records import content_of
from ..ledger.records import json_value
from ..ledger.statements import Statement
from ..ledger.tiles import WIDTH
from ..ledger.tiles import Tile
from ..ledger.tree import HASH_LENGTH
from ..storage.log_audit import PlacedRow
from ..storage.log_tree import ENTRIES
from .log_parts import Checked
from .log_parts import Part
from .log_parts import check_part

if t.TYPE_CHECKING:
    from .log_findings import Finding
    from .log_parts import Bound
    from .log_sources import Loose
    from .log_sources import Task

# No line of ours comes near.
_LONGEST = 1 << 20
_KINDS_ON_KEYS = {EntryType.ROTATION, EntryType.CONTINUATION}


class DumpedLog:
    """The log of a site in a file.

    :raises ProofInvalid: it is no dump.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.keys: list[Verifier] = []
        self.statements: list[str] = []
        self.head: Head | None = None
        self.site = ""
        self._tiles: dict[Tile, bytes] = {}
        # What is between the keys and the records is read at once; what is large is passed over here.
        for line in _lines(path):
            if line.startswith((b'{"type":"record"', b'{"type":"checkpoint"')):
                continue
            found = _parse(line)
            if found["type"] == "log":
                self.head = _read(_head, found)
                self.site = self.head.site
            elif found["type"] == "key":
                self.keys.append(Verifier.parse(str(found.get("verifier"))))
            elif found["type"] == "statement" and _is_on_keys(str(found.get("note"))):
                self.statements.append(str(found["note"]))
            elif found["type"] == "tile" and found.get("level") not in {0, ENTRIES}:
                tile, data = _read(_tile, found)
                self._tiles[tile] = data
        if self.head is None:
            raise ProofInvalid("The file is no dump of a log: it does not say of which.")
        self._rest = self._below()
        self._next: tuple[Tile | None, list[bytes]] | None = None

    def checkpoints(self) -> cabc.Iterator[tuple[str, str]]:
        """Yield the notes and when each was published."""
        for line in _lines(self._path):
            if line.startswith(b'{"type":"checkpoint"'):
                found = _parse(line)
                yield str(found.get("note")), str(found.get("published_at"))

    def tiles(self, wanted: cabc.Collection[Tile]) -> dict[Tile, bytes]:
        """Return the stored ones of these tiles."""
        return {tile: self._tiles[tile] for tile in wanted if tile in self._tiles}

    def prepare(self, task: Task) -> cabc.Callable[[], Checked]:
        """Return what checks a part, with the lines that are about it."""
        assert self.head is not None  # noqa: S101 - see above
        numbers = range(task.low // WIDTH, -(-task.high // WIDTH))
        lines: list[bytes] = []
        for group in self._rest:
            if group[0] < numbers.start:
                continue
            lines += group[1]
            if group[0] >= numbers.stop - 1:
                break
        above = {
            number: self._tiles.get(Tile(1, number // WIDTH), b"")[number % WIDTH * HASH_LENGTH :][:HASH_LENGTH]
            for number in numbers
        }
        return functools.partial(_check, self.head, task, above, lines)

    def loose(self, size: int) -> cabc.Iterator[Loose]:
        """Yield nothing: a dump has only what has a place."""
        del size
        yield from ()

    def stands_at(self, index: int) -> str | None:
        """Return the id of the record that has this place, as far as it is known: a dump does not change."""
        for line in _lines(self._path):
            if line.startswith(b'{"type":"record"'):
                found = _parse(line)
                if found.get("index") == index and isinstance(found.get("record"), dict):
                    return str(found["record"].get("id"))
        return None

    def outside(self, newest: str, bound: Bound | None) -> cabc.Iterator[Finding]:
        """Yield nothing: a dump has only what has a place."""
        del newest, bound
        yield from ()

    def _below(self) -> cabc.Iterator[tuple[int, list[bytes]]]:
        """Yield, by the number of the tile, the lines about 256 entries each."""
        number = -1

        def group(line: bytes) -> int:
            nonlocal number
            if line.startswith(b'{"type":"tile"'):
                found = _parse(line)
                if found.get("level") == ENTRIES and type(found.get("number")) is int:
                    number = max(number, found["number"])
            return number

        relevant = (
            line
            for line in _lines(self._path)
            if line.startswith((b'{"type":"tile"', b'{"type":"record"', b'{"type":"statement"'))
        )
        for key, lines in itertools.groupby(relevant, group):
            if key >= 0:
                yield key, list(lines)


def _check(head: Head, task: Task, above: dict[int, bytes], lines: list[bytes]) -> Checked:
    tiles: dict[Tile, bytes] = {}
    records: dict[int, dict[str, t.Any]] = {}
    statements = []
    for line in lines:
        found = _parse(line)
        if found["type"] == "tile":
            tile, data = _read(_tile, found)
            tiles[tile] = data
        elif type(found.get("index")) is not int or not task.low <= found["index"] < task.high:
            raise ProofInvalid("The dump is not in the order in which it was written.")
        elif found["type"] == "statement":
            statements.append((found["index"], "", str(found.get("note"))))
        else:
            records[found["index"]] = found
    numbers = range(task.low // WIDTH, -(-task.high // WIDTH))
    rows = [_row(found) for _, found in sorted(records.items())]
    fields = {row.record_id: found["record"] for row, (_, found) in zip(rows, sorted(records.items()), strict=True)}
    return check_part(
        Part(
            site=head.site,
            low=task.low,
            high=task.high,
            bundles={number: tiles.get(Tile(ENTRIES, number), b"") for number in numbers},
            hashes={number: tiles.get(Tile(0, number), b"") for number in numbers},
            above=above,
            rows=rows,
            statements=statements,
            trust=task.trust,
            bounds=task.bounds,
            began_at=str(json_value(head.began_at)),
            sizes=task.sizes,
            fields=fields.get,
        )
    )


def _row(found: dict[str, t.Any]) -> PlacedRow:
    record = found.get("record")
    if not isinstance(record, dict) or not isinstance(record.get("id"), str):
        raise ProofInvalid("A record of the dump has no id.")
    try:
        content = content_of(record)
        salt = base64.b64decode(str(found.get("salt")), validate=True)
    except (TypeError, ValueError, RecursionError):
        content, salt = None, None
    decided_at = record.get("decided_at")
    site = record.get("site")
    return PlacedRow(
        found["index"],
        record["id"],
        record["id"],
        site if isinstance(site, str) else None,
        salt,
        content,
        decided_at if isinstance(decided_at, str) else None,
    )


def _lines(path: Path) -> cabc.Iterator[bytes]:
    with path.open("rb") as file:
        while line := file.readline(_LONGEST):
            if not line.endswith(b"\n"):
                raise ProofInvalid("The dump has a line that is too long, or ends within one.")
            yield line


def _parse(line: bytes) -> dict[str, t.Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("type"), str):
        raise ProofInvalid("The file is no dump of a log: a line is no typed JSON object.")
    return found


_T = t.TypeVar("_T")


def _read(function: cabc.Callable[[dict[str, t.Any]], _T], found: dict[str, t.Any]) -> _T:
    try:
        return function(found)
    except (KeyError, ValueError, TypeError, binascii.Error):
        raise ProofInvalid(f"A line of the dump, a {found['type']}, is not of the form.") from None


def _head(found: dict[str, t.Any]) -> Head:
    size = found["size"]
    if type(size) is not int or size < 0:
        raise ValueError
    return Head(
        site=str(found["site"]),
        origin=str(found["origin"]),
        size=size,
        root=base64.b64decode(found["root"], validate=True),
        # Without it nothing is excused as older than the log.
        began_at=dt.datetime.fromisoformat(found["began_at"]) if "began_at" in found else _LONG_AGO,
    )


_LONG_AGO = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def _tile(found: dict[str, t.Any]) -> tuple[Tile, bytes]:
    if type(found["level"]) is not int or type(found["number"]) is not int:
        raise TypeError
    return Tile(found["level"], found["number"]), base64.b64decode(found["data"], validate=True)


def _is_on_keys(raw: str) -> bool:
    try:
        return Statement.parse(Note.parse(raw.encode()).text).type in _KINDS_ON_KEYS
    except ProofInvalid:
        # It is found as forged at its place.
        return False
