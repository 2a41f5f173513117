"""Cookies on their way out: of whatever part of the application, they leave only if the reader agreed to them."""

from __future__ import annotations

import datetime as dt
import logging

import flask
import pytest
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.test import EnvironBuilder
from werkzeug.test import run_wsgi_app

from consentkit import ConsentKit
from consentkit.jobs.observations import MAX_DIFFERENT
from consentkit.storage.observations import Outcome
from consentkit.testing import FrozenClock
from consentkit.testing import decide
from consentkit.web import cookie_headers
from tests.sites import write_site

SITE = "http://www.news.example"
MORE = """
[[services]]
id = "login"
name = "Login"
provider = "Steppe Herald LLP"
country = "KZ"
purposes = ["necessary"]
why_necessary = "Readers could not sign in."
cookies = [{ name = "sid", lifetime = "P1D" }, { name = "csrf_*", lifetime = "session" }]

[[services]]
id = "player"
name = "Player"
provider = "Player Ltd"
country = "KZ"
purposes = ["analytics", "embeds"]
cookies = [{ name = "__Host-player", lifetime = "P1Y" }, { name = "_p_*", lifetime = "P1Y" }]
"""


class Paper:
    """A news site with one mode of enforcement, and readers who have decided."""

    def __init__(self, folder, enforcement):
        config = write_site(folder, origins=[SITE])
        config.write_text(config.read_text("utf-8") + MORE + enforcement, encoding="utf-8")
        self.app = flask.Flask("paper", instance_path=str(folder))
        self.app.config.update(
            SECRET_KEY="the paper's",
            CONSENTKIT_CONFIG=str(config),
            CONSENTKIT_DATABASE_URL=f"sqlite:///{folder / 'records.db'}",
            CONSENTKIT_RELOAD_SECONDS=3600,
        )
        self.clock = FrozenClock()
        self.consent = ConsentKit(self.app, clock=self.clock)
        self.runtime = self.app.extensions["consentkit"]
        self.app.add_url_rule("/set", "set", self._set, methods=["GET", "POST"])
        self.app.add_url_rule("/news/<path:_>", "news", self._set)
        self.app.add_url_rule("/session", "session", lambda: str(flask.session.setdefault("seen", 1)))
        self.app.register_error_handler(404, lambda error: self._set(404))
        self._decided = {}

    @staticmethod
    def _set(status=200, **_):
        args = flask.request.args
        response = flask.Response("ok", status=args.get("status", status))
        for header in args.getlist("c"):
            response.headers.add("Set-Cookie", header)
        if "cache" in args:
            response.headers["Cache-Control"] = args["cache"]
        return response

    def state(self, *purposes, **more):
        """The state cookie of who agreed to *purposes*."""
        key = repr((purposes, more))
        if key not in self._decided:
            client = self.app.test_client()
            decide(client, self.app, purposes=dict.fromkeys(purposes, True), base_url=SITE, **more)
            self._decided[key] = client.get_cookie("consentkit", domain="www.news.example").value
        return self._decided[key]

    def ask(self, path="/set", *cookies, application=None, query=None, state=None, sent="", **environ):
        """Ask for a page, as the reader of *state*; returns status, headers and the names that are set and deleted."""
        header = "; ".join(filter(None, [f"consentkit={state}" if state else "", sent]))
        builder = EnvironBuilder(
            path=path,
            base_url=environ.pop("base_url", SITE),
            query_string={"c": cookies, **(query or {})},
            headers={"Cookie": header} if header else {},
            method=environ.pop("method", "GET"),
            environ_overrides=environ,
        )
        body, status, headers = run_wsgi_app(application or self.app, builder.get_environ())
        body = b"".join(body)
        return Answer(status, headers, body)

    def observed(self):
        """What was counted, by name, class and outcome."""
        return {
            (seen.name, seen.section, seen.consent_class, seen.outcome): (found.count, found.lifetime)
            for seen, found in self.runtime.observed._counts.items()
        }


