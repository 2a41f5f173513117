"""Records that are held back from erasure for a legal claim (GDPR Art. 17(3)(e))."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy import orm

from .base import Base
from .base import Text
from .base import UtcDateTime


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


class Holds:
    """The holds, as one unit of work sees them."""

    def __init__(self, session: orm.Session) -> None:
        self._session = session
