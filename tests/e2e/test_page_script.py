"""What a visit asks for and runs: the script in the page, the module, and pages that a cache kept from before."""

from __future__ import annotations

import base64
import collections
import html
import json
import re
import typing as t

import flask
import markupsafe
import pytest
from playwright.sync_api import expect

from consentkit import ConsentKit
from tests.e2e.paper import NOTICE
from tests.e2e.paper import expect_asked
from tests.e2e.paper import expect_decided
from tests.e2e.paper import press
from tests.e2e.paper import read_state
from tests.e2e.servers import free_port
from tests.e2e.servers import serve
from tests.sites import write_site

HEAD = '<!doctype html><html lang="ru"><head><meta charset="utf-8"><title>A story</title>'
BODY = "<main><h1>A story</h1><p>Words.</p></main></body></html>"
PAGE = HEAD + "{{ consentkit.head() }}</head><body>{{ consentkit.notice() }}" + BODY
#: As an earlier version rendered it: the script as a file, its data escaped.
OLD = (
    HEAD + '<link rel="stylesheet" href="/consent/static/consentkit.css?v=0123456789abcdef">'
    '<script data-site="steppe-herald" data-revision="1">document.documentElement.dataset.consentkit="pending"</script>'
    "</head><body>{{ notice }}"
    '<script src="/consent/static/page.js?v=0123456789abcdef" async data-consentkit-config="{{ config }}"></script>'
    + BODY
)
MODULE = (
    HEAD + '</head><body><script type="module">'
    'import consentkit from "{{ service }}/consent/widget.mjs?site=steppe-herald&locale=ru";'
    "document.documentElement.dataset.found = consentkit.state().status + (consentkit === window.consentkit);"
    "</script>" + BODY
)
#: What a library that replaces the body does: the same markup, and its scripts made anew so that they run.
REPLACE = """async () => {
    const text = await (await fetch(location.href)).text();
    const { body } = new DOMParser().parseFromString(text, "text/html");
    for (const old of body.querySelectorAll("script")) {
        const script = document.createElement("script");
        for (const { name, value } of old.attributes) script.setAttribute(name, value);
        script.textContent = old.textContent;
        old.replaceWith(script);
    }
    document.body.replaceWith(body);
}"""


class Site(t.NamedTuple):
    """A running site."""

    url: str
    #: Every path that the server was asked for, in order.
    log: list[str]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> t.Iterator[Site]:
    """A site whose server keeps a log of what it was asked for."""
    folder = tmp_path_factory.mktemp("site")
    port = free_port()
    log: list[str] = []
    app = flask.Flask("host", instance_path=str(folder))
    app.config.update(
        SECRET_KEY="of this test",
        CONSENTKIT_CONFIG=str(write_site(folder, origins=[f"http://127.0.0.1:{port}", f"http://localhost:{port}"])),
        CONSENTKIT_DATABASE_URL=f"sqlite:///{folder / 'records.db'}",
    )
    ConsentKit(app)

    @app.before_request
    def note():
        log.append(flask.request.path)

    @app.get("/")
    def story():
        return flask.render_template_string(PAGE)

    @app.get("/old")
    def old():
        page = flask.render_template_string(PAGE)
        notice = page[page.index('<div id="consentkit-notice"') : page.index('<script type="module"')]
        config = json.loads(html.unescape(re.search("data-consentkit-config='([^']*)'", page)[1]))
        assert "assets" not in config
        return flask.render_template_string(OLD, notice=markupsafe.Markup(notice), config=json.dumps(config))

    @app.get("/module")
    def module():
        return flask.render_template_string(MODULE, service=flask.request.args["service"])

    @app.get("/favicon.ico")
    def icon():
        return "", 404

    with serve(app, port=port):
        yield Site(f"http://127.0.0.1:{port}/", log)
    app.extensions["consentkit"].database.dispose()


def asked(site: Site) -> collections.Counter[str]:
    """Return what the server was asked for since the last time, but for the browser's own icon."""
    found = collections.Counter(path for path in site.log if path != "/favicon.ico")
    site.log.clear()
    return found


def test_a_first_visit_asks_for_the_page_and_one_file(reader, site):
    """The style; and, once all is loaded, the beacon that counts."""
    site.log.clear()
    visitor = reader()
    visitor.open(site.url)
    expect_asked(visitor)
    visitor.rest()
    assert asked(site) == {"/": 1, "/consent/static/bar.css": 1, "/consent/shown": 1}
    assert visitor.errors == []


def test_who_has_refused_asks_for_nothing_but_the_page(reader, site):
    """The style is kept by the browser; nothing else is needed, and nothing is counted."""
    visitor = reader()
    visitor.open(site.url)
    press(visitor, "reject_all")
    site.log.clear()
    visitor.open(site.url)
    expect_decided(visitor)
    visitor.rest()
    assert asked(site) == {"/": 1}
    assert visitor.page.evaluate("window.consentkit.ready.then(({ status }) => status)") == "valid"


