"""With ``CONSENTKIT_ADMIN_USER_LOADER``, whom the application names is signed in, and nobody else."""

from __future__ import annotations

import dataclasses
import sys
import types
import uuid

import pytest
import werkzeug

from consentkit.admin import host_users
from consentkit.admin.blueprint import ACTIONS
from consentkit.admin.blueprint import PAGES
from consentkit.operations.passwords import hash_password
from consentkit.storage.accounts import Account
from consentkit.storage.accounts import Role

from .conftest import ADMIN
from .conftest import PASSWORD
from .conftest import signed_in
from .conftest import site

OURS = {"Sec-Fetch-Site": "same-origin"}
SITE = "steppe-herald"
OWNER = {"email": "Anna@host.example", "grants": {"*": "owner"}}


class Host:
    """The application's own sign-in."""

    def __init__(self):
        self.user = None
        self.asked = []

    def __call__(self, request):
        """Say who is signed in."""
        self.asked.append(request)
        if isinstance(self.user, Exception):
            raise self.user
        return self.user


@pytest.fixture
def host():
    """The application's own sign-in, with nobody signed in."""
    return Host()


@pytest.fixture
def app(tmp_path, clock, host, database, database_url):
    """On both databases."""
    with site(tmp_path, database_url, CONSENTKIT_ADMIN_USER_LOADER=host) as app:
        app.extensions["consentkit"] = dataclasses.replace(app.extensions["consentkit"], clock=clock)
        yield app


def stored(runtime, email="anna@host.example"):
    """Return the row of that address."""
    with runtime.database.unit_of_work(read_only=True) as uow:
        return uow.accounts.by_email(email)


def test_whom_the_application_names_is_in(visitor, host, runtime):
    """At every request anew, with the roles that it says now, and the request at hand."""
    assert visitor.get(f"{ADMIN}/records").status_code == 403
    host.user = OWNER
    assert visitor.get(f"{ADMIN}/records").status_code == 200
    assert isinstance(host.asked[-1], werkzeug.Request)
    host.user = {**OWNER, "grants": {SITE: "auditor"}}
    assert visitor.get(f"{ADMIN}/records").status_code == 200
    assert visitor.get(f"{ADMIN}/records?site=elsewhere").status_code == 404
    host.user = {**OWNER, "grants": {}}
    assert visitor.get(f"{ADMIN}/records").status_code == 403
    host.user = None
    assert visitor.get(f"{ADMIN}/records").status_code == 403
    assert "consentkit_admin" not in str(visitor._cookies)


def test_an_object_will_do(visitor, host):
    """With the same two attributes."""
    host.user = types.SimpleNamespace(email="ben@host.example", grants={SITE: Role.EDITOR}, name="Ben")
    text = visitor.get(f"{ADMIN}/records").text
    assert "ben@host.example" in text
    assert "Sign out" not in text


@pytest.mark.parametrize(
    "user",
    [
        RuntimeError("the secret"),
        werkzeug.exceptions.Unauthorized(),
        werkzeug.exceptions.HTTPException(response=werkzeug.Response("come in", 200)),
        True,
        0,
        "anna@host.example",
        {},
        {"email": "anna@host.example"},
        {"grants": {"*": "owner"}},
        {**OWNER, "email": None},
        {**OWNER, "email": "anna"},
        {**OWNER, "email": "a@b.cd\x00"},
        {**OWNER, "grants": None},
        {**OWNER, "grants": "owner"},
        {**OWNER, "grants": ["*", "owner"]},
        {**OWNER, "grants": {"*": "emperor"}},
        {**OWNER, "grants": {"*": None}},
        {**OWNER, "grants": {"*": ["owner"]}},
        {**OWNER, "grants": {None: "owner"}},
        {**OWNER, "grants": {SITE: "owner", "": "owner"}},
        {**OWNER, "grants": {SITE: "owner", "other": "Owner"}},
    ],
    ids=lambda user: type(user).__name__ if isinstance(user, Exception) else str(user)[:60].replace("\x00", "0"),
)
def test_what_is_no_user_lets_nobody_in(visitor, host, runtime, caplog, user):
    """The page tells nothing of it, the log where to look."""
    host.user = user
    for path in ("/", "/records", "/account", "/sign-in"):
        answer = visitor.get(ADMIN + path)
        assert answer.status_code == 500
        assert "the secret" not in answer.text
        assert "come in" not in answer.text
        assert answer.headers["Cache-Control"] == "no-store"
    assert "CONSENTKIT_ADMIN_USER_LOADER" in caplog.text
    assert stored(runtime) is None


