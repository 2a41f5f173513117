"""How readers decide: the figures of some days, from the daily counts alone."""

from __future__ import annotations

import collections
import collections.abc as cabc
import dataclasses
import datetime as dt
import math
import typing as t

from ..consent.decisions import Action
from ..consent.decisions import Layer
from ..storage.rollups import TOTAL

if t.TYPE_CHECKING:
    from ..storage.impressions import Shown
    from ..storage.rollups import Decided
    from ..storage.unit_of_work import UnitOfWork

#: What is counted less often than this is not told: it could be about somebody.
LEAST = 10

#: By what decisions are broken down, in the order of the page. Versions of policies come as the changes they are.
BREAKDOWNS = (
    "granted",
    "locale",
    "country",
    "regime",
    "layout",
    "notice_version",
    "method",
    "device_class",
    "gpc",
)

# The two-sided 95 % of the normal distribution.
_Z = 1.959963984540054
_DAY = dt.timedelta(days=1)

ByAction = cabc.Mapping[Action, int]


@dataclasses.dataclass(frozen=True, slots=True)
class Period:
    """Some days in UTC.

    :param until: the last one, itself included.
    """

    since: dt.date
    until: dt.date

    @property
    def end(self) -> dt.date:
        """The day after the last."""
        return self.until + _DAY

    @property
    def days(self) -> int:
        """How many they are."""
        return (self.until - self.since).days + 1

    @property
    def before(self) -> Period:
        """As many days that end before these begin."""
        return Period(self.since - dt.timedelta(days=self.days), self.since - _DAY)

    def __iter__(self) -> cabc.Iterator[dt.date]:
        """Yield each day."""
        return (self.since + dt.timedelta(days=number) for number in range(self.days))


@dataclasses.dataclass(frozen=True, slots=True)
class Share:
    """A part of decisions, with what chance alone allows: the Wilson score interval of 95 % (Wilson, 1927)."""

    share: float
    low: float
    high: float

    @classmethod
    def of(cls, count: int, total: int) -> Share | None:
        """Return the share of *count* in *total*; ``None`` of nothing."""
        if not total:
            return None
        share = count / total
        square = _Z * _Z / total
        middle = (share + square / 2) / (1 + square)
        reach = _Z / (1 + square) * math.sqrt(share * (1 - share) / total + square / total / 4)
        return cls(share, max(0.0, middle - reach), min(1.0, middle + reach))


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """Something that readers decided about for the first time on a day.

    :param kind: the dimension: ``notice_version``, ``config_version``, ``policy_versions`` or ``revision``.
    """

    day: dt.date
    kind: str
    values: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Overview:
    """What the overview shows.

    :param by_day: each day's decisions. :param totals: of all days together. :param before: of as many days before.
    :param groups: by dimension and value. :param shown: how often notices were shown, which is not how many readers
        saw them.
    :param samples: how many of the decisions are made up.
    """

    period: Period
    by_day: cabc.Mapping[dt.date, ByAction]
    totals: ByAction
    before: ByAction
    groups: cabc.Mapping[str, cabc.Mapping[str, ByAction]]
    changes: cabc.Sequence[Change]
    shown: cabc.Mapping[dt.date, int]
    samples: int

    @property
    def decisions(self) -> int:
        """How many there were."""
        return sum(self.totals.values())


_CHANGES = ("notice_version", "config_version", "policy_versions", "revision")


def overview(uow: UnitOfWork, site: str, period: Period, *, sample: bool | None = None) -> Overview:
    """Return the figures of a site's days. It reads the counts, never the records.

    :param sample: made-up records alone, or real ones alone; ``None`` for both.
    """
    rollups = uow.rollups
    since, until = period.since, period.end

    def totals(dimension: str, *, sample: bool | None = sample) -> list[Decided]:
        return rollups.totals(site, dimension, since=since, until=until, sample=sample)

    by_day: dict[dt.date, collections.Counter[Action]] = {day: collections.Counter() for day in period}
    for one in rollups.by_day(site, TOTAL, since=since, until=until, sample=sample):
        by_day[t.cast("dt.date", one.day)][one.action] += one.count
    before = period.before
    earlier = rollups.totals(site, TOTAL, since=before.since, until=before.end, sample=sample)
    span = rollups.span(site)
    changes = [
        Change(day, kind, tuple(values))
        for kind in _CHANGES
        for day, values in _by_day(rollups.first_days(site, kind, since=since, until=until)).items()
        # What was there from the beginning did not change.
        if span is None or day > span[0]
    ]
    shown: collections.Counter[dt.date] = collections.Counter()
    for counted in _first_layer(uow.impressions.totals(site, period.since, period.end)):
        shown[counted.day] += counted.count
    samples = 0 if sample is False else sum(one.count for one in totals(TOTAL, sample=True))
    return Overview(
        period=period,
        by_day=by_day,
        totals=_by_action([count for counts in by_day.values() for count in counts.items()]),
        before=_by_action([(one.action, one.count) for one in earlier]),
        groups={name: _grouped(totals(name)) for name in BREAKDOWNS},
        changes=sorted(changes, key=lambda change: (change.day, change.kind)),
        shown=shown,
        samples=samples,
    )


def suppressed(table: cabc.Sequence[cabc.Sequence[int]], *, least: int = LEAST) -> list[list[int | None]]:
    """Return *table* with ``None`` for what must not be told.

    That is each number below *least*, and so many others that none of these can be worked out from a row's or a
    column's sum: where a row or a column would hide one number alone, its next smallest goes too.
    """
    hidden = [[number < least for number in row] for row in table]
    lines = [[(i, j) for j in range(len(row))] for i, row in enumerate(table)]
    lines += [list(line) for line in zip(*lines, strict=True)] if lines else []
    changed = True
    while changed:
        changed = False
        for line in lines:
            alone = [(i, j) for i, j in line if hidden[i][j]]
            if len(alone) != 1 or len(line) == 1 or table[alone[0][0]][alone[0][1]] == 0:
                continue
            i, j = min((place for place in line if not hidden[place[0]][place[1]]), key=lambda at: table[at[0]][at[1]])
            hidden[i][j] = changed = True
    return [
        [None if gone else number for number, gone in zip(row, flags, strict=True)]
        for row, flags in zip(table, hidden, strict=True)
    ]


def _by_action(counts: cabc.Iterable[tuple[Action, int]]) -> ByAction:
    sums: collections.Counter[Action] = collections.Counter()
    for action, count in counts:
        sums[action] += count
    return sums


def _grouped(counts: cabc.Iterable[Decided]) -> dict[str, ByAction]:
    groups: dict[str, collections.Counter[Action]] = {}
    for one in counts:
        groups.setdefault(one.value, collections.Counter())[one.action] += one.count
    return dict(sorted(groups.items(), key=lambda item: (-sum(item[1].values()), item[0])))


def _by_day(found: cabc.Iterable[tuple[dt.date, str]]) -> dict[dt.date, list[str]]:
    days: dict[dt.date, list[str]] = {}
    for day, value in found:
        days.setdefault(day, []).append(value)
    return days


def _first_layer(counts: cabc.Iterable[Shown]) -> cabc.Iterator[Shown]:
    # Who opens the second layer has seen the first.
    return (one for one in counts if one.layer is Layer.FIRST)
