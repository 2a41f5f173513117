"""The queue of the log: what is stored and has no place yet."""

from __future__ import annotations

import collections.abc as cabc
import typing as t

import sqlalchemy as sa
from sqlalchemy import orm

from ..ledger.entries import EntryType
from .access import AccessEventRow
from .base import Base
from .base import Text
from .log_checkpoints import LogStatementRow
from .log_commitments import COMMITMENT
from .log_tree import LogLeafRow
from .records import RecordRow
from .upserts import packed


class Queued(t.NamedTuple):
    """Something that waits for its place.

    :param item_id: the record's or the statement's id. :param kind: an
        :class:`~consentkit.ledger.entries.EntryType`. :param commitment: to a record, where the database computes it
        and the record has its salt; else ``None``.
    """

    item_id: str
    kind: int
    commitment: bytes | None = None


class LogQueueRow(Base):
    """The table of the queue.

    Records come in by a trigger of the database's, in the statement that stores them. A transaction that commits late
    is found as any other: nothing is remembered of where the last look ended.
    """

    __tablename__ = "consentkit_log_queue"

    site: orm.Mapped[str] = orm.mapped_column(Text, primary_key=True, comment="The site's id.")
    item_id: orm.Mapped[str] = orm.mapped_column(
        sa.Uuid(as_uuid=False), primary_key=True, comment="The record's or the statement's id."
    )
    kind: orm.Mapped[int] = orm.mapped_column(sa.SmallInteger, comment="1: a record; else the type of the statement.")

    __table_args__ = (
        {"comment": "What is stored and has no place in the log yet. A trigger on the records fills it."},
    )


# Each record is looked up by itself: joined, or tested with EXISTS, the planner may read the whole table of records.
_TAKE_WITH_COMMITMENTS = sa.text(
    f"""
    SELECT q.item_id::text, q.kind, CASE WHEN q.kind = 1 THEN
        (SELECT {COMMITMENT} FROM consentkit_records AS r WHERE r.id = q.item_id)
    END
    FROM (
        SELECT item_id, kind FROM consentkit_log_queue AS w WHERE w.site = :site AND CASE WHEN w.kind = 1
            THEN (SELECT true FROM consentkit_records AS t WHERE t.id = w.item_id)
            WHEN w.kind = 5 THEN (SELECT true FROM consentkit_access_events AS t WHERE t.id = w.item_id)
            ELSE (SELECT true FROM consentkit_log_statements AS t WHERE t.site = w.site AND t.id = w.item_id)
        END
        ORDER BY item_id LIMIT :limit
    ) AS q
    ORDER BY q.item_id
    """  # noqa: S608 - constants
)
_REMOVE = {
    "sqlite": sa.text(
        "DELETE FROM consentkit_log_queue WHERE site = :site AND item_id IN (SELECT value FROM json_each(:ids))"
    ),
    "postgresql": sa.text(
        "DELETE FROM consentkit_log_queue WHERE site = :site AND item_id = ANY (CAST(:ids AS uuid[]))"
    ),
}


class LogQueue:
    """What waits, as one unit of work sees it."""

    def __init__(self, session: orm.Session) -> None:
        self._session = session

    def add(self, site: str, item_id: str, kind: int) -> None:
        """Queue a statement or an event. Records are queued by the database."""
        self._session.execute(sa.insert(LogQueueRow).values(site=site, item_id=item_id, kind=kind))

    def take(self, site: str, *, limit: int) -> list[Queued]:
        """Return what waits for longest, and leave it in the queue.

        What is not there any more is passed over: it would be in the way of all that waits behind it.
        """
        if self._session.get_bind().dialect.name == "postgresql":
            # To compile the statement, as the server would for what looks this dear, takes longer than to run it.
            self._session.execute(sa.text("SELECT set_config('jit', 'off', true)"))
            found = self._session.execute(_TAKE_WITH_COMMITMENTS, {"site": site, "limit": limit})
            return [Queued(*row) for row in found.all()]
        there = sa.or_(
            sa.exists().where(RecordRow.id == LogQueueRow.item_id),
            sa.exists().where(LogStatementRow.site == LogQueueRow.site, LogStatementRow.id == LogQueueRow.item_id),
            sa.and_(LogQueueRow.kind == EntryType.EVENT, sa.exists().where(AccessEventRow.id == LogQueueRow.item_id)),
        )
        statement = sa.select(LogQueueRow.item_id, LogQueueRow.kind).where(LogQueueRow.site == site, there)
        return [Queued(*row) for row in self._session.execute(statement.order_by(LogQueueRow.item_id).limit(limit))]

    def remove(self, site: str, item_ids: cabc.Collection[str]) -> int:
        """Take items out, and return how many of them were there."""
        statement = _REMOVE[self._session.get_bind().dialect.name]
        done = self._session.execute(statement, {"site": site, "ids": packed(self._session, item_ids)})
        return t.cast("sa.CursorResult[t.Any]", done).rowcount

    def sites(self) -> list[str]:
        """Return the sites for which something waits."""
        # From one to the next by the index: to look for what is distinct would be to read all that waits.
        first = sa.select(sa.func.min(LogQueueRow.site).label("site")).cte("sites", recursive=True)
        after = sa.select(sa.func.min(LogQueueRow.site)).where(LogQueueRow.site > first.c.site).scalar_subquery()
        found = first.union_all(sa.select(after).where(first.c.site.is_not(None)))
        return list(self._session.scalars(sa.select(found.c.site).where(found.c.site.is_not(None))))

    def waiting(self, site: str, *, up_to: int) -> int:
        """Return how many items wait; counting ends at *up_to*."""
        some = sa.select(sa.literal(1)).where(LogQueueRow.site == site).limit(up_to).subquery()
        return self._session.scalar(sa.select(sa.func.count()).select_from(some)) or 0

    def gap(self, site: str, *, newest: int) -> int:
        """Return how many of the newest records of a site neither wait nor have a place; samples do not count."""
        recent = (
            sa.select(RecordRow.id, RecordRow.sample)
            .where(RecordRow.site == site)
            .order_by(RecordRow.id.desc())
            .limit(newest)
            .subquery()
        )
        queued = sa.exists().where(LogQueueRow.site == site, LogQueueRow.item_id == recent.c.id)
        placed = sa.exists().where(LogLeafRow.item_id == recent.c.id)
        statement = sa.select(sa.func.count()).select_from(recent).where(~recent.c.sample, ~queued, ~placed)
        return self._session.scalar(statement) or 0

    def first(self, site: str) -> str | None:
        """Return the id of what waits for longest; the id holds since when (:func:`record_id_time`)."""
        return self._session.scalar(
            sa.select(LogQueueRow.item_id).where(LogQueueRow.site == site).order_by(LogQueueRow.item_id).limit(1)
        )
