"""The demo newsroom holds itself to its readers' choice; the witnesses are the browser and the log of its servers."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import typing as t
import urllib.parse

import pytest
from playwright.sync_api import expect

from consentkit.demo.newsroom import create_app
from consentkit.demo.server import write_site
from tests.e2e.paper import choose
from tests.e2e.paper import open_preferences
from tests.e2e.paper import press
from tests.e2e.servers import free_port
from tests.e2e.servers import serve

if t.TYPE_CHECKING:
    import flask
    from _typeshed.wsgi import StartResponse
    from _typeshed.wsgi import WSGIEnvironment

STORY = "/ru/news/observatory"
SEARCH = "/ru/search?q=степь"
OFFICER = "officer@steppe-herald.example"
EMBED = ".consentkit-embed"
VIDEO = "/stand-in/video"


@dataclasses.dataclass(slots=True)
class Newsroom:
    """The running demo, and every request that reached it under any of its names."""

    app: flask.Flask
    port: int
    asked: list[str] = dataclasses.field(default_factory=list)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> cabc.Iterable[bytes]:
        """Note what is asked for, and answer."""
        self.asked.append(f"{environ['REQUEST_METHOD']} {environ['HTTP_HOST']}{environ['PATH_INFO']}")
        return self.app(environ, start_response)

    def url(self, path: str) -> str:
        """Return the address of a page."""
        return f"http://127.0.0.1:{self.port}{path}"

    def observed(self, *arguments: str) -> tuple[int, str]:
        """Run ``flask consentkit services observed``. Returns its exit code and what it printed."""
        self.app.extensions["consentkit"].observed.flush()
        command = ["consentkit", "services", "observed", *arguments]
        done = self.app.test_cli_runner().invoke(args=command)
        return done.exit_code, done.output


@pytest.fixture(scope="module")
def paper(tmp_path_factory):
    """The demo as its command starts it, in this process."""
    folder = tmp_path_factory.mktemp("newsroom")
    port = free_port()
    app = create_app(config=write_site(folder, port), database_url=f"sqlite:///{folder / 'demo.db'}")
    newsroom = Newsroom(app, port)
    with serve(newsroom, port=port):
        yield newsroom
    app.extensions["consentkit"].database.dispose()


@pytest.fixture
def visitor(reader, paper):
    """A reader, and a log that begins with them."""
    paper.asked.clear()
    return reader()


def cookies(visitor):
    """Return the names of the paper's own cookies that the browser keeps, without those of consentkit."""
    return {name for name in visitor.cookies() if name.startswith(("herald", "_steppe"))}


@pytest.fixture
def officer(reader, paper):
    """The data protection officer, signed in to the audit view."""
    made = paper.app.test_cli_runner().invoke(args=["consentkit", "admin", "create-user", OFFICER, "--role", "auditor"])
    officer = reader(locale="en")
    officer.open(paper.url("/consent/admin/services"))
    officer.page.fill("input[name=email]", OFFICER)
    officer.page.fill("input[name=password]", made.output.partition("Password: ")[2].splitlines()[0])
    officer.page.keyboard.press("Enter")
    expect(officer.page.locator("table.stock")).to_be_visible()
    return officer


@pytest.mark.parametrize("action", ["reject_all", "accept_all"])
def test_an_undeclared_tracker_is_blocked_reported_and_proposed(visitor, paper, action):
    """Whatever the reader chose: the browser does not ask it, tells the paper, and the paper's officer finds it."""
    host = f"tracker.localhost:{paper.port}"
    visitor.open(paper.url(STORY))
    press(visitor, action)
    visitor.reload()
    assert visitor.page.locator(f"img[src*='{host}']").count() == 1
    assert not [line for line in paper.asked if host in line]
    assert f"POST 127.0.0.1:{paper.port}/consent/csp-reports" in paper.asked
    code, told = paper.observed("--strict")
    assert code == 1
    assert [line for line in told.splitlines() if host in line and "blocked" in line]
    assert f'hosts = ["{host}"]' in paper.observed("--format", "toml")[1]


