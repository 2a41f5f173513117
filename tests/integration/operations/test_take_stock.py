"""What is declared and what was seen, in one list, on both databases."""

from __future__ import annotations

import datetime as dt
import json
import sys
import typing as t

from consentkit.operations.take_stock import Entry
from consentkit.operations.take_stock import Standing
from consentkit.operations.take_stock import Stock
from consentkit.operations.take_stock import stock_to_json
from consentkit.operations.take_stock import take_stock
from consentkit.storage.observations import Kind
from consentkit.storage.observations import Observation
from consentkit.storage.observations import Outcome
from consentkit.storage.observations import Seen
from consentkit.storage.unit_of_work import Database
from tests.factories import NOON
from tests.factories import make_site

DAY = dt.timedelta(days=1)


def service(id_: str, purpose: str, **changes: t.Any) -> dict[str, t.Any]:
    """Return a service of a site."""
    return {"id": id_, "name": id_.title(), "provider": "X", "country": "KZ", "purposes": [purpose], **changes}


HOME = make_site().model_dump(mode="json")["site"] | {
    "origins": ["https://www.steppe-herald.example", "https://steppe-herald.example"]
}
SITE = make_site(
    site=HOME,
    services=[
        service(
            "counter",
            "analytics",
            hosts=["shared.example", "*.counter.example", "www.steppe-herald.example"],
            cookies=[{"name": "_c_*", "lifetime": "P1Y"}, {"name": "_c_long_*", "lifetime": "P1Y"}],
        ),
        service("player", "embeds", hosts=["shared.example"], cookies=[{"name": "seen", "lifetime": "P1D"}]),
    ],
)


def see(
    database: Database,
    name: str,
    outcome: Outcome = Outcome.PASSED,
    *,
    kind: Kind = Kind.COOKIE,
    count: int = 1,
    section: str = "news",
    last: dt.datetime = NOON,
    lifetime: int | None = None,
    site: str = SITE.id,
) -> None:
    """Store that something was seen, since ten days before *last*."""
    directive = "script-src" if kind is Kind.HOST else ""
    seen = Seen(site, kind, name, directive, section, 0, outcome)
    with database.unit_of_work() as uow:
        uow.observations.add(
            Observation(seen=seen, count=count, lifetime=lifetime, first_seen=last - 10 * DAY, last_seen=last)
        )


def stock(database: Database, **options: t.Any) -> Stock:
    """Take stock of the site at noon."""
    with database.unit_of_work(read_only=True) as uow:
        return take_stock(uow, SITE, now=NOON, **options)


def entry(found: Stock, name: str) -> Entry:
    """Return the one entry of that name."""
    [one] = [one for one in found.entries if one.name == name]
    return one


def test_declared_and_seen_are_one_list(database: Database) -> None:
    """Patterns gather the names they cover, the longest first; outcomes are added up; other sites stay out."""
    see(database, "_c_1", Outcome.WITHHELD, count=2, lifetime=60)
    see(database, "_c_2", Outcome.PASSED, count=3, section="")
    see(database, "_c_long_1")
    see(database, "_ga", Outcome.WITHHELD, count=7, lifetime=63_072_000)
    see(database, "session")
    see(database, "consentkit")
    see(database, "x.counter.example", Outcome.BLOCKED, kind=Kind.HOST)
    see(database, "steppe-herald.example", Outcome.BLOCKED, kind=Kind.HOST)
    see(database, "px.ads.linkedin.com", Outcome.REPORTED, kind=Kind.HOST, count=9)
    see(database, "elsewhere", site="another")
    found = stock(database, protected={"session", "consentkit"})
    assert [(one.kind.value, one.name, one.standing.value) for one in found.entries] == [
        ("host", "px.ads.linkedin.com", "undeclared"),
        ("cookie", "_ga", "undeclared"),
        ("cookie", "_c_*", "declared"),
        ("cookie", "_c_long_*", "declared"),
        ("cookie", "seen", "declared"),
        ("host", "*.counter.example", "declared"),
        ("host", "shared.example", "declared"),
        ("host", "www.steppe-herald.example", "declared"),
        ("cookie", "consentkit", "own"),
        ("cookie", "session", "own"),
        ("host", "steppe-herald.example", "own"),
    ]
    counted = entry(found, "_c_*")
    assert counted.counts == {Outcome.PASSED: 3, Outcome.WITHHELD: 2}
    assert (counted.examples, counted.names, counted.sections) == (("_c_1", "_c_2"), 2, ("", "news"))
    assert (counted.first_seen, counted.last_seen, counted.lifetime) == (NOON - 10 * DAY, NOON, 60)
    assert [one.service for one in counted.declared] == ["counter"]
    assert entry(found, "_ga").known[0].platform == "Google Analytics"
    assert {one.service for one in found.proposals.entries} == {"google-analytics", "linkedin"}


