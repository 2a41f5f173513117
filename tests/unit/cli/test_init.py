"""``consentkit init``: what it writes is right, and it takes nothing away."""

from __future__ import annotations

import importlib.util
import os
import re
import stat
import sys
import tomllib
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from consentkit.cli.group import consentkit_cli
from consentkit.consent.load import load_site
from consentkit.consent.schema import json_schema
from consentkit.i18n.locales import KNOWN_LOCALES
from consentkit.notice.texts import TEXTS

HOME = "http://localhost"


def init(*arguments: str):
    """Run the command."""
    return CliRunner().invoke(consentkit_cli, ["init", *arguments])


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder that the command has filled."""
    folder = tmp_path / "new" / "courier"
    result = init(str(folder))
    assert result.exit_code == 0, result.output
    return folder


def test_the_configuration_is_right(site: Path) -> None:
    """It loads without a change, in all languages, and its policies are there."""
    loaded = load_site(site / "consentkit.toml", text_keys=TEXTS, locales=KNOWN_LOCALES)
    assert set(loaded.locales) == {"kk", "ru", "en", "ar"}
    assert set(loaded.policies.privacy.files) == set(loaded.policies.terms.files) == set(loaded.locales)


def test_the_configuration_fits_the_schema(site: Path) -> None:
    """Editors have nothing to say about it."""
    data = tomllib.loads((site / "consentkit.toml").read_text("utf-8"))
    jsonschema.Draft202012Validator(json_schema()).validate(data)


def test_the_configuration_has_every_key(site: Path) -> None:
    """What is not used is there as a comment, so that nobody has to look it up."""
    text = (site / "consentkit.toml").read_text("utf-8")
    written = set(re.findall(r"^(?:# )?([a-z_]+) = ", text, re.MULTILINE))
    headers = set(re.findall(r"^(?:# )?\[+([a-z_.]+?)[\].]", text, re.MULTILINE))
    tables = {part for name in re.findall(r"^(?:# )?\[+([a-z_.]+)\]", text, re.MULTILINE) for part in name.split(".")}
    schema = json_schema()
    keys = {key for part in schema["$defs"].values() for key in part.get("properties", {})}
    assert keys - written - tables == set()
    assert set(schema["properties"]) <= headers | tables


def test_every_key_that_is_commented_out_is_right_as_well(site: Path) -> None:
    """Taking the mark away gives a configuration that loads."""
    file = site / "consentkit.toml"
    text = re.sub(r"^# (?=\[+[a-z_.]+\]+$|[a-z_]+ = )", "", file.read_text("utf-8"), flags=re.MULTILINE)
    text = re.sub(r'^name = "Example Courier"\n(?=name)', "", text, flags=re.MULTILINE)
    text = re.sub(r"^urls = .*\n", "", text, flags=re.MULTILINE)
    file.write_text(text, "utf-8")
    loaded = load_site(file, text_keys=TEXTS, locales=KNOWN_LOCALES)
    assert loaded.network.country_header
    assert loaded.site.cookie_domain
    assert loaded.controller.representative
    assert loaded.notice.texts


def test_the_application_runs(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its page shows the notice, its policies can be read, and a refusal is taken."""
    for name in [name for name in os.environ if name.startswith(("CONSENTKIT_", "SECRET_KEY"))]:
        monkeypatch.delenv(name)
    spec = importlib.util.spec_from_file_location("courier_app", site / "app.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "courier_app", module)
    spec.loader.exec_module(module)
    client = module.app.test_client()
    page = client.get("/")
    assert page.status_code == 200
    assert 'id="consentkit-notice"' in page.text
    assert "Set-Cookie" not in page.headers
    for policy in ("privacy", "terms", "cookies"):
        assert client.get(f"/consent/{policy}").status_code == 200
    [notice] = re.findall(r'name="notice" value="([^"]+)"', page.text)[:1]
    form = {"action": "reject_all", "notice": notice, "locale": "en", "next": "/"}
    answer = client.post("/consent/decisions", data=form, headers={"Origin": HOME})
    assert answer.status_code == 303
    assert client.get_cookie("consentkit") is not None


def test_a_secret_of_its_own_is_made_for_each_site(site: Path, tmp_path: Path) -> None:
    """Nobody else can read it, and version control leaves it alone."""
    assert init(str(tmp_path / "other")).exit_code == 0
    secrets = [(folder / "instance" / "secret-key").read_text("ascii") for folder in (site, tmp_path / "other")]
    assert secrets[0] != secrets[1]
    assert all(re.fullmatch("[0-9a-f]{64}\n", secret) for secret in secrets)
    assert stat.S_IMODE((site / "instance" / "secret-key").stat().st_mode) == 0o600
    assert (site / "instance" / ".gitignore").read_text("ascii") == "*\n"


@pytest.mark.parametrize("name", ["consentkit.toml", "app.py", "policies/privacy.ru.md", "instance/secret-key"])
def test_nothing_is_overwritten(tmp_path: Path, name: str) -> None:
    """One file that is there already stops all of it, and is named."""
    mine = tmp_path / name
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("mine", "utf-8")
    result = init(str(tmp_path))
    assert result.exit_code == 1
    assert name in result.stderr
    assert mine.read_text("utf-8") == "mine"
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == [mine]


def test_a_link_that_leads_nowhere_is_not_followed(tmp_path: Path) -> None:
    """What somebody put there stays."""
    (tmp_path / "app.py").symlink_to(tmp_path / "elsewhere.py")
    assert init(str(tmp_path)).exit_code == 1
    assert not (tmp_path / "elsewhere.py").exists()


def test_other_files_do_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder in use can be filled; without an argument it is the current one."""
    (tmp_path / "README.md").write_text("mine", "utf-8")
    monkeypatch.chdir(tmp_path)
    result = init()
    assert result.exit_code == 0
    assert "flask run" in result.output
    assert "cd " not in result.output
    assert (tmp_path / "consentkit.toml").is_file()


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    """Wrong use exits 2."""
    (tmp_path / "file").touch()
    assert init(str(tmp_path / "file")).exit_code == 2


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """The message names it."""
    (tmp_path / "file").touch()
    result = init(str(tmp_path / "file" / "below"))
    assert result.exit_code == 1
    assert "cannot be written" in result.stderr
