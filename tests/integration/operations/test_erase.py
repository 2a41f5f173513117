"""Erasure: what goes, what stays, and what the log says of it."""

from __future__ import annotations

import datetime as dt
import json
import threading
import typing as t
from pathlib import Path

import pytest
import sqlalchemy as sa

from consentkit.consent.decisions import Nonce
from consentkit.consent.decisions import Record
from consentkit.errors import NonceReused
from consentkit.errors import StoreUnavailable
from consentkit.ledger.entries import EntryType
from consentkit.ledger.erasures import Reason
from consentkit.ledger.notes import Note
from consentkit.ledger.notes import Verifier
from consentkit.ledger.statements import Statement
from consentkit.operations import erase
from consentkit.operations.erase import Erased
from consentkit.operations.erase import erase_records
from consentkit.operations.erase import erase_subject
from consentkit.operations.hold import hold_record
from consentkit.operations.integrate import integrate
from consentkit.storage import migrate
from consentkit.storage.recorder import DirectRecorder
from consentkit.storage.unit_of_work import Database
from consentkit.testing import FrozenClock
from tests.factories import make_record
from tests.log import KEYS
from tests.log import SIGNER
from tests.log import begin_log
from tests.log import keep_log

SITE = "steppe-herald"
READER = "a-reader"


def decide(database: Database, clock: FrozenClock, subject_id: str | None = READER, nonce: str | None = None) -> Record:
    """Record a decision as a request does."""
    clock.advance(dt.timedelta(seconds=1))
    record = make_record(subject_id=subject_id, salt=b"s" * 32, decided_at=clock.now())
    given = None if nonce is None else Nonce(nonce, "hash")
    return DirectRecorder(database, clock).record(record, nonce=given).record


def statements(database: Database) -> list[dict[str, t.Any]]:
    """Return what the log says of itself, oldest first, each signed."""
    with database.unit_of_work(read_only=True) as uow:
        stored = list(uow.statements.stream(SITE))
    said = []
    for statement in stored:
        note = Note.parse(statement.note.encode())
        assert note.verified_by([SIGNER.verifier])
        assert statement.kind == EntryType.ERASURE
        said.append({**Statement.parse(note.text).members})
    return said


def everything(database: Database) -> str:
    """Return all values of all tables, for looking for what should be gone."""
    with database.engine.connect() as connection:
        names = sa.inspect(connection).get_table_names()
        rows = [list(connection.exec_driver_sql(f"SELECT * FROM {name}")) for name in names]
    # SQLite keeps ids without hyphens.
    return repr(rows).replace("-", "")


def test_a_subjects_records_go_and_the_log_says_so(database: Database, clock: FrozenClock) -> None:
    """Those with a place as well as those without; other readers' stay, and so do all entries and their root."""
    first = decide(database, clock)
    other = decide(database, clock, subject_id="another")
    second = decide(database, clock)
    before = keep_log(database)
    third = decide(database, clock)
    erased = erase_subject(database, SITE, READER, reason=Reason.READER, signers=KEYS, clock=clock)
    assert erased == Erased(3)
    assert statements(database) == [
        {
            "site": SITE,
            "at": "2026-11-23T09:30:04.000000Z",
            "reason": "reader",
            "indexes": [[0, 0], [2, 2]],
            "unlogged": 1,
        }
    ]
    left = everything(database)
    for record in (first, second, third):
        assert record.id.replace("-", "") not in left
    assert READER.replace("-", "") not in left
    assert other.id.replace("-", "") in left
    # The statement is one entry more, and nothing else is.
    assert keep_log(database).size == before.size + 1


def test_erasing_again_erases_nothing(database: Database, clock: FrozenClock) -> None:
    """And makes no statement."""
    record = decide(database, clock)
    begin_log(database)
    assert erase_records(database, SITE, [record.id], reason=Reason.REQUEST, signers=KEYS, clock=clock) == Erased(1)
    gone = [record.id, "no id at all", "0' OR 1=1"]
    assert erase_records(database, SITE, gone, reason=Reason.REQUEST, signers=KEYS, clock=clock) == Erased()
    assert erase_subject(database, SITE, READER, reason=Reason.REQUEST, signers=KEYS, clock=clock) == Erased()
    assert len(statements(database)) == 1


def test_a_record_of_another_site_stays(database: Database, clock: FrozenClock) -> None:
    """Whoever asks for it under the wrong site's name."""
    record = decide(database, clock)
    begin_log(database)
    begin_log(database, "another-site")
    assert erase_records(database, "another-site", [record.id], reason=Reason.REQUEST, signers=KEYS, clock=clock) == (
        Erased()
    )
    with database.unit_of_work(read_only=True) as uow:
        assert uow.records.get(record.id) is not None


def test_a_late_copy_of_the_request_does_not_bring_it_back(database: Database, clock: FrozenClock) -> None:
    """Its nonce stays taken, and no longer says of what."""
    record = decide(database, clock, nonce="n" * 22)
    begin_log(database)
    erase_subject(database, SITE, READER, reason=Reason.READER, signers=KEYS, clock=clock)
    with pytest.raises(NonceReused):
        decide(database, clock, nonce="n" * 22)
    left = everything(database)
    assert record.id.replace("-", "") not in left
    assert "hash" not in left


def test_samples_go_without_a_word(database: Database, clock: FrozenClock) -> None:
    """They were never in the log."""
    sample = make_record(sample=True)
    with database.unit_of_work() as uow:
        uow.records.add_samples([sample])
    begin_log(database)
    assert erase_records(database, SITE, [sample.id], reason=Reason.REQUEST, signers=KEYS, clock=clock) == Erased(1)
    assert statements(database) == []


