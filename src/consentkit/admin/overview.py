"""The overview: how readers decide, and what changed before they decided otherwise."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import io
import typing as t
import urllib.parse

import flask

from ..consent.decisions import Action
from ..errors import NotFound
from ..i18n.catalog import N_
from ..i18n.catalog import Catalog
from ..i18n.locales import own_name
from ..notice.basis import purpose_name
from ..operations.overview import BREAKDOWNS
from ..operations.overview import LEAST
from ..operations.overview import ByAction
from ..operations.overview import Overview
from ..operations.overview import Share
from ..operations.overview import overview
from ..operations.overview import suppressed
from ..runtime import current_runtime
from . import words as names
from .audit import site_name
from .periods import LENGTHS
from .periods import Question
from .periods import parse_question
from .rendering import current_words
from .rendering import render
from .rights import configured_sites
from .roles import Right

# In the order of the charts: the first is what a site hopes for, the others are told with the same weight.
_ACTIONS = (Action.ACCEPT_ALL, Action.REJECT_ALL, Action.SAVE, Action.WITHDRAW, Action.GPC)

_TITLES = {
    "granted": N_("By purpose that was granted"),
    "locale": N_("By language"),
    "country": N_("By country"),
    "regime": N_("By rule set"),
    "layout": N_("By layout"),
    "notice_version": N_("By notice"),
    "method": N_("By way of deciding"),
    "device_class": N_("By device"),
    "gpc": N_("By Global Privacy Control"),
}
_CHANGED = {
    "notice_version": N_("another notice"),
    "config_version": N_("another configuration"),
    "policy_versions": N_("another policy"),
    "revision": N_("readers are asked again"),
}
# Beyond them, values are too rare to say anything.
_MOST = 12


@dataclasses.dataclass(frozen=True, slots=True)
class Cells:
    """A line of a table. ``None`` is a number that is not told.

    :param counts: by action, in the order of the columns. :param total: of all of them.
    :param url: the records behind it.
    """

    label: str
    counts: list[int | None]
    total: int | None
    day: dt.date | None = None
    notes: tuple[str, ...] = ()
    shown: int | None = None

    def share(self, column: int) -> float | None:
        """Return the share of an action, where both numbers are told."""
        count = self.counts[column]
        return None if count is None or not self.total else count / self.total


@dataclasses.dataclass(frozen=True, slots=True)
class Headline:
    """The share of one action, now and before.

    :param change: in points of a hundred; ``None`` where one of the two cannot be told.
    :param sure: whether the two intervals do not touch: chance alone hardly explains it.
    """

    action: Action
    count: int | None
    share: Share | None
    before: Share | None

    @property
    def change(self) -> float | None:
        """How many points it is more than before."""
        if self.share is None or self.before is None:
            return None
        return (self.share.share - self.before.share) * 100

    @property
    def sure(self) -> bool:
        """Whether chance alone hardly explains the difference: the intervals do not touch."""
        now, before = self.share, self.before
        return now is not None and before is not None and (now.low > before.high or now.high < before.low)


def index() -> flask.Response:
    """Answer ``GET admin/``: the figures of a site's days."""
    asked = _question()
    seen = _look(asked)
    words = current_words()
    compared = asked.versions and _compared(seen, asked.versions)
    return render(
        "overview.html",
        status=400 if asked.errors else 200,
        asked=asked,
        seen=seen,
        scope=site_name(asked.site, words),
        sites=[(site, site_name(site, words)) for site in _sites()],
        lengths=LENGTHS,
        least=LEAST,
        actions=_ACTIONS,
        headlines=_headlines(seen.totals, seen.before),
        days=_days(seen, words),
        groups=[
            (name, words.gettext(_TITLES[name]), cells)
            for name in BREAKDOWNS
            # One value alone says what the headline says.
            if len(cells := _lines(seen, name, asked.site, words)) > (name != "granted")
        ],
        versions=[(version, sum(counts.values())) for version, counts in seen.groups["notice_version"].items()],
        compared=compared,
        download=_download,
        percent=_percent,
    )


def overview_csv() -> flask.Response:
    """Answer ``GET admin/overview.csv``: the numbers of one chart, with nothing in them that the page does not tell.

    :raises NotFound: there is no such chart.
    """
    asked = _question(Right.EXPORT)
    if asked.errors:
        return index()
    chart = flask.request.args.get("chart", "days")
    words = current_words()
    seen = _look(asked)
    if chart == "days":
        lines, heads = _days(seen, words), ["day"]
    elif chart in _TITLES:
        lines, heads = _lines(seen, chart, asked.site, words), [chart]
    else:
        raise NotFound("There is no such chart.")
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    shown = ["notices_shown"] if chart == "days" else []
    writer.writerow([*heads, *(action.value for action in _ACTIONS), "decisions", *shown])
    for line in lines:
        label = line.day.isoformat() if line.day is not None else _plain(line.label)
        counted = ["" if line.shown is None else str(line.shown)] if shown else []
        writer.writerow([label, *map(_cell, line.counts), _cell(line.total), *counted])
    response = flask.make_response(out.getvalue())
    response.content_type = "text/csv; charset=utf-8"
    name = f"overview-{chart}-{asked.site}-{asked.period.since}-{asked.period.until}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _cell(number: int | None) -> str:
    return f"<{LEAST}" if number is None else str(number)


