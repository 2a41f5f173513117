"""What `import consentkit` offers: a shop window, no more."""

from __future__ import annotations

import ast
import pathlib
import subprocess
import sys

import pytest

import consentkit

PUBLIC = {
    "BadCookie",
    "BadDecision",
    "ConfigError",
    "Consent",
    "ConsentKit",
    "ConsentKitError",
    "StoreUnavailable",
    "current_consent",
    "signals",
}


def test_the_package_offers_its_public_names_and_nothing_else():
    """Exactly these names are bound by the package itself, each marked as an export."""
    tree = ast.parse(pathlib.Path(consentkit.__file__).read_text("utf-8"))
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {alias.asname or alias.name for node in imports for alias in node.names}
    assert names - {"annotations"} == PUBLIC
    assert not [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.If)]


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_every_public_name_explains_itself(name):
    """Each has a docstring."""
    assert getattr(consentkit, name).__doc__


def test_the_offline_parts_import_without_a_web_server():
    """The nouns are importable with neither Flask nor SQLAlchemy loaded."""
    program = (
        "import importlib, sys\n"
        "sys.modules['consentkit'] = type(sys)('consentkit')\n"
        "sys.modules['consentkit'].__path__ = [sys.argv[1]]\n"
        "for name in ('consent.site', 'consent.load', 'cookies.codec', 'notice.render', 'policies.documents',\n"
        "             'i18n.catalog', 'enforcement.origins'):\n"
        "    importlib.import_module('consentkit.' + name)\n"
        "print(sorted({'flask', 'werkzeug', 'sqlalchemy', 'alembic', 'click'} & set(sys.modules)))\n"
    )
    folder = str(pathlib.Path(consentkit.__file__).parent)
    done = subprocess.run(
        [sys.executable, "-c", program, folder], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr
