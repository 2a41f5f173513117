"""What the log publishes beside its tree: checkpoints, the keys that sign them, statements on itself."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import datetime as dt
import typing as t

import sqlalchemy as sa
from sqlalchemy import orm

from .base import Base
from .base import Text
from .base import UtcDateTime
from .upserts import insert_if_absent


class LogCheckpointRow(Base):
    """The table of checkpoints."""

    __tablename__ = "consentkit_log_checkpoints"

    site: orm.Mapped[str] = orm.mapped_column(Text, primary_key=True, comment="The site's id.")
    origin: orm.Mapped[str] = orm.mapped_column(Text, primary_key=True, comment="The log's name at that time.")
    size: orm.Mapped[int] = orm.mapped_column(
        sa.BigInteger, primary_key=True, autoincrement=False, comment="How many entries it covers."
    )
    note: orm.Mapped[str] = orm.mapped_column(Text, comment="The signed note (C2SP tlog-checkpoint).")
    published_at: orm.Mapped[dt.datetime] = orm.mapped_column(UtcDateTime, comment="When it was signed.")

    __table_args__ = (
        sa.Index(None, "site", "published_at"),
        {"comment": "The signed heads of the logs."},
    )


class LogKeyRow(Base):
    """The table of public keys."""

    __tablename__ = "consentkit_log_keys"

    site: orm.Mapped[str] = orm.mapped_column(Text, primary_key=True, comment="The site's id.")
    verifier: orm.Mapped[str] = orm.mapped_column(
        Text, primary_key=True, comment="The public key as a verifier key line (C2SP)."
    )
    since: orm.Mapped[dt.datetime] = orm.mapped_column(UtcDateTime, comment="When it began to sign.")
    retired_at: orm.Mapped[dt.datetime | None] = orm.mapped_column(UtcDateTime, comment="When another one took over.")

    __table_args__ = (
        # One key signs at a time, whatever two processes that start at once may think.
        sa.Index(
            "uq_consentkit_log_keys_site",
            "site",
            unique=True,
            sqlite_where=sa.text("retired_at IS NULL"),
            postgresql_where=sa.text("retired_at IS NULL"),
        ),
        {"comment": "The public keys of the logs. The private ones are never in the database."},
    )


class LogStatementRow(Base):
    """The table of statements."""

    __tablename__ = "consentkit_log_statements"

    site: orm.Mapped[str] = orm.mapped_column(Text, primary_key=True, comment="The site's id.")
    id: orm.Mapped[str] = orm.mapped_column(
        sa.Uuid(as_uuid=False), primary_key=True, comment="UUIDv7: its order is the order of time."
    )
    kind: orm.Mapped[int] = orm.mapped_column(sa.SmallInteger, comment="The type of its entry.")
    note: orm.Mapped[str] = orm.mapped_column(Text, comment="The signed note that the entry commits to.")
    created_at: orm.Mapped[dt.datetime] = orm.mapped_column(UtcDateTime, comment="When it was made.")

    __table_args__ = (
        {"comment": "What the log says of itself: erasures, keys that took over. Nothing about anybody."},
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class StoredCheckpoint:
    """A checkpoint as it was published."""

    site: str
    origin: str
    size: int
    #: The signed note.
    note: str
    published_at: dt.datetime


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """A public key of a log."""

    site: str
    #: The verifier key line.
    verifier: str
    since: dt.datetime
    #: ``None`` for the one that signs.
    retired_at: dt.datetime | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class StoredStatement:
    """A statement of a log on itself."""

    site: str
    #: UUIDv7.
    id: str
    #: An :class:`~consentkit.ledger.entries.EntryType`.
    kind: int
    #: The signed note.
    note: str
    created_at: dt.datetime


class Checkpoints:
    """The checkpoints, as one unit of work sees them."""

    def __init__(self, session: orm.Session) -> None:
        self._session = session

    def latest(
        self, site: str, *, origin: str | None = None, before: dt.datetime | None = None
    ) -> StoredCheckpoint | None:
        """Return the newest checkpoint.

        :param origin: only of the log's checkpoints under that name. :param before: only what was published before that
            moment.
        """
        statement = _checkpoints(site)
        if origin is not None:
            statement = statement.where(LogCheckpointRow.origin == origin)
        if before is not None:
            statement = statement.where(LogCheckpointRow.published_at < before)
        if origin is None or before is not None:
            statement = statement.order_by(LogCheckpointRow.published_at.desc())
        # Under one name the newest is the largest, which the primary key finds.
        row = self._session.execute(statement.order_by(LogCheckpointRow.size.desc()).limit(1)).first()
        return None if row is None else StoredCheckpoint(**row._asdict())

    def largest(self, site: str, origin: str) -> StoredCheckpoint | None:
        """Return the checkpoint over the most entries of the log of that name."""
        statement = _checkpoints(site).where(LogCheckpointRow.origin == origin)
        row = self._session.execute(statement.order_by(LogCheckpointRow.size.desc()).limit(1)).first()
        return None if row is None else StoredCheckpoint(**row._asdict())

    def stream(self, site: str) -> cabc.Iterator[StoredCheckpoint]:
        """Yield all checkpoints, by size, in memory that does not grow."""
        statement = _checkpoints(site).order_by(LogCheckpointRow.size, LogCheckpointRow.published_at)
        with self._session.execute(statement.execution_options(yield_per=1000)) as rows:
            for row in rows:
                yield StoredCheckpoint(**row._asdict())

    def thin(self, before: dt.datetime, *, limit: int) -> int:
        """Remove checkpoints from before a moment, but for the last one of each hour.

        What is removed proves nothing that the next one does not prove as well.

        :param limit: at most so many. :returns: how many were.
        """
        later = orm.aliased(LogCheckpointRow)
        is_postgresql = self._session.get_bind().dialect.name == "postgresql"

        def hour(row: type[LogCheckpointRow]) -> sa.ColumnElement[t.Any]:
            at = row.published_at
            return sa.func.date_trunc("hour", at) if is_postgresql else sa.func.substr(sa.cast(at, sa.Text), 1, 13)

        keys = (LogCheckpointRow.site, LogCheckpointRow.origin, LogCheckpointRow.size)
        same = (later.site == LogCheckpointRow.site, later.origin == LogCheckpointRow.origin)
        old = sa.select(*keys).where(
            LogCheckpointRow.published_at < before,
            sa.exists().where(*same, later.size > LogCheckpointRow.size, hour(later) == hour(LogCheckpointRow)),
        )
        gone = sa.delete(LogCheckpointRow).where(sa.tuple_(*keys).in_(old.limit(limit)))
        done = self._session.execute(gone.execution_options(synchronize_session=False))
        return t.cast("sa.CursorResult[t.Any]", done).rowcount

    def add(self, checkpoint: StoredCheckpoint) -> bool:
        """Store a checkpoint, unless there is one of that size. :returns: whether it was stored."""
        return insert_if_absent(self._session, LogCheckpointRow, dataclasses.asdict(checkpoint))


class LogKeys:
    """The public keys of the logs, as one unit of work sees them."""

    def __init__(self, session: orm.Session) -> None:
        self._session = session

    def all(self, site: str) -> list[StoredKey]:
        """Return a site's keys, oldest first; the one that is not retired signs."""
        statement = sa.select(*LogKeyRow.__table__.columns).where(LogKeyRow.site == site)
        rows = self._session.execute(statement.order_by(LogKeyRow.since, LogKeyRow.verifier))
        return [StoredKey(**row._asdict()) for row in rows]

    def active(self, site: str) -> StoredKey | None:
        """Return the key that signs, or ``None`` before the log has one."""
        return next((key for key in self.all(site) if key.retired_at is None), None)

    def add(self, site: str, verifier: str, at: dt.datetime) -> bool:
        """Make a key the one that signs, unless there is one. :returns: whether it is that one now."""
        return insert_if_absent(self._session, LogKeyRow, {"site": site, "verifier": verifier, "since": at})

    def retire(self, site: str, verifier: str, at: dt.datetime) -> bool:
        """Let a key sign no more. :returns: whether it did until now."""
        which = (LogKeyRow.site == site, LogKeyRow.verifier == verifier, LogKeyRow.retired_at.is_(None))
        done = self._session.execute(sa.update(LogKeyRow).where(*which).values(retired_at=at))
        return t.cast("sa.CursorResult[t.Any]", done).rowcount == 1