def test_the_officer_sees_it(visitor, officer, paper):
    """In the list of services, first, with the entry that would declare it; under the audit view's own policy."""
    host = f"tracker.localhost:{paper.port}"
    visitor.open(paper.url(STORY))
    paper.observed()
    officer.open(paper.url("/consent/admin/services?standing=undeclared"))
    row = officer.page.locator("table.stock tbody tr", has_text=host)
    expect(row).to_contain_text("Not declared")
    row.get_by_role("link", name="Proposed entry").click()
    expect(officer.page.locator(f"#proposal-{host.replace('.', '-').replace(':', '-')}")).to_contain_text(host)
    assert officer.axe() == []
    assert officer.witness("violations") == []
    officer.picture("newsroom-services")


def test_every_story_is_readable(visitor, paper):
    """Fronts, stories and the search, of who agreed: their pictures, their videos, and not one refusal too many."""
    visitor.open(paper.url("/ru/"))
    press(visitor, "accept_all")
    stories = visitor.page.evaluate("[...new Set([...document.querySelectorAll('a[href*=news]')].map((a) => a.href))]")
    assert len(stories) == 5
    for address in (paper.url("/"), *stories, paper.url(SEARCH)):
        visitor.open(address)
        assert visitor.page.evaluate(
            """[...document.querySelectorAll("main img:not([src*=tracker])")].every((one) => one.naturalWidth)"""
        )
        expect(visitor.page.locator("main h1, main h2").first).to_be_visible()
        expect(visitor.page.locator("[data-stand-in=analytics]")).to_have_attribute("data-state", "loaded")
        if "/news/" in address:
            expect(visitor.page.locator("[data-stand-in=video]")).to_have_attribute("data-state", "loaded")
        refused = {line.split()[1] for line in visitor.witness("violations")}
        assert {urllib.parse.urlsplit(one).hostname for one in refused} <= {"tracker.localhost"}
    assert visitor.errors == []
    assert "steppe_video" in visitor.cookies()


def test_one_video_is_shown_once(visitor, paper):
    """After a refusal, by the button of that video; nothing else comes with it."""
    visitor.open(paper.url(STORY))
    press(visitor, "reject_all")
    assert not [line for line in paper.asked if VIDEO in line]
    first = visitor.page.locator(EMBED).first
    first.locator("[data-consentkit-embed=once]").click()
    expect(first.locator("iframe")).to_be_visible()
    expect(visitor.page.locator("[data-stand-in=video]")).to_have_attribute("data-state", "loaded")
    assert len([line for line in paper.asked if VIDEO in line and line.endswith(VIDEO)]) == 1
    assert not [line for line in paper.asked if "analytics.js" in line]


def test_the_papers_own_cookie_waits_for_consent_and_goes_with_it(visitor, paper):
    """It is out of script's reach, so only the server can take it back; the one that nobody declared never arrives."""
    visitor.open(paper.url(SEARCH))
    assert cookies(visitor) == set()
    open_preferences(visitor)
    choose(visitor, "analytics")
    visitor.open(paper.url(SEARCH))
    [found] = [cookie for cookie in visitor.context.cookies() if cookie["name"] == "herald_search"]
    assert found["httpOnly"]
    assert cookies(visitor) == {"herald_search", "_steppe_counter"}
    open_preferences(visitor, by="link")
    press(visitor, "withdraw", within="#consentkit-preferences")
    visitor.open(paper.url(SEARCH))
    assert cookies(visitor) == set()
    told = paper.observed()[1]
    undeclared, _, declared = told.partition("Declared:")
    assert [line for line in undeclared.splitlines() if "herald_trial" in line and "withheld" in line]
    assert [line for line in declared.splitlines() if "herald_search" in line and "1 expired" in line]
