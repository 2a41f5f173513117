"""Serves the newsroom: one process and its threads, enough for a demonstration."""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import sys
import typing as t
from pathlib import Path

from werkzeug.serving import WSGIRequestHandler
from werkzeug.serving import make_server

from .newsroom import SITE_FILE

if t.TYPE_CHECKING:
    import collections.abc as cabc
    import types

    from flask import Flask

_BUNDLED_PORT: t.Final = 8000
_BACKLOG: t.Final = 128


class _Handler(WSGIRequestHandler):
    """Does not write a line for each request."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write nothing: what the demo prints is where to look."""


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on *host* and *port*; for port 0 on any free one.

    :raises OSError: the port is taken, or there is no such address here.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def write_site(folder: Path, port: int) -> Path:
    """Write the configuration of the paper for *port* into *folder*, with its policies, and return its file.

    The origins of a site have their port, and a file says only one.
    """
    target = folder / SITE_FILE.name
    text = SITE_FILE.read_text(encoding="utf-8").replace(f":{_BUNDLED_PORT}", f":{port}")
    target.write_text(text, encoding="utf-8")
    shutil.copytree(SITE_FILE.parent / "policies", folder / "policies", dirs_exist_ok=True)
    return target


def serve(
    app: Flask, listener: socket.socket, *, admin_email: str | None = None, admin_password: str | None = None
) -> None:
    """Serve *app* on *listener* until it is interrupted, after saying where to look.

    :param admin_password: of the user that was just made, or ``None`` if it was there before.
    """
    host, port = listener.getsockname()[:2]
    server = make_server(host, port, app, threaded=True, request_handler=_Handler, fd=listener.fileno())
    listener.close()
    for line in _describe(host, port, admin_email, admin_password, tracked=app.config["HERALD_BUNDLED"]):
        sys.stdout.write(line + "\n")
    sys.stdout.flush()
    # So that what was opened around this call is closed when a supervisor ends it.
    signal.signal(signal.SIGTERM, _stop)
    with contextlib.suppress(KeyboardInterrupt), contextlib.closing(server.socket):
        server.serve_forever()


def _stop(_number: int, _frame: types.FrameType | None) -> None:
    raise KeyboardInterrupt


def _describe(host: str, port: int, email: str | None, password: str | None, *, tracked: bool) -> cabc.Iterator[str]:
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104 - read, not bound
    origin = f"http://{name}:{port}"
    yield f"The newsroom    {origin}/ (Kazakh {origin}/kk/, Russian {origin}/ru/, English {origin}/en/)"
    if name in {"127.0.0.1", "localhost", "[::1]"}:
        other = f"http://{'127.0.0.1' if name == 'localhost' else 'localhost'}:{port}"
        yield f"Another server  {other}/elsewhere and {other}/ar/: plain pages with the one tag, from another site"
        if tracked:
            yield f"Kept away       a tracker that nobody declared, from {origin}/en/news/observatory"
    yield f"Your choice     {origin}/consent/preferences (the cookies, who is behind them: {origin}/consent/cookies)"
    if email:
        yield f"The audit view  {origin}/consent/admin/"
        yield f"                {email}, password {password or 'as printed when the database was made'}"
    yield "Ctrl-C stops it."
