"""Sign an account in: check the password, then its second factor, end the browser's old session, start a new one."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hmac
import secrets
import typing as t

from ..clock import Clock
from ..cookies.safe import Safe
from ..storage.accounts import Account
from ..storage.accounts import AccountSession
from ..storage.accounts import token_hash
from .passwords import check_password
from .resume_session import is_token
from .second_factor import take_code

if t.TYPE_CHECKING:
    from ..storage.unit_of_work import Database
    from ..storage.unit_of_work import UnitOfWork

#: How long a session lasts at most, however much it is used.
SESSION_LIFETIME = dt.timedelta(hours=12)
#: How long one may take between the password and the code.
STEP_LIFETIME = dt.timedelta(minutes=5)


@dataclasses.dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session, and the token that only its browser will know."""

    session: AccountSession
    token: str = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True, slots=True)
class HalfSignedIn:
    """Somebody who knows the password and owes a code. There is no session yet.

    :param mark: stands for the password: with another one, this is worth nothing.
    """

    account: Account
    mark: str = dataclasses.field(repr=False)


def sign_in(
    database: Database,
    email: str,
    password: str,
    *,
    locale: str | None,
    replaces: str | None,
    clock: Clock,
    device: str = "",
) -> SignedIn | HalfSignedIn | None:
    """Start a session, or return ``None`` where address and password do not belong to an account in use.

    The token is always a new one, whatever the browser sent: a session that somebody else planted is worth nothing.
    It opens its own units of work, for no transaction should be held open while the password is hashed.

    :param locale: the language that was chosen before signing in.
    :param replaces: the token that the browser has, whose session ends. :param device: what the browser is.
    :returns: :class:`HalfSignedIn` where the account has a second factor.
    :raises StoreUnavailable: as the store does.
    """
    with database.unit_of_work(read_only=True) as uow:
        account = uow.accounts.by_email(email)
    check = check_password(account.password_hash if account else None, password)
    if account is None or not check.holds or account.disabled_at is not None:
        return None
    with database.unit_of_work() as uow:
        if check.new_hash is not None:
            uow.accounts.set_password_hash(account.id, check.new_hash)
            account = dataclasses.replace(account, password_hash=check.new_hash)
        # As it is now: it may have been set up while the password was hashed.
        factor = uow.second_factors.get(account.id)
        if factor is not None and factor.confirmed_at is not None:
            return HalfSignedIn(account, _mark(account))
        return start_session(uow, account, locale=locale, replaces=replaces, device=device, clock=clock)


def finish_sign_in(
    database: Database,
    account_id: str,
    mark: str,
    code: str,
    *,
    safe: Safe,
    locale: str | None,
    replaces: str | None,
    clock: Clock,
    device: str = "",
) -> SignedIn | Account | None:
    """Start the session of who owes a code.

    :param code: one of the second factor, or a recovery code. Each is taken once.
    :returns: the account alone where the code is wrong, ``None`` where the password has to be given again.
    """
    with database.unit_of_work() as uow:
        uow.accounts.hold(account_id)
        account = uow.accounts.get(account_id)
        if account is None or account.disabled_at is not None or not hmac.compare_digest(_mark(account), mark):
            return None
        factor = uow.second_factors.get(account.id)
        if factor is None or factor.confirmed_at is None:
            # It was taken away meanwhile: the password is asked for again, and is enough.
            return None
        if not take_code(uow, account.id, code, safe=safe, clock=clock):
            return account
        return start_session(uow, account, locale=locale, replaces=replaces, device=device, clock=clock)


def start_session(
    uow: UnitOfWork, account: Account, *, locale: str | None, replaces: str | None, device: str, clock: Clock
) -> SignedIn:
    """Start a session with a new token, in the place of the one whose token is *replaces*."""
    now = clock.now()
    token = secrets.token_urlsafe(32)
    session = AccountSession(
        account=account,
        token_hash=token_hash(token),
        created_at=now,
        last_seen_at=now,
        expires_at=now + SESSION_LIFETIME,
        locale=locale,
        device=device,
    )
    # The account first, as who disables it does.
    uow.accounts.note_sign_in(account.id, at=now)
    if is_token(replaces):
        uow.accounts.end_session(token_hash(replaces))
    uow.accounts.forget_sessions(expired_at=now)
    uow.accounts.start_session(session)
    return SignedIn(session, token)


def _mark(account: Account) -> str:
    return token_hash(account.password_hash)[:32]
