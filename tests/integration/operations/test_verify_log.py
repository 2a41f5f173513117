"""What was tampered with behind the product's back is found, and named: the record, the damage, since when."""

from __future__ import annotations

import base64
import collections.abc as cabc
import datetime as dt
import json
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consentkit.cli import consentkit_cli
from consentkit.consent.record_ids import new_record_id
from consentkit.errors import ProofInvalid
from consentkit.errors import StoreUnavailable
from consentkit.ledger import notes
from consentkit.ledger.checkpoints import Checkpoint
from consentkit.ledger.entries import EntryType
from consentkit.ledger.entries import bundle
from consentkit.ledger.entries import parse_bundle
from consentkit.ledger.erasures import Reason
from consentkit.ledger.erasures import erasure_statement
from consentkit.ledger.notes import LocalSigner
from consentkit.ledger.records import FIELDS
from consentkit.ledger.statements import Statement
from consentkit.ledger.statements import sign_statement
from consentkit.ledger.tiles import Tile
from consentkit.ledger.tiles import read_from
from consentkit.ledger.tree import hash_leaf
from consentkit.ledger.tree import root
from consentkit.operations.dump_log import dump_log
from consentkit.operations.erase import erase_records
from consentkit.operations.integrate import integrate
from consentkit.operations.log_dumps import DumpedLog
from consentkit.operations.log_findings import Finding
from consentkit.operations.log_findings import Kind
from consentkit.operations.log_findings import Verdict
from consentkit.operations.log_parts import entry_from
from consentkit.operations.log_sources import StoredLog
from consentkit.operations.publish_checkpoint import publish_checkpoint
from consentkit.operations.verify_log import verify_log
from consentkit.storage import migrate
from consentkit.storage.base import Base
from consentkit.storage.log_checkpoints import StoredStatement
from consentkit.storage.recorder import DirectRecorder
from consentkit.storage.records import COLUMNS
from consentkit.storage.records import RecordFilter
from consentkit.storage.records import RecordRow
from consentkit.storage.records import values_of
from consentkit.storage.unit_of_work import Database
from consentkit.testing import FrozenClock
from consentkit.verifier import consentkit_verify
from tests.conftest import postgresql_database
from tests.factories import make_record
from tests.log import ORIGIN
from tests.log import SIGNER
from tests.log import Keys
from tests.log import begin_log
from tests.log import keep_log

