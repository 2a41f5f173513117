"""A site whose server can be made to fail, by fault, and that remembers what it was asked."""

from __future__ import annotations

import collections.abc as cabc
import contextlib
import io
import json
import pathlib
import socket
import sqlite3
import threading
import time
import typing as t
import urllib.parse

import flask

from consentkit import ConsentKit
from tests.e2e.servers import serve
from tests.sites import write_site

if t.TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse
    from _typeshed.wsgi import WSGIEnvironment

PAGE = """<!doctype html>
<html lang="ru"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>{before}{head}</head>
<body>{notice}<main><h1>{title}</h1><p>Words.</p><p><a href="/two">On</a></p>{inside}</main>
<script type="text/plain" data-consent="analytics" data-src="/optional/count.js"></script>
<script type="text/plain" data-consent="analytics">fetch("/optional/inline")</script>
<iframe data-consent="embeds" data-src="/optional/video" title="Video"></iframe>
</body></html>"""

#: What the server does with a decision, instead of answering: see :meth:`Weather._answer`.
LOST = ("cut", "lost", "half")
#: What a proxy in front of it says.
PROXY = {"503": ("503 Service Unavailable", []), "503-later": ("503 Service Unavailable", [("Retry-After", "1")])}
PROXY["429"] = ("429 Too Many Requests", [("Retry-After", "1")])


class Weather:
    """A Flask site with consentkit, under a sky that can be chosen.

    :param before: HTML before ``consentkit.head()``. :param inside: HTML in the story.
    :param policy: makes the Content-Security-Policy from the sources. :param rewrite: what a proxy makes of a page.
    """

    def __init__(self, folder: pathlib.Path) -> None:
        self.database = folder / "records.db"
        self.before = self.inside = ""
        self.policy: cabc.Callable[[dict[str, list[str]]], str] | None = None
        self.rewrite: cabc.Callable[[str], str] = lambda page: page
        #: ``fine``, ``held`` (answers when let), a key of ``PROXY`` or one of ``LOST``.
        self.sky = "fine"
        self.let = threading.Event()
        #: Every decision that reached the server: what the sky was, and the body.
        self.posts: list[tuple[str, dict[str, t.Any]]] = []
        #: Every other path that was asked for.
        self.paths: list[str] = []
        self.port = 0
        self.app = flask.Flask("host", instance_path=str(folder))
        self.app.config.update(
            SECRET_KEY="of this test",
            CONSENTKIT_CONFIG=str(write_site(folder)),
            CONSENTKIT_DATABASE_URL=f"sqlite:///{self.database}",
        )
        self.consent = ConsentKit(self.app)
        self.app.add_url_rule("/", view_func=lambda: self._page("One"), endpoint="one")
        self.app.add_url_rule("/two", view_func=lambda: self._page("Two"), endpoint="two")
        self.app.add_url_rule("/optional/<what>", view_func=self._optional)
        self.app.add_url_rule("/said", view_func=lambda: "", endpoint="said")
        self.app.add_url_rule("/favicon.ico", view_func=lambda: ("", 404), endpoint="icon")

    @property
    def url(self) -> str:
        """The front page."""
        return f"http://127.0.0.1:{self.port}/"

    def records(self) -> list[str]:
        """Return the actions in the log, oldest first."""
        with contextlib.closing(sqlite3.connect(self.database)) as connection:
            rows = connection.execute("SELECT action FROM consentkit_records ORDER BY id").fetchall()
        return [action for (action,) in rows]

    def nonces(self) -> set[str]:
        """Return the different nonces that arrived."""
        return {body["nonce"] for _, body in self.posts}

    def optional(self) -> set[str]:
        """Return what was asked for that needs an agreement."""
        return {path.rpartition("/")[2] for path in self.paths if path.startswith("/optional/")}

    def wait_for(self, true: cabc.Callable[[], object], seconds: float = 20) -> None:
        """Wait until *true* is, as the server sees it."""
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, (self.sky, self.posts, self.records())
            time.sleep(0.02)

    def _page(self, title: str) -> flask.Response:
        head, notice = (flask.render_template_string(f"{{{{ consentkit.{part}() }}}}") for part in ("head", "notice"))
        page = PAGE.format(title=title, head=head, notice=notice, before=self.before, inside=self.inside)
        answer = flask.make_response(self.rewrite(page))
        if self.policy:
            answer.headers["Content-Security-Policy"] = self.policy(self.consent.csp_sources())
        return answer

    @staticmethod
    def _optional(what: str) -> flask.Response:
        kind = "text/javascript" if what.endswith(".js") else "text/html"
        return flask.Response("document.documentElement.dataset.counted = '1'", mimetype=kind)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> cabc.Iterable[bytes]:
        """Answer as the sky is."""
        path = environ["PATH_INFO"]
        if environ["REQUEST_METHOD"] != "POST" or not path.endswith("/decisions"):
            self.paths.append(path + ("?" + environ["QUERY_STRING"] if path == "/said" else ""))
            return self.app(environ, start_response)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        sky = self.sky
        form = environ["CONTENT_TYPE"] != "application/json"
        self.posts.append((sky, dict(urllib.parse.parse_qsl(body.decode())) if form else json.loads(body)))
        return self._answer(sky, environ, start_response)

    def _answer(self, sky: str, environ: WSGIEnvironment, start_response: StartResponse) -> cabc.Iterable[bytes]:
        if sky in PROXY:
            status, headers = PROXY[sky]
            start_response(status, [("Content-Length", "0"), *headers])
            return []
        if sky == "held":
            self.let.wait(60)
        if sky == "cut":
            self._cut(environ)
        said: list[t.Any] = []
        body = b"".join(self.app(environ, lambda *heard, **_: said.extend(heard) or (lambda _: None)))
        if sky == "lost":
            self._cut(environ)
        start_response(said[0], said[1])
        return self._half(body, environ) if sky == "half" else [body]

    def _half(self, body: bytes, environ: WSGIEnvironment) -> cabc.Iterator[bytes]:
        yield body[: len(body) // 2]
        self._cut(environ)

    @staticmethod
    def _cut(environ: WSGIEnvironment) -> t.NoReturn:
        environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        raise ConnectionAbortedError


@contextlib.contextmanager
def run_weather(folder: pathlib.Path) -> cabc.Iterator[Weather]:
    """Serve such a site."""
    weather = Weather(folder)
    with serve(weather) as weather.port:
        yield weather
        weather.let.set()
    weather.app.extensions["consentkit"].database.dispose()
