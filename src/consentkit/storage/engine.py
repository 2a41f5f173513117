"""Connections to the database: what is asked of SQLite and of PostgreSQL before the first statement."""

from __future__ import annotations

import contextlib
import sqlite3
import time
import typing as t
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy import exc

from ..errors import ConfigError
from ..errors import Problem

_SETTING = "CONSENTKIT_DATABASE_URL"
_EXPECTED = "Expected 'sqlite:///FILE' or 'postgresql://USER:PASSWORD@HOST/NAME'."

#: How long a writer waits for another one on SQLite, in seconds.
BUSY_TIMEOUT = 2.0
#: How long a connection to PostgreSQL may take, in seconds.
CONNECT_TIMEOUT = 3
#: How long a statement may take on PostgreSQL, in milliseconds.
STATEMENT_TIMEOUT = 5000
#: How long a transaction that writes may be silent on PostgreSQL, in milliseconds: a process that was frozen within one
#: must not keep others waiting for its locks.
IDLE_TIMEOUT = 5000
#: How long a thread waits for a connection of the pool, in seconds.
POOL_TIMEOUT = 3

#: The option of a connection whose transactions write nothing.
READ_ONLY = "consentkit_read_only"


def make_engine(url: str) -> sa.Engine:
    """Return an engine for *url*. Nothing is connected yet.

    :raises ConfigError: the URL is none, or of a database that is not supported. The password is never repeated.
    """
    try:
        parsed = sa.make_url(url)
    except (exc.ArgumentError, ValueError):
        # Not chained: the parser's own message may repeat the URL.
        raise _refused("found no database URL.") from None
    backend, _, driver = parsed.drivername.partition("+")
    if backend == "sqlite" and driver in ("", "pysqlite"):
        return _make_sqlite(parsed.set(drivername="sqlite+pysqlite"))
    if backend in ("postgresql", "postgres") and driver in ("", "psycopg"):
        return _make_postgresql(parsed.set(drivername="postgresql+psycopg"))
    raise _refused(f"found the scheme '{parsed.drivername}', which is not supported.")


def _refused(message: str, hint: str = _EXPECTED) -> ConfigError:
    return ConfigError(Problem(_SETTING, "", message, hint))


def _make_sqlite(url: sa.URL) -> sa.Engine:
    if not url.database or ":memory:" in url.database or url.query.get("mode") == "memory":
        raise _refused(
            "found a database in memory: every process would have its own, and the evidence would be lost.",
            "Expected 'sqlite:///FILE'.",
        )
    if sqlite3.sqlite_version_info < (3, 35):
        raise _refused(f"this Python's SQLite is {sqlite3.sqlite_version}.", "Expected SQLite 3.35 or newer.")
    engine = sa.create_engine(
        url,
        # What a statement was given never stands in an error or a log.
        hide_parameters=True,
        pool_size=5,
        max_overflow=15,
        pool_timeout=POOL_TIMEOUT,
        connect_args={"timeout": BUSY_TIMEOUT},
    )
    event.listen(engine, "do_connect", _make_folder)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_folder(_dialect: object, _record: object, arguments: tuple[str, ...], _options: object) -> None:
    # SQLite makes the file; its folder is made too, but not a whole path, which would rather be a typing error.
    if not arguments[0].startswith("file:"):
        with contextlib.suppress(OSError):
            Path(arguments[0]).parent.mkdir(exist_ok=True)


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver would begin transactions by itself, late and never IMMEDIATE.
    connection.isolation_level = None
    cursor = connection.cursor()
    # Readers never wait for the writer. With FULL a commit is on the disk when it returns (the default of WAL may
    # lose the last ones in a power cut): what a 201 promises.
    _switch_to_wal(cursor)
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    # What is erased is overwritten, not merely unlinked.
    cursor.execute("PRAGMA secure_delete = ON")
    # The write-ahead log shrinks again after a long reader let it grow.
    cursor.execute("PRAGMA journal_size_limit = 67108864")
    cursor.close()


def _switch_to_wal(cursor: sqlite3.Cursor) -> None:
    # Once switched, the file stays in this mode. SQLite does not wait for the lock that the switch needs, so several
    # processes that start on a new file at once must try again by themselves.
    deadline = time.monotonic() + BUSY_TIMEOUT
    while True:
        try:
            if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                cursor.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname.startswith("SQLITE_READONLY"):
                return
            if not error.sqlite_errorname.startswith("SQLITE_BUSY") or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _begin_sqlite(connection: sa.Connection) -> None:
    read_only = bool(connection.get_execution_options().get(READ_ONLY))
    # The driver's connection keeps the mode, so it is only told when it changes.
    if connection.info.get(READ_ONLY) is not read_only:
        connection.exec_driver_sql(f"PRAGMA query_only = {'ON' if read_only else 'OFF'}")
        connection.info[READ_ONLY] = read_only
    # A writer takes the lock at its first statement: a transaction that read first and then wants to write could not
    # be made to wait, it would fail (https://www.sqlite.org/lang_transaction.html).
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def _make_postgresql(url: sa.URL) -> sa.Engine:
    try:
        import psycopg as _psycopg  # noqa: F401, PLC0415  # the driver is an extra
    except ImportError:
        raise _refused(
            "found PostgreSQL, whose driver is not installed.", "Install 'consentkit[postgresql]'."
        ) from None
    arguments: dict[str, t.Any] = {
        "connect_timeout": CONNECT_TIMEOUT,
        # Behind a PgBouncer that hands out connections by transaction, nothing may be left on the server in between:
        # no prepared statements here, and no SET but SET LOCAL below.
        "prepare_threshold": None,
        # A server that vanished is noticed by this side: after ten seconds without an answer.
        "tcp_user_timeout": 10_000,
        "keepalives_idle": 30,
        "keepalives_interval": 5,
        "keepalives_count": 2,
        "application_name": "consentkit",
    }
    engine = sa.create_engine(
        url,
        hide_parameters=True,
        isolation_level="READ COMMITTED",
        pool_size=5,
        max_overflow=5,
        pool_timeout=POOL_TIMEOUT,
        pool_pre_ping=True,
        pool_recycle=1800,
        use_native_hstore=False,
        # What the URL says wins.
        connect_args={key: value for key, value in arguments.items() if key not in url.query},
    )
    event.listen(engine, "begin", _begin_postgresql)
    return engine


def _begin_postgresql(connection: sa.Connection) -> None:
    # For this transaction alone, see above, and in one exchange with the server. A commit that does not wait for the
    # disk would make a 201 a lie; one that waits for standbys too stays as the server has it.
    read_only = bool(connection.get_execution_options().get(READ_ONLY))
    connection.exec_driver_sql(
        f"SELECT set_config('statement_timeout', '{STATEMENT_TIMEOUT:d}', true), "
        # Who only reads may take their time: an export goes as fast as it is fetched.
        + ("" if read_only else f"set_config('idle_in_transaction_session_timeout', '{IDLE_TIMEOUT:d}', true), ")
        + "CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', true) END"
    )
