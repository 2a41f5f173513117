"""What a visit costs: measured on the Russian story, as the paper serves it, compressed as a CDN would."""

from __future__ import annotations

import json
import pathlib
import re

import brotli
import pytest
from flask import Flask

from consentkit.demo.newsroom import create_app
from consentkit.demo.server import write_site

BUDGET = json.loads((pathlib.Path(__file__).parents[3] / "widget" / "size-budget.json").read_text("utf-8"))["visit"]


def size(*texts: bytes) -> int:
    """Return the bytes that *texts* take on the wire, each compressed by itself."""
    return sum(len(brotli.compress(text)) for text in texts)


def asked(page: bytes) -> set[str]:
    """Return what of the service's a browser with script fetches for *page* before it shows it."""
    seen = page.decode().replace("<noscript>", "<!--").replace("</noscript>", "-->")
    return set(re.findall(r'<(?:link|script)[^>]* (?:href|src)="(/consent/[^"]*)"', re.sub(r"<!--.*?-->", "", seen)))


class _Silent:
    """What templates get, without the notice."""

    def __init__(self, api: object) -> None:
        self._api = api

    def __getattr__(self, name: str) -> object:
        return getattr(self._api, name)

    def head(self, **_: object) -> str:
        return ""

    notice = head


@pytest.mark.parametrize(("csp", "budget"), [("off", "first"), ("enforce", "first, with the policy enforced")])
def test_a_first_visit_is_within_its_budget(tmp_path: pathlib.Path, monkeypatch, csp: str, budget: str) -> None:
    """The page's own bytes, more by notice, head script, first-layer script and data, and the style: one file.

    The policy's script and its data only where the policy is enforced, as the paper has it.
    """
    config = write_site(tmp_path, 8000)
    config.write_text(config.read_text("utf-8").replace('csp = "enforce"', f'csp = "{csp}"'), "utf-8")
    herald = create_app(config=config, database_url=f"sqlite:///{tmp_path}/demo.db")
    client = herald.test_client()
    story = re.search(r'href="(/ru/news/[^"]+)"', client.get("/ru/").text)[1]
    page = client.get(story).data
    api = herald.jinja_env.globals["consentkit"]
    monkeypatch.setitem(herald.jinja_env.globals, "consentkit", _Silent(api))
    bare = client.get(story).data
    assert b'id="consentkit-notice"' in page
    assert b'id="consentkit-notice"' not in bare
    # A placeholder in the story brings a style of its own, with the notice and without.
    [style] = asked(page) - asked(bare)
    cost = size(page) - size(bare) + size(client.get(style).data)
    assert cost <= BUDGET[budget]


def test_the_tag_is_within_its_budget(herald: Flask) -> None:
    """One locale, everything for the first layer: as a script and as a module."""
    client = herald.test_client()
    for name in ("widget.js", "widget.mjs"):
        assert size(client.get(f"/consent/{name}?site=steppe-herald&locale=ru").data) <= BUDGET["tag"]


def test_the_second_layer_is_within_its_budget(herald: Flask) -> None:
    """What is loaded when a reader wants to choose."""
    client = herald.test_client()
    files = ("static/choose.js", "preferences?site=steppe-herald&locale=ru&fragment=1")
    assert size(*(client.get(f"/consent/{file}").data for file in files)) <= BUDGET["second layer"]
