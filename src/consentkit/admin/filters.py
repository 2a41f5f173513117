"""The filter of the list of records, as it stands in the URL. Nothing secret is ever in it."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import datetime as dt
import re
import typing as t

from ..consent.decisions import Action
from ..consent.decisions import Method
from ..consent.record_ids import is_record_id
from ..i18n.catalog import N_
from ..i18n.locales import canonical_tag
from ..storage.records import RecordFilter
from .words import LAYOUTS
from .words import REGIMES

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SITE = re.compile(r"[a-z][a-z0-9_-]{0,39}", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_VERSION = re.compile(r"[A-Za-z0-9_-]{16}", re.ASCII)
_REVISION = re.compile(r"\d{1,9}", re.ASCII)
_LONGEST_SECTION = 200
# More than the longest value that makes sense: what is longer is shown cut.
_SHOWN = 80

#: What stands for a country that is not known.
UNKNOWN = "none"

_NOT_A_DATE = N_("This is not a date. Write it like 2026-11-27.")
_NOT_A_RECORD = N_("This is not the id of a record. It has 36 characters, as in a record's own page.")
_NO_SITE = N_("There is no such site. Choose one from the list.")
_NOT_IN_LIST = N_("There is no such choice. Choose one from the list.")
_NOT_A_VERSION = N_("This is not a version. It has 16 characters, as in a record's own page.")


@dataclasses.dataclass(frozen=True, slots=True)
class Filter:
    """What was asked for.

    :param which: what to look at; meaningless where there are *errors*.
    :param values: the fields as they were typed, for the form and for links; only those that say something.
    :param errors: by field, what is wrong with it: a message id.
    :param reader: the id of a record: all of its reader are asked for. A subject's id stands in no address.
    """

    which: RecordFilter
    values: cabc.Mapping[str, str]
    errors: cabc.Mapping[str, str]
    reader: str | None = None


def parse_filter(query: cabc.Mapping[str, str]) -> Filter:
    """Return the filter in *query*. Never raises, whatever it holds."""
    values = {name: value for name in FIELDS if (value := query.get(name, "").strip())}
    errors: dict[str, str] = {}
    found: dict[str, t.Any] = {}
    for name, (read, wrong) in _FIELDS.items():
        if name in values:
            found[name] = read(values[name])
            if found[name] is None:
                errors[name] = wrong
    since, until = found.pop("since", None), found.pop("until", None)
    if since is not None and until is not None and since > until:
        errors["until"] = N_("The period ends before it begins. Change one of the two dates.")
    reader = found.pop("reader", None)
    return Filter(
        which=RecordFilter(
            since=since, until=_next_day(until), **{_COLUMNS.get(name, name): value for name, value in found.items()}
        ),
        values={name: value if len(value) <= _SHOWN else value[:_SHOWN] + "…" for name, value in values.items()},
        errors=errors,
        reader=reader,
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


def _like(pattern: re.Pattern[str]) -> cabc.Callable[[str], str | None]:
    return lambda text: text if pattern.fullmatch(text) else None


def _one_of(known: cabc.Collection[str]) -> cabc.Callable[[str], str | None]:
    return lambda text: text if text in known else None


def _member(members: cabc.Iterable[t.Any]) -> cabc.Callable[[str], t.Any]:
    known = {member.value: member for member in members}
    return known.get


def _locale(text: str) -> str | None:
    return text if canonical_tag(text) == text else None


def _record(text: str) -> str | None:
    return text.lower() if is_record_id(text.lower()) else None


def _country(text: str) -> str | None:
    if text == UNKNOWN:
        return ""
    return text if _COUNTRY.fullmatch(text) else None


def _revision(text: str) -> int | None:
    return int(text) if _REVISION.fullmatch(text) else None


def _section(text: str) -> str | None:
    return text if len(text) <= _LONGEST_SECTION and text.isprintable() else None


def _answer(text: str) -> bool | None:
    return {"yes": True, "no": False}.get(text)


# Each field, what reads it, and what is told of a text that it cannot be.
_FIELDS: dict[str, tuple[cabc.Callable[[str], t.Any], str]] = {
    "site": (_like(_SITE), _NO_SITE),
    "since": (parse_day, _NOT_A_DATE),
    "until": (parse_day, _NOT_A_DATE),
    "action": (_member(Action), N_("There is no such decision. Choose one from the list.")),
    "locale": (_locale, N_("There is no such language. Choose one from the list.")),
    "record": (_record, _NOT_A_RECORD),
    "granted": (_like(_SITE), _NOT_IN_LIST),
    "refused": (_like(_SITE), _NOT_IN_LIST),
    "country": (_country, _NOT_IN_LIST),
    "regime": (_one_of(REGIMES), _NOT_IN_LIST),
    "method": (_member(Method), _NOT_IN_LIST),
    "layout": (_one_of(LAYOUTS), _NOT_IN_LIST),
    "notice": (_like(_VERSION), _NOT_A_VERSION),
    "policy": (_like(_VERSION), _NOT_A_VERSION),
    "revision": (_revision, N_("This is not a revision. It is a whole number.")),
    "gpc": (_answer, _NOT_IN_LIST),
    "section": (_section, N_("This is too long for a section, or has signs that cannot be seen.")),
    "sample": (_answer, _NOT_IN_LIST),
    "reader": (_record, _NOT_A_RECORD),
}
# Where the field has a shorter name than the column.
_COLUMNS = {"record": "record_id", "notice": "notice_version", "policy": "policy_version"}

#: The names of the fields, in the order of the form.
FIELDS = tuple(_FIELDS)
