"""The entries of a log: what they commit to, and how little of it they show.

An entry never holds personal data, for it stays when the record is erased. It holds a commitment: a hash over a random
salt and the record's canonical bytes. Without the salt, which is erased with the record, nobody can tell which record
it was, not even by trying all that are likely.
"""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import enum
import hashlib
import json
import secrets

from ..errors import ProofInvalid

#: The format of what follows it: the first byte of every entry.
VERSION = 1

#: The length of a salt in bytes: as much as the hash, so that it hides all there is to know.
SALT_LENGTH = 32

_COMMITMENT_LENGTH = 32
_ENTRY_LENGTH = 2 + _COMMITMENT_LENGTH
_COUNT_LENGTH = 2


class EntryType(enum.IntEnum):
    """What an entry commits to: its second byte."""

    #: A decision.
    RECORD = 1
    #: A statement on what was erased.
    ERASURE = 2
    #: A statement on a key that takes over.
    ROTATION = 3
    #: A statement on a log that goes on under another name.
    CONTINUATION = 4
    #: What somebody did in the audit view, or by a command; only in the log of access.
    EVENT = 5


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """One entry: version, type, commitment; 34 bytes."""

    type: EntryType
    commitment: bytes

    def __bytes__(self) -> bytes:
        """Return the entry as it is hashed into the tree, and published in the bundles."""
        return bytes((VERSION, self.type)) + self.commitment

    @classmethod
    def parse(cls, data: bytes) -> Entry:
        """Read an entry.

        :raises ProofInvalid: it is none that this release knows.
        """
        if len(data) != _ENTRY_LENGTH or data[0] != VERSION or data[1] not in {*EntryType}:
            raise ProofInvalid("The entry is of a form that is not known.")
        return cls(EntryType(data[1]), data[2:])


def new_salt() -> bytes:
    """Return a salt for one record."""
    return secrets.token_bytes(SALT_LENGTH)


def commit(salt: bytes, content: bytes) -> bytes:
    """Return the commitment to *content*: SHA-256 over the salt, of 32 bytes, and the content.

    The salt has one length, so the two cannot be cut in another place.
    """
    if len(salt) != SALT_LENGTH:
        raise ValueError(f"A salt has {SALT_LENGTH} bytes.")
    return hashlib.sha256(salt + content).digest()


def canonical(fields: cabc.Mapping[str, object]) -> bytes:
    """Return *fields* as canonical JSON in UTF-8: sorted keys, no spaces (RFC 8785 for what records hold).

    Keys are ASCII and numbers are whole, so that sorting by code point and printing are the same in every language.

    :raises TypeError: a value is none that a record holds. :raises ValueError: likewise, a number that JSON lacks.
    """
    _check(fields)
    return json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def bundle(entries: cabc.Iterable[bytes]) -> bytes:
    """Return entries as a bundle holds them: each behind its length in two bytes, the greater one first."""
    return b"".join(len(entry).to_bytes(_COUNT_LENGTH, "big") + entry for entry in entries)


def parse_bundle(data: bytes) -> list[bytes]:
    """Return the entries of a bundle.

    :raises ProofInvalid: it ends within one.
    """
    entries = []
    at = 0
    while at < len(data):
        end = at + _COUNT_LENGTH + int.from_bytes(data[at : at + _COUNT_LENGTH], "big")
        if end > len(data) or at + _COUNT_LENGTH > len(data):
            raise ProofInvalid("The bundle of entries ends within one.")
        entries.append(data[at + _COUNT_LENGTH : end])
        at = end
    return entries


def _check(value: object) -> None:
    if isinstance(value, cabc.Mapping):
        for key, inner in value.items():
            if not isinstance(key, str) or not key.isascii():
                raise TypeError("Expected keys in ASCII.")
            _check(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            _check(inner)
    elif not (value is None or isinstance(value, (str, bool, int))):
        raise TypeError(f"A record holds no {type(value).__name__}.")
