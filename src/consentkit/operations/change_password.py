"""Change the password of an account: the one from before is asked for, and all other browsers are signed out."""

from __future__ import annotations

import typing as t

from ..clock import Clock
from ..errors import WrongPassword
from ..storage.accounts import AccountSession
from .create_account import check_new_password
from .passwords import check_password
from .passwords import hash_password
from .sign_in import SignedIn
from .sign_in import start_session

if t.TYPE_CHECKING:
    from ..storage.unit_of_work import Database


def confirm_password(session: AccountSession, password: str) -> None:
    """Go on only where *password* is the account's.

    :raises WrongPassword: it is not.
    """
    if not check_password(session.account.password_hash, password).holds:
        raise WrongPassword("password", "This is not the account's password.")


def change_password(database: Database, session: AccountSession, current: str, new: str, *, clock: Clock) -> SignedIn:
    """Store a new password, end all sessions of the account, and start a new one in the place of *session*.

    :raises WrongPassword: *current* is not the password. :raises AccountRefused: *new* may not be chosen.
    """
    confirm_password(session, current)
    check_new_password(new)
    password_hash = hash_password(new)
    with database.unit_of_work() as uow:
        uow.accounts.hold()
        account = uow.accounts.get(session.account.id)
        # Changed elsewhere while this one was hashed: the password that was given is none any more.
        if account is None or account.disabled_at is not None or account.password_hash != session.account.password_hash:
            raise WrongPassword("password", "The password was changed meanwhile.")
        uow.accounts.set_password_hash(account.id, password_hash)
        uow.accounts.end_sessions(account.id)
        return start_session(uow, account, locale=session.locale, replaces=None, device=session.device, clock=clock)
