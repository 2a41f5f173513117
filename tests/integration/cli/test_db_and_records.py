from __future__ import annotations

import collections.abc as cabc
import datetime as dt
import json
from pathlib import Path

import click.testing
import pytest

from consentkit.cli import consentkit_cli
from consentkit.storage import migrate
from consentkit.storage.unit_of_work import Database
from tests.factories import NOON
from tests.factories import make_record

Run = cabc.Callable[..., click.testing.Result]


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs a command on an empty database, once of each kind."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CONSENTKIT_DATABASE_URL", database_url)
    runner = click.testing.CliRunner()
    return lambda *arguments: runner.invoke(consentkit_cli, arguments)


def fill(database_url: str, *days: int) -> list[str]:
    """Store a record of each of those days from noon on."""
    database = Database(database_url)
    migrate.upgrade(database)
    records = [make_record(sample=True, decided_at=NOON + dt.timedelta(days=day)) for day in days]
    with database.unit_of_work() as uow:
        uow.records.add_samples(records)
    database.dispose()
    return [record.id for record in records]


def test_the_database_is_upgraded_by_command(run: Run) -> None:
    """It says from where to where; a second time there is nothing to do."""
    assert run("db", "current").exit_code == 1
    first = run("db", "upgrade")
    assert (first.exit_code, first.output) == (0, f"empty -> {migrate.head()}\n")
    again = run("db", "upgrade")
    assert (again.exit_code, again.output) == (0, f"{migrate.head()} (nothing to do)\n")
    current = run("db", "current")
    assert (current.exit_code, current.output) == (0, f"{migrate.head()}\n")


@pytest.mark.parametrize("arguments", [("db", "current"), ("db", "upgrade"), ("records", "export")])
def test_a_database_that_is_not_there_is_one_line(monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]) -> None:
    """On the error stream, and the command exits 1."""
    monkeypatch.setenv("CONSENTKIT_DATABASE_URL", "postgresql://consentkit:s3cret@127.0.0.1:1/consentkit")
    result = click.testing.CliRunner().invoke(consentkit_cli, arguments)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert "s3cret" not in result.stderr


def test_a_wrong_url_is_wrong_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command exits 2 and names the setting."""
    monkeypatch.setenv("CONSENTKIT_DATABASE_URL", "mysql://host/name")
    result = click.testing.CliRunner().invoke(consentkit_cli, ["db", "current"])
    assert result.exit_code == 2
    assert "CONSENTKIT_DATABASE_URL" in result.stderr


def test_records_are_exported_to_the_standard_output(run: Run, database_url: str) -> None:
    """Nothing but the records: there is no progress in a pipe."""
    ids = fill(database_url, 0, 1, 2)
    result = run("records", "export", "--format", "jsonl")
    assert result.exit_code == 0
    assert result.stderr == ""
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == ids


def test_records_are_exported_by_site_and_time(run: Run, database_url: str) -> None:
    """A day begins at midnight in UTC; the end is not included."""
    ids = fill(database_url, 0, 1, 2)
    table = ("records", "export", "--format", "jsonl")

    def exported(*arguments: str) -> list[str]:
        return [json.loads(line)["id"] for line in run(*table, *arguments).stdout.splitlines()]

    assert exported("--since", "2026-11-24", "--until", "2026-11-25") == ids[1:2]
    assert exported("--since", "2026-11-24T17:00:00+05:00") == ids[1:]
    assert exported("--until", "2026-11-24T12:00:00Z") == ids[:1]
    assert exported("--site", "steppe-herald") == ids
    assert run(*table, "--site", "other").exit_code == 2


def test_a_wrong_time_is_wrong_use(run: Run) -> None:
    """It says what is expected."""
    result = run("records", "export", "--since", "yesterday")
    assert result.exit_code == 2
    assert "2026-11-23" in result.stderr


def test_an_export_goes_to_a_file(run: Run, database_url: str, tmp_path: Path) -> None:
    """A table unless asked otherwise, whole, and nothing is left beside it."""
    (record_id,) = fill(database_url, 0)
    result = run("records", "export", "-o", "records.csv")
    assert (result.exit_code, result.output) == (0, "")
    assert record_id in (tmp_path / "records.csv").read_bytes().decode().split("\r\n")[1]
    assert not list(tmp_path.glob("*.part"))


def test_a_file_that_cannot_be_written_is_told(run: Run, database_url: str) -> None:
    """The command exits 1 and names it."""
    fill(database_url, 0)
    result = run("records", "export", "-o", "no/such/folder/records.csv")
    assert result.exit_code == 1
    assert "no/such/folder/records.csv" in result.stderr


def test_a_failed_export_leaves_the_file_as_it_was(
    run: Run, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a file would look like a whole one."""
    fill(database_url, 0)
    kept = tmp_path / "records.csv"
    kept.write_text("of yesterday")
    assert run("records", "export", "-o", "records.csv", "--until", "9999-12-31").exit_code == 0
    kept.write_text("of yesterday")
    database = Database(database_url)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE consentkit_records RENAME COLUMN site TO place")
    database.dispose()
    result = run("records", "export", "-o", "records.csv")
    assert result.exit_code == 1
    assert kept.read_text() == "of yesterday"
    assert not list(tmp_path.glob("*.part"))
