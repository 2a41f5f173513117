"""On which days to look for records: the daily counts know where there are none."""

from __future__ import annotations

import collections.abc as cabc
import datetime as dt
import json

import sqlalchemy as sa
from sqlalchemy import orm

from ..consent.record_ids import lowest_record_id
from ..consent.record_ids import record_id_time
from .log_queue import LogQueueRow
from .records import ID_SLACK
from .records import RecordFilter
from .records import Stretch
from .rollups import GRANTED
from .rollups import TOTAL
from .rollups import RollupRow

_DAY = dt.timedelta(days=1)
# Days so near to each other are looked through as one stretch: each is a query of its own.
_NEAR = dt.timedelta(days=4)

# Filters that are dimensions by another name, or by themselves.
_DIMENSIONS = ("locale", "country", "regime", "layout", "notice_version", "method", "gpc", "revision")


def stretches(session: orm.Session, which: RecordFilter) -> list[Stretch] | None:
    """Return where records that fit can be, newest first; ``None`` where nothing is known: everywhere.

    Counts outlive the records they are of, so a stretch may hold none. What is not counted yet, because it waits for
    its place in the log or is from before there were counts, is within one.
    """
    sites = [which.site] if which.site is not None else _sites(session) if which.sites is None else sorted(which.sites)
    asked = list(_asked(session, which, sites))
    if not asked and which.action is None and which.sample is None:
        return None
    first = session.scalar(
        sa.select(sa.func.min(RollupRow.day)).where(RollupRow.site.in_(sites), RollupRow.dimension == TOTAL)
    )
    if first is None:
        return None
    days: set[dt.date] | None = None
    for dimension, values in asked or [(TOTAL, [""])]:
        statement = sa.select(RollupRow.day).distinct()
        statement = statement.where(RollupRow.site.in_(sites), RollupRow.dimension == dimension)
        statement = statement.where(RollupRow.value.in_(values), RollupRow.count > 0)
        if which.action is not None:
            statement = statement.where(RollupRow.action == which.action)
        if which.sample is not None:
            statement = statement.where(RollupRow.sample.is_(which.sample))
        found = set(session.scalars(statement))
        days = found if days is None else days & found
    merged = _merged(days or set())
    open_from = _uncounted(session, sites)
    return _bounded(merged, first=first, open_from=open_from)


def _asked(session: orm.Session, which: RecordFilter, sites: list[str]) -> cabc.Iterator[tuple[str, list[str]]]:
    """Yield the dimensions that a filter names, each with the values that fit."""
    for name in _DIMENSIONS:
        value = getattr(which, name)
        if value is not None:
            yield name, [str(value).lower() if isinstance(value, bool) else str(getattr(value, "value", value))]
    if which.granted is not None and which.refused is None:
        yield GRANTED, [which.granted]
    elif which.granted is not None or which.refused is not None:
        answers = [(purpose, answer) for purpose, answer in ((which.granted, True), (which.refused, False)) if purpose]
        yield (
            "purposes",
            [
                text
                for text in _values(session, sites, "purposes")
                if all(json.loads(text).get(purpose) is answer for purpose, answer in answers)
            ],
        )
    if which.policy_version is not None:
        texts = _values(session, sites, "policy_versions")
        yield "policy_versions", [text for text in texts if which.policy_version in json.loads(text).values()]


def _values(session: orm.Session, sites: list[str], dimension: str) -> list[str]:
    statement = sa.select(RollupRow.value).distinct().where(RollupRow.dimension == dimension)
    return list(session.scalars(statement.where(RollupRow.site.in_(sites))))


def _sites(session: orm.Session) -> list[str]:
    return list(session.scalars(sa.select(RollupRow.site).distinct()))


def _uncounted(session: orm.Session, sites: list[str]) -> dt.date | None:
    """Return the day of the oldest record that waits for its place, and so is not counted."""
    oldest = [
        session.scalar(
            sa.select(LogQueueRow.item_id).where(LogQueueRow.site == site).order_by(LogQueueRow.item_id).limit(1)
        )
        for site in sites
    ]
    return min((record_id_time(item).date() for item in oldest if item is not None), default=None)


def _merged(days: cabc.Iterable[dt.date]) -> list[tuple[dt.date, dt.date]]:
    """Return stretches of days, oldest first: from the first to the last of each."""
    merged: list[tuple[dt.date, dt.date]] = []
    for day in sorted(days):
        if merged and day - merged[-1][1] <= _NEAR:
            merged[-1] = (merged[-1][0], day)
        else:
            merged.append((day, day))
    return merged


def _bounded(merged: list[tuple[dt.date, dt.date]], *, first: dt.date, open_from: dt.date | None) -> list[Stretch]:
    # What was there before the counts, and what is about to be counted.
    spans = [(_lowest(begin - ID_SLACK), _lowest(end + _DAY + ID_SLACK)) for begin, end in merged]
    spans.insert(0, (_BEGINNING, _lowest(first + ID_SLACK)))
    if open_from is not None:
        spans.append((_lowest(open_from - ID_SLACK), _END))
    joined: list[Stretch] = []
    for low, high in sorted(spans):
        if joined and low <= joined[-1].high:
            joined[-1] = Stretch(joined[-1].low, max(high, joined[-1].high))
        else:
            joined.append(Stretch(low, high))
    return joined[::-1]


_BEGINNING = "00000000-0000-7000-8000-000000000000"
_END = "ffffffff-ffff-7fff-bfff-ffffffffffff"


def _lowest(day: dt.date) -> str:
    return lowest_record_id(dt.datetime.combine(day, dt.time(), dt.UTC))