SITE = "steppe-herald"
HOUR = dt.timedelta(hours=1)
STRANGER = LocalSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(reversed(range(32)))))
#: Another value of each field, as the column holds it.
OTHERS: dict[str, object] = {
    "subject_id": "somebody",
    "previous_id": str(uuid.UUID(int=7)),
    "action": "reject_all",
    "purposes": '{"analytics":false,"embeds":true,"preferences":true}',
    "services": '{"youtube":false}',
    "regime": "us",
    "country": None,
    "locale": "en",
    "notice_version": "ponmlkjihgfedcba",
    "revision": 2,
    "config_version": "fedcba9876543210",
    "policy_versions": '{"privacy":"0000000000000000"}',
    "layout": "box",
    "layer": "2",
    "method": "form",
    "section": None,
    "user_agent_family": "Chrome",
    "device_class": "desktop",
    "gpc": True,
    "tc_string": "C",
    "gvl_version": 3,
    "gpp_string": "D",
    "decided_at": dt.datetime(2026, 11, 23, 12, 0, 0, 1, tzinfo=dt.UTC),
    "expires_at": dt.datetime(2027, 11, 23, tzinfo=dt.UTC),
    "sample": True,
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> cabc.Iterator[Database]:
    """A database for all of these tests, once of each kind."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path_factory.mktemp('verify') / 'consentkit.db'}")
        migrate.upgrade(database)
        yield database
        database.dispose()
        return
    server = request.getfixturevalue("postgresql_server")
    with postgresql_database(server, f"TEMPLATE {request.getfixturevalue('postgresql_template')}") as url:
        database = Database(url)
        yield database
        database.dispose()


@pytest.fixture
def database(kept: Database) -> cabc.Iterator[Database]:
    """The same, emptied afterwards: to make one for each test takes longer than the tests."""
    yield kept
    with kept.engine.begin() as connection:
        for table in Base.metadata.sorted_tables:
            connection.execute(sa.delete(table))


@pytest.fixture
def ids(database: Database, clock: FrozenClock) -> list[str]:
    """The ids of six records, in a log with checkpoints of three and of six entries, an hour apart."""
    for _ in range(2):
        recorder = DirectRecorder(database, clock)
        for _ in range(3):
            recorder.record(make_record(salt=uuid.uuid4().bytes * 2, decided_at=clock.now()), nonce=None)
        keep_log(database, clock=clock)
        clock.advance(HOUR)
    return placed(database)


def placed(database: Database) -> list[str]:
    """Return the ids of the records in the log, by place."""
    with database.unit_of_work(read_only=True) as uow:
        found = [record for record in uow.records.stream(RecordFilter()) if record.leaf_index is not None]
    return [record.id for record in sorted(found, key=lambda record: record.leaf_index or 0)]


def verify(database: Database, **options: object) -> Verdict:
    """Verify the log of the site, in this process."""
    return verify_log(StoredLog(database, SITE), SITE, **options)  # type: ignore[arg-type]


def kinds(verdict: Verdict) -> list[tuple[Kind, int | None]]:
    """Return what was found, and where."""
    return [(finding.kind, finding.index) for finding in verdict.findings]


def only(verdict: Verdict) -> Finding:
    """Return the one finding."""
    assert len(verdict.findings) == 1, list(map(str, verdict.findings))
    return verdict.findings[0]


def sql(database: Database, statement: str, **values: object) -> None:
    """Edit the database behind the product's back. Ids are given as text."""
    cast = (lambda value: value) if not database.is_sqlite else _hexadecimal
    with database.engine.begin() as connection:
        done = connection.execute(sa.text(statement), {name: cast(value) for name, value in values.items()})
        assert done.rowcount


def _hexadecimal(value: object) -> object:
    try:
        return uuid.UUID(value).hex if isinstance(value, str) else value
    except ValueError:
        return value


def test_what_nobody_touched_holds(database: Database, clock: FrozenClock, ids: list[str]) -> None:
    """With erasures, statements, samples, whatever waits; by one process as by two."""
    erase_records(database, SITE, [ids[1]], reason=Reason.READER, signers=Keys(), clock=clock)
    with database.unit_of_work() as uow:
        uow.records.add_samples([make_record(sample=True)])
    verdict = verify(database)
    assert (verdict.findings, verdict.size, verdict.records, verdict.erased) == ((), 6, 5, 1)
    keep_log(database, clock=clock)
    DirectRecorder(database, clock).record(make_record(decided_at=clock.now()), nonce=None)
    for jobs in (1, 2):
        verdict = verify(database, jobs=jobs)
        assert (verdict.findings, verdict.size, verdict.checkpoints, verdict.erased) == ((), 7, 3, 1)


def test_every_field_is_committed_to(database: Database, ids: list[str]) -> None:
    """Each one that is changed is found, in the record that it belongs to, since the checkpoint that vouched for it."""
    assert set(OTHERS) | {"id", "site"} == set(FIELDS)
    table = RecordRow.__table__
    stored = {column.name: column for column in COLUMNS}
    for name, other in OTHERS.items():
        raw = sa.Text() if isinstance(other, str) and "previous" not in name else stored[name].type
        with database.engine.begin() as connection:
            before = connection.execute(
                sa.select(sa.type_coerce(stored[name], raw)).where(table.c.id == ids[4])
            ).scalar_one()
            change = sa.update(table).where(table.c.id == ids[4])
            connection.execute(change.values({name: sa.literal(other, raw)}))
        found = only(verify(database))
        assert (found.kind, found.index, found.record_id) == (Kind.CHANGED, 4, ids[4]), name
        assert found.since is not None
        assert found.since.size == 6
        with database.engine.begin() as connection:
            connection.execute(change.values({name: sa.literal(before, raw)}))
    assert verify(database).holds


@pytest.mark.parametrize("salt", [b"x" * 32, b"x", None])
def test_a_changed_salt(database: Database, ids: list[str], salt: bytes | None) -> None:
    """Another one, one of another length, none."""
    sql(database, "UPDATE consentkit_records SET salt = :salt WHERE id = :id", salt=salt, id=ids[0])
    found = only(verify(database))
    assert (found.kind, found.index, found.record_id) == (Kind.CHANGED, 0, ids[0])
    assert found.since is not None
    assert found.since.size == 3


def test_a_value_that_no_release_writes(database: Database, ids: list[str]) -> None:
    """It breaks nothing: the record was changed."""
    sql(database, "UPDATE consentkit_records SET action = 'shrug', purposes = '[' WHERE id = :id", id=ids[2])
    assert kinds(verify(database)) == [(Kind.CHANGED, 2)]


def test_a_column_that_holds_another_ones_text(database: Database, ids: list[str]) -> None:
    """Put together as text, the bytes would be the same; the record is not."""
    policies = f'{{"privacy":"fedcba9876543210"}},"previous_id":"{ids[0]}"'
    sql(database, "UPDATE consentkit_records SET policy_versions = :text WHERE id = :id", text=policies, id=ids[2])
    assert kinds(verify(database)) == [(Kind.CHANGED, 2)]


def test_a_deleted_row(database: Database, ids: list[str]) -> None:
    """It is missing, whether or not its place went with it."""
    sql(database, "DELETE FROM consentkit_records WHERE id = :id", id=ids[3])
    found = only(verify(database))
    assert (found.kind, found.index, found.record_id) == (Kind.MISSING, 3, ids[3])
    sql(database, "DELETE FROM consentkit_log_leaves WHERE item_id = :id", id=ids[3])
    found = only(verify(database))
    assert (found.kind, found.index, found.record_id) == (Kind.MISSING, 3, None)


def test_a_row_with_an_old_time(database: Database, clock: FrozenClock, ids: list[str]) -> None:
    """While it waits, once it has its place, and where the queue was cheated."""
    old = new_record_id(clock.now() - 2 * HOUR)
    columns = ", ".join(column.name for column in COLUMNS if column.name != "id")
    copied = (
        f"INSERT INTO consentkit_records (id, {columns}) SELECT :new, {columns} FROM consentkit_records WHERE id = :id"
    )
    if not database.is_sqlite:
        copied = copied.replace(":new", "CAST(:new AS uuid)")
    sql(database, copied, new=old, id=ids[0])
    waiting = only(verify(database))
    assert (waiting.kind, waiting.record_id) == (Kind.BACK_DATED, old)
    keep_log(database, clock=clock)
    found = only(verify(database))
    assert (found.kind, found.record_id, found.index) == (Kind.BACK_DATED, old, 6)
    assert "checkpoint of 6 entries" in found.text
    hidden = new_record_id(clock.now())
    sql(database, copied, new=hidden, id=ids[0])
    sql(database, "DELETE FROM consentkit_log_queue WHERE item_id = :id", id=hidden)
    assert [(each.kind, each.record_id) for each in verify(database).findings] == [
        (Kind.BACK_DATED, old),
        (Kind.UNLOGGED, hidden),
    ]


def test_records_from_before_the_log_are_not_back_dated(database: Database, clock: FrozenClock) -> None:
    """It takes them in, oldest first, and may sign while it does. What comes after the newer ones is."""
    recorder = DirectRecorder(database, clock)
    for _ in range(4):
        recorder.record(make_record(salt=b"s" * 32, decided_at=clock.now()), nonce=None)
        clock.advance(HOUR)

    begin_log(database, clock=clock)
    while integrate(database, SITE, fence=0, limit=1):
        publish_checkpoint(database, SITE, signer=SIGNER, clock=clock)
    assert verify(database).holds
    late = make_record(salt=b"s" * 32, decided_at=clock.now() - 2 * HOUR)
    recorder.record(late, nonce=None)
    keep_log(database, clock=clock)
    assert [(each.kind, each.record_id) for each in verify(database).findings] == [(Kind.BACK_DATED, late.id)]


@pytest.mark.parametrize("what", ["places", "ids", "contents"])
def test_two_rows_swapped(database: Database, ids: list[str], what: str) -> None:
    """Their places, their ids, or all that they hold but for the salts."""
    a, b, free = ids[0], ids[5], str(uuid.UUID(int=1))
    if what == "places":
        move = "UPDATE consentkit_log_leaves SET leaf_index = :to WHERE site = 'steppe-herald' AND leaf_index = :it"
        for it, to in ((0, 99), (5, 0), (99, 5)):
            sql(database, move, it=it, to=to)
    elif what == "ids":
        move = "UPDATE consentkit_records SET id = :to WHERE id = :it"
        move = move if database.is_sqlite else move.replace(":to", "CAST(:to AS uuid)")
        for it, to in ((a, free), (b, a), (free, b)):
            sql(database, move, it=it, to=to)
    else:
        table = RecordRow.__table__
        with database.engine.begin() as connection:
            rows = {row.id: row for row in connection.execute(sa.select(table).where(table.c.id.in_([a, b])))}
            for it, other in ((a, b), (b, a)):
                values = {k: v for k, v in rows[other]._mapping.items() if k not in {"id", "salt"}}
                connection.execute(sa.update(table).where(table.c.id == it).values(values))
    verdict = verify(database)
    assert kinds(verdict) == [(Kind.SWAPPED, 0), (Kind.SWAPPED, 5)]
    assert "entry 5" in verdict.findings[0].text


def test_truncated_tables(database: Database, ids: list[str]) -> None:
    """Records, places, the tree with its head: from where on is said."""
    sql(database, "DELETE FROM consentkit_records WHERE id >= :id", id=ids[2])
    found = only(verify(database))
    assert (found.kind, found.index, found.last) == (Kind.TRUNCATED, 2, 5)
    sql(database, "DELETE FROM consentkit_records")
    sql(database, "DELETE FROM consentkit_log_leaves")
    found = only(verify(database))
    assert (found.kind, found.index, found.last) == (Kind.TRUNCATED, 0, 5)


def test_a_log_that_was_cut_off(database: Database, ids: list[str]) -> None:
    """A head that was set back contradicts what was signed; without any it is no log."""
    with database.engine.connect() as connection:
        raw = connection.scalar(sa.text("SELECT note FROM consentkit_log_checkpoints WHERE size = 3"))
    root = Checkpoint.parse(notes.Note.parse(raw.encode()).text).root
    sql(database, "UPDATE consentkit_log_heads SET size = 3, root = :root", root=root)
    verdict = verify(database)
    assert Kind.TRUNCATED in verdict.counts
    assert verdict.counts[Kind.UNLOGGED] == 3
    sql(database, "DELETE FROM consentkit_log_heads")
    assert only(verify(database)).kind == Kind.TRUNCATED


@pytest.mark.parametrize(("level", "at"), [(0, 2 * 32), (-1, 2 * 36 + 10)])
def test_a_changed_tile(database: Database, ids: list[str], level: int, at: int) -> None:
    """Which of the two that hold an entry was changed, and at which place."""
    sql(
        database,
        "UPDATE consentkit_log_tiles SET data = :data WHERE level = :level",
        data=bytes_at(tile(database, level), at),
        level=level,
    )
    found = only(verify(database))
    assert (found.kind, found.index) == (Kind.TILE_CHANGED, 2)
    assert ("entries/0" if level else "0/0") in found.text
    sql(database, "DELETE FROM consentkit_log_tiles WHERE level = :level", level=level)
    assert Kind.TILE_CHANGED in verify(database).counts


def tile(database: Database, level: int) -> bytes:
    """Return the first tile of a level."""
    with database.engine.connect() as connection:
        found = connection.scalar(
            sa.text("SELECT data FROM consentkit_log_tiles WHERE level = :level AND number = 0"), {"level": level}
        )
    return bytes(found)


def bytes_at(data: bytes, at: int) -> bytes:
    """Return *data* with one byte changed."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def test_a_changed_checkpoint(database: Database, ids: list[str]) -> None:
    """It is not signed any more as it is."""
    sql(database, "UPDATE consentkit_log_checkpoints SET note = replace(note, '3', '4') WHERE size = 3")
    assert set(verify(database).counts) == {Kind.CHECKPOINT_CHANGED}
    sql(database, "UPDATE consentkit_log_checkpoints SET note = 'gone' WHERE size = 3")
    assert set(verify(database).counts) == {Kind.CHECKPOINT_CHANGED}


def test_a_checkpoint_over_a_fork(database: Database, ids: list[str]) -> None:
    """The log's own key signed it, over other entries."""
    text = Checkpoint(ORIGIN, 3, b"f" * 32).text
    note = str(notes.Note(text, (notes.sign(text, SIGNER),)))
    sql(database, "UPDATE consentkit_log_checkpoints SET note = :note WHERE size = 3", note=note)
    found = only(verify(database))
    assert found.kind == Kind.FORKED
    assert found.since is not None
    assert found.since.size == 3


def test_a_tree_that_was_made_anew(database: Database, clock: FrozenClock, ids: list[str]) -> None:
    """Record, entry, tile, head: all fits but for what was signed before."""
    sql(database, "UPDATE consentkit_records SET action = 'save' WHERE id = :id", id=ids[4])
    with database.unit_of_work(read_only=True) as uow:
        record = uow.records.get(ids[4])
        made = entry_from(uow.log_audit.fields(ids[4]), record.salt if record else None)
    entries = parse_bundle(tile(database, -1))
    entries[4] = made or b""
    hashes = b"".join(map(hash_leaf, entries))
    change = "UPDATE consentkit_log_tiles SET data = :data WHERE level = :level"
    sql(database, change, data=bundle(entries), level=-1)
    sql(database, change, data=hashes, level=0)
    sql(database, "UPDATE consentkit_log_heads SET root = :root", root=root(6, read_from({Tile(0, 0): hashes})))
    found = only(verify(database))
    assert found.kind == Kind.FORKED
    assert found.since is not None
    assert found.since.size == 6


def test_a_database_from_yesterday(database: Database, clock: FrozenClock, ids: list[str]) -> None:
    """The anchor beside it is newer; or of the same size, over other entries; or signed by nobody."""
    for size, hash_, signer, expected in (
        (9, b"n" * 32, SIGNER, Kind.ROLLED_BACK),
        (6, b"n" * 32, SIGNER, Kind.FORKED),
        (6, b"n" * 32, STRANGER, Kind.CHECKPOINT_CHANGED),
    ):
        text = Checkpoint(ORIGIN, size, hash_).text
        note = str(notes.Note(text, (notes.sign(text, signer),)))
        found = only(verify(database, held=[(note, "The anchor /srv/anchor")]))
        assert found.kind == expected
        assert "/srv/anchor" in found.text


def test_a_record_moved_to_another_site(database: Database, ids: list[str]) -> None:
    """It stands in the log of the one, and says that it is of the other."""
    sql(database, "UPDATE consentkit_records SET site = 'valley-times' WHERE id = :id", id=ids[1])
    found = only(verify(database))
    assert (found.kind, found.index, found.record_id) == (Kind.OTHER_SITE, 1, ids[1])
    assert "valley-times" in found.text
    assert "nothing else" in found.text


def put_statement(database: Database, note: str, clock: FrozenClock, *, queued: bool = True) -> str:
    """Put a statement on an erasure into the database, as somebody might who can write to it."""
    id_ = new_record_id(clock.now())
    with database.unit_of_work() as uow:
        uow.statements.add(
            StoredStatement(site=SITE, id=id_, kind=EntryType.ERASURE, note=note, created_at=clock.now())
        )
        if queued:
            uow.log_queue.add(SITE, id_, EntryType.ERASURE)
    return id_


@pytest.mark.parametrize("logged", [True, False])
def test_a_forged_erasure(database: Database, clock: FrozenClock, ids: list[str], *, logged: bool) -> None:
    """Not signed by the log: neither waiting nor with a place does it excuse what is missing."""
    statement = erasure_statement(ORIGIN, SITE, reason=Reason.READER, indexes=[2], unlogged=0, at=clock.now())
    forged = put_statement(database, sign_statement(statement, STRANGER), clock)
    sql(database, "DELETE FROM consentkit_records WHERE id = :id", id=ids[2])
    sql(database, "DELETE FROM consentkit_log_leaves WHERE item_id = :id", id=ids[2])
    if logged:
        keep_log(database, clock=clock)
    found = {finding.kind: finding for finding in verify(database).findings}
    assert set(found) == {Kind.FORGED_STATEMENT, Kind.MISSING}
    assert found[Kind.FORGED_STATEMENT].record_id == forged
    assert found[Kind.MISSING].index == 2


def test_statements_that_cannot_be(database: Database, clock: FrozenClock, ids: list[str]) -> None:
    """Of another site, of what was not there, outside of the log, changed: signed or not, they count for nothing."""
    for site, indexes in (("valley-times", [0]), (SITE, [40])):
        statement = erasure_statement(ORIGIN, site, reason=Reason.READER, indexes=indexes, unlogged=0, at=clock.now())
        put_statement(database, sign_statement(statement, SIGNER), clock)
    keep_log(database, clock=clock)
    statement = erasure_statement(ORIGIN, SITE, reason=Reason.REQUEST, indexes=[0], unlogged=0, at=clock.now())
    put_statement(database, sign_statement(statement, SIGNER), clock, queued=False)
    assert verify(database).counts == {Kind.FORGED_STATEMENT: 3}
    sql(database, "DELETE FROM consentkit_log_statements")
    assert kinds(verify(database)) == [(Kind.TRUNCATED, 6)]


def test_what_was_erased_and_is_there(database: Database, clock: FrozenClock, ids: list[str]) -> None:
    """A row that comes back from a backup is found."""
    statement = erasure_statement(ORIGIN, SITE, reason=Reason.REQUEST, indexes=[1, 2], unlogged=0, at=clock.now())
    put_statement(database, sign_statement(statement, SIGNER), clock)
    assert kinds(verify(database)) == [(Kind.NOT_ERASED, 1), (Kind.NOT_ERASED, 2)]


def test_a_key_that_nobody_vouched_for(database: Database, clock: FrozenClock, ids: list[str]) -> None:
    """It counts for nothing, until the old one signs that it took over."""
    now = clock.now()
    with database.unit_of_work() as uow:
        uow.log_keys.retire(SITE, str(SIGNER.verifier), now)
        uow.log_keys.add(SITE, str(STRANGER.verifier), now)
    assert set(verify(database).counts) == {Kind.UNKNOWN_KEY}
    members = {
        "site": SITE,
        "at": "now",
        "old": str(SIGNER.verifier),
        "new": str(STRANGER.verifier),
        "checkpoint": None,
    }
    note = sign_statement(Statement(EntryType.ROTATION, ORIGIN, members), SIGNER, STRANGER)
    id_ = new_record_id(now)
    with database.unit_of_work() as uow:
        uow.statements.add(StoredStatement(site=SITE, id=id_, kind=EntryType.ROTATION, note=note, created_at=now))
        uow.log_queue.add(SITE, id_, EntryType.ROTATION)
    keep_log(database, signer=STRANGER, clock=clock)
    assert verify(database).holds
    assert verify(database, keys=[STRANGER.verifier]).holds


def test_from_a_trusted_checkpoint(database: Database, clock: FrozenClock) -> None:
    """What it covers is not read again; what comes after is, and that the one extends the other."""
    checkpoints = []
    for count in (300, 10):
        records = [make_record(salt=b"s" * 32, decided_at=clock.now()) for _ in range(count)]
        with database.engine.begin() as connection:
            connection.execute(sa.insert(RecordRow), [values_of(record) for record in records])
        checkpoints.append(keep_log(database, clock=clock).note)
    ids = placed(database)
    for place in (5, 305):
        sql(database, "UPDATE consentkit_records SET action = 'save' WHERE id = :id", id=ids[place])
    assert kinds(verify(database)) == [(Kind.CHANGED, 5), (Kind.CHANGED, 305)]
    verdict = verify(database, start=checkpoints[0])
    assert kinds(verdict) == [(Kind.CHANGED, 305)]
    assert verdict.records == 310 - 256
    text = Checkpoint(ORIGIN, 300, base64.b64decode("A" * 43 + "=")).text
    forked = str(notes.Note(text, (notes.sign(text, SIGNER),)))
    assert Kind.FORKED in verify(database, start=forked).counts


def test_the_queue_is_looked_at(database: Database, clock: FrozenClock, ids: list[str]) -> None:
    """What waits must be there, and have no place."""
    with database.unit_of_work() as uow:
        uow.log_queue.add(SITE, ids[5], 1)
        uow.log_queue.add(SITE, new_record_id(clock.now()), 1)
    assert verify(database).counts == {Kind.QUEUE_GAP: 2}


def test_a_finding_reads_as_a_sentence(database: Database, ids: list[str]) -> None:
    """Kind, place, record, what is wrong, since when."""
    sql(database, "UPDATE consentkit_records SET locale = 'en' WHERE id = :id", id=ids[0])
    assert str(only(verify(database))).startswith(
        f"changed: entry 0, record {ids[0]}: the entry was not made from this record and its salt. "
        f"Since the checkpoint of 3 entries, 2026-11-23T"
    )


def dumped(database: Database, path: Path) -> Verdict:
    """Dump the log, and verify the file."""
    path.write_text("".join(dump_log(database, SITE)), "utf-8")
    source = DumpedLog(path)
    return verify_log(source, source.site)


def test_a_dump_says_the_same(database: Database, clock: FrozenClock, ids: list[str], tmp_path: Path) -> None:
    """Without a database; and so does the verifier that shares no code with this."""
    path = tmp_path / "log.jsonl"
    alone = [sys.executable, str(Path(consentkit_verify.__file__)), str(path), "--key", str(SIGNER.verifier)]
    erase_records(database, SITE, [ids[1]], reason=Reason.READER, signers=Keys(), clock=clock)
    with pytest.raises(StoreUnavailable):
        list(dump_log(database, SITE))
    keep_log(database, clock=clock)
    verdict = dumped(database, path)
    assert (verdict.findings, verdict.size, verdict.records, verdict.erased) == ((), 7, 5, 1)
    assert subprocess.run(alone, capture_output=True, check=False).returncode == 0
    sql(database, "UPDATE consentkit_records SET locale = 'en' WHERE id = :id", id=ids[3])
    sql(database, "DELETE FROM consentkit_records WHERE id = :id", id=ids[2])
    verdict = dumped(database, path)
    assert [(each.kind, each.record_id, each.index) for each in verdict.findings] == [
        (Kind.MISSING, None, 2),
        (Kind.CHANGED, ids[3], 3),
    ]
    told = subprocess.run(alone, capture_output=True, check=False, text=True)
    assert told.returncode == 1
    assert ids[3] in told.stdout


@pytest.mark.parametrize(
    "lines", ["", "[]\n", '{"type":"log"}\n', '{"type":"log","site":"s"', "\xff\n", "[" * 9999 + "\n"]
)
def test_what_is_no_dump_is_refused(tmp_path: Path, lines: str) -> None:
    """With a sentence."""
    path = tmp_path / "log.jsonl"
    path.write_text(lines, "latin-1")
    with pytest.raises(ProofInvalid):
        DumpedLog(path)


def test_the_commands(database: Database, ids: list[str], tmp_path: Path) -> None:
    """They exit with 0 where it holds and with 1 where it does not, and say it as JSON as well."""
    url = database.engine.url.render_as_string(hide_password=False)
    runner = CliRunner(env={"CONSENTKIT_DATABASE_URL": url, "CONSENTKIT_CONFIG": str(tmp_path)})
    path = tmp_path / "dump.jsonl"
    assert runner.invoke(consentkit_cli, ["log", "dump", "--site", SITE, "-o", str(path)]).exit_code == 0
    for arguments in ([], ["--key", str(SIGNER.verifier)], [str(path)]):
        done = runner.invoke(consentkit_cli, ["log", "verify", "--jobs", "1", *arguments])
        assert (done.exit_code, "the log holds" in done.output) == (0, True), done.output
    with database.unit_of_work(read_only=True) as uow:
        latest = uow.checkpoints.largest(SITE, ORIGIN)
    assert latest is not None
    head = tmp_path / "checkpoint"
    # As an editor leaves it, or 'log checkpoint' of before.
    head.write_text(f"{latest.note}\n", "utf-8")
    for arguments in ([], [str(path)]):
        done = runner.invoke(consentkit_cli, ["log", "verify", "--jobs", "1", "--from", str(head), *arguments])
        assert (done.exit_code, "the log holds" in done.output) == (0, True), done.output
    head.write_text("2026-11-24", "utf-8")
    for arguments in (["--from", str(head)], ["--site", "stepe-herald"]):
        assert runner.invoke(consentkit_cli, ["log", "verify", *arguments]).exit_code == 2
    sql(database, "UPDATE consentkit_records SET locale = 'en' WHERE id = :id", id=ids[3])
    done = runner.invoke(consentkit_cli, ["log", "verify", "--jobs", "1", "--format", "json"])
    told = json.loads(done.stdout)
    assert (done.exit_code, told["holds"], told["findings"][0]["record_id"]) == (1, False, ids[3])
    assert told["findings"][0]["since"]["size"] == 6
    anchor = tmp_path / "anchor"
    text = Checkpoint(ORIGIN, 9, b"n" * 32).text
    Path(f"{anchor}.{SITE}").write_text(str(notes.Note(text, (notes.sign(text, SIGNER),))), "utf-8")
    done = runner.invoke(consentkit_cli, ["log", "verify", "--jobs", "1"], env={"CONSENTKIT_LOG_ANCHOR": str(anchor)})
    assert (done.exit_code, "rolled_back" in done.output) == (1, True)
