"""Whose signatures count: the keys of a log, from those that are trusted to those that they vouch for."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses

from ..errors import ProofInvalid
from ..ledger.checkpoints import Checkpoint
from ..ledger.entries import EntryType
from ..ledger.notes import Note
from ..ledger.notes import Verifier
from ..ledger.statements import Statement


@dataclasses.dataclass(frozen=True, slots=True)
class Trust:
    """The keys of a log, and the names that it has had.

    :param keys: those that are trusted. :param origins: name to the number of entries up to which the log had it;
        ``None`` for the one that it has. :param unknown: keys that nobody vouches for. :param remarks: for people.
    """

    keys: tuple[Verifier, ...]
    origins: cabc.Mapping[str, int | None]
    unknown: tuple[Verifier, ...] = ()
    remarks: tuple[str, ...] = ()

    def checkpoint(self, raw: str) -> Checkpoint | None:
        """Return a checkpoint that the log signed; ``None`` for one of a tree that a continuation left behind.

        :raises ProofInvalid: no trusted key of that name signed it as it is.
        """
        note = Note.parse(raw.encode())
        found = Checkpoint.parse(note.text)
        self._require(note, found.origin)
        until = self.origins[found.origin]
        return found if until is None or found.size <= until else None

    def statement(self, raw: str, kind: int) -> Statement:
        """Return a statement that the log signed.

        :raises ProofInvalid: no trusted key of that name signed it as it is, or it is of another kind.
        """
        note = Note.parse(raw.encode())
        found = Statement.parse(note.text)
        self._require(note, found.origin)
        if found.type != kind:
            raise ProofInvalid("It is of another kind than its entry.")
        return found

    def _require(self, note: Note, origin: str) -> None:
        if origin not in self.origins:
            raise ProofInvalid(f"It is of another log: '{origin}'.")
        if not any(key.name == origin for key in note.verified_by(self.keys)):
            raise ProofInvalid("No trusted key of the log signed it.")


def trust(
    origin: str,
    *,
    given: cabc.Sequence[Verifier],
    registered: cabc.Sequence[Verifier],
    statements: cabc.Iterable[str],
) -> Trust:
    """Return whose signatures count.

    A key that signed a rotation together with a trusted one is trusted; so is the key of a new name, where a trusted
    one signed the continuation as well. Where it did not, because it was lost, the key is taken only if nobody said
    which keys to trust, and that is remarked.

    :param origin: the name that the log has. :param given: the keys that whoever checks knows from elsewhere; without
        any, the oldest registered one is believed.
    :param registered: the keys that the database names, oldest first. :param statements: those on keys and names.
    """
    keys = list(given) or list(registered[:1])
    parsed = [found for found in map(_parse, statements) if found is not None]
    origins: dict[str, int | None] = {origin: None}
    remarks = []
    orphans: list[Verifier] = []
    # Each pass may reach one more; the order of what a database holds proves nothing.
    for _ in range(len(parsed) + 1):
        before = len(keys)
        for note, statement in parsed:
            keys += [key for key in _introduced(note, statement, keys, registered) if key not in keys]
        if len(keys) == before:
            break
    for note, statement in reversed(parsed):
        previous, size = statement.members.get("previous"), statement.members.get("size")
        if statement.type != EntryType.CONTINUATION or statement.origin not in origins:
            continue
        if not isinstance(previous, str) or not isinstance(size, int):
            continue
        signers = _signers(note, [*keys, *registered])
        if not any(key in keys for key in signers):
            own = [key for key in signers if key.name == statement.origin]
            if given or not own:
                continue
            orphans += own
            remarks.append(f"The log goes on as '{statement.origin}' without the word of a key of '{previous}'.")
        origins.setdefault(previous, size)
    keys += [key for key in orphans if key not in keys]
    unknown = tuple(key for key in registered if key not in keys)
    return Trust(tuple(keys), origins, unknown, tuple(remarks))


def _parse(raw: str) -> tuple[Note, Statement] | None:
    try:
        note = Note.parse(raw.encode())
        return note, Statement.parse(note.text)
    except ProofInvalid:
        # It is found as forged at its place.
        return None


def _signers(note: Note, keys: cabc.Iterable[Verifier]) -> list[Verifier]:
    found = []
    for key in keys:
        try:
            found += note.verified_by([key])
        except ProofInvalid:
            continue
    return found


def _introduced(
    note: Note, statement: Statement, keys: cabc.Sequence[Verifier], registered: cabc.Iterable[Verifier]
) -> list[Verifier]:
    """Return the keys that a statement makes trusted."""
    if statement.type == EntryType.ROTATION:
        try:
            pair = [Verifier.parse(str(statement.members.get(name))) for name in ("old", "new")]
        except ProofInvalid:
            return []
        signed = len(_signers(note, pair)) == len(pair)
        return pair if signed and any(key in keys for key in pair) else []
    if statement.type == EntryType.CONTINUATION and _signers(note, keys):
        return _signers(note, [key for key in registered if key.name == statement.origin])
    return []