@pytest.mark.parametrize("page", ["", "module?service="], ids=["rendered", "tag"])
def test_other_prompts_know_whether_to_wait(reader, site, page):
    """True where the notice shows: to who is new, and to whose decision has expired; false to who has decided."""
    visitor = reader()
    visitor.open(site.url + page)
    assert visitor.page.evaluate("window.consentkit.willShow") is True
    press(visitor, "reject_all")
    visitor.open(site.url + page)
    assert visitor.page.evaluate("window.consentkit.willShow") is False
    expired = base64.urlsafe_b64encode(json.dumps({**read_state(visitor.cookies()["consentkit"]), "e": 1}).encode())
    value = f"{expired.decode().rstrip('=')}.x.y"
    visitor.context.add_cookies([{"name": "consentkit", "value": value, "url": site.url}])
    visitor.open(site.url + page)
    expect_asked(visitor)
    assert visitor.page.evaluate("window.consentkit.state().status") == "expired"
    assert visitor.page.evaluate("window.consentkit.willShow") is True


def test_before_the_first_paint_a_decided_visit_runs_next_to_nothing(reader, site):
    """At most 1,000 bytes of script; the rest comes after the paint, or when the page asks for it."""
    visitor = reader()
    visitor.open(site.url)
    press(visitor, "reject_all")
    # What runs where no frame is ever drawn is what runs before the first.
    frozen = visitor.context.new_page()
    frozen.add_init_script("window.requestAnimationFrame = () => 0")
    session = visitor.context.new_cdp_session(frozen)
    session.send("Profiler.enable")
    session.send("Profiler.startPreciseCoverage", {"callCount": True, "detailed": True})
    frozen.goto(site.url, wait_until="load")
    found = [
        script
        for script in session.send("Profiler.takePreciseCoverage")["result"]
        if script["url"] == site.url and script["functions"][0]["ranges"][0]["endOffset"]
    ]
    assert found
    assert 0 < sum(map(_executed, found)) <= 1000
    # Asked for, it is there at once.
    assert frozen.evaluate("window.consentkit.state().action") == "reject_all"
    frozen.close()
    visitor.context.add_init_script(
        "requestAnimationFrame(() => { window.framed = true; });"
        "document.addEventListener('consentkit:ready', () => { window.late = window.framed === true; });"
    )
    visitor.open(site.url)
    assert visitor.page.evaluate("window.late") is True


def _executed(script: dict[str, t.Any]) -> int:
    """Return how many characters of a script ran: the innermost range of each says how often."""
    ranges = [each for function in script["functions"] for each in function["ranges"]]
    ran = bytearray(max(each["endOffset"] for each in ranges))
    for each in sorted(ranges, key=lambda each: (each["startOffset"], -each["endOffset"])):
        size = each["endOffset"] - each["startOffset"]
        ran[each["startOffset"] : each["endOffset"]] = bytes([each["count"] > 0]) * size
    return sum(ran)


def test_a_body_that_is_replaced_starts_nothing_twice(reader, site):
    """Its scripts run again: there is one consentkit, and one decision for one click."""
    visitor = reader()
    visitor.open(site.url)
    visitor.page.evaluate(REPLACE)
    visitor.rest()
    assert visitor.witness("consent").count("ready") == 1
    assert visitor.errors == []
    site.log.clear()
    press(visitor, "reject_all")
    assert asked(site)["/consent/decisions"] == 1


def test_a_page_that_a_cache_kept_works(reader, site):
    """Its script and style have other addresses now, and its data other keys."""
    visitor = reader()
    visitor.open(f"{site.url}old")
    expect_asked(visitor)
    expect(visitor.page.locator(NOTICE)).to_have_css("position", "fixed")
    press(visitor, "reject_all")
    expect_decided(visitor)
    assert "consentkit" in visitor.cookies()
    assert visitor.errors == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"], ids=["own-origin", "another-site"])
def test_the_module_gives_the_api(reader, site, host):
    """Imported from the page's own origin and from another: its default export is the page's consentkit."""
    visitor = reader()
    service = site.url.rstrip("/").replace("127.0.0.1", host)
    visitor.open(f"{site.url}module?service={service}")
    expect_asked(visitor)
    expect(visitor.page.locator("html")).to_have_attribute("data-found", "nonetrue")
    press(visitor, "reject_all")
    expect_decided(visitor)
    visitor.reload()
    expect(visitor.page.locator("html")).to_have_attribute("data-found", "validtrue")
    assert visitor.errors == []
