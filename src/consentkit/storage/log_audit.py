"""What verification reads: the records at their places as the rows hold them, and what stands outside of the log."""

from __future__ import annotations

import collections.abc as cabc
import datetime as dt
import functools
import json
import typing as t
from json.encoder import encode_basestring

import sqlalchemy as sa
from sqlalchemy import orm

from ..ledger.entries import EntryType
from ..ledger.records import fields_of
from .base import canonical_json
from .log_checkpoints import LogStatementRow
from .log_checkpoints import StoredStatement
from .log_queue import LogQueueRow
from .log_tree import LogHeadRow
from .log_tree import LogLeafRow
from .records import RecordRow
from .records import Records

# In the order of canonical JSON, but for the two below.
_PLAIN = (
    "action",
    "config_version",
    "country",
    "device_class",
    "gpc",
    "gpp_string",
    "gvl_version",
    "layer",
    "layout",
    "locale",
    "method",
    "notice_version",
    "policy_versions",
    "purposes",
    "regime",
    "revision",
    "sample",
    "section",
    "services",
    "site",
    "subject_id",
    "tc_string",
    "user_agent_family",
)
_SITE = _PLAIN.index("site")
_TIMES = ("decided_at", "expires_at")
_IDS = ("id", "previous_id")
_BOOLEANS = {0: "false", 1: "true"}
_SECOND = 19
_MICROSECOND = 26
_HEXADECIMAL = 32


class PlacedRow(t.NamedTuple):
    """A place in the log and what its row holds.

    :param item_id: what has the place. :param record_id: the record's, or ``None`` where no record has it.
    :param content: the canonical bytes, put together from the row as it is; ``None`` where it is of another form, and
        is to be read by :meth:`LogAudit.fields`. :param decided_at: ISO 8601 with microseconds and ``Z``.
    """

    place: int
    item_id: str
    record_id: str | None
    site: str | None
    salt: bytes | None
    content: bytes | None
    decided_at: str | None


class PlacedStatement(t.NamedTuple):
    """A statement and its place; ``None`` where it has none."""

    place: int | None
    statement: StoredStatement
    #: Whether it waits for its place.
    queued: bool


class Waiting(t.NamedTuple):
    """Something in the queue. :param decided_at: ``None`` where there is no such record."""

    item_id: str
    kind: int
    decided_at: dt.datetime | None


