"""The events of access: who did what in the audit view, and by commands."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import datetime as dt
import typing as t

import sqlalchemy as sa
from sqlalchemy import orm

from ..consent.record_ids import lowest_record_id
from ..ledger.events import ALL_SITES
from ..ledger.events import Event
from ..ledger.events import Result
from ..ledger.events import What
from ..ledger.events import content_of_event
from ..ledger.records import json_value
from .base import Base
from .base import Text
from .base import UtcDateTime
from .log_tree import LogLeafRow


class AccessEventRow(Base):
    """The table of events. Its columns are those of :class:`~consentkit.ledger.events.Event`."""

    __tablename__ = "consentkit_access_events"

    id: orm.Mapped[str] = orm.mapped_column(
        sa.Uuid(as_uuid=False), primary_key=True, comment="UUIDv7: its order is the order of time."
    )
    at: orm.Mapped[dt.datetime] = orm.mapped_column(UtcDateTime, comment="When.")
    account_id: orm.Mapped[str | None] = orm.mapped_column(
        sa.Uuid(as_uuid=False), comment="The account; null for a command, and for who has none."
    )
    actor: orm.Mapped[str] = orm.mapped_column(Text, comment="The account's address as it was then, or the command's.")
    what: orm.Mapped[str] = orm.mapped_column(Text, comment="What was done: a word of a closed list.")
    sites: orm.Mapped[str] = orm.mapped_column(Text, comment="The sites it reached, as JSON.")
    filter: orm.Mapped[str] = orm.mapped_column(Text, comment="What was asked for, as JSON; no id, no secret.")
    about: orm.Mapped[str | None] = orm.mapped_column(Text, comment="A keyed hash of what it was about.")
    result: orm.Mapped[str] = orm.mapped_column(Text, comment="done, refused or failed.")
    part_of: orm.Mapped[str | None] = orm.mapped_column(
        sa.Uuid(as_uuid=False), comment="The event of the download that this is the end of."
    )
    salt: orm.Mapped[bytes] = orm.mapped_column(sa.LargeBinary, comment="Hides what the log's entry commits to.")

    __table_args__ = ({"comment": "What people did in the audit view and by commands."},)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events.

    :param sites: only those that reached no other site than one of these; ``None`` for all. :param about: the keyed
        hash of what they are about. :param until: not included.
    """

    sites: cabc.Collection[str] | None = None
    site: str | None = None
    actor: str | None = None
    what: str | None = None
    result: str | None = None
    about: str | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None


class PlacedEvent(t.NamedTuple):
    """A place in the log of access and what its row holds; the last four ``None`` where there is no row."""

    place: int
    item_id: str
    event_id: str | None
    salt: bytes | None
    content: bytes | None
    at: str | None


class AccessEvents:
    """The events, as one unit of work sees them."""

    def __init__(self, session: orm.Session) -> None:
        self._session = session

    def add(self, event: Event) -> None:
        """Store an event."""
        self._session.execute(sa.insert(AccessEventRow).values(**dataclasses.asdict(event)))

    def get_all(self, ids: cabc.Collection[str]) -> list[Event]:
        """Return those of these events that are there."""
        if not ids:
            return []
        return self._events(_events().where(AccessEventRow.id.in_(ids)))

    def page(
        self, which: EventFilter, *, before: str | None = None, after: str | None = None, limit: int
    ) -> list[Event]:
        """Return events, newest first: those next before the id *before*, or next after *after*."""
        statement = _events().where(*_conditions(which))
        if after is not None:
            found = self._events(statement.where(AccessEventRow.id > after).order_by(AccessEventRow.id).limit(limit))
            return found[::-1]
        if before is not None:
            statement = statement.where(AccessEventRow.id < before)
        return self._events(statement.order_by(AccessEventRow.id.desc()).limit(limit))

    def placed(self, site: str, low: int, high: int) -> cabc.Iterator[PlacedEvent]:
        """Yield what has the places from *low* to before *high*, in order."""
        columns = (LogLeafRow.leaf_index, LogLeafRow.item_id, *AccessEventRow.__table__.columns)
        statement = sa.select(*columns).outerjoin(AccessEventRow, AccessEventRow.id == LogLeafRow.item_id)
        statement = statement.where(LogLeafRow.site == site, LogLeafRow.leaf_index >= low, LogLeafRow.leaf_index < high)
        names = list(AccessEventRow.__table__.columns.keys())
        for place, item_id, *values in self._session.execute(statement.order_by(LogLeafRow.leaf_index)):
            found = dict(zip(names, values, strict=True))
            if found["id"] is None:
                yield PlacedEvent(place, item_id, None, None, None, None)
                continue
            try:
                event = _event(found)
                yield PlacedEvent(
                    place, item_id, event.id, event.salt, content_of_event(event), str(json_value(event.at))
                )
            except (ValueError, TypeError):
                yield PlacedEvent(place, item_id, found["id"], found["salt"], None, None)

    def unlogged(self, site: str) -> list[str]:
        """Return the ids of events that have no place and do not wait for one."""
        from .log_queue import LogQueueRow  # noqa: PLC0415 - it imports this

        placed = sa.exists().where(LogLeafRow.item_id == AccessEventRow.id)
        queued = sa.exists().where(LogQueueRow.site == site, LogQueueRow.item_id == AccessEventRow.id)
        statement = sa.select(AccessEventRow.id).where(~placed, ~queued).order_by(AccessEventRow.id).limit(1000)
        return list(self._session.scalars(statement))

    def _events(self, statement: sa.Select[t.Any]) -> list[Event]:
        return [_event(row._asdict()) for row in self._session.execute(statement)]


def _event(values: dict[str, t.Any]) -> Event:
    return Event(**{**values, "what": What(values["what"]), "result": Result(values["result"])})


def _events() -> sa.Select[t.Any]:
    return sa.select(*AccessEventRow.__table__.columns)


def _conditions(which: EventFilter) -> list[sa.ColumnElement[bool]]:
    row = AccessEventRow
    found: list[sa.ColumnElement[bool]] = []
    if which.sites is not None:
        # An event that reached other sites as well tells of them.
        found.append(row.sites.in_([f'["{site}"]' for site in which.sites]))
    if which.site is not None:
        found.append(sa.or_(row.sites.contains(f'"{which.site}"', autoescape=True), row.sites == f'["{ALL_SITES}"]'))
    if which.actor is not None:
        found.append(row.actor == which.actor)
    if which.what is not None:
        found.append(row.what == which.what)
    if which.result is not None:
        found.append(row.result == which.result)
    if which.about is not None:
        found.append(row.about == which.about)
    if which.since is not None:
        found.extend((row.id >= lowest_record_id(which.since), row.at >= which.since))
    if which.until is not None:
        found.extend((row.id < lowest_record_id(which.until), row.at < which.until))
    return found
