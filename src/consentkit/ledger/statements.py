"""What a log says of itself, in entries of its own: what was erased, which key took over, where it goes on.

A statement is a signed note (C2SP signed-note), so that who can write to the database still cannot make one.
"""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import json

from ..errors import ProofInvalid
from . import notes
from .entries import SALT_LENGTH
from .entries import Entry
from .entries import EntryType
from .entries import canonical
from .entries import commit

_FORMAT = "consentkit/statement/v1"
_LINES = 3
# There is nothing to hide in a statement.
_SALT = bytes(SALT_LENGTH)


@dataclasses.dataclass(frozen=True, slots=True)
class Statement:
    """One statement.

    :param type: what it is about. :param origin: the log's name. :param members: what it says, as JSON has it.
    """

    type: EntryType
    origin: str
    members: cabc.Mapping[str, object]

    @property
    def text(self) -> str:
        """What is signed."""
        content = canonical({**self.members, "type": self.type.name.lower()})
        return f"{_FORMAT}\n{self.origin}\n{content.decode()}\n"

    @classmethod
    def parse(cls, text: str) -> Statement:
        """Read the text of a note.

        :raises ProofInvalid: it is no statement, or not written in the one way there is.
        """
        lines = text.split("\n")
        if len(lines) != _LINES + 1 or lines[0] != _FORMAT or lines[-1]:
            raise ProofInvalid("The text is no statement: expected three lines.")
        try:
            members = json.loads(lines[2])
            kind = EntryType[members.pop("type").upper()]
            statement = cls(kind, lines[1], members)
            same = statement.text == text
        except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
            same = False
        if not same:
            raise ProofInvalid("The statement's third line is not of the form.")
        return statement


def sign_statement(statement: Statement, *signers: notes.Signer) -> str:
    """Return the note: the statement with a signature by each of *signers*."""
    note = notes.Note(statement.text, tuple(notes.sign(statement.text, signer) for signer in signers))
    return str(note)


def entry_of_statement(kind: EntryType, note: str) -> Entry:
    """Return the entry of a statement: it commits to the whole note, signatures and all."""
    return Entry(kind, commit(_SALT, note.encode()))
