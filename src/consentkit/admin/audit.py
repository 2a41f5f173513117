"""The records: the list of them, and one by itself."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
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
from ..operations.publish_site import SiteSnapshot
from ..runtime import current_runtime
from . import words as names
from .evidence import basis_of
from .evidence import policies_of
from .filters import FIELDS
from .filters import Filter
from .filters import parse_filter
from .rendering import current_words
from .rendering import render
from .rights import configured_sites
from .rights import may
from .rights import narrowed
from .rights import require_site
from .roles import Right

if t.TYPE_CHECKING:
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
    if not asked.errors:
        asked = dataclasses.replace(asked, which=narrowed(asked.which, Right.READ))
        with current_runtime().database.unit_of_work(read_only=True) as uow:
            page = _page(uow, asked, before=before, after=after)
    return _show(asked, page, moved=before is not None or after is not None)


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
        receipt_token=current_runtime().codec.sign_token(RECEIPT_SALT, found.id),
        worded=_worded,
    )


def refuse_filter(asked: Filter) -> flask.Response:
    """Answer that the filter cannot be used, beside the fields that are wrong."""
    return _show(asked, Page((), newer=False, older=False), moved=False)


def site_name(site: str, words: Catalog) -> str:
    """Return what a site is called; its id if it is not configured any more."""
    snapshot = current_runtime().sites.get(site)
    return _name(snapshot, words) if snapshot is not None else site


def _page(uow: UnitOfWork, asked: Filter, *, before: str | None, after: str | None) -> Page:
    # One more than is shown says whether there is another page, without counting.
    if after is not None:
        found = uow.records.page(asked.which, after=after, limit=_PAGE + 1)
        if len(found) >= _PAGE:
            return Page(found[-_PAGE:], newer=len(found) > _PAGE, older=True)
        # Nearly at the top: a full first page rather than a short one.
        before = None
    found = uow.records.page(asked.which, before=before, limit=_PAGE + 1)
    shown = found[:_PAGE]
    newer = before is not None and bool(shown) and bool(uow.records.page(asked.which, after=shown[0].id, limit=1))
    return Page(shown, newer=newer, older=len(found) > _PAGE)


def _show(asked: Filter, page: Page, *, moved: bool) -> flask.Response:
    words = current_words()
    here = configured_sites()
    sites = {name: _name(snapshot, words) for name, snapshot in here.items()}
    tags = dict.fromkeys(tag for snapshot in here.values() for tag in snapshot.site.locales)
    query = {name: asked.values[name] for name in FIELDS if name in asked.values}
    shown = page.records
    return render(
        "records.html",
        status=400 if asked.errors else 200,
        scope=_scope(asked, sites, words),
        asked=asked,
        rows=[_row(record, words) for record in shown],
        sites=_options(sites, asked, "site"),
        locales=_options({tag: own_name(tag) for tag in tags}, asked, "locale"),
        actions=[(action.value, words.gettext(text)) for action, text in names.ACTIONS.items()],
        newer_url=_url(".records", {**query, "after": shown[0].id}) if page.newer else None,
        older_url=_url(".records", {**query, "before": shown[-1].id}) if page.older else None,
        newest_url=_url(".records", query) if moved and (page.newer or not shown) else None,
        export_url=_url(".export", query),
    )


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
