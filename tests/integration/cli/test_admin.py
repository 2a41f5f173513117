"""``consentkit admin``: accounts from the command line."""

from __future__ import annotations

import collections.abc as cabc
import re
from pathlib import Path

import click.testing
import pytest

from consentkit.cli import consentkit_cli
from consentkit.operations.passwords import check_password
from consentkit.storage.accounts import Account
from consentkit.storage.accounts import Role
from consentkit.storage.second_factors import SecondFactor
from consentkit.storage.unit_of_work import Database
from tests.sites import write_site

EMAIL = "anna@example.org"
PASSWORD = "a reading room in Akzhar"

Run = cabc.Callable[..., click.testing.Result]


@pytest.fixture
def run(database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs ``create-user`` on a database that is ready, once of each kind."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CONSENTKIT_DATABASE_URL", database_url)
    runner = click.testing.CliRunner()
    return lambda *arguments, **options: runner.invoke(consentkit_cli, ("admin", "create-user", *arguments), **options)


def stored(database: Database, email: str = EMAIL) -> Account | None:
    """Return the account of that address."""
    with database.unit_of_work(read_only=True) as uow:
        return uow.accounts.by_email(email)


@pytest.mark.parametrize("role", list(Role))
def test_an_account_is_made_with_a_password_of_its_own(run: Run, database: Database, role: Role) -> None:
    """Printed once, and never again: only its hash is stored."""
    result = run(EMAIL, "--role", role.value)
    assert result.exit_code == 0
    found = re.search(r"^Password: (\S{20,})$", result.stdout, re.MULTILINE)
    account = stored(database)
    assert found
    assert account is not None
    assert account.role is role
    assert check_password(account.password_hash, found[1]).holds


def test_a_password_can_be_piped_in(run: Run, database: Database) -> None:
    """It is not printed."""
    result = run("Anna@Example.ORG", "--role", "owner", "--password-stdin", input=f"{PASSWORD}\n")
    assert result.exit_code == 0
    assert PASSWORD not in result.output
    account = stored(database)
    assert account is not None
    assert check_password(account.password_hash, PASSWORD).holds


@pytest.mark.parametrize("password", ["", "too short", "x" * 300])
def test_a_password_of_a_wrong_length_is_refused(run: Run, database: Database, password: str) -> None:
    """The command says what is expected, exits 2, and makes no account."""
    result = run(EMAIL, "--role", "owner", "--password-stdin", input=f"{password}\n")
    assert result.exit_code == 2
    assert "expected at" in result.stderr
    assert stored(database) is None


def test_a_second_account_of_an_address_is_refused(run: Run, database: Database) -> None:
    """The first one stays as it is."""
    run(EMAIL, "--role", "owner", "--password-stdin", input=PASSWORD)
    result = run(EMAIL, "--role", "auditor")
    assert result.exit_code == 1
    assert result.stderr == f"'{EMAIL}' has an account already.\n"
    account = stored(database)
    assert account is not None
    assert account.role is Role.OWNER


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("anna", "--role", "owner"), "anna@example.org"),
        ((EMAIL, "--role", "emperor"), "emperor"),
        ((EMAIL,), "--role"),
    ],
)
def test_wrong_use_is_told(run: Run, arguments: tuple[str, ...], expected: str) -> None:
    """With what is expected."""
    result = run(*arguments)
    assert result.exit_code in {1, 2}
    assert expected in result.stderr


def test_an_invitation_is_printed_once(
    run: Run, database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The link goes to the output; the account is not there before it is followed."""
    assert run is not None
    monkeypatch.setenv("CONSENTKIT_CONFIG", str(write_site(tmp_path)))
    arguments = ("admin", "invite", EMAIL, "--role", "auditor")
    result = click.testing.CliRunner().invoke(consentkit_cli, arguments)
    assert result.exit_code == 0, result.output
    assert re.search(r"/consent/admin/invitations/[A-Za-z0-9_-]{43}$", result.stdout, re.MULTILINE)
    assert stored(database) is None
    with database.unit_of_work(read_only=True) as uow:
        assert [(found.email, dict(found.grants)) for found in uow.invitations.all()] == [(EMAIL, {"*": Role.AUDITOR})]


def test_nobody_is_invited_to_a_site_that_is_not_there(
    run: Run, database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A slip of the pen gives no grant that some later site would take up."""
    assert run is not None
    monkeypatch.setenv("CONSENTKIT_CONFIG", str(write_site(tmp_path)))
    arguments = ("admin", "invite", EMAIL, "--role", "auditor", "--site", "elsewhere")
    result = click.testing.CliRunner().invoke(consentkit_cli, arguments)
    assert result.exit_code == 2
    assert "elsewhere" in result.output
    with database.unit_of_work(read_only=True) as uow:
        assert uow.invitations.all() == []


def test_an_account_of_one_site(run: Run, database: Database) -> None:
    """It has its role there alone."""
    assert run(EMAIL, "--role", "editor", "--site", "herald").exit_code == 0
    account = stored(database)
    assert account is not None
    assert dict(account.grants) == {"herald": Role.EDITOR}
    assert run("ben@example.org", "--role", "editor", "--site", "*").exit_code == 2


def test_a_second_factor_is_reset(run: Run, database: Database) -> None:
    """For the owner who lost the telephone and the codes, with every session."""
    assert run(EMAIL, "--role", "owner", "--password-stdin", input=PASSWORD).exit_code == 0
    account = stored(database)
    assert account is not None
    now = account.created_at
    factor = SecondFactor(account_id=account.id, secret="x", created_at=now, confirmed_at=now, last_step=1)
    with database.unit_of_work() as uow:
        uow.second_factors.put(factor)
        uow.second_factors.put_codes(account.id, ["x"])
    runner = click.testing.CliRunner()
    result = runner.invoke(consentkit_cli, ("admin", "reset-second-factor", EMAIL.upper()))
    assert result.exit_code == 0, result.output
    with database.unit_of_work(read_only=True) as uow:
        assert uow.second_factors.get(account.id) is None
        assert uow.second_factors.count_codes(account.id) == 0
    result = runner.invoke(consentkit_cli, ("admin", "reset-second-factor", "nobody@example.org"))
    assert result.exit_code == 1
    assert "There is no account" in result.stderr
