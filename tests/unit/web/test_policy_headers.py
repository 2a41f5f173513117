"""The policy as responses carry it: which class's, on which responses, and beside what the site sends itself."""

from __future__ import annotations

import pathlib
import types
import typing as t

import pytest

from consentkit.consent.decisions import Action
from consentkit.consent.site import Site
from consentkit.cookies.codec import Codec
from consentkit.cookies.codec import make_state
from consentkit.cookies.keyring import Keyring
from consentkit.operations.publish_site import SiteSnapshot
from consentkit.testing import FrozenClock
from consentkit.web.exchange import PATH_AT_THE_DOOR
from consentkit.web.exchange import Environ
from consentkit.web.exchange import Exchange
from consentkit.web.exchange import Headers
from consentkit.web.exchange import Plan
from consentkit.web.policy_headers import PolicyFilter
from consentkit.web.policy_headers import policy_filter
from consentkit.web.reader import Readers
from tests.factories import NOON
from tests.factories import make_site

SERVICES = [
    {"id": "counter", "name": "C", "provider": "C", "country": "KZ", "purposes": ["analytics"], "hosts": ["c.example"]},
    {"id": "video", "name": "V", "provider": "V", "country": "KZ", "purposes": ["embeds"], "hosts": ["v.example"]},
    {"id": "maps", "name": "M", "provider": "M", "country": "KZ", "purposes": ["embeds"], "hosts": ["m.example"]},
]
CODEC = Codec(Keyring([b"of these tests"]))
CSP = "Content-Security-Policy"
HTML = ("Content-Type", "text/html; charset=utf-8")
NOTHING, WIDEST = "", "c.example v.example m.example"


def filter_of(**enforcement: str) -> tuple[PolicyFilter, Plan]:
    """Return the filter of a site with ``[enforcement]``, and the plan that it works under."""
    site = make_site(services=SERVICES, enforcement={"csp": "enforce", **enforcement})
    snapshot = SiteSnapshot(
        site=site,
        folder=pathlib.Path(),
        config_version="",
        revision=1,
        services_order=("counter", "maps", "video"),
        policies={},
        notices={},
        published=True,
    )
    runtime: t.Any = types.SimpleNamespace(codec=CODEC, clock=FrozenClock(NOON), settings=None)
    runtime.settings = types.SimpleNamespace(url_prefix="/consent")
    made = policy_filter(runtime, snapshot)
    assert isinstance(made, PolicyFilter)
    return made, Plan(snapshot, Readers(runtime, snapshot), (made,))


def cookie(site: Site, purposes: dict[str, bool], services: dict[str, bool]) -> str:
    """Return the header of a reader who decided."""
    choice = site.choose(purposes, services)
    order = ("counter", "maps", "video")
    state = make_state(site, choice, action=Action.SAVE, notice="n" * 16, revision=1, services_order=order, at=NOON)
    return f"consentkit={CODEC.seal(state)}"


def answer(
    *headers: tuple[str, str],
    status: str = "200 OK",
    environ: Environ | None = None,
    choice: tuple[dict[str, bool], dict[str, bool]] | None = None,
    **enforcement: str,
) -> Headers:
    """Return the headers that a response goes out with."""
    made, plan = filter_of(**enforcement)
    request: Environ = {"wsgi.url_scheme": "http", "PATH_INFO": "/", PATH_AT_THE_DOOR: "/", "SCRIPT_NAME": ""}
    if choice is not None:
        request["HTTP_COOKIE"] = cookie(plan.snapshot.site, *choice)
    exchange = Exchange(plan, {**request, **(environ or {})}, status, list(headers))
    made.apply(exchange)
    return exchange.headers


def values(headers: Headers, name: str) -> list[str]:
    """Return the values of a header, in their order."""
    return [value for key, value in headers if key == name]


