"""Look after the people who may sign in: give and take roles, disable accounts, reset second factors.

Who asks is looked up again in the transaction in which it is done, and no two of these run at once: of two owners who
demote each other at the same moment, one stays.
"""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import typing as t

from ..clock import Clock
from ..errors import AccountRefused
from ..errors import LastOwner
from ..errors import NotFound
from ..errors import RightMissing
from ..storage.accounts import ALL_SITES
from ..storage.accounts import Account
from ..storage.accounts import Role
from .create_account import check_email
from .invite import invite

if t.TYPE_CHECKING:
    from ..storage.invitations import Invitation
    from ..storage.unit_of_work import UnitOfWork


@dataclasses.dataclass(frozen=True, slots=True)
class Invited:
    """What came of inviting somebody.

    :param token: that of the link, stored nowhere; ``None`` where the address has an account, which has the role now.
    """

    email: str
    token: str | None = dataclasses.field(repr=False)


def manages(account: Account, site: str) -> bool:
    """Whether the account says who may do what on that site; for :data:`ALL_SITES`, on all of them."""
    return Role.OWNER in {account.grants.get(ALL_SITES), account.grants.get(site)}


def sees(by: Account, account: Account) -> bool:
    """Whether one account is there for another: one that has no role on sites that they manage is not."""
    return manages(by, ALL_SITES) or any(manages(by, site) for site in account.grants)


def may_disable(by: Account, account: Account) -> bool:
    """Whether one account may do to another what has an effect on every site where that has a role."""
    return sees(by, account) and all(manages(by, site) for site in account.grants)


def may_withdraw(by: Account, invitation: Invitation) -> bool:
    """Whether an account may take an invitation back: its own, or one for sites that it manages."""
    return all(manages(by, site) for site in invitation.grants)


def change_grant(uow: UnitOfWork, account_id: str, site: str, role: Role | None, *, by: str) -> Account:
    """Give an account a role on a site, or take the one away that it has there.

    :param site: the site's id, or :data:`ALL_SITES`. :param role: ``None`` takes it away. :param by: who asks.
    :raises NotFound: there is no such account, or none that they may see. :raises RightMissing: they may not do it
        there. :raises LastOwner: nobody else owns the site.
    """
    asking, account = _found(uow, account_id, by=by)
    _must_manage(asking, site)
    grants = {place: held for place, held in account.grants.items() if place != site}
    if role is not None:
        grants[site] = role
    if role is not Role.OWNER:
        _keep_owned(uow, account, {site}, own=grants)
    _set_grants(uow, account, grants)
    return dataclasses.replace(account, grants=grants)


def disable_account(uow: UnitOfWork, account_id: str, *, by: str, clock: Clock) -> Account:
    """Bar an account from signing in, and end its sessions.

    :raises NotFound: there is no such account, or none that they may see. :raises RightMissing: it has a role on sites
        that they do not manage. :raises LastOwner: nobody else owns a site that it owns.
    """
    account = _wholly(uow, account_id, by=by)
    _keep_owned(uow, account, account.grants.keys(), own={})
    uow.accounts.disable(account.id, clock.now())
    _forget_invitations(uow, account, {})
    return account


def enable_account(uow: UnitOfWork, account_id: str, *, by: str) -> Account:
    """Let an account sign in again. Raises as :func:`disable_account`."""
    account = _wholly(uow, account_id, by=by)
    uow.accounts.enable(account.id)
    return account


def reset_second_factor(uow: UnitOfWork, account_id: str, *, by: str) -> Account:
    """Take an account's second factor away, for who has lost it, and end its sessions.

    Raises as :func:`disable_account`.
    """
    account = _wholly(uow, account_id, by=by)
    uow.second_factors.remove(account.id)
    uow.accounts.end_sessions(account.id)
    return account


def invite_to(uow: UnitOfWork, email: str, site: str, role: Role, *, by: str, clock: Clock) -> Invited:
    """Invite somebody to a site; who has an account gets the role at once.

    :raises AccountRefused: the address is none, or its account is disabled or has a role there.
    :raises RightMissing: they may not do it there. :raises NotFound: they may not even read there.
    """
    asking = _asking(uow, by)
    _must_manage(asking, site)
    address = check_email(email)
    account = uow.accounts.by_email(address)
    if account is None:
        return Invited(address, invite(uow, address, grants={site: role}, by=asking.email, clock=clock))
    if account.disabled_at is not None or site in account.grants:
        raise AccountRefused("email", f"'{address}' has an account already.")
    _set_grants(uow, account, {**account.grants, site: role})
    return Invited(address, None)


def withdraw_invitations(uow: UnitOfWork, email: str, *, by: str) -> None:
    """Take back the invitations of an address, as far as they are for sites that who asks manages.

    :raises NotFound: there is none.
    """
    asking = _asking(uow, by)
    found = {one.token_hash for one in uow.invitations.all() if one.email == email and may_withdraw(asking, one)}
    if not found:
        raise NotFound("There is no such invitation.")
    uow.invitations.remove(found)


def _asking(uow: UnitOfWork, by: str) -> Account:
    # Before anything is read: what the page showed may have changed.
    uow.accounts.hold()
    account = uow.accounts.get(by)
    if account is None or account.disabled_at is not None:
        raise RightMissing("This account may not do anything any more.")
    return account


def _found(uow: UnitOfWork, account_id: str, *, by: str) -> tuple[Account, Account]:
    asking = _asking(uow, by)
    account = uow.accounts.get(account_id)
    if account is None or not sees(asking, account):
        raise NotFound("There is no such account.")
    return asking, account


def _wholly(uow: UnitOfWork, account_id: str, *, by: str) -> Account:
    asking, account = _found(uow, account_id, by=by)
    if not may_disable(asking, account):
        raise RightMissing("This account has a role on other sites too.")
    return account


def _must_manage(asking: Account, site: str) -> None:
    if manages(asking, site):
        return
    if site == ALL_SITES or ALL_SITES in asking.grants or site in asking.grants:
        raise RightMissing(f"This account does not manage '{site}'.")
    raise NotFound("There is no such site.")


def _keep_owned(uow: UnitOfWork, account: Account, sites: cabc.Iterable[str], *, own: cabc.Mapping[str, Role]) -> None:
    """Go on only where each of these sites that the account owns has an owner afterwards.

    :param own: what the account will have.
    """
    for site in sites:
        owned = account.disabled_at is None and account.grants.get(site) is Role.OWNER
        if not owned or own.get(ALL_SITES) is Role.OWNER:
            continue
        if not uow.accounts.owners(site, besides=account.id):
            raise LastOwner("grants", f"Nobody else owns '{site}'.")


def _set_grants(uow: UnitOfWork, account: Account, grants: cabc.Mapping[str, Role]) -> None:
    uow.accounts.set_grants(account.id, grants)
    _forget_invitations(uow, account, grants)


def _forget_invitations(uow: UnitOfWork, account: Account, grants: cabc.Mapping[str, Role]) -> None:
    # What somebody may not give any more, their invitations do not give either.
    after = dataclasses.replace(account, grants=grants)
    sent = [found for found in uow.invitations.all() if found.invited_by == account.email]
    uow.invitations.remove({one.token_hash for one in sent if not may_withdraw(after, one)})