class Answer:
    """A response."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body
        self.cookies = headers.getlist("Set-Cookie")
        self.names = [cookie.partition("=")[0] for cookie in self.cookies if "Max-Age=0" not in cookie]
        self.deleted = [cookie for cookie in self.cookies if "Max-Age=0" in cookie]


def make_paper(tmp_path_factory, enforcement):
    """Return a paper of its own."""
    return Paper(tmp_path_factory.mktemp("paper"), enforcement)


@pytest.fixture(scope="module")
def enforcing(tmp_path_factory):
    """A paper that withholds what was not agreed to, and what it does not know."""
    paper = make_paper(tmp_path_factory, '\n[enforcement]\ncookies = "enforce"\n')
    yield paper
    paper.runtime.database.dispose()


@pytest.fixture
def paper(enforcing):
    """The same, with nothing counted yet."""
    enforcing.runtime.observed.after_fork()
    return enforcing


THREE = ("_count=1; Max-Age=60; Path=/", "sid=2; HttpOnly", "unheard_of=3", "_p_1=4", "_p_2=5; Path=/set", "_p_1=6")


def test_what_was_not_agreed_to_is_withheld(paper):
    """Undecided, refused, agreed to in part and to all: each gets what is theirs, in the order it was set."""
    wanted = {
        None: ["sid"],
        paper.state(): ["sid"],
        paper.state("analytics"): ["_count", "sid"],
        paper.state("embeds"): ["sid"],
        paper.state("analytics", "embeds"): ["_count", "sid", "_p_1", "_p_2", "_p_1"],
        "forged." + paper.state("analytics", "embeds"): ["sid"],
    }
    assert {state: paper.ask("/set", *THREE, state=state).names for state in wanted} == wanted
    two = f"consentkit={paper.state('analytics')}"
    assert paper.ask("/set", *THREE, state=paper.state("embeds"), sent=two).names == ["sid"]


def test_answers_for_single_services_count(paper):
    """A service that was agreed to by itself sets its cookies, and one that was refused by itself does not."""
    alone = paper.state(services={"player": True})
    without = paper.state("analytics", "embeds", services={"counter": False})
    assert paper.ask("/set", *THREE, state=alone).names == ["sid", "_p_1", "_p_2", "_p_1"]
    assert paper.ask("/set", *THREE, state=without).names == ["sid", "_p_1", "_p_2", "_p_1"]


def test_what_has_lapsed_counts_for_nothing(paper):
    """A state that is remembered is still judged by its last day."""
    state = paper.state("analytics")
    assert paper.ask("/set", *THREE, state=state).names == ["_count", "sid"]
    before = paper.clock.now()
    try:
        paper.clock.advance(dt.timedelta(days=200))
        assert paper.ask("/set", *THREE, state=state).names == ["sid"]
    finally:
        paper.clock.set(before)


def test_what_deletes_is_never_withheld(paper):
    """Nor counted: nothing is kept by it."""
    gone = ("_count=; Max-Age=0", "unheard_of=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "_p_1=; Max-Age=-5")
    assert paper.ask("/set", *gone).cookies == list(gone)
    assert paper.observed() == {}


def test_the_applications_session_and_our_own_leave_in_any_case(paper, caplog):
    """What no service declares of it is said once, to those who run the site."""
    assert paper.ask("/session").names == ["session"]
    assert paper.ask("/session").names == ["session"]
    own = [f"{name}=1" for name in ("consentkit_id", "consentkit_class", "consentkit_admin", "consentkit_admin_device")]
    assert paper.ask("/set", *own).cookies == own
    assert [record.args[1] for record in caplog.records if "no service declares" in record.getMessage()] == ["session"]


def test_a_session_of_the_hosts_own_making_breaks_nothing(tmp_path, caplog):
    """Its interface may need a request to name the cookie: then the configured name is what is known."""

    class OfTheRequest(flask.sessions.SecureCookieSessionInterface):
        def get_cookie_name(self, app):
            return f"{super().get_cookie_name(app)}{flask.request.args.get('more', '')}"

    def mounted(environ, start_response):
        start_response("200 OK", [("Set-Cookie", f"{name}=1") for name in ("_count", "sid", "session")])
        return []

    paper = Paper(tmp_path, '\n[enforcement]\ncookies = "enforce"\n')
    paper.app.session_interface = OfTheRequest()
    held = paper.consent.enforce(mounted, paper.app)
    assert paper.ask(application=held).names == ["sid", "session"]
    assert paper.ask(application=held, state=paper.state("analytics")).names == ["_count", "sid", "session"]
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
    paper.runtime.database.dispose()


def test_what_leaves_is_counted(paper):
    """By name, section, class and outcome, with the longest lifetime; errors have no section: anybody makes those."""
    paper.ask("/set", "_count=1; Max-Age=60", "sid=2", "\xd1\x86=3", "=4")
    paper.ask("/news/a", "_count=1; Max-Age=60", state=paper.state("analytics"))
    paper.ask("/news/b", "_count=1; Max-Age=90", state=paper.state("analytics"))
    paper.ask("/made/up", "sid=1")
    assert paper.observed() == {
        ("_count", "set", 0, Outcome.WITHHELD): (1, 60),
        ("sid", "set", -1, Outcome.PASSED): (1, None),
        ("%D1%86", "set", -1, Outcome.WITHHELD): (1, None),
        ("(no name)", "set", -1, Outcome.WITHHELD): (1, None),
        ("_count", "news", 1, Outcome.PASSED): (2, 90),
        ("sid", "", -1, Outcome.PASSED): (1, None),
    }


def test_what_somebody_makes_up_fills_no_memory(paper):
    """Thousands of names, and names and headers without measure."""
    paper.ask("/set", *(f"_p_{number}=1" for number in range(3000)))
    assert len(paper.observed()) == MAX_DIFFERENT
    answer = paper.ask("/set", "x" * 100_000 + "=1", "_count=" + "x" * 100_000, "sid=1;" + ";" * 50_000, "_p_a\x7f=1")
    assert answer.names == ["sid"]


@pytest.mark.parametrize(
    "status", ["200 OK", "302 FOUND", "304 NOT MODIFIED", "404 NOT FOUND", "500 ERROR", "101 Switching"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_every_kind_of_response_is_held_to_it(paper, status, method):
    """Redirects, answers without a body, errors; a 'Set-Cookie' in whatever letters."""

    def application(environ, start_response):
        start_response(status, [("set-cookie", "_count=1"), ("SET-COOKIE", "sid=1"), ("X-Other", "_count=1")])
        return [b"body"]

    held = paper.consent.enforce(application, paper.app)
    answer = paper.ask(application=held, method=method)
    assert answer.status == status
    assert list(answer.headers) == [("SET-COOKIE", "sid=1"), ("X-Other", "_count=1")]
    assert answer.body == b"body"
    assert paper.ask(application=held, state=paper.state("analytics")).names == ["_count", "sid"]


def test_the_protocol_is_kept(paper):
    """A late start, ``write``, a second start with ``exc_info``, ``close``; and its list of headers is the host's."""
    headers = [("Set-Cookie", "_count=1"), ("Set-Cookie", "sid=1")]
    started = []
    closed = []

    def late(environ, start_response):
        def body():
            try:
                write = start_response("200 OK", headers)
                write(b"written ")
                start_response("500 ERROR", [*headers, ("X-Second", "1")], (LookupError, LookupError(), None))
                yield b"yielded"
            finally:
                closed.append(True)

        return body()

    def start(status, given, *exc_info):
        started.append((status, given, exc_info and exc_info[0][0]))
        return started.append

    result = paper.consent.enforce(late, paper.app)(EnvironBuilder(base_url=SITE).get_environ(), start)
    assert started == []
    assert next(iter(result)) == b"yielded"
    result.close()
    assert started == [
        ("200 OK", [("Set-Cookie", "sid=1")], ()),
        b"written ",
        ("500 ERROR", [("Set-Cookie", "sid=1"), ("X-Second", "1")], LookupError),
    ]
    assert closed == [True]
    assert headers == [("Set-Cookie", "_count=1"), ("Set-Cookie", "sid=1")]