def hosts(headers: Headers, name: str = CSP) -> str | None:
    """Return the services' hosts that the last policy lets through, ``None`` without a policy of ours."""
    found = values(headers, name)
    if not found or "unsafe-eval" not in found[-1]:
        return None
    start, end = found[-1].index("herald.example") + len("herald.example"), found[-1].index("; report-uri")
    return found[-1][start:end].strip()


AGREED = ({"embeds": True}, {})
ONLY_MAPS: tuple[dict[str, bool], dict[str, bool]] = ({}, {"maps": True})


@pytest.mark.parametrize("choice", [None, AGREED])
def test_a_page_that_a_cache_may_keep_has_the_widest_policy(choice: t.Any) -> None:
    """It is the same for every reader, whatever their cookies say, and nothing else of it changes."""
    headers = answer(HTML, ("Cache-Control", "public, max-age=60"), choice=choice)
    assert hosts(headers) == WIDEST
    assert headers[:-1] == [HTML, ("Cache-Control", "public, max-age=60")]
    assert headers[-1][1].endswith("; report-uri /consent/csp-reports?site=steppe-herald&class=3")


@pytest.mark.parametrize(
    "said",
    [("Cache-Control", "max-age=0, PRIVATE"), ("cache-control", "no-store"), ("Vary", "Accept, cookie"), ("VARY", "*")],
)
def test_a_page_that_is_its_readers_alone_has_their_policy(said: tuple[str, str]) -> None:
    """Nothing before a decision; what they agreed to after it, service by service."""
    assert hosts(answer(HTML, said)) == NOTHING
    assert hosts(answer(HTML, said, choice=AGREED)) == "v.example m.example"
    headers = answer(HTML, said, choice=ONLY_MAPS)
    assert hosts(headers) == "m.example"
    assert headers[-1][1].endswith("class=0")
    assert said in headers
    assert hosts(answer(HTML, said, environ={"HTTP_COOKIE": "consentkit=a.b.c"})) == NOTHING


@pytest.mark.parametrize(
    "said",
    [
        ("Cache-Control", 'private="Set-Cookie", max-age=60'),
        ("Cache-Control", "max-age=60"),
        ("Vary", "Accept-Encoding, X-Cookie"),
    ],
)
def test_a_page_that_only_seems_private_has_the_widest_policy(said: tuple[str, str]) -> None:
    """And so has one that says to CDNs what Cache-Control says to nobody else."""
    assert hosts(answer(HTML, said, choice=AGREED)) == WIDEST
    told = (HTML, ("Cache-Control", "private"), ("CDN-Cache-Control", "max-age=60"))
    assert hosts(answer(*told, choice=AGREED)) == WIDEST
    # Many CDNs pass over this 'Vary', and keep what they are told to.
    for kept in ("public, max-age=60", "S-MaxAge=60"):
        assert hosts(answer(HTML, ("Vary", "Cookie"), ("Cache-Control", kept), choice=AGREED)) == WIDEST


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([], ["private"]),
        ([("Cache-Control", "public, max-age=60, s-maxage=600")], ["max-age=60, private"]),
        ([("cache-control", "no-store"), ("Cache-Control", "public")], ["no-store, private"]),
        ([("Surrogate-Control", "max-age=60"), ("Cloudflare-CDN-Cache-Control", "max-age=60")], ["private"]),
        ([("X-Accel-Expires", "60"), ("Cache-Control", "private")], ["private"]),
    ],
)
def test_private_pages_are_made_private(before: Headers, after: list[str]) -> None:
    """Whatever a page says to caches, none that is shared keeps it; what is no page stays as it is."""
    headers = answer(HTML, *before, pages="private", choice=AGREED)
    assert hosts(headers) == "v.example m.example"
    known = {"content-type", "cache-control", "vary", CSP.lower()}
    assert {name.lower() for name, _ in headers} == known
    assert values(headers, "Cache-Control") == after
    assert values(headers, "Vary") == ["Cookie"]
    picture = [("Content-Type", "image/png"), *before]
    assert answer(*picture, pages="private") == picture
    assert values(answer(HTML, ("Vary", "Cookie"), pages="private"), "Vary") == ["Cookie"]


