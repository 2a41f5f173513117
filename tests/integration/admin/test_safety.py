"""What every answer of the audit view carries, and how it stands beside a host that has its own ways."""

from __future__ import annotations

import flask
import pytest
from flask_login import LoginManager
from flask_talisman import Talisman
from flask_wtf import CSRFProtect

from consentkit import ConsentKit
from tests.factories import make_record
from tests.sites import write_site

ADMIN = "/consent/admin"
STRICT = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def assert_strict(answer):
    """Check the headers of a page."""
    for name, value in STRICT.items():
        assert answer.headers.getlist(name) == [value], name
    (policy,) = answer.headers.getlist("Content-Security-Policy")
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["frame-ancestors"] == "'none'"
    assert directives["base-uri"] == "'none'"
    assert directives["form-action"] == directives["script-src"] == directives["style-src"] == "'self'"
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    "path", ["/", "/sign-in", "/records", "/records?since=x", "/records.csv", "/records/x", "/nothing"]
)
@pytest.mark.parametrize("who", ["visitor", "officer"])
def test_every_answer_is_strict(request, who, path):
    """Pages, errors, redirects and files alike."""
    assert_strict(request.getfixturevalue(who).get(ADMIN + path))


@pytest.mark.parametrize("path", ["/records", "/sign-in"])
def test_no_page_holds_anything_inline(officer, visitor, path):
    """The policy allows nothing of the kind."""
    for client in (officer, visitor):
        text = client.get(ADMIN + path, follow_redirects=True).text
        assert " style=" not in text
        assert "<style" not in text
        assert " onclick=" not in text
        assert text.count("<script") == text.count("<script src=") > 0


@pytest.mark.parametrize(("name", "kind"), [("admin.css", "text/css"), ("admin.js", "text/javascript")])
def test_the_files_are_kept_by_their_version_only(visitor, name, kind):
    """Their address names their content; an address of another release is answered, and not kept."""
    text = visitor.get(f"{ADMIN}/sign-in").text
    start = text.index(f"{ADMIN}/static/{name}")
    answer = visitor.get(text[start : text.index('"', start)])
    assert answer.mimetype == kind
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert visitor.get(f"{ADMIN}/static/{name}?v=old").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_do_nothing(officer, method):
    """The answer says which ones there are."""
    for path, allowed in {
        "/": "GET, HEAD",
        "/records": "GET, HEAD",
        "/sign-in": "GET, HEAD, POST",
        "/sign-out": "POST",
    }.items():
        answer = officer.open(ADMIN + path, method=method, headers={"Origin": "http://localhost"})
        assert answer.status_code == 405
        assert answer.headers["Allow"] == allowed
        assert officer.open(ADMIN + path, method=method).status_code == 403


def test_without_its_store_the_view_says_so(officer, runtime, tmp_path):
    """A 503 that tells when to try again, in the words of a page."""
    runtime.database.dispose()
    for path in tmp_path.glob("consentkit.db*"):
        path.unlink()
    answer = officer.get(f"{ADMIN}/records")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "The database does not answer" in answer.text
    assert_strict(answer)


def test_a_defect_shows_nothing_of_itself(officer, runtime, monkeypatch, caplog):
    """The page is plain, the log says where, and neither holds the address."""

    def fail(*_args, **_kwargs):
        raise RuntimeError("the secret")

    monkeypatch.setattr("consentkit.storage.records.Records.page", fail)
    answer = officer.get(f"{ADMIN}/records?record=01a2054c-bc9a-7131-a84b-ddcf000f042a")
    assert answer.status_code == 500
    assert "Something went wrong here" in answer.text
    assert "the secret" not in answer.text
    assert_strict(answer)
    assert "consentkit_admin.records" in caplog.text
    assert "01a2054c" not in caplog.text


def make_host(folder):
    """Return a host that protects, decorates and breaks everything that it can reach."""
    app = flask.Flask("host", instance_path=str(folder))
    app.config.update(
        SECRET_KEY="the host's",
        CONSENTKIT_CONFIG=str(write_site(folder)),
        CONSENTKIT_DATABASE_URL=f"sqlite:///{folder / 'consentkit.db'}",
        CONSENTKIT_URL_PREFIX="/privacy/choice",
    )
    ConsentKit(app)
    CSRFProtect(app)
    Talisman(
        app, force_https=False, content_security_policy={"default-src": "* 'unsafe-inline'"}, frame_options="ALLOWALL"
    )
    LoginManager(app).user_loader(lambda _: None)
    app.jinja_env.autoescape = False
    app.jinja_env.globals.clear()

    @app.context_processor
    def broken():
        raise RuntimeError("made for the host's own pages")

    @app.after_request
    def loose(response):
        response.headers["Content-Security-Policy-Report-Only"] = "default-src *"
        response.headers["Cache-Control"] = "public, max-age=3600"
        response.headers["Referrer-Policy"] = "unsafe-url"
        return response

    return app


def test_a_host_cannot_loosen_or_break_it(tmp_path):
    """Its policies, caches, template globals and context processors end at the audit view's door."""
    app = make_host(tmp_path)
    answer = app.test_client().get("/privacy/choice/admin/", follow_redirects=True)
    assert answer.status_code == 200
    assert answer.request.path == "/privacy/choice/admin/sign-in"
    assert_strict(answer)
    assert "Content-Security-Policy-Report-Only" not in answer.headers
    app.extensions["consentkit"].database.dispose()


def test_the_frame_keeps_its_policy_beside_talisman(officer, app, runtime):
    """The stored notice is held in whatever the host sends."""
    Talisman(app, force_https=False, content_security_policy={"default-src": "* 'unsafe-inline'"})
    version = runtime.sites["steppe-herald"].notices["ru"].version
    answer = officer.get(f"{ADMIN}/notices/steppe-herald/{version}/1")
    assert answer.headers["Content-Security-Policy"].endswith("; sandbox")
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_below_a_path_of_its_own_everything_leads_there(app, account, runtime):
    """Mounted under a path by a proxy, cookies and links carry it."""
    client = app.test_client()
    runtime.recorder.record(make_record(), nonce=None)
    root = {"SCRIPT_NAME": "/paper"}
    form = {"email": account.email, "password": "a reading room in Akzhar", "next": ""}
    asked = client.get(f"{ADMIN}/records?action=save", environ_overrides=root)
    assert asked.location == "/paper/consent/admin/sign-in?next=/paper/consent/admin/records?action%3Dsave"
    form["next"] = "/paper/consent/admin/records?action=save"
    answer = client.post(f"{ADMIN}/sign-in", data=form, headers={"Origin": "http://localhost"}, environ_overrides=root)
    assert answer.location == "/paper/consent/admin/records?action=save"
    assert all("Path=/paper/consent/admin" in header for header in answer.headers.getlist("Set-Cookie"))
