"""Checkpoints: what lies outside of the database decides whether the log may go on."""

from __future__ import annotations

import collections.abc as cabc
import datetime as dt
import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from consentkit.config import Settings
from consentkit.errors import KeyUnavailable
from consentkit.ledger.checkpoints import Checkpoint
from consentkit.ledger.entries import EntryType
from consentkit.ledger.notes import Note
from consentkit.ledger.notes import Verifier
from consentkit.ledger.statements import Statement
from consentkit.operations.anchors import Anchors
from consentkit.operations.anchors import anchors_of
from consentkit.operations.integrate import integrate
from consentkit.operations.open_log import continue_log
from consentkit.operations.open_log import open_log
from consentkit.operations.open_log import rotate_key
from consentkit.operations.publish_checkpoint import keep_published
from consentkit.operations.signing_keys import SigningKeys
from consentkit.storage.log_checkpoints import StoredCheckpoint
from consentkit.storage.recorder import DirectRecorder
from consentkit.storage.unit_of_work import Database
from consentkit.testing import FrozenClock
from tests.factories import make_record
from tests.log import ORIGIN

SITE = "steppe-herald"
TABLES = ("heads", "leaves", "tiles", "checkpoints", "statements", "keys", "queue")


class Newsroom:
    """A site with its log, its keys and an anchor."""

    def __init__(self, database: Database, folder: Path, clock: FrozenClock) -> None:
        self.database = database
        self.clock = clock
        self.anchor = folder / "anchor.steppe-herald"
        self.anchors = anchors_of("anchor", SITE, root=folder)
        self._settings = Settings.from_mapping(
            {"CONSENTKIT_LOG_KEY": f"{folder}/keys/"}, root=folder, instance=folder, environ={}
        )
        self.open()

    @property
    def keys(self) -> SigningKeys:
        """The keys, as a process that starts now has them."""
        return SigningKeys(self._settings)

    def open(self) -> Verifier:
        """Open the log."""
        return open_log(self.database, SITE, origin=ORIGIN, keys=self.keys, clock=self.clock)

    def publish(self, records: int = 1, *, anchors: Anchors | None = None) -> StoredCheckpoint | None:
        """Record decisions, and do as the writer does."""
        self.clock.advance(dt.timedelta(seconds=5))
        recorder = DirectRecorder(self.database, self.clock)
        for _ in range(records):
            recorder.record(make_record(salt=b"s" * 32, site=SITE), nonce=None)
        with self.database.unit_of_work(read_only=True) as uow:
            head = uow.log_tree.head(SITE)
        assert head is not None
        while integrate(self.database, SITE, fence=head.fence):
            pass
        return keep_published(
            self.database,
            SITE,
            keys=self.keys,
            anchors=self.anchors if anchors is None else anchors,
            clock=self.clock,
        )

    @property
    def trouble(self) -> str:
        """What stands with the head."""
        with self.database.unit_of_work(read_only=True) as uow:
            head = uow.log_tree.head(SITE)
        assert head is not None
        return head.trouble or ""

    @property
    def anchored(self) -> Checkpoint:
        """What the anchor holds."""
        return Checkpoint.parse(Note.parse(self.anchor.read_bytes()).text)

    def back_up(self) -> cabc.Callable[[], None]:
        """Return what restores the log to what it is now."""
        with self.database.engine.connect() as connection:
            kept = {
                name: connection.execute(sa.text(f"SELECT * FROM consentkit_log_{name}")).mappings().all()
                for name in TABLES
            }

        def restore() -> None:
            with self.database.engine.begin() as connection:
                for name, rows in kept.items():
                    connection.execute(sa.text(f"DELETE FROM consentkit_log_{name}"))
                    for row in rows:
                        columns = ", ".join(row)
                        values = ", ".join(f":{column}" for column in row)
                        connection.execute(
                            sa.text(f"INSERT INTO consentkit_log_{name} ({columns}) VALUES ({values})"), dict(row)
                        )

        return restore


@pytest.fixture
def newsroom(database: Database, tmp_path: Path, clock: FrozenClock) -> Newsroom:
    """A newsroom whose log has begun."""
    return Newsroom(database, tmp_path, clock)


def test_a_checkpoint_is_anchored_before_it_is_published(newsroom):
    """The same note in both places; what does not grow is not signed again."""
    first = newsroom.publish(2)
    assert first is not None
    assert newsroom.anchor.read_text("utf-8") == first.note
    assert newsroom.publish(0) == first
    assert newsroom.publish(1).size == newsroom.anchored.size == 3


def test_opening_again_changes_nothing(newsroom, database):
    """Neither the name nor the key; and a key that the disk has and the database does not is taken."""
    verifier = newsroom.open()
    assert newsroom.open() == verifier
    with database.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM consentkit_log_keys"))
    assert newsroom.open() == verifier


def test_a_restored_backup_does_not_fork_the_log(newsroom):
    """It is refused, however often it is tried, also when it has grown past what it was; decisions go on."""
    newsroom.publish(2)
    restore = newsroom.back_up()
    newsroom.publish(2)
    before = newsroom.anchored
    restore()
    assert newsroom.publish(1) is None
    assert "restored" in newsroom.trouble
    assert f"log continue --site {SITE}" in newsroom.trouble
    assert newsroom.publish(5) is None
    assert "does not extend" in newsroom.trouble
    assert newsroom.anchored == before


