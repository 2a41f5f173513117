"""A witness of others' logs: it remembers the last checkpoint of each, and cosigns only what extends it.

It keeps one small file. What it cosigns is a C2SP tlog-cosignature; what it is sent, and answers, is C2SP tlog-witness.
"""

from __future__ import annotations

import base64
import binascii
import collections.abc as cabc
import contextlib
import dataclasses
import http
import json
import re
import typing as t
from pathlib import Path

from ..errors import AnchorUnavailable
from ..errors import LogRefused
from ..errors import ProofInvalid
from ..ledger import notes
from ..ledger.checkpoints import Checkpoint
from ..ledger.notes import Note
from ..ledger.notes import Verifier
from ..ledger.tiles import WIDTH
from ..ledger.tiles import Tile
from ..ledger.tiles import read_from
from ..ledger.tiles import tile_path
from ..ledger.tiles import tiles_of
from ..ledger.tiles import width_at
from ..ledger.tree import EMPTY_ROOT
from ..ledger.tree import HASH_LENGTH
from ..ledger.tree import check_consistency
from ..ledger.tree import consistency_proof
from ..ledger.tree import nodes_of_consistency
from . import remote
from .durable_files import locked
from .durable_files import replace

if t.TYPE_CHECKING:
    from ..clock import Clock
    from ..ledger.notes import Signer

#: The longest request that is read: a note, and 63 hashes in base64 before it.
MAX_REQUEST = notes.MAX_LENGTH + 4096

_MAX_PROOF = 63
_MAX_STATE = 8 * 1024 * 1024
_MAX_KEYS = 65_536
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})", re.ASCII)
_OK = http.HTTPStatus.OK


class Reply(t.NamedTuple):
    """An answer to ``add-checkpoint``."""

    status: int
    body: bytes
    content_type: str = "text/plain; charset=utf-8"


