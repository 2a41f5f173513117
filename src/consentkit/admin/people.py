"""The people who may sign in, for owners: their roles, invitations, disabled accounts, lost second factors."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import typing as t

import flask

from ..consent.model import localize
from ..enforcement.origins import origin_of
from ..errors import AccountRefused
from ..errors import LastOwner
from ..errors import NotFound
from ..i18n.catalog import N_
from ..operations import people as operations
from ..operations.create_account import check_email
from ..operations.people import Invited
from ..runtime import current_runtime
from ..storage.accounts import ALL_SITES
from ..storage.accounts import Account
from ..storage.accounts import Role
from .access_events import tell
from .rendering import current_session
from .rendering import current_words
from .rendering import redirect
from .rendering import render
from .rights import allowed_sites
from .rights import configured_sites
from .roles import Right
from .words import ROLES

if t.TYPE_CHECKING:
    from ..storage.invitations import Invitation

_MAX_EMAIL = 254

#: What was done, by the word that stands in the address.
_DONE = {
    "changed": N_("The role was changed."),
    "taken": N_("The role was taken away."),
    "given": N_("They have an account already. It has the role from now on."),
    "withdrawn": N_("The invitation was taken back. Its link does not work any more."),
    "disabled": N_("The account was disabled. Whoever used it is signed out."),
    "enabled": N_("The account can be used again."),
    "reset": N_("The second factor was taken away. Sign-in takes the password alone until they set up another one."),
}
_BAD_EMAIL = N_("Enter an e-mail address such as anna@example.org.")
_BAD_CHOICE = N_("Choose a site and a role from the lists.")
_HAS_ACCOUNT = N_("This address has an account with a role there, or one that is disabled. Look for it in the list.")
_LAST_OWNER = N_("Somebody must own this. Make somebody else an owner first.")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An account as the list shows it.

    :param grants: site, its name, the role; those alone that the officer may change.
    :param free: where no role was given yet: site and name. :param has_more: whether it has roles on other sites.
    """

    account: Account
    grants: cabc.Sequence[tuple[str, str, Role]]
    free: cabc.Sequence[tuple[str, str]]
    has_more: bool
    may_disable: bool
    has_second_factor: bool


def people() -> flask.Response:
    """Answer ``GET admin/people``."""
    return _page(200, done=_DONE.get(flask.request.args.get("done", "")))


def post_invite() -> flask.Response:
    """Answer ``POST admin/people/invite``: the page with the link, which is shown this once.

    :raises NotFound: they may not read on that site. :raises RightMissing: they may read there, not invite.
    """
    form = flask.request.form
    email, site, role = form.get("email", "")[: _MAX_EMAIL + 1], form.get("site", ""), _role(form.get("role"))
    asked = {"email": email, "site": site, "role": form.get("role", "")}
    if role is None or not _is_place(site):
        return _page(400, error=_BAD_CHOICE, asked=asked)
    runtime = current_runtime()
    try:
        check_email(email)
    except AccountRefused:
        return _page(400, error=_BAD_EMAIL, asked=asked)
    tell(sites=(site,), more={"person": email, "site": site, "role": role.value})
    try:
        with runtime.database.unit_of_work() as uow:
            invited = operations.invite_to(uow, email, site, role, by=_by(), clock=runtime.clock)
    except AccountRefused:
        return _page(400, error=_HAS_ACCOUNT, asked=asked)
    if invited.token is None:
        return _done("given")
    return _page(200, invited=invited, link=_link(invited))


def post_withdraw() -> flask.Response:
    """Answer ``POST admin/people/withdraw``.

    :raises NotFound: there is no such invitation.
    """
    with current_runtime().database.unit_of_work() as uow:
        email = flask.request.form.get("email", "")[:_MAX_EMAIL]
        operations.withdraw_invitations(uow, email, by=_by())
    tell(more={"change": "withdrawn", "person": email})
    return _done("withdrawn")


def post_grant(account_id: str) -> flask.Response:
    """Answer ``POST admin/people/ID/grant``: give a role, change it, or with an empty one take it away.

    :raises NotFound: there is no such account, or none that may be seen. :raises RightMissing: it may not be done.
    """
    form = flask.request.form
    site, wanted = form.get("site", ""), form.get("role")
    role = _role(wanted)
    if wanted is None or (wanted and role is None):
        return _page(400, error=_BAD_CHOICE)
    # A role on a site that is not configured any more can be taken away, and nothing else.
    if role is not None and not _is_place(site):
        raise NotFound("There is no such site.")
    tell(more={"role": "" if role is None else role.value})
    try:
        with current_runtime().database.unit_of_work() as uow:
            account = operations.change_grant(uow, account_id, site, role, by=_by())
    except LastOwner:
        return _page(409, error=_LAST_OWNER)
    tell(sites=(site,), more={"site": site})
    return _done("taken" if role is None else "changed", account)


