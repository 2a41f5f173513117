"""Decisions counted by day: what the overview reads, so that it never reads the records."""

from __future__ import annotations

import collections
import collections.abc as cabc
import dataclasses
import datetime as dt
import json
import typing as t

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import sqlite

from ..consent.decisions import Action
from ..consent.record_ids import lowest_record_id
from .base import Base
from .base import EnumValue
from .base import Text
from .log_tree import LogHeadRow
from .log_tree import LogLeafRow
from .records import ID_SLACK
from .records import RecordRow
from .upserts import packed

#: The dimension of all decisions; its one value is the empty text.
TOTAL = ""
#: The dimension of the purposes that were granted: a decision counts once for each of them.
GRANTED = "granted"

# Columns of the records, each a dimension of its own name. What is absent is counted as the empty text. Purposes and
# policy versions are counted as the canonical JSON that is stored, so that a filter can name all of its spellings.
_COLUMNS = (
    "locale",
    "country",
    "regime",
    "layout",
    "notice_version",
    "config_version",
    "policy_versions",
    "purposes",
    "method",
    "device_class",
    "gpc",
    "revision",
)
#: By what decisions are counted. Each by itself: all of them crossed would be as many rows as there are records.
DIMENSIONS = (TOTAL, *_COLUMNS, GRANTED)

_DAY = dt.timedelta(days=1)


class Key(t.NamedTuple):
    """What a count is of, within a site."""

    dimension: str
    day: dt.date
    value: str
    action: Action
    sample: bool


Counts = cabc.Mapping[Key, int]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """How many decisions there were.

    :param day: of one day in UTC, ``None`` for those of all days that were asked for. :param value: of the dimension
        that was asked for.
    """

    day: dt.date | None = None
    value: str
    action: Action
    count: int


class RollupRow(Base):
    """The table of counts. The key's order is that of reading: one dimension of one site, some days."""

    __tablename__ = "consentkit_rollups"

    site: orm.Mapped[str] = orm.mapped_column(Text, primary_key=True, comment="The site's id.")
    dimension: orm.Mapped[str] = orm.mapped_column(
        Text, primary_key=True, comment="By what it is counted, such as locale; empty for all decisions."
    )
    day: orm.Mapped[dt.date] = orm.mapped_column(sa.Date, primary_key=True, comment="The day, in UTC.")
    value: orm.Mapped[str] = orm.mapped_column(
        Text, primary_key=True, comment="The dimension's value; empty where a record has none."
    )
    action: orm.Mapped[Action] = orm.mapped_column(EnumValue(Action), primary_key=True, comment="What was decided.")
    sample: orm.Mapped[bool] = orm.mapped_column(
        sa.Boolean, primary_key=True, comment="Whether these are records made up for a demonstration."
    )
    count: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, comment="How many decisions.")

    __table_args__ = (
        {"comment": "Decisions by day, as the log's writer counted them. Aggregates only: no identifier, no record."},
    )


_ADD = sa.text(
    "INSERT INTO consentkit_rollups (site, dimension, day, value, action, sample, count) "
    "SELECT :site, dimension, day, value, action, sample, count FROM unnest(CAST(:dimensions AS text[]), "
    "CAST(:days AS date[]), CAST(:values AS text[]), CAST(:actions AS text[]), CAST(:samples AS boolean[]), "
    "CAST(:counts AS bigint[])) AS added (dimension, day, value, action, sample, count) "
    "ON CONFLICT (site, dimension, day, value, action, sample) "
    "DO UPDATE SET count = consentkit_rollups.count + excluded.count"
)
_OF_IDS = {
    "sqlite": sa.text("consentkit_records.id IN (SELECT value FROM json_each(:ids))"),
    "postgresql": sa.text("consentkit_records.id = ANY (CAST(:ids AS uuid[]))"),
}


