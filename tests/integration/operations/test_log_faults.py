"""Whatever happens to a writer, or to what it writes to: the log goes on, no place is given twice, none is missing."""

from __future__ import annotations

import collections.abc as cabc
import contextlib
import itertools
import os
import signal
import sqlite3
import traceback

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from consentkit.clock import Clock
from consentkit.errors import StoreUnavailable
from consentkit.jobs.log_writer import LEASE
from consentkit.jobs.log_writer import LogWriter
from consentkit.jobs.log_writer import Outcome
from consentkit.operations.integrate import integrate
from consentkit.operations.publish_checkpoint import publish_checkpoint
from consentkit.storage import engine as engines
from consentkit.storage import migrate
from consentkit.storage.recorder import DirectRecorder
from consentkit.storage.unit_of_work import Database
from consentkit.testing import FrozenClock
from tests.factories import make_record
from tests.log import SIGNER
from tests.log import begin_log
from tests.log import check_log

SITE = "steppe-herald"

# Each of these goes through all statements of a round, one after the other, until a round needs no more of them.
MORE_THAN_A_ROUND_HAS = 60

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the processes here are forked ones")


def make_writer(database: Database, clock: Clock) -> LogWriter:
    """Return a writer with the tests' key."""

    def begin(_site: str) -> bool:
        begin_log(database)
        return True

    def publish(site: str) -> object:
        return publish_checkpoint(database, site, signer=SIGNER, clock=clock)

    return LogWriter(database, clock, begin=begin, publish=publish)


def record(database: Database, clock: Clock, count: int) -> None:
    """Record decisions as requests do."""
    recorder = DirectRecorder(database, clock)
    for _ in range(count):
        recorder.record(make_record(salt=b"s" * 32), nonce=None)


@contextlib.contextmanager
def at_statement(
    database: Database, number: int, do: cabc.Callable[[], object], *, commits: bool = True
) -> cabc.Iterator[None]:
    """Do something right before the statement, or the commit, of that number."""
    counted = itertools.count()

    def count(*_: object) -> None:
        if next(counted) == number:
            do()

    engine = database.engine
    names = ("before_cursor_execute", "commit") if commits else ("before_cursor_execute",)
    for name in names:
        event.listen(engine, name, count)
    try:
        yield
    finally:
        for name in names:
            event.remove(engine, name, count)


def forked(do: cabc.Callable[[], object]) -> int:
    """Do something in a process of its own, and return its id. It ends with 0 if nothing was raised."""
    pid = os.fork()
    if pid:
        return pid
    try:
        do()
    except BaseException:  # noqa: BLE001 - it must never go on as a second pytest
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def kill() -> None:
    """End this process without a word."""
    os.kill(os.getpid(), signal.SIGKILL)


def stop() -> None:
    """Stop this process, until somebody wakes it."""
    os.kill(os.getpid(), signal.SIGSTOP)


def write_all(writer: LogWriter) -> None:
    """Write rounds until there is nothing to do."""
    for _ in range(10):
        if writer.write() is Outcome.IDLE:
            return
    raise AssertionError("It never comes to an end.")


def test_killed_at_every_statement(database: Database, clock: FrozenClock) -> None:
    """The next one waits for the lease's end and goes on, whatever was done."""
    writer = make_writer(database, clock)

    def die_at(number: int) -> None:
        with at_statement(database, number, kill):
            writer.write()

    for number in range(MORE_THAN_A_ROUND_HAS):
        record(database, clock, 2)
        _, status = os.waitpid(forked(lambda number=number: die_at(number)), 0)
        clock.advance(LEASE)
        write_all(writer)
        check_log(database, 2 * (number + 1))
        if not os.WIFSIGNALED(status):
            break
    assert os.waitstatus_to_exitcode(status) == 0
    assert number > 10