def test_there_are_no_passwords(app, visitor, host, runtime):
    """No form, no invitation, no page on people, no second step: the application sees to them."""
    with runtime.database.unit_of_work() as uow:
        local = Account(
            id=str(uuid.uuid4()),
            email="local@people.example",
            role=Role.OWNER,
            password_hash=hash_password(PASSWORD),
            created_at=runtime.clock.now(),
        )
        uow.accounts.add(local)
    form = {"email": local.email, "password": PASSWORD}
    assert visitor.post(f"{ADMIN}/sign-in", data=form, headers=OURS).status_code == 404
    answer = visitor.get(f"{ADMIN}/sign-in")
    assert answer.status_code == 403
    assert "password" not in answer.text
    # Nor does a session of before hold.
    assert signed_in(app, local, runtime).get(f"{ADMIN}/records").status_code == 403
    host.user = OWNER
    for path in ("/people", "/account/second-factor", "/account/second-factor.svg", "/sign-in/code"):
        assert visitor.get(ADMIN + path).status_code == 404, path
    for path in (f"/people/{local.id}/disable", "/people/invite", "/account/password", "/account/sessions/end"):
        assert visitor.post(ADMIN + path, data={}, headers=OURS).status_code == 404, path
    assert visitor.get(f"{ADMIN}/sign-in").status_code == 303
    text = visitor.get(f"{ADMIN}/account").text
    assert "password" not in text
    assert "/people" not in text


def test_nothing_of_our_own_accounts_is_left_out():
    """Every page on people and on one's own account is named, but for the language."""
    about = {
        endpoint
        for rule, endpoint, *_ in (*PAGES, *ACTIONS)
        if rule.startswith(("/people", "/account")) and endpoint not in {"account", "set_preferences"}
    }
    assert about == host_users.OWN_ACCOUNTS - {"sign_in_code", "sign_out", "invitation"}


def test_roles_are_not_stored(visitor, host, runtime):
    """The row that stands for the user has neither a role nor a password, for the day that the setting goes."""
    host.user = OWNER
    assert visitor.get(f"{ADMIN}/records").status_code == 200
    row = stored(runtime)
    assert row.grants == {}
    assert row.password_hash == ""
    visitor.get(f"{ADMIN}/records")
    assert stored(runtime) == row


@pytest.mark.parametrize("password", ["", "x", "a" * 40])
def test_the_row_cannot_sign_in_without_the_setting(app, visitor, host, runtime, password):
    """Whatever password is given."""
    host.user = OWNER
    visitor.get(f"{ADMIN}/records")
    settings = dataclasses.replace(runtime.settings, admin_user_loader=None)
    app.extensions["consentkit"] = dataclasses.replace(runtime, settings=settings)
    form = {"email": OWNER["email"], "password": password}
    assert visitor.post(f"{ADMIN}/sign-in", data=form, headers=OURS).status_code in {400, 403}
    assert visitor.get(f"{ADMIN}/records").status_code == 303


def test_an_account_of_ours_gives_nothing_and_loses_nothing(visitor, host, runtime, password_hash):
    """Of the same address: its own roles do not count, and stay."""
    with runtime.database.unit_of_work() as uow:
        local = Account(
            id=str(uuid.uuid4()),
            email="anna@host.example",
            role=Role.OWNER,
            password_hash=password_hash,
            created_at=runtime.clock.now(),
        )
        uow.accounts.add(local)
    host.user = {**OWNER, "grants": {SITE: "auditor"}}
    assert visitor.get(f"{ADMIN}/records").status_code == 200
    assert visitor.get(f"{ADMIN}/records?site=elsewhere").status_code == 404
    assert stored(runtime) == local
    with runtime.database.unit_of_work() as uow:
        uow.accounts.disable(local.id, runtime.clock.now())
    assert visitor.get(f"{ADMIN}/records").status_code == 403


def test_language_zone_and_filters_are_kept(visitor, host, runtime):
    """As for anybody."""
    host.user = OWNER
    form = {"locale": "ru", "time_zone": "Asia/Almaty"}
    assert visitor.post(f"{ADMIN}/account/preferences", data=form, headers=OURS).status_code == 303
    assert '<html lang="ru"' in visitor.get(f"{ADMIN}/records").text
    assert '<html lang="kk"' in visitor.get(f"{ADMIN}/records?lang=kk").text
    assert '<html lang="kk"' in visitor.get(f"{ADMIN}/records").text
    assert stored(runtime).time_zone == "Asia/Almaty"
    form = {"name": "mine", "query": "action=save"}
    assert visitor.post(f"{ADMIN}/filters", data=form, headers=OURS).status_code == 303
    assert "mine" in visitor.get(f"{ADMIN}/records").text


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_a_post_from_elsewhere_changes_nothing(visitor, host, runtime, headers):
    """The application's cookie may travel with it; the rule is the same."""
    host.user = OWNER
    visitor.get(f"{ADMIN}/records")
    form = {"locale": "ru", "time_zone": ""}
    assert visitor.post(f"{ADMIN}/account/preferences", data=form, headers=headers).status_code == 403
    assert stored(runtime).locale is None


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("staff_of_the_host:Staff.load", 200),
        ("staff_of_the_host:nobody", 500),
        ("no_such_module_here:load", 500),
        ("staff_of_the_host:text", 500),
    ],
)
def test_it_is_found_by_its_name(tmp_path, sqlite_url, monkeypatch, path, status):
    """When it is first asked for; where it is not, nobody is let in."""
    module = types.ModuleType("staff_of_the_host")
    module.Staff = types.SimpleNamespace(load=lambda request: OWNER)
    module.text = "load"
    monkeypatch.setitem(sys.modules, module.__name__, module)
    with site(tmp_path, sqlite_url, CONSENTKIT_ADMIN_USER_LOADER=path) as app:
        assert app.test_client().get(f"{ADMIN}/records").status_code == status
