"""Deleting a cookie wherever it may lie, without growing a response's head beyond what proxies take."""

from __future__ import annotations

import pytest

from consentkit.enforcement import expiry
from consentkit.enforcement.expiry import BUDGET
from consentkit.enforcement.expiry import Deletions
from consentkit.enforcement.expiry import Place
from consentkit.enforcement.expiry import deletion
from consentkit.enforcement.expiry import paths_of
from consentkit.enforcement.expiry import places
from consentkit.enforcement.setcookie import split

HOST = "www.news.example"


@pytest.mark.parametrize(
    ("path", "paths"),
    [
        ("/", ["/"]),
        ("", ["/"]),
        ("/news", ["/", "/news"]),
        ("/news/", ["/", "/news", "/news/"]),
        ("/news/2026/a", ["/", "/news", "/news/", "/news/2026", "/news/2026/", "/news/2026/a"]),
        ("/a b;c/100%", ["/", "/a%20b%3Bc", "/a%20b%3Bc/", "/a%20b%3Bc/100%25"]),
        ("/\xd1\x86", ["/", "/%D1%86"]),
        ("//x", ["/", "//", "//x"]),
        ("*", ["/"]),
    ],
)
def test_paths(path, paths):
    """Each path whose cookies go with the request, with and without the slash at the end."""
    assert paths_of(path) == paths


def test_paths_are_bounded():
    """However deep or long a path is."""
    assert len(paths_of("/x" * 5000)) < 100
    assert paths_of("/" + "x" * 5000) == ["/"]


def test_places():
    """The host alone and each parent domain, in and out of a partition; the likeliest first."""
    found = places(HOST, ["/", "/a"], secure=True)
    domains = {None, "www.news.example", "news.example"}
    assert {*found} == {
        Place(path, domain, part) for path in ("/", "/a") for domain in domains for part in (False, True)
    }
    assert found[:2] == [Place("/", None, partitioned=False), Place("/", "news.example", partitioned=False)]
    # Without https no browser keeps anything in a partition, and an address has no parents.
    assert places("127.0.0.1:8000", ["/"], secure=False) == [Place("/", None, partitioned=False)]
    assert places("[::1]:8000", ["/"], secure=False) == [Place("/", None, partitioned=False)]
    assert places("localhost", ["/"], secure=False) == [Place("/", None, partitioned=False)]


def test_a_deletion_is_one_that_a_browser_takes():
    """With Secure where it is refused without, and without a domain where it is refused with one."""
    at = Place("/a", "news.example", partitioned=False)
    root = Place("/", None, partitioned=False)
    assert deletion("_c", at) == "_c=; Max-Age=0; Path=/a; Domain=news.example"
    assert deletion("_c", at._replace(partitioned=True)) == (
        "_c=; Max-Age=0; Path=/a; Domain=news.example; Secure; Partitioned"
    )
    assert deletion("__Secure-c", at) == "__Secure-c=; Max-Age=0; Path=/a; Domain=news.example; Secure"
    assert deletion("__Host-c", root) == "__Host-c=; Max-Age=0; Path=/; Secure"
    assert deletion("__host-c", at) is None
    assert deletion("__Host-c", root._replace(domain="news.example")) is None
    for name in ("a;b", "a b", "a,b", "a\nb", "a=b", "\xd1", "", "x" * 201):
        assert deletion(name, root) is None


def choose(deletions, carried, others=(), path="/news/2026/a", host=HOST):
    """Choose what goes with one response."""
    return deletions.choose(carried, others, host=host, paths=paths_of(path), secure=True)


def size(headers):
    """How many bytes a head grows by."""
    return sum(len(f"Set-Cookie: {header}\r\n") for header in headers)


def test_one_cookie_is_deleted_everywhere_within_some_responses():
    """Six paths, three domains, two partitions do not fit into one head: the rest goes with the next ones."""
    deletions = Deletions()
    wanted = {deletion("_count", place) for place in places(HOST, paths_of("/news/2026/a"), secure=True)}
    assert len(wanted) == 36
    sent = [choose(deletions, ["_count"]) for _ in range(3)]
    assert all(size(headers) <= BUDGET for headers in sent)
    assert {header for headers in sent for header in headers} == wanted
    # What is likeliest goes with each.
    assert all({"_count=; Max-Age=0; Path=/", "_count=; Max-Age=0; Path=/; Domain=news.example"} <= {*h} for h in sent)


def test_many_cookies_are_deleted_in_turn():
    """However many there are, each has its turn, and no response grows beyond its share."""
    deletions = Deletions()
    names = [f"_count_{number}" for number in range(100)]
    sent = [choose(deletions, names, path="/") for _ in range(60)]
    assert all(size(headers) <= BUDGET for headers in sent)
    assert {split(header)[0] for headers in sent for header in headers} == {*names}


def test_what_is_not_sent_is_not_worked_out(monkeypatch):
    """A request can name thousands of cookies, on a deep page of a host with many labels."""
    worked_out = []

    def counted(name, place):
        worked_out.append(name)
        return deletion(name, place)

    monkeypatch.setattr(expiry, "deletion", counted)
    deletions = Deletions()
    # None of the second kind can be deleted: they take no time from the others either.
    names = [f"_count_{number}" for number in range(3000)] + [f"_count,{number}" for number in range(3000)]
    for _ in range(2):
        assert choose(deletions, names, path="/x" * 40, host="a." * 5000 + "example")
        assert choose(deletions, names[::-1], path="/x" * 40, host="a." * 12 + "example") == []
    assert len(worked_out) < 5000
    assert len(places("a." * 100 + "example", ["/"], secure=False)) == 10


def test_what_is_too_long_does_not_stand_in_the_way():
    """A path that fills a head by itself is deleted in its turn, and the others as well."""
    deletions = Deletions()
    sent = [choose(deletions, ["_a", "_b"], path=f"/{'x' * 900}/{'y' * 100}") for _ in range(60)]
    assert all(size(headers) <= BUDGET for headers in sent)
    assert len({header for headers in sent for header in headers}) == 2 * 4 * 3 * 2


def test_where_a_cookie_was_seen_being_set_comes_first():
    """If it is a place from which this request has it; and that alone for what the request does not carry."""
    deletions = Deletions()
    seen = Place("/news/2026", "news.example", partitioned=True)
    deletions.remember("_count", seen)
    deletions.remember("_count", Place("/sport", None, partitioned=False))
    deletions.remember("_count", Place("/", "other.example", partitioned=False))
    assert choose(deletions, ["_count"])[0] == deletion("_count", seen)
    assert choose(deletions, [], ["_count", "_unseen"]) == [deletion("_count", seen)]


def test_what_is_remembered_is_bounded():
    """Names and places that somebody makes up do not fill the memory."""
    deletions = Deletions()
    for number in range(2000):
        deletions.remember(f"_{number}", Place("/", None, partitioned=False))
        deletions.remember("_0", Place(f"/{number}", None, partitioned=False))
    assert len(deletions.seen) == 500
    assert [place.path for place in deletions._seen["_0"]] == ["/1996", "/1997", "/1998", "/1999"]
