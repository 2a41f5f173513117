"""An application with the audit view, some records, and people who may sign in."""

from __future__ import annotations

import collections.abc as cabc
import contextlib
import dataclasses
import secrets
import shutil
import uuid
from pathlib import Path

import argon2
import flask
import flask.testing
import pytest

from consentkit import ConsentKit
from consentkit.operations import passwords
from consentkit.operations.passwords import hash_password
from consentkit.operations.sign_in import SESSION_LIFETIME
from consentkit.runtime import Runtime
from consentkit.storage.accounts import Account
from consentkit.storage.accounts import AccountSession
from consentkit.storage.accounts import Role
from consentkit.storage.accounts import token_hash
from consentkit.storage.unit_of_work import Database
from consentkit.testing import FrozenClock
from tests.sites import write_site

ADMIN = "/consent/admin"
EMAIL = "anna@steppe-herald.example"
PASSWORD = "a reading room in Akzhar"


@contextlib.contextmanager
def site(folder: Path, url: str | None = None, **settings: object) -> cabc.Iterator[flask.Flask]:
    """Make a site with the audit view, with its records at *url*, or in *folder*."""
    app = flask.Flask("host", instance_path=str(folder))
    app.config.update(
        SECRET_KEY="the host's",
        CONSENTKIT_CONFIG=str(write_site(folder, locales=("ru", "kk", "en"))),
        CONSENTKIT_DATABASE_URL=url or f"sqlite:///{folder / 'consentkit.db'}",
        **settings,
    )
    ConsentKit(app)
    yield app
    app.extensions["consentkit"].database.dispose()


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database in which the site is published already: each test starts from a copy."""
    folder = tmp_path_factory.mktemp("published")
    with site(folder):
        return folder / "consentkit.db"


@pytest.fixture
def app(tmp_path: Path, clock: FrozenClock, published: Path) -> cabc.Iterator[flask.Flask]:
    """A site with the audit view, at the time of the clock."""
    shutil.copy(published, tmp_path)
    shutil.copytree(published.with_suffix(".keys"), tmp_path / "consentkit.keys")
    with site(tmp_path) as app:
        app.extensions["consentkit"] = dataclasses.replace(app.extensions["consentkit"], clock=clock)
        yield app


@pytest.fixture
def app_on_both(
    tmp_path: Path, clock: FrozenClock, database: Database, database_url: str
) -> cabc.Iterator[flask.Flask]:
    """The same on each of the two databases."""
    assert database
    with site(tmp_path, database_url) as app:
        app.extensions["consentkit"] = dataclasses.replace(app.extensions["consentkit"], clock=clock)
        yield app


@pytest.fixture
def runtime(app: flask.Flask) -> Runtime:
    """What the application runs on."""
    found = app.extensions["consentkit"]
    assert isinstance(found, Runtime)
    return found


@pytest.fixture(autouse=True)
def _quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    # Slow on purpose otherwise, with 64 MiB for each: how they are hashed is tested with the passwords.
    monkeypatch.setattr(passwords, "_HASHER", argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture
def password_hash() -> str:
    """The hash of the auditor's password."""
    return hash_password(PASSWORD)


@pytest.fixture
def account(runtime: Runtime, password_hash: str) -> Account:
    """An auditor's account."""
    account = Account(
        id=str(uuid.uuid4()),
        email=EMAIL,
        role=Role.AUDITOR,
        password_hash=password_hash,
        created_at=runtime.clock.now(),
    )
    with runtime.database.unit_of_work() as uow:
        assert uow.accounts.add(account)
    return account


@pytest.fixture
def owner(app: flask.Flask, runtime: Runtime, password_hash: str) -> flask.testing.FlaskClient:
    """A browser in which an owner is signed in."""
    account = Account(
        id=str(uuid.uuid4()),
        email=EMAIL,
        role=Role.OWNER,
        password_hash=password_hash,
        created_at=runtime.clock.now(),
    )
    with runtime.database.unit_of_work() as uow:
        assert uow.accounts.add(account)
    return signed_in(app, account, runtime)


@pytest.fixture
def visitor(app: flask.Flask) -> flask.testing.FlaskClient:
    """A browser that is not signed in."""
    return app.test_client()


@pytest.fixture
def officer(app: flask.Flask, account: Account, runtime: Runtime) -> flask.testing.FlaskClient:
    """A browser in which the auditor is signed in."""
    return signed_in(app, account, runtime)


def signed_in(app: flask.Flask, account: Account, runtime: Runtime) -> flask.testing.FlaskClient:
    """Return a browser in which somebody is signed in, without the time that checking a password takes."""
    token = secrets.token_urlsafe(32)
    now = runtime.clock.now()
    session = AccountSession(
        account=account,
        token_hash=token_hash(token),
        created_at=now,
        last_seen_at=now,
        expires_at=now + SESSION_LIFETIME,
        locale=None,
    )
    with runtime.database.unit_of_work() as uow:
        uow.accounts.start_session(session)
    client = app.test_client()
    client.set_cookie("consentkit_admin", token, path=ADMIN)
    return client
