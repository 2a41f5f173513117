"""Create an account for the audit view."""

from __future__ import annotations

import collections.abc as cabc
import re
import typing as t
import uuid

from ..clock import Clock
from ..errors import AccountRefused
from ..errors import PasswordCommon
from ..storage.accounts import ALL_SITES
from ..storage.accounts import Account
from ..storage.accounts import Role
from ..storage.accounts import normal_email
from .passwords import MAX_PASSWORD_LENGTH
from .passwords import MIN_PASSWORD_LENGTH
from .passwords import hash_password
from .passwords import is_common

if t.TYPE_CHECKING:
    from ..storage.unit_of_work import UnitOfWork

# RFC 5321, 4.5.3.1.3: a path holds 256 characters with its brackets.
_MAX_EMAIL = 254
# Only what would make two addresses look like one, or an address look like something else, is refused.
_CHARACTERS = r"[^@\s<>\"'(),:;\\\[\]\x00-\x1f\x7f]+"
_EMAIL = re.compile(rf"{_CHARACTERS}@{_CHARACTERS}\.{_CHARACTERS}")


def create_account(
    uow: UnitOfWork,
    email: str,
    *,
    role: Role,
    password: str,
    clock: Clock,
    sites: cabc.Collection[str] = (ALL_SITES,),
) -> Account:
    """Store a new account and return it.

    :param sites: where it has its role; all of them, unless some are named.

    :raises AccountRefused: the address is none or has an account, or the password is too short or too long.
    """
    address = check_email(email)
    check_new_password(password)
    account = Account(
        id=str(uuid.uuid4()),
        email=address,
        role=role,
        grants=dict.fromkeys(sites, role),
        password_hash=hash_password(password),
        created_at=clock.now(),
    )
    if not uow.accounts.add(account):
        raise AccountRefused("email", f"'{address}' has an account already.")
    return account


def check_email(email: str) -> str:
    """Return the address in its stored form.

    :raises AccountRefused: it is none.
    """
    address = normal_email(email)
    if len(address) > _MAX_EMAIL or _EMAIL.fullmatch(address) is None:
        raise AccountRefused("email", "This is not an e-mail address. Expected one such as 'anna@example.org'.")
    return address


def check_new_password(password: str) -> None:
    """Check that a password may be chosen.

    :raises AccountRefused: it is too short or too long. :raises PasswordCommon: it is one that is tried first.
    """
    if len(password) < MIN_PASSWORD_LENGTH:
        raise AccountRefused(
            "password", f"The password has {len(password)} characters, expected at least {MIN_PASSWORD_LENGTH}."
        )
    if len(password) > MAX_PASSWORD_LENGTH:
        raise AccountRefused(
            "password", f"The password has {len(password)} characters, expected at most {MAX_PASSWORD_LENGTH}."
        )
    if is_common(password):
        raise PasswordCommon("password", "This password is one of those that are tried first. Choose another one.")
