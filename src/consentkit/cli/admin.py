"""``consentkit admin``: the accounts of the audit view."""

from __future__ import annotations

import collections.abc as cabc
import contextlib
import re
import sys

import click

from ..clock import SystemClock
from ..errors import AccountRefused
from ..operations.create_account import check_email
from ..operations.create_account import check_new_password
from ..operations.create_account import create_account
from ..operations.passwords import MIN_PASSWORD_LENGTH
from ..operations.passwords import new_password
from ..storage.accounts import ALL_SITES
from ..storage.accounts import Role
from .context import open_database

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
    if any(_SITE.fullmatch(site) is None for site in sites):
        raise click.UsageError("A site's id has small letters, digits, - and _ alone, as in its file.")
    given = _given_password(from_stdin=password_stdin)
    password = given or new_password()
    with _wrong_use():
        check_new_password(password)
    with open_database().unit_of_work() as uow:
        account = create_account(
            uow, email, role=Role(role), password=password, clock=SystemClock(), sites=sites or (ALL_SITES,)
        )
    where = f" on {', '.join(sites)}" if sites else ""
    click.echo(f"Created {account.email}, {account.role}{where}.")
    if not given:
        click.echo(f"Password: {password}")
        click.echo("It is shown only now.", err=True)


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
