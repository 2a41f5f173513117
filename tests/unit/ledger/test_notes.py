"""Signed notes and checkpoints: what others sign we read, what is changed we refuse."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from consentkit.errors import ProofInvalid
from consentkit.ledger import notes
from consentkit.ledger.checkpoints import Checkpoint
from consentkit.ledger.notes import LocalSigner
from consentkit.ledger.notes import Note
from consentkit.ledger.notes import Verifier

SIGNER = LocalSigner("news.example/consent-log", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
WITNESS = LocalSigner("witness.example", Ed25519PrivateKey.from_private_bytes(bytes(32)))
CHECKPOINT = Checkpoint(SIGNER.name, 42, bytes(range(32)))

# The key line of the examples in golang.org/x/mod/sumdb/note, version 0.7: its id is computed as ours are.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"


def signed() -> Note:
    """Return a checkpoint with the log's signature and a witness's."""
    note = Note(CHECKPOINT.text, (notes.sign(CHECKPOINT.text, SIGNER),))
    return note.with_signature(notes.cosign(CHECKPOINT.text, WITNESS, 1_795_000_000))


def test_a_key_line_of_another_implementation_is_read() -> None:
    """And written as it was read."""
    assert str(Verifier.parse(GO_KEY)) == GO_KEY


def test_a_checkpoint_goes_there_and_back() -> None:
    """With both signatures, each by its own key."""
    raw = str(signed()).encode()
    note = Note.parse(raw)
    assert str(note).encode() == raw
    assert Checkpoint.parse(note.text) == CHECKPOINT
    witness = Verifier(WITNESS.name, WITNESS.verifier.key, notes.COSIGNATURE)
    assert note.verified_by([SIGNER.verifier, witness]) == [SIGNER.verifier, witness]
    # A witness vouches for a time as well, so its plain key does not stand for its cosignature.
    assert note.verified_by([WITNESS.verifier]) == []


def test_a_signature_of_a_known_key_that_does_not_hold_is_refused() -> None:
    """Even beside one that does."""
    other = Note(Checkpoint(SIGNER.name, 43, bytes(32)).text, signed().signatures)
    with pytest.raises(ProofInvalid, match="does not hold"):
        other.verified_by([SIGNER.verifier])
    with pytest.raises(ProofInvalid, match="does not hold"):
        other.verified_by([Verifier(WITNESS.name, WITNESS.verifier.key, notes.COSIGNATURE)])


def test_unknown_keys_are_passed_over() -> None:
    """As the format asks for; nobody is then found to have signed."""
    assert signed().verified_by([Verifier("other.example", SIGNER.verifier.key)]) == []


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"text\n",
        b"text\n\n",
        b"text\n\n\xe2\x80\x94 name\n",
        b"text\n\n\xe2\x80\x94 name AAAA\n",
        b"text\n\n- name AAAAAAAA\n",
        b"text\n\n\xe2\x80\x94  AAAAAAAA\n",
        b"text\n\n\xe2\x80\x94 a+b AAAAAAAA\n",
        b"text\n\n\xe2\x80\x94 name AAAAAAAA",
        b"two\rlines\n\n\xe2\x80\x94 name AAAAAAAA\n",
        b"no\xfftext\n\n\xe2\x80\x94 name AAAAAAAA\n",
        b"text\n\n" + b"\xe2\x80\x94 name AAAAAAAA\n" * 101,
        b"text\n" * 20_000 + b"\n\xe2\x80\x94 name AAAAAAAA\n",
    ],
)
def test_what_is_no_note(raw: bytes) -> None:
    """It is refused in one sentence, and nothing is verified."""
    with pytest.raises(ProofInvalid):
        Note.parse(raw)


@given(st.binary(max_size=200))
def test_reading_a_note_never_fails_otherwise(raw: bytes) -> None:
    """Whatever arrives."""
    for data in (raw, b"a\n\n" + raw, "a\n\n\u2014 ".encode() + raw + b"\n"):
        try:
            note = Note.parse(data)
        except ProofInvalid:
            continue
        assert str(note).encode() == data


@pytest.mark.parametrize(
    "line",
    [
        *("", "name", "name+00000000+AQ==", GO_KEY.replace("c74f", "c74e"), GO_KEY + "A", "a b" + GO_KEY),
        *("+" + GO_KEY, GO_KEY.replace("+AR", "+CR"), "a+c74f20a3+" + base64.b64encode(bytes(33)).decode()),
    ],
)
def test_what_is_no_key(line: str) -> None:
    """A line with another id, type or length."""
    with pytest.raises(ProofInvalid):
        Verifier.parse(line)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "origin\n1\n",
        "origin\n1\nAAAA\n",
        "origin\n01\n" + base64.b64encode(bytes(32)).decode() + "\n",
        "origin\n-1\n" + base64.b64encode(bytes(32)).decode() + "\n",
        "origin\n" + "9" * 20 + "\n" + base64.b64encode(bytes(32)).decode() + "\n",
        "\n1\n" + base64.b64encode(bytes(32)).decode() + "\n",
        "origin\n1\n" + base64.b64encode(bytes(32)).decode(),
        "origin\n1\n" + base64.urlsafe_b64encode(b"\xff" * 32).decode() + "\n",
        "origin\n1\n" + base64.b64encode(bytes(32)).decode() + "\n\nmore\n",
    ],
)
def test_what_is_no_checkpoint(text: str) -> None:
    """Another number of lines, another size, another hash."""
    with pytest.raises(ProofInvalid):
        Checkpoint.parse(text)


def test_lines_that_others_add_are_passed_over() -> None:
    """They are signed, and not ours to judge."""
    assert Checkpoint.parse(CHECKPOINT.text + "extension\n") == CHECKPOINT


def test_a_key_is_not_shown() -> None:
    """Not even where the signer is printed."""
    assert "key" not in repr(SIGNER)


# The private half of the key in the examples of golang.org/x/mod/sumdb/note, version 0.7.
GO_PRIVATE = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"


def test_a_private_key_of_another_implementation_is_read() -> None:
    """It belongs to the verifier key line above, and is written as it was read."""
    signer = LocalSigner.parse(GO_PRIVATE)
    assert str(signer.verifier) == GO_KEY
    assert signer.private_line == GO_PRIVATE


@pytest.mark.parametrize(
    "line",
    ["", GO_KEY, GO_PRIVATE[:-1], GO_PRIVATE.replace("c74f20a3", "c74f20a4"), GO_PRIVATE.replace("+AY", "+BI")],
)
def test_what_is_no_private_key_is_refused(line: str) -> None:
    """Without repeating it."""
    with pytest.raises(ProofInvalid) as caught:
        LocalSigner.parse(line)
    assert "AYEK" not in str(caught.value)


def test_a_witness_s_lines_are_read_and_added_once() -> None:
    """They come without the note."""
    note = signed()
    raw = str(note).partition("\n\n")[2].encode()
    lines = notes.parse_signatures(raw)
    assert lines == list(note.signatures)
    assert note.with_signature(*lines) == note
    for broken in (b"", b"nonsense\n", b"text\n\n" + raw, raw + b"\n" + raw):
        with pytest.raises(ProofInvalid):
            notes.parse_signatures(broken)
