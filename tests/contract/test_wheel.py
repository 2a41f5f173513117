"""The wheel: everything that a site needs, and nothing that it does not."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import zipfile

import pytest

ROOT = pathlib.Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "consentkit"
MIGRATIONS = ROOT / "migrations"


def files(folder: pathlib.Path) -> set[str]:
    """Return the paths of the files below *folder* that are part of the project."""
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return {path for path in found if "__pycache__" not in path}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the wheel with the locked build system, without a network."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_the_package_and_its_migrations(wheel):
    """Templates, styles, scripts, catalogs and stories are in it; tests, widget sources and documents are not."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    expected = {f"consentkit/{path}" for path in files(PACKAGE)}
    expected |= {f"consentkit/_migrations/{path}" for path in files(MIGRATIONS)}
    assert names == expected
    assert {"consentkit/py.typed", "consentkit/_migrations/env.py"} <= names
    for folder, ending in (("i18n/locale", ".po"), ("web/static", ".js"), ("web/static", ".css"), ("web", ".html")):
        assert any(name.startswith(f"consentkit/{folder}/") and name.endswith(ending) for name in names), folder


def test_the_wheel_names_its_license_command_and_python(wheel):
    """The metadata is what an index shows and what installers act on."""
    with zipfile.ZipFile(wheel) as archive:
        by_name = {name.partition(".dist-info/")[2]: name for name in archive.namelist() if ".dist-info/" in name}
        metadata = archive.read(by_name["METADATA"]).decode()
        commands = archive.read(by_name["entry_points.txt"]).decode()
    assert "licenses/LICENSE" in by_name
    assert "License-Expression: Apache-2.0\n" in metadata
    assert "Requires-Python: >=3.11\n" in metadata
    assert "consentkit = consentkit.console:main" in commands


def test_an_installed_wheel_migrates_a_database(wheel, tmp_path):
    """Away from the source tree, the command finds its migrations, catalogs and templates."""
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CONSENTKIT_")}
    environment |= {"PYTHONPATH": str(installed), "CONSENTKIT_DATABASE_URL": f"sqlite:///{tmp_path / 'records.db'}"}
    program = (
        "import consentkit, sys; from consentkit.console import main\n"
        "assert consentkit.__file__.startswith(sys.argv.pop(1))\n"
        "sys.argv[0] = 'consentkit'; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(installed), "db", "upgrade"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "records.db").stat().st_size
