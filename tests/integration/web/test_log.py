"""The consent log for everybody to read: what is shown, for how long it may be kept, and what stays hidden."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import hashlib
import json
import secrets
import typing as t

import pymerkle
import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from consentkit.consent.decisions import Record
from consentkit.ledger.entries import EntryType
from consentkit.ledger.notes import LocalSigner
from consentkit.ledger.notes import Verifier
from consentkit.ledger.statements import Statement
from consentkit.ledger.statements import sign_statement
from consentkit.operations.prove import prove
from consentkit.storage.log_checkpoints import StoredCheckpoint
from consentkit.storage.log_checkpoints import StoredStatement
from consentkit.storage.records import RecordFilter
from consentkit.storage.records import RecordRow
from consentkit.storage.records import values_of
from tests.factories import NOON
from tests.factories import make_record
from tests.integration.web.conftest import MakeNewsroom
from tests.integration.web.newsroom import CONFIGURATION
from tests.integration.web.newsroom import Newsroom
from tests.integration.web.newsroom import Reader
from tests.log import ORIGIN
from tests.log import keep_log

SITE = "steppe-herald"
LOG = f"/consent/log/{SITE}"
PUBLIC = CONFIGURATION.replace('locales = ["ru"', 'log = "public"\nlocales = ["ru"')
OFF = CONFIGURATION.replace('locales = ["ru"', 'log = "off"\nlocales = ["ru"')
# Nothing writes but the test itself.
BY_HAND: dict[str, t.Any] = {"CONSENTKIT_LOG_WRITER": "worker"}
FOR_GOOD = "public, max-age=31536000, immutable"


def record(newsroom: Newsroom, count: int) -> None:
    """Store decisions, each with a salt, as requests do."""
    now = newsroom.clock.now()
    records = [make_record(decided_at=now, salt=secrets.token_bytes(32)) for _ in range(count)]
    with newsroom.runtime.database.unit_of_work() as uow:
        uow.session.execute(sa.insert(RecordRow), [values_of(one) for one in records])


def signer_of(newsroom: Newsroom) -> LocalSigner:
    """Return the key of the newsroom's log."""
    with newsroom.runtime.database.unit_of_work(read_only=True) as uow:
        active = uow.log_keys.active(SITE)
    assert active is not None
    signer = newsroom.runtime.signing_keys.signer(Verifier.parse(active.verifier))
    assert isinstance(signer, LocalSigner)
    return signer


def publish(newsroom: Newsroom, count: int) -> StoredCheckpoint:
    """Store decisions, and a checkpoint over all there are."""
    record(newsroom, count)
    return keep_log(newsroom.runtime.database, signer=signer_of(newsroom), clock=newsroom.clock)


# ── an outsider, with nothing of ours ──


@pytest.fixture
def public(make_newsroom: MakeNewsroom, database_url: str, database: t.Any) -> Newsroom:
    """A newsroom whose log is public, once on each kind of database."""
    database.dispose()
    return make_newsroom(database_url=database_url, text=PUBLIC, **BY_HAND)


def test_its_answers_leave_their_date_to_the_server(public: Newsroom) -> None:
    """Werkzeug's own server and gunicorn add theirs whatever there is: two would be sent (RFC 9110, 5.3)."""
    publish(public, 1)
    reader = Reader(public)
    for path in (f"{LOG}/key", f"{LOG}/checkpoint", f"{LOG}/tile/0/000.p/1", "/consent/notice", "/consent/widget.js"):
        first = reader.get(path)
        again = reader.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (first.status_code, again.status_code) == (200, 304), path
        assert "Date" not in first.headers, path
        assert "Date" not in again.headers, path


