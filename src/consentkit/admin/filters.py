"""The filter of the list of records, as it stands in the URL."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import datetime as dt
import re

from ..consent.decisions import Action
from ..consent.record_ids import is_record_id
from ..i18n.catalog import N_
from ..i18n.locales import canonical_tag
from ..storage.records import RecordFilter

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SITE = re.compile(r"[a-z][a-z0-9_-]{0,39}", re.ASCII)
# More than the longest value that makes sense: what is longer is shown cut.
_SHOWN = 80

#: The names of the fields, in the order of the form.
FIELDS = ("site", "since", "until", "action", "locale", "record")


@dataclasses.dataclass(frozen=True, slots=True)
class Filter:
    """What was asked for.

    :param which: what to look at; meaningless where there are *errors*.
    :param values: the fields as they were typed, for the form and for links; only those that say something.
    :param errors: by field, what is wrong with it: a message id.
    """

    which: RecordFilter
    values: cabc.Mapping[str, str]
    errors: cabc.Mapping[str, str]


def parse_filter(query: cabc.Mapping[str, str]) -> Filter:
    """Return the filter in *query*. Never raises, whatever it holds."""
    values = {name: value for name in FIELDS if (value := query.get(name, "").strip())}
    errors: dict[str, str] = {}
    site = values.get("site")
    if site is not None and _SITE.fullmatch(site) is None:
        site, errors["site"] = None, N_("There is no such site. Choose one from the list.")
    since = parse_day(values.get("since"))
    if "since" in values and since is None:
        errors["since"] = N_("This is not a date. Write it like 2026-11-27.")
    until = parse_day(values.get("until"))
    if "until" in values and until is None:
        errors["until"] = N_("This is not a date. Write it like 2026-11-27.")
    if since is not None and until is not None and since > until:
        errors["until"] = N_("The period ends before it begins. Change one of the two dates.")
    action = next((action for action in Action if action.value == values.get("action")), None)
    if "action" in values and action is None:
        errors["action"] = N_("There is no such decision. Choose one from the list.")
    locale = values.get("locale")
    if locale is not None and canonical_tag(locale) != locale:
        errors["locale"] = N_("There is no such language. Choose one from the list.")
    record = values["record"].lower() if "record" in values else None
    if record is not None and not is_record_id(record):
        errors["record"] = N_("This is not the id of a record. It has 36 characters, as in a record's own page.")
    return Filter(
        which=RecordFilter(
            site=site,
            since=since,
            until=_next_day(until),
            action=action,
            locale=locale,
            record_id=record,
        ),
        values={name: value if len(value) <= _SHOWN else value[:_SHOWN] + "…" for name, value in values.items()},
        errors=errors,
    )


def parse_day(text: str | None) -> dt.datetime | None:
    """Return the beginning of a day in UTC."""
    if text is None or _DATE.fullmatch(text) is None:
        return None
    try:
        return dt.datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=dt.UTC)
    except ValueError:
        return None


def _next_day(day: dt.datetime | None) -> dt.datetime | None:
    try:
        return None if day is None else day + dt.timedelta(days=1)
    except OverflowError:
        # The last day of the calendar: everything is before its end.
        return None
