from __future__ import annotations

import os

import pytest
import sqlalchemy as sa

from consentkit.storage import engine
from consentkit.storage.records import RecordFilter
from consentkit.storage.unit_of_work import Database
from tests.factories import make_record


def test_a_unit_of_work_is_kept_at_its_end(database: Database) -> None:
    """And is seen by others only then."""
    record = make_record(sample=True)
    with database.unit_of_work() as uow:
        uow.records.add_samples([record])
        with database.unit_of_work(read_only=True) as other:
            assert other.records.get(record.id) is None
    with database.unit_of_work(read_only=True) as uow:
        assert uow.records.get(record.id) == record


def test_an_exception_undoes_a_unit_of_work(database: Database) -> None:
    """And goes on its way unchanged."""
    with pytest.raises(LookupError, match="mine"), database.unit_of_work() as uow:  # noqa: PT012  # what is undone
        uow.records.add_samples([make_record(sample=True)])
        raise LookupError("mine")
    with database.unit_of_work(read_only=True) as uow:
        assert not uow.records.any()


def test_sqlite_is_as_durable_as_it_can_be(sqlite_url: str) -> None:
    """A commit is on the disk when it returns; what is erased is overwritten; references hold."""
    database = Database(sqlite_url)
    with database.engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "secure_delete", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": 2,
        "secure_delete": 1,
        "foreign_keys": 1,
        "busy_timeout": 2000,
    }
    database.dispose()


def test_nothing_stays_on_a_postgresql_connection(postgresql_url: str) -> None:
    """A PgBouncer may give it to somebody else after each transaction: no prepared statements, no settings."""
    database = Database(postgresql_url)
    for _ in range(20):
        database.ping()
        with database.unit_of_work() as uow:
            assert uow.session.scalar(sa.text("SHOW statement_timeout")) == f"{engine.STATEMENT_TIMEOUT // 1000}s"
    with database.engine.connect() as connection:
        driver = connection.connection.cursor()
        driver.execute("SELECT count(*) FROM pg_prepared_statements")
        assert driver.fetchone() == (0,)
        driver.execute("SHOW statement_timeout")
        assert driver.fetchone() == ("0",)
        driver.execute("SHOW transaction_isolation")
        assert driver.fetchone() == ("read committed",)
        driver.close()
    database.dispose()


@pytest.mark.parametrize(("server", "ours"), [("off", "on"), ("on", "on"), ("remote_apply", "remote_apply")])
def test_a_commit_on_postgresql_waits_for_the_disk(postgresql_url: str, server: str, ours: str) -> None:
    """Whatever the server was told for others; what waits for more stays."""
    database = Database(postgresql_url)
    with database.engine.begin() as connection:
        connection.execute(
            sa.text(f"ALTER DATABASE {connection.engine.url.database} SET synchronous_commit = {server}")
        )
    database.dispose()
    with database.unit_of_work() as uow:
        assert uow.session.scalar(sa.text("SHOW synchronous_commit")) == ours
    database.dispose()


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_has_connections_of_its_own(database: Database) -> None:
    """As under a server that loads the application before it forks."""
    database.ping()
    with database.unit_of_work() as uow:
        uow.records.add_samples([make_record(sample=True)])
    child = os.fork()
    if child == 0:
        try:
            with database.unit_of_work() as uow:
                uow.records.add_samples([make_record(sample=True)])
            database.dispose()
        except BaseException:  # noqa: BLE001  # whatever it is, the parent is to know
            os._exit(1)
        os._exit(0)
    for _ in range(20):
        with database.unit_of_work() as uow:
            uow.records.add_samples([make_record(sample=True)])
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with database.unit_of_work(read_only=True) as uow:
        assert len(uow.records.page(RecordFilter(), limit=100)) == 22
