"""Hashing and checking passwords."""

from __future__ import annotations

import argon2
import pytest

from consentkit.operations.passwords import check_password
from consentkit.operations.passwords import hash_password
from consentkit.operations.passwords import new_password


def test_a_password_holds_against_its_hash_alone() -> None:
    """Another does not, nor does any against no account or a damaged hash; none of them raises."""
    stored = hash_password("a reading room in Akzhar")
    assert stored.startswith("$argon2id$")
    assert check_password(stored, "a reading room in Akzhar").holds
    for password in ("a reading room", "", "\x00", "x" * 100_000, "\ud800"):
        assert not check_password(stored, password).holds
        assert not check_password(None, password).holds
        assert not check_password("no hash", password).holds


def test_a_letter_is_the_same_however_it_is_composed() -> None:
    """Keyboards differ in how they send й."""
    assert check_password(hash_password("читальный зал"), "читальныи\u0306 зал").holds


def test_a_hash_of_old_parameters_is_made_anew() -> None:
    """Only where the password holds."""
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(b"secret secret")
    check = check_password(weak, "secret secret")
    assert check.holds
    assert check.new_hash is not None
    assert check_password(check.new_hash, "secret secret").new_hash is None
    assert check_password(weak, "something else").new_hash is None


@pytest.mark.parametrize("password", [None, "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$YWJj"])
def test_the_same_work_is_done_with_and_without_an_account(
    password: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One hash is verified in either case, so that the time tells nothing."""
    verified = []
    verify = argon2.PasswordHasher.verify

    def counting(self, stored, given):
        verified.append(stored)
        return verify(self, stored, given)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", counting)
    assert not check_password(password, "secret secret").holds
    assert len(verified) == 1


def test_a_new_password_is_long_and_never_the_same() -> None:
    """And can be read out."""
    passwords = {new_password() for _ in range(100)}
    assert len(passwords) == 100
    assert all(len(password) == 29 and password.isascii() for password in passwords)