def test_a_stream_stays_a_stream(paper):
    """Nothing is read ahead."""
    produced = []

    def application(environ, start_response):
        start_response("200 OK", [("Set-Cookie", "_count=1")])
        for number in range(3):
            produced.append(number)
            yield b"."

    body, _, headers = run_wsgi_app(
        paper.consent.enforce(application, paper.app), EnvironBuilder(base_url=SITE).get_environ()
    )
    assert list(headers) == []
    assert produced == [0]
    assert b"".join(body) == b"..."


def test_what_is_mounted_beside_the_application_is_held_to_it(tmp_path):
    """What the host puts around it later is inside from the first request on, and nothing is done twice."""
    paper = Paper(tmp_path, '\n[enforcement]\ncookies = "enforce"\ncsp = "enforce"\n')

    def shop(environ, start_response):
        start_response("200 OK", [("Set-Cookie", "_count=1"), ("Set-Cookie", "sid=1")])
        return [b"shop"]

    paper.app.wsgi_app = ProxyFix(DispatcherMiddleware(paper.app.wsgi_app, {"/shop": shop}), x_host=1)
    assert paper.ask("/set", "_count=1", "sid=1").names == ["sid"]
    outermost = paper.app.wsgi_app
    assert paper.ask("/shop/x").names == ["sid"]
    answer = paper.ask("/set", "_count=1", "sid=1")
    assert answer.names == ["sid"]
    assert len(answer.headers.getlist("Content-Security-Policy")) == 1
    assert paper.app.wsgi_app is outermost
    assert paper.observed()["_count", "set", 0, Outcome.WITHHELD] == (2, None)
    # And around the application object, where it is said.
    around = paper.consent.enforce(DispatcherMiddleware(paper.app, {"/stall": shop}), paper.app)
    assert paper.ask("/stall", application=around).names == ["sid"]
    assert paper.ask("/set", "_count=1", "sid=1", application=around).names == ["sid"]
    assert paper.observed()["_count", "set", 0, Outcome.WITHHELD] == (3, None)
    with pytest.raises(RuntimeError, match="not initialised"):
        paper.consent.enforce(shop, flask.Flask("other"))
    paper.runtime.database.dispose()


