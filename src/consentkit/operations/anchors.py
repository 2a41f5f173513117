"""Anchors: places outside the database that hold a log's last checkpoint, so that a restored backup cannot fork it.

A file and an address hold the note itself, which is read before anything is signed. A witness holds what it saw, and
answers a new checkpoint with a cosignature, or not at all (C2SP tlog-witness).
"""

from __future__ import annotations

import base64
import collections.abc as cabc
import dataclasses
import re
import typing as t
import urllib.parse
from pathlib import Path

from ..errors import AnchorUnavailable
from ..errors import ConfigError
from ..errors import LogRefused
from ..errors import Problem
from ..errors import ProofInvalid
from ..ledger.checkpoints import Checkpoint
from ..ledger.notes import COSIGNATURE
from ..ledger.notes import MAX_LENGTH
from ..ledger.notes import Note
from ..ledger.notes import Signature
from ..ledger.notes import Verifier
from ..ledger.notes import parse_signatures
from . import remote
from .durable_files import locked
from .durable_files import replace

_SETTING = "CONSENTKIT_LOG_ANCHOR"
_SITE = "{site}"
_WITNESS = "witness+"
_WEB = ("https://", "http://")
_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n?")
_NOT_THERE = frozenset({404, 410})
_STORED = frozenset({200, 201, 204})
_CONFLICT = 409
_CHANGED = frozenset({_CONFLICT, 412})

#: Gives the consistency proof from a tree of that size to the one that is submitted.
Prove: t.TypeAlias = cabc.Callable[[int], cabc.Sequence[bytes]]


class Anchor(t.Protocol):
    """A place that holds a note."""

    @property
    def place(self) -> str:
        """Where it is, for people to read. No password."""
        ...

    def read(self) -> Note | None:
        """Return the note that it holds, unverified, or ``None`` if it never had one.

        :raises AnchorUnavailable: it cannot be asked now, or holds something else.
        """
        ...

    def write(self, note: Note, *, over: Note | None) -> None:
        """Let it hold *note* instead of *over*, what :meth:`read` returned.

        :raises AnchorUnavailable: it cannot take it now, or holds something else by now.
        """
        ...


@dataclasses.dataclass(frozen=True, slots=True)
class FileAnchor:
    """A file. Its folder must be there: one that is not may be a disk that is not mounted."""

    path: Path

    @property
    def place(self) -> str:
        """The path."""
        return str(self.path)

    def read(self) -> Note | None:
        """Return the note in the file."""
        try:
            with self.path.open("rb") as file:
                return _note(file.read(MAX_LENGTH + 1), self.place)
        except FileNotFoundError:
            if self.path.parent.is_dir():
                return None
            raise AnchorUnavailable(f"The folder of the anchor {self.place} is not there.") from None
        except OSError as error:
            raise AnchorUnavailable(f"The anchor {self.place} cannot be read: {error.strerror}.") from None

    def write(self, note: Note, *, over: Note | None) -> None:
        """Replace the file as a whole; of several processes one at a time looks and writes."""
        try:
            with locked(self.path):
                if self.read() != over:
                    raise AnchorUnavailable(f"The anchor {self.place} was changed meanwhile.")
                replace(self.path, str(note), mode=0o644)
        except OSError as error:
            raise AnchorUnavailable(f"The anchor {self.place} cannot be written: {error.strerror}.") from None


@dataclasses.dataclass(slots=True)
class WebAnchor:
    """An address that takes ``PUT`` and answers ``GET``, such as an object in a store that keeps versions."""

    url: str
    _tag: str | None = dataclasses.field(default=None, init=False)

    @property
    def place(self) -> str:
        """The address without a password."""
        return remote.shown(self.url)

    def read(self) -> Note | None:
        """Return the note at the address; 404 and 410 say that there is none yet."""
        answer = remote.exchange("GET", self.url, headers={"Cache-Control": "no-cache"}, limit=MAX_LENGTH)
        tag = answer.headers.get("etag", "")
        # A weak one cannot be a condition (RFC 9110, 13.1.1).
        self._tag = tag if tag.startswith('"') else None
        if answer.status in _NOT_THERE:
            return None
        if answer.status != 200:  # noqa: PLR2004 - OK
            raise AnchorUnavailable(f"The anchor {self.place} answers with status {answer.status}.")
        return _note(answer.body, self.place)

    def write(self, note: Note, *, over: Note | None) -> None:
        """Put the note there, on the condition that nothing else is there meanwhile (RFC 9110, 13.1)."""
        condition = {"If-None-Match": "*"} if over is None else {"If-Match": self._tag} if self._tag else {}
        headers = {"Content-Type": "text/plain; charset=utf-8", **condition}
        answer = remote.exchange("PUT", self.url, body=str(note).encode(), headers=headers, limit=MAX_LENGTH)
        if answer.status in _CHANGED:
            raise AnchorUnavailable(f"The anchor {self.place} was changed meanwhile.")
        if answer.status not in _STORED:
            raise AnchorUnavailable(f"The anchor {self.place} does not take the checkpoint: status {answer.status}.")


