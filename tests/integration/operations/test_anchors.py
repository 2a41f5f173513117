"""Anchors: what they hold is never lost, nor replaced unseen, and a witness cosigns only what extends what it saw."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import http.server
import threading
import typing as t
from pathlib import Path

import pytest

from consentkit.cli.log_witness import _listening
from consentkit.errors import AnchorUnavailable
from consentkit.errors import ConfigError
from consentkit.errors import LogRefused
from consentkit.ledger import notes
from consentkit.ledger import tree
from consentkit.ledger.checkpoints import Checkpoint
from consentkit.ledger.notes import LocalSigner
from consentkit.ledger.notes import Note
from consentkit.operations import anchors
from consentkit.operations import remote
from consentkit.operations.witness import Witness
from consentkit.testing import FrozenClock
from tests.growing_log import GrowingLog

LOG = LocalSigner.generate("news.example/consent/log/herald")


class Store(http.server.BaseHTTPRequestHandler):
    """An object store of one object, which knows the conditions of RFC 9110; or a broken one."""

    protocol_version = "HTTP/1.1"
    held: bytes | None = None
    tag = 0
    answers: int | None = None
    asked: t.ClassVar[list[str | None]] = []

    def do_GET(self) -> None:
        """Return what is held."""
        self.asked.append(self.headers["Authorization"])
        if self.answers or self.held is None:
            self._answer(self.answers or 404, b"")
        else:
            self._answer(200, self.held)

    def do_PUT(self) -> None:
        """Take it, unless something else is there."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        wanted = self.headers["If-Match"]
        if (self.headers["If-None-Match"] == "*" and self.held) or (wanted and wanted != f'"{self.tag}"'):
            self._answer(412, b"")
            return
        Store.held, Store.tag = body, self.tag + 1
        self._answer(201, b"")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("ETag", f'"{self.tag}"')
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def store() -> cabc.Iterator[str]:
    """The address of an empty object store."""
    Store.held, Store.tag, Store.answers, Store.asked = None, 0, None, []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Store) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(params=["file", "web"])
def anchor(request: pytest.FixtureRequest, tmp_path: Path) -> anchors.Anchor:
    """An anchor that is empty, of each kind."""
    place = str(tmp_path / "anchor")
    if request.param == "web":
        place = f"http://keeper:pass%20word@{request.getfixturevalue('store')}/{{site}}.txt"
    return anchors.anchors_of(place, "herald", root=tmp_path).holding[0]


def test_an_anchor_holds_what_it_was_given(anchor):
    """First nothing, then the note, then the next one."""
    first, second = GrowingLog(LOG, 3).note(), GrowingLog(LOG, 5).note()
    assert anchor.read() is None
    anchor.write(first, over=None)
    assert anchor.read() == first
    anchor.write(second, over=first)
    assert anchor.read() == second


def test_an_anchor_that_was_changed_meanwhile_is_not_written_over(anchor, tmp_path):
    """A writer that was frozen between reading and writing does no harm, whatever it believes to be there."""
    first, second = GrowingLog(LOG, 3).note(), GrowingLog(LOG, 5).note()
    anchor.read()
    other = dataclasses.replace(anchor)
    other.read()
    other.write(second, over=None)
    with pytest.raises(AnchorUnavailable, match="meanwhile"):
        anchor.write(first, over=None)
    assert anchor.read() == second


def test_a_password_goes_to_the_store_and_nowhere_else(store, tmp_path):
    """It is sent as HTTP Basic, and stands in no message."""
    anchor = anchors.anchors_of(f"http://keeper:pass%20word@{store}/x", "herald", root=tmp_path).holding[0]
    anchor.read()
    assert Store.asked == ["Basic a2VlcGVyOnBhc3Mgd29yZA=="]
    Store.answers = 500
    with pytest.raises(AnchorUnavailable) as caught:
        anchor.read()
    assert "pass" not in str(caught.value) + anchor.place
    assert anchor.place == f"http://{store}/x.herald"


