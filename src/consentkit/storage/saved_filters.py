"""The filters that people keep in the audit view, each their own."""

from __future__ import annotations

import dataclasses
import datetime as dt

import sqlalchemy as sa
from sqlalchemy import orm

from .accounts import AccountRow
from .base import Base
from .base import Text
from .base import UtcDateTime
from .upserts import insert

#: How many an account may have.
MOST = 50


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SavedFilter:
    """A filter of the list of records under a name of its owner's.

    :param query: as it stands in an address, without the question mark.
    """

    name: str
    query: str


class SavedFilterRow(Base):
    """The table of saved filters."""

    __tablename__ = "consentkit_saved_filters"

    account_id: orm.Mapped[str] = orm.mapped_column(
        sa.Uuid(as_uuid=False),
        sa.ForeignKey(AccountRow.id, ondelete="CASCADE"),
        primary_key=True,
        comment="Whose it is.",
    )
    name: orm.Mapped[str] = orm.mapped_column(Text, primary_key=True, comment="What its owner calls it.")
    query: orm.Mapped[str] = orm.mapped_column(Text, comment="The filter, as it stands in an address.")
    saved_at: orm.Mapped[dt.datetime] = orm.mapped_column(UtcDateTime, comment="When it was saved last.")

    __table_args__ = ({"comment": "Filters that the audit view's users keep. No subject and no secret is in them."},)


class SavedFilters:
    """The saved filters, as one unit of work sees them."""

    def __init__(self, session: orm.Session) -> None:
        self._session = session

    def of(self, account_id: str) -> list[SavedFilter]:
        """Return an account's, by name."""
        rows = self._session.scalars(
            sa.select(SavedFilterRow).where(SavedFilterRow.account_id == account_id).order_by(SavedFilterRow.name)
        )
        return [SavedFilter(name=row.name, query=row.query) for row in rows]

    def save(self, account_id: str, saved: SavedFilter, *, at: dt.datetime) -> bool:
        """Keep a filter, in the place of the one of that name. Return ``False`` where there are too many already."""
        others = sa.select(sa.func.count()).where(
            SavedFilterRow.account_id == account_id, SavedFilterRow.name != saved.name
        )
        if (self._session.scalar(others) or 0) >= MOST:
            return False
        statement = insert(self._session, SavedFilterRow).values(
            account_id=account_id, name=saved.name, query=saved.query, saved_at=at
        )
        self._session.execute(
            statement.on_conflict_do_update(
                index_elements=[SavedFilterRow.account_id, SavedFilterRow.name],
                set_={"query": statement.excluded.query, "saved_at": statement.excluded.saved_at},
            )
        )
        return True

    def forget(self, account_id: str, name: str) -> None:
        """Remove one, if it is there."""
        self._session.execute(
            sa.delete(SavedFilterRow).where(SavedFilterRow.account_id == account_id, SavedFilterRow.name == name)
        )
