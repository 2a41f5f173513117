"""Encryption by the secret keys, for the little that the database keeps and must not tell."""

from __future__ import annotations

import binascii
import collections.abc as cabc
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from itsdangerous import BadData
from itsdangerous.encoding import base64_decode
from itsdangerous.encoding import base64_encode

from ..errors import SecretUnreadable

_NONCE = 12


class Safe:
    """Encrypts with the newest key and decrypts with all: AES-256-GCM, a key for each use by HKDF (RFC 5869).

    :param keys: oldest to newest. :param salt: names the use, so that no text can stand for one of another.
    """

    def __init__(self, keys: cabc.Sequence[bytes], *, salt: str) -> None:
        # From the newest on: nearly all is of that one.
        self._keys = [_derived(key, salt) for key in reversed(keys)]

    def lock(self, text: str, *, of: str) -> str:
        """Return *text* encrypted. :param of: whose it is; for anybody else it cannot be read."""
        nonce = os.urandom(_NONCE)
        return base64_encode(nonce + AESGCM(self._keys[0]).encrypt(nonce, text.encode(), of.encode())).decode()

    def unlock(self, locked: str, *, of: str) -> tuple[str, bool]:
        """Return the text, and whether the newest key encrypted it.

        :raises SecretUnreadable: no key did, or not this for *of*.
        """
        try:
            raw = base64_decode(locked)
        except (BadData, binascii.Error) as error:
            raise SecretUnreadable("This is not encrypted.") from error
        for number, key in enumerate(self._keys):
            try:
                text = AESGCM(key).decrypt(raw[:_NONCE], raw[_NONCE:], of.encode())
            except (InvalidTag, ValueError):
                continue
            return text.decode(), number == 0
        raise SecretUnreadable("None of the secret keys encrypted this.")


def _derived(key: bytes, salt: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=salt.encode()).derive(key)
