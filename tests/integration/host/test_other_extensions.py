"""Beside the extensions that a host has already: they keep working, and none of them stops a decision."""

from __future__ import annotations

import re
import warnings

import flask
import pytest
from flask_babel import Babel
from flask_babel import get_locale
from flask_babel import gettext
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_login import UserMixin
from flask_login import current_user
from flask_login import login_required
from flask_login import login_user
from flask_talisman import Talisman
from flask_wtf import CSRFProtect
from flask_wtf.csrf import generate_csrf

from consentkit import ConsentKit
from consentkit import current_consent
from tests.sites import write_site

ORIGIN = "https://news.example"
PAGE = """<!doctype html><html lang="{{ get_locale() }}"><head>{{ consentkit.head() }}</head>
<body>{{ consentkit.notice() }}<h1>{{ _("January") }}</h1>{{ consentkit.settings_link() }}
{{ consentkit.script("analytics", src="/count.js") }}<script nonce="{{ csp_nonce() }}">1</script></body></html>"""


class User(UserMixin):
    """The only user of the host."""

    id = "editor"


def make_host(folder, order):
    """Return a news site with everything that such sites have; consentkit is initialised first or last."""
    app = flask.Flask("host", instance_path=str(folder))
    app.config.update(
        SECRET_KEY="the host's",
        SERVER_NAME="news.example",
        PREFERRED_URL_SCHEME="https",
        CONSENTKIT_CONFIG=str(write_site(folder, locales=("ru", "en"), origins=[ORIGIN])),
        CONSENTKIT_DATABASE_URL=f"sqlite:///{folder / 'records.db'}",
        BABEL_DEFAULT_LOCALE="ru",
    )
    consent = ConsentKit(locale=lambda: str(get_locale()), csp_nonce=lambda: getattr(flask.request, "csp_nonce", None))
    if order == "first":
        consent.init_app(app)
    Babel(app, locale_selector=lambda: flask.request.args.get("lang", "ru"))
    CSRFProtect(app)
    Talisman(
        app,
        content_security_policy={"default-src": "'self'", "script-src": "'self'"},
        content_security_policy_nonce_in=["script-src"],
    )
    with warnings.catch_warnings():
        # It warns that counters in memory are not for production.
        warnings.simplefilter("ignore")
        Limiter(get_remote_address, app=app, default_limits=["2 per hour"], storage_uri="memory://")
    logins = LoginManager(app)
    logins.user_loader(lambda _: User())
    if order == "last":
        consent.init_app(app)
    app.jinja_env.globals.setdefault("_", gettext)
    app.jinja_env.globals["get_locale"] = get_locale

    @app.get("/")
    def page():
        return flask.render_template_string(PAGE)

    @app.route("/comment", methods=["GET", "POST"])
    def comment():
        return generate_csrf() if flask.request.method == "GET" else "thank you"

    @app.get("/sign-in")
    def sign_in():
        login_user(User())
        return "welcome"

    @app.get("/desk")
    @login_required
    def desk():
        return str(current_user.id)

    @app.get("/for-you")
    @consent.require("analytics")
    def for_you():
        return "chosen" if current_consent.allows("analytics") else "never"

    return app


@pytest.fixture(params=["first", "last"])
def host(request, tmp_path):
    """The host, with consentkit initialised before all others, or after them."""
    app = make_host(tmp_path, request.param)
    yield app
    app.extensions["consentkit"].database.dispose()


@pytest.fixture
def client(host):
    """A reader of the host, over https."""
    return host.test_client()


def decide(client, action, *, origin=ORIGIN, count=1):
    """Send a decision as the widget does."""
    notice = client.get("/consent/notice?site=steppe-herald&locale=ru").get_json()["version"]
    body = {"action": action, "notice": notice, "locale": "ru", "page": "/", "nonce": f"{count:032x}"}
    return client.post("/consent/decisions?site=steppe-herald", json=body, headers={"Origin": origin})


