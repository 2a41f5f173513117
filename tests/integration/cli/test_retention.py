"""The commands that erase, and hold back."""

from __future__ import annotations

import collections.abc as cabc
import datetime as dt
from pathlib import Path

import click.testing
import pytest

from consentkit.cli import consentkit_cli
from consentkit.clock import SystemClock
from consentkit.consent.decisions import Record
from consentkit.storage.recorder import DirectRecorder
from consentkit.storage.unit_of_work import Database
from tests.factories import make_record
from tests.log import SIGNER
from tests.log import begin_log
from tests.sites import write_site

Run = cabc.Callable[..., click.testing.Result]
SITE = "steppe-herald"


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs a command for a site with a log, once on each kind of database."""
    monkeypatch.setenv("CONSENTKIT_CONFIG", str(write_site(tmp_path)))
    monkeypatch.setenv("CONSENTKIT_DATABASE_URL", database_url)
    monkeypatch.setenv("CONSENTKIT_LOG_KEY", SIGNER.private_line)
    runner = click.testing.CliRunner()
    return lambda *arguments, **options: runner.invoke(consentkit_cli, arguments, **options)


@pytest.fixture
def records(database: Database) -> list[Record]:
    """An old decision, one of a reader who has one as old, and one of today."""
    begin_log(database)
    now = SystemClock().now()
    made = [
        make_record(subject_id=subject_id, salt=b"s" * 32, decided_at=now - age * dt.timedelta(days=1))
        for subject_id, age in ((None, 3001), ("a-reader", 3000), ("a-reader", 1))
    ]
    recorder = DirectRecorder(database, SystemClock())
    return [recorder.record(record, nonce=None).record for record in made]


def ids(database: Database) -> list[str]:
    """Return the ids of the reader's records."""
    with database.unit_of_work(read_only=True) as uow:
        return uow.erasures.of_subject(SITE, "a-reader", after=None, limit=10)


def test_what_is_past_its_time_goes(run: Run, database: Database, records: list[Record]) -> None:
    """A dry run says so before; what is held stays."""
    assert run("retention", "hold", records[1].id.upper(), "--reason", "Case 7").exit_code == 0
    assert "Case 7" in run("retention", "holds").stdout
    dry = run("retention", "run", "--dry-run")
    assert dry.stdout == "steppe-herald: 1 record would be erased, 1 held back for a legal claim.\n"
    done = run("retention", "run", "--site", SITE)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == "steppe-herald: 1 record erased, 1 held back for a legal claim.\n"
    assert run("retention", "release", records[1].id).exit_code == 0
    assert run("retention", "release", records[1].id).exit_code == 1
    assert run("retention", "run").stdout == "steppe-herald: 1 record erased.\n"
    assert ids(database) == [records[2].id]
    with database.unit_of_work(read_only=True) as uow:
        assert len(list(uow.statements.stream(SITE))) == 2


def test_a_site_that_is_not_configured_is_told_of(run: Run, database: Database, records: list[Record]) -> None:
    """Nobody says how long its records are kept; they go on request."""
    old = make_record(site="closed", subject_id="a-reader", salt=b"s" * 32)
    DirectRecorder(database, SystemClock()).record(old, nonce=None)
    done = run("retention", "run")
    assert done.stderr.startswith("closed: there are records")
    assert run("records", "erase", "--all", "--site", "closed", "--yes").stdout == "1 record erased.\n"
    assert run("records", "erase", "--all", "--site", SITE, "--yes").exit_code == 2
    assert ids(database) == [records[2].id]


def test_records_are_erased_on_request(run: Run, database: Database, records: list[Record]) -> None:
    """By their ids, or all of a subject, once it is confirmed."""
    assert run("records", "erase", records[2].id, input="n\n").exit_code == 1
    assert ids(database) == [records[1].id, records[2].id]
    assert run("records", "erase", records[2].id, input="y\n").stdout.endswith("1 record erased.\n")
    assert run("records", "erase", records[2].id, "--yes").exit_code == 1
    assert run("retention", "hold", records[1].id, "--reason", "Case 7").exit_code == 0
    held = run("records", "erase", "--subject", "a-reader", "--site", SITE, "--yes")
    assert (held.exit_code, records[1].id in held.stderr) == (1, True)
    assert run("retention", "release", records[1].id).exit_code == 0
    assert run("records", "erase", "--subject", "a-reader", "--site", SITE, "--yes").exit_code == 0
    assert ids(database) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("records", "erase"),
        ("records", "erase", "--subject", "a-reader"),
        ("records", "erase", "--all", "--subject", "a-reader", "--site", SITE),
        ("retention", "run", "--site", "nowhere"),
        ("retention", "hold", "nothing", "--reason", "Case 7"),
        ("retention", "hold", "018f3c5e-0000-7000-8000-000000000000", "--reason", " "),
    ],
)
def test_wrong_use(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    """The command exits 2, and nothing is done."""
    monkeypatch.setenv("CONSENTKIT_CONFIG", str(write_site(tmp_path)))
    monkeypatch.setenv("CONSENTKIT_DATABASE_URL", sqlite_url)
    assert click.testing.CliRunner().invoke(consentkit_cli, arguments).exit_code == 2
