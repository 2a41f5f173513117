"""Strict policies, as the documents print them: everything works, and no browser reports anything.

Each page, those of consentkit too, carries its policy twice: enforced, and for reports only. Reports go to the server.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import pathlib
import secrets

import flask
import markupsafe
import pytest
from markdown_it import MarkdownIt
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

GUIDE = pathlib.Path(__file__).parents[2] / "docs/howto/allow-it-in-a-strict-csp.md"
NONCE, DYNAMIC, TRUSTED, TAG, TAG_ELSEWHERE = (
    token.content.strip().removeprefix("Content-Security-Policy: ")
    for token in MarkdownIt("commonmark").parse(GUIDE.read_text("utf-8"))
    if token.type == "fence" and token.info == "http"
)
INLINE = "document.documentElement.dataset.inline = '1'"

PAGE = """<!doctype html><html lang="ru"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Story</title>HEAD
<main><h1>A story</h1><p>Words.</p>
<iframe data-consent="analytics" data-src="/video" title="A film"></iframe></main>
<script type="text/plain" data-consent="analytics" data-src="/count.js"{{ nonce }}></script>
<script type="text/plain" data-consent="analytics"{{ nonce }}>{{ inline }}</script>"""
HEAD = "{{ consentkit.head() }}</head><body>{{ consentkit.notice() }}"
LINK = "<footer>{{ consentkit.settings_link() }}</footer>"


@dataclasses.dataclass(frozen=True, slots=True)
class Form:
    """One kind of policy, on one kind of page."""

    kind: str
    layout: str = "bar"
    trusted: bool = True

    def __str__(self):
        return f"{self.kind}-{self.layout}{'' if self.trusted else '-untrusted'}"


FORMS = [
    Form("hash"),
    Form("hash", trusted=False),
    Form("hash", "box"),
    Form("hash", "modal"),
    Form("nonce"),
    Form("dynamic"),
    Form("tag"),
    Form("tag-elsewhere"),
]
#: The policies of the service's own pages, which have neither a layout nor the tag.
OF_PAGES = [Form("hash"), Form("hash", trusted=False), Form("nonce"), Form("dynamic")]


def by_hash(sources):
    """Return the policy that the guide's program makes of *sources*."""
    return "; ".join(["default-src 'none'", *(f"{name} {' '.join(values)}" for name, values in sources.items())])


def add(policy, directive, *sources):
    """Return *policy* with *sources*, for what is not consentkit's: the page's own scripts and frames."""
    parts = policy.split("; ")
    found = [part for part in parts if part.split()[0] == directive]
    return "; ".join([part for part in parts if part not in found] + [" ".join([*(found or [directive]), *sources])])


