"""The one tag, on pages of any other server, in each place where the service can stand.

All hosts are this machine: ``news.example`` has the pages, ``counter.example`` is a third party. The service stands
under the pages' own origin, on a subdomain of theirs, or on another site, where browsers take no cookie from it.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import sqlite3

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

PAGE = """<!doctype html>
<html lang="{lang}" dir="{dir}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Archive</title><script src="{service}/consent/widget.js?site=steppe-herald" async></script></head>
<body><main><h1>A page of an old archive</h1><p>It knows nothing of consent.</p></main>
<script type="text/plain" data-consent="analytics" data-src="{counter}/count.js"></script></body></html>"""


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """Where the service stands, and what follows for the cookies."""

    host: str
    #: The domain of the state cookie, and of the subject id, or None where there can be none.
    state_domain: str
    subject_domain: str | None
    configuration: dict[str, str] = dataclasses.field(default_factory=dict)


PLACES = {
    "same-origin": Place("news.example", "news.example", "news.example"),
    "subdomain": Place("consent.news.example", ".news.example", ".news.example", {"cookie_domain": "news.example"}),
    "another-site": Place("service.example", "news.example", None),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Setting:
    """A running site with its service."""

    place: Place
    page: str
    arabic: str
    counter: str
    service: str
    database: str

    def records(self):
        """Return action, method and subject of every stored record, oldest first."""
        with contextlib.closing(sqlite3.connect(self.database)) as connection:
            rows = connection.execute("SELECT action, method, subject_id FROM consentkit_records ORDER BY id")
            return rows.fetchall()


@pytest.fixture(params=list(PLACES.values()), ids=list(PLACES), scope="module")
def setting(request, tmp_path_factory):
    """A site in each of the three ways; its pages forbid all that they do not need."""
    place = request.param
    folder = tmp_path_factory.mktemp("tag")
    port = free_port()
    origins = {name: f"http://{name}.example:{port}" for name in ("news", "counter")}
    service = f"http://{place.host}:{port}"

    toolkit = flask.Flask("service", instance_path=str(folder))
    toolkit.config.update(
        SECRET_KEY="of this test",
        CONSENTKIT_CONFIG=str(
            write_site(folder, locales=("ru", "ar"), origins=[origins["news"]], **place.configuration)
        ),
        CONSENTKIT_DATABASE_URL=f"sqlite:///{folder / 'records.db'}",
    )
    ConsentKit(toolkit)

    pages = flask.Flask("pages")

    @pages.get("/")
    @pages.get("/<lang>")
    def page(lang="ru"):
        direction = "rtl" if lang == "ar" else "ltr"
        text = PAGE.format(lang=lang, dir=direction, service=service, counter=origins["counter"])
        policy = (
            f"default-src 'none'; script-src {service} {origins['counter']}; connect-src {service}; "
            f"style-src {service}; base-uri 'none'; form-action {service}; "
            "require-trusted-types-for 'script'; trusted-types consentkit"
        )
        return flask.Response(text, headers={"Content-Security-Policy": policy})

    @pages.get("/count.js")
    def count():
        answer = flask.Response("document.documentElement.dataset.counted = '1';", mimetype="text/javascript")
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @pages.get("/favicon.ico")
    def icon():
        return "", 404

    def dispatch(environ, start_response):
        own = environ["HTTP_HOST"] == f"{place.host}:{port}" and environ["PATH_INFO"].startswith("/consent/")
        return (toolkit if own else pages)(environ, start_response)

    with serve(dispatch, port=port):
        yield Setting(
            place,
            f"{origins['news']}/",
            f"{origins['news']}/ar",
            origins["counter"],
            service,
            str(folder / "records.db"),
        )
    toolkit.extensions["consentkit"].database.dispose()


@pytest.fixture
def visitor(reader, setting):
    """A reader whose browser takes no third-party cookies, before their first decision."""
    visitor = reader()
    session = visitor.context.new_cdp_session(visitor.page)
    session.send("Network.enable")
    session.send(
        "Network.setCookieControls",
        {
            "enableThirdPartyCookieRestriction": True,
            "disableThirdPartyCookieMetadata": True,
            "disableThirdPartyCookieHeuristics": True,
        },
    )
    visitor.open(setting.page)
    return visitor


def domains(visitor):
    """Return the domains of the cookies in the browser, by the cookies' names."""
    found = collections.defaultdict(set)
    for cookie in visitor.context.cookies():
        found[cookie["name"]].add(cookie["domain"])
    return dict(found)


