"""How a decision becomes durable: what stands between the request and the 201."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

import sqlalchemy as sa

from ..consent.decisions import Nonce
from ..consent.decisions import Record
from ..consent.decisions import Recorded
from ..errors import NonceReused
from .records import NonceRow
from .records import RecordRow
from .records import select_previous
from .records import values_of
from .upserts import insert

if t.TYPE_CHECKING:
    from ..clock import Clock
    from .unit_of_work import Database
    from .unit_of_work import UnitOfWork

#: For how long a nonce stands for its decision. Older ones may be forgotten.
NONCE_LIFETIME = dt.timedelta(hours=48)


class DirectRecorder:
    """Stores each record in a transaction of its own."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def record(self, record: Record, *, nonce: Nonce | None) -> Recorded:
        """Store *record*, once for each nonce, however many processes are sent it.

        :returns: the record as stored, its ``previous_id`` filled in; with a nonce that was used within the last 48
            hours for the same body, the record of then.
        :raises NonceReused: the nonce was used for another body, or its record has been erased since.
        :raises StoreUnavailable: it is not stored, or it is not known whether it is: sending it again with the same
            nonce is safe.
        """
        with self._database.unit_of_work() as uow:
            if nonce is not None and not self._claim(uow, nonce, record=record):
                return _stored(uow, nonce, site=record.site)
            values = values_of(record) | {"previous_id": select_previous(record)}
            statement = sa.insert(RecordRow).values(values).returning(RecordRow.previous_id)
            previous_id = uow.session.execute(statement).scalar_one()
        return Recorded(dataclasses.replace(record, previous_id=previous_id), fresh=True)

    def _claim(self, uow: UnitOfWork, nonce: Nonce, *, record: Record) -> bool:
        """Take the nonce for *record* unless it is taken. Another process that is at it is waited for."""
        now = self._clock.now()
        statement = insert(uow.session, NonceRow).values(
            site=record.site, nonce=nonce.value, body_hash=nonce.body_hash, record_id=record.id, created_at=now
        )
        statement = statement.on_conflict_do_update(
            index_elements=[NonceRow.site, NonceRow.nonce],
            set_={name: statement.excluded[name] for name in ("body_hash", "record_id", "created_at")},
            where=NonceRow.created_at < now - NONCE_LIFETIME,
        )
        return uow.session.execute(statement.returning(NonceRow.record_id)).first() is not None


def _stored(uow: UnitOfWork, nonce: Nonce, *, site: str) -> Recorded:
    """Return the record that has the nonce."""
    taken = uow.session.execute(
        sa.select(NonceRow.body_hash, NonceRow.record_id).where(NonceRow.site == site, NonceRow.nonce == nonce.value)
    ).one()
    if taken.body_hash != nonce.body_hash:
        raise NonceReused("The nonce was used before, for another decision.")
    record = uow.records.get(taken.record_id)
    if record is None:
        # Stored and erased since. A copy of the request that comes late must not bring it back.
        raise NonceReused("The nonce was used before, for a decision that has been erased.")
    return Recorded(record, fresh=False)
