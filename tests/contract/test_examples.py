"""The examples of the documents run: each page's, in order, in a folder that ``consentkit init`` has filled.

What a fence says after its language tells what becomes of it: ``python`` runs, ``console`` runs line by line, any
language with the name of a file is written to that file, with a plus before the name added to its end. Other fences
(``sh``, ``nginx``, ``html`` …) are for reading.
"""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess
import sys
import typing as t

import pytest
from markdown_it import MarkdownIt

DOCS = pathlib.Path(__file__).parents[2] / "docs"
BIN = pathlib.Path(sys.executable).parent
_EXIT = re.compile(r"# exits (\d+)")


class Fence(t.NamedTuple):
    """One example: its language, the file that it belongs to, its text."""

    language: str
    file: str
    text: str


def fences(page: pathlib.Path) -> list[Fence]:
    """Return the examples of *page* that can be run or written."""
    found = []
    for token in MarkdownIt("commonmark").parse(page.read_text("utf-8")):
        language, _, file = token.info.strip().partition(" ") if token.type == "fence" else ("", "", "")
        if file or language in {"python", "console"}:
            found.append(Fence(language, file, token.content))
    return found


def program(examples: list[Fence]) -> str:
    """Return one program that does what *examples* do, in their order."""
    steps = ["import pathlib as _files, subprocess as _commands"]
    for language, file, text in examples:
        if file:
            mode = "a" if file.startswith("+") else "w"
            steps.append(f"with _files.Path({file.lstrip('+')!r}).open({mode!r}, encoding='utf-8') as _file:")
            steps.append(f"    _file.write({text!r})")
        elif language == "python":
            steps.append(text)
        else:
            for line in text.splitlines():
                if line.startswith("$ "):
                    expected = int(found[1]) if (found := _EXIT.search(line)) else 0
                    steps.append(f"_code = _commands.run({line[2:]!r}, shell=True, stdin=_commands.DEVNULL).returncode")
                    steps.append(f"assert _code == {expected}, ({line[2:]!r}, _code)")
    return "\n".join(steps)


PAGES = [page for page in sorted(DOCS.rglob("*.md")) if fences(page)]


@pytest.fixture(scope="module")
def begun(tmp_path_factory) -> pathlib.Path:
    """A folder in which ``consentkit init`` has been run."""
    folder = tmp_path_factory.mktemp("init")
    subprocess.run([BIN / "consentkit", "init"], cwd=folder, env=environment(), check=True, capture_output=True)
    return folder


def environment() -> dict[str, str]:
    """Return the environment of a reader of the documents who has set nothing."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CONSENTKIT_", "FLASK_"))}
    return kept | {"PATH": f"{BIN}{os.pathsep}{kept.get('PATH', '')}"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_the_examples_work(page, begun, tmp_path):
    """Typed one after the other, they do what the page says."""
    folder = shutil.copytree(begun, tmp_path / "site")
    script = folder / "_examples.py"
    script.write_text(program(fences(page)), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", script.name],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
