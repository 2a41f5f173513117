"""What is recorded gets into the log by itself, by one writer at a time."""

from __future__ import annotations

import datetime as dt
import threading

import pytest

from consentkit.clock import Clock
from consentkit.errors import StoreUnavailable
from consentkit.jobs.log_writer import LEASE
from consentkit.jobs.log_writer import LogThread
from consentkit.jobs.log_writer import LogWriter
from consentkit.jobs.log_writer import Outcome
from consentkit.operations.integrate import integrate
from consentkit.operations.publish_checkpoint import publish_checkpoint
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


def _wait_until_ended() -> None:
    for thread in threading.enumerate():
        if thread.name == "consentkit-log":
            thread.join(10)
            assert not thread.is_alive()
