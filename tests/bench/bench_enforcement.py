"""What holding a response to the reader's choice adds to it: ``[enforcement]``, around a bare Flask view.

The same application is called with the middleware and without it, in turns, in one process. The figures are the
differences, in microseconds. The middleware is called by itself as well, again and again around a head that is ready:
what it takes when nothing else comes between, and all it touches stays in the processor's caches.
"""

from __future__ import annotations

import datetime as dt
import gc
import json
import pathlib
import platform
import statistics
import sys
import tempfile
import time
import typing as t

import flask
from werkzeug.test import EnvironBuilder

from consentkit import ConsentKit
from consentkit.consent.decisions import Action
from consentkit.cookies.codec import make_state
from tests.sites import write_site

if t.TYPE_CHECKING:
    import collections.abc as cabc

HOST = "https://www.news.example"
PAIRS = 6000
ROUNDS = 20
# More than a process remembers.
READERS = 6000
#: In microseconds: what the issue asks for.
GOALS = {"three cookies, known reader": 15.0, "nothing to do": 3.0}
ENFORCED = '\n[enforcement]\ncookies = "enforce"\ncsp = "enforce"\n'
COOKIES_ALONE = '\n[enforcement]\ncookies = "enforce"\n'
OBSERVED = '\n[enforcement]\ncookies = "observe"\n'
OFF = '\n[enforcement]\ncookies = "off"\n'
MORE = """
[[services]]
id = "login"
name = "Login"
provider = "Steppe Herald LLP"
country = "KZ"
purposes = ["necessary"]
why_necessary = "Readers could not sign in."
cookies = [{ name = "sid", lifetime = "P1D" }]

[[services]]
id = "player"
name = "Player"
provider = "Player Ltd"
country = "KZ"
purposes = ["embeds"]
hosts = ["player.example", "*.player.example"]
cookies = [{ name = "_p_*", lifetime = "P1Y" }]
"""


def make_app(folder: pathlib.Path, enforcement: str) -> flask.Flask:
    """Return a paper whose front page sets three cookies: a necessary one and two of services."""
    folder.mkdir()
    config = write_site(folder, origins=[HOST])
    config.write_text(config.read_text("utf-8") + MORE + enforcement, encoding="utf-8")
    app = flask.Flask("bench", instance_path=str(folder))
    app.config.update(
        SECRET_KEY="of this benchmark",
        CONSENTKIT_CONFIG=str(config),
        CONSENTKIT_DATABASE_URL=f"sqlite:///{folder / 'records.db'}",
        CONSENTKIT_RELOAD_SECONDS=3600,
    )
    ConsentKit(app)

    @app.get("/")
    def page() -> flask.Response:
        response = flask.Response("<!doctype html><title>News</title>")
        response.set_cookie("sid", "0123456789abcdef", httponly=True, samesite="Lax")
        response.set_cookie("_count", "0123456789abcdef", max_age=86400 * 365)
        response.set_cookie("_p_1", "0123456789abcdef", max_age=3600, secure=True)
        return response

    @app.get("/data")
    def data() -> flask.Response:
        return flask.Response("{}", mimetype="application/json")

    return app


def states(app: flask.Flask, count: int) -> list[str]:
    """Return as many different states of readers who agreed to everything."""
    runtime = app.extensions["consentkit"]
    snapshot = runtime.site("steppe-herald")
    now = dt.datetime.now(dt.UTC)
    return [
        runtime.codec.seal(
            make_state(
                snapshot.site,
                snapshot.site.accept_all(),
                action=Action.ACCEPT_ALL,
                notice="a" * 16,
                revision=snapshot.revision,
                services_order=snapshot.services_order,
                at=now - dt.timedelta(seconds=number),
            )
        )
        for number in range(count)
    ]


def environs(path: str, cookies: cabc.Sequence[str]) -> list[dict[str, t.Any]]:
    """Return the requests of readers."""
    basis = EnvironBuilder(path=path, base_url=HOST).get_environ()
    return [basis | ({"HTTP_COOKIE": cookie} if cookie else {}) for cookie in cookies]


class Case(t.NamedTuple):
    """One thing to measure: an application and the requests that it gets, again and again."""

    app: flask.Flask
    requests: list[dict[str, t.Any]]


def ignore(_status: str, _headers: list[tuple[str, str]], _exc_info: object = None) -> cabc.Callable[[bytes], object]:
    """Take a response's head."""
    return len