def test_a_restored_log_goes_on_under_another_name(newsroom, clock):
    """With a statement signed by both keys that names what the anchor held; then all is well."""
    newsroom.publish(2)
    restore = newsroom.back_up()
    newsroom.publish(2)
    before = newsroom.anchored
    held = newsroom.anchor.read_text("utf-8")
    restore()
    assert newsroom.publish(1) is None
    name = continue_log(
        newsroom.database, SITE, reason="a disk broke", keys=newsroom.keys, anchors=newsroom.anchors, clock=clock
    )
    assert name == f"{before.origin}/2"
    stored = newsroom.publish(0)
    assert stored is not None
    assert newsroom.trouble == ""
    assert (newsroom.anchored.origin, newsroom.anchored.size) == (name, 4)
    with newsroom.database.unit_of_work(read_only=True) as uow:
        (statement,) = uow.statements.stream(SITE)
        keys = [Verifier.parse(key.verifier) for key in uow.log_keys.all(SITE)]
    note = Note.parse(statement.note.encode())
    assert len(note.verified_by(keys)) == 2
    said = Statement.parse(note.text)
    assert (said.type, said.origin, said.members["checkpoint"]) == (EntryType.CONTINUATION, name, held)
    assert (said.members["previous"], said.members["size"], said.members["reason"]) == (
        before.origin,
        3,
        "a disk broke",
    )
    # A second time, from the same backup: the number goes on from what the anchor holds.
    restore()
    assert newsroom.publish(1) is None
    assert f"'{name}'" in newsroom.trouble
    again = continue_log(
        newsroom.database, SITE, reason="again", keys=newsroom.keys, anchors=newsroom.anchors, clock=clock
    )
    assert again == f"{before.origin}/3"
    assert newsroom.publish(1) is not None


def test_an_anchor_that_others_wrote_is_not_believed(newsroom, database):
    """A checkpoint without a signature of the log's own, or of another log, stops it."""
    stored = newsroom.publish(2)
    head, _, tail = stored.note.partition("\n2\n")
    newsroom.anchor.write_text(f"{head}\n1\n{tail}", "utf-8")
    assert newsroom.publish(1) is None
    assert "does not hold" in newsroom.trouble
    newsroom.anchor.write_text("elsewhere.example\n" + stored.note.partition("\n")[2], "utf-8")
    assert newsroom.publish(1) is None
    assert "elsewhere.example" in newsroom.trouble


def test_an_anchor_that_does_not_answer_stops_publishing_alone(newsroom):
    """Integration goes on, and when the anchor is back, so does all the rest."""
    newsroom.publish(1)
    note = newsroom.anchor.read_text("utf-8")
    newsroom.anchor.unlink()
    newsroom.anchor.mkdir()
    assert newsroom.publish(2) is None
    assert str(newsroom.anchor) in newsroom.trouble
    newsroom.anchor.rmdir()
    newsroom.anchor.write_text(note, "utf-8")
    assert newsroom.publish(0).size == 3
    assert newsroom.trouble == ""


def test_a_tree_that_was_changed_is_not_signed(newsroom, database):
    """Without any anchor: it does not extend the last checkpoint that is stored."""
    newsroom.publish(3, anchors=Anchors())
    with database.engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE consentkit_log_tiles SET data = :data WHERE level = 0"), {"data": b"x" * 32 * 3}
        )
    assert newsroom.publish(1, anchors=Anchors()) is None
    assert "does not extend" in newsroom.trouble


def test_a_new_key_takes_over(newsroom, clock, tmp_path):
    """Both sign the statement; the next checkpoint has the new one's signature, and the old half is gone."""
    running = newsroom.keys
    first = newsroom.publish(2)
    old, new = rotate_key(newsroom.database, SITE, keys=newsroom.keys, clock=clock)
    second = newsroom.publish(0)
    assert second.size == first.size + 1
    assert Note.parse(second.note.encode()).verified_by([old, new]) == [new]
    assert running.signer(new).verifier == new
    with newsroom.database.unit_of_work(read_only=True) as uow:
        (statement,) = uow.statements.stream(SITE)
        assert [key.retired_at is None for key in uow.log_keys.all(SITE)] == [False, True]
    note = Note.parse(statement.note.encode())
    assert note.verified_by([old, new]) == [old, new]
    said = json.loads(note.text.splitlines()[2])
    assert (said["old"], said["new"], said["checkpoint"]) == (str(old), str(new), first.note)
    assert str(old.id.hex()) not in (tmp_path / "keys" / f"{SITE}.key").read_text("utf-8")


def test_a_key_that_is_lost_stops_the_log(newsroom, tmp_path, clock):
    """No second one is made for it. The way out is another name."""
    newsroom.publish(1)
    (tmp_path / "keys" / f"{SITE}.key").unlink()
    assert newsroom.publish(1) is None
    assert "private half" in newsroom.trouble
    newsroom.open()
    with pytest.raises(KeyUnavailable):
        rotate_key(newsroom.database, SITE, keys=newsroom.keys, clock=clock)
    continue_log(newsroom.database, SITE, reason="lost", keys=newsroom.keys, anchors=newsroom.anchors, clock=clock)
    assert newsroom.publish(0).size == 3