@pytest.mark.parametrize(("told", "expected"), [(None, NOTHING), ("2", "v.example m.example"), ("9", NOTHING)])
def test_the_class_that_a_cdn_tells_decides(told: str | None, expected: str) -> None:
    """Never the cookie, for the class is part of the cache's key; and the response says what it varies on."""
    environ = {} if told is None else {"HTTP_X_CLASS": told}
    for said in ((), (("Cache-Control", "private"),)):
        headers = answer(HTML, *said, environ=environ, choice=({"analytics": True}, {}), class_header="X-Class")
        assert hosts(headers) == expected
        assert values(headers, "Vary") == ["X-Class"]
    headers = answer(HTML, ("Vary", "accept, x-class"), environ=environ, class_header="X-Class")
    assert values(headers, "Vary") == ["accept, x-class"]


def test_reports_only_are_asked_for_by_the_other_header() -> None:
    """Nothing is enforced then."""
    headers = answer(HTML, csp="report-only")
    assert values(headers, CSP) == []
    assert hosts(headers, f"{CSP}-Report-Only") == WIDEST


@pytest.mark.parametrize(
    "own",
    [
        "default-src 'none'; script-src 'nonce-abc' 'strict-dynamic'",
        "x" * 300_000,
        ";;, , ;default-src;\x00\xff ;=",
        "",
    ],
)
def test_the_sites_own_policy_is_not_touched(own: str) -> None:
    """Not one that is strict, nor one that is huge, broken or empty: ours comes after it."""
    headers = answer(HTML, (CSP, own), ("content-security-policy-report-only", own))
    assert headers[:3] == [HTML, (CSP, own), ("content-security-policy-report-only", own)]
    assert hosts(headers) == WIDEST


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        ("404 NOT FOUND", [HTML]),
        ("500 INTERNAL SERVER ERROR", [("content-type", "TEXT/HTML")]),
        ("200 OK", [("Content-Type", "application/xhtml+xml;charset=utf-8")]),
        ("300 MULTIPLE CHOICES", [HTML]),
        # A browser guesses that it is a page.
        ("200 OK", []),
    ],
)
def test_whatever_becomes_a_document_has_a_policy(status: str, headers: Headers) -> None:
    """Error pages too."""
    assert hosts(answer(*headers, status=status)) == WIDEST


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        ("302 FOUND", [HTML, ("Location", "/")]),
        ("204 NO CONTENT", []),
        ("200 OK", [("Content-Type", "application/json")]),
        ("200 OK", [("Content-Type", "text/html-ish")]),
        ("200 OK", [("Content-Type", "image/png")]),
    ],
)
def test_nothing_else_is_touched(status: str, headers: Headers) -> None:
    """Redirects are followed, and files are no documents."""
    assert answer(*headers, status=status, pages="private") == headers


@pytest.mark.parametrize(
    "environ",
    [{"HTTP_SEC_FETCH_DEST": "document"}, {"HTTP_SEC_FETCH_DEST": "iframe"}, {"HTTP_ACCEPT": "text/html,*/*;q=0.8"}],
)
def test_a_page_that_has_not_changed_gets_the_policy_of_now(environ: Environ) -> None:
    """A 304's headers replace those that are kept, and the kept page's may be of another choice."""
    same = "304 NOT MODIFIED"
    assert hosts(answer(status=same, environ=environ, pages="private", choice=AGREED)) == "v.example m.example"
    private = ("Cache-Control", "private")
    assert hosts(answer(private, status=same, environ=environ, choice=AGREED)) == "v.example m.example"
    assert hosts(answer(("Cache-Control", "max-age=9"), status=same, environ=environ, choice=AGREED)) == WIDEST
    # Whose page this is, it does not say: a reader's own must not become everybody's.
    assert answer(("ETag", '"1"'), status=same, environ=environ) == [("ETag", '"1"')]


