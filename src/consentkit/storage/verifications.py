"""Verifications of the logs, asked for in the audit view: one at a time for each site, and what came of them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

import sqlalchemy as sa
from sqlalchemy import orm

from ..consent.record_ids import new_record_id
from .base import Base
from .base import CanonicalJson
from .base import Text
from .base import UtcDateTime
from .upserts import insert_if_absent

#: So many are kept of each site.
KEPT = 20


class VerificationRow(Base):
    """The table of verifications."""

    __tablename__ = "consentkit_log_verifications"

    id: orm.Mapped[str] = orm.mapped_column(
        sa.Uuid(as_uuid=False), primary_key=True, comment="UUIDv7: its order is the order of time."
    )
    site: orm.Mapped[str] = orm.mapped_column(Text, comment="The site's id.")
    started_at: orm.Mapped[dt.datetime] = orm.mapped_column(UtcDateTime, comment="When it was asked for.")
    started_by: orm.Mapped[str] = orm.mapped_column(Text, comment="The account that asked for it, by its address.")
    alive_until: orm.Mapped[dt.datetime] = orm.mapped_column(
        UtcDateTime, comment="Until when whoever runs it is believed to be there, unless they say so again."
    )
    done: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, comment="How many entries are checked.")
    total: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, comment="How many there are to check.")
    finished_at: orm.Mapped[dt.datetime | None] = orm.mapped_column(UtcDateTime, comment="When it ended.")
    outcome: orm.Mapped[t.Any | None] = orm.mapped_column(
        CanonicalJson, comment="What was found; absent where it ended before its end."
    )

    __table_args__ = (
        sa.Index(None, "site", "id"),
        # One runs at a time, whatever two processes think.
        sa.Index(
            "uq_consentkit_log_verifications_site",
            "site",
            unique=True,
            sqlite_where=sa.text("finished_at IS NULL"),
            postgresql_where=sa.text("finished_at IS NULL"),
        ),
        {"comment": "Verifications of the logs that officers asked for. Nothing about a reader."},
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """One verification. :param outcome: see :mod:`consentkit.jobs.verifying`."""

    id: str
    site: str
    started_at: dt.datetime
    started_by: str
    alive_until: dt.datetime
    done: int
    total: int
    finished_at: dt.datetime | None
    outcome: t.Any | None

    def is_running(self, now: dt.datetime) -> bool:
        """Whether somebody is at it."""
        return self.finished_at is None and self.alive_until > now


class Verifications:
    """The verifications, as one unit of work sees them."""

    def __init__(self, session: orm.Session) -> None:
        self._session = session

    def latest(self, site: str) -> Verification | None:
        """Return the last one that was asked for."""
        statement = sa.select(*VerificationRow.__table__.columns).where(VerificationRow.site == site)
        row = self._session.execute(statement.order_by(VerificationRow.id.desc()).limit(1)).first()
        return None if row is None else Verification(**row._asdict())

    def start(self, site: str, *, by: str, now: dt.datetime, until: dt.datetime) -> str | None:
        """Begin one, unless one is running, and return its id. One that nobody is at any more is over."""
        gone = sa.update(VerificationRow).where(
            VerificationRow.site == site, VerificationRow.finished_at.is_(None), VerificationRow.alive_until <= now
        )
        self._session.execute(gone.values(finished_at=now))
        row = {
            "id": new_record_id(now),
            "site": site,
            "started_at": now,
            "started_by": by,
            "alive_until": until,
            "done": 0,
            "total": 0,
        }
        if not insert_if_absent(self._session, VerificationRow, row):
            return None
        newest = sa.select(VerificationRow.id).where(VerificationRow.site == site)
        kept = newest.order_by(VerificationRow.id.desc()).limit(KEPT)
        old = sa.delete(VerificationRow).where(VerificationRow.site == site, VerificationRow.id.not_in(kept))
        self._session.execute(old.execution_options(synchronize_session=False))
        return str(row["id"])

    def keep_up(self, verification_id: str, *, done: int, total: int, until: dt.datetime) -> bool:
        """Say that it goes on. :returns: whether it is still the one that runs."""
        return self._change(verification_id, done=done, total=total, alive_until=until)

    def finish(self, verification_id: str, *, at: dt.datetime, done: int, total: int, outcome: object) -> bool:
        """Keep what came of it. :returns: whether it was still the one that runs."""
        return self._change(verification_id, done=done, total=total, finished_at=at, outcome=outcome)

    def _change(self, verification_id: str, **values: object) -> bool:
        running = (VerificationRow.id == verification_id, VerificationRow.finished_at.is_(None))
        done = self._session.execute(sa.update(VerificationRow).where(*running).values(**values))
        return t.cast("sa.CursorResult[t.Any]", done).rowcount == 1