@dataclasses.dataclass(frozen=True, slots=True)
class WitnessAnchor:
    """Somebody else who remembers what they saw of the log.

    :param url: the submission prefix. :param verifier: of the kind :data:`~consentkit.ledger.notes.COSIGNATURE`.
    """

    url: str
    verifier: Verifier

    @property
    def place(self) -> str:
        """The address and the witness's name."""
        return f"{remote.shown(self.url)} ({self.verifier.name})"

    def seen(self, note: Note, prove: Prove) -> int:
        """Show a checkpoint that is known already, and return the size that the witness has seen since.

        :raises AnchorUnavailable: it does not answer now, or not as it should.
        :raises LogRefused: it has seen another tree of the same size.
        """
        size = Checkpoint.parse(note.text).size
        answer = self._post(note, size, prove)
        found = _SIZE.fullmatch(answer.body) if answer.status == _CONFLICT else None
        if found is not None and int(found[1]) != size:
            return int(found[1])
        self._require_taken(answer)
        return size

    def submit(self, note: Note, old: int, prove: Prove) -> list[Signature]:
        """Return the witness's cosignatures of *note*, a signed checkpoint.

        :param old: the size that the witness has seen, as far as is known here.
        :param prove: gives the consistency proof from a size.
        :raises AnchorUnavailable: it does not answer now, or not as it should.
        :raises LogRefused: it has seen what this one does not extend.
        """
        size = Checkpoint.parse(note.text).size
        answer = self._post(note, old, prove)
        if answer.status == _CONFLICT and (found := _SIZE.fullmatch(answer.body)):
            seen = int(found[1])
            if seen > size:
                raise LogRefused(
                    f"The witness {self.place} has seen {seen} entries of this log, and there are {size}: the database "
                    f"was restored from a backup, or changed."
                )
            if seen != old:
                # It saw one whose answer was lost, or has lost its own state.
                answer = self._post(note, seen, prove)
        self._require_taken(answer)
        try:
            lines = [line for line in parse_signatures(answer.body) if line.id == self.verifier.id]
            held = Note(note.text, tuple(lines)).verified_by([self.verifier])
        except ProofInvalid as error:
            raise AnchorUnavailable(f"The witness {self.place} answers with no cosignature. {error}") from None
        if not held:
            raise AnchorUnavailable(f"The witness {self.place} did not sign with its key {self.verifier}.")
        return [line for line in lines if line.name == self.verifier.name]

    def _require_taken(self, answer: remote.Answer) -> None:
        if answer.status in {_CONFLICT, 422}:
            raise LogRefused(
                f"The witness {self.place} has seen another tree under this name: the database was restored from a "
                f"backup, or changed."
            )
        if answer.status != 200:  # noqa: PLR2004 - OK
            raise AnchorUnavailable(f"The witness {self.place} answers with status {answer.status}.")

    def _post(self, note: Note, old: int, prove: Prove) -> remote.Answer:
        proof = "".join(f"{base64.b64encode(hash_).decode()}\n" for hash_ in prove(old))
        body = f"old {old}\n{proof}\n{note}".encode()
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        return remote.exchange("POST", f"{self.url}/add-checkpoint", body=body, headers=headers, limit=MAX_LENGTH)


@dataclasses.dataclass(frozen=True, slots=True)
class Anchors:
    """The anchors of one site's log."""

    holding: tuple[Anchor, ...] = ()
    witnesses: tuple[WitnessAnchor, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.holding or self.witnesses)

    @property
    def places(self) -> list[str]:
        """Where they are, for people to read."""
        return [*(anchor.place for anchor in self.holding), *(witness.place for witness in self.witnesses)]


def anchors_of(setting: str, site: str, *, root: Path) -> Anchors:
    """Return the anchors that ``CONSENTKIT_LOG_ANCHOR`` names for a site.

    :param root: what a relative path is relative to. :raises ConfigError: for each that is none.
    """
    holding: list[Anchor] = []
    witnesses: list[WitnessAnchor] = []
    problems: list[Problem] = []
    for place in setting.split():
        if place.startswith(_WITNESS):
            try:
                witnesses.append(_witness(place.removeprefix(_WITNESS)))
            except (ProofInvalid, ValueError) as error:
                hint = "Expected 'witness+https://HOST/PATH#<verifier key line of the witness>'."
                problems.append(Problem(f"'{_SETTING}'", "", f"names a witness that is none. {error}", hint))
        elif place.startswith(_WEB):
            holding.append(WebAnchor(_named(place, site)))
        elif "://" in place:
            scheme = place.partition("://")[0][:40]
            problems.append(Problem(f"'{_SETTING}'", "", f"has an address of the kind '{scheme}', which is not known."))
        else:
            holding.append(FileAnchor(root / _named(place, site)))
    if problems:
        raise ConfigError(*problems)
    return Anchors(tuple(holding), tuple(witnesses))


def _named(place: str, site: str) -> str:
    """Return the place of one site's note: no two sites share one."""
    if _SITE in place:
        return place.replace(_SITE, site)
    return f"{place}{site}.checkpoint" if place.endswith("/") else f"{place}.{site}"


def _witness(text: str) -> WitnessAnchor:
    url, fragment = urllib.parse.urldefrag(text)
    if not url.startswith(_WEB) or not urllib.parse.urlsplit(url).hostname:
        raise ProofInvalid("Its address is none.")
    # Witnesses show their key with either type; what they sign with it is a cosignature.
    verifier = dataclasses.replace(Verifier.parse(fragment), kind=COSIGNATURE)
    return WitnessAnchor(url.rstrip("/"), verifier)


def _note(raw: bytes, place: str) -> Note:
    try:
        return Note.parse(raw)
    except ProofInvalid as error:
        # Not the same as empty: whatever it is, nothing is written over it.
        raise AnchorUnavailable(f"The anchor {place} holds something that is no checkpoint. {error}") from None
