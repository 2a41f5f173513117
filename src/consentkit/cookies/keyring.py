"""The keys that sign cookies, and their rotation."""

from __future__ import annotations

import collections.abc as cabc

import itsdangerous
from itsdangerous.encoding import base64_encode
from itsdangerous.encoding import int_to_bytes

from .safe import Safe


class Keyring:
    """Secret keys, oldest to newest: the newest signs, all verify.

    Rotating means adding a key at the end and dropping the first once no cookie of its time is left.

    :param keys: Flask's ``SECRET_KEY_FALLBACKS`` followed by its ``SECRET_KEY``.
    """

    def __init__(self, keys: cabc.Sequence[str | bytes]) -> None:
        if not keys or not all(keys):
            raise ValueError("a keyring needs at least one key, and none of them empty")
        self._keys = [key.encode() if isinstance(key, str) else key for key in keys]

    def signer(self, salt: str) -> Signer:
        """Return the signer for one use. Each use has its own *salt*, so that no value can stand for another."""
        return Signer(self._keys, salt=salt)

    def safe(self, salt: str) -> Safe:
        """Return what encrypts for one use, by the newest key."""
        return Safe(self._keys, salt=salt)


class Signer(itsdangerous.TimestampSigner):
    """itsdangerous' own timestamp signer with its own defaults, but for a time that the caller gives."""

    def sign_at(self, value: bytes, timestamp: int) -> bytes:
        """Sign *value* as made at *timestamp* (seconds since 1970).

        The form is exactly that of :meth:`itsdangerous.TimestampSigner.sign`, so the stock classes read it.
        """
        stamped = value + self.sep + base64_encode(int_to_bytes(timestamp))
        return stamped + self.sep + self.get_signature(stamped)
