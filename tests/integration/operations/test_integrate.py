"""From recorded to integrated to published."""

from __future__ import annotations

import dataclasses

import sqlalchemy as sa

from consentkit.clock import Clock
from consentkit.ledger.checkpoints import Checkpoint
from consentkit.ledger.entries import parse_bundle
from consentkit.ledger.notes import Note
from consentkit.ledger.records import entry_of
from consentkit.ledger.records import fields_of
from consentkit.ledger.tiles import Tile
from consentkit.ledger.tiles import read_from
from consentkit.ledger.tiles import tiles_of
from consentkit.ledger.tree import Node
from consentkit.ledger.tree import hash_leaf
from consentkit.ledger.tree import hash_node
from consentkit.ledger.tree import nodes_of_root
from consentkit.ledger.tree import root
from consentkit.operations.integrate import integrate
from consentkit.storage import migrate
from consentkit.storage.log_tree import ENTRIES
from consentkit.storage.recorder import DirectRecorder
from consentkit.storage.records import RecordFilter
from consentkit.storage.unit_of_work import Database
from tests.factories import make_record
from tests.log import SIGNER
from tests.log import begin_log
from tests.log import keep_log

SITE = "steppe-herald"


def record(database: Database, clock: Clock, count: int, **changes: object) -> None:
    """Record decisions as requests do."""
    recorder = DirectRecorder(database, clock)
    for _ in range(count):
        recorder.record(make_record(salt=b"s" * 32, **changes), nonce=None)


def test_what_was_recorded_is_in_a_checkpoint(database: Database, clock: Clock) -> None:
    """In batches of any size; each record's entry is at its place, and the checkpoint's root is over all of them."""
    record(database, clock, 3)
    begin_log(database)
    assert integrate(database, SITE, fence=0, limit=2) == 2
    record(database, clock, 2)
    stored = keep_log(database)
    note = Note.parse(stored.note.encode())
    assert note.verified_by([SIGNER.verifier])
    checkpoint = Checkpoint.parse(note.text)
    with database.unit_of_work(read_only=True) as uow:
        records = sorted(uow.records.stream(RecordFilter()), key=lambda found: found.leaf_index or 0)
        tiles = uow.log_tree.tiles(SITE, [Tile(ENTRIES, 0), *tiles_of(nodes_of_root(5))])
        assert uow.log_queue.sites() == []
    assert [found.leaf_index for found in records] == [0, 1, 2, 3, 4]
    entries = [bytes(entry_of(fields_of(found), found.salt or b"")) for found in records]
    assert parse_bundle(tiles.pop(Tile(ENTRIES, 0))) == entries
    a, b, c, d, e = map(hash_leaf, entries)
    expected = hash_node(hash_node(hash_node(a, b), hash_node(c, d)), e)
    assert (checkpoint.size, checkpoint.root) == (5, expected)
    assert root(5, read_from(tiles)) == expected
    assert read_from(tiles)(Node(1, 1)) == hash_node(c, d)


def test_an_overtaken_writer_changes_nothing(database: Database, clock: Clock) -> None:
    """Neither one with an older fence, nor one that meanwhile somebody was faster than."""
    record(database, clock, 1)
    begin_log(database)
    assert integrate(database, SITE, fence=1) == 0
    with database.unit_of_work() as uow:
        head = uow.log_tree.head(SITE)
        assert head is not None
        assert not uow.log_tree.advance(dataclasses.replace(head, size=4), size=5, root=head.root)
    assert integrate(database, SITE, fence=0) == 1


def test_samples_stay_outside(database: Database, clock: Clock) -> None:
    """And what has no salt, from before the log, is given one."""
    with database.unit_of_work() as uow:
        uow.records.add_samples([make_record(sample=True)])
    DirectRecorder(database, clock).record(make_record(), nonce=None)
    assert keep_log(database).size == 1
    with database.unit_of_work(read_only=True) as uow:
        places = {found.sample: found for found in uow.records.stream(RecordFilter())}
    assert places[True].leaf_index is None
    assert places[False].leaf_index == 0
    assert len(places[False].salt or b"") == 32


def test_records_from_before_the_log_are_queued_by_its_migration(database: Database, clock: Clock) -> None:
    """All of them, but for samples."""
    record(database, clock, 3)
    with database.unit_of_work() as uow:
        uow.records.add_samples([make_record(sample=True)])
    migrate.downgrade(database, "20261123_observations")
    migrate.upgrade(database)
    with database.engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM consentkit_log_queue")) == 3