def ask(application: t.Any, request: dict[str, t.Any]) -> float:
    """Return the microseconds that the answer to one request takes."""
    environ = dict(request)
    begin = time.perf_counter_ns()
    result = application(environ, ignore)
    for _ in result:
        pass
    result.close()
    return (time.perf_counter_ns() - begin) / 1000


def measure(case: Case, pairs: int) -> dict[str, t.Any]:
    """Return what the bare application takes, and what the middleware adds: by median, and by the quickest quarter."""
    bare, enforced = [], []
    within = case.app.wsgi_app._application
    for turn in range(pairs):
        # In turns, so that whatever else the machine does meets both; and each with the next reader.
        bare.append(ask(within, case.requests[turn % len(case.requests)]))
        enforced.append(ask(case.app.wsgi_app, case.requests[turn % len(case.requests)]))
    quarter, median, _ = (
        (low, high - low)
        for low, high in zip(statistics.quantiles(bare, n=4), statistics.quantiles(enforced, n=4), strict=True)
    )
    return {
        "bare": round(median[0], 1),
        "added": round(median[1], 1),
        "share": round(median[1] / median[0], 3),
        "quickest quarter": {"bare": round(quarter[0], 1), "added": round(quarter[1], 1)},
    }


def measure_alone(case: Case, calls: int) -> float:
    """Return the microseconds of the middleware alone: the best of some rounds."""
    within, environ = case.app.wsgi_app._application, case.requests[0]
    head: list[t.Any] = []
    for _ in within(dict(environ), lambda status, headers, *_: head.extend((status, headers))):
        pass

    def ready(_environ: dict[str, t.Any], start_response: t.Any) -> list[bytes]:
        start_response(*head)
        return []

    enforced = case.app.wsgi_app.enforcer.around(ready)
    # Else it would go around what it finds there.
    case.app.wsgi_app, outermost = enforced, case.app.wsgi_app
    took = [min(_round(application, environ, calls) for _ in range(ROUNDS)) for application in (ready, enforced)]
    case.app.wsgi_app = outermost
    return round(took[1] - took[0], 1)


def _round(application: t.Any, environ: dict[str, t.Any], calls: int) -> float:
    begin = time.perf_counter_ns()
    for _ in range(calls):
        application(dict(environ), ignore)
    return (time.perf_counter_ns() - begin) / calls / 1000


def main() -> int:
    """Measure, print, and fail where the claim does not hold."""
    with tempfile.TemporaryDirectory() as folder:
        there = pathlib.Path(folder)
        apps = {
            name: make_app(there / name, text)
            for name, text in (
                ("enforced", ENFORCED),
                ("cookies", COOKIES_ALONE),
                ("observed", OBSERVED),
                ("off", OFF),
            )
        }
        enforced = apps["enforced"]
        sealed = states(enforced, READERS)
        rest = "; sid=0123456789abcdef; theme=dark; _count=0123456789abcdef"
        known, all_different = [f"consentkit={sealed[0]}{rest}"], [f"consentkit={state}{rest}" for state in sealed]
        cases = {
            "three cookies, known reader": Case(enforced, environs("/", known)),
            "three cookies, new reader each time": Case(enforced, environs("/", all_different)),
            "three cookies, undecided reader": Case(enforced, environs("/", [rest[2:]])),
            "three cookies, cookies alone enforced, known reader": Case(apps["cookies"], environs("/", known)),
            "three cookies, observed, known reader": Case(apps["observed"], environs("/", known)),
            "nothing to do": Case(enforced, environs("/data", [""])),
            "nothing to do, known reader": Case(enforced, environs("/data", known)),
            "off": Case(apps["off"], environs("/", known)),
        }
        # What the benchmark itself keeps is nobody's to look through.
        gc.collect()
        gc.freeze()
        figures = {}
        for name, case in cases.items():
            measure(case, PAIRS // 10)
            figures[name] = measure(case, PAIRS) | {"alone": measure_alone(case, PAIRS // 10)}
        for app in apps.values():
            app.extensions["consentkit"].database.dispose()
    missed = [name for name, goal in GOALS.items() if figures[name]["added"] > goal]
    about = {"python": platform.python_version(), "microseconds": figures, "missed": missed}
    sys.stdout.write(json.dumps(about, indent=2) + "\n")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
