"""Find the session that a browser's token stands for."""

from __future__ import annotations

import datetime as dt
import re
import typing as t

from ..clock import Clock
from ..storage.accounts import AccountSession
from ..storage.accounts import token_hash

if t.TYPE_CHECKING:
    from ..storage.unit_of_work import Database

#: How long a session lasts that is not used.
SESSION_IDLE = dt.timedelta(hours=1)
# Not every request is worth a write: the time of last use is exact to this.
_TOUCH_AFTER = dt.timedelta(minutes=1)

# 256 random bits in URL-safe base64.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


def resume_session(database: Database, token: str | None, *, clock: Clock) -> AccountSession | None:
    """Return the session of *token* if it still holds, and note that it is in use.

    :raises StoreUnavailable: as the store does.
    """
    if not is_token(token):
        return None
    now = clock.now()
    with database.unit_of_work(read_only=True) as uow:
        session = uow.accounts.session(token_hash(token))
    if session is None or not session_holds(session, now):
        return None
    if now - session.last_seen_at >= _TOUCH_AFTER:
        with database.unit_of_work() as uow:
            uow.accounts.touch_session(session.token_hash, at=now)
    return session


def is_token(value: str | None) -> t.TypeGuard[str]:
    """Whether *value* has the form of a session's token."""
    return value is not None and _TOKEN.fullmatch(value) is not None


def session_holds(session: AccountSession, now: dt.datetime) -> bool:
    """Whether a session is not over."""
    return (
        now < session.expires_at and now < session.last_seen_at + SESSION_IDLE and session.account.disabled_at is None
    )
