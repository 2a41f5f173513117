"""``consentkit keys`` and ``consentkit log``, as somebody at a terminal uses them."""

from __future__ import annotations

import http.server
import json
import pathlib
import threading
import typing as t

import pytest
from click.testing import CliRunner
from click.testing import Result

from consentkit.cli import consentkit_cli
from consentkit.clock import SystemClock
from consentkit.config import Settings
from consentkit.ledger.notes import LocalSigner
from consentkit.ledger.notes import Note
from consentkit.ledger.notes import Verifier
from consentkit.ledger.tiles import tile_path
from consentkit.ledger.tiles import width_at
from consentkit.operations.integrate import integrate
from consentkit.operations.publish_checkpoint import publish_checkpoint
from consentkit.operations.signing_keys import SigningKeys
from consentkit.policies.skeletons import skeleton
from consentkit.storage.recorder import DirectRecorder
from consentkit.storage.records import RecordFilter
from consentkit.storage.unit_of_work import Database
from tests.factories import make_record
from tests.growing_log import GrowingLog
from tests.integration.cli.test_policy import CONFIGURATION

SITE = "steppe-herald"
LOG = LocalSigner.generate("news.example/consent/log/herald")


@pytest.fixture
def folder(tmp_path: pathlib.Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A folder with a site's file, which the commands use."""
    (tmp_path / "consentkit.toml").write_text(CONFIGURATION, encoding="utf-8")
    for kind in ("privacy", "terms"):
        for tag in ("ru", "kk"):
            (tmp_path / f"{kind}.{tag}.md").write_text(skeleton(kind, tag), encoding="utf-8")
    monkeypatch.setenv("CONSENTKIT_CONFIG", str(tmp_path / "consentkit.toml"))
    monkeypatch.setenv("CONSENTKIT_DATABASE_URL", sqlite_url)
    return tmp_path


def run(*arguments: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(consentkit_cli, arguments)


def write_log(url: str, root: pathlib.Path) -> None:
    """Record a decision, and do as the writer does."""
    database = Database(url)
    DirectRecorder(database, SystemClock()).record(make_record(salt=b"s" * 32, site=SITE), nonce=None)
    with database.unit_of_work(read_only=True) as uow:
        head, active = uow.log_tree.head(SITE), uow.log_keys.active(SITE)
    assert head is not None
    assert active is not None
    integrate(database, SITE, fence=head.fence)
    keys = SigningKeys(Settings.from_mapping({}, root=root, instance=root))
    signer = keys.signer(Verifier.parse(active.verifier))
    publish_checkpoint(database, SITE, signer=signer, clock=SystemClock())
    database.dispose()


def test_a_key_s_life(folder, sqlite_url):
    """Made once, listed, rotated, lost, left behind."""
    made = run("keys", "generate")
    assert made.exit_code == 0
    assert run("keys", "generate").stdout == made.stdout
    assert "no checkpoint" in run("log", "checkpoint").stderr
    write_log(sqlite_url, folder)
    head = run("log", "checkpoint")
    assert head.exit_code == 0
    assert Note.parse(head.stdout.encode()).verified_by([Verifier.parse(made.stdout)])
    assert run("keys", "rotate", "--site", SITE).exit_code == 0
    listed = run("keys", "list")
    assert listed.exit_code == 0
    assert [line[0] for line in listed.stdout.splitlines()] == [" ", "*"]
    (folder / "consentkit.keys" / f"{SITE}.key").unlink()
    assert run("keys", "list").exit_code == 1
    lost = run("keys", "rotate", "--site", SITE)
    assert (lost.exit_code, "log continue" in lost.stderr) == (1, True)
    anew = run("log", "continue", "--site", SITE, "--reason", "the key is lost")
    assert (anew.exit_code, f"log/{SITE}/2" in anew.stdout) == (0, True)
    assert run("keys", "list").exit_code == 0


def test_a_receipt_from_the_terminal(folder, sqlite_url):
    """What it prints is a receipt that holds; of a record that is not there, it says so."""
    keys = run("keys", "generate").stdout.strip()
    write_log(sqlite_url, folder)
    database = Database(sqlite_url)
    with database.unit_of_work(read_only=True) as uow:
        record = next(iter(uow.records.stream(RecordFilter())))
    database.dispose()
    proof = run("log", "prove", record.id)
    assert (proof.exit_code, json.loads(proof.stdout)["log"]["state"]) == (0, "published")
    (folder / "receipt.json").write_text(proof.stdout, "utf-8")
    assert run("receipt", "verify", str(folder / "receipt.json"), "--key", keys).exit_code == 0
    for other in (record.id[:-1] + ("0" if record.id[-1] != "0" else "1"), "x\x1b[31m"):
        missing = run("log", "prove", other)
        assert (missing.exit_code, missing.stdout, "There is no record" in missing.stderr) == (1, "", True)


def test_a_key_for_elsewhere_is_printed_or_put_into_a_file(folder, monkeypatch):
    """Which the setting can then name: the log begins with it."""
    printed = run("keys", "generate", "--print").stdout.strip()
    assert LocalSigner.parse(printed).name == f"www.steppe-herald.example/consent/log/{SITE}"
    output = folder / "log.key"
    public = run("keys", "generate", "-o", str(output)).stdout
    assert output.stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("CONSENTKIT_LOG_KEY", str(output))
    assert run("keys", "generate").stdout == public
    monkeypatch.setenv("CONSENTKIT_LOG_KEY", "missing.key")
    assert run("keys", "generate").exit_code == 2
    assert run("keys", "generate", "--site", "other").exit_code == 2
    monkeypatch.setenv("CONSENTKIT_LOG_KEY", "")
    assert run("log", "continue", "--site", "other", "--reason", "x").exit_code == 1


class Published(http.server.BaseHTTPRequestHandler):
    """A log as files, as any server or CDN has them."""

    files: t.ClassVar[dict[str, bytes]] = {}

    def do_GET(self) -> None:
        """Return a file."""
        body = self.files.get(self.path.removeprefix("/log/"))
        self.send_response(404 if body is None else 200)
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def publish(growing: GrowingLog) -> None:
    """Publish a log, with its partial tiles under their own names."""
    Published.files = {"checkpoint": str(growing.note()).encode(), "key": f"{growing.signer.verifier}\n".encode()}
    for tile, data in growing.tiles().items():
        Published.files[tile_path(tile, width_at(tile, growing.size))] = data


def test_a_witness_watches_a_log_from_its_files(tmp_path):
    """Believes the key it first saw, cosigns what extends, and exits 1 with the second history when there are two."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Published) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/log/"
        watch = ("log", "witness", address, "--state", str(tmp_path / "state"), "--name", "witness.example/w1")
        for size in (3, 300, 300, 70_000 // 70):
            growing = GrowingLog(LOG, size)
            publish(growing)
            done = run(*watch)
            assert done.exit_code == 0, done.stderr
            key = Verifier.parse(done.stderr.partition("verifier key: ")[2].split()[0])
            note = Note.parse(done.stdout.encode()[:-1])
            assert note.text == growing.note().text
            assert set(note.verified_by([key, LOG.verifier])) == {key, LOG.verifier}
            assert ("first time" in done.stderr) == (size == 3)
        others = LocalSigner.generate(LOG.name)
        renamed = LocalSigner.generate(f"{LOG.name}/2")
        for wrong, says in (
            (GrowingLog(LOG, 1100, changed=7), "consistency proof"),
            (GrowingLog(LOG, 1000, changed=999), "different roots"),
            (GrowingLog(LOG, 900), "shows 900 entries"),
            (GrowingLog(others, 1200), "signed"),
            (GrowingLog(renamed, 1200), "--log-key"),
        ):
            publish(wrong)
            done = run(*watch)
            assert (done.exit_code, done.stdout) == (1, "")
            assert says in done.stderr
        publish(GrowingLog(LOG, 1200))
        del Published.files["tile/0/004.p/176"]
        assert run(*watch).exit_code == 1
        server.shutdown()
