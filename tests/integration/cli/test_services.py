"""``consentkit services observed``: for people, for programs, for the site's file, and to fail a build."""

from __future__ import annotations

import collections.abc as cabc
import json
import tomllib
from pathlib import Path

import click.testing
import pytest

from consentkit.cli import consentkit_cli
from consentkit.consent.load import parse_site
from consentkit.storage import migrate
from consentkit.storage.observations import Kind
from consentkit.storage.observations import Observation
from consentkit.storage.observations import Outcome
from consentkit.storage.observations import Seen
from consentkit.storage.unit_of_work import Database
from tests.factories import NOON
from tests.sites import write_site

Run = cabc.Callable[..., click.testing.Result]
See = cabc.Callable[..., None]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The file of a site."""
    return write_site(tmp_path)


@pytest.fixture
def see(tmp_path: Path) -> cabc.Iterator[See]:
    """Stores that something was seen at noon."""
    database = Database(f"sqlite:///{tmp_path / 'observed.db'}")
    migrate.upgrade(database)

    def store(name: str, *, kind: Kind = Kind.COOKIE, count: int = 1) -> None:
        seen = Seen("steppe-herald", kind, name, "", "news", 0, Outcome.WITHHELD)
        with database.unit_of_work() as uow:
            uow.observations.add(Observation(seen=seen, count=count, lifetime=60, first_seen=NOON, last_seen=NOON))

    yield store
    database.dispose()


@pytest.fixture
def run(site: Path, see: See, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs ``services observed``."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CONSENTKIT_CONFIG", str(site))
    monkeypatch.setenv("CONSENTKIT_DATABASE_URL", f"sqlite:///{tmp_path / 'observed.db'}")
    runner = click.testing.CliRunner()
    return lambda *arguments: runner.invoke(consentkit_cli, ["services", "observed", *arguments])


def test_strict_fails_a_build_when_something_undeclared_was_seen(run: Run, see: See) -> None:
    """A cookie or a host, if it was seen often enough; what is declared, and Flask's session, is no reason."""
    see("_count")
    see("session")
    see("counter.example", kind=Kind.HOST)
    assert run("--strict").exit_code == 0
    see("px.tracker.example", kind=Kind.HOST, count=2)
    assert run().exit_code == 0
    assert run("--strict").exit_code == 1
    assert run("--strict", "--at-least", "3").exit_code == 0
    assert run("--strict", "--since", "2026-11-24").exit_code == 0
    assert run("--strict", "--site", "steppe-herald", "--format", "json").exit_code == 1


@pytest.mark.parametrize(
    "wrong", [("--site", "nowhere"), ("--at-least", "0"), ("--since", "soon"), ("--format", "csv")]
)
def test_wrong_use_is_said(run: Run, wrong: tuple[str, str]) -> None:
    """With 2, and what there is."""
    result = run(*wrong)
    assert result.exit_code == 2
    assert wrong[1] in result.output


def test_toml_is_appended_to_the_sites_file(run: Run, see: See, site: Path) -> None:
    """And nothing is undeclared any more; an empty answer can be appended as well."""
    assert tomllib.loads(run("--format", "toml").stdout) == {}
    see("_ga")
    see("px.tracker.example", kind=Kind.HOST)
    with site.open("a", encoding="utf-8") as file:
        file.write("\n" + run("--format", "toml").stdout)
    assert parse_site(site.read_text("utf-8"), "site.toml").services[-1].id
    assert run("--strict").exit_code == 0


def test_json_is_for_programs(run: Run, see: See) -> None:
    """One object for each site, one for each thing."""
    see("_ga", count=3)
    [found] = json.loads(run("--format", "json").stdout)["sites"]
    assert found["site"] == "steppe-herald"
    first = found["entries"][0]
    assert (first["name"], first["standing"], first["seen"]) == ("_ga", "undeclared", {"withheld": 3})
    assert first["known"][0]["platform"] == "Google Analytics"
    assert found["proposals"]["entries"][0]["covers"] == [{"kind": "cookie", "name": "_ga"}]
    assert [one["unseen"] for one in found["entries"] if one["standing"] == "declared"] == [True, True]


def test_people_read_what_it_may_be_and_no_name_reaches_the_terminal_raw(run: Run, see: See) -> None:
    """Control characters in a name are written out."""
    see("_ga", count=3)
    see("\x1b[31mred\u202e")
    text = run().stdout
    assert "cookie _ga · perhaps Google Analytics (Analytics) · 3 withheld; 2026-11-23 to 2026-11-23" in text
    assert "counter (analytics)" in text
    assert "not seen in 90 days" in text
    assert r"\x1b[31mred\u202e" in text
    for form in ("text", "toml", "json"):
        assert all(char.isprintable() or char == "\n" for char in run("--format", form).stdout)
