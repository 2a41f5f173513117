"""Take stock of a site: what is declared, what was seen of it, and what was seen that nobody declared."""

from __future__ import annotations

import collections
import collections.abc as cabc
import dataclasses
import datetime as dt
import enum
import typing as t
import urllib.parse

from ..consent.services import Service
from ..consent.services import StorageKind
from ..consent.services import StoredItem
from ..consent.site import Site
from ..enforcement.consent_policy import overlaps
from ..inventory.known import Known
from ..inventory.proposals import Proposals
from ..inventory.proposals import Undeclared
from ..inventory.proposals import known_of
from ..inventory.proposals import propose
from ..inventory.proposals import provider_of
from ..storage.observations import Kind
from ..storage.observations import Observation
from ..storage.observations import Outcome

if t.TYPE_CHECKING:
    from ..storage.unit_of_work import UnitOfWork

#: What was not seen for so long may be gone from the site.
UNSEEN_DAYS = 90
#: Of so many names under one pattern one is told.
_EXAMPLES = 5
_PLACES = 20


class Standing(enum.StrEnum):
    """What the configuration says of something."""

    UNDECLARED = "undeclared"
    #: A service declares it.
    DECLARED = "declared"
    #: The site or consentkit itself needs it; it is never withheld.
    OWN = "own"