def test_a_file_that_has_not_changed_is_left_alone() -> None:
    """What a browser asks for says what the answer without a type is."""
    for environ in ({"HTTP_SEC_FETCH_DEST": "script", "HTTP_ACCEPT": "text/html"}, {"HTTP_ACCEPT": "*/*"}, {}):
        kept = ("Cache-Control", "max-age=9")
        assert answer(kept, status="304 NOT MODIFIED", environ=environ, pages="private") == [kept]


def test_the_toolkits_own_pages_are_left_alone() -> None:
    """The audit view and the frame of an embed have stricter policies."""
    request = types.SimpleNamespace(blueprint="consentkit_admin")
    assert answer(HTML, environ={"werkzeug.request": request}) == [HTML]
    for other in (types.SimpleNamespace(blueprint=None), types.SimpleNamespace(blueprint="news"), None):
        assert hosts(answer(HTML, environ={"werkzeug.request": other})) == WIDEST


@pytest.mark.parametrize(
    ("root", "at_the_door", "path", "expected"),
    [
        ("", "/a", "/a", ""),
        ("/news", "/a", "/a", "/news"),
        # Mounted within the application: the toolkit is not there.
        ("/shop", "/shop/a", "/a", ""),
        ("/news/shop", "/shop/a", "/a", "/news"),
        ("/n;s,x\r\n'\"", "/a", "/a", "/n%3Bs%2Cx%0D%0A%27%22"),
        ("/\u20ac", "/a", "/a", "/%3F"),
    ],
)
def test_reports_go_to_where_the_toolkit_is_mounted(root: str, at_the_door: str, path: str, expected: str) -> None:
    """Whatever a proxy says of it cannot end the directive."""
    environ = {"SCRIPT_NAME": root, PATH_AT_THE_DOOR: at_the_door, "PATH_INFO": path}
    assert values(answer(HTML, environ=environ), CSP)[0].partition("; report-uri ")[2] == (
        f"{expected}/consent/csp-reports?site=steppe-herald&class=3"
    )


def test_over_https_reports_have_an_endpoint_beside_the_sites_own() -> None:
    """Lines of one name are one dictionary (RFC 9651, 4.2)."""
    own = ("Reporting-Endpoints", 'default="https://reports.example/"')
    headers = answer(HTML, own, environ={"wsgi.url_scheme": "https"})
    address = "/consent/csp-reports?site=steppe-herald&class=3"
    assert values(headers, "Reporting-Endpoints") == [own[1], f'consentkit="{address}"']
    assert values(headers, CSP)[0].endswith(f"; report-uri {address}; report-to consentkit")
    assert "report-to" not in answer(HTML)[-1][1]


def test_a_fault_of_ours_leaves_the_policy_of_who_agreed_to_nothing() -> None:
    """On pages; and where the fault lies in the making of policies, the page's own origin."""
    made, plan = filter_of()
    broken, _ = filter_of()
    vars(broken)["_policies"] = None
    always = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:"
    for one, expected in ((made, [f"{always} https://www.steppe-herald.example"]), (broken, [always])):
        for header in (HTML, ("Content-Type", "image/png")):
            exchange = Exchange(plan, {}, "200 OK", [header])
            one.fall_back(exchange)
            assert values(exchange.headers, CSP) == (expected if header is HTML else [])


def test_a_policy_that_proxies_may_refuse_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    """Once, when the site is taken up."""
    answer(HTML)
    assert caplog.text == ""
    many = [f"host-number-{i}.provider.example" for i in range(120)]
    site = make_site(services=[{**SERVICES[0], "hosts": many}], enforcement={"csp": "enforce"})
    made = PolicyFilter("/consent", t.cast("SiteSnapshot", types.SimpleNamespace(site=site)))
    for _ in range(2):
        made.fall_back(Exchange(t.cast("Plan", None), {}, "200 OK", [HTML]))
    assert caplog.text.count("has 3944 bytes") == 1
