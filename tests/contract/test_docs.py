"""The documents: every link leads somewhere, every page is found, and nothing public goes unmentioned."""

from __future__ import annotations

import collections
import inspect
import itertools
import pathlib
import re
import urllib.parse

import pytest
from markdown_it import MarkdownIt

from consentkit import errors
from consentkit import signals
from consentkit import testing
from consentkit.admin import blueprint as admin
from consentkit.cli import consentkit_cli
from consentkit.config import SETTINGS
from consentkit.web import blueprint as web
from consentkit.web.templating import TemplateApi
from docs.reference.generate import commands
from docs.reference.generate import plain_path

ROOT = pathlib.Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *ROOT.glob("tests/*/README.md")])
NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]


def slug(heading: str) -> str:
    """Return the anchor that forges give a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def anchors(page: pathlib.Path) -> set[str]:
    """Return the anchors of *page*; a repeated heading gets a number."""
    tokens = MarkdownIt("commonmark").enable("table").parse(page.read_text("utf-8"))
    seen: collections.Counter[str] = collections.Counter()
    found = set()
    for opening, inline in itertools.pairwise(tokens):
        if opening.type == "heading_open":
            text = "".join(part.content for part in inline.children or [] if part.type in {"text", "code_inline"})
            name = slug(text)
            found.add(f"{name}-{seen[name]}" if seen[name] else name)
            seen[name] += 1
    return found


def links(page: pathlib.Path) -> list[str]:
    """Return where the links and pictures of *page* lead."""
    tokens = MarkdownIt("commonmark").enable("table").parse(page.read_text("utf-8"))
    parts = [part for token in tokens for part in token.children or []]
    wanted = [part for part in parts if part.type in {"link_open", "image"}]
    return [str(part.attrs.get("href") or part.attrs.get("src")) for part in wanted]


def targets(page: pathlib.Path) -> list[tuple[pathlib.Path, str]]:
    """Return the file and the anchor of every link of *page* inside the project."""
    found = []
    for link in links(page):
        address = urllib.parse.urlsplit(link)
        if not address.scheme and not link.startswith("//"):
            path = urllib.parse.unquote(address.path)
            found.append(((page.parent / path).resolve() if path else page, address.fragment))
    return found


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_link_leads_somewhere(page):
    """A link inside the project names a file that is there and a heading that it has."""
    dead = []
    for target, fragment in targets(page):
        if not target.exists() or not target.is_relative_to(ROOT):
            dead.append(str(target))
        elif fragment and target.suffix == ".md" and fragment not in anchors(target):
            dead.append(f"{target.name}#{fragment}")
    assert dead == []


def test_every_page_is_found_from_the_readme():
    """Following links from README.md leads to every document."""
    seen = {ROOT / "README.md"}
    waiting = list(seen)
    while waiting:
        for target, _ in targets(waiting.pop()):
            if target.suffix == ".md" and target.exists() and target not in seen:
                seen.add(target)
                waiting.append(target)
    assert [name for page, name in zip(PAGES, NAMES, strict=True) if page not in seen] == []


@pytest.fixture(scope="module")
def reference() -> str:
    """The whole of docs/reference as one text."""
    return "\n".join(page.read_text("utf-8") for page in sorted((DOCS / "reference").glob("*.md")))


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_is_in_the_reference(reference, setting):
    """Name and default of each key of the table in config.py."""
    assert f"`{setting.name}`" in reference
    if setting.default:
        assert f"`{setting.default}`" in reference


@pytest.mark.parametrize(("name", "command"), list(commands(consentkit_cli)), ids=str)
def test_every_command_is_in_the_reference(reference, name, command):
    """The command by its full name, and each of its options."""
    assert f"`consentkit {name}" in reference
    options = [option for parameter in command.params for option in parameter.opts if option.startswith("--")]
    assert [option for option in options if not re.search(rf"{option}(?![\w-])", reference)] == []
    assert command.help


@pytest.mark.parametrize(
    "name", [name for name, one in inspect.getmembers(errors, inspect.isclass) if one.__module__ == errors.__name__]
)
def test_every_error_is_in_the_reference(reference, name):
    """Each class of the tree in errors.py."""
    assert f"`{name}`" in reference


@pytest.mark.parametrize("name", [name for name in vars(signals) if hasattr(vars(signals)[name], "send")])
def test_every_signal_is_in_the_reference(reference, name):
    """Each blinker signal."""
    assert f"`{name}`" in reference


def _requests() -> list[str]:
    readers = [
        f"{method} {plain_path(rule)}"
        for rule, _, views in web.ROUTES
        for method in views
        # The browser's own question before a post; the page says it once for all routes.
        if method != "OPTIONS"
    ]
    return readers + [f"GET admin/{plain_path(rule)}" for rule, _, _, _ in admin.PAGES]


@pytest.mark.parametrize("request_line", _requests())
def test_every_route_is_in_the_reference(reference, request_line):
    """Each route of readers and of the audit view, with its method."""
    assert f"`{request_line}" in reference


@pytest.mark.parametrize("name", [name for name in vars(TemplateApi) if not name.startswith("_")])
def test_everything_that_templates_can_print_is_in_the_reference(reference, name):
    """Each method of the object ``consentkit``, with its parameters."""
    parameters = list(inspect.signature(getattr(TemplateApi, name)).parameters)[1:]
    [written] = re.findall(rf"^### `consentkit\.{name}\((.*)\)`$", reference, re.MULTILINE)
    assert [
        part.partition("=")[0].strip() for part in written.split(",") if part.strip() not in {"", "*"}
    ] == parameters


@pytest.mark.parametrize("name", [name for name in vars(testing) if not name.startswith("_")])
def test_every_helper_for_tests_is_in_the_reference(reference, name):
    """What ``consentkit.testing`` defines."""
    if getattr(vars(testing)[name], "__module__", "") == testing.__name__:
        assert f"`{name}" in reference
