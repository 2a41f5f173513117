"""Hold a record back from erasure, for as long as a legal claim needs it (GDPR Art. 17(3)(e)), and let it go again."""

from __future__ import annotations

import typing as t

from ..consent.record_ids import is_record_id
from ..errors import NotFound
from ..storage.holds import Hold

if t.TYPE_CHECKING:
    from ..clock import Clock
    from ..storage.unit_of_work import UnitOfWork

#: The longest reason, in characters.
MAX_REASON = 1000


def hold_record(uow: UnitOfWork, record_id: str, *, reason: str, by: str, clock: Clock) -> Hold:
    """Hold a record, and return its hold: the one that it has already, if it is held.

    :param reason: the claim, in words. :param by: who says so.
    :raises NotFound: there is no such record, or it is being erased.
    """
    record = uow.records.get(record_id)
    if record is not None:
        # Somebody may be erasing it this moment: they are waited for, and then it is gone.
        uow.erasures.lock(record.site, [record.id])
        record = uow.records.get(record_id)
    if record is None:
        raise NotFound(f"There is no record '{record_id[:100]}'.")
    hold = Hold(site=record.site, record_id=record.id, reason=reason[:MAX_REASON], held_by=by, held_at=clock.now())
    uow.holds.add(hold)
    return uow.holds.get(record.site, record.id) or hold


def release_record(uow: UnitOfWork, record_id: str) -> bool:
    """Let a record go, and return whether it was held. Nothing stays of the reason.

    :raises NotFound: there is no such record.
    """
    record = uow.records.get(record_id) if is_record_id(record_id) else None
    if record is None:
        raise NotFound(f"There is no record '{record_id[:100]}'.")
    return uow.holds.remove(record.site, record.id)
