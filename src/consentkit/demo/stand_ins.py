"""Stand-ins of third parties, served to the other name of this machine, and pages of another server.

``localhost`` and ``127.0.0.1`` are different *sites* to a browser, whatever the port, so each can be a third party to
the other without a second machine.
"""

from __future__ import annotations

import base64
import re
import typing as t
from pathlib import Path

from flask import Blueprint
from flask import Response
from flask import abort
from flask import make_response
from flask import render_template
from flask import request
from flask import send_from_directory

from .catalog import load_catalog
from .content_security import build_policy
from .editions import EDITIONS
from .editions import HOME

stand_ins = Blueprint("stand_ins", __name__)

_OTHER_NAMES: t.Final = {"127.0.0.1": "localhost", "localhost": "127.0.0.1", "[::1]": "localhost"}
_HOST: t.Final = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?")
_FILES: t.Final = Path(__file__).with_name("static") / "stand-in"
#: One transparent pixel.
_PIXEL: t.Final = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


def find_other_origin(scheme: str, host: str) -> str | None:
    """Return the origin under which this server is another site than *host*, or nothing where it has one name only."""
    match = _HOST.fullmatch(host)
    return f"{scheme}://{_OTHER_NAMES[match[1]]}{match[2] or ''}" if match else None


def find_tracker_origin(scheme: str, host: str) -> str | None:
    """Return the origin of a third party that the paper does not know of: a third name, which no service declares.

    Browsers take every name below ``localhost`` for this machine.
    """
    match = _HOST.fullmatch(host)
    return f"{scheme}://tracker.localhost{match[2] or ''}" if match else None


@stand_ins.get("/stand-in/video")
def video() -> Response:
    """Show the player of the stand-in, in a frame of another site, whose script sets a cookie as such players do."""
    locale = request.args.get("locale", HOME)
    if locale not in EDITIONS:
        locale = HOME
    page = render_template("stand_in/video.html", edition=EDITIONS[locale], _=load_catalog(locale).gettext)
    response = make_response(page)
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'"
    )
    return _foreign(response)


@stand_ins.get("/stand-in/<any('analytics.js', 'video.js', 'video.css'):name>")
def asset(name: str) -> Response:
    """Send a file of the stand-ins. Never from a cache, so that each load can be seen as a request."""
    return _foreign(send_from_directory(_FILES, name))


@stand_ins.get("/stand-in/pixel.gif")
def pixel() -> Response:
    """Send what a tracker counts by."""
    return _foreign(Response(_PIXEL, mimetype="image/gif"))


@stand_ins.get("/elsewhere", defaults={"locale": "ru", "service": "other"})
@stand_ins.get("/elsewhere/here", defaults={"locale": "ru", "service": "here"})
@stand_ins.get("/ar/", defaults={"locale": "ar", "service": "other"})
@stand_ins.get("/ar/here", defaults={"locale": "ar", "service": "here"})
def elsewhere(locale: str, service: str) -> Response:
    """Show a plain page of another server, which gets the whole notice by one tag.

    The tag points at the other site; under ``here`` at the page's own origin, as behind a reverse proxy.
    """
    other = find_other_origin(request.scheme, request.host)
    if other is None:
        abort(404)
    origin = other if service == "other" else ""
    source = origin or "'self'"
    response = make_response(render_template(f"elsewhere/{locale}.html", origin=origin, stand_in=other))
    response.headers["Cache-Control"] = "public, max-age=60"
    response.headers["Content-Security-Policy"] = build_policy(
        {
            "script-src": [source, other],
            "style-src": [source],
            "connect-src": [source],
            "form-action": [source],
            "frame-src": [other],
        }
    )
    return response


def _foreign(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