def test_an_outsider_checks_everything(public: Newsroom) -> None:
    """With the verifier key line, a record with its salt, and what is served: the tree is PyPI's pymerkle's."""
    publish(public, 255)
    publish(public, 47)
    reader = Reader(public)
    line, note = reader.get(f"{LOG}/key").text.splitlines()[0], reader.get(f"{LOG}/checkpoint").text
    name, key_id, key = line.split("+", 2)
    text, _, signatures = note.rpartition("\n\n")
    signature = next(line for line in signatures.splitlines() if line.startswith(f"\u2014 {name} "))
    raw = base64.b64decode(signature.split(" ")[2])
    assert raw[:4].hex() == key_id
    Ed25519PublicKey.from_public_bytes(base64.b64decode(key)[1:]).verify(raw[4:], f"{text}\n".encode())
    origin, size, root = text.split("\n")
    assert (origin, size) == (name, "302")
    entries = []
    for path in ("000", "001.p/46"):
        bundle = reader.get(f"{LOG}/tile/entries/{path}").data
        while bundle:
            end = 2 + int.from_bytes(bundle[:2], "big")
            entries.append(bundle[2:end])
            bundle = bundle[end:]
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    leaves = [tree.append_entry(entry) for entry in entries]
    assert leaves == list(range(1, 303))
    assert base64.b64encode(tree.get_root()).decode() == root
    hashes = reader.get(f"{LOG}/tile/0/000").data + reader.get(f"{LOG}/tile/0/001.p/46").data
    assert hashes == b"".join(tree.get_leaf(index) for index in leaves)
    assert reader.get(f"{LOG}/tile/1/000.p/1").data == tree.get_root(256)
    # What a receipt holds: a record, its salt, its place, the way up.
    with public.runtime.database.unit_of_work(read_only=True) as uow:
        mine = next(one for one in uow.records.stream(RecordFilter()) if one.leaf_index == 17)
        place = prove(uow, mine)
    assert place is not None
    assert hashlib.sha256(_salted(mine)).digest() == entries[17][2:]
    proof = tree.prove_inclusion(18, 302)
    assert [base64.b64encode(one) for one in place.proof] == [base64.b64encode(one) for one in proof.path[1:]]
    pymerkle.verify_inclusion(tree.get_leaf(18), base64.b64decode(root), proof, index=18, size=302)


