"""How a site's log is doing: how far it is, what waits, and whether somebody has to look at it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import typing as t

from ..consent.record_ids import record_id_time

if t.TYPE_CHECKING:
    from ..clock import Clock
    from ..storage.log_checkpoints import StoredCheckpoint
    from ..storage.log_checkpoints import StoredKey
    from ..storage.unit_of_work import UnitOfWork

#: A record is in a checkpoint within ten seconds; what waits for longer than this waits for somebody to look at it.
PATIENCE = dt.timedelta(minutes=2)
#: So many are counted of what waits, and looked at of what was recorded last.
MAX_COUNTED = 100_000
NEWEST = 1_000


class Health(enum.StrEnum):
    """In one word."""

    OK = "ok"
    #: Something waits for longer than it should, or is not queued at all.
    STALLED = "stalled"
    #: No checkpoint is signed any more; the head says why.
    TROUBLE = "trouble"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LogHealth:
    """The state of one site's log.

    :param origin: its name; ``None`` before it has begun. :param size: how many entries are integrated.
    :param backlog: how many items wait, counted to :data:`MAX_COUNTED`. :param waiting_since: of what waits the oldest.
    :param gap: of the newest :data:`NEWEST` records, how many are neither in the log nor waiting: 0, or a defect.
    """

    site: str
    origin: str | None
    size: int
    checkpoint: StoredCheckpoint | None
    keys: tuple[StoredKey, ...]
    backlog: int
    waiting_since: dt.datetime | None
    gap: int
    trouble: str | None
    health: Health


def log_health(uow: UnitOfWork, site: str, *, clock: Clock) -> LogHealth:
    """Look at a site's log. What is asked is bounded, however much is recorded or waits."""
    head = uow.log_tree.head(site)
    checkpoint = uow.checkpoints.latest(site, origin=head.origin) if head is not None else None
    first = uow.log_queue.first(site)
    since = record_id_time(first) if first is not None else None
    size = head.size if head is not None else 0
    published = checkpoint.size if checkpoint is not None else 0
    gap = uow.log_queue.gap(site, newest=NEWEST)
    trouble = head.trouble if head is not None else None
    late = clock.now() - PATIENCE
    # What is integrated and not signed has waited at least since it was recorded.
    unsigned = _recorded_at(uow, site, published) if size > published else None
    stalled = gap > 0 or any(at is not None and at < late for at in (since, unsigned))
    health = Health.TROUBLE if trouble else Health.STALLED if stalled else Health.OK
    return LogHealth(
        site=site,
        origin=head.origin if head is not None else None,
        size=size,
        checkpoint=checkpoint,
        keys=tuple(uow.log_keys.all(site)),
        backlog=uow.log_queue.waiting(site, up_to=MAX_COUNTED),
        waiting_since=since,
        gap=gap,
        trouble=trouble,
        health=health,
    )


def _recorded_at(uow: UnitOfWork, site: str, index: int) -> dt.datetime | None:
    """Return when the entry *index* was recorded; ``None`` where it was erased since."""
    item_id = uow.log_tree.item_at(site, index)
    return record_id_time(item_id) if item_id is not None else None
