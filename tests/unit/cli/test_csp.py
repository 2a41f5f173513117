"""``consentkit csp``: what a policy must allow, and what becomes of it by consent."""

from __future__ import annotations

import json
import pathlib

import click.testing
import pytest

from consentkit.cli import consentkit_cli
from tests.sites import write_site

MAPS = """
[[services]]
id = "maps"
name = "Maps"
provider = "Maps Ltd"
country = "KZ"
purposes = ["embeds"]
hosts = ["maps.example", "counter.example", "news.example"]
"""
ALWAYS = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob: https://news.example"


@pytest.fixture
def config(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A site, one host of which two purposes share."""
    path = write_site(tmp_path, origins=["https://news.example"])
    path.write_text(path.read_text("utf-8").replace("\n[notice]", f"{MAPS}\n[notice]"), encoding="utf-8")
    monkeypatch.setenv("CONSENTKIT_CONFIG", str(path))
    return path


def run(*arguments: str) -> str:
    """Return what the command prints."""
    done = click.testing.CliRunner().invoke(consentkit_cli, ["csp", *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_it_prints_the_policy_of_each_class_and_what_cannot_be_held_apart(config: pathlib.Path) -> None:
    """As JSON, for programs."""
    said = json.loads(run("--format", "json"))
    counter, all_of = f"{ALWAYS} counter.example", f"{ALWAYS} counter.example maps.example news.example"
    embeds = f"{ALWAYS} maps.example counter.example news.example"
    assert said["policies"] == {"steppe-herald": {"0": ALWAYS, "1": counter, "2": embeds, "3": all_of}}
    both = {"counter": ["analytics"], "maps": ["embeds"]}
    assert said["overlaps"]["steppe-herald"] == [
        {"host": "counter.example", "services": both, "own": False},
        {"host": "news.example", "services": {"maps": ["embeds"]}, "own": True},
    ]
    assert run("--no-hosts", "--format", "json").count("counter.example") == 0


def test_for_people_all_of_that_is_behind_a_sign(config: pathlib.Path) -> None:
    """The other lines are directives, as they always were."""
    lines = run().splitlines()
    assert [line.split()[0] for line in lines if not line.startswith("#")] == [
        "script-src",
        "style-src",
        "connect-src",
        "form-action",
    ]
    assert f"# {ALWAYS} counter.example" in lines
    assert "# counter.example cannot be held apart: counter (analytics), maps (embeds)." in lines
    assert "# news.example cannot be held apart: maps (embeds), the site itself." in lines
    assert any(line.startswith("# steppe-herald, class 3 (analytics, embeds), 1") for line in lines)
    assert "proxy_buffer_size" not in run()
    many = ", ".join(f'"host-number-{i}.provider.example"' for i in range(120))
    config.write_text(config.read_text("utf-8").replace('"maps.example"', many), encoding="utf-8")
    assert "proxy_buffer_size" in run()


def test_of_many_purposes_only_the_ends_and_each_alone_are_printed(config: pathlib.Path) -> None:
    """What a command prints stays readable."""
    more = "".join(
        f'[[purposes]]\nid = "p{i}"\nname = "P"\ndescription = "P."\nlegal_basis = "consent"\n\n' for i in range(5)
    )
    config.write_text(config.read_text("utf-8").replace("[[services]]", f"{more}[[services]]", 1), encoding="utf-8")
    said = json.loads(run("--format", "json"))
    assert list(said["policies"]["steppe-herald"]) == ["0", *(str(1 << i) for i in range(7)), "127"]
