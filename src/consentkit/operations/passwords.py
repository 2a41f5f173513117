"""Passwords of accounts: hashed with Argon2id, checked in the same time whether or not there is such an account."""

from __future__ import annotations

import collections.abc as cabc
import contextlib
import dataclasses
import functools
import importlib.resources
import secrets
import threading
import unicodedata

import argon2
from argon2 import exceptions

from ..errors import StoreUnavailable

#: Length is what makes a password hard to guess; besides, only common ones are refused (NIST SP 800-63B-4, 3.1.1.2).
MIN_PASSWORD_LENGTH = 12
#: More is no safer, and hashing it would only cost time.
MAX_PASSWORD_LENGTH = 128
# Those from before could be longer.
_LONGEST = 256

# RFC 9106, section 4, second recommended option: 64 MiB, 3 passes, 4 lanes.
_HASHER = argon2.PasswordHasher.from_parameters(argon2.profiles.RFC_9106_LOW_MEMORY)
# Each hash takes 64 MiB: more at once wait, so that a burst of guesses cannot use up the machine's memory.
_AT_ONCE = threading.BoundedSemaphore(2)
# Nor may those who wait take all the threads that take readers' decisions.
_PATIENCE_SECONDS = 3


@dataclasses.dataclass(frozen=True, slots=True)
class PasswordCheck:
    """The answer of :func:`check_password`.

    :param holds: whether the password is the account's.
    :param new_hash: the hash to store instead, where the stored one was made with parameters of before.
    """

    holds: bool
    new_hash: str | None = None


@contextlib.contextmanager
def _turn() -> cabc.Iterator[None]:
    if not _AT_ONCE.acquire(timeout=_PATIENCE_SECONDS):
        raise StoreUnavailable("Too many passwords are being checked.")
    try:
        yield
    finally:
        _AT_ONCE.release()


def hash_password(password: str) -> str:
    """Return the hash of *password* in the PHC string format.

    :raises StoreUnavailable: too many are being checked now.
    """
    with _turn():
        return _HASHER.hash(_prepared(password))


def check_password(password_hash: str | None, password: str) -> PasswordCheck:
    """Say whether *password* is the one of *password_hash*.

    Takes as long for ``None``, that is for an account that does not exist, as for one that does: the time must not
    tell who has an account.

    :raises StoreUnavailable: too many are being checked now.
    """
    prepared = _prepared(password)
    with _turn():
        try:
            _HASHER.verify(password_hash or _nobodys_hash(), prepared)
        except (exceptions.VerificationError, exceptions.InvalidHashError):
            return PasswordCheck(holds=False)
        if password_hash is None:
            return PasswordCheck(holds=False)
        stale = _HASHER.check_needs_rehash(password_hash)
        return PasswordCheck(holds=True, new_hash=_HASHER.hash(prepared) if stale else None)


def new_password() -> str:
    """Return a random password of 120 bits, in groups that can be read out."""
    # Without letters and digits that look alike.
    alphabet = "abcdefghijkmnpqrstuvwxyz23456789"
    groups = ["".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(6)]
    return "-".join(groups)


def is_common(password: str) -> bool:
    """Whether a password is one of those that are tried first, in whatever case and with whatever spaces."""
    return "".join(unicodedata.normalize("NFKC", password).casefold().split()) in _common()


@functools.cache
def _common() -> frozenset[str]:
    text = importlib.resources.files(__package__).joinpath("common_passwords.txt").read_text("utf-8")
    return frozenset(line for line in text.splitlines() if not line.startswith("# "))


def _prepared(password: str) -> bytes:
    # One password, however the keyboard composes its letters (NIST SP 800-63B-4, 3.1.1.2).
    return unicodedata.normalize("NFKC", password[:_LONGEST]).encode("utf-8", "surrogatepass")


class _Nobody:
    """The hash that is checked for who has no account, made when first needed: nothing slow happens on import."""

    def __init__(self) -> None:
        self.hash: str | None = None


_nobody = _Nobody()


def _nobodys_hash() -> str:
    if _nobody.hash is None:
        _nobody.hash = _HASHER.hash(secrets.token_bytes(32))
    return _nobody.hash
