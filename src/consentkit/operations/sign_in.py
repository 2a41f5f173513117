"""Sign an account in: check the password, end the browser's old session, start a new one."""

from __future__ import annotations

import dataclasses
import datetime as dt
import secrets
import typing as t

from ..clock import Clock
from ..storage.accounts import AccountSession
from ..storage.accounts import token_hash
from .passwords import check_password
from .resume_session import is_token

if t.TYPE_CHECKING:
    from ..storage.unit_of_work import Database

#: How long a session lasts at most, however much it is used.
SESSION_LIFETIME = dt.timedelta(hours=12)


@dataclasses.dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session, and the token that only its browser will know."""

    session: AccountSession
    token: str = dataclasses.field(repr=False)


def sign_in(
    database: Database,
    email: str,
    password: str,
    *,
    locale: str | None,
    replaces: str | None,
    clock: Clock,
) -> SignedIn | None:
    """Start a session, or return ``None`` where address and password do not belong to an account in use.

    The token is always a new one, whatever the browser sent: a session that somebody else planted is worth nothing.
    It opens its own units of work, for no transaction should be held open while the password is hashed.

    :param locale: the language that was chosen before signing in.
    :param replaces: the token that the browser has, whose session ends.
    :raises StoreUnavailable: as the store does.
    """
    with database.unit_of_work(read_only=True) as uow:
        account = uow.accounts.by_email(email)
    check = check_password(account.password_hash if account else None, password)
    if account is None or not check.holds or account.disabled_at is not None:
        return None
    now = clock.now()
    token = secrets.token_urlsafe(32)
    session = AccountSession(
        account=account,
        token_hash=token_hash(token),
        created_at=now,
        last_seen_at=now,
        expires_at=now + SESSION_LIFETIME,
        locale=locale,
    )
    with database.unit_of_work() as uow:
        if check.new_hash is not None:
            uow.accounts.set_password_hash(account.id, check.new_hash)
        if is_token(replaces):
            uow.accounts.end_session(token_hash(replaces))
        uow.accounts.forget_sessions(expired_at=now)
        uow.accounts.note_sign_in(account.id, at=now)
        uow.accounts.start_session(session)
    return SignedIn(session, token)
