from __future__ import annotations

import collections.abc as cabc
import contextlib
import socket
import sqlite3
import time
import traceback
import typing as t
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from consentkit.errors import StoreUnavailable
from consentkit.storage import engine
from consentkit.storage import migrate
from consentkit.storage.records import RecordFilter
from consentkit.storage.unit_of_work import Database
from consentkit.storage.unit_of_work import UnitOfWork
from tests import postgresql
from tests.factories import make_record

SECRET = "s3cret-of-mine"

#: How many connections a process may have to its database.
LARGEST_POOL = {"sqlite": 20, "postgresql": 10}


def write(uow: UnitOfWork, count: int = 1, **changes: t.Any) -> None:
    """Insert some records."""
    uow.records.add_samples([make_record(sample=True, **changes) for _ in range(count)])


@contextlib.contextmanager
def within(seconds: float) -> cabc.Iterator[None]:
    """Fail when the block takes longer."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


@pytest.fixture
def opened() -> cabc.Iterator[cabc.Callable[[str], Database]]:
    """Opens databases that are closed again at the end."""
    with contextlib.ExitStack() as stack:

        def open_(url: str) -> Database:
            database = Database(url)
            stack.callback(database.dispose)
            return database

        yield open_


Opened = cabc.Callable[[str], Database]


def test_a_locked_file_is_waited_for_two_seconds(sqlite_url: str, opened: Opened) -> None:
    """Then the store is not available. Reading goes on all the while."""
    migrate.upgrade(database := opened(sqlite_url))
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with within(3.5), pytest.raises(StoreUnavailable, match="locked"), database.unit_of_work() as uow:
        write(uow)
    with within(0.5), database.unit_of_work(read_only=True) as uow:
        assert not uow.records.any()
    other.close()
    with database.unit_of_work() as uow:
        write(uow)


def test_a_full_disk_makes_the_store_unavailable(sqlite_url: str, opened: Opened) -> None:
    """Nothing of the transaction is kept, and it goes on when there is room again."""
    migrate.upgrade(database := opened(sqlite_url))
    database.dispose()
    pages = 0

    @sa.event.listens_for(database.engine, "connect")
    def limit(connection: sqlite3.Connection, _: object) -> None:
        nonlocal pages
        pages = pages or connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(StoreUnavailable, match="full"), database.unit_of_work() as uow:
        write(uow, 500)
    with database.unit_of_work(read_only=True) as uow:
        assert not uow.records.any()
    sa.event.remove(database.engine, "connect", limit)
    database.dispose()
    with database.unit_of_work() as uow:
        write(uow, 500)


def test_a_read_only_file_can_be_read(sqlite_url: str, opened: Opened) -> None:
    """And not written to."""
    migrate.upgrade(database := opened(sqlite_url))
    with database.unit_of_work() as uow:
        write(uow)
    path = sqlite_url.removeprefix("sqlite:///")
    reader = opened(f"sqlite:///file:{path}?mode=ro&uri=true")
    migrate.ensure_ready(reader)
    with reader.unit_of_work(read_only=True) as uow:
        assert uow.records.any()
    with pytest.raises(StoreUnavailable, match="read-only"), reader.unit_of_work() as uow:
        write(uow)


def test_a_read_only_unit_of_work_cannot_write(database: Database) -> None:
    """On either database; and the next one on the same connection can."""
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="read-only"), database.unit_of_work(read_only=True) as uow:
            write(uow)
        with database.unit_of_work() as uow:
            write(uow)


def test_missing_tables_are_told_with_the_way_out(database_url: str, opened: Opened) -> None:
    """A command, not a trace."""
    with (
        pytest.raises(StoreUnavailable, match="consentkit db upgrade"),
        opened(database_url).unit_of_work() as uow,
    ):
        uow.records.any()


def test_a_missing_folder_is_made(tmp_path: Path, opened: Opened) -> None:
    """The last one of the path, as the default's may not be there."""
    migrate.ensure_ready(opened(f"sqlite:///{tmp_path / 'instance' / 'consentkit.db'}"))
    assert (tmp_path / "instance" / "consentkit.db").is_file()


def test_a_missing_path_is_told(tmp_path: Path, opened: Opened) -> None:
    """More than one folder missing is rather a typing error."""
    with pytest.raises(StoreUnavailable, match="folder"):
        opened(f"sqlite:///{tmp_path / 'no' / 'such' / 'consentkit.db'}").ping()