@dataclasses.dataclass(frozen=True, slots=True)
class WatchedLog:
    """What a witness remembers of a log.

    :param keys: those it believes for this log. :param note: the last checkpoint it cosigned, with the log's signature.
    :param url: where it was read, if it was.
    """

    keys: tuple[Verifier, ...]
    note: Note | None = None
    url: str | None = None

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The head of the last checkpoint."""
        return Checkpoint.parse(self.note.text) if self.note is not None else None

    @property
    def size(self) -> int:
        """The number of entries seen."""
        return self.checkpoint.size if self.checkpoint is not None else 0


class Witness:
    """Cosigns the checkpoints of the logs that it knows.

    :param state: the file in which it remembers. Who loses it must begin with a new key and a new name, for what the
        old ones say is that nothing seen before was left out.
    :param signer: its own key; what it signs are cosignatures.
    """

    def __init__(self, state: Path, signer: Signer, *, clock: Clock) -> None:
        self._state = state
        self._signer = signer
        self._clock = clock

    @property
    def verifier(self) -> Verifier:
        """Its verifier key, as logs and readers are told it."""
        return dataclasses.replace(self._signer.verifier, kind=notes.COSIGNATURE)

    def logs(self) -> dict[str, WatchedLog]:
        """Return what is remembered, by origin.

        :raises LogRefused: the file holds something else, and is not begun anew.
        """
        return _load(self._state)

    def trust(self, verifier: Verifier) -> None:
        """Believe *verifier* for the log of its name, from now on, beside the keys that are believed already."""
        with locked(self._state):
            logs = _load(self._state)
            before = logs.get(verifier.name, WatchedLog(()))
            if verifier not in before.keys:
                logs[verifier.name] = dataclasses.replace(before, keys=(*before.keys, verifier))
                _save(self._state, logs)

    def add_checkpoint(self, raw: bytes) -> Reply:
        """Answer a request as C2SP tlog-witness says, ``add-checkpoint``.

        :param raw: the request's body, at most :data:`MAX_REQUEST` bytes of it.
        """
        try:
            return self._add(raw)
        except _RefusedRequest as refused:
            return refused.reply

    def _add(self, raw: bytes) -> Reply:
        with _refusing(http.HTTPStatus.BAD_REQUEST):
            old, proof, note = _parse_request(raw)
            new = Checkpoint.parse(note.text)
        with locked(self._state):
            logs = _load(self._state)
            if new.origin not in logs:
                raise _RefusedRequest(Reply(http.HTTPStatus.NOT_FOUND, b"This log is not known here.\n"))
            before = logs[new.origin]
            known = before.checkpoint
            with _refusing(http.HTTPStatus.FORBIDDEN):
                _require_signature(note, before.keys)
            if old > new.size:
                raise _RefusedRequest(
                    Reply(http.HTTPStatus.BAD_REQUEST, b"The old size is greater than the new one.\n")
                )
            if old != before.size or (known is not None and known.size == new.size and known.root != new.root):
                body = f"{before.size}\n".encode()
                raise _RefusedRequest(Reply(http.HTTPStatus.CONFLICT, body, "text/x.tlog.size"))
            with _refusing(http.HTTPStatus.UNPROCESSABLE_ENTITY):
                _check_extends(known, new, proof)
            logs[new.origin] = dataclasses.replace(before, note=note)
            # Before it is answered: a power cut must not make it forget what it vouched for.
            _save(self._state, logs)
            line = self._cosign(note)
        return Reply(_OK, str(Note("\n", (line,))).encode().lstrip(b"\n"))

    def watch(self, url: str) -> Note:
        """Read the log's checkpoint at *url*, check it against what is remembered, and return it cosigned.

        The hashes for the proof are read from the log's tiles, so nothing but files is needed on the other side.

        :param url: the log's prefix, such as ``https://news.example/consent/log/herald``.
        :raises AnchorUnavailable: it does not answer.
        :raises LogRefused: it has another history than it had, shows less than it did, or is not signed as it was.
        """
        url = url.rstrip("/")
        note = _parse_note(_fetch(f"{url}/checkpoint", notes.MAX_LENGTH), url)
        try:
            checkpoint = Checkpoint.parse(note.text)
            before = self._expected(url, checkpoint.origin)
            _require_signature(note, before.keys)
            known = before.checkpoint
            _check_extends(known, checkpoint, _read_proof(url, before.size, checkpoint.size))
        except ProofInvalid as error:
            raise LogRefused(f"The log at {url} is not cosigned. {error}\n\n{note}") from None
        with locked(self._state):
            logs = _load(self._state)
            if logs.get(checkpoint.origin, WatchedLog(())).note != before.note:
                raise AnchorUnavailable("Another checkpoint of this log was cosigned meanwhile; ask again.")
            logs[checkpoint.origin] = dataclasses.replace(before, note=note, url=url)
            _save(self._state, logs)
        return note.with_signature(self._cosign(note))

    def _expected(self, url: str, origin: str) -> WatchedLog:
        """Return what is remembered of the log; where nothing is, its keys as it shows them itself."""
        logs = self.logs()
        if origin in logs:
            return logs[origin]
        for name, log in logs.items():
            if log.url == url:
                raise ProofInvalid(
                    f"It is called '{origin}' now and was '{name}'. If its statements explain that, name its new key "
                    f"with '--log-key'."
                )
        lines = _fetch(f"{url}/key", _MAX_KEYS).decode("utf-8", "replace").split()
        found = [Verifier.parse(line) for line in lines[: notes.MAX_SIGNATURES]]
        return WatchedLog(tuple(verifier for verifier in found if verifier.name == origin))

    def _cosign(self, note: Note) -> notes.Signature:
        return notes.cosign(note.text, self._signer, int(self._clock.now().timestamp()))


class _RefusedRequest(Exception):
    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        super().__init__(reply.status)


@contextlib.contextmanager
def _refusing(status: int) -> cabc.Iterator[None]:
    try:
        yield
    except ProofInvalid as error:
        raise _RefusedRequest(Reply(status, f"{error}\n".encode())) from None


def _check_extends(known: Checkpoint | None, new: Checkpoint, proof: cabc.Sequence[bytes]) -> None:
    if new.size == 0 and new.root != EMPTY_ROOT:
        raise ProofInvalid("A log without entries has another root.")
    if known is None:
        check_consistency(0, new.size, EMPTY_ROOT, new.root, proof)
    else:
        check_consistency(known.size, new.size, known.root, new.root, proof)


def _require_signature(note: Note, keys: cabc.Iterable[Verifier]) -> None:
    if not note.verified_by(keys):
        raise ProofInvalid("None of the keys that are believed for this log has signed it.")


def _parse_request(raw: bytes) -> tuple[int, list[bytes], Note]:
    head, found, rest = raw.partition(b"\n\n")
    if len(raw) > MAX_REQUEST or not found:
        raise ProofInvalid("The request is too long, or has no empty line.")
    first, *lines = head.decode("utf-8", "replace").split("\n")
    old = _OLD.fullmatch(first)
    if old is None or len(lines) > _MAX_PROOF:
        raise ProofInvalid("The request's first line is no old size, or its proof is too long.")
    try:
        proof = [base64.b64decode(line, validate=True) for line in lines]
    except (binascii.Error, ValueError):
        raise ProofInvalid("A line of the proof is no base64.") from None
    if any(len(hash_) != HASH_LENGTH for hash_ in proof):
        raise ProofInvalid("A line of the proof is no hash.")
    return int(old[1]), proof, Note.parse(rest)


# ── reading a log ──


def _read_proof(url: str, old: int, new: int) -> list[bytes]:
    """Return the consistency proof between two sizes, from the log's tiles (C2SP tlog-tiles)."""
    if new < old:
        raise ProofInvalid(f"It shows {new} entries and had {old}.")
    nodes = nodes_of_consistency(old, new)
    read = read_from({tile: _read_tile(url, tile, new) for tile in tiles_of(nodes)})
    try:
        return consistency_proof(old, new, read)
    except KeyError:
        raise ProofInvalid("A tile is shorter than the log is long.") from None


