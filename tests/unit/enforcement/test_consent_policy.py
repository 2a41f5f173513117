"""The policy of a class and of a reader: what it lets through, and what no policy can tell apart."""

from __future__ import annotations

import re
import typing as t

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from consentkit.consent.services import HOST
from consentkit.consent.site import Site
from consentkit.enforcement.consent_policy import ConsentPolicies
from consentkit.enforcement.consent_policy import essential
from consentkit.enforcement.consent_policy import head_facts
from consentkit.enforcement.consent_policy import overlaps
from tests.factories import make_site

ALWAYS = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob: https://www.steppe-herald.example"


def service(name: str, *hosts: str, purposes: str = "analytics", **more: t.Any) -> dict[str, t.Any]:
    """Return a service of a configuration. *purposes* have spaces between them."""
    why = {"why_necessary": "It is."} if purposes == "necessary" else {}
    fixed = {"id": name, "name": name, "provider": "A company", "country": "KZ"}
    return {**fixed, "purposes": purposes.split(), "hosts": list(hosts), **why, **more}


def site(*services: dict[str, t.Any]) -> Site:
    """Return a site of two optional purposes, ``analytics`` and ``embeds``, with *services*."""
    return make_site(services=list(services))


NEWS = site(
    service("counter", "counter.example"),
    service("fonts", "fonts.example", purposes="necessary"),
    service("maps", "maps.example:8443", "*.tiles.example", purposes="embeds"),
    service("player", "player.example", purposes="embeds analytics"),
)


@pytest.mark.parametrize(
    ("consent_class", "hosts"),
    [
        (0, "fonts.example"),
        (1, "counter.example fonts.example"),
        (2, "fonts.example maps.example:8443 *.tiles.example"),
        (3, "counter.example fonts.example maps.example:8443 *.tiles.example player.example"),
    ],
)
def test_a_class_has_the_hosts_of_what_its_purposes_let_run(consent_class: int, hosts: str) -> None:
    """A service needs all of its purposes; what is necessary needs none."""
    policy = ConsentPolicies(NEWS).of_class(consent_class)
    assert (policy.text, policy.consent_class) == (f"{ALWAYS} {hosts}", consent_class)


def test_a_readers_own_choice_counts_service_by_service() -> None:
    """One service can be allowed without its purpose, and one refused with it."""
    policies = ConsentPolicies(NEWS)
    choice = NEWS.choose({"analytics": True}, {"counter": False, "maps": True})
    policy = policies.of_choice(choice)
    assert policy.text == f"{ALWAYS} fonts.example maps.example:8443 *.tiles.example"
    assert policy.consent_class == 1
    for choice, number in ((NEWS.refuse_all(), 0), (NEWS.accept_all(), 3)):
        assert policies.of_choice(choice) == policies.of_class(number)
    assert policies.widest == policies.of_class(3)


@pytest.mark.parametrize("told", [None, "", "4", "-1", "03", "1.0", "٣", " 1", "1,1", "x", "1" * 5000, "1\r\nX: y"])
def test_what_is_no_class_of_the_site_is_no_consent(told: str | None) -> None:
    """A header that a CDN did not set, set wrongly, or that a stranger sent, allows nothing."""
    assert ConsentPolicies(NEWS).told(told).consent_class == 0
    assert ConsentPolicies(NEWS).told("3").consent_class == 3


def test_a_websocket_needs_a_source_of_its_own() -> None:
    """For connections alone, and only for the services that say so."""
    live = site(service("live", "live.example", websockets=True), service("maps", "maps.example"))
    text = ConsentPolicies(live).widest.text
    loads, connects = text.split("; ")
    assert loads == f"{ALWAYS} live.example maps.example"
    assert connects == loads.replace("default-src", "connect-src") + " wss://live.example"
    assert "connect-src" not in ConsentPolicies(live).of_class(0).text


def test_a_host_under_a_declared_wildcard_is_named_once() -> None:
    """A wildcard covers what is below it, on its own port, and not the bare name (CSP level 3, 6.7.2.9)."""
    hosts = ["a.cdn.example", "*.cdn.example", "*.x.cdn.example", "cdn.example", "a.cdn.example:8443", "acdn.example"]
    assert essential([*hosts, "cdn.example"]) == ["*.cdn.example", "cdn.example", "a.cdn.example:8443", "acdn.example"]
    assert essential(["*.cdn.example:8443", "a.cdn.example:8443"]) == ["*.cdn.example:8443"]


def test_no_number_of_different_readers_fills_the_memory() -> None:
    """Texts are kept for a bounded number of choices; who comes after gets the same ones."""
    many = site(*(service(f"s{i}", f"s{i}.example") for i in range(10)))
    policies = ConsentPolicies(many)
    before = policies.widest
    for number in range(1 << 10):
        choice = many.choose({}, {f"s{i}": bool(number >> i & 1) for i in range(10)})
        assert policies.of_choice(choice).text.count(".example") == 1 + number.bit_count()
    assert len(policies._texts) <= 128
    assert policies.of_class(3) == before


@settings(max_examples=20)
@given(st.lists(st.from_regex(HOST.regex, fullmatch=True).filter(lambda host: len(host) < 200), max_size=5))
def test_no_configuration_can_end_the_header(hosts: list[str]) -> None:
    """Whatever the models let through as a host is one source, and every one is let through."""
    try:
        odd = site(service("odd", *hosts))
    except ValueError:  # a port that is none
        return
    text = ConsentPolicies(odd).widest.text
    assert re.fullmatch(r"[a-z0-9 .:*/'-]+", text)
    named = text.removeprefix(ALWAYS).split()
    assert named == essential(hosts)
    assert set(named) <= set(hosts)


def test_the_head_is_told_what_it_needs_to_make_the_same_policy() -> None:
    """For each class and choice the script's parts are those of the header."""
    live = site(
        service("chat", "chat.example", purposes="necessary", websockets=True),
        service("counter", "counter.example"),
        service("live", "live.example", "*.live.example", "a.live.example", purposes="embeds", websockets=True),
        service("plain", purposes="embeds"),
    )
    assert head_facts(live, ("live", "counter")) == {
        "purposes": ["analytics", "embeds"],
        "always": ALWAYS.removeprefix("default-src ") + " chat.example",
        "sockets": "wss://chat.example",
        "services": [
            [1, 1, "counter.example"],
            [2, 0, "live.example *.live.example", "wss://live.example wss://*.live.example"],
        ],
    }
    # A service that no revision knows yet has no bit: its purposes alone decide.
    assert head_facts(NEWS, ())["services"][0] == [1, -1, "counter.example"]  # type: ignore[index]


def test_hosts_that_two_purposes_share_are_told() -> None:
    """By name, by a wildcard over it, and with the site itself; with equal purposes there is nothing to tell."""
    shared = site(
        service("counter", "cdn.example", "same.example", "*.stats.example"),
        service("maps", "cdn.example:443", "a.stats.example", purposes="embeds"),
        service("other", "same.example", "www.steppe-herald.example"),
        service("apart", "stats.example", "cdn.example:8443", purposes="embeds"),
    )
    assert [one.host for one in overlaps(shared) if one.own] == ["www.steppe-herald.example"]
    assert {one.host: dict(one.services) for one in overlaps(shared)} == {
        "cdn.example": {"counter": ("analytics",), "maps": ("embeds",)},
        "a.stats.example": {"maps": ("embeds",), "counter": ("analytics",)},
        "www.steppe-herald.example": {"other": ("analytics",)},
    }
    assert overlaps(NEWS) == []
    assert overlaps(site(service("login", "www.steppe-herald.example", purposes="necessary"))) == []