class Rollups:
    """The counts, as one unit of work sees them."""

    def __init__(self, session: orm.Session) -> None:
        self._session = session

    @property
    def _dialect(self) -> str:
        return self._session.get_bind().dialect.name

    def tally(self, ids: cabc.Collection[str]) -> Counts:
        """Count the records of these ids: nothing is stored."""
        statement = self._grouped().where(_OF_IDS[self._dialect])
        return _counts(self._session.execute(statement, {"ids": packed(self._session, ids)}))

    def add(self, site: str, counts: Counts) -> None:
        """Add to what was counted before."""
        if not counts:
            return
        # In one order, so that of two at once neither waits for the other in a circle.
        rows = sorted(counts.items())
        if self._dialect == "postgresql":
            values: dict[str, object] = {
                "site": site,
                "dimensions": [key.dimension for key, _ in rows],
                "days": [key.day for key, _ in rows],
                "values": [key.value for key, _ in rows],
                "actions": [key.action.value for key, _ in rows],
                "samples": [key.sample for key, _ in rows],
                "counts": [count for _, count in rows],
            }
            self._session.execute(_ADD, values)
            return
        statement = sqlite.insert(RollupRow)
        statement = statement.on_conflict_do_update(
            index_elements=list(sa.inspect(RollupRow).primary_key),
            set_={"count": RollupRow.count + statement.excluded["count"]},
        )
        self._session.execute(statement, [{"site": site, **key._asdict(), "count": count} for key, count in rows])

    def by_day(
        self, site: str, dimension: str, *, since: dt.date, until: dt.date, sample: bool | None = None
    ) -> list[Decided]:
        """Return the counts of each day from *since* to the day before *until*.

        :param sample: made-up records alone, or real ones alone; ``None`` for both together.
        """
        return self._sums(RollupRow.day, RollupRow.value, site=site, dimension=dimension, days=(since, until, sample))

    def totals(
        self, site: str, dimension: str, *, since: dt.date, until: dt.date, sample: bool | None = None
    ) -> list[Decided]:
        """Return the same, of all these days together."""
        return self._sums(RollupRow.value, site=site, dimension=dimension, days=(since, until, sample))

    def values(self, sites: cabc.Collection[str] | None, dimension: str) -> list[str]:
        """Return what there is of a dimension, in any order: of these sites, or of all."""
        statement = sa.select(RollupRow.value).distinct().where(RollupRow.dimension == dimension)
        if sites is not None:
            statement = statement.where(RollupRow.site.in_(sorted(sites)))
        return list(self._session.scalars(statement))

    def first_days(self, site: str, dimension: str, *, since: dt.date, until: dt.date) -> list[tuple[dt.date, str]]:
        """Return the values that were seen for the first time on one of these days, with that day."""
        first = sa.func.min(RollupRow.day).label("first")
        statement = (
            sa.select(first, RollupRow.value)
            .where(RollupRow.site == site, RollupRow.dimension == dimension)
            .group_by(RollupRow.value)
            .having(first >= since, first < until)
        )
        return [(row.first, row.value) for row in self._session.execute(statement.order_by(first, RollupRow.value))]

    def span(self, site: str) -> tuple[dt.date, dt.date] | None:
        """Return the first and the last day of which there are counts; ``None`` where there are none."""
        statement = sa.select(sa.func.min(RollupRow.day), sa.func.max(RollupRow.day))
        found = self._session.execute(statement.where(RollupRow.site == site, RollupRow.dimension == TOTAL)).all()
        return next(((first, last) for first, last in t.cast("list[t.Any]", found) if first is not None), None)

    def recount(self, site: str, day: dt.date, *, lessen: bool = False) -> bool:
        """Count a day's records anew: those with a place in the log, and samples.

        Nothing is integrated meanwhile: the head of the log is held until the unit of work ends.

        :param lessen: even where that makes fewer decisions of it. Else such a day stays as it is: what was counted
            has been erased since, and a count tells nothing of anybody.
        :returns: whether the day has been counted anew.
        """
        held = sa.select(LogHeadRow.site).where(LogHeadRow.site == site).with_for_update()
        self._session.execute(held).all()
        begin = dt.datetime.combine(day, dt.time(), dt.UTC)
        placed = sa.exists().where(LogLeafRow.item_id == RecordRow.id)
        statement = self._grouped().where(
            RecordRow.site == site,
            RecordRow.id >= lowest_record_id(begin - ID_SLACK),
            RecordRow.id < lowest_record_id(begin + _DAY + ID_SLACK),
            RecordRow.decided_at >= begin,
            RecordRow.decided_at < begin + _DAY,
            sa.or_(RecordRow.sample, placed),
        )
        counts = _counts(self._session.execute(statement))
        of_day = (RollupRow.site == site, RollupRow.day == day)
        kept = self._session.scalar(
            sa.select(sa.func.sum(RollupRow.count)).where(*of_day, RollupRow.dimension == TOTAL)
        )
        if not lessen and sum(count for key, count in counts.items() if key.dimension == TOTAL) < (kept or 0):
            return False
        self._session.execute(sa.delete(RollupRow).where(*of_day))
        self.add(site, counts)
        return True

    def _sums(
        self,
        *by: sa.orm.InstrumentedAttribute[t.Any],
        site: str,
        dimension: str,
        days: tuple[dt.date, dt.date, bool | None],
    ) -> list[Decided]:
        since, until, sample = days
        statement = (
            sa.select(*by, RollupRow.action, sa.cast(sa.func.sum(RollupRow.count), sa.BigInteger).label("count"))
            .where(RollupRow.site == site, RollupRow.dimension == dimension)
            .where(RollupRow.day >= since, RollupRow.day < until)
            .group_by(*by, RollupRow.action)
            .order_by(*by, RollupRow.action)
        )
        if sample is not None:
            statement = statement.where(RollupRow.sample.is_(sample))
        return [Decided(**row._asdict()) for row in self._session.execute(statement)]

    def _grouped(self) -> sa.Select[t.Any]:
        if self._dialect == "postgresql":
            day: sa.ColumnElement[t.Any] = sa.cast(sa.func.timezone("UTC", RecordRow.decided_at), sa.Date)
        else:
            day = sa.type_coerce(sa.func.substr(sa.type_coerce(RecordRow.decided_at, sa.Text), 1, 10), sa.Text)
        # As text: of a thousand equal ones one is parsed.
        columns = [
            sa.type_coerce(getattr(RecordRow, name), sa.Text) if name in _JSON else getattr(RecordRow, name)
            for name in _COLUMNS
        ]
        by = (day, RecordRow.action, RecordRow.sample, *columns)
        return sa.select(sa.func.count(), *by).group_by(*by)


_JSON = frozenset({"purposes", "policy_versions"})


def _counts(rows: cabc.Iterable[t.Any]) -> Counts:
    counts: collections.Counter[Key] = collections.Counter()
    for count, at, action, sample, *values in rows:
        day = dt.date.fromisoformat(at) if isinstance(at, str) else at
        counts[Key(TOTAL, day, "", action, sample)] += count
        for dimension, value in zip(_COLUMNS, values, strict=True):
            counts[Key(dimension, day, _text(value), action, sample)] += count
        for purpose, granted in json.loads(values[_PURPOSES]).items():
            if granted:
                counts[Key(GRANTED, day, purpose, action, sample)] += count
    return counts


_PURPOSES = _COLUMNS.index("purposes")


def _text(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
