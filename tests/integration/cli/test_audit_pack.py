"""``consentkit audit-pack``."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from consentkit.cli import consentkit_cli
from consentkit.operations import camera
from consentkit.storage import migrate
from consentkit.storage.recorder import DirectRecorder
from consentkit.storage.unit_of_work import Database
from consentkit.testing import FrozenClock
from tests import receipts as made
from tests.e2e.chromium import find_chromium

PERIOD = ("--since", "2020-01-01", "--until", "2030-01-01", "--site", "steppe-herald")


@pytest.fixture
def runner(sqlite_url: str) -> CliRunner:
    """Runs commands over a database with one decision."""
    database = Database(sqlite_url)
    migrate.upgrade(database)
    shown = made.notice()
    with database.unit_of_work() as uow:
        uow.notices.add_if_absent(shown)
    DirectRecorder(database, FrozenClock()).record(made.record(shown), nonce=None)
    database.dispose()
    return CliRunner(env={"CONSENTKIT_DATABASE_URL": sqlite_url})


def test_a_file_appears_when_it_is_whole(runner: CliRunner, tmp_path: Path) -> None:
    """Nothing is said, and nothing else is left."""
    target = tmp_path / "out" / "pack.zip"
    target.parent.mkdir()
    done = runner.invoke(consentkit_cli, ["audit-pack", *PERIOD, "--no-pictures", "-o", str(target)])
    assert (done.exit_code, done.output) == (0, "")
    assert [path.name for path in target.parent.iterdir()] == ["pack.zip"]
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
        assert archive.read("records/records.csv").count(b"\n") == 2


def test_wrong_use_is_told_apart_from_nothing_to_show(runner: CliRunner, tmp_path: Path) -> None:
    """2 and 1; neither leaves a file."""
    target = str(tmp_path / "pack.zip")
    back = ["--since", "2026-11-24", "--until", "2026-11-23", "--site", "steppe-herald"]
    assert runner.invoke(consentkit_cli, ["audit-pack", *back, "-o", target]).exit_code == 2
    nobody = ["--since", "2026-11-23", "--until", "2026-11-24", "--site", "nobody"]
    done = runner.invoke(consentkit_cli, ["audit-pack", *nobody, "-o", target])
    assert done.exit_code == 1
    assert "no record" in done.output
    assert not Path(target).exists()


def test_a_real_browser_makes_the_pictures(runner: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As PNG, one for each layer; a browser that does not start leaves them out."""
    chromium = find_chromium()
    monkeypatch.setenv("CHROMIUM", str(chromium.executable))
    for name, value in chromium.environment.items():
        monkeypatch.setenv(name, str(value))
    with camera.open_camera() as photograph:
        assert photograph is not None
        picture = photograph("<!doctype html><title>A page</title><p>Words.")
    assert picture is not None
    assert picture.startswith(b"\x89PNG")
    for elsewhere in ("/bin/false", str(tmp_path / "nowhere")):
        monkeypatch.setenv("CHROMIUM", elsewhere)
        with camera.open_camera() as photograph:
            assert photograph is None
