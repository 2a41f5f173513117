"""The records of decisions, and the nonces by which a decision sent twice is recognised."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import datetime as dt
import functools
import typing as t

import sqlalchemy as sa
from sqlalchemy import orm

from ..consent.decisions import Action
from ..consent.decisions import Layer
from ..consent.decisions import Method
from ..consent.decisions import Record
from ..consent.record_ids import is_record_id
from ..consent.record_ids import lowest_record_id
from ..consent.record_ids import record_id_time
from .base import Base
from .base import CanonicalJson
from .base import EnumValue
from .base import Text
from .base import UtcDateTime
from .base import canonical_json
from .log_tree import LogLeafRow

#: How far a record's id may be from the time of its decision. Look-ups by time go by the id first, so a record beyond
#: this would not be found; it is refused instead.
ID_SLACK = dt.timedelta(days=1)


class RecordRow(Base):
    """The table of records. Its columns are those of :class:`~consentkit.consent.decisions.Record`.

    No foreign key points here and the key is ordered by time, so that the table can be partitioned by ranges of the
    id, that is by time, without a change to any other table.
    """

    __tablename__ = "consentkit_records"

    id: orm.Mapped[str] = orm.mapped_column(
        sa.Uuid(as_uuid=False), primary_key=True, comment="UUIDv7: its order is the order of time."
    )
    site: orm.Mapped[str] = orm.mapped_column(Text, comment="The site's id.")
    subject_id: orm.Mapped[str | None] = orm.mapped_column(
        Text, comment="The pseudonym of the reader's browser; null for who never agreed to anything."
    )
    previous_id: orm.Mapped[str | None] = orm.mapped_column(
        sa.Uuid(as_uuid=False), comment="The same subject's record before this one."
    )
    action: orm.Mapped[Action] = orm.mapped_column(EnumValue(Action), comment="What the reader or their signal did.")
    purposes: orm.Mapped[dict[str, bool]] = orm.mapped_column(
        CanonicalJson, comment="Every optional purpose: allowed or refused."
    )
    services: orm.Mapped[dict[str, bool]] = orm.mapped_column(
        CanonicalJson, comment="Every optional service: allowed or refused."
    )
    regime: orm.Mapped[str] = orm.mapped_column(Text, comment="The rule set that applied.")
    country: orm.Mapped[str | None] = orm.mapped_column(
        Text, comment="ISO 3166-1, two letters, as a trusted proxy told it."
    )
    locale: orm.Mapped[str] = orm.mapped_column(Text, comment="The language of the notice.")
    notice_version: orm.Mapped[str] = orm.mapped_column(
        Text, comment="What the reader saw: consentkit_notices.version."
    )
    revision: orm.Mapped[int] = orm.mapped_column(
        sa.Integer, comment="What the reader was asked about: consentkit_revisions.number."
    )
    config_version: orm.Mapped[str] = orm.mapped_column(
        Text, comment="The configuration in force: consentkit_configurations.version."
    )
    policy_versions: orm.Mapped[dict[str, str]] = orm.mapped_column(
        CanonicalJson, comment="Kind of policy to its version in the reader's language."
    )
    layout: orm.Mapped[str] = orm.mapped_column(Text, comment="How the first layer lay on the page.")
    layer: orm.Mapped[Layer | None] = orm.mapped_column(
        EnumValue(Layer), comment="Where it was decided: first or second layer, or the page of preferences."
    )
    method: orm.Mapped[Method] = orm.mapped_column(EnumValue(Method), comment="By which way the decision came in.")
    section: orm.Mapped[str | None] = orm.mapped_column(
        Text, comment="The first segment of the page's path, or all of it where the site asks for it."
    )
    user_agent_family: orm.Mapped[str] = orm.mapped_column(Text, comment="The browser's family, without version.")
    device_class: orm.Mapped[str] = orm.mapped_column(Text, comment="The class of device, e.g. mobile.")
    gpc: orm.Mapped[bool] = orm.mapped_column(sa.Boolean, comment="Whether the request carried Sec-GPC: 1.")
    tc_string: orm.Mapped[str | None] = orm.mapped_column(Text, comment="The TCF string that was made.")
    gvl_version: orm.Mapped[int | None] = orm.mapped_column(sa.Integer, comment="The vendor list it was made with.")
    gpp_string: orm.Mapped[str | None] = orm.mapped_column(Text, comment="The GPP string that was made.")
    decided_at: orm.Mapped[dt.datetime] = orm.mapped_column(UtcDateTime, comment="The server's time of the decision.")
    expires_at: orm.Mapped[dt.datetime] = orm.mapped_column(UtcDateTime, comment="When the reader is asked again.")
    sample: orm.Mapped[bool] = orm.mapped_column(sa.Boolean, comment="Made up for a demonstration; not in the log.")
    # Not used: places are in consentkit_log_leaves, for to update wide rows is slow. The release before reads it.
    leaf_index: orm.Mapped[int | None] = orm.mapped_column(
        sa.BigInteger, comment="The place in the site's log; null until integrated."
    )
    salt: orm.Mapped[bytes | None] = orm.mapped_column(
        sa.LargeBinary, comment="32 random bytes that keep the log's commitment from being guessed."
    )

    __table_args__ = (
        sa.Index(None, "site", "id"),
        # Most readers who refuse have no subject id: they need not be in this one.
        sa.Index(
            None,
            "site",
            "subject_id",
            "id",
            sqlite_where=sa.text("subject_id IS NOT NULL"),
            postgresql_where=sa.text("subject_id IS NOT NULL"),
        ),
        {"comment": "The evidence of decisions, one row each. Only erasure changes or removes a row."},
    )


class NonceRow(Base):
    """The table of nonces."""

    __tablename__ = "consentkit_nonces"

    site: orm.Mapped[str] = orm.mapped_column(Text, primary_key=True, comment="The site's id.")
    nonce: orm.Mapped[str] = orm.mapped_column(Text, primary_key=True, comment="What the sender chose at random.")
    body_hash: orm.Mapped[str] = orm.mapped_column(Text, comment="A hash of the decision as it was sent.")
    record_id: orm.Mapped[str] = orm.mapped_column(
        sa.Uuid(as_uuid=False), comment="The record that answered it; no foreign key, see consentkit_records."
    )
    created_at: orm.Mapped[dt.datetime] = orm.mapped_column(
        UtcDateTime, index=True, comment="When it was used: it counts for 48 hours."
    )

    __table_args__ = ({"comment": "Decisions that came lately, so that one sent twice is stored once."},)


#: What is stored of a record, in the order of the table.
COLUMNS = tuple(column for column in RecordRow.__table__.columns if column.name != "leaf_index")
# And what is read of it, as :func:`_record` takes it.
_READ = (*COLUMNS, LogLeafRow.leaf_index)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RecordFilter:
    """Which records to look at. What is ``None`` does not narrow."""

    site: str | None = None
    #: Only these sites, however many; none of them gives nothing.
    sites: cabc.Set[str] | None = None
    subject_id: str | None = None
    #: Decided at this moment or later.
    since: dt.datetime | None = None
    #: Decided before this moment.
    until: dt.datetime | None = None
    action: Action | None = None
    locale: str | None = None
    record_id: str | None = None
    #: A purpose that was granted, and one that was refused.
    granted: str | None = None
    refused: str | None = None
    #: Two letters, or the empty text for records of which it is not known.
    country: str | None = None
    regime: str | None = None
    method: Method | None = None
    layout: str | None = None
    notice_version: str | None = None
    #: The version of any of the policies.
    policy_version: str | None = None
    revision: int | None = None
    gpc: bool | None = None
    section: str | None = None
    sample: bool | None = None


class Stretch(t.NamedTuple):
    """Ids from *low* to before *high*, which is a stretch of time."""

    low: str
    high: str


class Records:
    """The records of decisions, as one unit of work sees them."""

    def __init__(self, session: orm.Session) -> None:
        self._session = session

    def get(self, record_id: str) -> Record | None:
        """Return the record of that id. What is no record id has none."""
        return next(iter(self.page(RecordFilter(record_id=record_id), limit=1)), None)

    def page(
        self,
        which: RecordFilter,
        *,
        before: str | None = None,
        after: str | None = None,
        limit: int = 50,
        stretches: cabc.Sequence[Stretch] | None = None,
    ) -> list[Record]:
        """Return some records, newest first, whatever is added meanwhile.

        :param before: only records older than the one of this id: for the next page.
        :param after: only records newer than the one of this id, the nearest ones: for the page before. What is no
            record id gives nothing, as it does for *before*.
        :param stretches: where to look, newest first (:mod:`.narrowing`); ``None`` for everywhere.
        """
        statement = _select(which)
        if before is not None:
            statement = statement.where(RecordRow.id < before if is_record_id(before) else sa.false())
        if after is not None:
            statement = statement.where(RecordRow.id > after if is_record_id(after) else sa.false())
        self._plan_anew()
        backwards = after is not None and before is None
        statement = statement.order_by(RecordRow.id.asc() if backwards else RecordRow.id.desc())
        found: list[Record] = []
        for part in _parts(stretches, backwards=backwards):
            rows = self._session.execute(statement.where(*part).limit(limit - len(found)))
            found += [_record(row) for row in rows]
            if len(found) >= limit:
                break
        return found[::-1] if backwards else found

    def place(self, which: RecordFilter, number: int) -> str | None:
        """Return the id of the record of that number, the newest being 0. It counts through all before it."""
        statement = sa.select(RecordRow.id).where(*_conditions(which)).order_by(RecordRow.id.desc())
        return self._session.scalar(statement.offset(number).limit(1))

    def oldest(self, site: str, *, limit: int) -> list[Record]:
        """Return the first records of a site, oldest first."""
        statement = _select(RecordFilter(site=site)).order_by(RecordRow.id.asc()).limit(limit)
        return [_record(row) for row in self._session.execute(statement)]

    def stream(self, which: RecordFilter, *, batch: int = 1000) -> cabc.Iterator[Record]:
        """Yield the records, oldest first, in memory that does not grow with their number.

        :param batch: how many rows are fetched at a time.
        """
        statement = _select(which).order_by(RecordRow.id.asc()).execution_options(yield_per=batch)
        with self._session.execute(statement) as rows:
            for row in rows:
                yield _record(row)

    def rows(
        self, which: RecordFilter, fields: cabc.Sequence[str], *, after: str | None, limit: int
    ) -> list[tuple[t.Any, ...]]:
        """Return the fields of some records, oldest first, as they are written in files.

        Ids and times are texts (RFC 9562, RFC 3339 to the microsecond), truths are ``true`` and ``false``, what has
        parts is its canonical JSON, and the rest is as it is: made by the database, which takes a fraction of the time
        that objects would.

        :param after: only records newer than the one of this id.
        """
        self._plan_anew()
        written = _written(self._session.get_bind().dialect.name)
        statement = sa.select(*(written[name] for name in fields)).select_from(RecordRow)
        statement = statement.outerjoin(LogLeafRow, LogLeafRow.item_id == RecordRow.id).where(*_conditions(which))
        if after is not None:
            statement = statement.where(RecordRow.id > after)
        found = self._session.connection().execute(statement.order_by(RecordRow.id.asc()).limit(limit))
        # As the driver has them: there is nothing left to convert.
        return t.cast("list[tuple[t.Any, ...]]", t.cast("t.Any", found.cursor).fetchall())

    def _plan_anew(self) -> None:
        # A plan that PostgreSQL keeps for all values at once takes a limit for a tenth of the table, and sorts millions
        # to give fifty. Nor is it worth workers. An index gives them in their order and can stop at the fiftieth; who
        # reads all of them to sort what fits cannot, and drives what others need out of memory.
        if self._session.get_bind().dialect.name == "postgresql":
            self._session.execute(_PLAN_ANEW)

    def get_all(self, ids: cabc.Collection[str]) -> list[Record]:
        """Return the records of these ids, in no order."""
        return [_record(row) for row in self._session.execute(_placed().where(RecordRow.id.in_(ids)))]

    def latest_of(self, site: str, subject_id: str) -> Record | None:
        """Return the newest record of a subject."""
        of_subject = (RecordRow.site == site, RecordRow.subject_id == subject_id)
        row = self._session.execute(_placed().where(*of_subject).order_by(RecordRow.id.desc()).limit(1)).first()
        return None if row is None else _record(row)

    def any(self, site: str | None = None) -> bool:
        """Whether there is a record at all, or one of that site."""
        statement = sa.select(sa.literal(1)).select_from(RecordRow).limit(1)
        if site is not None:
            statement = statement.where(RecordRow.site == site)
        return self._session.execute(statement).first() is not None

    def sites(self) -> list[str]:
        """Return the sites of which there are records, a look into the index for each."""
        found: list[str] = []
        statement = sa.select(sa.func.min(RecordRow.site))
        while (site := self._session.scalar(statement)) is not None:
            found.append(site)
            statement = sa.select(sa.func.min(RecordRow.site)).where(RecordRow.site > site)
        return found

    def add_samples(self, records: cabc.Sequence[Record]) -> None:
        """Insert records that were made up. Others come in by a recorder alone."""
        if not all(record.sample for record in records):
            raise ValueError("Only samples are added this way.")
        if records:
            self._session.execute(sa.insert(RecordRow), [values_of(record) for record in records])

    def put_salts(self, salts: cabc.Mapping[str, bytes]) -> None:
        """Give records from before the log their salts, by record id."""
        for record_id, salt in salts.items():
            self._session.execute(sa.update(RecordRow).where(RecordRow.id == record_id).values(salt=salt))

    def forget_nonces(self, before: dt.datetime, *, limit: int) -> int:
        """Remove at most *limit* of the nonces that were used before a moment, and return how many they were."""
        keys = sa.tuple_(NonceRow.site, NonceRow.nonce)
        oldest = sa.select(NonceRow.site, NonceRow.nonce).where(NonceRow.created_at < before)
        done = self._session.execute(sa.delete(NonceRow).where(keys.in_(oldest.limit(limit))))
        return t.cast("sa.CursorResult[t.Any]", done).rowcount


def values_of(record: Record) -> dict[str, object]:
    """Return the row of *record*."""
    if abs(record_id_time(record.id) - record.decided_at) > ID_SLACK:
        raise ValueError("A record's id must hold the time of its decision.")
    return {column.name: getattr(record, column.name) for column in COLUMNS}


@functools.cache
def _written(dialect: str) -> dict[str, sa.ColumnElement[t.Any]]:
    """Return the columns as texts where the databases have types of their own for them."""
    columns: dict[str, sa.ColumnElement[t.Any]] = {}
    for column in t.cast("tuple[sa.Column[t.Any], ...]", _READ):
        name, kind = column.key, column.type
        plain: sa.ColumnElement[t.Any] = sa.type_coerce(column, sa.Text)
        if isinstance(kind, UtcDateTime):
            plain = (
                sa.func.to_char(sa.func.timezone("UTC", column), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
                if dialect == "postgresql"
                else sa.func.replace(plain, " ", "T").concat("Z")
            )
        elif isinstance(kind, sa.Uuid):
            if dialect == "postgresql":
                plain = sa.cast(column, sa.Text)
            else:
                ends = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
                parts = [sa.func.substr(plain, start, length) for start, length in ends]
                plain = functools.reduce(lambda text, part: text.concat("-").concat(part), parts)
        elif isinstance(kind, sa.Boolean):
            plain = sa.case((column, "true"), else_="false")
        elif not isinstance(kind, (CanonicalJson, EnumValue, Text)):
            plain = t.cast("sa.ColumnElement[t.Any]", column)
        columns[name] = sa.type_coerce(plain, sa.Text).label(name) if plain is not column else plain
    return columns


def _select(which: RecordFilter) -> sa.Select[t.Any]:
    return _placed().where(*_conditions(which))


def _placed() -> sa.Select[t.Any]:
    return sa.select(*_READ).outerjoin(LogLeafRow, LogLeafRow.item_id == RecordRow.id)


def _conditions(which: RecordFilter) -> cabc.Iterator[sa.ColumnElement[bool]]:
    yield from _within(which)
    if which.sites is not None:
        yield RecordRow.site.in_(sorted(which.sites))
    for name in _EQUAL:
        if (value := getattr(which, name)) is not None:
            yield getattr(RecordRow, name) == value
    if which.country is not None:
        yield RecordRow.country == which.country if which.country else RecordRow.country.is_(None)
    if which.record_id is not None:
        yield RecordRow.id == which.record_id if is_record_id(which.record_id) else sa.false()
    # Canonical JSON has one spelling of each member.
    for purpose, answer in ((which.granted, "true"), (which.refused, "false")):
        if purpose is not None:
            yield _holds(RecordRow.purposes, f"{canonical_json(purpose)}:{answer}")
    if which.policy_version is not None:
        yield _holds(RecordRow.policy_versions, f":{canonical_json(which.policy_version)}")


def _within(which: RecordFilter) -> cabc.Iterator[sa.ColumnElement[bool]]:
    # The bounds by id let the database begin at the right place of an index; those by time are exact.
    if which.since is not None:
        since = _utc(which.since)
        yield RecordRow.id >= lowest_record_id(_shifted(since, -ID_SLACK))
        yield RecordRow.decided_at >= since
    if which.until is not None:
        until = _utc(which.until)
        yield RecordRow.id < lowest_record_id(_shifted(until, ID_SLACK))
        yield RecordRow.decided_at < until


_PLAN_ANEW = sa.text(
    "SELECT set_config('plan_cache_mode', 'force_custom_plan', true), "
    "set_config('max_parallel_workers_per_gather', '0', true), "
    "set_config('enable_seqscan', 'off', true)"
)
_EQUAL = (
    "site",
    "subject_id",
    "action",
    "locale",
    "regime",
    "method",
    "layout",
    "notice_version",
    "revision",
    "gpc",
    "section",
    "sample",
)


def _holds(column: orm.InstrumentedAttribute[t.Any], text: str) -> sa.ColumnElement[bool]:
    return sa.type_coerce(column, Text).contains(text, autoescape=True)


def _parts(
    stretches: cabc.Sequence[Stretch] | None, *, backwards: bool
) -> cabc.Iterator[tuple[sa.ColumnElement[bool], ...]]:
    if stretches is None:
        yield ()
        return
    for low, high in reversed(stretches) if backwards else stretches:
        yield RecordRow.id >= low, RecordRow.id < high


def _utc(at: dt.datetime) -> dt.datetime:
    try:
        return at.astimezone(dt.UTC)
    except OverflowError:
        # The first or last hours that a calendar has, somewhere else on earth.
        return at.replace(tzinfo=dt.UTC)


def _shifted(at: dt.datetime, by: dt.timedelta) -> dt.datetime:
    try:
        return at + by
    except OverflowError:
        return at


def _record(row: sa.Row[t.Any]) -> Record:
    return Record(**row._asdict())
