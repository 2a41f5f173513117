"""``consentkit policy``, as somebody at a terminal uses it."""

from __future__ import annotations

import pathlib

import pytest
from click.testing import CliRunner
from click.testing import Result

from consentkit.cli import consentkit_cli
from consentkit.policies.skeletons import skeleton

CONFIGURATION = """
[site]
id = "steppe-herald"
name = "Степной вестник"
origins = ["https://www.steppe-herald.example"]
locales = ["ru", "kk"]
[controller]
name = "ТОО «Степной вестник»"
address = "Алматы"
email = "privacy@steppe-herald.example"
[[purposes]]
id = "necessary"
legal_basis = "legitimate_interest"
[policies.privacy.files]
ru = "privacy.ru.md"
kk = "privacy.kk.md"
[policies.terms.files]
ru = "terms.ru.md"
kk = "terms.kk.md"
"""


@pytest.fixture
def folder(tmp_path: pathlib.Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A folder with a site's file and its policies, which the commands use."""
    (tmp_path / "consentkit.toml").write_text(CONFIGURATION, encoding="utf-8")
    for kind in ("privacy", "terms"):
        for tag in ("ru", "kk"):
            (tmp_path / f"{kind}.{tag}.md").write_text(skeleton(kind, tag), encoding="utf-8")
    monkeypatch.setenv("CONSENTKIT_CONFIG", str(tmp_path / "consentkit.toml"))
    monkeypatch.setenv("CONSENTKIT_DATABASE_URL", sqlite_url)
    return tmp_path


def policy(*arguments: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(consentkit_cli, ["policy", *arguments])


def change(folder: pathlib.Path, name: str) -> None:
    """Add a sentence to a policy."""
    path = folder / name
    path.write_text(path.read_text(encoding="utf-8") + "\nЕщё одно предложение.\n", encoding="utf-8")


def test_publishing_is_told_and_done_once(folder: pathlib.Path) -> None:
    """A second time there is nothing to do, and that is no failure."""
    first = policy("publish")
    assert (first.exit_code, len(first.output.splitlines())) == (0, 4)
    again = policy("publish")
    assert (again.exit_code, "Nothing to publish" in again.output) == (0, True)


def test_diff_shows_what_a_publication_would_change(folder: pathlib.Path) -> None:
    """And tells a script by its exit code whether there is anything."""
    assert policy("diff").exit_code == 1
    policy("publish")
    assert (policy("diff").exit_code, policy("diff").output) == (0, "")
    change(folder, "privacy.ru.md")
    result = policy("diff")
    assert result.exit_code == 1
    assert "+ Ещё одно предложение." in result.output
    assert "steppe-herald terms" not in result.output


def test_list_marks_what_is_in_force_and_what_asks_again(folder: pathlib.Path) -> None:
    """The newest first."""
    policy("publish")
    change(folder, "privacy.ru.md")
    assert "readers are asked again" in policy("publish", "--kind", "privacy", "--material").output
    lines = policy("list", "--kind", "privacy").output.splitlines()
    assert [(line[:2], line.split()[3 if line[:2].strip() else 2]) for line in lines] == [
        ("*!", "ru"),
        ("  ", "ru"),
        ("* ", "kk"),
    ]


def test_a_later_day_is_taken_and_an_earlier_one_refused(folder: pathlib.Path) -> None:
    """With exit code 2: the call was wrong."""
    policy("publish")
    change(folder, "terms.kk.md")
    refused = policy("publish", "--effective", "2020-01-01")
    assert (refused.exit_code, "or later" in refused.output) == (2, True)
    assert "holds from 2099-01-01" in policy("publish", "--effective", "2099-01-01").output


@pytest.mark.parametrize("arguments", [["--site", "nowhere"], ["--kind", "cookies"], ["--effective", "tomorrow"]])
def test_wrong_arguments_are_told(folder: pathlib.Path, arguments: list[str]) -> None:
    """Exit code 2, and what would have been right."""
    result = policy("publish", *arguments)
    assert result.exit_code == 2
    assert "Error: Invalid value" in result.output


def test_a_broken_file_publishes_nothing(folder: pathlib.Path) -> None:
    """Not even the files that are whole."""
    (folder / "terms.kk.md").write_bytes(b"# T\n\n\xff")
    result = policy("publish")
    assert result.exit_code == 2
    assert "terms.kk.md:3" in result.output
    assert policy("list").output == ""
