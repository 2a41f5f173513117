from __future__ import annotations

import logging
import time

import pytest
import sqlalchemy as sa

from consentkit.errors import StoreUnavailable
from consentkit.storage import migrate
from consentkit.storage.unit_of_work import Database
from tests.factories import make_record
from tests.integration.storage.worker import workers


def tables(database: Database) -> set[str]:
    """Return the names of all tables that are there."""
    return set(sa.inspect(database.engine).get_table_names())


def test_an_upgraded_database_is_ready(database_url: str) -> None:
    """It says so, and upgrading again changes nothing."""
    database = Database(database_url)
    assert migrate.current(database) is None
    migrate.upgrade(database)
    assert migrate.current(database) == migrate.head()
    migrate.upgrade(database)
    migrate.ensure_ready(database)
    assert migrate.current(database) == migrate.head()
    database.dispose()


def test_sqlite_upgrades_itself(sqlite_url: str) -> None:
    """Whatever opens it first."""
    database = Database(sqlite_url)
    migrate.ensure_ready(database)
    assert migrate.current(database) == migrate.head()
    database.dispose()


def test_postgresql_waits_for_the_command(postgresql_url: str) -> None:
    """And says which; nothing has been done to it."""
    database = Database(postgresql_url)
    with pytest.raises(StoreUnavailable, match="consentkit db upgrade"):
        migrate.ensure_ready(database)
    assert tables(database) == set()
    database.dispose()


def test_several_processes_may_start_on_one_empty_file(sqlite_url: str) -> None:
    """All of them find it ready, one after the other."""
    with workers(3, "start", sqlite_url) as started:
        assert [worker.answer() for worker in started] == [migrate.head()] * 3


def test_several_upgrades_at_once_are_one(postgresql_url: str) -> None:
    """The others wait, then find nothing left to do."""
    with workers(2, "upgrade", postgresql_url) as started:
        assert [worker.answer() for worker in started] == [migrate.head()] * 2


def test_an_upgrade_does_not_wait_for_ever(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process holds the lock and does not come to an end."""
    monkeypatch.setattr(migrate, "LOCK_TIMEOUT", 0.3)
    database = Database(postgresql_url)
    with migrate._locked_postgresql(database.engine), pytest.raises(StoreUnavailable, match="Another process"):
        migrate.upgrade(database)
    database.dispose()


def test_a_table_in_use_is_not_waited_for_long(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody would queue behind the migration that waits. It gives up, and everything is as before."""
    database = Database(postgresql_url)
    migrate.upgrade(database)
    with database.engine.begin() as reader:
        reader.execute(sa.text("SELECT count(*) FROM consentkit_records"))
        began = time.monotonic()
        with pytest.raises(StoreUnavailable, match="locked"):
            migrate.downgrade(database, "base")
        assert time.monotonic() - began < 6
    assert "consentkit_records" in tables(database)
    database.dispose()


def test_a_database_of_a_newer_release_is_used(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    """A rolling deployment: it was upgraded while this release still runs. Nothing is done to it, but it is said."""
    with database.engine.begin() as connection:
        connection.execute(sa.text(f"UPDATE {migrate.VERSION_TABLE} SET version_num = '20991231_much_later'"))
    with caplog.at_level(logging.WARNING, "consentkit"):
        migrate.ensure_ready(database)
    assert "20991231_much_later" in caplog.text
    assert migrate.current(database) == "20991231_much_later"


def test_an_interrupted_migration_leaves_the_file_as_it_was(sqlite_url: str) -> None:
    """All of it is one transaction."""
    database = Database(sqlite_url)

    @sa.event.listens_for(database.engine, "before_cursor_execute")
    def interrupt(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("CREATE INDEX"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        migrate.upgrade(database)
    database.dispose()
    again = Database(sqlite_url)
    assert tables(again) == set()
    again.dispose()


def test_the_hosts_own_migrations_are_left_alone(database_url: str) -> None:
    """Its tables and its version stand in the same database and stay, up and down."""
    database = Database(database_url)
    with database.engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        connection.execute(sa.text("INSERT INTO alembic_version VALUES ('of_the_host')"))
        connection.execute(sa.text("CREATE TABLE article (id INTEGER PRIMARY KEY)"))
    migrate.upgrade(database)
    migrate.downgrade(database, "base")
    with database.engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT version_num FROM alembic_version")) == "of_the_host"
    assert tables(database) == {"alembic_version", "article", migrate.VERSION_TABLE}
    database.dispose()


def test_foreign_keys_hold_again_after_a_migration(sqlite_url: str) -> None:
    """They are off while tables are rebuilt; that connection is not used again."""
    database = Database(sqlite_url)
    migrate.upgrade(database)
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 2000
    database.dispose()


def test_a_migration_under_readers_leaves_their_rows(database: Database) -> None:
    """What was stored before is there afterwards."""
    record = make_record(sample=True)
    with database.unit_of_work() as uow:
        uow.records.add_samples([record])
    migrate.downgrade(database, "20261123_first_schema")
    migrate.upgrade(database)
    with database.unit_of_work(read_only=True) as uow:
        assert uow.records.get(record.id) == record