def _salted(record: Record) -> bytes:
    fields = {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}
    salt = fields.pop("salt")
    fields.pop("leaf_index")
    for name in ("decided_at", "expires_at"):
        fields[name] = fields[name].strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    there = {name: value for name, value in fields.items() if value is not None}
    return t.cast("bytes", salt) + json.dumps(there, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


# ── what caches are told ──


def test_a_tile_is_kept_for_good_and_a_checkpoint_for_seconds(make_newsroom: MakeNewsroom) -> None:
    """For everybody alike, with a tag to ask again by, and for HEAD too."""
    public = make_newsroom(text=PUBLIC, **BY_HAND)
    publish(public, 3)
    reader = Reader(public)
    for path, media, cache in (
        ("checkpoint", "text/plain; charset=utf-8", "public, max-age=5"),
        ("tile/0/000.p/3", "application/octet-stream", FOR_GOOD),
        ("tile/entries/000.p/3", "application/octet-stream", FOR_GOOD),
        ("key", "text/plain; charset=utf-8", "public, max-age=300"),
        ("statements", "application/x-ndjson; charset=utf-8", "public, max-age=300"),
    ):
        answer = reader.get(f"{LOG}/{path}")
        assert (answer.status_code, answer.content_type) == (200, media)
        assert answer.headers["Cache-Control"] == cache
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Vary" not in answer.headers
        assert "Set-Cookie" not in answer.headers
        again = reader.get(f"{LOG}/{path}", headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["Cache-Control"] == cache
        head = reader.client.head(f"{LOG}/{path}")
        assert (head.status_code, head.data) == (200, b"")
        assert head.headers["ETag"] == answer.headers["ETag"]
        assert head.content_length == len(answer.data)
        assert reader.client.post(f"{LOG}/{path}").status_code == 405


def test_what_a_tile_began_with_stays_readable(make_newsroom: MakeNewsroom) -> None:
    """Who holds an older checkpoint still finds its partial tiles, after the tile is full as well."""
    public = make_newsroom(text=PUBLIC, **BY_HAND)
    publish(public, 3)
    reader = Reader(public)
    first = [reader.get(f"{LOG}/tile/{path}/000.p/3").data for path in ("0", "entries")]
    assert [len(data) for data in first] == [96, 3 * 36]
    publish(public, 260)
    assert [reader.get(f"{LOG}/tile/{path}/000.p/3").data for path in ("0", "entries")] == first
    full = [reader.get(f"{LOG}/tile/{path}/000").data for path in ("0", "entries")]
    assert [len(data) for data in full] == [8192, 256 * 36]
    assert [whole[: len(part)] for whole, part in zip(full, first, strict=True)] == first


#: What no address of the log has.
NOWHERE = (
    # Beyond the checkpoint.
    "tile/0/000",
    "tile/0/000.p/4",
    "tile/0/001.p/1",
    "tile/1/000.p/1",
    "tile/63/000.p/1",
    "tile/entries/000.p/4",
    "tile/0/x999/x999/x999/x999/x999/999",
    # Another spelling, or none.
    "tile/0/000.p/3/",
    "tile/0/x000/000.p/3",
    "tile/00/000.p/3",
    "tile/0/000.p/03",
    "tile/0/000.p/0",
    "tile/0/0",
    "tile/-1/000.p/3",
    "tile/0",
    "tile/64/000.p/1",
    "tile/entries/",
    "tile/\u0661/000.p/3",
    "tile/0/\u0660\u0660\u0660.p/3",
    "1/checkpoint",
    "2/checkpoint",
    "02/tile/0/000.p/3",
    "x/checkpoint",
)


def test_what_is_not_there_is_not_kept(make_newsroom: MakeNewsroom) -> None:
    """It may be there in a second; and each tile has one address."""
    newsroom = make_newsroom(text=PUBLIC, **BY_HAND)
    publish(newsroom, 3)
    record(newsroom, 1)
    reader = Reader(newsroom)
    answers = {path: reader.get(f"{LOG}/{path}") for path in NOWHERE}
    found = {path: (answer.status_code, answer.headers["Cache-Control"]) for path, answer in answers.items()}
    assert found == dict.fromkeys(NOWHERE, (404, "no-store"))


def test_another_site_is_not_there(newsroom: Newsroom) -> None:
    """Nor is a log without a checkpoint."""
    for path in (f"{LOG}/checkpoint", "/consent/log/other/checkpoint", "/consent/log/other/key"):
        assert Reader(newsroom).get(path).status_code == 404


# ── who may read ──


def test_what_is_delayed_is_the_log_of_yesterday(make_newsroom: MakeNewsroom) -> None:
    """Delayed is the default: neither a checkpoint nor a tile tells how many decide today. The key is told."""
    newsroom = make_newsroom(text=CONFIGURATION, **BY_HAND)
    publish(newsroom, 3)
    reader = Reader(newsroom)
    assert reader.get(f"{LOG}/checkpoint").status_code == 404
    assert reader.get(f"{LOG}/tile/0/000.p/3").status_code == 404
    assert reader.get(f"{LOG}/key").text == f"{signer_of(newsroom).verifier}\n"
    newsroom.clock.advance(dt.timedelta(hours=25))
    publish(newsroom, 2)
    answer = reader.get(f"{LOG}/checkpoint")
    assert answer.text.splitlines()[:2] == [ORIGIN, "3"]
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert reader.get(f"{LOG}/tile/0/000.p/3").headers["Cache-Control"] == FOR_GOOD
    assert reader.get(f"{LOG}/tile/0/000.p/5").status_code == 404
    assert reader.get(f"{LOG}/tile/entries/000.p/4").status_code == 404


def test_the_delay_is_the_sites_own(make_newsroom: MakeNewsroom) -> None:
    """In hours."""
    text = CONFIGURATION.replace('locales = ["ru"', 'log_delay_hours = 2\nlocales = ["ru"')
    newsroom = make_newsroom(text=text, **BY_HAND)
    publish(newsroom, 1)
    newsroom.clock.advance(dt.timedelta(hours=1, minutes=59))
    assert Reader(newsroom).get(f"{LOG}/checkpoint").status_code == 404
    newsroom.clock.advance(dt.timedelta(minutes=2))
    assert Reader(newsroom).get(f"{LOG}/checkpoint").status_code == 200


def test_a_log_that_is_off_shows_its_key_alone(make_newsroom: MakeNewsroom) -> None:
    """Receipts are checked with it all the same."""
    newsroom = make_newsroom(text=OFF, **BY_HAND)
    publish(newsroom, 1)
    newsroom.clock.advance(dt.timedelta(days=9))
    reader = Reader(newsroom)
    paths = ("checkpoint", "tile/0/000.p/1", "tile/entries/000.p/1", "statements")
    assert {reader.get(f"{LOG}/{path}").status_code for path in paths} == {404}
    assert reader.get(f"{LOG}/key").status_code == 200


# ── what the log says of itself ──


def test_statements_on_erasures_are_not_told(make_newsroom: MakeNewsroom) -> None:
    """They name the entries of one reader. Those on keys are, once they are old enough, with their places."""
    newsroom = make_newsroom(text=CONFIGURATION, **BY_HAND)
    database = newsroom.runtime.database
    signer = signer_of(newsroom)
    notes = {}
    for number, kind in enumerate((EntryType.ERASURE, EntryType.ROTATION)):
        notes[kind] = sign_statement(Statement(kind, ORIGIN, {"site": SITE}), signer)
        one = StoredStatement(
            site=SITE,
            id=f"019ab0f2-6a80-7c3e-9d51-4b1f0c7e2a9{number}",
            kind=kind,
            note=notes[kind],
            created_at=newsroom.clock.now(),
        )
        with database.unit_of_work() as uow:
            uow.statements.add(one)
            uow.log_queue.add(SITE, one.id, kind)
    keep_log(database, signer=signer, clock=newsroom.clock)
    reader = Reader(newsroom)
    assert reader.get(f"{LOG}/statements").data == b""
    newsroom.clock.advance(dt.timedelta(hours=25))
    told = [json.loads(line) for line in reader.get(f"{LOG}/statements").text.splitlines()]
    assert told == [{"index": 1, "note": notes[EntryType.ROTATION]}]


def test_a_log_that_goes_on_has_addresses_of_its_own(make_newsroom: MakeNewsroom) -> None:
    """What caches hold of the first one, beyond where it was cut off, is not the second one's."""
    newsroom = make_newsroom(text=PUBLIC, **BY_HAND)
    publish(newsroom, 3)
    record(newsroom, 1)
    first = signer_of(newsroom)
    second = dataclasses.replace(first, name=f"{ORIGIN}/2")
    database = newsroom.runtime.database
    with database.unit_of_work() as uow:
        uow.session.execute(sa.text("UPDATE consentkit_log_heads SET origin = :name"), {"name": second.name})
        uow.log_keys.retire(SITE, str(first.verifier), NOON)
        uow.log_keys.add(SITE, str(second.verifier), newsroom.clock.now())
    newsroom.clock.advance(dt.timedelta(seconds=5))
    keep_log(database, signer=second, clock=newsroom.clock)
    reader = Reader(newsroom)
    assert reader.get(f"{LOG}/checkpoint").text.splitlines()[:2] == [ORIGIN, "3"]
    assert reader.get(f"{LOG}/tile/0/000.p/4").status_code == 404
    assert reader.get(f"{LOG}/2/checkpoint").text.splitlines()[:2] == [f"{ORIGIN}/2", "4"]
    assert len(reader.get(f"{LOG}/2/tile/0/000.p/4").data) == 128
    assert reader.get(f"{LOG}/3/checkpoint").status_code == 404
    # The one that signs comes first.
    assert reader.get(f"{LOG}/key").text == f"{second.verifier}\n{first.verifier}\n"


def test_damage_is_not_handed_out(make_newsroom: MakeNewsroom, caplog: pytest.LogCaptureFixture) -> None:
    """A shortened tile would be kept by caches for good."""
    newsroom = make_newsroom(text=PUBLIC, **BY_HAND)
    publish(newsroom, 3)
    with newsroom.runtime.database.unit_of_work() as uow:
        uow.session.execute(sa.text("UPDATE consentkit_log_tiles SET data = substr(data, 1, 50)"))
    for level in ("0", "entries"):
        answer = Reader(newsroom).get(f"{LOG}/tile/{level}/000.p/3")
        assert (answer.status_code, answer.headers["Cache-Control"]) == (503, "no-store")
    assert "consentkit log verify" in caplog.text


# ── how it is doing ──


def test_a_stalled_log_is_told_and_decisions_go_on(make_newsroom: MakeNewsroom) -> None:
    """Readyz says so in a word, and stays 200: every process has the same log. The figures need the token."""
    newsroom = make_newsroom(text=CONFIGURATION, CONSENTKIT_METRICS_TOKEN="of this test", **BY_HAND)
    reader = Reader(newsroom)

    def told() -> tuple[int, str]:
        answer = reader.get("/consent/readyz")
        return answer.status_code, answer.get_json()["log"]

    def figures() -> dict[str, float]:
        answer = reader.get("/consent/metrics", headers={"Authorization": "Bearer of this test"})
        assert answer.headers["Cache-Control"] == "no-store"
        lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
        return {line.split("{")[0].split(" ")[0].removeprefix("consentkit_"): float(line.split()[-1]) for line in lines}

    publish(newsroom, 3)
    assert told() == (200, "ok")
    signed_at = newsroom.clock.now().timestamp()
    record(newsroom, 2)
    newsroom.clock.advance(dt.timedelta(minutes=5))
    assert told() == (200, "stalled")
    assert figures() == {
        "store_up": 1,
        "log_entries": 3,
        "log_published_entries": 3,
        "log_checkpoint_timestamp_seconds": signed_at,
        "log_backlog": 2,
        "log_oldest_waiting_seconds": pytest.approx(300, abs=1),
        "log_gap": 0,
        "log_trouble": 0,
        "log_stalled": 1,
    }
    with newsroom.runtime.database.unit_of_work() as uow:
        uow.session.execute(sa.text("DELETE FROM consentkit_log_queue"))
    assert (figures()["log_gap"], told()) == (2, (200, "stalled"))
    with newsroom.runtime.database.unit_of_work() as uow:
        uow.log_tree.set_trouble(SITE, "The key is gone.")
    assert (figures()["log_trouble"], told()) == (1, (200, "trouble"))
    for headers in ({}, {"Authorization": "Bearer another"}, {"Authorization": "of this test"}):
        assert reader.get("/consent/metrics", headers=headers).status_code == 404


def test_without_a_token_nobody_reads_the_figures(newsroom: Newsroom) -> None:
    """Not even who sends an empty one."""
    for headers in ({}, {"Authorization": "Bearer "}):
        assert Reader(newsroom).get("/consent/metrics", headers=headers).status_code == 404
