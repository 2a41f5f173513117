"""``consentkit audit-pack``."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from consentkit.cli import consentkit_cli
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


PHOTOGRAPH = """
from consentkit.operations.camera import open_camera
with open_camera() as photograph:
    picture = photograph and photograph("<!doctype html><title>A page</title><p>Words.")
    print((picture or b"none")[:4])
"""


def test_a_real_browser_makes_the_pictures(tmp_path: Path) -> None:
    """As PNG; a browser that does not start, or is not there, leaves them out.

    In a process of its own: Playwright drives a browser once in each.
    """
    chromium = find_chromium()
    environment = {**os.environ, **chromium.environment}
    told = []
    for browser in (chromium.executable, "/bin/false", tmp_path / "nowhere"):
        environment["CHROMIUM"] = str(browser)
        command = [sys.executable, "-c", PHOTOGRAPH]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        told.append(done.stdout.strip())
    assert told == [r"b'\x89PNG'", "b'none'", "b'none'"]
