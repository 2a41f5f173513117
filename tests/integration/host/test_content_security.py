"""A host's own Content-Security-Policy and the one that follows from consent, side by side."""

from __future__ import annotations

import flask
import pytest
from flask_talisman import Talisman

from consentkit import ConsentKit
from consentkit.testing import decide
from tests.sites import write_site

CSP = "Content-Security-Policy"
EVERYBODYS = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob: https://news.example"


def make_host(folder, *, own, **enforcement):
    """Return a news site under a policy of its own, ``own(consent)`` for Talisman, and one from consent."""
    path = write_site(folder, origins=["https://news.example"])
    rules = {"csp": "enforce", **enforcement}
    text = "".join(f'{key} = "{value}"\n' for key, value in rules.items())
    path.write_text(f"{path.read_text('utf-8')}\n[enforcement]\n{text}", encoding="utf-8")
    app = flask.Flask("host", instance_path=str(folder))
    app.config.update(
        SECRET_KEY="the host's",
        SERVER_NAME="news.example",
        PREFERRED_URL_SCHEME="https",
        CONSENTKIT_CONFIG=str(path),
        CONSENTKIT_DATABASE_URL=f"sqlite:///{folder / 'records.db'}",
    )
    consent = ConsentKit(app)
    with app.app_context():
        Talisman(app, content_security_policy=own(consent))

    @app.get("/")
    def page():
        return flask.render_template_string("<!doctype html><title>x</title>{{ consentkit.head() }}")

    @app.get("/live")
    def live():
        return flask.Response((f"<p>{i}" for i in range(3)), mimetype="text/html")

    app.add_url_rule("/gone", view_func=lambda: flask.redirect("/"), endpoint="gone")
    app.add_url_rule("/data", view_func=lambda: {"a": 1}, endpoint="data")
    return app


@pytest.fixture
def host(tmp_path, request):
    """Make the host, and close its store."""

    def make(**options):
        app = make_host(tmp_path, **options)
        request.addfinalizer(app.extensions["consentkit"].database.dispose)
        return app

    return make


def merged(consent):
    """Return the host's policy as the guide merges it."""
    policy = {"default-src": ["'self'"], "object-src": ["'none'"]}
    for directive, sources in consent.csp_sources(services=True).items():
        policy[directive] = [*policy.get(directive, policy["default-src"]), *sources]
    return policy


def test_both_policies_go_out_and_the_hosts_is_as_it_was(host):
    """On pages, error pages and streams; not on redirects and data."""
    client = host(own=lambda _: {"default-src": "'self'"}, pages="private").test_client()
    for path in ("/", "/live", "/nowhere"):
        own, ours = client.get(path).headers.getlist(CSP)
        assert own == "default-src 'self'"
        assert ours.startswith(f"{EVERYBODYS}; report-uri /consent/csp-reports?site=steppe-herald&class=0; report-to")
    for path in ("/gone", "/data"):
        assert client.get(path).headers.getlist(CSP) == ["default-src 'self'"]
    assert client.get("/live").text == "<p>0<p>1<p>2"


def test_what_the_reader_agrees_to_is_in_the_next_page(host):
    """And out of it again when they refuse, with no cache between that could mix readers up."""
    app = host(own=lambda _: {"default-src": "'self'"}, pages="private")
    client = app.test_client()
    for action, expected in (("accept_all", " counter.example"), ("withdraw", "")):
        decide(client, app, action=action)
        answer = client.get("/")
        assert answer.headers.getlist(CSP)[1].partition(";")[0] == f"{EVERYBODYS}{expected}"
        assert (answer.headers["Cache-Control"], answer.headers["Vary"]) == ("private", "Cookie")


def test_a_policy_of_the_hosts_own_can_take_up_the_services(host):
    """What consent would let through must not fail at a stricter policy beside it."""
    client = host(own=merged).test_client()
    own, ours = client.get("/").headers.getlist(CSP)
    directives = {name: rest.split() for name, _, rest in (part.strip().partition(" ") for part in own.split(";"))}
    for name in ("script-src", "img-src", "connect-src", "frame-src", "style-src", "font-src", "media-src"):
        assert directives[name][0] == "'self'"
        assert "counter.example" in directives[name]
    assert directives["object-src"] == ["'none'"]
    assert "counter.example" not in directives["form-action"] + directives["default-src"]
    assert ours.startswith(f"{EVERYBODYS} counter.example;")