def test_a_host_of_two_purposes_is_said_to_be_inseparable(database: Database) -> None:
    """A browser allows it to both services or to none."""
    found = stock(database)
    assert entry(found, "shared.example").inseparable == ("counter", "player")
    assert entry(found, "www.steppe-herald.example").inseparable == ("counter", "")
    assert not entry(found, "*.counter.example").inseparable


def test_what_was_not_seen_for_long_is_said(database: Database) -> None:
    """Never, or not in 90 days."""
    see(database, "_c_1", last=NOON - 91 * DAY)
    see(database, "_c_long_1", last=NOON - 89 * DAY)
    found = stock(database)
    unseen = [one.name for one in found.entries if found.is_unseen(one)]
    assert unseen == ["_c_*", "seen", "*.counter.example", "shared.example", "www.steppe-herald.example"]


def test_little_and_old_sightings_can_be_left_out(database: Database) -> None:
    """What is declared stays in the list, whatever was seen of it."""
    see(database, "rare", count=2)
    see(database, "often", count=3)
    see(database, "old", count=9, last=NOON - 5 * DAY)
    assert [one.name for one in stock(database, at_least=3).undeclared] == ["old", "often"]
    found = stock(database, since=NOON - DAY)
    assert [one.name for one in found.undeclared] == ["often", "rare"]
    assert len(found.entries) == 8


def test_it_is_json(database: Database) -> None:
    """Names of any kind, times in UTC, proposals as text."""
    see(database, "\ud800\x1b[31m".encode("utf-8", "replace").decode(), Outcome.WITHHELD)
    decoded = json.loads(json.dumps(stock_to_json(stock(database))))
    first = decoded["entries"][0]
    assert first["standing"] == Standing.UNDECLARED
    assert first["last_seen"] == "2026-11-23T12:00:00Z"
    assert first["seen"] == {"withheld": 1}
    assert decoded["proposals"]["impossible"] == [{"kind": "cookie", "name": first["name"]}]


def see_made_up(database: Database, begin: int, end: int) -> None:
    """Store that names were seen which nobody declares, of each kind."""
    with database.unit_of_work() as uow:
        for kind in Kind:
            seen = (Seen(SITE.id, kind, f"made-up-{i}.example", "", "", 0, Outcome.BLOCKED) for i in range(begin, end))
            uow.observations.add(
                *(Observation(seen=one, count=1, lifetime=None, first_seen=NOON, last_seen=NOON) for one in seen)
            )


def steps_of(database: Database) -> int:
    """Return how many functions are called to take stock."""
    steps = 0

    def count(_: object, event: str, __: object) -> None:
        nonlocal steps
        steps += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        stock(database)
    finally:
        sys.setprofile(before)
    return steps


def test_twice_as_many_names_take_twice_as_many_steps(database: Database) -> None:
    """And not four times as many: 5,000 of each kind are kept of a site, and anybody can make them up."""
    see_made_up(database, 0, 150)
    # What is made once is there already.
    stock(database)
    once = steps_of(database)
    see_made_up(database, 150, 300)
    assert len(stock(database).undeclared) == 600
    assert steps_of(database) < 2.5 * once
