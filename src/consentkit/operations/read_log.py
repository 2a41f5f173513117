"""Read a site's log as it is shown to everybody: nothing beyond the checkpoint that may be seen."""

from __future__ import annotations

import datetime as dt
import logging
import typing as t

from ..consent.site import LogAccess
from ..errors import NotFound
from ..errors import ProofInvalid
from ..errors import StoreUnavailable
from ..ledger.entries import EntryType
from ..ledger.entries import bundle
from ..ledger.entries import parse_bundle
from ..ledger.tiles import Tile
from ..ledger.tiles import width_at
from ..ledger.tree import HASH_LENGTH
from ..storage.log_tree import ENTRIES

if t.TYPE_CHECKING:
    from ..clock import Clock
    from ..consent.site import Site
    from ..storage.log_checkpoints import StoredCheckpoint
    from ..storage.log_checkpoints import StoredStatement
    from ..storage.unit_of_work import UnitOfWork

log = logging.getLogger("consentkit")

# After which somebody may have seen to it.
_LATER = 3600


def newest_shown(uow: UnitOfWork, site: Site, *, clock: Clock, number: int = 1) -> StoredCheckpoint:
    """Return the newest checkpoint that may be seen.

    :param number: of a log that goes on under another name, which of its names: each is a tree of its own to caches.
    :raises NotFound: the log is not shown, there is none of that number, or none of its checkpoints is old enough yet.
    """
    before = _until(site, clock)
    head = uow.log_tree.head(site.id)
    found = None
    if head is not None:
        # Its first name ends with the site, and each later one with its number.
        first, _, rest = head.origin.rpartition("/")
        if not (first.endswith(f"/{site.id}") and rest.isdecimal()):
            first = head.origin
        wanted = first if number == 1 else f"{first}/{number}"
        found = uow.checkpoints.latest(site.id, origin=wanted, before=before)
    if found is None:
        raise NotFound("The log has no checkpoint to show.")
    return found


def read_tile(uow: UnitOfWork, site: Site, tile: Tile, width: int, *, clock: Clock, number: int = 1) -> bytes:
    """Return the first *width* hashes of a tile, or the first entries of a bundle. They never change.

    :param tile: of a level, or of :data:`~consentkit.storage.log_tree.ENTRIES`. :param number: as of
        :func:`newest_shown`.
    :raises NotFound: the newest checkpoint that may be seen has fewer, or there is none. :raises StoreUnavailable:
        the log is damaged there.
    """
    size = newest_shown(uow, site, clock=clock, number=number).size
    place = Tile(0, tile.number) if tile.level == ENTRIES else tile
    if not 0 < width <= width_at(place, size):
        raise NotFound("The log has no such tile.")
    data = uow.log_tree.tiles(site.id, [tile]).get(tile, b"")
    if tile.level == ENTRIES:
        entries = _entries(data)[:width]
        count, data = len(entries), bundle(entries)
    else:
        data = data[: width * HASH_LENGTH]
        count = len(data) // HASH_LENGTH
    if count < width:
        log.error("The log of '%s' lacks a part of its tile %s: run 'consentkit log verify'.", site.id, tuple(tile))
        raise StoreUnavailable("A tile of the log is missing, or too short.", retry_after=_LATER)
    return data


def read_keys(uow: UnitOfWork, site: Site) -> list[str]:
    """Return the verifier key lines of a site's log: the one that signs, then the retired ones, the newest first.

    They are told whoever may read the log: receipts are checked with them.

    :raises NotFound: the log has no key yet.
    """
    keys = uow.log_keys.all(site.id)
    if not keys:
        raise NotFound("The log has no key yet.")
    newest_first = list(reversed(keys))
    return [key.verifier for key in sorted(newest_first, key=lambda key: key.retired_at is not None)]


def read_statements(uow: UnitOfWork, site: Site, *, clock: Clock) -> list[tuple[StoredStatement, int | None]]:
    """Return what the log says of its keys and its names, oldest first, each with its place where that may be seen.

    Statements on erasures are not among them: they name the entries of one reader, which nobody but who looks into the
    database can otherwise tell to be of one.

    :raises NotFound: the log is not shown.
    """
    before = _until(site, clock)
    found = uow.statements.of_kinds(site.id, (EntryType.ROTATION, EntryType.CONTINUATION), before=before)
    newest = uow.checkpoints.latest(site.id, before=before)
    size = newest.size if newest is not None else 0
    placed = [(statement, uow.log_tree.index_of(statement.id)) for statement in found]
    return [(statement, place if place is not None and place < size else None) for statement, place in placed]


def _entries(data: bytes) -> list[bytes]:
    try:
        return parse_bundle(data)
    except ProofInvalid:
        return []


def _until(site: Site, clock: Clock) -> dt.datetime | None:
    """Return the moment that what is shown must be older than; ``None`` where all is shown at once."""
    match site.site.log:
        case LogAccess.PUBLIC:
            return None
        case LogAccess.DELAYED:
            return clock.now() - dt.timedelta(hours=site.site.log_delay_hours)
        case LogAccess.OFF:
            raise NotFound("The log of this site is not shown.")
