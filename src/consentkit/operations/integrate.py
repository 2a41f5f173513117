"""Integrate what waits into a site's log: give it its place, hash it into the tree."""

from __future__ import annotations

import typing as t

from ..errors import ConsentKitError
from ..ledger.entries import Entry
from ..ledger.entries import EntryType
from ..ledger.entries import bundle
from ..ledger.entries import new_salt
from ..ledger.events import entry_of_event
from ..ledger.records import entry_of
from ..ledger.records import fields_of
from ..ledger.statements import entry_of_statement
from ..ledger.tiles import WIDTH
from ..ledger.tiles import Tile
from ..ledger.tiles import grow
from ..ledger.tiles import last_tiles
from ..ledger.tiles import read_from
from ..ledger.tree import hash_leaf
from ..ledger.tree import root
from ..storage.log_tree import ENTRIES

if t.TYPE_CHECKING:
    from ..storage.log_queue import Queued
    from ..storage.unit_of_work import Database
    from ..storage.unit_of_work import UnitOfWork

#: How many are integrated at once.
BATCH = 10_000


class _Overtaken(ConsentKitError):
    """Another writer has gone on, or something that waited was erased meanwhile."""


def integrate(database: Database, site: str, *, fence: int, limit: int = BATCH) -> int:
    """Integrate at most *limit* of what waits, and return how many were.

    All is read and computed first; what is written is one short transaction, which holds only if the log is still where
    it was, under the same *fence*, and all of it still waits. A writer that was stopped for however long changes
    nothing when it wakes. The decisions of the batch are counted with it, so each counts once.

    :returns: 0 where nothing waits, or another writer was faster.
    :raises StoreUnavailable: nothing was integrated, or it is not known whether it was: trying again is safe.
    """
    with database.unit_of_work(read_only=True) as uow:
        head = uow.log_tree.head(site)
        queued = uow.log_queue.take(site, limit=limit)
        if head is None or head.fence != fence or not queued:
            return 0
        entries, salts = _entries(uow, site, queued)
        last = last_tiles(head.size)
        number, width = divmod(head.size, WIDTH)
        tiles = uow.log_tree.tiles(site, [*last, *([Tile(ENTRIES, number)] if width else [])])
        counts = uow.rollups.tally([item.item_id for item in queued if item.kind == EntryType.RECORD])
    placed = [item for item in queued if item.item_id in entries]
    if not placed:
        return 0
    ordered = [entries[item.item_id] for item in placed]
    changed = grow(head.size, [hash_leaf(entry) for entry in ordered], tiles)
    size = head.size + len(ordered)
    new_root = root(size, read_from({**tiles, **changed}))
    begun = tiles.get(Tile(ENTRIES, number), b"")[: width * len(bundle([ordered[0]]))]
    changed |= _bundles(number, width, begun, ordered)
    ids = [item.item_id for item in placed]
    try:
        with database.unit_of_work() as uow:
            _unless(overtaken=not uow.log_tree.advance(head, size=size, root=new_root))
            _unless(overtaken=uow.log_queue.remove(site, ids) != len(ids))
            uow.records.put_salts(salts)
            uow.log_tree.add_leaves(site, head.size, ids)
            uow.log_tree.put_tiles(site, changed)
            uow.rollups.add(site, counts)
    except _Overtaken:
        return 0
    return len(ordered)


def _unless(*, overtaken: bool) -> None:
    if overtaken:
        # It must leave the unit of work, so that nothing of this batch is stored.
        raise _Overtaken


def _entries(uow: UnitOfWork, site: str, queued: list[Queued]) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Return the entries by the ids of what they are of, and the salts that had to be made: for records from before."""
    entries = {
        item.item_id: bytes(Entry(EntryType.RECORD, item.commitment)) for item in queued if item.commitment is not None
    }
    others = [item for item in queued if item.commitment is None]
    if not others:
        return entries, {}
    records = uow.records.get_all([item.item_id for item in others if item.kind == EntryType.RECORD])
    salts = {record.id: new_salt() for record in records if record.salt is None}
    entries |= {record.id: bytes(entry_of(fields_of(record), record.salt or salts[record.id])) for record in records}
    events = uow.access.get_all([item.item_id for item in others if item.kind == EntryType.EVENT])
    entries |= {event.id: bytes(entry_of_event(event)) for event in events}
    statements = [item.item_id for item in others if item.kind not in {EntryType.RECORD, EntryType.EVENT}]
    for statement in uow.statements.get(site, statements):
        entries[statement.id] = bytes(entry_of_statement(EntryType(statement.kind), statement.note))
    return entries, salts


def _bundles(number: int, width: int, begun: bytes, entries: list[bytes]) -> dict[Tile, bytes]:
    bundles = {}
    at = 0
    while at < len(entries):
        more = entries[at : at + WIDTH - width]
        bundles[Tile(ENTRIES, number)] = begun + bundle(more)
        at += len(more)
        number, width, begun = number + 1, 0, b""
    return bundles
