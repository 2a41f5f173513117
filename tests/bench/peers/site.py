"""The server: the article with each notice, every file compressed alike, and a log of what went over the wire."""

from __future__ import annotations

import base64
import collections.abc as cabc
import contextlib
import dataclasses
import hashlib
import importlib.resources
import mimetypes
import pathlib
import socket
import threading
import time
import typing as t

import brotli
import flask
import jinja2
import werkzeug.serving

from consentkit import ConsentKit
from consentkit.demo.server import write_site

from .contenders import CONTENDERS
from .contenders import HERE
from .contenders import RENDERED

if t.TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse
    from _typeshed.wsgi import WSGIEnvironment

#: Nothing but one's own files and the named inline scripts; what a site under a strict policy sends.
STRICT = (
    "default-src 'none'; script-src 'self'{hashes}; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'"
)
TRUSTED_TYPES = "; require-trusted-types-for 'script'"


@dataclasses.dataclass(frozen=True, slots=True)
class Served:
    """One answer. ``body`` is its body's length in bytes as sent."""

    method: str
    path: str
    status: int
    body: int

    @property
    def is_beacon(self) -> bool:
        """Whether it is the count of notices shown: sent after load, it keeps nobody waiting."""
        return self.path.endswith("/shown")


@dataclasses.dataclass(slots=True)
class Site:
    """The running server."""

    url: str
    _log: list[Served]
    _busy: list[int]

    def page(self, name: str, *, policy: str = "") -> str:
        """Return the address of the article with that notice, under no *policy*, ``"strict"`` or ``"types"``."""
        return f"{self.url}/{policy or 'page'}/{name}"

    def mark(self) -> int:
        """Return the place in the log to read on from."""
        return len(self._log)

    def since(self, mark: int) -> list[Served]:
        """Return what was answered after that mark."""
        return self._log[mark:]

    def settle(self, *, quiet: float = 0.3, limit: float = 10.0) -> None:
        """Return once nothing was asked for *quiet* seconds, or after *limit*."""
        end = time.monotonic() + limit
        seen, since = -1, time.monotonic()
        while time.monotonic() < end:
            if (now := len(self._log)) != seen or self._busy[0]:
                seen, since = now, time.monotonic()
            elif time.monotonic() - since >= quiet:
                return
            time.sleep(0.02)


class _Handler(werkzeug.serving.WSGIRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept
    disable_nagle_algorithm = True  # head and body go out as two writes; the second would wait for the first's receipt

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 the name is werkzeug's
        """Say nothing: the application keeps the log."""


@contextlib.contextmanager
def serve(folder: pathlib.Path, more: cabc.Mapping[str, str] | None = None) -> cabc.Iterator[Site]:
    """Serve every contender's page, and the pages *more* by name, with consentkit's records in *folder*."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log: list[Served] = []
    busy = [0]
    url = f"http://127.0.0.1:{port}"
    app = _consentkit(folder, port)
    files = _files(_pages(app, url) | dict(more or {}), _hashes(app, url))

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> cabc.Iterable[bytes]:
        busy[0] += 1
        try:
            path = environ["PATH_INFO"]
            status, sent = "", 0
            if path.startswith("/consent/"):

                def started(said: str, headers: list[tuple[str, str]], *rest: t.Any) -> t.Any:
                    nonlocal status
                    status = said
                    return start_response(said, headers, *rest)

                body = b"".join(app(environ, started))
            elif (found := files.get(path)) is not None:
                status, body = "200 OK", found.body
                start_response(status, [*found.headers, ("Content-Length", str(len(body)))])
            else:
                status, body = "404 Not Found", b""
                start_response(status, [("Content-Length", "0")])
            sent = len(body)
            log.append(Served(environ["REQUEST_METHOD"], path, int(status[:3]), sent))
            return [body]
        finally:
            busy[0] -= 1

    server = werkzeug.serving.make_server("127.0.0.1", port, answer, threaded=True, request_handler=_Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Site(url, log, busy)
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def _consentkit(folder: pathlib.Path, port: int) -> flask.Flask:
    """Return consentkit with the demo's configuration: four optional purposes, four services, Russian texts."""
    app = flask.Flask("peers", root_path=str(folder), instance_path=str(folder / "instance"))
    app.config.update(
        SECRET_KEY="a key for benchmarks",
        CONSENTKIT_CONFIG=str(write_site(folder, port)),
        CONSENTKIT_DATABASE_URL=f"sqlite:///{folder / 'bench.db'}",
    )
    ConsentKit(app)
    return app


def _pages(app: flask.Flask, url: str) -> dict[str, str]:
    """Return the article's HTML by contender. Consentkit prints its part by its template functions."""
    article = jinja2.Template((HERE / "article.html").read_text("utf-8"), keep_trailing_newline=True)
    with app.test_request_context("/page/consentkit", base_url=url):
        printed = {
            part: flask.render_template_string(f"{{{{ consentkit.{function}(locale='ru') }}}}")
            for part, function in (("head", "head"), ("first", "notice"))
        }
    return {
        each.name: article.render(
            {"head": each.head, "first": each.first, "last": each.last} | (printed if each is RENDERED else {})
        )
        for each in CONTENDERS
    }


def _hashes(app: flask.Flask, url: str) -> dict[str, list[str]]:
    """Return what a strict policy has to add to ``script-src``, by contender: hashes of inline scripts."""
    with app.test_request_context("/", base_url=url):
        own = [source for source in ConsentKit.csp_sources().get("script-src", []) if source.startswith("'sha")]
    return {each.name: [_hash(script) for script in each.inline] for each in CONTENDERS} | {RENDERED.name: own}


def _hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


@dataclasses.dataclass(frozen=True, slots=True)
class _File:
    body: bytes
    headers: tuple[tuple[str, str], ...]


def _files(pages: cabc.Mapping[str, str], hashes: cabc.Mapping[str, list[str]]) -> dict[str, _File]:
    """Return every answer by path: pages kept for a minute, files for a year, all as Brotli of the highest level."""
    files = {}
    for name, page in pages.items():
        headers = [("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "public, max-age=60")]
        strict = STRICT.format(hashes="".join(f" {source}" for source in hashes.get(name, [])))
        for path, policy in (("page", ""), ("strict", strict), ("types", strict + TRUSTED_TYPES)):
            more = [("Content-Security-Policy", policy)] if policy else []
            files[f"/{path}/{name}"] = _compress(page.encode(), [*headers, *more])
    static = pathlib.Path(str(importlib.resources.files("consentkit.demo"))) / "static"
    for root, prefix in ((static, "/static/"), (HERE / "dist", "/peers/")):
        for path in root.rglob("*"):
            if path.is_file():
                kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
                files[prefix + path.relative_to(root).as_posix()] = _compress(
                    path.read_bytes(),
                    [("Content-Type", kind), ("Cache-Control", "public, max-age=31536000, immutable")],
                )
    return files


def _compress(body: bytes, headers: list[tuple[str, str]]) -> _File:
    return _File(brotli.compress(body, quality=11), (*headers, ("Content-Encoding", "br"), ("Vary", "Accept-Encoding")))
