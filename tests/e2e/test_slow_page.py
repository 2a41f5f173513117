"""A page that arrives in pieces: the notice is painted whole or not at all, and nothing moves when the rest comes."""

from __future__ import annotations

import collections.abc as cabc
import contextlib
import threading
import typing as t

import flask
import pytest

from consentkit import ConsentKit
from tests.e2e.reader import PATIENCE
from tests.e2e.servers import serve
from tests.sites import write_site

_PAGE = """<!doctype html>
<html lang="ru">
<head><meta charset="utf-8"><title>Статья</title>
<style>html { overflow-y: scroll } body, h1 { margin: 0 }</style>{{ consentkit.head(locale="ru") }}</head>
<body>
{{ consentkit.notice(locale="ru") }}
<h1>Статья</h1>
{% for _ in range(80) %}<p>Абзац статьи, которую читатель открыл.</p>{% endfor %}
</body>
</html>
"""
#: Seconds for which the server holds back the rest of the notice: what could be painted without it would be by then.
HELD = 1.5


class Slow(t.NamedTuple):
    """A server that sends a page in pieces."""

    url: str
    #: Lets the last piece go.
    go: threading.Event


@pytest.fixture
def slow(tmp_path) -> cabc.Iterator[Slow]:
    """A page in three pieces: up to the middle of the notice; after a while up to its end; the article when told."""
    app = flask.Flask("slow", root_path=str(tmp_path))
    app.config.update(
        SECRET_KEY="a key of the tests",
        CONSENTKIT_CONFIG=str(write_site(tmp_path, locales=("ru",))),
        CONSENTKIT_DATABASE_URL=f"sqlite:///{tmp_path / 'records.db'}",
    )
    ConsentKit(app)
    go = threading.Event()

    @app.get("/")
    def page():
        text = flask.render_template_string(_PAGE)
        middle, end = text.index("consentkit-actions"), text.index("<h1>")

        def pieces():
            yield text[:middle]
            threading.Event().wait(HELD)
            yield text[middle:end]
            go.wait(PATIENCE / 1000)
            yield text[end:]

        return flask.Response(pieces(), mimetype="text/html")

    with serve(app) as port, contextlib.closing(_Opener(go)):
        yield Slow(f"http://127.0.0.1:{port}/", go)


class _Opener:
    """Lets a waiting server go when a test fails before it did."""

    def __init__(self, go: threading.Event) -> None:
        self._go = go

    def close(self) -> None:
        self._go.set()


def test_a_page_that_arrives_in_pieces_does_not_move(reader, slow):
    """The first thing painted is the whole notice; the article comes, and nothing shifts."""
    visitor = reader(width=390, height=844)
    visitor.page.goto(slow.url, wait_until="commit")
    painted = "() => performance.getEntriesByName('first-contentful-paint').length"
    visitor.page.wait_for_function(painted)
    height = "() => document.getElementById('consentkit-notice').getBoundingClientRect().height"
    at_first = visitor.page.evaluate(height)
    slow.go.set()
    visitor.rest()
    assert visitor.page.evaluate(height) == at_first
    assert visitor.witness("shifts") == []
