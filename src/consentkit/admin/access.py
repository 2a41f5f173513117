"""Who did what in the audit view and by commands, for owners: the events of the log of access, newest first."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import datetime as dt
import json
import re
import typing as t
import urllib.parse

import flask

from ..consent.record_ids import is_record_id
from ..i18n.catalog import N_
from ..i18n.catalog import Catalog
from ..ledger.events import ACCESS_LOG
from ..ledger.events import ALL_SITES
from ..ledger.events import Event
from ..ledger.events import Result
from ..ledger.events import What
from ..ledger.events import site_list
from ..operations.log_health import log_health
from ..runtime import current_runtime
from ..storage.access import EventFilter
from . import words as names
from .access_events import keyed_hash
from .audit import site_name
from .rendering import current_words
from .rendering import render
from .rights import allowed_sites
from .rights import configured_sites
from .roles import Right

_PAGE = 50
_LONGEST = 254
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_FIELDS = ("site", "person", "what", "result", "since", "until", "record")
_BAD_DAY = N_("Enter a day such as 2026-11-24.")
_BAD_CHOICE = N_("Choose one from the list.")
_BAD_RECORD = N_("Enter a record's whole id.")


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """A line of the list.

    :param what: in words. :param sites: their names. :param asked: what was asked for: name and value.
    """

    event: Event
    what: str
    result: str
    sites: tuple[str, ...]
    asked: tuple[tuple[str, str], ...]


def access() -> flask.Response:
    """Answer ``GET admin/access``: the events that reached no other sites than the owner's own.

    A record's id finds what was done about that record, though no event holds it.
    """
    values = {name: flask.request.args.get(name, "").strip()[:_LONGEST] for name in _FIELDS}
    values = {name: value for name, value in values.items() if value}
    which, errors = _parsed(values)
    before, after = _place("before"), _place("after")
    shown: list[Event] = []
    newer = older = False
    runtime = current_runtime()
    with runtime.database.unit_of_work(read_only=True) as uow:
        begun = bool(uow.log_tree.heads(ACCESS_LOG))
        health = log_health(uow, ACCESS_LOG, clock=runtime.clock) if begun else None
        if not errors:
            found = uow.access.page(which, before=before, after=after, limit=_PAGE + 1)
            more = len(found) > _PAGE
            shown = found[-_PAGE:] if after is not None else found[:_PAGE]
            older = more if after is None else bool(shown)
            newer = more if after is not None else before is not None and bool(shown)
    words = current_words()
    query = urllib.parse.urlencode(values)
    return render(
        "access.html",
        status=400 if errors else 200,
        values=values,
        errors={name: words.gettext(error) for name, error in errors.items()},
        rows=[_row(event, words) for event in shown],
        choices={
            "site": [(name, site_name(name, words)) for name in configured_sites(Right.MANAGE_ACCOUNTS)],
            "what": [(what.value, words.gettext(names.EVENTS[what])) for what in What],
            "result": [(result.value, words.gettext(names.RESULTS[result])) for result in Result],
        },
        health=health,
        newer_url=_url(query, "after", shown[0].id) if newer else None,
        older_url=_url(query, "before", shown[-1].id) if older else None,
    )


def _parsed(values: cabc.Mapping[str, str]) -> tuple[EventFilter, dict[str, str]]:
    errors: dict[str, str] = {}
    days: dict[str, dt.datetime] = {}
    for name in ("since", "until"):
        if name in values:
            try:
                day = dt.date.fromisoformat(values[name]) if _DAY.fullmatch(values[name]) else None
                # The last day is included.
                days[name] = dt.datetime.combine(t.cast("dt.date", day), dt.time(), dt.UTC) + dt.timedelta(
                    days=name == "until"
                )
            except (ValueError, TypeError, OverflowError):
                errors[name] = _BAD_DAY
    for name, known in (("what", set(What)), ("result", set(Result))):
        if name in values and values[name] not in known:
            errors[name] = _BAD_CHOICE
    record = values.get("record", "").lower()
    if record and not is_record_id(record):
        errors["record"] = _BAD_RECORD
    allowed = allowed_sites(Right.MANAGE_ACCOUNTS)
    if "site" in values and (values["site"] not in configured_sites(Right.MANAGE_ACCOUNTS)):
        errors["site"] = _BAD_CHOICE
    which = EventFilter(
        sites=allowed,
        site=values.get("site"),
        actor=values.get("person"),
        what=values.get("what"),
        result=values.get("result"),
        about=keyed_hash(record) if record and "record" not in errors else None,
        since=days.get("since"),
        until=days.get("until"),
    )
    return which, errors


def _row(event: Event, words: Catalog) -> Row:
    sites = tuple(words.gettext(N_("All sites")) if one == ALL_SITES else one for one in site_list(event.sites))
    asked = t.cast("dict[str, object]", json.loads(event.filter))
    return Row(
        event=event,
        what=words.gettext(names.EVENTS[event.what]),
        result=words.gettext(names.RESULTS[event.result]),
        sites=sites,
        asked=tuple((name, str(value)) for name, value in asked.items()),
    )


def _place(name: str) -> str | None:
    value = flask.request.args.get(name, "").lower()
    return value if is_record_id(value) else None


def _url(query: str, name: str, id_: str) -> str:
    return f"{flask.url_for('.access')}?{query}{'&' if query else ''}{name}={id_}"
