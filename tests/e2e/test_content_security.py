"""Strict policies, by hash and by nonce, with Trusted Types required: everything works and nothing is refused."""

from __future__ import annotations

import secrets

import flask
import pytest
from playwright.sync_api import expect

from consentkit import ConsentKit
from tests.e2e.paper import NOTICE
from tests.e2e.paper import PREFERENCES
from tests.e2e.paper import choose
from tests.e2e.paper import expect_decided
from tests.e2e.paper import open_preferences
from tests.e2e.paper import press
from tests.e2e.paper import read_state
from tests.e2e.servers import serve
from tests.sites import write_site

PAGE = """<!doctype html><html lang="ru"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Story</title>{{ consentkit.head() }}</head>
<body>{{ consentkit.notice() }}<main><h1>A story</h1><p>Words.</p></main>
<footer>{{ consentkit.settings_link() }}</footer>{{ consentkit.script("analytics", src="/count.js") }}</body></html>"""
REST = "object-src 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types consentkit"


def by_hash(sources):
    """Return a policy of exactly the sources that consentkit names."""
    own = "; ".join(f"{directive} {' '.join(values)}" for directive, values in sources.items())
    return f"default-src 'none'; {own}; {REST}"


def by_nonce(nonce):
    """Return a policy in which only what carries the nonce runs, and what that loads."""
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; style-src 'self'; connect-src 'self'; "
        f"form-action 'self'; {REST}"
    )


@pytest.fixture(params=[("hash", "bar"), ("nonce", "bar"), ("hash", "box"), ("hash", "modal")], ids="-".join)
def site(request, tmp_path):
    """A Flask site under each kind of policy, and with each layout of the notice."""
    kind, layout = request.param
    app = flask.Flask("host", instance_path=str(tmp_path))
    app.config.update(
        SECRET_KEY="of this test",
        CONSENTKIT_CONFIG=str(write_site(tmp_path, layout=layout)),
        CONSENTKIT_DATABASE_URL=f"sqlite:///{tmp_path / 'records.db'}",
    )
    consent = ConsentKit(app, csp_nonce=(lambda: flask.g.nonce) if kind == "nonce" else None)

    @app.before_request
    def make_nonce():
        flask.g.nonce = secrets.token_urlsafe(16)

    @app.get("/")
    def story():
        answer = flask.make_response(flask.render_template_string(PAGE))
        policy = by_nonce(flask.g.nonce) if kind == "nonce" else by_hash(consent.csp_sources())
        answer.headers["Content-Security-Policy"] = policy
        return answer

    @app.get("/count.js")
    def count():
        return flask.Response("document.documentElement.dataset.counted = '1'", mimetype="text/javascript")

    @app.get("/favicon.ico")
    def icon():
        return "", 404

    with serve(app) as port:
        yield f"http://127.0.0.1:{port}/"
    app.extensions["consentkit"].database.dispose()


def test_nothing_that_consentkit_does_is_refused(reader, site):
    """Shown, chosen, released, changed, withdrawn: without a violation, without an error, without a barrier."""
    visitor = reader()
    visitor.open(site)
    expect(visitor.page.locator(NOTICE)).to_be_visible()
    assert visitor.axe() == []
    open_preferences(visitor)
    assert visitor.axe() == []
    choose(visitor, "analytics")
    expect_decided(visitor)
    expect(visitor.page.locator("html")).to_have_attribute("data-counted", "1")
    assert visitor.witness("violations") == []
    visitor.reload()
    expect_decided(visitor)
    expect(visitor.page.locator("html")).to_have_attribute("data-counted", "1")
    open_preferences(visitor, by="link")
    press(visitor, "withdraw", within=PREFERENCES)
    expect_decided(visitor)
    assert read_state(visitor.cookies()["consentkit"])["p"] == []
    assert visitor.witness("violations") == []
    assert visitor.errors == []


def test_refusing_works_under_each_policy(reader, site):
    """The first answer is one click away in each layout."""
    visitor = reader(width=390)
    visitor.open(site)
    press(visitor, "reject_all")
    expect_decided(visitor)
    assert set(visitor.cookies()) == {"consentkit"}
    assert visitor.witness("violations") == []