def counted(visitor, setting):
    """Tell whether the third party was asked since the requests were last cleared."""
    return bool(visitor.asked(setting.counter))


def test_the_tag_brings_the_notice_and_keeps_nothing(visitor, setting):
    """On a first visit: the notice in the page's language, no cookie, no storage, no third party, no violation."""
    notice = visitor.page.locator(NOTICE)
    expect_asked(visitor)
    assert (notice.get_attribute("lang"), notice.get_attribute("dir")) == ("ru", "ltr")
    assert visitor.cookies() == {}
    assert visitor.storage() == []
    assert not counted(visitor, setting)
    assert sum(visitor.witness("shifts")) == 0
    assert visitor.witness("violations") == []
    assert visitor.errors == []
    # The links lead to the service, wherever it stands.
    link = visitor.page.locator(f"{NOTICE} [data-consentkit-policy=privacy]")
    assert str(link.evaluate("element => element.href")).startswith(f"{setting.service}/consent/privacy")


def test_refusing_holds_and_gives_no_identifier(visitor, setting):
    """One cookie, on the pages' own domain; after a reload still no notice and no third party."""
    before = len(setting.records())
    press(visitor, "reject_all")
    for _ in range(2):
        expect_decided(visitor)
        assert domains(visitor) == {"consentkit": {setting.place.state_domain}}
        assert not counted(visitor, setting)
        visitor.reload()
    assert setting.records()[before:] == [("reject_all", "widget", None)]
    assert visitor.witness("violations") == []


def test_accepting_releases_the_third_party(visitor, setting):
    """The cookies are what this place allows; the counter runs at once and after a reload."""
    press(visitor, "accept_all")
    expect_decided(visitor)
    expect(visitor.page.locator("html")).to_have_attribute("data-counted", "1")
    found = domains(visitor)
    assert found.pop("consentkit") == {setting.place.state_domain}
    assert found == ({"consentkit_id": {setting.place.subject_domain}} if setting.place.subject_domain else {})
    visitor.requests.clear()
    visitor.reload()
    expect_decided(visitor)
    expect(visitor.page.locator("html")).to_have_attribute("data-counted", "1")
    assert setting.records()[-1][:2] == ("accept_all", "widget")
    assert visitor.witness("violations") == []
    assert visitor.errors == []


def test_choosing_and_withdrawing(visitor, setting):
    """The second layer comes from the service too, and the way back is on the page."""
    open_preferences(visitor)
    choose(visitor, "embeds")
    expect_decided(visitor)
    assert read_state(visitor.cookies()["consentkit"])["p"] == ["embeds"]
    assert not counted(visitor, setting)
    visitor.reload()
    expect_decided(visitor)
    visitor.page.locator("body > [data-consentkit-action=customize]").click()
    press(visitor, "withdraw", within=PREFERENCES)
    expect(visitor.page.locator(PREFERENCES)).to_be_hidden()
    visitor.reload()
    expect_decided(visitor)
    assert read_state(visitor.cookies()["consentkit"])["p"] == []
    assert [record[0] for record in setting.records()[-2:]] == ["save", "withdraw"]
    assert visitor.witness("violations") == []


def test_the_page_decides_the_language(visitor, setting):
    """An Arabic page gets the Arabic notice, from right to left; what was decided in Russian holds there."""
    visitor.open(setting.arabic)
    notice = visitor.page.locator(NOTICE)
    expect(notice).to_be_visible()
    assert (notice.get_attribute("lang"), notice.get_attribute("dir")) == ("ar", "rtl")
    assert visitor.axe() == []
    press(visitor, "reject_all")
    visitor.open(setting.page)
    expect_decided(visitor)