def test_before_the_log_begins_there_is_nothing_to_say(database: Database, clock: FrozenClock) -> None:
    """What waits for it just waits no more."""
    decide(database, clock)
    assert erase_subject(database, SITE, READER, reason=Reason.READER, signers=KEYS, clock=clock) == Erased(1)
    with database.unit_of_work(read_only=True) as uow:
        assert uow.log_queue.sites() == []
    assert statements(database) == []


class Between:
    """Keys whose signing takes time: something happens meanwhile, once."""

    def __init__(self, happens: t.Callable[[], object]) -> None:
        self._happens: list[t.Callable[[], object]] = [happens]
        self.asked = 0

    def signer(self, verifier: Verifier) -> t.Any:
        """Return the key, late."""
        self.asked += 1
        if self._happens:
            self._happens.pop()()
        return KEYS.signer(verifier)


def test_a_record_that_gets_its_place_meanwhile(database: Database, clock: FrozenClock) -> None:
    """What was signed is thrown away, and the place is told."""
    decide(database, clock)
    begin_log(database)
    keys = Between(lambda: integrate(database, SITE, fence=0))
    assert erase_subject(database, SITE, READER, reason=Reason.READER, signers=keys, clock=clock) == Erased(1)
    assert [(said["indexes"], said["unlogged"]) for said in statements(database)] == [([[0, 0]], 0)]
    assert keys.asked == 2


def test_a_writer_that_works_meanwhile_is_overtaken(
    database: Database, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has read the record and finds it gone: none of its batch is stored, and the next one has only the rest."""
    decide(database, clock)
    other = decide(database, clock, subject_id="another")
    begin_log(database)
    grow = integrate.__globals__["grow"]

    def slow(*args: t.Any) -> t.Any:
        monkeypatch.undo()
        erase_subject(database, SITE, READER, reason=Reason.READER, signers=KEYS, clock=clock)
        return grow(*args)

    monkeypatch.setitem(integrate.__globals__, "grow", slow)
    assert integrate(database, SITE, fence=0) == 0
    assert integrate(database, SITE, fence=0) == 2
    with database.unit_of_work(read_only=True) as uow:
        assert uow.log_tree.index_of(other.id) == 0


def test_a_record_that_is_held_meanwhile(database: Database, clock: FrozenClock) -> None:
    """It stays, and what was signed about it is thrown away."""
    record = decide(database, clock)
    keep_log(database)

    def hold() -> None:
        with database.unit_of_work() as uow:
            hold_record(uow, record.id, reason="Case 7", by="officer", clock=clock)

    erased = erase_subject(database, SITE, READER, reason=Reason.READER, signers=Between(hold), clock=clock)
    assert erased == Erased(0, (record.id,))
    assert statements(database) == []


def test_two_at_once_erase_once(database: Database, clock: FrozenClock) -> None:
    """Whoever comes second finds nothing, and says nothing."""
    for _ in range(3):
        decide(database, clock)
    keep_log(database)
    together = threading.Barrier(2)
    done: list[Erased] = []

    def run() -> None:
        keys = Between(together.wait)
        done.append(erase_subject(database, SITE, READER, reason=Reason.READER, signers=keys, clock=clock))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(erased.count for erased in done) == [0, 3]
    assert [said["indexes"] for said in statements(database)] == [[[0, 2]]]


def test_what_cannot_be_said_is_not_done(database: Database, clock: FrozenClock) -> None:
    """No key, or a statement that cannot be stored: the records stay, all of them."""
    record = decide(database, clock)
    keep_log(database)

    def fail() -> None:
        raise StoreUnavailable

    with pytest.raises(StoreUnavailable):
        erase_subject(database, SITE, READER, reason=Reason.READER, signers=Between(fail), clock=clock)
    with database.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE consentkit_log_queue RENAME TO elsewhere"))
    with pytest.raises((StoreUnavailable, sa.exc.ProgrammingError)):
        erase_subject(database, SITE, READER, reason=Reason.READER, signers=KEYS, clock=clock)
    with database.unit_of_work(read_only=True) as uow:
        assert uow.records.get(record.id) is not None


def test_nothing_is_left_in_the_files(sqlite_url: str, clock: FrozenClock) -> None:
    """Neither in the database nor in its write-ahead log, once nobody reads any more."""
    database = Database(sqlite_url)
    migrate.upgrade(database)
    record = decide(database, clock, subject_id="somebody-who-wants-to-be-forgotten")
    folder = Path(database.engine.url.database or "").parent

    def there() -> bool:
        return any(b"wants-to-be-forgotten" in file.read_bytes() for file in folder.iterdir() if file.is_file())

    assert there()
    with database.unit_of_work(read_only=True) as uow:
        assert uow.records.get(record.id) is not None
        # A reader holds the old state, and is not waited for.
        erase_records(database, SITE, [record.id], reason=Reason.REQUEST, signers=KEYS, clock=clock)
    database.scrub()
    assert not there()
    database.dispose()


def test_a_subject_with_very_many_records(
    database: Database, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In several transactions, each with its statement."""
    monkeypatch.setattr(erase, "BATCH", 2)
    for _ in range(5):
        decide(database, clock)
    keep_log(database)
    assert erase_subject(database, SITE, READER, reason=Reason.READER, signers=KEYS, clock=clock) == Erased(5)
    assert json.dumps([said["indexes"] for said in statements(database)]) == "[[[0, 1]], [[2, 3]], [[4, 4]]]"
