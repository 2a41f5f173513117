"""Second factors: codes of an authenticator (TOTP, RFC 6238), and recovery codes for who has lost it."""

from __future__ import annotations

import datetime as dt
import hmac
import secrets
import typing as t
import unicodedata

import pyotp

from ..clock import Clock
from ..cookies.safe import Safe
from ..errors import AccountRefused
from ..errors import NotFound
from ..errors import SecretUnreadable
from ..storage.accounts import token_hash
from ..storage.second_factors import SecondFactor

if t.TYPE_CHECKING:
    from ..storage.unit_of_work import UnitOfWork

#: Names the use of the secret keys.
SALT = "consentkit.admin.second-factor.v1"
#: How long one may take from the picture to the first code.
SETUP_LIFETIME = dt.timedelta(minutes=30)
#: How many recovery codes there are at first.
RECOVERY_CODES = 10

_STEP_SECONDS = 30
# A telephone's clock may be off by one step (RFC 6238, 5.2).
_STEPS_OFF = 1
_DIGITS = 6
# 80 bits: what is stored of them cannot be tried out. Without letters and digits that look alike.
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP = 4, 4
_LONGEST = 64


def begin_second_factor(uow: UnitOfWork, account_id: str, *, safe: Safe, clock: Clock) -> None:
    """Make a secret. No code of it is asked for before one was shown.

    :raises AccountRefused: the account has a second factor; it has to be removed first.
    """
    # Two at once would both want to be the one.
    uow.accounts.hold()
    found = uow.second_factors.get(account_id)
    if found is not None and found.confirmed_at is not None:
        raise AccountRefused("second_factor", "The account has a second factor already.")
    uow.second_factors.put(
        SecondFactor(
            account_id=account_id,
            secret=safe.lock(pyotp.random_base32(), of=account_id),
            created_at=clock.now(),
            confirmed_at=None,
            last_step=0,
        )
    )


def pending_secret(uow: UnitOfWork, account_id: str, *, safe: Safe, clock: Clock) -> str:
    """Return the secret of which no code was shown yet. One that is confirmed is never told again.

    :raises NotFound: there is none, or it was made too long ago.
    """
    found = uow.second_factors.get(account_id)
    if found is None or found.confirmed_at is not None or clock.now() >= found.created_at + SETUP_LIFETIME:
        raise NotFound("No second factor is being set up.")
    try:
        return safe.unlock(found.secret, of=account_id)[0]
    except SecretUnreadable:
        raise NotFound("The secret was made with another key.") from None


def provisioning_uri(secret: str, *, email: str, issuer: str) -> str:
    """Return what the picture says to the authenticator."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=issuer)


def confirm_second_factor(
    uow: UnitOfWork, account_id: str, code: str, *, keep: str, safe: Safe, clock: Clock
) -> list[str] | None:
    """Ask for codes from now on, end the account's other sessions, and return its recovery codes.

    They are stored nowhere but as hashes.

    :param keep: the hash of the session that goes on. :returns: ``None`` where the code is wrong.
    :raises NotFound: no second factor is being set up.
    """
    secret = pending_secret(uow, account_id, safe=safe, clock=clock)
    step = _step_of(secret, _plain(code), clock)
    if step is None or not uow.second_factors.take_step(account_id, step, confirmed_at=clock.now()):
        return None
    uow.accounts.end_sessions(account_id, but=keep)
    return new_recovery_codes(uow, account_id)


def take_code(uow: UnitOfWork, account_id: str, code: str, *, safe: Safe, clock: Clock) -> bool:
    """Whether *code* is one that the account may sign in with now. From then on it is worth nothing."""
    plain = _plain(code)
    found = uow.second_factors.get(account_id)
    if found is None or found.confirmed_at is None:
        return False
    if len(plain) != _DIGITS:
        return uow.second_factors.take_code(account_id, token_hash(plain))
    try:
        secret, is_newest = safe.unlock(found.secret, of=account_id)
    except SecretUnreadable:
        # The key is gone: the recovery codes are left.
        return False
    step = _step_of(secret, plain, clock)
    if step is None or not uow.second_factors.take_step(account_id, step, confirmed_at=found.confirmed_at):
        return False
    if not is_newest:
        uow.second_factors.set_secret(account_id, safe.lock(secret, of=account_id))
    return True


def new_recovery_codes(uow: UnitOfWork, account_id: str) -> list[str]:
    """Put new recovery codes in the place of those that are left, and return them."""
    codes = [_new_code() for _ in range(RECOVERY_CODES)]
    uow.second_factors.put_codes(account_id, [token_hash(_plain(code)) for code in codes])
    return codes


def _new_code() -> str:
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))


def _plain(code: str) -> str:
    """Return a code without what people put between its characters, in small letters and our digits."""
    kept = (char for char in unicodedata.normalize("NFKC", code[:_LONGEST]).casefold() if char.isalnum())
    return "".join(str(unicodedata.decimal(char, char)) for char in kept)


def _step_of(secret: str, code: str, clock: Clock) -> int | None:
    """Return the step of which *code* is the code, if it is one around now."""
    now = int(clock.now().timestamp()) // _STEP_SECONDS
    totp = pyotp.TOTP(secret)
    found = None
    for step in range(now - _STEPS_OFF, now + _STEPS_OFF + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode()):
            found = step
    return found
