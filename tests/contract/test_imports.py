"""The floors of the house: imports only go down."""

from __future__ import annotations

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[2]


def test_every_import_goes_down():
    """The contracts in pyproject.toml hold, and every top-level module has been given a floor."""
    command = [str(pathlib.Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_module_is_named_after_a_habit():
    """Modules are named after things, and none is so long that it must hold two."""
    modules = list((ROOT / "src").rglob("*.py"))
    assert modules
    habits = {"utils", "util", "helpers", "common", "misc", "manager", "base_utils"}
    assert [module.name for module in modules if module.stem in habits] == []
    # The verifier that stands alone is one file: that is what it is for.
    modules = [module for module in modules if module.parent.name != "verifier"]
    long = {module.name: lines for module in modules if (lines := len(module.read_text("utf-8").splitlines())) > 450}
    assert long == {}
