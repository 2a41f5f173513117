"""The fixtures of all tests: databases, a clock."""

from __future__ import annotations

import collections.abc as cabc
import contextlib
import os
import secrets
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from consentkit.storage import migrate
from consentkit.storage.unit_of_work import Database
from consentkit.testing import FrozenClock
from tests import postgresql

#: A server to use instead of starting one: the URL of any database on it, of a user who may create databases.
POSTGRESQL_URL = "CONSENTKIT_TEST_POSTGRESQL_URL"

# Threads that go on after a test would disturb the next ones: who tests them says so. Servers started by tests, too.
os.environ.setdefault("CONSENTKIT_LOG_WRITER", "worker")


@pytest.fixture
def clock() -> FrozenClock:
    """A clock that stands still until it is moved."""
    return FrozenClock()


@pytest.fixture(scope="session")
def postgresql_server() -> cabc.Iterator[str]:
    """The URL of a real PostgreSQL, started once for all tests."""
    given = os.environ.get(POSTGRESQL_URL)
    if given:
        yield given
        return
    with postgresql.running() as server:
        url = server.get_uri()
        with psycopg.connect(url, autocommit=True) as connection:
            # Its data need not outlive the tests.
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("SELECT pg_reload_conf()")
        yield url


@contextlib.contextmanager
def postgresql_database(server: str, options: str = "") -> cabc.Iterator[str]:
    """Make a database on the server, give its URL, and drop it at the end."""
    name = f"consentkit_{secrets.token_hex(6)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} {options}")
        try:
            yield sa.make_url(server).set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: str) -> cabc.Iterator[str]:
    """The name of a database that is ready for use, to be copied."""
    with postgresql_database(postgresql_server) as url:
        database = Database(url)
        migrate.upgrade(database)
        database.dispose()
        name = sa.make_url(url).database
        assert name
        yield name


@pytest.fixture
def postgresql_url(postgresql_server: str, request: pytest.FixtureRequest) -> cabc.Iterator[str]:
    """The URL of an empty database on PostgreSQL."""
    options = ""
    if "database" in request.fixturenames:
        # A test that asks for one that is ready as well means the same one. A copy is quicker than migrations.
        options = f"TEMPLATE {request.getfixturevalue('postgresql_template')}"
    with postgresql_database(postgresql_server, options) as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of an SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'consentkit.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database, once of each kind."""
    url = request.getfixturevalue(f"{request.param}_url")
    assert isinstance(url, str)
    return url


@pytest.fixture
def database(database_url: str) -> cabc.Iterator[Database]:
    """A database that is ready for use, once of each kind."""
    database = Database(database_url)
    migrate.upgrade(database)
    yield database
    database.dispose()
