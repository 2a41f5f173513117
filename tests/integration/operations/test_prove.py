"""A record's proof against the newest checkpoint."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from consentkit.clock import Clock
from consentkit.consent.decisions import Record
from consentkit.errors import ProofInvalid
from consentkit.ledger.checkpoints import Checkpoint
from consentkit.ledger.notes import Note
from consentkit.ledger.receipts import Place
from consentkit.ledger.records import entry_of
from consentkit.ledger.records import fields_of
from consentkit.ledger.tree import check_inclusion
from consentkit.ledger.tree import hash_leaf
from consentkit.operations.prove import prove
from consentkit.storage.recorder import DirectRecorder
from consentkit.storage.unit_of_work import Database
from tests.factories import make_record
from tests.log import ORIGIN
from tests.log import begin_log
from tests.log import keep_log


def record(database: Database, clock: Clock, count: int) -> list[str]:
    """Record decisions, and return their ids."""
    recorder = DirectRecorder(database, clock)
    return [recorder.record(make_record(salt=bytes([n]) * 32), nonce=None).record.id for n in range(count)]


def proven(database: Database, record_id: str, *, origin: str | None = None) -> tuple[Record, Place | None]:
    """Return a record and its place."""
    with database.unit_of_work(read_only=True) as uow:
        found = uow.records.get(record_id)
        assert found is not None
        return found, prove(uow, found, origin=origin)


def test_a_published_record_is_proven_in_three_queries(database: Database, clock: Clock) -> None:
    """The record with its index, the checkpoint, the tiles; and the proof leads to the root that was signed."""
    ids = record(database, clock, 7)
    keep_log(database)
    asked: list[str] = []
    sa.event.listen(database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    found, place = proven(database, ids[4])
    assert len([statement for statement in asked if "consentkit_" in statement]) == 3
    assert place is not None
    signed = Checkpoint.parse(Note.parse(place.checkpoint.encode()).text)
    assert (place.size, signed.origin) == (7, ORIGIN)
    leaf = hash_leaf(bytes(entry_of(fields_of(found), found.salt or b"")))
    check_inclusion(place.index, place.size, leaf, place.proof, signed.root)


def test_what_no_checkpoint_covers_has_no_place_yet(database: Database, clock: Clock) -> None:
    """Whether it waits, or the checkpoint is of the log under another name."""
    begin_log(database)
    first = record(database, clock, 1)[0]
    assert proven(database, first)[1] is None
    keep_log(database)
    second = record(database, clock, 1)[0]
    assert proven(database, first, origin=ORIGIN)[1] is not None
    assert proven(database, first, origin=f"{ORIGIN}/2")[1] is None
    assert proven(database, second)[1] is None


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE consentkit_records SET country = 'DE'",
        "DELETE FROM consentkit_log_tiles WHERE level = 0",
        "UPDATE consentkit_log_tiles SET data = substr(data, 1, 33) WHERE level = 0",
    ],
)
def test_damage_gives_no_proof(database: Database, clock: Clock, damage: str) -> None:
    """It is not handed out: who gets a proof can rely on it."""
    ids = record(database, clock, 3)
    keep_log(database)
    with database.unit_of_work() as uow:
        uow.session.execute(sa.text(damage))
    with pytest.raises(ProofInvalid):
        proven(database, ids[0])
