"""How often notices were shown: counts by day, nothing about anybody."""

from __future__ import annotations

import dataclasses
import datetime as dt

import sqlalchemy as sa
from sqlalchemy import orm

from ..consent.decisions import Layer
from .base import Base
from .base import EnumValue
from .base import Text
from .upserts import insert


class ImpressionRow(Base):
    """The table of counts."""

    __tablename__ = "consentkit_impressions"

    site: orm.Mapped[str] = orm.mapped_column(Text, primary_key=True, comment="The site's id.")
    day: orm.Mapped[dt.date] = orm.mapped_column(sa.Date, primary_key=True, comment="The day, in UTC.")
    notice_version: orm.Mapped[str] = orm.mapped_column(
        Text, primary_key=True, comment="What was shown: consentkit_notices.version."
    )
    layer: orm.Mapped[Layer] = orm.mapped_column(EnumValue(Layer), primary_key=True, comment="Which layer was shown.")
    count: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, comment="How often.")

    __table_args__ = ({"comment": "How often notices were shown. Aggregates only: no identifier, no record."},)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How often one layer of one notice was shown on one day."""

    site: str
    day: dt.date
    notice_version: str
    layer: Layer
    count: int


class Impressions:
    """The counts, as one unit of work sees them."""

    def __init__(self, session: orm.Session) -> None:
        self._session = session

    def add(self, site: str, day: dt.date, notice_version: str, layer: str, count: int) -> None:
        """Add *count* to what was counted before."""
        statement = insert(self._session, ImpressionRow).values(
            site=site, day=day, notice_version=notice_version, layer=layer, count=count
        )
        self._session.execute(
            statement.on_conflict_do_update(
                index_elements=[
                    ImpressionRow.site,
                    ImpressionRow.day,
                    ImpressionRow.notice_version,
                    ImpressionRow.layer,
                ],
                set_={"count": ImpressionRow.count + statement.excluded["count"]},
            )
        )

    def totals(self, site: str, since: dt.date, until: dt.date) -> list[Shown]:
        """Return the counts from the day *since* to the day before *until*, by day, notice and layer."""
        rows = self._session.scalars(
            sa.select(ImpressionRow)
            .where(ImpressionRow.site == site, ImpressionRow.day >= since, ImpressionRow.day < until)
            .order_by(ImpressionRow.day, ImpressionRow.notice_version, ImpressionRow.layer)
        )
        return [
            Shown(site=row.site, day=row.day, notice_version=row.notice_version, layer=row.layer, count=row.count)
            for row in rows
        ]
