"""The question that the overview answers, as it stands in the URL: which site, which days, against what."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import datetime as dt

from ..i18n.catalog import N_
from ..operations.overview import Period
from .filters import parse_day

#: The lengths of period that are offered, in days.
LENGTHS = (7, 28, 90, 365)
_DEFAULT = 28
_EARLIEST = dt.date(2000, 1, 1)
# Two years: a comparison reads as many days again.
_LONGEST = 731

#: The names of the fields.
FIELDS = ("site", "days", "since", "until", "samples", "one", "other")

_NOT_A_DATE = N_("This is not a date. Write it like 2026-11-27.")


@dataclasses.dataclass(frozen=True, slots=True)
class Question:
    """What was asked for.

    :param site: a configured site's id. :param days: the length that was chosen, ``None`` for days of one's own.
    :param samples: whether made-up records count. :param versions: two notices to compare, by version.
    :param errors: by field, what is wrong with it: a message id.
    """

    site: str
    period: Period
    days: int | None
    samples: bool
    versions: tuple[str, str] | None
    errors: cabc.Mapping[str, str]


def parse_question(query: cabc.Mapping[str, str], *, sites: cabc.Sequence[str], today: dt.date) -> Question:
    """Return the question in *query*. Never raises, whatever it holds; what it leaves out is the last four weeks.

    :param sites: those that the account may look at, at least one.
    """
    errors: dict[str, str] = {}
    site = query.get("site", "") or sites[0]
    if site not in sites:
        site, errors["site"] = sites[0], N_("There is no such site. Choose one from the list.")
    days: int | None = next((length for length in LENGTHS if str(length) == query.get("days")), None)
    last = Period(today - dt.timedelta(days=(days or _DEFAULT) - 1), today)
    period = last
    if query.get("since") or query.get("until"):
        since, until = (_day(query.get(name), errors, name) for name in ("since", "until"))
        days = None
        if not errors:
            until = min(until or today, today)
            since = since or until - dt.timedelta(days=_DEFAULT - 1)
            period = Period(since, until)
            if since > until:
                errors["until"] = N_("The period ends before it begins. Change one of the two dates.")
            elif period.days > _LONGEST:
                errors["since"] = N_("This is more than two years. Choose a shorter period.")
    elif days is None:
        days = _DEFAULT
    one, other = (query.get(name, "")[:80] for name in ("one", "other"))
    return Question(
        site=site,
        period=last if errors else period,
        days=days,
        samples=query.get("samples") != "no",
        versions=(one, other) if one and other else None,
        errors=errors,
    )


def _day(text: str | None, errors: dict[str, str], name: str) -> dt.date | None:
    if not text or not text.strip():
        return None
    found = parse_day(text.strip())
    if found is None or found.date() < _EARLIEST:
        errors[name] = _NOT_A_DATE
        return None
    return found.date()
