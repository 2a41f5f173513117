"""Accounts and their sessions, on both databases."""

from __future__ import annotations

import datetime as dt
import typing as t
import uuid

from consentkit.storage.accounts import Account
from consentkit.storage.accounts import AccountSession
from consentkit.storage.accounts import Role
from consentkit.storage.accounts import token_hash
from tests.factories import NOON

if t.TYPE_CHECKING:
    from consentkit.storage.unit_of_work import Database


def make_account(email: str = "anna@example.org", **changes: t.Any) -> Account:
    """Return an owner's account, with *changes*."""
    fields: dict[str, t.Any] = {
        "id": str(uuid.uuid4()),
        "email": email,
        "role": Role.OWNER,
        "password_hash": "$argon2id$…",
        "created_at": NOON,
    }
    return Account(**(fields | changes))


def make_session(account: Account, token: str = "token", **changes: t.Any) -> AccountSession:
    """Return a session of *account*, with *changes*."""
    fields: dict[str, t.Any] = {
        "account": account,
        "token_hash": token_hash(token),
        "created_at": NOON,
        "last_seen_at": NOON,
        "expires_at": NOON + dt.timedelta(hours=12),
        "locale": None,
    }
    return AccountSession(**(fields | changes))


def test_an_account_comes_back_as_it_was_stored(database: Database) -> None:
    """Found by its address in any form, and by no other."""
    account = make_account()
    with database.unit_of_work() as uow:
        assert uow.accounts.add(account)
    with database.unit_of_work(read_only=True) as uow:
        assert uow.accounts.by_email(" Anna@Example.org ") == account
        for email in ("boris@example.org", "", "\x00", "' OR 1=1 --", "%", "x" * 100_000):
            assert uow.accounts.by_email(email) is None


def test_an_address_has_one_account(database: Database) -> None:
    """The second one is told, and changes nothing."""
    account = make_account()
    with database.unit_of_work() as uow:
        assert uow.accounts.add(account)
        assert not uow.accounts.add(make_account(role=Role.AUDITOR))
    with database.unit_of_work(read_only=True) as uow:
        assert uow.accounts.by_email(account.email) == account


def test_a_session_comes_back_with_its_account(database: Database) -> None:
    """As it was stored, and as it was changed since."""
    account = make_account()
    session = make_session(account)
    with database.unit_of_work() as uow:
        uow.accounts.add(account)
        uow.accounts.start_session(session)
    with database.unit_of_work() as uow:
        assert uow.accounts.session(session.token_hash) == session
        assert uow.accounts.session("another") is None
        uow.accounts.touch_session(session.token_hash, at=NOON + dt.timedelta(minutes=5))
        uow.accounts.set_session_locale(session.token_hash, "kk")
    with database.unit_of_work() as uow:
        changed = uow.accounts.session(session.token_hash)
        assert changed == make_session(account, last_seen_at=NOON + dt.timedelta(minutes=5), locale="kk")
        uow.accounts.end_session(session.token_hash)
        assert uow.accounts.session(session.token_hash) is None


def test_sessions_that_are_over_are_forgotten(database: Database) -> None:
    """Those that hold stay."""
    account = make_account()
    over = make_session(account, "over", expires_at=NOON)
    holds = make_session(account, "holds", expires_at=NOON + dt.timedelta(seconds=1))
    with database.unit_of_work() as uow:
        uow.accounts.add(account)
        uow.accounts.start_session(over)
        uow.accounts.start_session(holds)
        uow.accounts.forget_sessions(expired_at=NOON)
    with database.unit_of_work(read_only=True) as uow:
        assert uow.accounts.session(over.token_hash) is None
        assert uow.accounts.session(holds.token_hash) == holds


def test_disabling_an_account_ends_its_sessions(database: Database) -> None:
    """Its own alone; and the time of the first disabling stays."""
    anna, boris = make_account(), make_account("boris@example.org")
    with database.unit_of_work() as uow:
        for account in (anna, boris):
            uow.accounts.add(account)
            uow.accounts.start_session(make_session(account, account.email))
        uow.accounts.disable(anna.id, NOON)
        uow.accounts.disable(anna.id, NOON + dt.timedelta(days=1))
    with database.unit_of_work(read_only=True) as uow:
        found = uow.accounts.by_email(anna.email)
        assert found is not None
        assert found.disabled_at == NOON
        assert uow.accounts.session(token_hash(anna.email)) is None
        assert uow.accounts.session(token_hash(boris.email)) is not None


def test_nothing_printed_holds_a_hash(database: Database) -> None:
    """Logs and errors show accounts without their secrets."""
    account = make_account()
    assert account.password_hash not in repr(account)
    assert make_session(account).token_hash not in repr(make_session(account))
