from __future__ import annotations

import datetime as dt
import secrets

import pytest
import sqlalchemy as sa

from consentkit.consent.decisions import Action
from consentkit.consent.decisions import Nonce
from consentkit.errors import NonceReused
from consentkit.storage.recorder import DirectRecorder
from consentkit.storage.records import NonceRow
from consentkit.storage.records import RecordFilter
from consentkit.storage.records import RecordRow
from consentkit.storage.unit_of_work import Database
from consentkit.testing import FrozenClock
from tests.factories import NOON
from tests.factories import make_record
from tests.integration.storage.worker import Worker
from tests.integration.storage.worker import workers

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def recorder(database: Database, clock: FrozenClock) -> DirectRecorder:
    """A recorder, once for each kind of database."""
    return DirectRecorder(database, clock)


def count(database: Database) -> int:
    """Return how many records there are."""
    with database.unit_of_work(read_only=True) as uow:
        return len(list(uow.records.stream(RecordFilter())))


def test_a_record_comes_back_as_it_went_in(database: Database, recorder: DirectRecorder) -> None:
    """Every field, of its own type, whatever the database makes of it."""
    record = make_record(
        subject_id="A" * 22,
        decided_at=dt.datetime(2026, 11, 23, 17, 5, 6, 789012, tzinfo=dt.timezone(dt.timedelta(hours=5))),
        expires_at=NOON + dt.timedelta(days=180, microseconds=1),
        tc_string="CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA",
        gvl_version=42,
        gpp_string="DBABMA~x",
        salt=bytes(range(32)),
        section="қоғам/ұлттық",
        gpc=True,
    )
    recorded = recorder.record(record, nonce=None)
    assert recorded.fresh
    assert recorded.record == record
    with database.unit_of_work(read_only=True) as uow:
        stored = uow.records.get(record.id)
    assert stored == record
    assert stored is not None
    assert stored.action is Action.ACCEPT_ALL
    assert stored.decided_at.tzinfo is dt.UTC
    assert stored.gpc is True


def test_a_record_names_the_same_subjects_record_before_it(recorder: DirectRecorder) -> None:
    """Per site: the same id on another site would be another reader."""
    first = recorder.record(make_record(subject_id="a"), nonce=None).record
    recorder.record(make_record(subject_id="b"), nonce=None)
    recorder.record(make_record(subject_id="a", site="other"), nonce=None)
    second = recorder.record(make_record(subject_id="a"), nonce=None).record
    third = recorder.record(make_record(subject_id="a"), nonce=None).record
    assert (first.previous_id, second.previous_id, third.previous_id) == (None, first.id, second.id)


def test_records_without_a_subject_are_not_chained(recorder: DirectRecorder) -> None:
    """Two who refuse have nothing in common."""
    recorder.record(make_record(), nonce=None)
    assert recorder.record(make_record(), nonce=None).record.previous_id is None


def test_the_same_nonce_and_body_give_the_first_record_again(
    database: Database, recorder: DirectRecorder, clock: FrozenClock
) -> None:
    """Its previous record too, and there is no second row."""
    before = recorder.record(make_record(subject_id="a"), nonce=None).record
    first = recorder.record(make_record(subject_id="a"), nonce=Nonce("n", "body"))
    clock.advance(47 * HOUR)
    again = recorder.record(make_record(subject_id="a"), nonce=Nonce("n", "body"))
    assert again.record == first.record
    assert again.record.previous_id == before.id
    assert (first.fresh, again.fresh) == (True, False)
    assert count(database) == 2


def test_the_same_nonce_with_another_body_is_refused(database: Database, recorder: DirectRecorder) -> None:
    """And stores nothing."""
    recorder.record(make_record(), nonce=Nonce("n", "body"))
    with pytest.raises(NonceReused):
        recorder.record(make_record(), nonce=Nonce("n", "another"))
    assert count(database) == 1


def test_nonces_are_of_one_site(database: Database, recorder: DirectRecorder) -> None:
    """One instance serves many."""
    recorder.record(make_record(), nonce=Nonce("n", "body"))
    assert recorder.record(make_record(site="other"), nonce=Nonce("n", "body")).fresh
    assert count(database) == 2


@pytest.mark.parametrize("body", ["body", "another"])
def test_a_nonce_older_than_48_hours_counts_anew(
    database: Database, recorder: DirectRecorder, clock: FrozenClock, body: str
) -> None:
    """Whatever its body; and then for 48 hours again."""
    recorder.record(make_record(), nonce=Nonce("n", "body"))
    clock.advance(48 * HOUR + dt.timedelta(seconds=1))
    renewed = recorder.record(make_record(), nonce=Nonce("n", body))
    assert renewed.fresh
    clock.advance(47 * HOUR)
    assert recorder.record(make_record(), nonce=Nonce("n", body)).record.id == renewed.record.id
    assert count(database) == 2


def test_a_late_copy_does_not_bring_back_what_was_erased(database: Database, recorder: DirectRecorder) -> None:
    """The nonce is known, its record is gone: nothing is stored."""
    record = recorder.record(make_record(), nonce=Nonce("n", "body")).record
    with database.unit_of_work() as uow:
        uow.session.execute(sa.delete(RecordRow).where(RecordRow.id == record.id))
    with pytest.raises(NonceReused):
        recorder.record(make_record(), nonce=Nonce("n", "body"))
    assert count(database) == 0


def test_a_failed_record_leaves_its_nonce_free(database: Database, recorder: DirectRecorder) -> None:
    """Both are in one transaction."""
    record = make_record()
    recorder.record(record, nonce=None)
    with pytest.raises(sa.exc.IntegrityError):
        recorder.record(record, nonce=Nonce("n", "body"))
    assert recorder.record(make_record(), nonce=Nonce("n", "another")).fresh


def test_an_id_of_another_time_is_refused(recorder: DirectRecorder) -> None:
    """Look-ups by time would not find it."""
    with pytest.raises(ValueError, match="time"):
        recorder.record(make_record(id=make_record().id, decided_at=NOON + 25 * HOUR), nonce=None)


def test_old_nonces_are_forgotten(database: Database, recorder: DirectRecorder, clock: FrozenClock) -> None:
    """Records stay."""
    recorder.record(make_record(), nonce=Nonce("old", "body"))
    clock.advance(HOUR)
    recorder.record(make_record(), nonce=Nonce("new", "body"))
    with database.unit_of_work() as uow:
        assert uow.records.forget_nonces(clock.now(), limit=10) == 1
    with database.unit_of_work(read_only=True) as uow:
        assert uow.session.scalars(sa.select(NonceRow.nonce)).all() == ["new"]
    assert count(database) == 2


def test_of_several_processes_with_one_nonce_one_stores(database_url: str, database: Database) -> None:
    """All of them answer with its record."""
    nonces = [secrets.token_hex(16) for _ in range(25)]
    with workers(2, "record", database_url, *nonces) as started:
        answers = [worker.answer().split() for worker in started]
    for pair in zip(*answers, strict=True):
        ids, hows = zip(*(answer.split("=") for answer in pair), strict=True)
        assert len(set(ids)) == 1
        assert sorted(hows) == ["fresh", "stored"]
    assert count(database) == 25


def test_a_record_survives_the_process_being_killed(database_url: str, database: Database) -> None:
    """As soon as the recorder has returned."""
    with Worker("record", database_url) as worker:
        worker.wait_ready()
        worker.go()
        record_id = worker.answer().split("=")[0]
        worker.process.kill()
        worker.process.wait()
    with database.unit_of_work(read_only=True) as uow:
        assert uow.records.get(record_id) is not None
