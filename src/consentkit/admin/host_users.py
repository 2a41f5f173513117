"""The application's own users, where ``CONSENTKIT_ADMIN_USER_LOADER`` says who is signed in.

It is asked at every request: whom it does not name is out. What it says of roles is never stored, so nothing of it is
left when the setting goes; a row without a password and without a role stands for the user, to have a language and
saved filters.
"""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import functools
import importlib
import typing as t
import uuid

import flask

from ..errors import AccountRefused
from ..errors import UserLoaderFailed
from ..operations.create_account import check_email
from ..operations.sign_in import SESSION_LIFETIME
from ..runtime import current_runtime
from ..storage.accounts import ALL_SITES
from ..storage.accounts import Account
from ..storage.accounts import AccountSession
from ..storage.accounts import Role

if t.TYPE_CHECKING:
    from ..config import UserLoader

#: What is for accounts of our own alone, by endpoint.
OWN_ACCOUNTS = frozenset(
    {
        "sign_in_code",
        "sign_out",
        "invitation",
        "change_password",
        "end_sessions",
        "second_factor",
        "second_factor_picture",
        "confirm_second_factor",
        "new_recovery_codes",
        "remove_second_factor",
        "people",
        "invite",
        "withdraw_invitation",
        "grant",
        "disable",
        "enable",
        "reset_second_factor",
    }
)
# More than any user has; a role is looked up in it at every request.
_MOST_GRANTS = 10_000
_MAX_SITE = 100


def in_use() -> bool:
    """Whether the application says who is signed in."""
    return current_runtime().settings.admin_user_loader is not None


def current_user() -> AccountSession | None:
    """Return the application's user of this request, as a session that is stored nowhere.

    :raises UserLoaderFailed: it cannot be told who it is. Nobody is let in then.
    """
    runtime = current_runtime()
    configured = runtime.settings.admin_user_loader
    if configured is None:
        return None
    try:
        loader = _found(configured) if isinstance(configured, str) else configured
        # The request itself: a proxy would be another one's in another thread.
        user = loader(t.cast("t.Any", flask.request)._get_current_object())  # noqa: SLF001 - documented by Werkzeug
    except Exception as error:
        # Also what aborts: its page would be the application's, or an answer of ours to another question.
        raise UserLoaderFailed("CONSENTKIT_ADMIN_USER_LOADER failed.") from error
    if user is None:
        return None
    email, grants = _email(user), _grants(user)
    now = runtime.clock.now()
    account = _row(email)
    if account.disabled_at is not None:
        return None
    role = max(grants.values(), key=list(Role).index, default=Role.AUDITOR)
    return AccountSession(
        account=dataclasses.replace(account, grants=grants, role=role),
        token_hash="",
        created_at=now,
        last_seen_at=now,
        expires_at=now + SESSION_LIFETIME,
        locale=None,
    )


@functools.cache
def _found(path: str) -> UserLoader:
    # At the first request, not at start: the module may be the one that is making the application.
    module, _, name = path.partition(":")
    found: t.Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return t.cast("UserLoader", found)


def _field(user: object, name: str) -> object:
    return user.get(name) if isinstance(user, cabc.Mapping) else getattr(user, name, None)


def _email(user: object) -> str:
    email = _field(user, "email")
    if not isinstance(email, str):
        raise UserLoaderFailed("CONSENTKIT_ADMIN_USER_LOADER returned a user whose 'email' is no text.")
    try:
        return check_email(email)
    except AccountRefused as error:
        raise UserLoaderFailed("CONSENTKIT_ADMIN_USER_LOADER returned a user whose 'email' is no address.") from error


def _grants(user: object) -> dict[str, Role]:
    grants = _field(user, "grants")
    if not isinstance(grants, cabc.Mapping) or len(grants) > _MOST_GRANTS:
        raise UserLoaderFailed("CONSENTKIT_ADMIN_USER_LOADER returned a user whose 'grants' are no mapping.")
    found = {}
    for site, role in grants.items():
        # One that is wrong makes all of them doubtful.
        if not (isinstance(site, str) and isinstance(role, str) and 0 < len(site) <= _MAX_SITE and role in set(Role)):
            raise UserLoaderFailed(
                f"CONSENTKIT_ADMIN_USER_LOADER returned a user whose 'grants' are not of the form "
                f"{{site or '{ALL_SITES}': {' or '.join(repr(one.value) for one in Role)}}}."
            )
        found[site] = Role(role)
    return found


def _row(email: str) -> Account:
    runtime = current_runtime()
    with runtime.database.unit_of_work(read_only=True) as uow:
        found = uow.accounts.by_email(email)
    if found is not None:
        return found
    with runtime.database.unit_of_work() as uow:
        uow.accounts.add(
            Account(
                id=str(uuid.uuid4()),
                email=email,
                role=Role.AUDITOR,
                grants={},
                # The hash of no password.
                password_hash="",
                created_at=runtime.clock.now(),
            )
        )
        # Of several at once one has added it.
        added = uow.accounts.by_email(email)
    if added is None:
        raise UserLoaderFailed("The user could not be stored.")
    return added