def _plain(label: str) -> str:
    # A spreadsheet must not take a name for a formula.
    return f"'{label}" if label[:1] in {"=", "+", "-", "@", "\t", "\r"} else label


def _sites(right: Right = Right.READ) -> list[str]:
    return list(configured_sites(right))


def _question(right: Right = Right.READ) -> Question:
    sites = _sites(right)
    if not sites:
        raise NotFound("There is no site of which this account may see anything.")
    return parse_question(flask.request.args, sites=sites, today=current_runtime().clock.now().date())


def _look(asked: Question) -> Overview:
    with current_runtime().database.unit_of_work(read_only=True) as uow:
        return overview(uow, asked.site, asked.period, sample=None if asked.samples else False)


def _headlines(now: ByAction, before: ByAction) -> list[Headline]:
    total, earlier = sum(now.values()), sum(before.values())
    told = suppressed([[now.get(action, 0) for action in _ACTIONS]])[0]
    told_before = suppressed([[before.get(action, 0) for action in _ACTIONS]])[0]
    return [
        Headline(
            action=action,
            count=count,
            share=None if count is None else Share.of(count, total),
            before=None if past is None else Share.of(past, earlier),
        )
        for action, count, past in zip(_ACTIONS, told, told_before, strict=True)
    ]


def _table(counts: list[ByAction]) -> list[list[int | None]]:
    """Return rows of counts and their sums, without what must not be told."""
    rows = [[one.get(action, 0) for action in _ACTIONS] for one in counts]
    return suppressed([[*row, sum(row)] for row in rows])


def _days(seen: Overview, words: Catalog) -> list[Cells]:
    notes: dict[dt.date, list[str]] = {}
    for change in seen.changes:
        notes.setdefault(change.day, []).append(words.gettext(_CHANGED[change.kind]))
    told = _table(list(seen.by_day.values()))
    return [
        Cells(
            label=words.format_date(day, "medium"),
            day=day,
            counts=row[:-1],
            total=row[-1],
            notes=tuple(notes.get(day, ())),
            shown=seen.shown.get(day),
        )
        for day, row in zip(seen.by_day, told, strict=True)
    ]


def _lines(seen: Overview, dimension: str, site: str, words: Catalog) -> list[Cells]:
    groups = dict(list(seen.groups[dimension].items())[:_MOST])
    told = _table(list(groups.values()))
    return [
        Cells(label=_label(dimension, value, site, words), counts=row[:-1], total=row[-1])
        for value, row in zip(groups, told, strict=True)
    ]


def _label(dimension: str, value: str, site: str, words: Catalog) -> str:
    """Return a value in words."""
    texts: dict[str, t.Any] = {
        "regime": names.REGIMES,
        "layout": names.LAYOUTS,
        "method": {method.value: text for method, text in names.METHODS.items()},
        "device_class": names.DEVICES,
        "gpc": {"true": N_("The browser signals it"), "false": N_("The browser does not signal it")},
    }
    if dimension == "locale":
        return own_name(value)
    if dimension == "country":
        return words.territory_name(value) if value else words.gettext(N_("Not known"))
    if dimension == "granted":
        snapshot = current_runtime().sites[site]
        configured = {purpose.id: purpose.name for purpose in snapshot.site.purposes}
        return purpose_name(value, configured.get(value, {}), words, snapshot.site.locales)
    known = texts.get(dimension, {})
    return words.gettext(known[value]) if value in known else value


def _compared(seen: Overview, versions: tuple[str, str]) -> tuple[str, str, list[Headline]] | None:
    """Return the second notice against the first; ``None`` where one of them was not decided about in these days."""
    one, other = (seen.groups["notice_version"].get(version) for version in versions)
    return None if one is None or other is None else (*versions, _headlines(other, one))


def _download(asked: Question, chart: str) -> str:
    query = {"chart": chart, "site": asked.site, "since": asked.period.since, "until": asked.period.until}
    if not asked.samples:
        query["samples"] = "no"
    return f"{flask.url_for('.overview_csv')}?{urllib.parse.urlencode(query)}"


def _percent(value: float | None) -> str:
    return "" if value is None else current_words().format_percent(value)