@pytest.mark.parametrize("status", [301, 302, 401, 403, 500])
def test_an_answer_that_is_no_note_is_not_an_empty_anchor(store, tmp_path, status):
    """Neither a redirect, which is not followed, nor an error: only 'not found' says that there was none yet."""
    anchor = anchors.anchors_of(f"http://{store}/x", "herald", root=tmp_path).holding[0]
    Store.answers = status
    with pytest.raises(AnchorUnavailable, match=str(status)):
        anchor.read()
    Store.answers, Store.held = None, b"hello"
    with pytest.raises(AnchorUnavailable, match="no checkpoint"):
        anchor.read()
    Store.held = b"x" * (notes.MAX_LENGTH + 1)
    with pytest.raises(AnchorUnavailable, match="longer"):
        anchor.read()


def test_a_disk_that_is_not_mounted_is_not_an_empty_anchor(tmp_path):
    """Else a new history would begin there, and be found to differ when it is mounted again."""
    anchor = anchors.anchors_of("mnt/anchor", "herald", root=tmp_path).holding[0]
    with pytest.raises(AnchorUnavailable, match="folder"):
        anchor.read()
    with pytest.raises(AnchorUnavailable):
        anchor.write(GrowingLog(LOG, 3).note(), over=None)
    (tmp_path / "mnt").mkdir()
    assert anchor.read() is None
    (tmp_path / "mnt" / "anchor.herald").write_bytes(b"half a no")
    with pytest.raises(AnchorUnavailable, match="no checkpoint"):
        anchor.read()


def test_nobody_answering_is_told_without_waiting_for_ever(tmp_path, monkeypatch):
    """A closed port at once, a body that trickles after the time that is given."""
    anchor = anchors.anchors_of("http://127.0.0.1:1/x", "herald", root=tmp_path).holding[0]
    with pytest.raises(AnchorUnavailable, match="does not answer"):
        anchor.read()

    class Trickle(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            stop = threading.Event()
            while not stop.wait(0.02):
                try:
                    self.wfile.write(b"x")
                except OSError:
                    return

        def log_message(self, *_: object) -> None:
            pass

    monkeypatch.setattr(remote, "SECONDS", 0.2)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Trickle) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        with pytest.raises(AnchorUnavailable, match="too long"):
            anchors.WebAnchor(f"http://127.0.0.1:{server.server_port}/").read()
        server.shutdown()


def test_each_site_has_a_name_of_its_own(tmp_path):
    """Where the setting has no '{site}', it is appended; several places stand beside each other."""
    key = dataclasses.replace(LocalSigner.generate("witness.example").verifier)
    setting = f"/mnt/a /mnt/b/ /mnt/{{site}}.txt https://h.example/x witness+https://w.example/p/#{key}"
    found = anchors.anchors_of(setting, "herald", root=tmp_path)
    assert found.places == [
        "/mnt/a.herald",
        "/mnt/b/herald.checkpoint",
        "/mnt/herald.txt",
        "https://h.example/x.herald",
        "https://w.example/p (witness.example)",
    ]
    assert found.witnesses[0].verifier.kind == notes.COSIGNATURE
    assert not anchors.anchors_of(" ", "herald", root=tmp_path)


@pytest.mark.parametrize(
    "setting",
    ["ftp://x/y", "witness+https://w.example", "witness+file:///x#a+b+c", "witness+https://w.example#nonsense"],
)
def test_a_place_that_is_none_is_an_error_of_the_setting(setting, tmp_path):
    """At the start, not when something should be anchored."""
    with pytest.raises(ConfigError, match="CONSENTKIT_LOG_ANCHOR"):
        anchors.anchors_of(setting, "herald", root=tmp_path)


# ── a witness over HTTP ──


@pytest.fixture
def witness(tmp_path: Path, clock: FrozenClock) -> Witness:
    """A witness that knows the log's key, and has seen nothing of it."""
    found = Witness(tmp_path / "state", LocalSigner.generate("witness.example/w1"), clock=clock)
    found.trust(LOG.verifier)
    return found


@pytest.fixture
def submission(witness: Witness) -> cabc.Iterator[anchors.WitnessAnchor]:
    """The witness, as a log reaches it."""
    server = _listening(witness, "127.0.0.1:0")
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield anchors.WitnessAnchor(f"http://127.0.0.1:{server.server_port}", witness.verifier)
    server.shutdown()
    server.server_close()


