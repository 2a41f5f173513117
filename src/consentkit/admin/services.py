"""What the sites declare, held against what was seen of it."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import json
import typing as t
import urllib.parse

import flask

from ..consent.model import localize
from ..errors import NotFound
from ..i18n.catalog import Catalog
from ..inventory.proposals import Proposal
from ..notice.basis import purpose_name
from ..operations.publish_site import SiteSnapshot
from ..operations.take_stock import UNSEEN_DAYS
from ..operations.take_stock import Entry
from ..operations.take_stock import Standing
from ..operations.take_stock import Stock
from ..operations.take_stock import stock_to_json
from ..operations.take_stock import take_stock
from ..runtime import current_runtime
from ..runtime import protected_names
from ..storage.observations import Kind
from . import words as names
from .rendering import current_words
from .rendering import render
from .rendering import visible
from .rights import configured_sites
from .roles import Right

_PAGE = 50
_LONGEST_PAGE_NUMBER = 6


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """A line of the list.

    :param name: what can be shown of it. :param declared: the services that declare it, each with its purposes in
        words. :param counts: each outcome in words, and how often. :param guesses: whose it may be.
        :param inseparable: who shares a host. :param proposal: the proposed entry that would declare it.
    """

    entry: Entry
    name: str
    declared: tuple[tuple[str, str], ...]
    counts: tuple[tuple[str, str], ...]
    guesses: tuple[str, ...]
    inseparable: tuple[str, ...]
    unseen: bool
    proposal: Proposal | None


def services() -> flask.Response:
    """Answer ``GET admin/services``: what is not declared first, filtered and paged by what stands in the URL.

    :raises NotFound: there is no such site.
    """
    words = current_words()
    sites = configured_sites()
    shown = {name: localize(one.site.site.name, words.tag, *one.site.locales) or name for name, one in sites.items()}
    if not sites:
        return render("services.html", site=None, scope="", sites={}, rows=(), asked={}, **_NOTHING)
    snapshot = _site(sites)
    stock = _stock(snapshot)
    asked = {"site": snapshot.site.id} if len(sites) > 1 else {}
    for name, options in (("kind", Kind), ("standing", Standing)):
        value = flask.request.args.get(name, "")
        if value in tuple(options):
            asked[name] = value
    entries = [
        entry
        for entry in stock.entries
        if asked.get("kind", entry.kind) == entry.kind and asked.get("standing", entry.standing) == entry.standing
    ]
    page = _page_number(len(entries))
    rows = _rows(stock, snapshot, entries[(page - 1) * _PAGE : page * _PAGE], words)
    proposals = {row.proposal.service: row.proposal for row in rows if row.proposal is not None}
    return render(
        "services.html",
        site=snapshot.site,
        scope=shown[snapshot.site.id],
        sites=shown,
        asked=asked,
        rows=rows,
        undeclared=len(stock.undeclared),
        total=len(entries),
        seen=any(entry.last_seen for entry in stock.entries),
        first=(page - 1) * _PAGE + 1,
        proposals=list(proposals.values()),
        purposes=stock.proposals.purposes,
        unseen_days=UNSEEN_DAYS,
        previous_url=_url(".services", {**asked, "page": str(page - 1)}) if page > 1 else None,
        next_url=_url(".services", {**asked, "page": str(page + 1)}) if page * _PAGE < len(entries) else None,
        json_url=_url(".services_json", {"site": snapshot.site.id}),
    )


def services_json() -> flask.Response:
    """Answer ``GET admin/services.json``: all of it, as ``consentkit services observed --format json`` has it.

    :raises NotFound: there is no such site.
    """
    stock = _stock(_site(configured_sites(Right.EXPORT)))
    response = flask.Response(
        json.dumps({"sites": [stock_to_json(stock)]}, indent=2), content_type="application/json; charset=utf-8"
    )
    name = f"services-{stock.site}-{stock.taken_at.date().isoformat()}.json"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


_NOTHING: dict[str, t.Any] = {
    "undeclared": 0,
    "total": 0,
    "seen": False,
    "first": 0,
    "proposals": (),
    "purposes": "",
    "unseen_days": UNSEEN_DAYS,
    "previous_url": None,
    "next_url": None,
    "json_url": None,
}


def _site(sites: cabc.Mapping[str, SiteSnapshot]) -> SiteSnapshot:
    """Return the site that the URL names, else the first."""
    wanted = flask.request.args.get("site") or next(iter(sites), "")
    if wanted not in sites:
        raise NotFound("There is no such site.")
    return sites[wanted]


def _stock(snapshot: SiteSnapshot) -> Stock:
    runtime = current_runtime()
    protected = protected_names(flask.current_app)
    with runtime.database.unit_of_work(read_only=True) as uow:
        return take_stock(uow, snapshot.site, now=runtime.clock.now(), protected=protected)


def _page_number(count: int) -> int:
    """Return the page that the URL names, as far as there are pages."""
    value = flask.request.args.get("page", "")
    number = int(value) if value.isascii() and value.isdigit() and len(value) <= _LONGEST_PAGE_NUMBER else 1
    return max(1, min(number, -(-count // _PAGE)))


def _rows(stock: Stock, snapshot: SiteSnapshot, entries: cabc.Iterable[Entry], words: Catalog) -> list[Row]:
    site = snapshot.site
    called = {one.id: purpose_name(one.id, one.name, words, site.locales) for one in site.purposes}
    service_names = {service.id: service.name for service in site.services}
    by_name = {covered: one for one in stock.proposals.entries for covered in one.covers}
    return [
        Row(
            entry=entry,
            name=visible(entry.name),
            declared=tuple(
                (one.name, words.format_list([called.get(purpose, purpose) for purpose in one.purposes]))
                for one in entry.declared
            ),
            counts=tuple(
                (words.gettext(names.OUTCOMES[outcome]), words.format_number(count))
                for outcome, count in entry.counts.items()
            ),
            guesses=tuple(dict.fromkeys(row.platform for row in entry.known)) or tuple(filter(None, [entry.provider])),
            inseparable=tuple(service_names.get(one, words.gettext(names.ITSELF)) for one in entry.inseparable),
            unseen=stock.is_unseen(entry),
            proposal=by_name.get((entry.kind.value, entry.name)),
        )
        for entry in entries
    ]


def _url(endpoint: str, query: cabc.Mapping[str, str]) -> str:
    return f"{flask.url_for(endpoint)}?{urllib.parse.urlencode(query)}"
