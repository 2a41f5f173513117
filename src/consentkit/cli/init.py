"""``consentkit init``: a configuration, policies and a small application to begin with."""

from __future__ import annotations

import collections.abc as cabc
import importlib.resources
import os
import secrets
import shlex
from pathlib import Path

import click

_CONFIGURATION = "consentkit.toml"
_SECRET = "instance/secret-key"  # noqa: S105 - the name of a file


@click.command()
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(file_okay=False, path_type=Path))
@click.pass_context
def init(ctx: click.Context, folder: Path) -> None:
    """Write a commented consentkit.toml, policies and a small Flask application.

    They go into DIR, by default the current folder. No file is ever overwritten: if one of them is
    there already, nothing is written and the command exits 1.
    """
    files = _files()
    taken = [name for name in files if os.path.lexists(folder / name)]
    if taken:
        click.echo(f"Nothing was written, for there are already in '{folder}':", err=True)
        for name in taken:
            click.echo(f"  {name}", err=True)
        click.echo("Move them away, or give another folder: consentkit init DIR", err=True)
        ctx.exit(1)
    try:
        for name, content in files.items():
            _write(folder / name, content)
    except OSError as error:
        raise click.ClickException(f"'{error.filename}' cannot be written: {error.strerror}.") from None
    click.echo(_next_steps(folder, files))


def _files() -> dict[str, str]:
    """Return what is written, by its name in the folder."""
    skeleton = importlib.resources.files(__package__) / "skeleton"
    policies = importlib.resources.files("consentkit.policies") / "skeletons"
    files = {
        _CONFIGURATION: (skeleton / _CONFIGURATION).read_text("utf-8"),
        "app.py": (skeleton / "app.py-tpl").read_text("utf-8"),
        "templates/page.html": (skeleton / "templates" / "page.html").read_text("utf-8"),
    }
    for policy in sorted(policies.iterdir(), key=lambda entry: entry.name):
        if policy.name.endswith(".md"):
            files[f"policies/{policy.name}"] = policy.read_text("utf-8")
    # The secret and the database stay out of version control, and the secret out of other people's sight.
    files["instance/.gitignore"] = "*\n"
    files[_SECRET] = f"{secrets.token_hex(32)}\n"
    return files


def _write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = 0o600 if path.name == Path(_SECRET).name else 0o666
    # O_EXCL: what has come there in the meantime is not overwritten either.
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
        file.write(content)


def _next_steps(folder: Path, files: cabc.Iterable[str]) -> str:
    written = "\n".join(f"  {name}" for name in files)
    enter = "" if folder == Path() else f"     cd {shlex.quote(str(folder))}\n"
    return f"""\
Written to '{folder}':
{written}

Next:
  1. See it run, on http://127.0.0.1:5000:
{enter}     flask run
  2. Put your site into {_CONFIGURATION}: who you are, your purposes, the services that you use.
     Changes are in force within seconds; what is wrong is in the log, with its line.
  3. Have the policies read by somebody who knows the law, then publish them:
     flask consentkit policy publish
  4. Make an account for whoever audits the records:
     flask consentkit admin create-user officer@example.org --role auditor
"""