@dataclasses.dataclass(frozen=True, slots=True)
class Declaration:
    """A service that declares something, and what for."""

    service: str
    name: str
    purposes: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One cookie or one host.

    :param name: as it is declared, which may be a pattern, else as it was seen. :param declared: by which services.
        :param examples: some of the names that were seen under a pattern. :param names: how many they are. :param
        counts: how often, by what became of it; empty: never. :param first_seen: ``None``: never. :param directives:
        which CSP directives a host offended. :param sections: in which sections of the site, some of them. :param
        lifetime: the longest that a cookie was to stay, in seconds. :param known: what the Open Cookie Database says
        of it. :param provider: the provider of embeds whose host it is. :param inseparable: services of different
        purposes that share this host, so that no policy can let it through for one alone; ``""`` is the site itself.
    """

    kind: Kind
    name: str
    standing: Standing
    declared: tuple[Declaration, ...] = ()
    examples: tuple[str, ...] = ()
    names: int = 0
    counts: cabc.Mapping[Outcome, int] = dataclasses.field(default_factory=dict)
    first_seen: dt.datetime | None = None
    last_seen: dt.datetime | None = None
    directives: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    lifetime: int | None = None
    known: tuple[Known, ...] = ()
    provider: str | None = None
    inseparable: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """How often it was seen."""
        return sum(self.counts.values())


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """All of a site.

    :param unseen_since: what was last seen before then counts as not seen. :param entries: the undeclared ones first,
        by how often they were seen; then the others by name.
    """

    site: str
    taken_at: dt.datetime
    unseen_since: dt.datetime
    entries: tuple[Entry, ...]
    proposals: Proposals

    @property
    def undeclared(self) -> tuple[Entry, ...]:
        """What was seen and nobody declares."""
        return tuple(entry for entry in self.entries if entry.standing is Standing.UNDECLARED)

    def is_unseen(self, entry: Entry) -> bool:
        """Whether *entry* was not seen for long, or never."""
        return entry.last_seen is None or entry.last_seen < self.unseen_since


class _Tally:
    """What was seen of one thing."""

    def __init__(self) -> None:
        self.counts: collections.Counter[Outcome] = collections.Counter()
        self.names: dict[str, None] = {}
        self.directives: set[str] = set()
        self.sections: dict[str, None] = {}
        self.first: dt.datetime | None = None
        self.last: dt.datetime | None = None
        self.lifetime: int | None = None

    def add(self, one: Observation) -> None:
        seen = one.seen
        self.counts[seen.outcome] += one.count
        self.names[seen.name] = None
        self.sections[seen.section] = None
        if seen.directive:
            self.directives.add(seen.directive)
        self.first = one.first_seen if self.first is None else min(self.first, one.first_seen)
        self.last = one.last_seen if self.last is None else max(self.last, one.last_seen)
        if one.lifetime is not None:
            self.lifetime = max(self.lifetime or 0, one.lifetime)

    def entry(
        self,
        kind: Kind,
        name: str,
        standing: Standing,
        declared: cabc.Iterable[Declaration] = (),
        inseparable: tuple[str, ...] = (),
    ) -> Entry:
        others = [seen for seen in self.names if seen != name]
        asked = Undeclared(kind.value, name, 0)
        provider = provider_of(name) if kind is Kind.HOST and standing is Standing.UNDECLARED else None
        return Entry(
            kind=kind,
            name=name,
            standing=standing,
            declared=tuple(declared),
            examples=tuple(sorted(others)[:_EXAMPLES]),
            names=len(self.names),
            counts=dict(sorted(self.counts.items())),
            first_seen=self.first,
            last_seen=self.last,
            directives=tuple(sorted(self.directives)),
            sections=tuple(sorted(self.sections)[:_PLACES]),
            lifetime=self.lifetime,
            known=known_of(asked) if standing is Standing.UNDECLARED else (),
            provider=None if provider is None else provider.id,
            inseparable=inseparable,
        )


class _Declared:
    """What the services of a site declare of one kind, to be asked by a name that was seen."""

    def __init__(self, kind: Kind, services: cabc.Iterable[Service]) -> None:
        self.kind = kind
        self.by_name: dict[str, dict[str, Declaration]] = collections.defaultdict(dict)
        self._patterns: dict[str, StoredItem] = {}
        for service in services:
            declaration = Declaration(service.id, service.name, service.purposes)
            if kind is Kind.HOST:
                for host in service.hosts:
                    self.by_name[host][service.id] = declaration
                continue
            for item in service.cookies:
                if item.kind is StorageKind.COOKIE:
                    self.by_name[item.name][service.id] = declaration
                    if "*" in item.name:
                        self._patterns[item.name] = item
        # The one that says most comes first.
        self._ordered = sorted(self._patterns.items(), key=lambda one: -len(one[0]))

    def of(self, name: str) -> str | None:
        """Return what declares *name*: itself, else the longest pattern."""
        if name in self.by_name and "*" not in name:
            return name
        if self.kind is Kind.COOKIE:
            return next((pattern for pattern, item in self._ordered if item.matches(name)), None)
        labels = name.split(".")
        return next(
            (wider for i in range(1, len(labels)) if (wider := f"*.{'.'.join(labels[i:])}") in self.by_name), None
        )


def take_stock(
    uow: UnitOfWork,
    site: Site,
    *,
    now: dt.datetime,
    protected: cabc.Container[str] = (),
    since: dt.datetime | None = None,
    at_least: int = 1,
) -> Stock:
    """Return what *site* declares together with what was seen of it.

    :param protected: names of cookies that are never withheld: the host application's session, our own. :param since:
        only what was seen then or later counts as seen. :param at_least: what was seen less often and is not declared
        is left out: anybody can send a report.
    """
    seen = uow.observations.all(site.id, since=since)
    origins = {urllib.parse.urlsplit(origin).netloc for origin in site.site.origins}
    shared = {one.host: (*sorted(one.services), *([""] if one.own else [])) for one in overlaps(site)}
    entries: list[Entry] = []
    for kind in Kind:
        declared = _Declared(kind, site.services)
        found: dict[tuple[Standing, str], _Tally] = collections.defaultdict(_Tally)
        for name in declared.by_name:
            found[Standing.DECLARED, name] = _Tally()
        for one in seen:
            name = one.seen.name
            if one.seen.kind is not kind:
                continue
            match = declared.of(name)
            if match is not None:
                found[Standing.DECLARED, match].add(one)
            elif name in (origins if kind is Kind.HOST else protected):
                found[Standing.OWN, name].add(one)
            else:
                found[Standing.UNDECLARED, name].add(one)
        entries += [
            tally.entry(
                kind,
                name,
                standing,
                declared.by_name[name].values() if standing is Standing.DECLARED else (),
                shared.get(name, ()) if kind is Kind.HOST else (),
            )
            for (standing, name), tally in found.items()
            if standing is not Standing.UNDECLARED or tally.counts.total() >= at_least
        ]
    undeclared = [entry for entry in entries if entry.standing is Standing.UNDECLARED]
    ranks = {Standing.UNDECLARED: 0, Standing.DECLARED: 1, Standing.OWN: 2}
    return Stock(
        site=site.id,
        taken_at=now,
        unseen_since=now - dt.timedelta(days=UNSEEN_DAYS),
        entries=tuple(
            sorted(
                entries,
                key=lambda entry: (
                    ranks[entry.standing],
                    -entry.total if entry.standing is Standing.UNDECLARED else 0,
                    entry.kind,
                    entry.name,
                ),
            )
        ),
        proposals=propose(site, (Undeclared(one.kind.value, one.name, one.total, one.lifetime) for one in undeclared)),
    )


def stock_to_json(stock: Stock) -> dict[str, object]:
    """Return *stock* as JSON has it; times in ISO 8601 in UTC."""
    proposals = stock.proposals
    return {
        "site": stock.site,
        "taken_at": _time(stock.taken_at),
        "unseen_since": _time(stock.unseen_since),
        "entries": [_entry_to_json(stock, entry) for entry in stock.entries],
        "proposals": {
            "purposes": proposals.purposes,
            "entries": [
                {
                    "service": one.service,
                    "name": one.name,
                    "exists": one.exists,
                    "covers": [{"kind": kind, "name": name} for kind, name in one.covers],
                    "toml": one.toml,
                }
                for one in proposals.entries
            ],
            "left_out": proposals.left_out,
            "impossible": [{"kind": kind, "name": name} for kind, name in proposals.impossible],
        },
    }


def _entry_to_json(stock: Stock, entry: Entry) -> dict[str, object]:
    return {
        "kind": entry.kind.value,
        "name": entry.name,
        "standing": entry.standing.value,
        "declared": [
            {"service": one.service, "name": one.name, "purposes": list(one.purposes)} for one in entry.declared
        ],
        "inseparable": list(entry.inseparable),
        "seen": {outcome.value: count for outcome, count in entry.counts.items()},
        "unseen": stock.is_unseen(entry),
        "first_seen": _time(entry.first_seen),
        "last_seen": _time(entry.last_seen),
        "names": entry.names,
        "examples": list(entry.examples),
        "directives": list(entry.directives),
        "sections": list(entry.sections),
        "lifetime": entry.lifetime,
        "known": [
            {
                "platform": row.platform,
                "category": row.category,
                "purpose": row.purpose,
                "name": row.name,
                "retention": row.retention,
            }
            for row in entry.known
        ],
        "provider": entry.provider,
    }


def _time(at: dt.datetime | None) -> str | None:
    return None if at is None else at.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
