"""The audit pack: whole, provable, and the same again."""

from __future__ import annotations

import base64
import collections.abc as cabc
import csv
import dataclasses
import datetime as dt
import hashlib
import io
import json
import subprocess
import sys
import typing as t
import zipfile
from pathlib import Path

import pytest
import sqlalchemy as sa

from consentkit.consent.record_ids import new_record_id
from consentkit.errors import NotFound
from consentkit.ledger.checkpoints import Checkpoint
from consentkit.ledger.entries import parse_bundle
from consentkit.ledger.notes import Note
from consentkit.ledger.records import entry_of
from consentkit.ledger.tiles import Tile
from consentkit.ledger.tiles import read_from
from consentkit.ledger.tree import check_inclusion
from consentkit.ledger.tree import hash_leaf
from consentkit.ledger.tree import inclusion_proof
from consentkit.operations.audit_pack import Period
from consentkit.operations.audit_pack import audit_pack
from consentkit.policies.versions import PolicyVersion
from consentkit.storage import migrate
from consentkit.storage.records import RecordRow
from consentkit.storage.records import values_of
from consentkit.storage.unit_of_work import Database
from consentkit.testing import FrozenClock
from tests import receipts as made
from tests.factories import NOON
from tests.log import SIGNER
from tests.log import keep_log

SITE = "steppe-herald"
SHOWN = made.notice()
DAY = dt.timedelta(days=1)
PERIOD = Period(site=SITE, since=NOON, until=NOON + DAY)


def decide(database: Database, clock: FrozenClock, count: int, **changes: t.Any) -> None:
    """Record decisions at the time of *clock*, all at once."""
    fields = {"decided_at": clock.now(), "expires_at": clock.now() + 180 * DAY, "salt": b"s" * 32, **changes}
    records = [made.record(SHOWN, id=new_record_id(clock.now()), **fields) for _ in range(count)]
    with database.transaction() as connection:
        connection.execute(sa.insert(RecordRow), [values_of(record) for record in records])


