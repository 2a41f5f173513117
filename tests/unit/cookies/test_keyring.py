"""Keys: the newest signs, all verify, and each use is apart from the others."""

from __future__ import annotations

import itsdangerous
import pytest

from consentkit.cookies.keyring import Keyring


@pytest.mark.parametrize("keys", [[], [""], [b""], ["old", ""], ["", "new"]])
def test_an_empty_key_is_refused(keys: list[str | bytes]) -> None:
    """Whoever signs with nothing lets everybody sign."""
    with pytest.raises(ValueError, match="none of them empty"):
        Keyring(keys)


def test_a_signature_of_ours_is_the_stock_ones() -> None:
    """The library itself reads it, with the time that was given."""
    signed = Keyring(["key"]).signer("salt").sign_at(b"value", 1_795_426_200)
    value, at = itsdangerous.TimestampSigner("key", salt="salt").unsign(signed, return_timestamp=True)
    assert value == b"value"
    assert at.timestamp() == 1_795_426_200


def test_text_and_bytes_are_the_same_key() -> None:
    """Flask allows both for its SECRET_KEY."""
    assert Keyring(["key"]).signer("salt").sign_at(b"v", 1) == Keyring([b"key"]).signer("salt").sign_at(b"v", 1)


def test_the_newest_key_signs() -> None:
    """What is written after a rotation outlives the old key."""
    signed = Keyring(["old", "new"]).signer("salt").sign_at(b"value", 1)
    assert Keyring(["new"]).signer("salt").unsign(signed) == b"value"
    with pytest.raises(itsdangerous.BadSignature):
        Keyring(["old"]).signer("salt").unsign(signed)


def test_a_retired_key_still_verifies() -> None:
    """What was written before a rotation still holds."""
    signed = Keyring(["old"]).signer("salt").sign_at(b"value", 1)
    assert Keyring(["oldest", "old", "new"]).signer("salt").unsign(signed) == b"value"


def test_each_use_is_apart() -> None:
    """A value signed for one use does not stand for another."""
    keyring = Keyring(["key"])
    with pytest.raises(itsdangerous.BadSignature):
        keyring.signer("other").unsign(keyring.signer("salt").sign_at(b"value", 1))
