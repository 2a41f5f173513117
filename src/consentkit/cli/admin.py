"""``consentkit admin``: the accounts of the audit view."""

from __future__ import annotations

import collections.abc as cabc
import contextlib
import re
import sys

import click

from ..clock import SystemClock
from ..errors import AccountRefused
from ..errors import NotFound
from ..ledger.events import What
from ..operations.create_account import check_email
from ..operations.create_account import check_new_password
from ..operations.create_account import create_account
from ..operations.invite import invite
from ..operations.keep_access import keep_command
from ..operations.passwords import MIN_PASSWORD_LENGTH
from ..operations.passwords import new_password
from ..storage.accounts import ALL_SITES
from ..storage.accounts import Role
from .context import load_sites
from .context import open_database
from .context import open_settings

# More than any password that is taken, so that a longer one is seen to be too long.
_MAX_LINE = 4096
_SITE = re.compile(r"[a-z][a-z0-9_-]{0,39}", re.ASCII)


@click.group()
def admin() -> None:
    """Look after the accounts of the audit view."""


@admin.command("create-user")
@click.argument("email")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    required=True,
    help="What the account may do.",
)
@click.option("--site", "sites", multiple=True, metavar="ID", help="Only on this site. May be given several times.")
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of the standard input.")
def create_user(email: str, role: str, sites: tuple[str, ...], *, password_stdin: bool) -> None:
    """Create the account EMAIL.

    Asks for a password of at least 12 characters. Without a terminal to ask at, or with an empty answer, it makes one
    and prints it, once.
    """
    with _wrong_use():
        check_email(email)
    _check_sites(sites)
    given = _given_password(from_stdin=password_stdin)
    password = given or new_password()
    with _wrong_use():
        check_new_password(password)
    database = open_database()
    more = {"person": email, "role": role}
    keep_command(database, What.PERSON_CREATE, clock=SystemClock(), sites=sites or (ALL_SITES,), filter=more)
    with database.unit_of_work() as uow:
        account = create_account(
            uow, email, role=Role(role), password=password, clock=SystemClock(), sites=sites or (ALL_SITES,)
        )
    where = f" on {', '.join(sites)}" if sites else ""
    click.echo(f"Created {account.email}, {account.role}{where}.")
    if not given:
        click.echo(f"Password: {password}")
        click.echo("It is shown only now.", err=True)


@admin.command("invite")
@click.argument("email")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True, help="What they may do.")
@click.option("--site", "sites", multiple=True, metavar="ID", help="Only on this site. May be given several times.")
def invite_somebody(email: str, role: str, sites: tuple[str, ...]) -> None:
    """Invite EMAIL, and print the link by which they choose a password.

    It works once, for seven days, and is printed only now. Inviting the same address again makes the link before
    worthless.
    """
    _check_sites(sites)
    known = load_sites()
    if missing := [site for site in sites if site not in known]:
        raise click.UsageError(f"There is no site '{missing[0]}' in the configuration.")
    grants = dict.fromkeys(sites or (ALL_SITES,), Role(role))
    with _wrong_use():
        check_email(email)
    database = open_database()
    more = {"person": email, "role": role}
    keep_command(database, What.PERSON_INVITE, clock=SystemClock(), sites=grants, filter=more)
    with _wrong_use(), database.unit_of_work() as uow:
        token = invite(uow, email, grants=grants, by="the command line", clock=SystemClock())
    origins = [origin for name in sites or known for origin in known[name][0].site.origins]
    click.echo(f"{next(iter(origins), '')}{open_settings().url_prefix}/admin/invitations/{token}")
    click.echo("It is shown only now, and works once, for seven days.", err=True)


@admin.command("reset-second-factor")
@click.argument("email")
def reset_second_factor(email: str) -> None:
    """Take the second factor of the account EMAIL away, with its recovery codes, and end its sessions.

    For an owner who has lost them: the others can ask an owner.
    """
    database = open_database()
    more = {"change": "reset", "person": email[:254]}
    keep_command(database, What.PERSON_CHANGE, clock=SystemClock(), filter=more)
    with database.unit_of_work() as uow:
        uow.accounts.hold()
        account = uow.accounts.by_email(email)
        if account is None:
            raise NotFound(f"There is no account '{email}'.")
        uow.second_factors.remove(account.id)
        uow.accounts.end_sessions(account.id)
    click.echo(f"{account.email} signs in with the password alone.")


def _check_sites(sites: cabc.Iterable[str]) -> None:
    if any(_SITE.fullmatch(site) is None for site in sites):
        raise click.UsageError("A site's id has small letters, digits, - and _ alone, as in its file.")


@contextlib.contextmanager
def _wrong_use() -> cabc.Iterator[None]:
    try:
        yield
    except AccountRefused as error:
        raise click.UsageError(str(error)) from None


def _given_password(*, from_stdin: bool) -> str:
    if from_stdin:
        # An empty line is a password that is too short, not a wish to have one made.
        password = sys.stdin.readline(_MAX_LINE).rstrip("\r\n")
        with _wrong_use():
            check_new_password(password)
        return password
    if not sys.stdin.isatty():
        return ""
    return str(
        click.prompt(
            f"Password (at least {MIN_PASSWORD_LENGTH} characters; empty to have one made)",
            default="",
            show_default=False,
            hide_input=True,
            confirmation_prompt=True,
        )
    )
