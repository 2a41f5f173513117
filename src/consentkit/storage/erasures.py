"""Erasure: a record goes with all that is derived of it."""

from __future__ import annotations

import collections.abc as cabc
import datetime as dt
import typing as t
import uuid

import sqlalchemy as sa
from sqlalchemy import orm

from ..consent.decisions import NONCE_LIFETIME
from ..consent.record_ids import lowest_record_id
from ..consent.record_ids import record_id_time
from .holds import HoldRow
from .log_queue import LogQueueRow
from .log_tree import LogLeafRow
from .records import NonceRow
from .records import RecordRow

# A nonce is stored with its record. More than an hour between the two would be a process that slept.
_NONCE_SLACK = dt.timedelta(hours=1)
# Where a record's id stood.
_NOBODY = str(uuid.UUID(int=0))


class Erasable(t.NamedTuple):
    """A record as far as its erasure goes.

    :param leaf_index: its place in the log, or ``None`` while it has none. :param sample: whether it never gets one.
    :param held: whether it is kept for a legal claim.
    """

    id: str
    leaf_index: int | None
    sample: bool
    held: bool


class Aged(t.NamedTuple):
    """An old record.

    :param over: whether the consent in it ended before the moment that was asked for.
    """

    id: str
    over: bool
    held: bool


class Erasures:
    """Erasure, as one unit of work sees it."""

    def __init__(self, session: orm.Session) -> None:
        self._session = session

    def of_subject(self, site: str, subject_id: str, *, after: str | None, limit: int) -> list[str]:
        """Return the ids of a subject's records, oldest first, those after one of them."""
        statement = sa.select(RecordRow.id).where(RecordRow.site == site, RecordRow.subject_id == subject_id)
        if after is not None:
            statement = statement.where(RecordRow.id > after)
        return list(self._session.scalars(statement.order_by(RecordRow.id).limit(limit)))

    def find(self, site: str, ids: cabc.Collection[str]) -> list[Erasable]:
        """Return what there is of these records now, by id."""
        held = _held(RecordRow.site, RecordRow.id)
        statement = sa.select(RecordRow.id, LogLeafRow.leaf_index, RecordRow.sample, held)
        statement = statement.outerjoin(LogLeafRow, LogLeafRow.item_id == RecordRow.id)
        found = self._session.execute(statement.where(*_these(site, ids)).order_by(RecordRow.id))
        return [Erasable(*row) for row in found]

    def aged(self, site: str, before: dt.datetime, *, after: str | None, limit: int) -> list[Aged]:
        """Return the oldest records of a site, of those decided before a moment: the next ones after an id.

        A consent ends when it expires, or when its reader decides anew. So much is looked at that the database's limits
        hold, however few of them are over.
        """
        bound = lowest_record_id(before)
        columns = (RecordRow.id, RecordRow.site, RecordRow.subject_id, RecordRow.expires_at)
        statement = sa.select(*columns).where(RecordRow.site == site, RecordRow.id < bound)
        if after is not None:
            statement = statement.where(RecordRow.id > after)
        old = statement.order_by(RecordRow.id).limit(limit).subquery()
        later = orm.aliased(RecordRow)
        again = sa.exists().where(
            later.site == site, later.subject_id == old.c.subject_id, later.id > old.c.id, later.id < bound
        )
        over = sa.or_(old.c.expires_at < before, again).label("over")
        found = self._session.execute(sa.select(old.c.id, over, _held(old.c.site, old.c.id)).order_by(old.c.id))
        return [Aged(*row) for row in found]

    def lock(self, site: str, ids: cabc.Collection[str]) -> None:
        """Wait for whoever is giving these records a place, holding them or erasing them, and keep others off.

        Always in one order, and that of the log's writer, so that no two wait for each other. On SQLite a unit of work
        that writes is alone as it is.
        """
        queued = sa.select(LogQueueRow.item_id).where(LogQueueRow.site == site, LogQueueRow.item_id.in_(ids))
        self._session.execute(queued.order_by(LogQueueRow.item_id).with_for_update()).all()
        records = sa.select(RecordRow.id).where(*_these(site, ids))
        self._session.execute(records.order_by(RecordRow.id).with_for_update()).all()

    def remove(self, site: str, ids: cabc.Collection[str], *, at: dt.datetime) -> None:
        """Remove these records: rows, salts, ids, places. Their nonces stay, without a word on what they were of.

        The nonces are what keeps a copy of the decision that comes late from bringing it back; in 48 hours they go.
        """
        for table in (LogQueueRow, LogLeafRow):
            self._session.execute(sa.delete(table).where(table.site == site, table.item_id.in_(ids)))
        recent = [moment for moment in map(record_id_time, ids) if moment > at - NONCE_LIFETIME - _NONCE_SLACK]
        if recent:
            emptied = sa.update(NonceRow).where(
                NonceRow.site == site,
                # No index leads from a record to its nonce: the requests would have to keep it up.
                NonceRow.created_at.between(min(recent) - _NONCE_SLACK, max(recent) + _NONCE_SLACK),
                NonceRow.record_id.in_(ids),
            )
            self._session.execute(emptied.values(record_id=_NOBODY, body_hash=""))
        self._session.execute(sa.delete(RecordRow).where(*_these(site, ids)))


def _held(site: sa.ColumnElement[str] | orm.Mapped[str], record_id: t.Any) -> sa.Label[bool]:
    return sa.exists().where(HoldRow.site == site, HoldRow.record_id == record_id).label("held")


def _these(site: str, ids: cabc.Collection[str]) -> tuple[sa.ColumnElement[bool], ...]:
    return RecordRow.site == site, RecordRow.id.in_(ids)