class LogAudit:
    """What verification asks, as one unit of work sees it."""

    def __init__(self, session: orm.Session) -> None:
        self._session = session
        self._records = Records(session)

    def rows(self, site: str, low: int, high: int) -> cabc.Iterator[PlacedRow]:
        """Yield what has the places from *low* to before *high*, in order."""
        sqlite = self._session.get_bind().dialect.name == "sqlite"
        found = self._session.execute(_ROWS[sqlite], {"site": site, "low": low, "high": high})
        read = _from_sqlite if sqlite else _from_postgresql
        for row in found.yield_per(2048):
            yield read(tuple(row))

    def fields(self, record_id: str) -> dict[str, object] | None:
        """Return a record as its export has it; ``None`` where the row is of no record's form, or not there."""
        try:
            return next((fields_of(record) for record in self._records.get_all([record_id])), None)
        except (ValueError, LookupError, TypeError, AttributeError):
            return None

    def statements(self, site: str, low: int, high: int) -> list[PlacedStatement]:
        """Return the statements at the places from *low* to before *high*."""
        within = (LogLeafRow.leaf_index >= low, LogLeafRow.leaf_index < high)
        return self._statements(site, LogLeafRow.site == site, *within)

    def statements_outside(self, site: str, size: int) -> list[PlacedStatement]:
        """Return the statements without a place below *size*: they wait, or have one beyond, or were put there."""
        return self._statements(site, sa.or_(LogLeafRow.leaf_index.is_(None), LogLeafRow.leaf_index >= size))

    def statements_on_keys(self, site: str) -> list[StoredStatement]:
        """Return the statements by which keys took over and logs went on, oldest first."""
        kinds = LogStatementRow.kind.in_((EntryType.ROTATION, EntryType.CONTINUATION))
        statement = sa.select(*LogStatementRow.__table__.columns).where(LogStatementRow.site == site, kinds)
        return [StoredStatement(**row._asdict()) for row in self._session.execute(statement.order_by("id"))]

    def hold_still(self) -> None:
        """See all of the database as it is now, until the end of this unit of work. To be asked first."""
        if self._session.get_bind().dialect.name != "sqlite":
            self._session.connection(execution_options={"isolation_level": "REPEATABLE READ"})

    def nth_after(self, site: str, last: str | None, count: int) -> str | None:
        """Return the id of the record that is *count* records after *last*, or ``None`` at the end."""
        statement = sa.select(RecordRow.id).where(RecordRow.site == site)
        if last is not None:
            statement = statement.where(RecordRow.id > last)
        return self._session.scalar(statement.order_by(RecordRow.id).offset(count - 1).limit(1))

    def unlogged(self, site: str, *, after: str | None, until: str | None) -> list[str]:
        """Return the ids of records that have no place and do not wait for one, those between two ids."""
        placed = sa.select(LogLeafRow.item_id).where(LogLeafRow.item_id == RecordRow.id)
        queued = sa.select(LogQueueRow.item_id).where(LogQueueRow.site == site, LogQueueRow.item_id == RecordRow.id)
        statement = sa.select(RecordRow.id).where(RecordRow.site == site, sa.not_(RecordRow.sample))
        statement = statement.where(~placed.exists(), ~queued.exists())
        if after is not None:
            statement = statement.where(RecordRow.id > after)
        if until is not None:
            statement = statement.where(RecordRow.id <= until)
        return list(self._session.scalars(statement.order_by(RecordRow.id)))

    def beyond(self, site: str, *, limit: int) -> list[tuple[int, str]]:
        """Return the places, and what has them, that are beyond the end of the log as it is now."""
        ends = sa.select(sa.func.max(LogHeadRow.size)).where(LogHeadRow.site == site).scalar_subquery()
        statement = sa.select(LogLeafRow.leaf_index, LogLeafRow.item_id)
        statement = statement.where(LogLeafRow.site == site, LogLeafRow.leaf_index >= sa.func.coalesce(ends, 0))
        found = self._session.execute(statement.order_by(LogLeafRow.leaf_index).limit(limit))
        return [(row.leaf_index, row.item_id) for row in found]

    def waiting(self, site: str) -> cabc.Iterator[Waiting]:
        """Yield what waits for its place, oldest first."""
        statement = sa.select(LogQueueRow.item_id, LogQueueRow.kind, RecordRow.decided_at)
        statement = statement.outerjoin(RecordRow, RecordRow.id == LogQueueRow.item_id)
        statement = statement.where(LogQueueRow.site == site).order_by(LogQueueRow.item_id)
        for row in self._session.execute(statement.execution_options(yield_per=1000)):
            yield Waiting(*row)

    def waits_with_a_place(self, site: str, *, limit: int) -> list[str]:
        """Return the ids of what waits for a place and has one already."""
        statement = sa.select(LogQueueRow.item_id).join(LogLeafRow, LogLeafRow.item_id == LogQueueRow.item_id)
        return list(self._session.scalars(statement.where(LogQueueRow.site == site).limit(limit)))

    def stands_at(self, site: str, index: int) -> str | None:
        """Return the id of the record at a place, if it is there now."""
        statement = sa.select(RecordRow.id).join(LogLeafRow, LogLeafRow.item_id == RecordRow.id)
        return self._session.scalar(statement.where(LogLeafRow.site == site, LogLeafRow.leaf_index == index))

    def _statements(self, site: str, *which: sa.ColumnElement[bool]) -> list[PlacedStatement]:
        columns = (*LogStatementRow.__table__.columns, LogLeafRow.leaf_index, LogQueueRow.item_id)
        statement = sa.select(*columns).outerjoin(LogLeafRow, LogLeafRow.item_id == LogStatementRow.id)
        queued = sa.and_(LogQueueRow.site == site, LogQueueRow.item_id == LogStatementRow.id)
        statement = statement.outerjoin(LogQueueRow, queued).where(LogStatementRow.site == site, *which)
        found = self._session.execute(statement.order_by(LogStatementRow.id))
        return [PlacedStatement(index, StoredStatement(**_named(row)), item is not None) for *row, index, item in found]


def _named(row: cabc.Sequence[t.Any]) -> dict[str, t.Any]:
    return dict(zip(LogStatementRow.__table__.columns.keys(), row, strict=True))


def _select(*, sqlite: bool) -> sa.TextClause:
    if sqlite:
        ids, times = [f"r.{name}" for name in _IDS], [f"r.{name}" for name in _TIMES]
        item = "l.item_id"
    else:
        # The server prints them in less time than the driver makes objects.
        form = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'.replace(":", r"\:")
        ids = [f"CAST(r.{name} AS text)" for name in _IDS]
        times = [f"to_char(r.{name} AT TIME ZONE 'UTC', '{form}')" for name in _TIMES]
        item = "CAST(l.item_id AS text)"
    columns = ", ".join(["l.leaf_index", item, "r.salt", *ids, *times, *(f"r.{name}" for name in _PLAIN)])
    return sa.text(
        f"SELECT {columns} FROM consentkit_log_leaves AS l "  # noqa: S608 - names of ours
        "LEFT JOIN consentkit_records AS r ON r.id = l.item_id "
        "WHERE l.site = :site AND l.leaf_index >= :low AND l.leaf_index < :high ORDER BY l.leaf_index"
    )


