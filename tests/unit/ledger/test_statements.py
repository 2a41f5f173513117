"""Statements of the log on itself."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consentkit.errors import ProofInvalid
from consentkit.ledger.entries import EntryType
from consentkit.ledger.notes import LocalSigner
from consentkit.ledger.notes import Note
from consentkit.ledger.statements import Statement
from consentkit.ledger.statements import entry_of_statement
from consentkit.ledger.statements import sign_statement

ORIGIN = "news.example/consent/log/news"
STATEMENT = Statement(EntryType.ERASURE, ORIGIN, {"site": "news", "at": "2026-11-23T12:00:00Z", "indexes": [[3, 5]]})


def test_a_statement_is_a_signed_note() -> None:
    """Both keys of a rotation can sign it, and it reads back as what it was."""
    old, new = (LocalSigner(ORIGIN, Ed25519PrivateKey.generate()) for _ in range(2))
    note = Note.parse(sign_statement(STATEMENT, old, new).encode())
    assert note.verified_by([old.verifier, new.verifier]) == [old.verifier, new.verifier]
    assert Statement.parse(note.text) == STATEMENT
    assert note.text.splitlines()[:2] == ["consentkit/statement/v1", ORIGIN]


def test_its_entry_commits_to_the_whole_note() -> None:
    """With a salt of zeros: there is nothing to hide, and everybody can compute it."""
    entry = bytes(entry_of_statement(EntryType.ERASURE, "note"))
    assert entry == b"\x01\x02" + hashlib.sha256(bytes(32) + b"note").digest()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "consentkit/statement/v1\norigin\n",
        "consentkit/statement/v2\norigin\n{}\n",
        'consentkit/statement/v1\norigin\n{"type": "erasure"}\n',
        'consentkit/statement/v1\norigin\n{"type":"nothing"}\n',
        'consentkit/statement/v1\norigin\n{"type":1}\n',
        "consentkit/statement/v1\norigin\n[]\n",
        'consentkit/statement/v1\norigin\n{"a":1.5,"type":"erasure"}\n',
        'consentkit/statement/v1\norigin\n{"type":"erasure"}\nmore\n',
        "consentkit/statement/v1\norigin\n" + "[" * 100_000 + "\n",
    ],
)
def test_what_is_not_written_in_the_one_way_is_no_statement(text: str) -> None:
    """Bytes from outside."""
    with pytest.raises(ProofInvalid):
        Statement.parse(text)