def test_each_host_is_held_to_its_own_site_as_it_is_now(tmp_path):
    """One withholds, one does not; a host of neither is nobody's; and what changes holds for the next response."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_site(tmp_path / name, site=name, origins=[f"http://{name}.example", f"http://{name}.example:8080"])
    one, two = (tmp_path / name / "consentkit.toml" for name in ("one", "two"))
    one.write_text(one.read_text("utf-8") + '\n[enforcement]\ncookies = "enforce"\n', encoding="utf-8")
    app = flask.Flask("two", instance_path=str(tmp_path))
    database = f"sqlite:///{tmp_path / 'records.db'}"
    app.config.update(SECRET_KEY="x", CONSENTKIT_CONFIG=str(tmp_path), CONSENTKIT_DATABASE_URL=database)
    ConsentKit(app, clock=FrozenClock())

    @app.get("/")
    def front():
        response = flask.Response("ok")
        response.set_cookie("_count", "1")
        return response

    def withheld():
        hosts = ("one.example", "ONE.example:80", "one.example:8080", "one.example:81", "two.example", "three.example")
        client = app.test_client()
        return [host for host in hosts if "Set-Cookie" not in client.get("/", headers={"Host": host}).headers]

    mine = ["one.example", "ONE.example:80", "one.example:8080"]
    assert withheld() == mine
    two.write_text(two.read_text("utf-8") + '\n[enforcement]\ncookies = "enforce"\n', encoding="utf-8")
    runtime = app.extensions["consentkit"]
    runtime.watch.refresh()
    assert withheld() == [*mine, "two.example"]
    runtime.database.dispose()


@pytest.mark.parametrize("fault", ["_judge", "_expire", "_declared", "_take_note"])
def test_a_fault_of_ours_takes_no_response_down(paper, monkeypatch, caplog, fault):
    """It goes out with what is necessary and nothing optional, and the fault is told once, without a value."""

    def broken(*_):
        raise LookupError("a value of a reader")

    monkeypatch.setattr(cookie_headers.CookieFilter, fault, property(broken) if fault == "_declared" else broken)
    enforcer = paper.app.extensions["consentkit_enforcer"]
    monkeypatch.setattr(enforcer, "_told", set())
    everything = ("_count=1", "sid=1", "csrf_1=1", "unheard_of=1", "session=1", "consentkit_id=1")
    for _ in range(2):
        answer = paper.ask("/set", *everything, state=paper.state("analytics"), sent="_p_1=1")
        assert answer.names == ["sid", "csrf_1", "session", "consentkit_id"]
        assert answer.body == b"ok"
    told = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(told) == 1
    assert "LookupError" in told[0].getMessage()
    assert "a value" not in told[0].getMessage()
    assert told[0].exc_info is None


def test_the_fall_back_may_fail_as_well(paper, monkeypatch, caplog):
    """Then what is protected by name is all that is left."""

    def broken(*_, **__):
        raise LookupError

    monkeypatch.setattr(cookie_headers.CookieFilter, "_judge", broken)
    monkeypatch.setattr(cookie_headers, "plainly_kept", broken)
    assert paper.ask("/set", "_count=1", "sid=1", "session=1", state=paper.state("analytics")).names == ["session"]


@pytest.fixture(scope="module")
def observing(tmp_path_factory):
    """A paper that counts and does nothing else: what there is without a word in the configuration."""
    paper = make_paper(tmp_path_factory, "")
    yield paper
    paper.runtime.database.dispose()


def test_observe_counts_and_changes_nothing(observing):
    """Not even for who refused, and nothing is deleted."""
    answer = observing.ask("/set", *THREE, state=observing.state(), sent="_count=1")
    assert answer.cookies == list(THREE)
    assert observing.observed()["_count", "set", 0, Outcome.PASSED] == (1, 60)
    assert observing.observed()["unheard_of", "set", -1, Outcome.PASSED] == (1, None)


def test_off_and_pass(tmp_path_factory):
    """``off`` does not even count; ``undeclared_cookies = "pass"`` lets go what no service declares."""
    off = make_paper(tmp_path_factory, '\n[enforcement]\ncookies = "off"\n')
    assert off.ask("/set", *THREE).cookies == list(THREE)
    assert off.observed() == {}
    passing = make_paper(tmp_path_factory, '\n[enforcement]\ncookies = "enforce"\nundeclared_cookies = "pass"\n')
    assert passing.ask("/set", *THREE).names == ["sid", "unheard_of"]
    off.runtime.database.dispose()
    passing.runtime.database.dispose()


# ── what was refused is deleted ──

SENT = "_count=1; sid=2; unheard_of=3; __Host-player=4; _p_x=5; _count=6"


def test_what_was_refused_is_deleted_from_who_still_has_it(paper):
    """On the following response, at every place it could lie; the rest of what they have stays."""
    answer = paper.ask("/news/2026", state=paper.state("analytics"), sent=SENT)
    assert {cookie.partition("=")[0] for cookie in answer.deleted} == {"__Host-player", "_p_x"}
    assert "__Host-player=; Max-Age=0; Path=/; Secure" in answer.deleted
    assert "_p_x=; Max-Age=0; Path=/news; Domain=news.example" in answer.deleted
    assert answer.headers["Cache-Control"] == "private"
    # Counted by what the site declares: the rest of the name is the reader's.
    assert paper.observed() == {
        ("__Host-player", "news", 1, Outcome.EXPIRED): (1, None),
        ("_p_*", "news", 1, Outcome.EXPIRED): (1, None),
    }
    refused = paper.ask("/", state=paper.state(), sent=SENT)
    assert {cookie.partition("=")[0] for cookie in refused.deleted} == {"_count", "__Host-player", "_p_x"}
    assert sum(len(f"Set-Cookie: {cookie}\r\n") for cookie in refused.deleted) <= 2048


def test_nothing_is_deleted_from_who_has_not_decided(paper):
    """Nor from who agreed, nor where there is nothing of it."""
    assert paper.ask("/", sent=SENT).deleted == []
    assert paper.ask("/", state=paper.state("analytics", "embeds"), sent=SENT).deleted == []
    assert paper.ask("/", state=paper.state(), sent="sid=1; odd").deleted == []


@pytest.mark.parametrize(
    ("query", "deletes", "control"),
    [
        ({"cache": "public, max-age=60"}, False, "public, max-age=60"),
        ({"cache": "max-age=60"}, False, "max-age=60"),
        ({"cache": "s-maxage=60"}, False, "s-maxage=60"),
        ({"cache": "private, max-age=60"}, True, "private, max-age=60"),
        ({"cache": "no-store"}, True, "no-store"),
        ({"cache": "no-cache"}, True, "no-cache, private"),
        ({"cache": 'private="X-Other"'}, False, 'private="X-Other"'),
        ({"status": "304"}, False, ""),
        ({"status": "304", "cache": "private"}, True, "private"),
        ({"status": "404"}, True, "private"),
        ({}, True, "private"),
    ],
)
def test_no_deletion_stands_on_what_a_shared_cache_may_keep(paper, query, deletes, control):
    """It would delete from others. What says nothing of caches is made the reader's own."""
    answer = paper.ask("/set", query=query, state=paper.state(), sent="_count=1")
    assert bool(answer.deleted) is deletes
    assert ", ".join(answer.headers.getlist("Cache-Control")) == control


