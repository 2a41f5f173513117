"""Count the decisions of each day anew, from the records."""

from __future__ import annotations

import collections.abc as cabc
import datetime as dt
import typing as t

from ..consent.record_ids import record_id_time
from ..storage.records import RecordFilter

if t.TYPE_CHECKING:
    from ..storage.unit_of_work import Database

_DAY = dt.timedelta(days=1)


def rebuild_rollups(
    database: Database, site: str, *, since: dt.date | None = None, lessen: bool = False
) -> cabc.Iterator[tuple[dt.date, bool]]:
    """Count a site's days anew, each in a transaction of its own, and yield each with whether it was.

    It may be stopped at any time and run again, beside a writer of the log.

    :param since: the first day, in UTC; ``None`` for the first one of which there are records or counts.
    :param lessen: also where fewer records are left than were counted: erased since, as the law demands. Else such
        days stay as they are.
    :raises StoreUnavailable: the days that were yielded are done.
    """
    with database.unit_of_work(read_only=True) as uow:
        oldest = next(iter(uow.records.oldest(site, limit=1)), None)
        newest = next(iter(uow.records.page(RecordFilter(site=site), limit=1)), None)
        span = uow.rollups.span(site)
    bounds = [*(span or ()), *(record_id_time(record.id).date() for record in (oldest, newest) if record is not None)]
    if not bounds:
        return
    # A record's id may lie a day beside its decision.
    day = max(min(bounds) - _DAY, since or dt.date.min)
    while day <= max(bounds) + _DAY:
        with database.unit_of_work() as uow:
            done = uow.rollups.recount(site, day, lessen=lessen)
        yield day, done
        day += _DAY
