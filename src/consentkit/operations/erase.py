"""Erase records: the rows, the salts, the ids. The log keeps its entries, and says in a signed one which are empty."""

from __future__ import annotations

import collections.abc as cabc
import contextlib
import dataclasses
import typing as t

from ..consent.record_ids import is_record_id
from ..consent.record_ids import new_record_id
from ..errors import ConsentKitError
from ..errors import StoreUnavailable
from ..ledger.entries import EntryType
from ..ledger.erasures import Reason
from ..ledger.erasures import erasure_statement
from ..ledger.notes import Verifier
from ..ledger.statements import sign_statement
from ..storage.log_checkpoints import StoredStatement

if t.TYPE_CHECKING:
    from ..clock import Clock
    from ..ledger.heads import Head
    from ..storage.erasures import Erasable
    from ..storage.log_checkpoints import StoredKey
    from ..storage.unit_of_work import Database
    from .issue_receipt import Signers

#: How many are erased in one transaction, under one statement.
BATCH = 1000

# Each time somebody else was at the same records. They are done with them sooner or later.
_TRIES = 5


class _Overtaken(ConsentKitError):
    """The records are not any more as they were: erased, given their place, held."""


@dataclasses.dataclass(frozen=True, slots=True)
class Erased:
    """What came of an erasure.

    :param count: how many records were erased. :param held: the ids of those that were not, because they are kept for
        a legal claim (GDPR Art. 17(3)(e)).
    """

    count: int = 0
    held: tuple[str, ...] = ()

    def __add__(self, other: Erased) -> Erased:
        """Return both together."""
        return Erased(self.count + other.count, self.held + other.held)


def erase_subject(
    database: Database, site: str, subject_id: str, *, reason: Reason, signers: Signers, clock: Clock
) -> Erased:
    """Erase all records of a subject: of a reader's browser.

    :param signers: give what signs in the name of the log: the signing keys.
    :raises KeyUnavailable, StoreUnavailable: as :func:`erase_records` does; of more than :data:`BATCH` records some may
        be erased.
    """
    erased = Erased()
    last: str | None = None
    while True:
        with database.unit_of_work(read_only=True) as uow:
            ids = uow.erasures.of_subject(site, subject_id, after=last, limit=BATCH)
        if not ids:
            return erased
        erased += erase_records(database, site, ids, reason=reason, signers=signers, clock=clock)
        last = ids[-1]


def erase_records(
    database: Database,
    site: str,
    record_ids: cabc.Collection[str],
    *,
    reason: Reason,
    signers: Signers,
    clock: Clock,
) -> Erased:
    """Erase these records of a site, all in one transaction with the log's signed statement on it.

    What waits for its place in the log gets none. Records that are held stay. Ids that are not there, or not any more,
    are passed over: erasing twice, or from two sides at once, is erasing.

    :param record_ids: at most :data:`BATCH`.
    :raises KeyUnavailable: what signs in the name of the log is not at hand; nothing is erased, for it would look like
        tampering.
    :raises StoreUnavailable: nothing is erased, or it is not known whether it is: trying again is safe.
    """
    if len(record_ids) > BATCH:
        raise ValueError(f"At most {BATCH} records are erased at once.")
    ids = [record_id for record_id in record_ids if is_record_id(record_id)]
    for _ in range(_TRIES):
        with database.unit_of_work(read_only=True) as uow:
            found = uow.erasures.find(site, ids)
            head, key = uow.log_tree.head(site), uow.log_keys.active(site)
        going = [record for record in found if not record.held]
        if going:
            # Signed before anything is locked: the key may lie behind a program that takes its time.
            statement = _statement(head, key, going, reason=reason, signers=signers, clock=clock)
            try:
                _remove(database, site, found, statement, clock=clock)
            except _Overtaken:
                continue
            with contextlib.suppress(StoreUnavailable):
                database.scrub()
        return Erased(len(going), tuple(record.id for record in found if record.held))
    raise StoreUnavailable("The records are in use.")


def _statement(
    head: Head | None,
    key: StoredKey | None,
    going: list[Erasable],
    *,
    reason: Reason,
    signers: Signers,
    clock: Clock,
) -> StoredStatement | None:
    """Return the log's statement on these records; ``None`` where it knows of none of them."""
    logged = [record for record in going if not record.sample]
    # Before a log begins there is nothing that could miss a record.
    if head is None or not logged:
        return None
    if key is None:
        raise StoreUnavailable("The log has no key yet.")
    at = clock.now()
    indexes = [record.leaf_index for record in logged if record.leaf_index is not None]
    text = erasure_statement(
        head.origin, head.site, reason=reason, indexes=indexes, unlogged=len(logged) - len(indexes), at=at
    )
    note = sign_statement(text, signers.signer(Verifier.parse(key.verifier)))
    return StoredStatement(site=head.site, id=new_record_id(at), kind=EntryType.ERASURE, note=note, created_at=at)


def _remove(
    database: Database, site: str, found: list[Erasable], statement: StoredStatement | None, *, clock: Clock
) -> None:
    ids = [record.id for record in found]
    with database.unit_of_work() as uow:
        uow.erasures.lock(site, ids)
        if uow.erasures.find(site, ids) != found:
            # What was signed does not say what would be erased. It must leave the unit of work.
            raise _Overtaken
        if statement is not None:
            uow.statements.add(statement)
            uow.log_queue.add(site, statement.id, statement.kind)
        uow.erasures.remove(site, [record.id for record in found if not record.held], at=clock.now())
