"""A newspaper whose pages the tests write, and the log of what its server was asked for."""

from __future__ import annotations

import contextlib
import dataclasses
import time
import typing as t

import flask

from consentkit import ConsentKit
from tests.e2e.servers import free_port
from tests.e2e.servers import serve
from tests.sites import write_site

if t.TYPE_CHECKING:
    import collections.abc as cabc
    import pathlib

#: Two further purposes and services, for the site that :func:`tests.sites.write_site` writes.
MORE = """
[[purposes]]
id = "advertising"
legal_basis = "consent"

[[services]]
id = "paper"
name = "Paper"
provider = "Steppe Herald LLP"
country = "KZ"
purposes = ["necessary"]
why_necessary = "Signs readers in."
cookies = [{ name = "_count_basket", lifetime = "session" }]

[[services]]
id = "ads"
name = "Bazar Ads"
provider = "Bazar Media GmbH"
country = "DE"
transfer = "consent"
purposes = ["advertising"]
policy_url = "https://ads.example/privacy"
cookies = [
  { name = "_ads_*", lifetime = "P1Y" },
  { name = "shared", lifetime = "P1Y" },
  { name = "ads:*", kind = "local_storage", lifetime = "persistent" },
  { name = "ads-visit", kind = "session_storage", lifetime = "session" },
  { name = "ads-store", kind = "indexed_db", lifetime = "persistent" },
  { name = "ads-cache", kind = "cache", lifetime = "persistent" },
  { name = "theirs", party = "third", lifetime = "P1Y" },
]

[[services]]
id = "videos"
name = "Videos"
provider = "Videos Ltd"
country = "GB"
transfer = "consent"
purposes = ["embeds"]
cookies = [{ name = "shared", lifetime = "P1Y" }]
"""

_TYPES = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml", "html": "text/html", "vtt": "text/vtt"}
_SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"></svg>'
#: Counts each run under the script's own name.
_SCRIPT = "(window.ran ??= []).push({name!r});"


@dataclasses.dataclass(slots=True)
class Gated:
    """The running newspaper."""

    port: int
    #: The body of each page, by its path; ``{nonce}`` in it is the page's.
    pages: dict[str, str] = dataclasses.field(default_factory=dict)
    #: Every file asked for under ``/a/``, in order.
    asked: list[str] = dataclasses.field(default_factory=list)
    #: What the pages' Content-Security-Policy is, with ``{nonce}``.
    policy: str = ""
    #: Whether pages have the notice from a template, or by the tag.
    tag: bool = False

    def url(self, path: str = "/", host: str = "www.paper.example") -> str:
        """Return the address of a page."""
        return f"http://{host}:{self.port}{path}"

    def page(self, body: str, path: str = "/") -> str:
        """Write a page, and return its address."""
        self.pages[path] = body
        return self.url(path)


_HEAD = '<!doctype html><html lang="ru"><head><meta charset="utf-8"><title>Story</title>'
_SERVER = _HEAD + (
    "{{{{ consentkit.head() }}}}</head><body>{{{{ consentkit.notice() }}}}<main><h1>A story</h1>{body}</main>"
    "<footer>{{{{ consentkit.settings_link() }}}}</footer></body></html>"
)
_TAG = _HEAD + (
    '<script src="/consent/widget.js?site=steppe-herald&locale=ru" async nonce="{nonce}"></script></head>'
    "<body><main><h1>A story</h1>{body}</main></body></html>"
)


@contextlib.contextmanager
def run_gated(folder: pathlib.Path) -> cabc.Iterator[Gated]:
    """Serve the newspaper, with its records in *folder*."""
    gated = Gated(free_port())
    hosts = ("www.paper.example", "a.b.localhost")
    configuration = write_site(folder, origins=[gated.url("", host) for host in hosts])
    configuration.write_text(configuration.read_text("utf-8") + MORE, "utf-8")
    app = flask.Flask("gated", instance_path=str(folder))
    app.config.update(
        SECRET_KEY="of this test",
        CONSENTKIT_CONFIG=str(configuration),
        CONSENTKIT_DATABASE_URL=f"sqlite:///{folder / 'records.db'}",
    )
    ConsentKit(app, csp_nonce=lambda: "n0nce")

    @app.get("/favicon.ico")
    def icon() -> tuple[str, int]:
        return "", 404

    @app.get("/a/<name>")
    def file(name: str) -> flask.Response:
        gated.asked.append(name)
        time.sleep(flask.request.args.get("wait", 0.0, float))
        stem, _, extension = name.rpartition(".")
        text = {"js": _SCRIPT.format(name=stem), "svg": _SVG, "vtt": "WEBVTT\n"}.get(extension, "")
        status = 500 if "fail" in flask.request.args else 200
        answer = flask.Response(text, status, mimetype=_TYPES.get(extension, "application/octet-stream"))
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @app.get("/", defaults={"path": ""})
    @app.get("/<path:path>")
    def page(path: str) -> flask.Response:
        body = gated.pages.get(f"/{path}")
        if body is None:
            flask.abort(404)
        text = (_TAG if gated.tag else _SERVER).format(body=body, nonce="n0nce")
        answer = flask.make_response(flask.render_template_string(text))
        answer.headers["Cache-Control"] = "no-store"
        if gated.policy:
            answer.headers["Content-Security-Policy"] = gated.policy
        return answer

    with serve(app, port=gated.port):
        yield gated
    app.extensions["consentkit"].database.dispose()
