"""How a decision becomes durable: what stands between the request and the 201."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import typing as t

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite

from ..consent.decisions import NONCE_LIFETIME
from ..consent.decisions import Nonce
from ..consent.decisions import Record
from ..consent.decisions import Recorded
from ..errors import NonceReused
from .records import COLUMNS
from .records import NonceRow
from .records import RecordRow
from .records import values_of

if t.TYPE_CHECKING:
    from ..clock import Clock
    from .unit_of_work import Database
    from .unit_of_work import UnitOfWork


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
        with self._database.transaction() as connection:
            if nonce is None or self._claim(connection, nonce, record=record):
                previous_id = connection.execute(_INSERT, values_of(record)).scalar_one()
                return Recorded(dataclasses.replace(record, previous_id=previous_id), fresh=True)
        with self._database.unit_of_work(read_only=True) as uow:
            return _stored(uow, nonce, site=record.site)

    def recall(self, nonce: Nonce, *, site: str) -> Record | None:
        """Return the record that was stored for the same nonce and body within the last 48 hours, if there is one.

        :raises NonceReused, StoreUnavailable: as :meth:`record` does.
        """
        with self._database.unit_of_work(read_only=True) as uow:
            since = self._clock.now() - NONCE_LIFETIME
            taken = sa.select(sa.literal(1)).where(
                NonceRow.site == site, NonceRow.nonce == nonce.value, NonceRow.created_at >= since
            )
            if uow.session.execute(taken).first() is None:
                return None
            return _stored(uow, nonce, site=site).record

    def _claim(self, connection: sa.Connection, nonce: Nonce, *, record: Record) -> bool:
        """Take the nonce for *record* unless it is taken. Another process that is at it is waited for."""
        now = self._clock.now()
        values = {
            "site": record.site,
            "nonce": nonce.value,
            "body_hash": nonce.body_hash,
            "record_id": record.id,
            "created_at": now,
            "forgotten_before": now - NONCE_LIFETIME,
        }
        return connection.execute(_CLAIM[connection.dialect.name], values).first() is not None


def _insert_with_previous() -> sa.Executable:
    """Return the insert of a record, in which the database itself finds the same subject's record before it."""
    earlier = orm.aliased(RecordRow)
    previous = (
        sa.select(earlier.id)
        # Nothing equals null, so a record without a subject has none before it.
        .where(earlier.site == sa.bindparam("site"), earlier.subject_id == sa.bindparam("subject_id"))
        .order_by(earlier.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    table = t.cast("sa.Table", RecordRow.__table__)
    values = {column.name: sa.bindparam(column.name, type_=column.type) for column in COLUMNS}
    return table.insert().values(values | {"previous_id": previous}).returning(table.c.previous_id)


def _claim_with(insert: cabc.Callable[[t.Any], t.Any]) -> t.Any:
    table = t.cast("sa.Table", NonceRow.__table__)
    statement = insert(table).values({column.name: sa.bindparam(column.name) for column in table.columns})
    statement = statement.on_conflict_do_update(
        index_elements=[table.c.site, table.c.nonce],
        set_={name: statement.excluded[name] for name in ("body_hash", "record_id", "created_at")},
        where=table.c.created_at < sa.bindparam("forgotten_before", type_=table.c.created_at.type),
    )
    return statement.returning(table.c.record_id)


# Built once: SQLAlchemy compiles a statement that it has seen once and builds a new one a hundred times slower.
_INSERT = _insert_with_previous()
_CLAIM = {"sqlite": _claim_with(sqlite.insert), "postgresql": _claim_with(postgresql.insert)}


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
