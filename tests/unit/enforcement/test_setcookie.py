"""``Set-Cookie`` as browsers read it, and whose cookie it is."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentkit.enforcement.declared_cookies import DeclaredCookies
from consentkit.enforcement.declared_cookies import Standing
from consentkit.enforcement.declared_cookies import plainly_kept
from consentkit.enforcement.setcookie import LONGEST
from consentkit.enforcement.setcookie import read_attributes
from consentkit.enforcement.setcookie import split
from tests.factories import make_site

NOW = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)


def item(name, **more):
    """A declared cookie."""
    return {"name": name, "lifetime": "P1Y", **more}


def service(sid, purposes, *cookies):
    """A declared service."""
    made = {"id": sid, "name": sid, "provider": sid, "country": "KZ", "purposes": purposes, "cookies": list(cookies)}
    return made | ({"why_necessary": "It is."} if purposes == ["necessary"] else {})


SITE = make_site(
    services=[
        service("login", ["necessary"], item("sid"), item("_ga_login"), item("csrf_*")),
        service("counter", ["analytics"], item("_ga"), item("_ga_*"), item("*_id*"), item("key", kind="local_storage")),
        service("player", ["analytics", "embeds"], item("_ga"), item("__Host-player"), item("vid", party="third")),
        service("odd", ["embeds"], item("[a]?_*")),
    ]
)
COOKIES = DeclaredCookies(SITE, {"session", "consentkit"})


@pytest.mark.parametrize(
    ("header", "name", "value"),
    [
        ("a=b", "a", "b"),
        ("  a\t= b ; Path=/", "a", "b"),
        ("a=b=c", "a", "b=c"),
        ("a=", "a", ""),
        ("=b", "", "b"),
        ("b", "", "b"),
        ("", "", ""),
        (";;;", "", ""),
        ("; Path=/; a=b", "", ""),
        ('a="b; c"', "a", '"b'),
        ("__Host-a=b; Secure", "__Host-a", "b"),
        ("a\x00b=c", "a\x00b", "c"),
        ("\xd1\x86=1", "\xd1\x86", "1"),
    ],
)
def test_the_name_is_what_browsers_take(header, name, value):
    """Up to the first '=' of what comes before the first ';', without blanks around; quotes mean nothing."""
    assert split(header)[:2] == (name, value)


@pytest.mark.parametrize(
    ("attributes", "lifetime"),
    [
        ("", None),
        ("Path=/; HttpOnly", None),
        ("Max-Age=60", 60),
        ("max-age = 60 ", 60),
        ("MAX-AGE=0", 0),
        ("Max-Age=-1", 0),
        ("Max-Age=" + "9" * 900, LONGEST),
        # What is no number is not there, and the last that is one counts.
        ("Max-Age=", None),
        ("Max-Age=1e3", None),
        ("Max-Age=+60", None),
        ("Max-Age=٣", None),
        ("Max-Age=60; Max-Age=0", 0),
        ("Max-Age=60; Max-Age=x", 60),
        # It wins over a date, wherever it stands.
        ("Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", 60),
        ("Expires=Fri, 01 Jan 2100 00:00:00 GMT; Max-Age=0", 0),
        ("Max-Age=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT", 0),
        # Dates as servers have written them for thirty years.
        ("Expires=Mon, 23 Nov 2026 12:01:00 GMT", 60),
        ("Expires=Monday, 23-Nov-26 12:01:00 GMT", 60),
        ("Expires=Mon Nov 23 12:01:00 2026", 60),
        ("Expires=2026 23 nov 12:1:0", 60),
        ("Expires=Thu, 01-Jan-1970 00:00:01 GMT", 0),
        ("Expires=Thu, 01 Jan 70 00:00:00 GMT", 0),
        # What is no date leaves a cookie until the browser is closed.
        ("Expires=never", None),
        ("Expires=0", None),
        ("Expires=Thu, 31 Feb 2026 00:00:00 GMT", None),
        ("Expires=Mon, 23 Nov 2026 25:00:00 GMT", None),
        ("Expires=Mon, 23 Nov 1600 00:00:00 GMT", None),
        ("Expires=Mon, 23 Nov 2026", None),
        # An attribute beyond 1,024 octets is not looked at.
        ("Max-Age=" + "0" * 1025, None),
        ("Expires=Thu, 01 Jan 1970 00:00:00 GMT" + " " * 2000 + "x", None),
    ],
)
def test_how_long_it_stays(attributes, lifetime):
    """RFC 6265bis, 5.6.1, 5.6.2 and 5.1.1; 0 is a deletion."""
    assert read_attributes(split(f"a=b; {attributes}")[2]).lifetime(NOW) == lifetime


def test_where_it_is_kept():
    """Domain without its dot, a path that begins with a slash, and the partition."""
    read = read_attributes(" domain=.Example.ORG; PATH=/news; Partitioned; Secure")
    assert (read.domain, read.path, read.partitioned) == ("example.org", "/news", True)
    read = read_attributes(" Domain=; Path=news; Path")
    assert (read.domain, read.path, read.partitioned) == (None, None, False)


@pytest.mark.parametrize(
    ("name", "standing", "services"),
    [
        ("session", Standing.PROTECTED, ()),
        ("consentkit", Standing.PROTECTED, ()),
        ("sid", Standing.NECESSARY, ()),
        ("csrf_1", Standing.NECESSARY, ()),
        # What is necessary under one name is not withheld because a pattern of another service has it too.
        ("_ga_login", Standing.NECESSARY, ("counter",)),
        ("_ga", Standing.OPTIONAL, ("counter", "player")),
        ("_ga_ABC", Standing.OPTIONAL, ("counter",)),
        ("__Host-player", Standing.OPTIONAL, ("player",)),
        ("[a]?_b", Standing.OPTIONAL, ("odd",)),
        ("aX_b", Standing.UNDECLARED, ()),
        ("key", Standing.UNDECLARED, ()),
        ("SID", Standing.UNDECLARED, ()),
        ("", Standing.UNDECLARED, ()),
        # A pattern does not stand for what could not be declared.
        ("_ga_\x01", Standing.UNDECLARED, ()),
        ("_ga_\xd1\x86", Standing.UNDECLARED, ()),
        ("_ga_ b", Standing.UNDECLARED, ()),
        ("_ga_" + "x" * 5000, Standing.UNDECLARED, ()),
    ],
)
def test_whose_it_is(name, standing, services):
    """By exact name or by pattern; necessary before optional, and protected before all."""
    found = COOKIES.find(name)
    assert (found.standing, found.services) == (standing, services)


def test_who_may_get_it():
    """A service runs when all its purposes are agreed to, or it was by itself; one that declares it is enough."""
    shared, player = map(COOKIES.find, ("_ga", "__Host-player"))
    refused, all_of_it = SITE.refuse_all(), SITE.accept_all()
    analytics, embeds = SITE.choose({"analytics": True}, {}), SITE.choose({"embeds": True}, {})
    assert [shared.allowed(choice) for choice in (refused, analytics, embeds, all_of_it)] == [False, True, False, True]
    assert [player.allowed(choice) for choice in (refused, analytics, embeds, all_of_it)] == [False, False, False, True]
    assert player.allowed(SITE.choose({}, {"player": True}))
    assert not shared.allowed(SITE.choose({"analytics": True}, {"counter": False}))
    assert COOKIES.find("sid").allowed(refused)
    assert not COOKIES.find("unheard_of").allowed(all_of_it)


def test_only_what_is_kept_on_the_sites_own_domain_is_deleted():
    """And nothing that is necessary as well."""
    names = ("_ga", "vid", "_ga_login", "session", "unheard_of", "x_id")
    assert [COOKIES.find(name).deletable for name in names] == [True, False, False, False, False, True]


def test_thousands_of_names_are_not_all_remembered():
    """What somebody makes up does not fill the memory."""
    cookies = DeclaredCookies(SITE, ())
    for number in range(5000):
        cookies.find(f"_ga_{number}")
    assert cookies._remembered.cache_info().currsize == 1024
    assert cookies.find("_ga_4999").services == ("counter",)


@given(st.text(st.characters(max_codepoint=255)) | st.from_regex(r"(_ga_?|sid|=|;| |Expires=|Max-Age=|[0-9:,-]){0,12}"))
def test_nothing_that_a_header_holds_raises(header):
    """Whatever it is, it has a name, a lifetime and a standing, and the same ones again."""
    name, _, attributes = read = split(header)
    lifetime = read_attributes(attributes).lifetime(NOW)
    assert lifetime is None or 0 <= lifetime <= LONGEST
    found = COOKIES.find(name)
    assert DeclaredCookies(SITE, {"session", "consentkit"}).find(name) == found
    assert split(header) == read
    # What is done in a fault is never more than what is done without.
    if plainly_kept(SITE, {"session", "consentkit"}, name, undeclared=False):
        assert found.standing in {Standing.PROTECTED, Standing.NECESSARY}