def post_disable(account_id: str) -> flask.Response:
    """Answer ``POST admin/people/ID/disable``. Raises as :func:`post_grant`."""
    runtime = current_runtime()
    try:
        with runtime.database.unit_of_work() as uow:
            account = operations.disable_account(uow, account_id, by=_by(), clock=runtime.clock)
    except LastOwner:
        return _page(409, error=_LAST_OWNER)
    return _done("disabled", account)


def post_enable(account_id: str) -> flask.Response:
    """Answer ``POST admin/people/ID/enable``. Raises as :func:`post_grant`."""
    with current_runtime().database.unit_of_work() as uow:
        account = operations.enable_account(uow, account_id, by=_by())
    return _done("enabled", account)


def post_reset_second_factor(account_id: str) -> flask.Response:
    """Answer ``POST admin/people/ID/reset-second-factor``. Raises as :func:`post_grant`."""
    with current_runtime().database.unit_of_work() as uow:
        account = operations.reset_second_factor(uow, account_id, by=_by())
    return _done("reset", account)


def _by() -> str:
    session = current_session()
    if session is None:
        raise NotFound("Nobody is signed in.")
    return session.account.id


def _role(text: str | None) -> Role | None:
    return Role(text) if text in set(Role) else None


def _is_place(site: str) -> bool:
    return site == ALL_SITES or site in current_runtime().sites


def _done(what: str, account: Account | None = None) -> flask.Response:
    anchor = None if account is None else f"account-{account.id}"
    if account is not None:
        tell(more={"change": what, "person": account.email})
    return redirect(flask.url_for(".people", done=what, _anchor=anchor))


def _link(invited: Invited) -> str:
    # The browser's own word on where it is: behind a proxy that does not tell, this side would not know. The rule for
    # posts has checked it.
    origin = origin_of(flask.request.headers.get("Origin") or "", bare=True) or flask.request.host_url.rstrip("/")
    return origin + flask.url_for(".invitation", token=invited.token)


def _page(
    status: int,
    *,
    error: str | None = None,
    done: str | None = None,
    asked: cabc.Mapping[str, str] | None = None,
    invited: Invited | None = None,
    link: str | None = None,
) -> flask.Response:
    words = current_words()
    runtime = current_runtime()
    with runtime.database.unit_of_work(read_only=True) as uow:
        # As it is now, not as it was before what was just done.
        asking = uow.accounts.get(_by())
        accounts, factors, waiting = uow.accounts.all(), uow.second_factors.confirmed(), uow.invitations.all()
    if asking is None:
        raise NotFound("Nobody is signed in.")
    names = _site_names()
    places = [
        (site, names.get(site, site)) for site in ([ALL_SITES] if allowed_sites(Right.MANAGE_ACCOUNTS) is None else [])
    ]
    places += [(site, names[site]) for site in configured_sites(Right.MANAGE_ACCOUNTS)]
    now = runtime.clock.now()
    return render(
        "people.html",
        status=status,
        error=words.gettext(error) if error else None,
        done=words.gettext(done) if done else None,
        asked=asked or dict.fromkeys(("email", "site", "role"), ""),
        invited=invited,
        link=link,
        places=places,
        people=[
            _person(asking, account, names, places, has_second_factor=account.id in factors)
            for account in accounts
            if operations.sees(asking, account)
        ],
        invitations=[
            (one, _named(one, names))
            for one in waiting
            if one.expires_at > now and operations.may_withdraw(asking, one)
        ],
        is_everywhere=operations.manages(asking, ALL_SITES),
        roles=[(role.value, words.gettext(ROLES[role])) for role in Role],
    )


def _person(
    asking: Account,
    account: Account,
    names: cabc.Mapping[str, str],
    places: cabc.Sequence[tuple[str, str]],
    *,
    has_second_factor: bool,
) -> Person:
    managed = {site: role for site, role in account.grants.items() if operations.manages(asking, site)}
    return Person(
        account=account,
        grants=[(site, names.get(site, site), role) for site, role in managed.items()],
        free=[place for place in places if place[0] not in account.grants],
        has_more=len(managed) < len(account.grants),
        may_disable=operations.may_disable(asking, account),
        has_second_factor=has_second_factor,
    )


def _site_names() -> dict[str, str]:
    words = current_words()
    named = {
        site: localize(one.site.site.name, words.tag, *one.site.locales) or site
        for site, one in current_runtime().sites.items()
    }
    return {ALL_SITES: words.gettext(N_("All sites")), **named}


def _named(invitation: Invitation, names: cabc.Mapping[str, str]) -> list[tuple[str, Role]]:
    return [(names.get(site, site), role) for site, role in invitation.grants.items()]
