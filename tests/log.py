"""A consent log for tests: everything that waits integrated and published, by a key of the test's own."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consentkit.clock import Clock
from consentkit.ledger.checkpoints import Checkpoint
from consentkit.ledger.entries import parse_bundle
from consentkit.ledger.notes import LocalSigner
from consentkit.ledger.notes import Note
from consentkit.ledger.notes import Verifier
from consentkit.ledger.records import entry_of
from consentkit.ledger.records import fields_of
from consentkit.ledger.tiles import WIDTH
from consentkit.ledger.tiles import Tile
from consentkit.ledger.tiles import grow
from consentkit.ledger.tiles import read_from
from consentkit.ledger.tiles import tiles_of
from consentkit.ledger.tree import hash_leaf
from consentkit.ledger.tree import nodes_of_root
from consentkit.ledger.tree import root
from consentkit.operations.integrate import integrate
from consentkit.operations.publish_checkpoint import publish_checkpoint
from consentkit.storage.log_checkpoints import StoredCheckpoint
from consentkit.storage.log_tree import ENTRIES
from consentkit.storage.records import RecordFilter
from consentkit.storage.unit_of_work import Database
from consentkit.testing import FrozenClock

ORIGIN = "www.steppe-herald.example/consent/log/steppe-herald"

#: Always the same, so that a failure can be looked at again.
SIGNER = LocalSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


def begin_log(
    database: Database, site: str = "steppe-herald", *, signer: LocalSigner = SIGNER, clock: Clock | None = None
) -> None:
    """Begin the site's log, named like *signer*'s key."""
    now = (clock or FrozenClock()).now()
    with database.unit_of_work() as uow:
        uow.log_tree.begin(site, origin=signer.name, at=now)
        uow.log_keys.add(site, str(signer.verifier), now)


def keep_log(
    database: Database, site: str = "steppe-herald", *, signer: LocalSigner = SIGNER, clock: Clock | None = None
) -> StoredCheckpoint:
    """Integrate all that waits and publish it, as the writer does."""
    clock = clock or FrozenClock()
    begin_log(database, site, signer=signer, clock=clock)
    with database.unit_of_work(read_only=True) as uow:
        head = uow.log_tree.head(site)
    assert head is not None
    while integrate(database, site, fence=head.fence):
        pass
    checkpoint = publish_checkpoint(database, site, signer=signer, clock=clock)
    assert checkpoint is not None
    return checkpoint


class Keys:
    """Signing keys for tests: one key, whichever is asked for."""

    def __init__(self, signer: LocalSigner = SIGNER) -> None:
        self._signer = signer

    def signer(self, verifier: Verifier) -> LocalSigner:
        """Return it, if it is the right one."""
        assert verifier == self._signer.verifier
        return self._signer


KEYS = Keys()


def check_log(database: Database, expected: int, site: str = "steppe-herald", *, signer: LocalSigner = SIGNER) -> None:
    """Assert that the log is whole: *expected* entries, each at its one place, in a tree and a checkpoint over them."""
    with database.unit_of_work(read_only=True) as uow:
        head = uow.log_tree.head(site)
        assert head is not None
        assert uow.log_queue.sites() == []
        numbers = range(-(-expected // WIDTH))
        stored = uow.log_tree.tiles(
            site, [*(Tile(ENTRIES, number) for number in numbers), *tiles_of(nodes_of_root(expected))]
        )
        records = {record.leaf_index: record for record in uow.records.stream(RecordFilter(site=site))}
        newest = max(uow.checkpoints.stream(site), key=lambda checkpoint: checkpoint.size)
    assert sorted(records) == list(range(expected))
    entries = [entry for number in numbers for entry in parse_bundle(stored[Tile(ENTRIES, number)])]
    assert entries == [bytes(entry_of(fields_of(record), record.salt or b"")) for _, record in sorted(records.items())]
    tiles = grow(0, [hash_leaf(entry) for entry in entries], {})
    whole = root(expected, read_from(tiles))
    assert root(expected, read_from(stored)) == whole
    assert (head.size, head.root) == (expected, whole)
    note = Note.parse(newest.note.encode())
    assert note.verified_by([signer.verifier])
    assert Checkpoint.parse(note.text) == Checkpoint(head.origin, expected, whole)
