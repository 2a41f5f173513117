"""Whose word on scheme, host and address is taken."""

from __future__ import annotations

import typing as t

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Request
from werkzeug.wrappers import Response

from consentkit.web.proxies import TrustedProxies

if t.TYPE_CHECKING:
    import collections.abc as cabc

FORWARDED = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "www.news.example", "X-Forwarded-For": "203.0.113.9"}


@Request.application
def tell(request: Request) -> Response:
    """Answer with what the application believes."""
    return Response(f"{request.url} {request.remote_addr}")


def ask(peer: str, networks: cabc.Sequence[str]) -> str:
    """Return what the application believes of a request that *peer* passed on."""
    environ = EnvironBuilder(path="/a", headers=FORWARDED, environ_overrides={"REMOTE_ADDR": peer}).get_environ()
    body, _, _ = run_wsgi_app(TrustedProxies(tell, networks), environ)
    return b"".join(body).decode()


@pytest.mark.parametrize("peer", ["10.1.2.3", "::1", "::ffff:10.1.2.3"])
def test_a_trusted_proxy_is_believed(peer: str) -> None:
    """Cookies get Secure, addresses begin with https, and the reader's own address is the reader's."""
    assert ask(peer, ["10.0.0.0/8", "::1"]) == "https://www.news.example/a 203.0.113.9"


@pytest.mark.parametrize("peer", ["192.0.2.1", "", "unix:"])
def test_nobody_else_is(peer: str) -> None:
    """A reader who sends the headers themselves changes nothing."""
    assert ask(peer, ["10.0.0.0/8"]).startswith("http://localhost/a ")


def test_without_proxies_nobody_is_believed() -> None:
    """The default."""
    assert ask("127.0.0.1", []) == "http://localhost/a 127.0.0.1"