def test_another_file_is_told(tmp_path: Path, opened: Opened) -> None:
    """It is left as it was."""
    path = tmp_path / "letter.txt"
    path.write_text("Dear reader, this is no database. " * 100)
    with pytest.raises(StoreUnavailable, match="not an SQLite database"):
        migrate.ensure_ready(opened(f"sqlite:///{path}"))
    assert path.read_text().startswith("Dear reader")


def test_a_damaged_file_is_told(sqlite_url: str, opened: Opened) -> None:
    """Reading it is no error of the program's."""
    migrate.upgrade(database := opened(sqlite_url))
    with database.unit_of_work() as uow:
        write(uow, 200)
    database.dispose()
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(StoreUnavailable, match="damaged"), opened(sqlite_url).unit_of_work(read_only=True) as uow:
        list(uow.records.stream(RecordFilter()))


def test_connections_in_use_are_not_waited_for_long(
    database_url: str, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pool is bounded; who finds it empty is told so."""
    monkeypatch.setattr(engine, "POOL_TIMEOUT", 0.2)
    migrate.upgrade(database := opened(database_url))
    with contextlib.ExitStack() as stack:
        while t.cast("sa.QueuePool", database.engine.pool).checkedout() < LARGEST_POOL[database.engine.dialect.name]:
            stack.enter_context(database.engine.connect())
        with within(2), pytest.raises(StoreUnavailable, match="in use"):
            database.ping()
    database.ping()


def test_errors_tell_neither_the_password_nor_values(opened: Opened, database: Database) -> None:
    """Not even with their causes, which end in logs."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    unreachable = opened(f"postgresql://consentkit:{SECRET}@127.0.0.1:{port}/consentkit")
    with pytest.raises(StoreUnavailable) as unreached:
        unreachable.ping()
    with database.engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE consentkit_records"))
    with pytest.raises(StoreUnavailable) as missing, database.unit_of_work() as uow:
        write(uow, subject_id=SECRET)
    for error in (unreached.value, missing.value):
        assert SECRET not in "".join(traceback.format_exception(error))
    assert SECRET not in unreachable.name


def test_a_server_that_is_not_there_is_told_at_once(opened: Opened) -> None:
    """Nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with within(1), pytest.raises(StoreUnavailable, match="reached"):
        opened(f"postgresql://consentkit@127.0.0.1:{port}/consentkit").ping()


def test_a_server_that_does_not_answer_is_waited_for_three_seconds(opened: Opened) -> None:
    """It takes the connection and is silent."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with within(4.5), pytest.raises(StoreUnavailable, match="reached"):
            opened(f"postgresql://consentkit@127.0.0.1:{port}/consentkit").ping()


def test_a_refused_connection_is_told(postgresql_server: str, opened: Opened) -> None:
    """The server is there, but has no such database."""
    url = sa.make_url(postgresql_server).set(database="no_such_database").render_as_string(hide_password=False)
    with pytest.raises(StoreUnavailable, match="refuses"):
        opened(url).ping()


def test_a_statement_that_takes_too_long_is_ended(
    postgresql_url: str, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the server, so that it does not go on there."""
    monkeypatch.setattr(engine, "STATEMENT_TIMEOUT", 200)
    database = opened(postgresql_url)
    with within(2), pytest.raises(StoreUnavailable, match="too long"), database.unit_of_work() as uow:
        uow.session.execute(sa.text("SELECT pg_sleep(10)"))
    database.ping()


def test_a_lost_connection_is_replaced(postgresql_url: str, opened: Opened) -> None:
    """One that was idle is not missed; one in use makes its unit of work fail, and only that."""
    migrate.upgrade(database := opened(postgresql_url))
    database.ping()
    end_connections(postgresql_url)
    database.ping()
    with pytest.raises(StoreUnavailable), database.unit_of_work() as uow:  # noqa: PT012  # it fails at its end
        write(uow)
        end_connections(postgresql_url)
    with database.unit_of_work() as uow:
        assert not uow.records.any()
        write(uow)


def end_connections(url: str) -> None:
    """Let the server end all other connections to that database."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_stopped_server_is_noticed_and_found_again(opened: Opened) -> None:
    """Requests meanwhile get their answer at once."""
    with postgresql.running() as server:
        migrate.upgrade(database := opened(server.get_uri()))
        database.ping()
        server.stop()
        with within(1), pytest.raises(StoreUnavailable), database.unit_of_work() as uow:
            write(uow)
        server.ensure_postgres_running()
        with database.unit_of_work() as uow:
            write(uow)
