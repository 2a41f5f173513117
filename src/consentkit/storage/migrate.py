"""The schema of the database: at which revision it is, and how it gets to this release's.

SQLite is brought up to date by whatever opens it first. PostgreSQL is only by ``consentkit db upgrade``, so that a
deployment decides when. A database of a newer release is used as it is: every migration leaves a schema that the
release before can work with (``migrations/script.py.mako``), and that is what a rolling deployment needs.
"""

from __future__ import annotations

import collections.abc as cabc
import contextlib
import logging
import threading
import time
import typing as t
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from ..errors import StoreUnavailable
from .failures import UPGRADE
from .failures import translated

if t.TYPE_CHECKING:
    from .unit_of_work import Database

log = logging.getLogger("consentkit")

#: The table that holds the revision: not Alembic's default, which may be the host application's.
VERSION_TABLE = "consentkit_alembic_version"

#: How long to wait for another process that migrates, in seconds.
LOCK_TIMEOUT = 60.0

_ADVISORY_LOCK = int.from_bytes(b"consentk", "big", signed=True)

# Alembic keeps the migration that runs in module-level state.
_one_at_a_time = threading.Lock()


def config() -> Config:
    """Return Alembic's configuration. It needs no file, and knows nothing of one that the host application has."""
    settings = Config()
    settings.set_main_option("script_location", str(_folder()).replace("%", "%%"))
    settings.set_main_option("file_template", "%%(rev)s")
    return settings


def head() -> str:
    """Return the revision that this release works with."""
    revision = ScriptDirectory.from_config(config()).get_current_head()
    if revision is None:
        raise RuntimeError("The package holds no migrations.")
    return revision


def current(database: Database) -> str | None:
    """Return the revision that the database is at, or ``None`` when it is empty.

    :raises StoreUnavailable: the database does not answer.
    """
    with translated(), database.engine.connect() as connection:
        # A read transaction, so that nobody waits for it.
        return _revision(connection.execution_options(consentkit_read_only=True))


def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the database to this release's revision, or to an older one on the way. Several processes may try at once.

    :raises StoreUnavailable: the database does not answer, or another process holds it for too long. It is then as
        it was, or on PostgreSQL at one of the revisions in between.
    """
    _migrate(
        database,
        lambda settings: command.upgrade(settings, revision),
        unless=is_ready if revision == "head" else lambda _: False,
    )


def downgrade(database: Database, revision: str) -> None:
    """Bring the database back to an older revision, or to ``base``: what newer ones added is lost."""
    _migrate(database, lambda settings: command.downgrade(settings, revision), unless=lambda _: False)


def ensure_ready(database: Database) -> None:
    """Make sure that the database has what this release needs.

    :raises StoreUnavailable: it does not answer, or it is PostgreSQL and older than this release.
    """
    at = current(database)
    if is_ready(at):
        return
    if not database.is_sqlite:
        found = f"at revision '{at}'" if at else "empty"
        raise StoreUnavailable(f"The database is {found}, this release needs '{head()}'. {UPGRADE}", retry_after=60)
    upgrade(database)


def is_ready(at: str | None) -> bool:
    """Whether this release can work with a database at that revision: its own one, or one of a newer release."""
    if at is None:
        return False
    known = {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}
    if at not in known:
        log.warning("The database is at revision '%s' of a newer release.", at)
        return True
    return at == head()


def _migrate(
    database: Database, run: cabc.Callable[[Config], None], *, unless: cabc.Callable[[str | None], bool]
) -> None:
    locked = _locked_sqlite if database.is_sqlite else _locked_postgresql
    with translated(), _one_at_a_time, locked(database.engine) as connection:
        # Whoever held the lock before may have done it.
        if unless(_revision(connection)):
            return
        settings = config()
        settings.attributes["connection"] = connection
        settings.attributes["version_table"] = VERSION_TABLE
        run(settings)


@contextlib.contextmanager
def _locked_sqlite(engine: sa.Engine) -> cabc.Iterator[sa.Connection]:
    """Give a connection whose one transaction, from the lock to the commit, holds all migrations."""
    with engine.connect() as connection:
        cursor = connection.connection.cursor()
        # A table that is rebuilt is dropped in between, which must not delete what refers to it
        # (https://www.sqlite.org/lang_altertable.html, 7). Neither pragma has an effect inside a transaction.
        cursor.execute("PRAGMA foreign_keys = OFF")
        cursor.execute(f"PRAGMA busy_timeout = {LOCK_TIMEOUT * 1000:.0f}")
        cursor.close()
        try:
            with connection.begin():
                yield connection
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
                if broken is not None:
                    raise StoreUnavailable(f"The migration would leave '{broken[0]}' with rows that refer to nothing.")
        finally:
            # With its pragmas this connection is of no use to others.
            connection.invalidate()


@contextlib.contextmanager
def _locked_postgresql(engine: sa.Engine) -> cabc.Iterator[sa.Connection]:
    """Give a connection for migrations in transactions of their own, while another connection holds the lock."""
    with engine.connect() as holder, holder.begin():
        holder.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        # The lock is of a transaction, not of a session, so that it works through a PgBouncer. And it is tried again
        # and again, not waited for: a statement that waits holds a snapshot, and the other process' CREATE INDEX
        # CONCURRENTLY would wait for that.
        deadline = time.monotonic() + LOCK_TIMEOUT
        while not holder.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(_ADVISORY_LOCK))):
            if time.monotonic() > deadline:
                raise StoreUnavailable("Another process has been migrating the database for too long.")
            time.sleep(0.2)
        with engine.connect() as connection:
            yield connection


def _revision(connection: sa.Connection) -> str | None:
    revision = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()
    # Only looked: the transaction that looking began ends, unless it is the one of the migrations.
    if connection.dialect.name != "sqlite":
        connection.rollback()
    return revision


def _folder() -> Path:
    """Return the folder of the migrations: inside the package when installed, beside the sources in a checkout."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "_migrations", package.parents[1] / "migrations"):
        if (folder / "env.py").is_file():
            return folder
    raise RuntimeError("The package was installed without its migrations.")
