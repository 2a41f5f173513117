"""Erase what is past its retention: in batches, so that nobody waits for it and it can stop at any time."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import datetime as dt
import typing as t

from ..consent.record_ids import record_id_time
from ..ledger.erasures import Reason
from .erase import BATCH
from .erase import Erased
from .erase import erase_records

if t.TYPE_CHECKING:
    from ..clock import Clock
    from ..storage.unit_of_work import Database
    from .issue_receipt import Signers

# After so many batches of which nothing is due, there is a word of it all the same.
_SILENT = 20


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """A part of the work.

    :param ids: the records that are past their retention; at most :data:`~consentkit.operations.erase.BATCH`.
    :param held: how many others would be, and are kept for a legal claim. :param reached: when the last record that
        was looked at was decided.
    """

    ids: list[str]
    held: int
    reached: dt.datetime


def past_retention(database: Database, site: str, *, days: int, clock: Clock) -> cabc.Iterator[Step]:
    """Yield what of a site is past its retention, oldest first. Between two steps nothing is open.

    A record is kept for *days* after the consent in it ended: when it expired, or when its reader decided anew,
    whichever came first (GDPR Art. 5(1)(e)).

    :raises StoreUnavailable: as the store does.
    """
    before = _before(clock.now(), days)
    ids: list[str] = []
    held = looks = 0
    last: str | None = None
    while True:
        with database.unit_of_work(read_only=True) as uow:
            found = uow.erasures.aged(site, before, after=last, limit=BATCH)
        if not found:
            break
        last = found[-1].id
        looks += 1
        held += sum(record.over and record.held for record in found)
        ids += [record.id for record in found if record.over and not record.held]
        if len(ids) >= BATCH or looks >= _SILENT:
            yield Step(ids[:BATCH], held, record_id_time(last))
            ids, held, looks = ids[BATCH:], 0, 0
    if last is not None:
        yield Step(ids, held, record_id_time(last))


def retain(
    database: Database, site: str, *, days: int, signers: Signers, clock: Clock
) -> cabc.Iterator[tuple[Erased, Step]]:
    """Erase it, and yield after each step what came of it. Whoever stops here has erased so much.

    Each step is a transaction with a signed statement of its own. To go on later, begin again: what is gone is not
    looked at any more.

    :raises KeyUnavailable, StoreUnavailable: as :func:`~consentkit.operations.erase.erase_records` does.
    """
    for step in past_retention(database, site, days=days, clock=clock):
        erased = erase_records(database, site, step.ids, reason=Reason.RETENTION, signers=signers, clock=clock)
        yield erased, step


def _before(now: dt.datetime, days: int) -> dt.datetime:
    try:
        return now - dt.timedelta(days=days)
    except OverflowError:
        return dt.datetime.min.replace(tzinfo=dt.UTC)
