"""Entries for what nobody declares: our own loader takes them, whatever the names are."""

from __future__ import annotations

import importlib.resources
import tomllib

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from consentkit.consent.load import parse_site
from consentkit.consent.site import Site
from consentkit.inventory.proposals import MAX_PROPOSALS
from consentkit.inventory.proposals import Proposals
from consentkit.inventory.proposals import Undeclared
from consentkit.inventory.proposals import propose
from tests.unit.consent.example import GOOD

DEMO = importlib.resources.files("consentkit.demo").joinpath("steppe-herald.toml").read_text("utf-8")
HERALD = parse_site(DEMO, "steppe-herald.toml")


def cookie(name: str, count: int = 1, lifetime: int | None = None) -> Undeclared:
    """A cookie that was seen."""
    return Undeclared("cookie", name, count, lifetime)


def host(name: str, count: int = 1) -> Undeclared:
    """A host that was seen."""
    return Undeclared("host", name, count)


def appended(proposals: Proposals, to: str = DEMO) -> Site:
    """Return the site whose file ends with the proposed entries."""
    return parse_site(f"{to}\n{proposals.toml}", "site.toml")


def test_entries_can_be_appended_to_the_demo() -> None:
    """Put together by platform, with purposes and lifetimes; a known pattern stands for the names it covers."""
    seen = [
        cookie("_ga", 5, 63_072_000),
        cookie("_ga_X1", 5),
        cookie("_gid", 5, 86_400),
        host("www.google-analytics.com"),
    ]
    proposals = propose(
        HERALD, [*seen, host("player.vimeo.com"), host("px.ads.linkedin.com"), cookie("strange", 1, 90)]
    )
    site = appended(proposals)
    services = {service.id: service for service in site.services[len(HERALD.services) :]}
    assert set(services) == {"google-analytics", "vimeo", "linkedin", "strange"}
    analytics = services["google-analytics"]
    assert analytics.purposes == ("analytics",)
    assert analytics.hosts == ("www.google-analytics.com",)
    assert [(item.name, item.lifetime) for item in analytics.cookies] == [
        ("_ga", "P730D"),
        ("_ga_*", "session"),
        ("_gid", "P1D"),
    ]
    assert services["vimeo"].provider == "Vimeo.com, Inc."
    assert services["linkedin"].purposes == ("advertising",)
    # What is not known lets nothing through by itself.
    assert services["strange"].purposes == ("advertising",)
    assert services["strange"].cookies[0].lifetime == "PT90S"
    assert services["strange"].country == "ZZ"
    assert proposals.entries[0].service == "google-analytics"  # seen most
    for one in proposals.entries:
        assert parse_site(f"{DEMO}\n{one.toml}", "site.toml")  # each by itself


@pytest.mark.parametrize(
    "name", ["form_key", "_rails_session", "next-auth.session", "XSRF-TOKEN", "PHPSESSID", "strange"]
)
def test_nothing_is_proposed_as_necessary(name: str) -> None:
    """Whatever the database says: that is for the site to say."""
    proposals = propose(HERALD, [cookie(name)])
    [service] = appended(proposals).services[len(HERALD.services) :]
    assert "necessary" not in service.purposes
    assert ("# Where the site cannot do without it" in proposals.toml) == (
        name not in {"XSRF-TOKEN", "PHPSESSID", "strange"}
    )


def test_a_purpose_that_the_site_lacks_comes_along() -> None:
    """Once, before the entries that need it."""
    proposals = propose(parse_site(GOOD, "site.toml"), [cookie("_fbp"), cookie("IDE")])
    assert proposals.purposes.count("[[purposes]]") == 1
    site = appended(proposals, GOOD)
    assert site.purposes[-1].id == "advertising"


def test_what_belongs_to_a_declared_service_is_added_to_it_and_never_to_another() -> None:
    """The table for its cookies would, at the end of the file, belong to whichever service is last: it is a comment."""
    declared = DEMO + (
        '\n[[services]]\nid = "statistics"\nname = "Our statistics"\nprovider = "Google"\ncountry = "IE"\n'
        'purposes = ["analytics"]\nhosts = ["stats.example"]\ncookies = [{ name = "_ga", lifetime = "P2Y" }]\n'
    )
    site = parse_site(declared, "site.toml")
    proposals = propose(site, [cookie("_gid", 1, 86_400), host("www.google-analytics.com")])
    [addition] = proposals.entries
    assert (addition.service, addition.exists) == ("statistics", True)
    table = tomllib.loads(addition.toml)
    assert table["hosts"] == ["stats.example", "www.google-analytics.com"]
    assert table["services"]["cookies"] if isinstance(table["services"], dict) else table["services"][0]["cookies"]
    assert appended(proposals, declared) == site


def test_a_name_cannot_declare_more_than_itself() -> None:
    """A cookie may be called `*`, and anybody can report `*.example`: as patterns they would open everything."""
    proposals = propose(HERALD, [cookie("*"), cookie("sess*"), host("*.example"), host("[::1]"), host("a_b.example")])
    assert proposals.entries == ()
    assert len(proposals.impossible) == 5
    assert appended(proposals) == HERALD


HOSTILE = [
    '"]\n[[services]]\nid = "evil"',
    "a\"b'c]]",
    "\x1b[31mred",
    "\u202etxt.exe",
    "</pre><script>",
    "x" * 500,
    "\ud800",
    "\x7f",
    "",
    "#",
    "=cmd|'/C calc'!A1",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_break_nothing(name: str) -> None:
    """Neither the file nor the terminal; nothing comes in by them but one entry of that very name."""
    text = propose(HERALD, [cookie(name), host(name)]).toml
    assert all(char.isprintable() or char == "\n" for char in text)
    added = parse_site(f"{DEMO}\n{text}", "site.toml").services[len(HERALD.services) :]
    assert [item.name for service in added for item in service.cookies] in ([], [name])
    assert [one for service in added for one in service.hosts] == []


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["cookie", "host"]), st.text(max_size=30)), max_size=8, unique=True))
def test_any_names_give_a_file_that_loads(names: list[tuple[str, str]]) -> None:
    """And declare no more than was seen."""
    proposals = propose(HERALD, [Undeclared(kind, name, 1) for kind, name in names])  # type: ignore[arg-type]
    added = appended(proposals).services[len(HERALD.services) :]
    possible = len(names) - len(proposals.impossible)
    assert sum(len(service.hosts) + len(service.cookies) for service in added) <= possible


def test_a_flood_of_names_gives_a_bounded_text() -> None:
    """What was seen most is in it, and it says how many are not."""
    proposals = propose(HERALD, [cookie(f"made_up_{i}", i + 1) for i in range(5000)])
    assert len(proposals.entries) == MAX_PROPOSALS
    assert proposals.entries[0].name == "made_up_4999"
    assert proposals.left_out == 5000 - MAX_PROPOSALS
    assert f"# {proposals.left_out} more" in proposals.toml
    assert appended(proposals)


def test_an_advertising_host_that_a_player_uses_too_is_not_the_players() -> None:
    """YouTube's frames load from doubleclick.net; a page that does is not showing a video."""
    [entry] = propose(HERALD, [host("ad.doubleclick.net")]).entries
    [service] = appended(propose(HERALD, [host("ad.doubleclick.net")])).services[len(HERALD.services) :]
    assert "youtube" not in entry.service
    assert service.purposes == ("advertising",)