def test_the_hosts_own_protections_still_hold(client):
    """Its forms need its token, its desk its login, its pages keep its limit and its policy."""
    assert client.post("/comment", data={"text": "hello"}).status_code == 400
    token = client.get("/comment").text
    headers = {"X-CSRFToken": token, "Referer": f"{ORIGIN}/"}
    assert client.post("/comment", data={"text": "hello"}, headers=headers).text == "thank you"
    assert client.get("/desk").status_code == 401
    assert client.get("/sign-in").text == "welcome"
    assert client.get("/desk").text == "editor"
    assert [client.get("/").status_code for _ in range(3)] == [200, 200, 429]


def test_decisions_need_no_token_and_count_against_no_limit(client):
    """Five in a row are taken, as JSON and as forms; what protects them is the origin rule."""
    assert [decide(client, "accept_all", count=count).status_code for count in range(5)] == [201] * 5
    notice = client.get("/consent/notice?site=steppe-herald&locale=ru").get_json()["version"]
    form = {"action": "reject_all", "notice": notice, "locale": "ru", "next": "/"}
    url = "/consent/decisions?site=steppe-herald"
    assert [client.post(url, data=form, headers={"Origin": ORIGIN}).status_code for _ in range(5)] == [303] * 5
    assert decide(client, "accept_all", origin="https://elsewhere.example", count=9).status_code == 403
    assert client.post(url, data=form).status_code == 403


def test_reading_routes_count_against_no_limit(client):
    """The script, the notice, the state and the policies are there for each reader, as often as they ask."""
    for path in ("widget.js", "notice", "state", "state.css", "preferences", "privacy", "terms", "cookies"):
        answers = [client.get(f"/consent/{path}?site=steppe-herald&locale=ru").status_code for _ in range(3)]
        assert answers == [200] * 3, path


def test_a_decision_leaves_the_hosts_session_alone(client):
    """Who was signed in stays so, and the answer sets our cookies only."""
    client.get("/sign-in")
    answer = decide(client, "accept_all")
    names = {cookie.partition("=")[0] for cookie in answer.headers.getlist("Set-Cookie")}
    assert names == {"consentkit", "consentkit_id"}
    assert client.get("/desk").text == "editor"


def test_the_page_is_in_the_hosts_language_and_under_its_nonce(client):
    """The notice speaks the locale that Flask-Babel selected; the one inline script carries Talisman's nonce."""
    for locale in ("ru", "en"):
        answer = client.get(f"/?lang={locale}")
        assert re.search(rf'<div id="consentkit-notice"[^>]* lang="{locale}"', answer.text)
        nonce = re.search(r"'nonce-([^']+)'", answer.headers["Content-Security-Policy"])
        assert nonce
        inline = re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*text/plain)[^>]*>", answer.text)
        assert inline
        assert [tag for tag in inline if f'nonce="{nonce[1]}"' not in tag] == []


def test_a_view_can_require_a_purpose(client):
    """It answers who agreed, and tells the others that it needs their agreement."""
    assert client.get("/for-you").status_code == 403
    decide(client, "accept_all")
    answer = client.get("/for-you")
    assert answer.text == "chosen"
    assert "private" in answer.headers["Cache-Control"]
    assert "Cookie" in answer.headers["Vary"]


def test_the_audit_view_signs_in_beside_flask_login(client):
    """Its form needs no token of the host, and refuses a post from elsewhere by its own rule."""
    page = client.get("/consent/admin/", follow_redirects=True)
    assert page.status_code == 200
    form = {"email": "nobody@steppe-herald.example", "password": "not the password"}
    path = page.request.path
    own = client.post(path, data=form, headers={"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"})
    foreign = client.post(path, data=form, headers={"Origin": "https://elsewhere.example"})
    assert (own.status_code, foreign.status_code) == (403, 403)
    # The one was read, and asks again; the other was not.
    assert "nobody@steppe-herald.example" in own.text
    assert "nobody@steppe-herald.example" not in foreign.text
