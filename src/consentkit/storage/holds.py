"""Records that are held back from erasure for a legal claim (GDPR Art. 17(3)(e))."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import datetime as dt
import typing as t

import sqlalchemy as sa
from sqlalchemy import orm

from ..consent.record_ids import is_record_id
from .base import Base
from .base import Text
from .base import UtcDateTime
from .upserts import insert_if_absent


class HoldRow(Base):
    """The table of holds."""

    __tablename__ = "consentkit_holds"

    site: orm.Mapped[str] = orm.mapped_column(Text, primary_key=True, comment="The site's id.")
    record_id: orm.Mapped[str] = orm.mapped_column(
        sa.Uuid(as_uuid=False), primary_key=True, comment="The record that must not be erased."
    )
    reason: orm.Mapped[str] = orm.mapped_column(Text, comment="The legal claim (GDPR Art. 17(3)(e)).")
    held_by: orm.Mapped[str] = orm.mapped_column(Text, comment="Who said so.")
    held_at: orm.Mapped[dt.datetime] = orm.mapped_column(UtcDateTime, comment="When.")

    __table_args__ = ({"comment": "Records that are kept for a legal claim, whatever their age and whoever asks."},)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Why a record is not erased."""

    site: str
    record_id: str
    #: The legal claim, in the words of who knows of it.
    reason: str
    #: The account of the audit view, or the command line.
    held_by: str
    held_at: dt.datetime


class Holds:
    """The holds, as one unit of work sees them."""

    def __init__(self, session: orm.Session) -> None:
        self._session = session

    def get(self, site: str, record_id: str) -> Hold | None:
        """Return a record's hold. What is no record id has none."""
        if not is_record_id(record_id):
            return None
        row = self._session.execute(_holds(site).where(HoldRow.record_id == record_id)).first()
        return None if row is None else Hold(**row._asdict())

    def add(self, hold: Hold) -> bool:
        """Hold a record back, unless it is. :returns: whether it was not."""
        return insert_if_absent(self._session, HoldRow, dataclasses.asdict(hold))

    def remove(self, site: str, record_id: str) -> bool:
        """Let a record go. :returns: whether it was held."""
        which = (HoldRow.site == site, HoldRow.record_id == record_id)
        done = self._session.execute(sa.delete(HoldRow).where(*which))
        return t.cast("sa.CursorResult[t.Any]", done).rowcount == 1

    def stream(self, site: str | None = None) -> cabc.Iterator[Hold]:
        """Yield the holds of a site, or of all, oldest first."""
        statement = _holds(site).order_by(HoldRow.held_at, HoldRow.record_id)
        with self._session.execute(statement.execution_options(yield_per=1000)) as rows:
            for row in rows:
                yield Hold(**row._asdict())


def _holds(site: str | None) -> sa.Select[t.Any]:
    statement = sa.select(*HoldRow.__table__.columns)
    return statement if site is None else statement.where(HoldRow.site == site)