def test_a_witness_cosigns_what_extends_what_it_saw(submission, clock):
    """With the time; and finds out with the log how far it had come."""
    for size, old in ((3, 0), (3, 3), (7, 3), (300, 0), (700, 700)):
        growing = GrowingLog(LOG, size)
        note = growing.note()
        lines = submission.submit(note, old if old <= size else 0, growing.prove)
        cosigned = note.with_signature(*lines)
        assert submission.verifier in cosigned.verified_by([submission.verifier])
        assert int.from_bytes(lines[0].data[:8], "big") == int(clock.now().timestamp())


def test_a_witness_refuses_a_fork(submission, witness):
    """Of the same size and of a greater one; and the log that meets with it is told."""
    real = GrowingLog(LOG, 10)
    submission.submit(real.note(), 0, real.prove)
    for fork in (GrowingLog(LOG, 10, changed=4), GrowingLog(LOG, 12, changed=4)):
        with pytest.raises(LogRefused, match="another tree"):
            submission.submit(fork.note(), 10, fork.prove)
    assert witness.logs()[LOG.name].note == real.note()


def test_a_witness_that_has_seen_more_stops_a_restored_log(submission):
    """A smaller tree is refused before it is signed, and one that has grown again past what it had by its root."""
    yesterday, today = GrowingLog(LOG, 5), GrowingLog(LOG, 9)
    submission.submit(today.note(), 0, today.prove)
    assert submission.seen(today.note(), today.prove) == 9
    assert submission.seen(yesterday.note(), yesterday.prove) == 9
    with pytest.raises(LogRefused, match="restored"):
        submission.submit(yesterday.note(), 5, yesterday.prove)
    regrown = GrowingLog(LOG, 12, changed=7)
    with pytest.raises(LogRefused, match="another tree"):
        submission.submit(regrown.note(), 5, regrown.prove)


def test_a_witness_answers_as_the_protocol_says(witness):
    """A status for each thing that can be wrong (C2SP tlog-witness)."""
    ten = GrowingLog(LOG, 10)
    stranger = LocalSigner.generate("other.example/consent/log/x")
    impostor = LocalSigner.generate(LOG.name)

    def status(old: int | str, note: Note, proof: str = "") -> int:
        return witness.add_checkpoint(f"old {old}\n{proof}\n{note}".encode()).status

    assert status(0, ten.note()) == 200
    assert status(0, GrowingLog(stranger, 10).note()) == 404
    assert status(10, GrowingLog(impostor, 10).note()) == 403
    assert status(11, ten.note()) == 400
    assert status("010", ten.note()) == 400
    assert status(10, ten.note(), "AAAA\n") == 400
    assert status(10, ten.note(), "A" * 43 + "=\n") == 422
    assert status(10, ten.note(), ("A" * 43 + "=\n") * 64) == 400
    for raw in (b"", b"old 0\n", b"old 0\n\nnonsense", b"\xff\n\n\xff", b"old 0\n\n" + b"x" * 80_000):
        assert witness.add_checkpoint(raw).status == 400
    conflict = witness.add_checkpoint(f"old 3\n\n{ten.note()}".encode())
    assert conflict == (409, b"10\n", "text/x.tlog.size")
    empty = Checkpoint(LOG.name, 0, bytes(32)).text
    assert status(0, Note(empty, (notes.sign(empty, LOG),))) == 409


def test_a_witness_whose_state_is_broken_begins_nothing_anew(witness, tmp_path):
    """It vouched that it had seen everything; it no longer knows what."""
    (tmp_path / "state").write_text('{"logs": {"x": 1}}', "utf-8")
    with pytest.raises(LogRefused, match="not begun anew"):
        witness.add_checkpoint(f"old 0\n\n{GrowingLog(LOG, 3).note()}".encode())


def test_an_empty_tree_has_one_root(witness):
    """Another one is refused, though every tree extends the empty one."""
    forged = Checkpoint(LOG.name, 0, bytes(32)).text
    honest = Checkpoint(LOG.name, 0, tree.EMPTY_ROOT).text
    for text, expected in ((forged, 422), (honest, 200)):
        note = Note(text, (notes.sign(text, LOG),))
        assert witness.add_checkpoint(f"old 0\n\n{note}".encode()).status == expected
