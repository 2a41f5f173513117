"""``flask consentkit``, as a process of its own: Flask finds the commands of packages before it has an application."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest

from tests.sites import write_site

FLASK = pathlib.Path(sys.executable).with_name("flask")
APPLICATION = """
import flask
from consentkit import ConsentKit, signals

app = flask.Flask(__name__)
app.config.update(SECRET_KEY="of the tests", CONSENTKIT_DATABASE_URL={url!r}, CONSENTKIT_CONFIG={config!r})
ConsentKit(app)

@signals.policy_published.connect_via(app)
def tell(sender, site, kind, versions):
    print("heard", site, kind, sorted(versions))
"""


def flask_consentkit(folder: pathlib.Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in *folder*."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CONSENTKIT_", "FLASK_"))}
    command = [FLASK, "--app", "paper", "consentkit", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    """An application whose site and database are where only its own settings say."""
    (tmp_path / "elsewhere").mkdir()
    config = write_site(tmp_path / "elsewhere", locales=("en",))
    url = f"sqlite:///{tmp_path / 'elsewhere' / 'records.db'}"
    (tmp_path / "paper.py").write_text(APPLICATION.format(url=url, config=str(config)), "utf-8")
    return tmp_path


def test_the_settings_are_the_applications(folder: pathlib.Path) -> None:
    """Not the environment's: a command never works on another database than the site."""
    done = flask_consentkit(folder, "policy", "list")
    assert done.returncode == 0, done.stderr
    assert "steppe-herald  privacy" in done.stdout
    assert not (folder / "instance").exists()


def test_the_applications_listeners_hear_of_a_publication(folder: pathlib.Path) -> None:
    """The signal's sender is the application."""
    flask_consentkit(folder, "policy", "list")
    for policy in (folder / "elsewhere").rglob("*.md"):
        policy.write_text(policy.read_text("utf-8") + "\nOne sentence more.\n", "utf-8")
    done = flask_consentkit(folder, "policy", "publish", "--kind", "privacy")
    assert "heard steppe-herald privacy ['en']" in done.stdout, done.stderr


def test_without_an_application_there_is_still_the_environment(tmp_path: pathlib.Path) -> None:
    """So that a project can be begun by it."""
    done = flask_consentkit(tmp_path, "db", "current")
    assert done.returncode == 1
    assert "this release needs" in done.stdout
