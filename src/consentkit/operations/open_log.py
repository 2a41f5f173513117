"""Open a site's log: give it a name and a key, and later another key, or another name to go on under."""

from __future__ import annotations

import dataclasses
import logging
import typing as t

from ..consent.record_ids import new_record_id
from ..errors import KeyUnavailable
from ..errors import LogRefused
from ..errors import NotFound
from ..ledger.checkpoints import Checkpoint
from ..ledger.entries import EntryType
from ..ledger.notes import Note
from ..ledger.notes import Verifier
from ..ledger.origins import origin_after
from ..ledger.records import json_value
from ..ledger.statements import Statement
from ..ledger.statements import sign_statement
from ..storage.log_checkpoints import StoredStatement

if t.TYPE_CHECKING:
    from ..clock import Clock
    from ..ledger.heads import Head
    from ..ledger.notes import Signer
    from ..storage.log_checkpoints import StoredCheckpoint
    from ..storage.log_checkpoints import StoredKey
    from ..storage.unit_of_work import Database
    from ..storage.unit_of_work import UnitOfWork
    from .anchors import Anchors
    from .signing_keys import SigningKeys

log = logging.getLogger("consentkit")


def open_log(database: Database, site: str, *, origin: str, keys: SigningKeys, clock: Clock) -> Verifier:
    """Return the key that signs a site's log; begin the log, and make its key, where there is none.

    Of many processes at once one begins it. A key that is on the disk and not yet in the database is the one that is
    taken; where the database has one already, none is made.

    :param origin: the name for a log that has not begun; see :func:`~consentkit.ledger.origins.first_origin`.
    :raises KeyUnavailable: no key can be made here. :raises StoreUnavailable: as the store does.
    """
    with database.unit_of_work(read_only=True) as uow:
        active = uow.log_keys.active(site)
    if active is not None:
        return Verifier.parse(active.verifier)
    now = clock.now()
    with database.unit_of_work() as uow:
        # By itself: without a key entries get their places all the same.
        uow.log_tree.begin(site, origin=origin, at=now)
    with database.unit_of_work() as uow:
        head = _head(uow, site)
        # On PostgreSQL too, whoever begins it at the same time waits here.
        uow.log_tree.settle(head)
        registered = uow.log_keys.all(site)
        active = next((key for key in registered if key.retired_at is None), None)
        if active is not None:
            return Verifier.parse(active.verifier)
        known = [Verifier.parse(key.verifier) for key in registered]
        verifier = keys.create(site, head.origin, known=known)
        uow.log_keys.add(site, str(verifier), now)
        return verifier


def rotate_key(database: Database, site: str, *, keys: SigningKeys, clock: Clock) -> tuple[Verifier, Verifier]:
    """Let a new key take over, and return the old and the new one.

    Both sign a statement over the last checkpoint, which becomes an entry of the log: who trusts the old key can go on
    to the new one. The old private half is removed where this process looks after it.

    :raises NotFound: the log has not begun. :raises KeyUnavailable: either private half is missing.
    :raises LogRefused: somebody else changed the key meanwhile.
    """
    head, active, registered, last = _state(database, site)
    old = Verifier.parse(active.verifier)
    signer = keys.signer(old)
    new = keys.create(site, head.origin, known=[Verifier.parse(key.verifier) for key in registered])
    now = clock.now()
    members = {
        "site": site,
        "at": json_value(now),
        "old": str(old),
        "new": str(new),
        "checkpoint": last.note if last is not None else None,
    }
    statement = Statement(EntryType.ROTATION, head.origin, members)
    stored = _signed(site, statement, signer, keys.signer(new), clock=clock)
    with database.unit_of_work() as uow:
        if not uow.log_tree.settle(head) or not uow.log_keys.retire(site, str(old), now):
            raise LogRefused(f"The key of the log of '{site}' was changed meanwhile; look with 'consentkit keys list'.")
        uow.log_keys.add(site, str(new), now)
        _store(uow, stored)
    # Only now: until the database knew the new key, the log could not do without the old one.
    keys.forget(site, old)
    return old, new


def continue_log(
    database: Database, site: str, *, reason: str, keys: SigningKeys, anchors: Anchors, clock: Clock
) -> str:
    """Let a log go on under a new name with a new key, and return the name. For when the old one cannot be kept.

    A database was restored from a backup, or the key is lost: what was published cannot be extended. So that nobody
    takes the new log for the old one, it has another name; its first new entry says, signed, what became of the old.

    :param reason: in words, published. No personal data.
    :raises NotFound: the log has not begun. :raises AnchorUnavailable: what an anchor holds is not known.
    :raises KeyUnavailable: no key can be made here. :raises LogRefused: the log was written to meanwhile; ask again.
    """
    held = [note for note in (anchor.read() for anchor in anchors.holding) if note is not None]
    head, active, registered, last = _state(database, site)
    known = [*held, *([Note.parse(last.note.encode())] if last is not None else [])]
    shown = {note: Checkpoint.parse(note.text) for note in known}
    name = origin_after([head.origin, *(checkpoint.origin for checkpoint in shown.values())])
    new = keys.create(site, name, known=[Verifier.parse(key.verifier) for key in registered])
    # What the anchors hold counts more than what a restored database remembers.
    newest = max(held or known, key=lambda note: shown[note].size, default=None)
    members = {
        "site": site,
        "at": json_value(clock.now()),
        "previous": head.origin,
        "checkpoint": str(newest) if newest is not None else None,
        "size": head.size,
        "reason": reason,
    }
    signers = [keys.signer(new)]
    try:
        signers.append(keys.signer(Verifier.parse(active.verifier)))
    except KeyUnavailable as error:
        log.warning("The old key of the log of '%s' does not vouch for the new one: %s", site, error)
    stored = _signed(site, Statement(EntryType.CONTINUATION, name, members), *signers, clock=clock)
    with database.unit_of_work() as uow:
        if not uow.log_tree.rename(head, name) or not uow.log_keys.retire(site, active.verifier, clock.now()):
            raise LogRefused(f"The log of '{site}' was written to meanwhile. Ask again.")
        uow.log_keys.add(site, str(new), clock.now())
        _store(uow, stored)
    return name


def _state(database: Database, site: str) -> tuple[Head, StoredKey, list[StoredKey], StoredCheckpoint | None]:
    with database.unit_of_work(read_only=True) as uow:
        head = _head(uow, site)
        registered = uow.log_keys.all(site)
        active = next((key for key in registered if key.retired_at is None), None)
        if active is None:
            raise NotFound(f"The log of '{site}' has no key yet. Run 'consentkit keys generate --site {site}'.")
        return head, active, registered, uow.checkpoints.largest(site, head.origin)


def _head(uow: UnitOfWork, site: str) -> Head:
    head = uow.log_tree.head(site)
    if head is None:
        raise NotFound(f"The log of '{site}' has not begun. Run 'consentkit keys generate --site {site}'.")
    return head


def _signed(site: str, statement: Statement, *signers: Signer, clock: Clock) -> StoredStatement:
    now = clock.now()
    return StoredStatement(
        site=site,
        id=new_record_id(now),
        kind=statement.type,
        note=sign_statement(statement, *signers),
        created_at=now,
    )


def _store(uow: UnitOfWork, statement: StoredStatement) -> None:
    uow.statements.add(dataclasses.replace(statement, kind=int(statement.kind)))
    uow.log_queue.add(statement.site, statement.id, int(statement.kind))
