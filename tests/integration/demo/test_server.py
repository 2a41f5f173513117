"""The demo's own server: a socket, a configuration for its port, and the lines that say where to look."""

from __future__ import annotations

import http.client
import subprocess
import sys

import pytest

from consentkit.demo.newsroom import create_app
from consentkit.demo.server import listen
from consentkit.demo.server import write_site

_PROGRAM = """
import pathlib, sys
from consentkit.demo.newsroom import create_app
from consentkit.demo.server import listen, serve, write_site
folder = pathlib.Path(sys.argv[1])
listener = listen("127.0.0.1", 0)
app = create_app(
    config=write_site(folder, listener.getsockname()[1]), database_url=f"sqlite:///{folder}/demo.db"
)
serve(app, listener, admin_email="officer@steppe-herald.example", admin_password="printed once")
print("closed")
"""


def test_it_serves_says_where_to_look_and_ends_when_told(tmp_path):
    """A supervisor's signal is an orderly end."""
    command = [sys.executable, "-c", _PROGRAM, str(tmp_path)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, encoding="utf-8", env={"PYTHONIOENCODING": "utf-8"}
    ) as process:
        try:
            lines = []
            while not lines or "Ctrl-C" not in lines[-1]:
                lines.append(process.stdout.readline())
                assert lines[-1], "the server ended before it said that it was ready"
            printed = "".join(lines)
            port = int(printed.split("http://127.0.0.1:")[1].split("/")[0])
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("GET", "/kk/")
            answer = connection.getresponse()
            page = answer.read().decode()
            connection.close()
        finally:
            process.terminate()
        rest = process.stdout.read()

    assert answer.status == 200
    assert len(answer.headers.get_all("Date")) == 1
    assert "Дала хабаршысы" in page
    assert f"http://localhost:{port}/elsewhere" in printed
    assert f"http://127.0.0.1:{port}/consent/admin/" in printed
    assert "officer@steppe-herald.example, password printed once" in printed
    assert rest == "closed\n"
    assert process.returncode == 0


def test_a_port_that_is_taken_is_an_error():
    """Not a server that nobody reaches."""
    with listen("127.0.0.1", 0) as listener, pytest.raises(OSError, match="in use"):
        listen("127.0.0.1", listener.getsockname()[1])


def test_the_site_has_the_origins_of_its_port(tmp_path):
    """Both names of this machine, so that each can embed the other."""
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
    config = write_site(tmp_path, port)
    app = create_app(config=config, database_url=f"sqlite:///{tmp_path}/demo.db")
    answer = app.test_client().get("/consent/privacy?locale=ar", base_url=f"http://127.0.0.1:{port}")

    assert f'origins = ["http://127.0.0.1:{port}", "http://localhost:{port}"]' in config.read_text("utf-8")
    assert answer.status_code == 200
    assert "بشير السهوب" in answer.get_data(as_text=True)