class Statements:
    """The statements of the logs on themselves, as one unit of work sees them."""

    def __init__(self, session: orm.Session) -> None:
        self._session = session

    def add(self, statement: StoredStatement) -> None:
        """Store a statement. Its place in the log it has by the queue: add it there in the same unit of work."""
        self._session.execute(sa.insert(LogStatementRow).values(**dataclasses.asdict(statement)))

    def get(self, site: str, ids: cabc.Collection[str]) -> list[StoredStatement]:
        """Return the statements of these ids."""
        statement = sa.select(*LogStatementRow.__table__.columns)
        found = self._session.execute(statement.where(LogStatementRow.site == site, LogStatementRow.id.in_(ids)))
        return [StoredStatement(**row._asdict()) for row in found]

    def of_kinds(
        self, site: str, kinds: cabc.Collection[int], *, before: dt.datetime | None = None
    ) -> list[StoredStatement]:
        """Return the statements of some types, oldest first.

        :param before: only what was made before that moment.
        """
        statement = sa.select(*LogStatementRow.__table__.columns).where(
            LogStatementRow.site == site, LogStatementRow.kind.in_(kinds)
        )
        if before is not None:
            statement = statement.where(LogStatementRow.created_at < before)
        rows = self._session.execute(statement.order_by(LogStatementRow.id))
        return [StoredStatement(**row._asdict()) for row in rows]

    def stream(self, site: str) -> cabc.Iterator[StoredStatement]:
        """Yield all statements, oldest first, in memory that does not grow."""
        statement = sa.select(*LogStatementRow.__table__.columns).where(LogStatementRow.site == site)
        rows = self._session.execute(statement.order_by(LogStatementRow.id).execution_options(yield_per=1000))
        with rows:
            for row in rows:
                yield StoredStatement(**row._asdict())


def _checkpoints(site: str) -> sa.Select[t.Any]:
    return sa.select(*LogCheckpointRow.__table__.columns).where(LogCheckpointRow.site == site)
