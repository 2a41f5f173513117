"""What is recorded gets into the log by itself, by one writer at a time."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
import sqlalchemy as sa

from consentkit.clock import Clock
from consentkit.errors import StoreUnavailable
from consentkit.jobs.log_writer import LEASE
from consentkit.jobs.log_writer import LogThread
from consentkit.jobs.log_writer import LogWriter
from consentkit.jobs.log_writer import Outcome
from consentkit.jobs.sweep import sweep_checkpoints
from consentkit.operations.integrate import integrate
from consentkit.operations.publish_checkpoint import publish_checkpoint
from consentkit.storage.log_checkpoints import StoredCheckpoint
from consentkit.storage.recorder import DirectRecorder
from consentkit.storage.unit_of_work import Database
from consentkit.testing import FrozenClock
from tests.factories import make_record
from tests.log import SIGNER
from tests.log import begin_log

SITE = "steppe-herald"


def make_writer(database: Database, clock: Clock) -> LogWriter:
    """Return a writer with the tests' key; it knows one site."""

    def begin(site: str) -> bool:
        if site == SITE:
            begin_log(database)
        return site == SITE

    def publish(site: str) -> object:
        return publish_checkpoint(database, site, signer=SIGNER, clock=clock)

    return LogWriter(database, clock, begin=begin, publish=publish)


def record(database: Database, clock: Clock, count: int = 1, site: str = SITE) -> None:
    """Record decisions as requests do."""
    recorder = DirectRecorder(database, clock)
    for _ in range(count):
        recorder.record(make_record(salt=b"s" * 32, site=site), nonce=None)


def published(database: Database) -> int:
    """Return how many entries the largest checkpoint covers."""
    with database.unit_of_work(read_only=True) as uow:
        return max((checkpoint.size for checkpoint in uow.checkpoints.stream(SITE)), default=0)


def test_a_writer_begins_the_log_and_publishes_all_that_waits(database: Database, clock: Clock) -> None:
    """And lets go of the lease. What belongs to a site that nobody configured waits."""
    writer = make_writer(database, clock)
    assert writer.write() is Outcome.IDLE
    record(database, clock, 3)
    record(database, clock, site="elsewhere")
    assert writer.write() is Outcome.DONE
    assert published(database) == 3
    with database.unit_of_work(read_only=True) as uow:
        head = uow.log_tree.head(SITE)
        assert uow.log_queue.sites() == ["elsewhere"]
    assert head is not None
    assert (head.holder, head.leased_until) == (None, None)
    assert writer.write() is Outcome.IDLE


def test_one_at_a_time(database: Database, clock: FrozenClock) -> None:
    """Another one's lease is respected until it is over; a clock that was set back makes none that lasts forever."""
    begin_log(database)
    record(database, clock)
    writer = make_writer(database, clock)
    with database.unit_of_work() as uow:
        now = clock.now()
        head = uow.log_tree.lease(SITE, holder="another", now=now, until=now + LEASE)
        assert head is not None
        assert head.fence == 1
        assert uow.log_tree.lease(SITE, holder="a third", now=now, until=now + LEASE) is None
    assert writer.write() is Outcome.BUSY
    clock.advance(LEASE)
    assert writer.write() is Outcome.DONE
    # The one that was silent wakes: its fence is an old one.
    record(database, clock)
    assert integrate(database, SITE, fence=1) == 0
    with database.unit_of_work() as uow:
        assert not uow.log_tree.renew(SITE, fence=1, until=clock.now() + LEASE)
        assert uow.log_tree.lease(SITE, holder="another", now=clock.now(), until=clock.now() + LEASE) is not None
    clock.advance(-dt.timedelta(hours=1))
    assert writer.write() is Outcome.DONE
    assert published(database) == 2


def test_what_cannot_be_signed_is_integrated_and_told_once(
    database: Database, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """The lease is let go of all the same, and a later round signs it."""
    begin_log(database)
    broken = True

    def publish(site: str) -> object:
        if broken:
            raise StoreUnavailable("No key.")
        return publish_checkpoint(database, site, signer=SIGNER, clock=clock)

    writer = LogWriter(database, clock, begin=lambda _site: True, publish=publish)
    record(database, clock)
    assert writer.write() is Outcome.FAILED
    assert writer.write() is Outcome.FAILED
    assert caplog.text.count("No key.") == 1
    broken = False
    assert writer.write() is Outcome.DONE
    assert published(database) == 1


def test_the_thread_is_there_only_while_something_waits(
    database: Database, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """It is woken by a decision, or by a look that finds what another process left; it survives what goes wrong."""
    rounds: list[int] = []
    gone = threading.Event()
    writer = make_writer(database, clock)
    write = writer.write

    class Watched(LogWriter):
        def write(self, stop: object = None) -> Outcome:
            rounds.append(1)
            if len(rounds) == 1:
                raise RuntimeError("Once.")
            outcome = write()
            if outcome is Outcome.IDLE:
                gone.set()
            return outcome

    writer.__class__ = Watched
    thread = LogThread(writer, database, seconds=0.001)
    thread.look()
    assert not rounds
    record(database, clock)
    thread.wake()
    thread.wake()
    _wait_until_ended()
    assert "Once." in caplog.text
    record(database, clock)
    thread.look()
    assert gone.wait(10)
    _wait_until_ended()
    assert published(database) == 2


def test_old_checkpoints_become_one_an_hour(database: Database, clock: FrozenClock) -> None:
    """The last of each; those of the last 48 hours stay, and so does the newest, whatever its age."""
    begin = clock.now().replace(minute=0)
    for size, minutes in enumerate((0, 10, 59, 60, 61, 125), 1):
        at = begin + dt.timedelta(minutes=minutes)
        with database.unit_of_work() as uow:
            uow.checkpoints.add(StoredCheckpoint(site=SITE, origin="o", size=size, note="n", published_at=at))
    clock.set(begin + dt.timedelta(hours=49))
    assert sweep_checkpoints(database, clock) == 2
    with database.unit_of_work(read_only=True) as uow:
        assert [checkpoint.size for checkpoint in uow.checkpoints.stream(SITE)] == [3, 4, 5, 6]
    clock.advance(dt.timedelta(days=400))
    assert sweep_checkpoints(database, clock) == 1
    with database.unit_of_work(read_only=True) as uow:
        assert [checkpoint.size for checkpoint in uow.checkpoints.stream(SITE)] == [3, 5, 6]


def test_what_is_not_there_any_more_is_in_nobodys_way(database: Database, clock: Clock) -> None:
    """A queue whose records were removed behind its back: it stays as a trace, and what waits behind it goes on."""
    record(database, clock, 3)
    with database.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM consentkit_records"))
    record(database, clock)
    begin_log(database)
    assert integrate(database, SITE, fence=0, limit=2) == 1
    assert integrate(database, SITE, fence=0, limit=2) == 0
    with database.unit_of_work(read_only=True) as uow:
        assert uow.log_queue.waiting(SITE, up_to=10) == 3


def _wait_until_ended() -> None:
    for thread in threading.enumerate():
        if thread.name == "consentkit-log":
            thread.join(10)
            assert not thread.is_alive()
