"""Dump a log: all that verification needs, as JSON lines, to be checked elsewhere and without a database."""

from __future__ import annotations

import base64
import collections.abc as cabc
import itertools
import json
import typing as t

from ..errors import NotFound
from ..errors import StoreUnavailable
from ..ledger.entries import EntryType
from ..ledger.records import json_value
from ..ledger.tiles import WIDTH
from ..ledger.tiles import Tile
from ..storage.log_tree import ENTRIES

if t.TYPE_CHECKING:
    from ..storage.unit_of_work import Database
    from ..storage.unit_of_work import UnitOfWork


def dump_log(database: Database, site: str) -> cabc.Iterator[str]:
    """Yield the lines of a dump.

    First the head, the keys, the checkpoints and the tiles from the second level up; then, for each tile of the first
    one, its entries, its hashes, and the statements and records that they commit to.

    All as it was at one moment. Records are in it with their salts: who has the dump has the personal data. A record
    whose row is damaged has ``null`` for what cannot be read.

    :raises NotFound: the site has no log. :raises StoreUnavailable: an erasure waits for its place, without which what
        it erased would look as if it were missing; or as the store does.
    """
    with database.unit_of_work(read_only=True) as uow:
        uow.log_audit.hold_still()
        head = uow.log_tree.head(site)
        if head is None:
            raise NotFound(f"The log of '{site}' has not begun.")
        if any(found.queued and found.statement.kind == EntryType.ERASURE for found in _outside(uow, site, head.size)):
            raise StoreUnavailable(f"An erasure of '{site}' waits for its place in the log. Try again in some seconds.")
        yield _line(
            "log", site=site, origin=head.origin, size=head.size, root=_encode(head.root), began_at=head.began_at
        )
        for key in uow.log_keys.all(site):
            yield _line("key", verifier=key.verifier, since=key.since, retired_at=key.retired_at)
        for checkpoint in uow.checkpoints.stream(site):
            yield _line("checkpoint", note=checkpoint.note, published_at=checkpoint.published_at)
        level = 1
        while width := head.size >> 8 * level:
            for number in range(-(-width // WIDTH)):
                yield from _tile(uow, site, Tile(level, number))
            level += 1
        for low in range(0, head.size, WIDTH):
            yield from _entries(uow, site, low, min(low + WIDTH, head.size))


def _outside(uow: UnitOfWork, site: str, size: int) -> cabc.Iterable[t.Any]:
    return uow.log_audit.statements_outside(site, size)


def _entries(uow: UnitOfWork, site: str, low: int, high: int) -> cabc.Iterator[str]:
    for level in (ENTRIES, 0):
        yield from _tile(uow, site, Tile(level, low // WIDTH))
    for found in uow.log_audit.statements(site, low, high):
        yield _line("statement", index=found.place, note=found.statement.note)
    rows = [row for row in uow.log_audit.rows(site, low, high) if row.record_id is not None]
    for row in rows:
        fields = uow.log_audit.fields(t.cast("str", row.record_id))
        yield _line("record", index=row.place, salt=_encode(row.salt or b""), record=fields or {"id": row.record_id})


def _tile(uow: UnitOfWork, site: str, tile: Tile) -> cabc.Iterator[str]:
    for data in itertools.islice(uow.log_tree.tiles(site, [tile]).values(), 1):
        yield _line("tile", level=tile.level, number=tile.number, data=_encode(data))


def _line(kind: str, **members: object) -> str:
    values = {name: json_value(value) for name, value in members.items()}
    return json.dumps({"type": kind, **values}, ensure_ascii=False, separators=(",", ":")) + "\n"


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()
