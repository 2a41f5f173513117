"""Invite somebody to the audit view by a link that works once, and take them in."""

from __future__ import annotations

import collections.abc as cabc
import datetime as dt
import secrets
import typing as t
import uuid

from ..clock import Clock
from ..errors import AccountRefused
from ..errors import NotFound
from ..storage.accounts import ALL_SITES
from ..storage.accounts import Account
from ..storage.accounts import Role
from ..storage.accounts import token_hash
from ..storage.invitations import Invitation
from .create_account import check_email
from .create_account import check_new_password
from .passwords import hash_password
from .resume_session import is_token

if t.TYPE_CHECKING:
    from ..storage.unit_of_work import Database
    from ..storage.unit_of_work import UnitOfWork

#: How long a link can be used.
INVITATION_LIFETIME = dt.timedelta(days=7)


def invite(uow: UnitOfWork, email: str, *, grants: cabc.Mapping[str, Role], by: str, clock: Clock) -> str:
    """Store an invitation and return the token of its link, which is stored nowhere.

    An invitation that the address has already is worth nothing from now on, as far as it was not for other sites.

    :param by: who invites. :raises AccountRefused: the address is none, or has an account.
    """
    address = check_email(email)
    if uow.accounts.by_email(address) is not None:
        raise AccountRefused("email", f"'{address}' has an account already.")
    token = secrets.token_urlsafe(32)
    now = clock.now()
    uow.invitations.forget(expired_at=now)
    # One for other sites is not for who invites here to take back.
    before = [found for found in uow.invitations.all() if found.email == address]
    uow.invitations.remove(
        {one.token_hash for one in before if ALL_SITES in grants or one.grants.keys() <= grants.keys()}
    )
    uow.invitations.add(
        Invitation(
            token_hash=token_hash(token),
            email=address,
            grants=grants,
            invited_by=by,
            created_at=now,
            expires_at=now + INVITATION_LIFETIME,
        )
    )
    return token


def find_invitation(uow: UnitOfWork, token: str, *, clock: Clock) -> Invitation:
    """Return the invitation of a link.

    :raises NotFound: there is none, it was used, or it is too old. It is not told which.
    """
    found = uow.invitations.get(token_hash(token)) if is_token(token) else None
    if found is None or clock.now() >= found.expires_at:
        raise NotFound("There is no such invitation.")
    return found


def accept_invitation(database: Database, token: str, password: str, *, clock: Clock) -> Account:
    """Make the account of an invitation, and return it. Of several that try at once exactly one gets it.

    A password that is refused leaves the invitation as it is.

    :raises NotFound: the invitation does not hold. :raises AccountRefused: the password may not be chosen, or the
        address has got an account meanwhile.
    """
    # Only who has a link that holds is worth the time that hashing takes.
    with database.unit_of_work(read_only=True) as uow:
        find_invitation(uow, token, clock=clock)
    check_new_password(password)
    password_hash = hash_password(password)
    with database.unit_of_work() as uow:
        taken = uow.invitations.take(token_hash(token))
        if taken is None or clock.now() >= taken.expires_at:
            raise NotFound("There is no such invitation.")
        account = Account(
            id=str(uuid.uuid4()),
            email=taken.email,
            # For words only: what it may do is in its grants.
            role=max(taken.grants.values(), key=list(Role).index),
            grants=taken.grants,
            password_hash=password_hash,
            created_at=clock.now(),
        )
        if not uow.accounts.add(account):
            raise AccountRefused("email", f"'{taken.email}' has an account already.")
    return account
