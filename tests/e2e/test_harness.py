"""The harness itself: a witness that sees nothing would let every promise hold."""

from __future__ import annotations

import flask
import pytest

from tests.e2e.servers import serve


@pytest.fixture
def leaky():
    """A page that does all the things that a first visit must not, under a strict policy."""
    app = flask.Flask(__name__)

    @app.get("/")
    def page():
        answer = flask.make_response(
            '<!doctype html><html lang=en><title>Leaky</title><main><h1>Leaky</h1><img src="/pixel">'
            f'<link rel=stylesheet href="http://localhost:{flask.request.environ["SERVER_PORT"]}/style">'
            "<script>document.body.append('never')</script><script src='/own'></script></main>"
        )
        answer.set_cookie("tracker", "1")
        answer.headers["Content-Security-Policy"] = "script-src 'self'; require-trusted-types-for 'script'"
        return answer

    @app.get("/own")
    def own():
        code = "localStorage.setItem('kept', '1'); navigator.sendBeacon('/beacon')"
        return flask.Response(code, mimetype="text/javascript")

    with serve(app) as port:
        yield f"http://127.0.0.1:{port}"


def test_a_reader_sees_cookies_storage_other_hosts_and_policy_violations(reader, leaky):
    """Each kind of leak is witnessed, under the strictest policy."""
    visitor = reader()
    visitor.open(leaky)
    assert visitor.cookies() == {"tracker": "1"}
    assert visitor.storage() == ["kept"]
    assert [host.partition(":")[0] for host in visitor.hosts()] == ["127.0.0.1", "localhost"]
    assert visitor.asked("/beacon")
    assert [violation.partition(" ")[0] for violation in visitor.witness("violations")] == ["script-src-elem"]
    assert [line.partition(":")[0] for line in visitor.axe()] == ["image-alt"]


def test_a_reader_without_script_runs_none(reader, leaky):
    """With scripts off nothing is kept by script and no beacon leaves."""
    visitor = reader(script=False)
    visitor.open(leaky)
    assert visitor.asked("/pixel")
    assert not visitor.asked("/own")
    assert not visitor.asked("/beacon")