def test_stopped_at_every_statement_and_woken(
    database: Database, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another one has gone on meanwhile; what wakes changes nothing any more.

    On PostgreSQL that one need not wait for what was stopped within a transaction. On SQLite, where a lock is the
    process's, it is told that the store is busy, and goes on when the process does.
    """
    monkeypatch.setattr(engines, "IDLE_TIMEOUT", 50)
    monkeypatch.setattr(engines, "BUSY_TIMEOUT", 0.02)
    stopped = Database(database.engine.url.render_as_string(hide_password=False))
    other = Database(database.engine.url.render_as_string(hide_password=False))
    writer = make_writer(other, clock)

    def stop_at(number: int) -> None:
        with at_statement(stopped, number, stop), contextlib.suppress(StoreUnavailable):
            make_writer(stopped, clock).write()

    waited = 0
    for number in range(MORE_THAN_A_ROUND_HAS):
        record(database, clock, 2)
        pid = forked(lambda number=number: stop_at(number))
        _, status = os.waitpid(pid, os.WUNTRACED)
        if os.WIFSTOPPED(status):
            clock.advance(LEASE)
            outcome = writer.write()
            assert outcome is not Outcome.BUSY
            waited += outcome is Outcome.FAILED
            os.kill(pid, signal.SIGCONT)
            _, code = os.waitpid(pid, 0)
            assert os.waitstatus_to_exitcode(code) == 0
        # What was begun under the old lease may be in a new one's way for once.
        clock.advance(LEASE)
        write_all(writer)
        check_log(database, 2 * (number + 1))
        if not os.WIFSTOPPED(status):
            break
    assert number > 10
    assert (waited > 0) is database.is_sqlite
    stopped.dispose()
    other.dispose()


def test_several_at_once(database: Database, clock: FrozenClock) -> None:
    """Even if they all had the lease: of two that saw the same head one is refused."""
    begin_log(database)
    record(database, clock, 40)

    def race() -> None:
        for _ in range(40):
            with contextlib.suppress(StoreUnavailable):
                integrate(database, SITE, fence=0, limit=3)

    racers = [forked(race) for _ in range(3)]
    record(database, clock, 20)
    assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in racers] == [0, 0, 0]
    write_all(make_writer(database, clock))
    check_log(database, 60)


def test_the_store_fails_at_every_statement(database: Database, clock: FrozenClock) -> None:
    """Its server ends the connection, or the disk does not answer: the round fails, the next one goes on."""
    other = Database(database.engine.url.render_as_string(hide_password=False))
    writer = make_writer(database, clock)
    failed: list[int] = []

    def fail() -> None:
        failed.append(1)
        if database.is_sqlite:
            # As SQLite says it of a disk that is full in the middle of a transaction.
            raise sa.exc.OperationalError("", {}, _full())
        with other.engine.connect() as connection:
            connection.execute(
                sa.text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )

    for number in range(MORE_THAN_A_ROUND_HAS):
        record(other, clock, 2)
        failed.clear()
        # What is raised instead of SQLite's own commit would leave it open.
        with (
            at_statement(database, number, fail, commits=not database.is_sqlite),
            contextlib.suppress(StoreUnavailable),
        ):
            writer.write()
        clock.advance(LEASE)
        write_all(writer)
        check_log(other, 2 * (number + 1))
        if not failed:
            break
    assert number > 10
    other.dispose()


def _full() -> sqlite3.Error:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorname = "SQLITE_FULL"
    return error


def test_a_full_disk(sqlite_url: str, clock: FrozenClock) -> None:
    """SQLite cannot grow any more: nothing of the batch is stored, and all of it is when there is room again."""
    database = Database(sqlite_url)
    migrate.upgrade(database)
    begin_log(database)
    record(database, clock, 300)
    with database.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreUnavailable, match="full"):
        integrate(database, SITE, fence=0)
    with database.engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages * 10}")
    write_all(make_writer(database, clock))
    check_log(database, 300)
    database.dispose()
