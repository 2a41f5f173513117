"""Global Privacy Control in a browser that sends it: told, honoured, recorded where it binds; a choice counts for more.

Chromium has no switch for it, so a reader who sends it has the header and the property from the test. The server's own
records and the requests of the page are the witnesses of what happened, and of what did not.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sqlite3
import urllib.request

import flask
import pytest
from playwright.sync_api import expect

from consentkit import ConsentKit
from tests.e2e.paper import NOTICE
from tests.e2e.paper import PREFERENCES
from tests.e2e.paper import choose
from tests.e2e.paper import expect_asked
from tests.e2e.paper import expect_decided
from tests.e2e.paper import open_preferences
from tests.e2e.paper import press
from tests.e2e.paper import read_state
from tests.e2e.servers import free_port
from tests.e2e.servers import serve
from tests.sites import write_site

SIGNAL = "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true });"
#: A page that is made ready before its reader comes, until the test says so.
PRERENDERING = """
let waiting = true;
Object.defineProperty(Document.prototype, "prerendering", { get: () => waiting });
window.__activate = () => { waiting = false; document.dispatchEvent(new Event("prerenderingchange")); };
"""
LINE = f"{NOTICE} .consentkit-gpc"
TOAST = ".consentkit-toast"

PAGE = """<!doctype html><html lang="ru"><head><meta charset="utf-8"><title>Новости</title>
{{ consentkit.head() }}</head><body>{{ consentkit.notice() }}<h1>Новости</h1><p>{{ consentkit.settings_link() }}</p>
{{ consentkit.script("analytics", src=counter, service="counter") }}</body></html>"""
TAGGED = """<!doctype html><html lang="ru"><head><meta charset="utf-8"><title>Архив</title>
<script src="{{ service }}/consent/widget.js?site=steppe-herald&locale=ru" async></script></head><body><h1>Архив</h1>
<script type="text/plain" data-consent="analytics" data-src="{{ counter }}"></script></body></html>"""


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """A running site."""

    page: str
    tagged: str
    counter: str
    database: str
    #: What came to the server: path and ``Sec-GPC``.
    seen: list[tuple[str, str | None]]

    def records(self):
        """Return action, method, signal, layer and subject of every stored record, oldest first."""
        with contextlib.closing(sqlite3.connect(self.database)) as connection:
            rows = connection.execute(
                "SELECT action, method, gpc, layer, subject_id FROM consentkit_records ORDER BY id"
            )
            return rows.fetchall()


@pytest.fixture
def place(tmp_path):
    """Make a site with a table ``[gpc]``, and serve it under the hosts of its pages, of a counter and of elsewhere."""
    with contextlib.ExitStack() as running:

        def make(gpc=""):
            port = free_port()
            news, counter, elsewhere = (f"http://{name}.example:{port}" for name in ("news", "counter", "elsewhere"))
            file = write_site(tmp_path, origins=[news, elsewhere])
            file.write_text(f"{file.read_text('utf-8')}\n[gpc]\n{gpc}\n", "utf-8")
            app = flask.Flask("pages", root_path=str(tmp_path), instance_path=str(tmp_path))
            database = tmp_path / "records.db"
            app.config.update(
                SECRET_KEY="of this test", CONSENTKIT_CONFIG=str(file), CONSENTKIT_DATABASE_URL=f"sqlite:///{database}"
            )
            kit = ConsentKit(app)
            seen = []

            @app.before_request
            def witness():
                seen.append((flask.request.path, flask.request.headers.get("Sec-GPC")))

            @app.get("/")
            def page():
                own = kit.csp_sources()
                own["script-src"] += [counter]
                policy = "; ".join(["default-src 'none'", *(f"{name} {' '.join(all_)}" for name, all_ in own.items())])
                text = flask.render_template_string(PAGE, counter=f"{counter}/count.js")
                return flask.Response(text, headers={"Content-Security-Policy": policy})

            @app.get("/tagged")
            def tagged():
                return flask.render_template_string(TAGGED, service=news, counter=f"{counter}/count.js")

            @app.get("/count.js")
            def count():
                return flask.Response("", mimetype="text/javascript")

            running.enter_context(serve(app, port=port))
            return Place(f"{news}/", f"{elsewhere}/tagged", counter, str(database), seen)

        yield make


@pytest.fixture
def sender(reader):
    """Make a reader whose browser sends the signal."""

    def make(**options):
        one = reader(headers={"Sec-GPC": "1"}, **options)
        if one.script:
            one.context.add_init_script(SIGNAL)
        return one

    return make


def state_of(visitor):
    """Return what the script says."""
    return visitor.page.evaluate("() => window.consentkit.state()")


def posts(visitor):
    """Return the bodies of the decisions that left the page."""
    return [json.loads(request.post_data) for request in visitor.requests if request.url.count("/decisions?")]


# ── by default: asked, told, never recorded ──


def test_who_sends_it_is_told_and_asked(place, reader, sender):
    """The line is there from the first frame, for nobody else, and nothing is sent, kept or moved."""
    site = place()
    visitor = sender()
    visitor.open(site.page)
    expect_asked(visitor)
    expect(visitor.page.locator(LINE)).to_be_visible()
    expect(visitor.page.locator(LINE)).to_contain_text("Global Privacy Control")
    assert state_of(visitor)["gpc"] is True
    assert visitor.page.evaluate("() => window.consentkit.willShow") is True
    assert (posts(visitor), site.records(), visitor.cookies(), visitor.storage()) == ([], [], {}, [])
    assert visitor.page.evaluate("() => [window.__witness.shifts, window.__witness.violations]") == [[], []]
    assert ("/count.js", "1") not in site.seen
    other = reader()
    other.open(site.page)
    expect_asked(other)
    expect(other.page.locator(LINE)).to_be_hidden()
    assert state_of(other)["gpc"] is False
    assert visitor.errors == other.errors == []


def test_the_readers_own_word_counts_for_more(place, sender):
    """Accepted is accepted, on the next page too, and the record says that the signal came with it."""
    site = place()
    visitor = sender()
    visitor.open(site.page)
    press(visitor, "accept_all")
    for _ in range(2):
        expect_decided(visitor)
        assert state_of(visitor)["purposes"]["analytics"] is True
        visitor.reload()
    assert visitor.asked("/count.js")
    [(action, method, gpc, _layer, subject)] = site.records()
    assert (action, method, gpc) == ("accept_all", "widget", 1)
    assert subject


def test_the_preferences_tell_it(place, reader, sender):
    """In the dialog; and not to who does not send it."""
    site = place()
    for visitor, visible in ((sender(), True), (reader(), False)):
        visitor.open(site.page)
        open_preferences(visitor)
        expect(visitor.page.locator(f"{PREFERENCES} .consentkit-gpc")).to_be_visible(visible=visible)


def test_without_script(place, reader, sender):
    """The style of the state tells it, and the page of preferences; the form decides."""
    site = place()
    for visitor, visible in ((sender(script=False), True), (reader(script=False), False)):
        visitor.open(site.page)
        expect_asked(visitor)
        expect(visitor.page.locator(LINE)).to_be_visible(visible=visible)
        open_preferences(visitor)
        expect(visitor.page.locator(f"{PREFERENCES} .consentkit-gpc")).to_be_visible(visible=visible)
        choose(visitor, "analytics")
        expect_decided(visitor)
    assert [(action, gpc) for action, _, gpc, _, _ in site.records()] == [("save", 1), ("save", 0)]


def test_a_site_that_does_not_follow_it(place, sender):
    """It says nothing, and asks as ever."""
    visitor = sender()
    visitor.open(place("honour = false").page)
    expect_asked(visitor)
    expect(visitor.page.locator(LINE)).to_have_count(0)
    assert state_of(visitor)["gpc"] is True


# ── ask = false: the signal is answer enough ──


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_who_is_not_asked(place, reader, sender, script):
    """No notice, nothing allowed, nothing recorded; the choice is open all the same."""
    site = place("ask = false")
    visitor = sender(script=script)
    visitor.open(site.page)
    expect_decided(visitor)
    if script:
        state = state_of(visitor)
        assert (state["status"], state["gpc"], state["purposes"]["analytics"]) == ("none", True, False)
        assert visitor.page.evaluate("() => window.consentkit.willShow") is False
        assert visitor.page.evaluate("() => window.__witness.consent") == ["ready"]
        assert visitor.asked("/shown") == []
    assert (site.records(), visitor.cookies()) == ([], {})
    open_preferences(visitor, by="link")
    choose(visitor, "analytics")
    expect_decided(visitor)
    assert read_state(visitor.cookies()["consentkit"])["p"] == ["analytics"]
    other = reader(script=script)
    other.open(site.page)
    expect_asked(other)


# ── record = true: where it binds ──


def test_where_it_binds_it_is_recorded_once(place, reader, sender):
    """Without asking; the reader is told, with a way to choose; the next page sends nothing more."""
    site = place("record = true")
    visitor = sender()
    visitor.open(site.page)
    expect_decided(visitor)
    expect(visitor.page.locator(TOAST)).to_contain_text("Global Privacy Control")
    assert site.records() == [("gpc", "signal", 1, None, None)]
    assert set(visitor.cookies()) == {"consentkit"}
    assert visitor.page.evaluate("() => window.consentkit.willShow") is False
    assert "shown" not in visitor.page.evaluate("() => window.__witness.consent")
    visitor.reload()
    expect(visitor.page.locator(TOAST)).to_have_count(0)
    assert len(site.records()) == 1
    assert [body["action"] for body in posts(visitor)] == ["gpc"]
    refuser = reader()
    refuser.open(site.page)
    press(refuser, "reject_all")
    assert refuser.cookies() == visitor.cookies()
    assert visitor.errors == []


def test_a_later_choice_stays(place, sender):
    """From the message to the preferences; on the next page the signal takes nothing back."""
    site = place("record = true")
    visitor = sender()
    visitor.open(site.page)
    visitor.page.locator(f"{TOAST} [data-consentkit-action=customize]").click()
    expect(visitor.page.locator(f"{PREFERENCES} .consentkit-gpc")).to_be_visible()
    choose(visitor, "analytics")
    for _ in range(2):
        visitor.reload()
        expect_decided(visitor)
        assert state_of(visitor)["purposes"]["analytics"] is True
    assert [(action, gpc) for action, _, gpc, _, _ in site.records()] == [("gpc", 1), ("save", 1)]


def test_a_page_made_ready_in_advance_records_nothing(place, sender):
    """Only once there is a reader."""
    site = place("record = true")
    visitor = sender()
    visitor.page.add_init_script(PRERENDERING)
    visitor.open(site.page)
    expect_decided(visitor)
    assert (posts(visitor), site.records()) == ([], [])
    with visitor.page.expect_response(lambda answer: "/decisions" in answer.url):
        visitor.page.evaluate("() => window.__activate()")
    visitor.rest()
    assert [record[0] for record in site.records()] == ["gpc"]


def test_an_outage_loses_no_signal(place, sender):
    """In force at once; sent again on the next page, under the same nonce, into one record."""
    site = place("record = true")
    visitor = sender()
    visitor.page.route("**/decisions?**", lambda route: route.fulfill(status=503, headers={"Retry-After": "600"}))
    visitor.open(site.page)
    expect_decided(visitor)
    visitor.page.wait_for_function("() => localStorage.getItem('consentkit:pending')")
    assert state_of(visitor)["recorded"] is False
    visitor.page.unroute("**/decisions?**")
    with visitor.page.expect_response(lambda answer: "/decisions" in answer.url):
        visitor.reload()
    visitor.page.wait_for_function("() => window.consentkit.state().recorded")
    assert [record[:2] for record in site.records()] == [("gpc", "signal")]
    assert len({body["nonce"] for body in posts(visitor)}) == 1
    assert visitor.storage() == []


@pytest.mark.parametrize("gpc", ["", "record = true"], ids=["asked", "recorded"])
def test_by_the_tag_on_another_site(place, sender, gpc):
    """What the page's own script sees, and what the server sees, are one signal."""
    site = place(gpc)
    visitor = sender()
    visitor.open(site.tagged)
    if gpc:
        expect_decided(visitor)
        expect(visitor.page.locator(TOAST)).to_be_visible()
        assert site.records() == [("gpc", "signal", 1, None, None)]
        visitor.reload()
        assert len(site.records()) == 1
    else:
        expect_asked(visitor)
        expect(visitor.page.locator(LINE)).to_be_visible()
        assert site.records() == []
    assert visitor.errors == []


def test_the_demo_gives_its_word(demo):
    """At the root of its host."""
    with urllib.request.urlopen(f"{demo.url}/.well-known/gpc.json", timeout=15) as answer:
        assert json.load(answer)["gpc"] is True
