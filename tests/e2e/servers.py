"""Servers for the browser to visit: the demo as a process of its own, and WSGI applications in threads."""

from __future__ import annotations

import collections.abc as cabc
import contextlib
import pathlib
import socket
import subprocess
import sys
import threading
import time
import typing as t
import urllib.error
import urllib.request

import werkzeug.serving

if t.TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

#: Seconds a process may take until it answers; a slow, busy machine needs some.
START = 60.0
END = 15.0


def free_port() -> int:
    """Return a port of the loopback address that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Demo(t.NamedTuple):
    """A running demo newsroom."""

    url: str
    #: Where its output goes: it prints the admin's password at start.
    output: pathlib.Path


@contextlib.contextmanager
def run_demo(folder: pathlib.Path, *arguments: str, environment: dict[str, str]) -> cabc.Iterator[Demo]:
    """Run ``consentkit demo`` in *folder* and wait until it answers."""
    port = free_port()
    output = folder / "demo.log"
    command = [str(pathlib.Path(sys.executable).with_name("consentkit")), "demo", "--port", str(port), *arguments]
    with output.open("wb") as stream:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=stream, stderr=subprocess.STDOUT)
        try:
            demo = Demo(f"http://127.0.0.1:{port}", output)
            _wait(demo, process)
            yield demo
        finally:
            process.terminate()
            try:
                process.wait(END)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(END)


def _wait(demo: Demo, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(demo.url, timeout=END):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    written = demo.output.read_text(encoding="utf-8", errors="replace")
    message = f"The demo did not come up (exit code {process.poll()}). It wrote:\n{written}"
    raise AssertionError(message)


class _QuietHandler(werkzeug.serving.WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 the name is werkzeug's
        """Say nothing: a test tells what went wrong by itself."""


@contextlib.contextmanager
def serve(application: WSGIApplication, *, port: int | None = None) -> cabc.Iterator[int]:
    """Serve *application* on the loopback address from threads of this process, and give its port."""
    server = werkzeug.serving.make_server(
        "127.0.0.1", port or 0, application, threaded=True, request_handler=_QuietHandler
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join(END)
        server.server_close()