def digest(text):
    """Return the source that allows an inline script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@dataclasses.dataclass(slots=True)
class Site:
    """A running site under a policy."""

    url: str
    service: str
    reports: list[dict[str, object]]

    def expect_no_reports(self, visitor):
        """Expect that no browser reported anything until now."""
        visitor.rest()
        assert visitor.witness("violations") == []
        assert self.reports == []
        assert visitor.errors == []


def policy_of(form, consent, service):
    """Return the policy of the page that is being answered, as the guide has it."""
    if form.kind == "hash" or (form.kind.startswith("tag") and flask.request.path.startswith("/consent/")):
        # The service's own pages have no tag.
        return by_hash(consent.csp_sources())
    return {
        "nonce": NONCE.format(nonce=flask.g.nonce),
        "dynamic": DYNAMIC.format(nonce=flask.g.nonce),
        "tag": TAG,
        "tag-elsewhere": TAG_ELSEWHERE.replace("https://consent.service.example", service),
    }[form.kind]


def run_site(form, folder, policy=None):
    """Make the WSGI application of a site under *form*, and what it was reported."""
    port = free_port()
    pages = f"http://news.example:{port}"
    service = f"http://service.example:{port}" if form.kind == "tag-elsewhere" else pages
    reports = []
    app = flask.Flask("host", instance_path=str(folder))
    app.config.update(
        SECRET_KEY="of this test",
        CONSENTKIT_CONFIG=str(write_site(folder, layout=form.layout, origins=[pages])),
        CONSENTKIT_DATABASE_URL=f"sqlite:///{folder / 'records.db'}",
    )
    by_nonce = form.kind in {"nonce", "dynamic"}
    consent = ConsentKit(app, csp_nonce=(lambda: flask.g.nonce) if by_nonce else None)

    @app.before_request
    def make_nonce():
        flask.g.nonce = secrets.token_urlsafe(16)

    @app.get("/")
    def story():
        tag = f'<script src="{service}/consent/widget.js?site=steppe-herald" async></script>'
        page = PAGE.replace("HEAD", tag) if form.kind.startswith("tag") else PAGE.replace("HEAD", HEAD) + LINK
        nonce = markupsafe.Markup(f' nonce="{flask.g.nonce}"' if by_nonce else "")
        return flask.render_template_string(page, nonce=nonce, inline=markupsafe.Markup(INLINE))

    app.add_url_rule("/video", view_func=lambda: "<!doctype html><title>A film</title>", endpoint="video")

    counted = flask.Response("document.documentElement.dataset.counted = '1'", mimetype="text/javascript")
    app.add_url_rule("/count.js", view_func=lambda: counted, endpoint="count")
    app.add_url_rule("/favicon.ico", view_func=lambda: ("", 404), endpoint="icon")

    @app.post("/reports")
    def report():
        reports.append(json.loads(flask.request.get_data()))
        return ""

    @app.after_request
    def protect(answer):
        if flask.request.path == "/video":
            return answer
        line = add(policy or policy_of(form, consent, service), "frame-src", pages)
        if not by_nonce:
            line = add(line, "script-src", pages, digest(INLINE))
        if form.trusted:
            line += f"; {TRUSTED}"
        for name in ("Content-Security-Policy", "Content-Security-Policy-Report-Only"):
            answer.headers[name] = f"{line}; report-uri /reports"
        return answer

    return app, port, Site(f"{pages}/", service, reports)


@pytest.fixture(params=FORMS, ids=str)
def site(request, tmp_path):
    """A site under each kind of policy, and with each layout of the notice."""
    app, port, site = run_site(request.param, tmp_path)
    with serve(app, port=port):
        yield site
    app.extensions["consentkit"].database.dispose()


def open_again(visitor):
    """Open the preferences by whichever way back the page has."""
    visitor.page.locator("body [data-consentkit-action=customize]:not(#consentkit-notice *)").click()
    expect(visitor.page.locator(PREFERENCES)).to_be_visible()


def test_nothing_that_consentkit_does_is_refused(reader, site):
    """Shown, chosen, released, changed, withdrawn: without a violation, without an error, without a barrier."""
    visitor = reader()
    visitor.open(site.url)
    expect_asked(visitor)
    assert visitor.axe() == []
    open_preferences(visitor)
    assert visitor.axe() == []
    choose(visitor, "analytics")
    for _ in range(2):
        expect_decided(visitor)
        for name in ("counted", "inline"):
            expect(visitor.page.locator("html")).to_have_attribute(f"data-{name}", "1")
        expect(visitor.page.locator("iframe[src='/video']")).to_be_visible()
        site.expect_no_reports(visitor)
        visitor.reload()
    open_again(visitor)
    press(visitor, "withdraw", within=PREFERENCES)
    expect_decided(visitor)
    assert read_state(visitor.cookies()["consentkit"])["p"] == []
    site.expect_no_reports(visitor)


def test_refusing_and_agreeing_work_under_each_policy(reader, site):
    """The first answer is one click away in each layout; a refusal that cannot be saved says so."""
    for action in ("reject_all", "accept_all"):
        visitor = reader(width=390)
        visitor.open(site.url)
        press(visitor, action)
        expect_decided(visitor)
        site.expect_no_reports(visitor)
    visitor = reader()
    visitor.open(site.url)
    visitor.page.route("**/decisions*", lambda route: route.abort())
    visitor.page.locator(f"{NOTICE} [data-consentkit-action=reject_all]").click()
    expect(visitor.page.locator(".consentkit-toast")).to_be_visible()
    site.expect_no_reports(visitor)


@pytest.mark.parametrize("site", OF_PAGES, ids=str, indirect=True)
def test_the_pages_of_consentkit_work_under_each_policy(reader, site):
    """Policies, and the preferences as a page, whose form decides."""
    visitor = reader()
    for path in ("privacy", "terms", "cookies", "preferences"):
        answer = visitor.open(f"{site.service}/consent/{path}?site=steppe-herald&locale=ru")
        assert answer.status == 200
        assert visitor.axe() == []
        site.expect_no_reports(visitor)
    visitor.page.locator(f"{PREFERENCES} [data-consentkit-action=save]").click()
    visitor.rest()
    site.expect_no_reports(visitor)
    assert read_state(visitor.cookies()["consentkit"])["p"] == []


def test_what_is_refused_is_reported(reader, tmp_path):
    """The witnesses can see: a policy without the hashes is reported twice, and the notice works as a form."""
    app, port, site = run_site(Form("hash"), tmp_path, policy="default-src 'none'; script-src 'self'; style-src 'self'")
    with serve(app, port=port):
        visitor = reader()
        visitor.open(site.url)
        expect(visitor.page.locator(NOTICE)).to_be_visible()
        visitor.rest()
        assert visitor.witness("violations")
        kinds = {report["csp-report"]["disposition"] for report in site.reports}
        assert kinds == {"enforce", "report"}
    app.extensions["consentkit"].database.dispose()


def test_the_command_prints_what_the_pages_need(tmp_path):
    """Line by line what the guide's program makes one policy of."""
    app = flask.Flask("host", instance_path=str(tmp_path))
    app.config.update(
        SECRET_KEY="of this test",
        CONSENTKIT_CONFIG=str(write_site(tmp_path)),
        CONSENTKIT_DATABASE_URL=f"sqlite:///{tmp_path / 'records.db'}",
    )
    consent = ConsentKit(app)
    answer = app.test_cli_runner().invoke(args=["consentkit", "csp"])
    assert answer.exit_code == 0
    lines = [line for line in answer.output.splitlines() if not line.startswith("#")]
    with app.app_context():
        assert "; ".join(["default-src 'none'", *lines]) == by_hash(consent.csp_sources())
    app.extensions["consentkit"].database.dispose()