_ROWS = {True: _select(sqlite=True), False: _select(sqlite=False)}


def _from_postgresql(row: tuple[t.Any, ...]) -> PlacedRow:
    index, item_id, salt, record_id, previous_id, decided_at, expires_at, *rest = row
    content = None
    if record_id is not None:
        try:
            content = _content(record_id, previous_id, decided_at, expires_at, *rest)
        except (TypeError, ValueError, KeyError):
            content = None
    return PlacedRow(index, item_id, record_id, rest[_SITE], salt, content, decided_at)


def _from_sqlite(row: tuple[t.Any, ...]) -> PlacedRow:
    index, item_id, salt, record_id, previous_id, decided_at, expires_at, *rest = row
    try:
        item_id = _uuid(item_id)
        if record_id is None:
            return PlacedRow(index, item_id, None, None, None, None, None)
        record_id = _uuid(record_id)
        decided_at = _time(decided_at)
        previous_id = None if previous_id is None else _uuid(previous_id)
        content = _content(record_id, previous_id, decided_at, _time(expires_at), *rest)
    except (TypeError, ValueError, KeyError, IndexError):
        content = None
    salt = salt if isinstance(salt, bytes) else None
    return PlacedRow(index, str(item_id), record_id, rest[_SITE], salt, content, decided_at)


def _uuid(text: str) -> str:
    # As it is kept where there is no type for it.
    if len(text) != _HEXADECIMAL or not text.isalnum():
        raise ValueError
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _time(text: str) -> str:
    if len(text) != _MICROSECOND or text[10] != " " or text[_SECOND] != ".":
        raise ValueError
    return f"{text[:10]}T{text[11:]}Z"


@functools.lru_cache(maxsize=4096)
def _json(text: str) -> str:
    """Return the text of a column that holds canonical JSON, and only then: else more than one column could be in it.

    :raises ValueError: it is not.
    """
    if canonical_json(json.loads(text)) != text:
        raise ValueError
    return text


def _text(name: str, value: str | None) -> str:
    return "" if value is None else f'"{name}":{encode_basestring(value)},'


def _number(name: str, value: object) -> str:
    if value is None:
        return ""
    if type(value) is not int:
        raise TypeError
    return f'"{name}":{value},'


def _content(  # noqa: PLR0917 - the columns
    record_id: str,
    previous_id: str | None,
    decided_at: str,
    expires_at: str,
    action: str,
    config_version: str,
    country: str | None,
    device_class: str,
    gpc: int,
    gpp_string: str | None,
    gvl_version: int | None,
    layer: str | None,
    layout: str,
    locale: str,
    method: str,
    notice_version: str,
    policy_versions: str,
    purposes: str,
    regime: str,
    revision: int,
    sample: int,
    section: str | None,
    services: str,
    site: str,
    subject_id: str | None,
    tc_string: str | None,
    user_agent_family: str,
) -> bytes:
    """Return what :func:`~consentkit.ledger.records.content_of` does, but quicker: most of it is there as text."""
    quote = encode_basestring
    return (
        f'{{"action":{quote(action)},"config_version":{quote(config_version)},{_text("country", country)}'
        f'"decided_at":"{decided_at}","device_class":{quote(device_class)},"expires_at":"{expires_at}",'
        f'"gpc":{_BOOLEANS[gpc]},{_text("gpp_string", gpp_string)}'
        f"{_number('gvl_version', gvl_version)}"
        f'"id":"{record_id}",{_text("layer", layer)}"layout":{quote(layout)},"locale":{quote(locale)},'
        f'"method":{quote(method)},"notice_version":{quote(notice_version)},'
        f'"policy_versions":{_json(policy_versions)},'
        f'{_text("previous_id", previous_id)}"purposes":{_json(purposes)},"regime":{quote(regime)},'
        f"{_number('revision', revision)}"
        f'"sample":{_BOOLEANS[sample]},{_text("section", section)}"services":{_json(services)},'
        f'"site":{quote(site)},{_text("subject_id", subject_id)}{_text("tc_string", tc_string)}'
        f'"user_agent_family":{quote(user_agent_family)}}}'
    ).encode()
