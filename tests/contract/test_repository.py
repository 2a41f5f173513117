"""The files of the project: nothing in them belongs to one machine."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parents[2]
LOCKS = ("requirements/runtime.txt", "requirements/dev.txt")
NPM_LOCKS = ("widget/package-lock.json", "tests/e2e/package-lock.json", "tests/bench/peers/package-lock.json")


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """Every text file that is part of the project, by path."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    found = {}
    for name in done.stdout.decode().split("\0"):
        path = ROOT / name
        if name and path.is_file():
            try:
                found[name] = path.read_text("utf-8")
            except UnicodeDecodeError:
                continue
    return found


def test_no_file_names_a_place_on_this_machine(texts):
    """Neither the clone's own path nor a home folder."""
    places = "|".join(re.escape(str(place) + os.sep) for place in (ROOT, pathlib.Path.home()))
    pattern = re.compile(rf"(?<![\w.~-])({places})")
    assert [name for name, text in texts.items() if pattern.search(text)] == []


def test_no_file_names_a_package_index(texts):
    """Which index packages come from is the machine's setting, never the project's."""
    hosts = [".".join(parts) for parts in (("pythonhosted", "org"), ("npmjs", "org"), ("npmmirror", "com"))]
    hosts += ["/".join(parts) for parts in (("pypi.org", "simple"), ("pypi", "simple"))]
    assert [name for name, text in texts.items() if any(host in text for host in hosts)] == []


@pytest.mark.parametrize("name", LOCKS)
def test_python_packages_are_locked_by_hash(name):
    """Every package has one version and at least one hash; the file has no address in it."""
    text = (ROOT / name).read_text("utf-8")
    assert "://" not in text
    packages = re.split(r"\n(?=[a-z0-9])", text)[1:]
    assert len(packages) > 20
    for package in packages:
        assert re.match(r"[a-z0-9.-]+(\[[a-z,]+\])?==\S+", package)
        assert "--hash=sha256:" in package


def test_the_runtime_lock_is_part_of_the_other():
    """Tests run with the versions that the demo runs with."""

    def pins(name: str) -> set[str]:
        return set(re.findall(r"^[a-z0-9\[\],.-]+==\S+", (ROOT / name).read_text("utf-8"), re.MULTILINE))

    assert pins(LOCKS[0]) < pins(LOCKS[1])


@pytest.mark.parametrize("name", NPM_LOCKS)
def test_npm_packages_are_locked_by_hash(name):
    """Every package has an integrity hash and none an address to fetch from."""
    text = (ROOT / name).read_text("utf-8")
    assert "://" not in text
    packages = json.loads(text)["packages"]
    others = {path: package for path, package in packages.items() if path}
    assert others
    assert [path for path, package in others.items() if "integrity" not in package] == []