def _read_tile(url: str, tile: Tile, size: int) -> bytes:
    width = width_at(tile, size)
    length = WIDTH * HASH_LENGTH
    answer = remote.exchange("GET", f"{url}/{tile_path(tile, width)}", limit=length)
    if answer.status == http.HTTPStatus.NOT_FOUND and width < WIDTH:
        # A log may drop a partial tile when there is the full one.
        answer = remote.exchange("GET", f"{url}/{tile_path(tile)}", limit=length)
    if answer.status != _OK:
        raise AnchorUnavailable(f"{url}/{tile_path(tile, width)} answers with status {answer.status}.")
    return answer.body


def _fetch(url: str, limit: int) -> bytes:
    answer = remote.exchange("GET", url, limit=limit)
    if answer.status != _OK:
        raise AnchorUnavailable(f"{url} answers with status {answer.status}.")
    return answer.body


def _parse_note(raw: bytes, url: str) -> Note:
    try:
        return Note.parse(raw)
    except ProofInvalid as error:
        raise AnchorUnavailable(f"{url}/checkpoint is no checkpoint. {error}") from None


# ── the state ──


def _load(path: Path) -> dict[str, WatchedLog]:
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_STATE)
    except FileNotFoundError:
        return {}
    try:
        found = json.loads(raw)
        return {
            origin: WatchedLog(
                tuple(Verifier.parse(line) for line in log["keys"]),
                Note.parse(log["checkpoint"].encode()) if log["checkpoint"] is not None else None,
                log["url"],
            )
            for origin, log in found["logs"].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError, ProofInvalid) as error:
        raise LogRefused(
            f"'{path}' is no state of a witness ({error}): it is not begun anew, for it vouched."
        ) from None


def _save(path: Path, logs: cabc.Mapping[str, WatchedLog]) -> None:
    shown = {
        origin: {
            "keys": [str(verifier) for verifier in log.keys],
            "checkpoint": str(log.note) if log.note is not None else None,
            "url": log.url,
        }
        for origin, log in logs.items()
    }
    replace(path, json.dumps({"version": 1, "logs": shown}, indent=1, sort_keys=True) + "\n", mode=0o600)
