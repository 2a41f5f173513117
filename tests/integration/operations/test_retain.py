"""Retention: what is past its time goes, what a legal claim needs stays."""

from __future__ import annotations

import datetime as dt
import typing as t

import pytest

from consentkit.consent.decisions import Record
from consentkit.errors import KeyUnavailable
from consentkit.errors import NotFound
from consentkit.jobs import retention as job
from consentkit.ledger.erasures import Reason
from consentkit.ledger.notes import Note
from consentkit.ledger.notes import Verifier
from consentkit.ledger.statements import Statement
from consentkit.operations import retain as retention
from consentkit.operations.erase import Erased
from consentkit.operations.erase import erase_subject
from consentkit.operations.hold import hold_record
from consentkit.operations.hold import release_record
from consentkit.operations.retain import past_retention
from consentkit.operations.retain import retain
from consentkit.storage.recorder import DirectRecorder
from consentkit.storage.unit_of_work import Database
from consentkit.testing import FrozenClock
from tests.factories import make_record
from tests.log import KEYS
from tests.log import keep_log

SITE = "steppe-herald"
DAY = dt.timedelta(days=1)
KEPT = 1826


def decide(database: Database, at: dt.datetime, subject_id: str | None = None, site: str = SITE) -> Record:
    """Record a decision of that moment."""
    record = make_record(subject_id=subject_id, site=site, salt=b"s" * 32, decided_at=at)
    return DirectRecorder(database, FrozenClock(at)).record(record, nonce=None).record


def due(database: Database, clock: FrozenClock) -> set[str]:
    """Return what is past its retention."""
    return {each for step in past_retention(database, SITE, days=KEPT, clock=clock) for each in step.ids}


def run(database: Database, clock: FrozenClock) -> Erased:
    """Erase it."""
    steps = retain(database, SITE, days=KEPT, signers=KEYS, clock=clock)
    return sum((erased for erased, _ in steps), start=Erased())


def test_a_record_is_kept_from_the_end_of_its_consent(database: Database, clock: FrozenClock) -> None:
    """It ends when it expires, or when its reader decides anew; another reader's decision ends nothing."""
    now = clock.now()
    end = now - KEPT * DAY
    expired = decide(database, end - 181 * DAY)
    fresh = decide(database, end - 179 * DAY)
    replaced = decide(database, end - 20 * DAY, "a-reader")
    current = decide(database, end - 1 * DAY, "a-reader")
    decide(database, end - 20 * DAY, "another")
    decide(database, end - 1 * DAY, "a-reader", site="another-site")
    replaced_later = decide(database, end - 3 * DAY, "third")
    decide(database, end + 1 * DAY, "third")
    assert due(database, clock) == {expired.id, replaced.id}
    # The same, a little later: all goes in its time.
    clock.advance(2 * DAY)
    assert due(database, clock) == {expired.id, replaced.id, fresh.id, replaced_later.id}
    clock.advance(180 * DAY)
    assert current.id in due(database, clock)


def test_it_goes_in_batches_each_with_its_statement(
    database: Database, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It can be stopped between any two of them, and goes on where it was."""
    monkeypatch.setattr(retention, "BATCH", 2)
    old = clock.now() - 3000 * DAY
    for i in range(5):
        decide(database, old + i * DAY)
    left = decide(database, clock.now())
    keep_log(database)
    first, _ = next(iter(retain(database, SITE, days=KEPT, signers=KEYS, clock=clock)))
    assert first == Erased(2)
    assert run(database, clock) == Erased(3)
    assert run(database, clock) == Erased()
    with database.unit_of_work(read_only=True) as uow:
        said = [Statement.parse(Note.parse(found.note.encode()).text).members for found in uow.statements.stream(SITE)]
        assert uow.records.get(left.id) is not None
    assert [(members["reason"], members["indexes"]) for members in said] == [
        ("retention", [[0, 1]]),
        ("retention", [[2, 3]]),
        ("retention", [[4, 4]]),
    ]


def test_what_is_held_stays_until_it_is_let_go(database: Database, clock: FrozenClock) -> None:
    """Whoever asks for its erasure, and however old it is. Of the reason nothing stays then."""
    held = decide(database, clock.now() - 3000 * DAY, "a-reader")
    decide(database, clock.now() - 2999 * DAY, "a-reader")
    with database.unit_of_work() as uow:
        hold = hold_record(uow, held.id, reason="Case 7", by="officer@courier.example", clock=clock)
    with database.unit_of_work() as uow:
        assert hold_record(uow, held.id, reason="Case 8", by="another", clock=clock) == hold
    assert erase_subject(database, SITE, "a-reader", reason=Reason.READER, signers=KEYS, clock=clock) == (
        Erased(1, (held.id,))
    )
    assert [step.held for step in past_retention(database, SITE, days=100, clock=clock)] == [1]
    assert run(database, clock) == Erased()
    with database.unit_of_work(read_only=True) as uow:
        assert [found.reason for found in uow.holds.stream(SITE)] == ["Case 7"]
        assert list(uow.holds.stream("another-site")) == []
    with database.unit_of_work() as uow:
        assert release_record(uow, held.id)
    with database.unit_of_work() as uow:
        assert not release_record(uow, held.id)
        assert list(uow.holds.stream()) == []
    assert run(database, clock) == Erased(1)


@pytest.mark.parametrize("record_id", ["nothing", "018f3c5e-0000-7000-8000-000000000000"])
def test_what_is_not_there_cannot_be_held(database: Database, clock: FrozenClock, record_id: str) -> None:
    """Nor let go."""
    with database.unit_of_work() as uow:
        with pytest.raises(NotFound):
            hold_record(uow, record_id, reason="Case 7", by="officer", clock=clock)
        with pytest.raises(NotFound):
            release_record(uow, record_id)


def test_a_retention_longer_than_the_calendar(database: Database) -> None:
    """Keeps everything."""
    decide(database, dt.datetime(1999, 1, 1, tzinfo=dt.UTC))
    long_ago = FrozenClock(dt.datetime(2000, 1, 1, tzinfo=dt.UTC))
    assert list(past_retention(database, SITE, days=36525 * 30, clock=long_ago)) == []


def test_it_goes_on_every_day_a_little_at_a_time(
    database: Database, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """From where it was; a key that is not there is told, and all is tried again."""
    monkeypatch.setattr(retention, "BATCH", 2)
    monkeypatch.setattr(job, "BATCHES", 1)
    for i in range(3):
        decide(database, clock.now() - (3000 - i) * DAY)
    keep_log(database)
    daily = job.Retention(database, KEYS, clock, days=lambda: {SITE: KEPT})
    assert [daily.work() for _ in range(4)] == [2, 1, 0, 0]
    decide(database, clock.now() - 3000 * DAY)
    # Today all of the site has been looked at.
    assert daily.work() == 0
    clock.advance(DAY)

    class Away:
        def signer(self, _verifier: Verifier) -> t.NoReturn:
            raise KeyUnavailable("The key is not here.")

    broken = job.Retention(database, Away(), clock, days=lambda: {SITE: KEPT})
    assert [broken.work(), broken.work()] == [0, 0]
    assert caplog.text.count("The key is not here.") == 2
    assert daily.work() == 1