@pytest.mark.parametrize(
    "header", ["Expires", "Surrogate-Control", "CDN-Cache-Control", "Cloudflare-CDN-Cache-Control"]
)
def test_other_headers_give_a_response_to_caches_too(paper, header):
    """Those of CDNs, whatever the others are told, and the old one."""
    headers = [(header, "max-age=60"), *([("Cache-Control", "private")] if header != "Expires" else [])]

    def application(environ, start_response):
        start_response("200 OK", headers)
        return []

    answer = paper.ask(application=paper.consent.enforce(application, paper.app), state=paper.state(), sent="_count=1")
    assert list(answer.headers) == headers


def test_a_withdrawal_deletes_at_once(paper):
    """On the answer to the decision, for the page that it was taken on, where that was seen being set as well."""
    client = paper.app.test_client()
    decide(client, paper.app, purposes={"analytics": True}, base_url=SITE)
    client.get("/news/2026/a?c=_count%3D1;Path%3D/news/2026", base_url=SITE)
    notice = paper.runtime.site("steppe-herald").notices["ru"]
    body = {"notice": notice.version, "locale": "ru"}
    page = {"Referer": f"{SITE}/news/2026/a?q=1"}
    again = {"action": "save", "purposes": {"analytics": True}, "nonce": "m" * 22}
    response = client.post("/consent/decisions", json=body | again, base_url=SITE, headers=page)
    assert response.status_code == 201
    assert not any(cookie.startswith("_count") for cookie in response.headers.getlist("Set-Cookie"))
    client.set_cookie("_count", "2", domain="www.news.example")
    gone = {"action": "withdraw", "nonce": "n" * 22}
    response = client.post("/consent/decisions", json=body | gone, base_url=SITE, headers=page)
    assert response.status_code == 201
    cookies = response.headers.getlist("Set-Cookie")
    assert any(cookie.startswith("consentkit=ey") for cookie in cookies)
    deleted = [cookie for cookie in cookies if cookie.startswith("_count=; Max-Age=0")]
    assert deleted[0] == "_count=; Max-Age=0; Path=/news/2026"
    assert "_count=; Max-Age=0; Path=/" in deleted
    assert response.headers["Cache-Control"] == "no-store"
    # The browser has neither any more.
    assert client.get_cookie("_count", domain="www.news.example", path="/news/2026") is None
    assert client.get_cookie("_count", domain="www.news.example") is None
