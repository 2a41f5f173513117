"""The records: the list of them, and one by itself."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import json
import typing as t
import urllib.parse

import flask

from ..consent.decisions import Record
from ..consent.model import localize
from ..consent.record_ids import is_record_id
from ..cookies.codec import RECEIPT_SALT
from ..errors import NotFound
from ..i18n.catalog import N_
from ..i18n.catalog import Catalog
from ..i18n.locales import own_name
from ..i18n.vocabulary import PURPOSE_NAMES
from ..notice.basis import purpose_name
from ..operations.export import Format
from ..operations.export import available
from ..operations.publish_site import SiteSnapshot
from ..runtime import current_runtime
from ..storage.records import RecordFilter
from . import words as names
from .evidence import basis_of
from .evidence import policies_of
from .filters import FIELDS
from .filters import UNKNOWN
from .filters import Filter
from .filters import parse_filter
from .proof import SHOWN
from .proof import decisions_of_reader
from .proof import place_of
from .rendering import current_session
from .rendering import current_words
from .rendering import render
from .rendering import short_id
from .rights import configured_sites
from .rights import may
from .rights import narrowed
from .rights import require_site
from .roles import Right

if t.TYPE_CHECKING:
    from ..storage.saved_filters import SavedFilter
    from ..storage.unit_of_work import UnitOfWork

_PAGE = 50


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """A line of the list.

    :param granted: the names of the purposes that were granted. :param site: the site's name.
    :param language: the name of the notice's language. :param device: the class of device in words.
    """

    record: Record
    granted: tuple[str, ...]
    site: str
    language: str
    device: str


@dataclasses.dataclass(frozen=True, slots=True)
class Page:
    """Some records in the order of the list, and whether there are others around them."""

    records: cabc.Sequence[Record]
    newer: bool
    older: bool


def records() -> flask.Response:
    """Answer ``GET admin/records``: newest first, filtered and paged by what stands in the URL."""
    asked = parse_filter(flask.request.args)
    before, after = _place("before"), _place("after")
    page = Page((), newer=False, older=False)
    session = current_session()
    with current_runtime().database.unit_of_work(read_only=True) as uow:
        seen = _seen(uow)
        saved = uow.saved_filters.of(session.account.id) if session is not None else []
        which = None if asked.errors else of_reader(uow, asked, Right.READ)
        if which is not None:
            page = _page(uow, which, before=before, after=after)
    return _show(asked, page, moved=before is not None or after is not None, seen=seen, saved=saved)


def record(record_id: str) -> flask.Response:
    """Answer ``GET admin/records/ID``: everything that is stored of one decision.

    :raises NotFound: there is no such record.
    """
    words = current_words()
    with current_runtime().database.unit_of_work(read_only=True) as uow:
        found = uow.records.get(record_id.lower())
        if found is None:
            raise NotFound("There is no such record.")
        require_site(found.site, Right.READ)
        basis = basis_of(uow, found)
        policies = policies_of(uow, found, basis)
        hold = uow.holds.get(found.site, found.id)
        previous = uow.records.get(found.previous_id) if found.previous_id is not None else None
        has_previous = previous is not None and may(previous.site, Right.READ)
        place = place_of(uow, found)
        decisions = decisions_of_reader(uow, found)
    return render(
        "record.html",
        record=found,
        can_erase=may(found.site, Right.ERASE),
        hold=hold,
        site_name=site_name(found.site, words),
        language=own_name(found.locale),
        purposes=basis.purposes(found, words),
        services=basis.services(found, words),
        policies=policies,
        notice=basis.notice,
        has_configuration=basis.configuration is not None,
        has_previous=has_previous,
        log_place=place,
        decisions=decisions[:SHOWN],
        has_more_decisions=len(decisions) > SHOWN,
        receipt_token=current_runtime().codec.sign_token(RECEIPT_SALT, found.id),
        worded=_worded,
    )


def refuse_filter(asked: Filter) -> flask.Response:
    """Answer that the filter cannot be used, beside the fields that are wrong."""
    return _show(asked, Page((), newer=False, older=False), moved=False)


def of_reader(uow: UnitOfWork, asked: Filter, right: Right) -> RecordFilter | None:
    """Return what to look for: what was asked, within the sites on which the account has that right.

    The record that stands for a reader is taken for its subject. ``None`` where nothing can fit.
    """
    which = narrowed(asked.which, right)
    if asked.reader is None:
        return which
    known = next(iter(uow.records.page(narrowed(RecordFilter(record_id=asked.reader), right), limit=1)), None)
    if known is None or known.subject_id is None or which.site not in {None, known.site}:
        return None
    return dataclasses.replace(which, site=known.site, subject_id=known.subject_id)


def site_name(site: str, words: Catalog) -> str:
    """Return what a site is called; its id if it is not configured any more."""
    snapshot = current_runtime().sites.get(site)
    return _name(snapshot, words) if snapshot is not None else site


def _page(uow: UnitOfWork, which: RecordFilter, *, before: str | None, after: str | None) -> Page:
    where = uow.where(which)
    # One more than is shown says whether there is another page, without counting.
    if after is not None:
        found = uow.records.page(which, after=after, limit=_PAGE + 1, stretches=where)
        if len(found) >= _PAGE:
            return Page(found[-_PAGE:], newer=len(found) > _PAGE, older=True)
        # Nearly at the top: a full first page rather than a short one.
        before = None
    found = uow.records.page(which, before=before, limit=_PAGE + 1, stretches=where)
    shown = found[:_PAGE]
    newer = (
        before is not None
        and bool(shown)
        and bool(uow.records.page(which, after=shown[0].id, limit=1, stretches=where))
    )
    return Page(shown, newer=newer, older=len(found) > _PAGE)


def _show(
    asked: Filter,
    page: Page,
    *,
    moved: bool,
    seen: cabc.Mapping[str, cabc.Sequence[str]] | None = None,
    saved: cabc.Sequence[SavedFilter] = (),
) -> flask.Response:
    words = current_words()
    sites = {name: _name(snapshot, words) for name, snapshot in configured_sites().items()}
    query = {name: asked.values[name] for name in FIELDS if name in asked.values}
    choices = {field: _options(known, asked, field) for field, known in _choices(sites, seen or {}, words).items()}
    shown = page.records
    return render(
        "records.html",
        status=400 if asked.errors else 200,
        scope=_scope(asked, sites, words),
        asked=asked,
        rows=[_row(record, words) for record in shown],
        sites=choices["site"],
        choices=choices,
        labels=_LABELS,
        chips=_chips(asked, choices, words),
        rare=[field for field in _RARE if field in asked.values],
        saved=saved,
        query=urllib.parse.urlencode(query),
        newer_url=_url(".records", {**query, "after": shown[0].id}) if page.newer else None,
        older_url=_url(".records", {**query, "before": shown[-1].id}) if page.older else None,
        newest_url=_url(".records", query) if moved and (page.newer or not shown) else None,
        exports=[
            (label, _url(endpoint, query))
            for form, label, endpoint in (
                (Format.CSV, "CSV", ".export"),
                (Format.JSONL, "JSON Lines", ".export_jsonl"),
                (Format.PARQUET, "Parquet", ".export_parquet"),
            )
            if available(form)
        ],
    )


_LABELS = {
    "site": N_("Site"),
    "since": N_("From"),
    "until": N_("To"),
    "action": N_("Decision"),
    "locale": N_("Language"),
    "record": N_("Record"),
    "granted": N_("Granted"),
    "refused": N_("Refused"),
    "country": N_("Country"),
    "regime": N_("Rules"),
    "method": N_("Came in by"),
    "layout": N_("Layout"),
    "notice": N_("Notice"),
    "policy": N_("Policy version"),
    "revision": N_("Revision"),
    "gpc": N_("Global Privacy Control"),
    "section": N_("Section"),
    "sample": N_("Sample"),
    "reader": N_("Reader"),
}
# What is asked for less often: folded away until it is.
_RARE = ("refused", "regime", "method", "layout", "notice", "policy", "revision", "gpc", "section", "sample")


def _seen(uow: UnitOfWork) -> dict[str, list[str]]:
    """Return what records hold of what can be chosen, from the daily counts: the records are too many to look at."""
    return {
        "country": sorted(uow.rollups.values(None, "country")),
        "notice": sorted(uow.rollups.values(None, "notice_version")),
        "revision": sorted(uow.rollups.values(None, "revision"), key=lambda text: text.zfill(9)),
        "policy": sorted(
            {v for text in uow.rollups.values(None, "policy_versions") for v in json.loads(text).values()}
        ),
    }


def _choices(
    sites: cabc.Mapping[str, str], seen: cabc.Mapping[str, cabc.Sequence[str]], words: Catalog
) -> dict[str, cabc.Mapping[str, str]]:
    """Return what can be chosen of each field, in words."""
    snapshots = configured_sites().values()
    purposes = {
        purpose.id: purpose_name(purpose.id, purpose.name, words, snapshot.site.locales)
        for snapshot in snapshots
        for purpose in snapshot.site.purposes
        if purpose.id != "necessary"
    }
    tags = dict.fromkeys(tag for snapshot in snapshots for tag in snapshot.site.locales)
    countries = {
        code or UNKNOWN: words.territory_name(code) if code else words.gettext(N_("Not known"))
        for code in seen.get("country", ())
    }
    answers = {"yes": words.gettext(N_("yes")), "no": words.gettext(N_("no"))}

    def worded(texts: cabc.Mapping[t.Any, str]) -> dict[str, str]:
        return {getattr(value, "value", value): words.gettext(text) for value, text in texts.items()}

    return {
        "site": sites,
        "action": worded(names.ACTIONS),
        "locale": {tag: own_name(tag) for tag in tags},
        "granted": purposes,
        "refused": purposes,
        "country": dict(sorted(countries.items(), key=lambda item: item[1])),
        "regime": worded(names.REGIMES),
        "method": worded(names.METHODS),
        "layout": worded(names.LAYOUTS),
        "notice": {version: short_id(version) for version in seen.get("notice", ())},
        "policy": {version: short_id(version) for version in seen.get("policy", ())},
        "revision": {number: number for number in seen.get("revision", ())},
        "gpc": answers,
        "sample": answers,
    }


def _chips(
    asked: Filter, choices: cabc.Mapping[str, list[tuple[str, str]]], words: Catalog
) -> list[tuple[str, str, str]]:
    """Return each part of the filter in words, and the address of the list without it."""
    chips = []
    for field, value in asked.values.items():
        without = {name: text for name, text in asked.values.items() if name != field}
        text = dict(choices.get(field, ())).get(value, short_id(value) if field in {"record", "reader"} else value)
        chips.append((words.gettext(_LABELS[field]), text, _url(".records", without)))
    return chips


def _url(endpoint: str, query: cabc.Mapping[str, str]) -> str:
    path = flask.url_for(endpoint)
    return f"{path}?{urllib.parse.urlencode(query)}" if query else path


def _options(known: cabc.Mapping[str, str], asked: Filter, field: str) -> list[tuple[str, str]]:
    """Return the values to choose from: those of today, and the one that was asked for, which may be of before."""
    options = dict(known)
    if field in asked.values and field not in asked.errors:
        options.setdefault(asked.values[field], asked.values[field])
    return list(options.items())


def _scope(asked: Filter, sites: cabc.Mapping[str, str], words: Catalog) -> str:
    site = asked.which.site
    if site is not None:
        return sites.get(site, site)
    return next(iter(sites.values())) if len(sites) == 1 else words.gettext(N_("All sites"))


def _row(record: Record, words: Catalog) -> Row:
    snapshot = current_runtime().sites.get(record.site)
    configured = {purpose.id: purpose.name for purpose in snapshot.site.purposes} if snapshot else {}
    fallbacks = snapshot.site.locales if snapshot else ()
    granted = tuple(
        purpose_name(purpose, configured.get(purpose, {}), words, fallbacks)
        for purpose in _ordered(record.purposes)
        if record.purposes[purpose]
    )
    return Row(
        record=record,
        granted=granted,
        site=site_name(record.site, words),
        language=own_name(record.locale),
        device=_worded(names.DEVICES, record.device_class),
    )


def _ordered(purposes: cabc.Iterable[str]) -> list[str]:
    """Return the ids of purposes in the order in which readers meet them."""
    order = list(PURPOSE_NAMES)
    return sorted(purposes, key=lambda purpose: (order.index(purpose) if purpose in order else len(order), purpose))


def _worded(texts: cabc.Mapping[t.Any, str], value: str) -> str:
    """Return the words for a stored value; the value itself if this release has none."""
    return current_words().gettext(texts[value]) if value in texts else value


def _name(snapshot: SiteSnapshot, words: Catalog) -> str:
    site = snapshot.site
    return localize(site.site.name, words.tag, *site.locales) or site.id


def _place(name: t.Literal["before", "after"]) -> str | None:
    """Return the place in the list that the URL names; what names none is the beginning."""
    value = flask.request.args.get(name, "")
    return value if is_record_id(value) else None