def keep(database: Database, clock: FrozenClock) -> Database:
    """Make a log of a day before the period, the period itself and a day after it, published at the end of each."""
    with database.unit_of_work() as uow:
        uow.notices.add_if_absent(SHOWN)
        uow.configurations.add_if_absent(SITE, made.site().version, made.site().canonical(), NOON)
    for day, count in ((-1, 300), (0, 260), (1, 5)):
        clock.set(NOON + day * DAY)
        decide(database, clock, count)
        clock.set(NOON + (day + 1) * DAY)
        keep_log(database, clock=clock)
    return database


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> cabc.Iterator[Database]:
    """Such a log, to be read."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('pack') / 'consentkit.db'}")
    migrate.upgrade(database)
    yield keep(database, FrozenClock())
    database.dispose()


@pytest.fixture
def changing(sqlite_url: str, clock: FrozenClock) -> cabc.Iterator[Database]:
    """One that goes on."""
    database = Database(sqlite_url)
    migrate.upgrade(database)
    yield keep(database, clock)
    database.dispose()


def packed(database: Database, period: Period = PERIOD, **options: t.Any) -> bytes:
    """Return the whole file."""
    with database.unit_of_work(read_only=True) as uow:
        return b"".join(audit_pack(uow, period, **{"locale": "en", "prefix": "/consent", **options}))


def test_each_decision_of_the_period_is_proved_by_what_is_in_the_file(database: Database, clock: FrozenClock) -> None:
    """By the tiles in it, under the first checkpoint after the period, which the key in it signed."""
    archive = zipfile.ZipFile(io.BytesIO(packed(keep(database, clock))))
    assert archive.testzip() is None
    lines = [json.loads(line) for line in archive.read("log.jsonl").splitlines()]
    of = {kind: [line for line in lines if line["type"] == kind] for kind in ("log", "checkpoint", "tile", "record")}
    note = Note.parse(archive.read("checkpoint.txt"))
    assert note.verified_by([SIGNER.verifier])
    head = Checkpoint.parse(note.text)
    assert head.size == 560
    assert [line["note"] for line in of["checkpoint"]] == [str(note)]
    tiles = {Tile(line["level"], line["number"]): base64.b64decode(line["data"]) for line in of["tile"]}
    assert [line["index"] for line in of["record"]] == list(range(300, 560))
    assert (of["log"][0]["first"], of["log"][0]["last"]) == (300, 559)
    for line in of["record"]:
        entry = bytes(entry_of(line["record"], base64.b64decode(line["salt"])))
        assert parse_bundle(tiles[Tile(-1, line["index"] // 256)])[line["index"] % 256] == entry
        proof = inclusion_proof(line["index"], head.size, read_from(tiles))
        check_inclusion(line["index"], head.size, hash_leaf(entry), proof, head.root)


def test_the_tables_hold_the_same_decisions(kept: Database) -> None:
    """For a spreadsheet, and as ISO/IEC TS 27560 has them; with a checksum of every file."""
    archive = zipfile.ZipFile(io.BytesIO(packed(kept)))
    rows = list(csv.DictReader(io.StringIO(archive.read("records/records.csv").decode(), newline="")))
    consents = [json.loads(line) for line in archive.read("records/consent-27560.jsonl").splitlines()]
    assert len(rows) == 260
    assert [row["id"] for row in rows] == [consent["dct:identifier"] for consent in consents]
    sums = dict(reversed(line.split("  ")) for line in archive.read("SHA256SUMS").decode().splitlines())
    assert sums.keys() == {*archive.namelist()} - {"SHA256SUMS"}
    assert all(hashlib.sha256(archive.read(name)).hexdigest() == value for name, value in sums.items())


def test_the_same_period_gives_the_same_bytes(changing: Database, clock: FrozenClock) -> None:
    """Whatever was decided and signed since."""
    before = packed(changing)
    clock.set(NOON + 9 * DAY)
    decide(changing, clock, 3)
    keep_log(changing, clock=clock)
    assert packed(changing) == before


def test_what_readers_saw_and_what_was_in_force(kept: Database) -> None:
    """Notices as pages that load nothing, configurations, policies of the period with what changed between them."""
    texts = ("# One\n\nSame.\n", "# Two\n\nSame.\n", "# Three\n")
    with kept.unit_of_work() as uow:
        for i, source in enumerate(texts):
            uow.policies.add_if_absent(
                PolicyVersion(
                    site=SITE,
                    kind="privacy",
                    locale=SHOWN.locale,
                    version=f"{i}" * 16,
                    title="Privacy",
                    source=source,
                    html="",
                    effective_on=(NOON + (2 * i - 1) * DAY).date(),
                    material=False,
                    published_at=NOON - 9 * DAY,
                    publication=f"{i}" * 16,
                )
            )
    archive = zipfile.ZipFile(io.BytesIO(packed(kept)))
    names = archive.namelist()
    page = archive.read(f"notices/{SHOWN.version}-layer-1.html").decode()
    assert SHOWN.html in page
    assert "default-src 'none'" in page
    assert f"configurations/{made.site().version}.json" in names
    policies = sorted(name for name in names if name.startswith("policies/") and name.endswith(".md"))
    assert [archive.read(name).decode() for name in policies] == [*texts[:2]]
    (difference,) = (name for name in names if name.endswith(".diff"))
    assert b"-# One" in archive.read(difference)
    assert b" Same." in archive.read(difference)
    assert "Steppe Herald" in archive.read("article-30.txt").decode()


def test_the_verifier_in_the_file_accepts_it(kept: Database, tmp_path: Path) -> None:
    """Run as an inspector does: with Python alone, and the key. A changed record does not pass."""
    pack = tmp_path / "pack.zip"
    pack.write_bytes(packed(kept))
    with zipfile.ZipFile(pack) as archive:
        script = archive.extract("consentkit_verify.py", tmp_path)
        files = {name: archive.read(name) for name in archive.namelist()}
    command = [sys.executable, "-I", "-S", script, str(pack), "--key", str(SIGNER.verifier)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "260 records" in done.stdout
    files["log.jsonl"] = files["log.jsonl"].replace(b'"country":"KZ","locale"', b'"country":"RU","locale"', 1)
    with zipfile.ZipFile(pack, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "WRONG  changed: record" in done.stdout


@pytest.mark.parametrize(
    ("locale", "word"), [("en", "Evidence"), ("ru", "Доказательства"), ("kk", "дәлел"), ("ar", "إثبات")]
)
def test_the_pack_explains_itself(kept: Database, locale: str, word: str) -> None:
    """In the officer's language, with the command that checks it."""
    text = zipfile.ZipFile(io.BytesIO(packed(kept, locale=locale))).read("README.txt").decode()
    assert word in text
    assert f"--key '{SIGNER.name}+" in text


def test_pictures_where_a_browser_is_at_hand(kept: Database) -> None:
    """Beside the pages; one that cannot be made is left out."""
    seen: list[str] = []

    def camera(page: str) -> bytes | None:
        seen.append(page)
        return b"a picture" if len(seen) == 1 else None

    names = zipfile.ZipFile(io.BytesIO(packed(kept, camera=camera))).namelist()
    assert [name for name in names if name.endswith(".png")] == [f"notices/{SHOWN.version}-layer-1.png"]
    assert len(seen) == 2


def test_what_is_not_in_the_log_yet_is_said(changing: Database, clock: FrozenClock) -> None:
    """It is in the tables, without a place; samples are nowhere."""
    clock.set(NOON + DAY / 2)
    decide(changing, clock, 2)
    with changing.unit_of_work() as uow:
        sample = made.record(SHOWN, id=new_record_id(clock.now()), decided_at=clock.now(), sample=True)
        uow.records.add_samples([dataclasses.replace(sample)])
    archive = zipfile.ZipFile(io.BytesIO(packed(changing)))
    lines = [json.loads(line) for line in archive.read("log.jsonl").splitlines()]
    assert [line["index"] for line in lines if line["type"] == "record"].count(None) == 2
    assert sum(line["type"] == "record" for line in lines) == 262
    assert "2 of them had no place" in archive.read("README.txt").decode()


def test_there_is_nothing_to_show_of_a_site_that_nobody_knows(database: Database) -> None:
    """Rather than an empty file that looks like an answer."""
    with pytest.raises(NotFound):
        packed(database, dataclasses.replace(PERIOD, site="other"))
