"""The application: a paper as a site would build it, and consentkit in it."""

from __future__ import annotations

import collections.abc as cabc
import hashlib
import secrets
import typing as t
from pathlib import Path

from flask import Flask
from flask import Response
from flask import request
from flask import url_for

from consentkit import ConsentKit

from .content_security import build_policy
from .pages import newsroom
from .pages import show_error
from .pictures import find_pictures
from .stand_ins import find_other_origin
from .stand_ins import find_tracker_origin
from .stand_ins import stand_ins
from .stories import load_stories

_HERE = Path(__file__).parent

#: The configuration of the paper's notice: what `consentkit init` would have written, filled in.
SITE_FILE: t.Final = _HERE / "steppe-herald.toml"


def create_app(
    *,
    articles: Path | None = None,
    config: Path | None = None,
    database_url: str | None = None,
    secret_key: str | None = None,
    third_party: bool = True,
    settings: cabc.Mapping[str, t.Any] | None = None,
) -> Flask:
    """Return the newsroom as a Flask application.

    :param articles: a folder of stories in plain text instead of the bundled ones.
    :param config: another configuration of the site than the bundled one.
    :param database_url: where the records are kept.
    :param secret_key: what Flask and consentkit sign cookies with; without one, cookies last as long as the process.
    :param third_party: whether the stand-ins of third parties, the video and the counter, are on the pages.
    :param settings: further keys of ``app.config``.
    :raises StoryError: a file of *articles* is not a story.
    """
    app = Flask(__name__)
    app.config.from_mapping(
        SECRET_KEY=secret_key or secrets.token_hex(32),
        CONSENTKIT_CONFIG=str(config or SITE_FILE),
        SEND_FILE_MAX_AGE_DEFAULT=3600,
    )
    if database_url is not None:
        app.config["CONSENTKIT_DATABASE_URL"] = database_url
    app.config.from_mapping(settings)

    consent = ConsentKit(app)

    app.extensions["steppe-herald"] = load_stories(articles or _HERE / "articles")
    app.config["HERALD_BUNDLED"] = articles is None
    app.config["HERALD_PICTURES"] = find_pictures(_HERE / "static") if articles is None else {}
    app.config["HERALD_THIRD_PARTY"] = third_party
    app.register_blueprint(newsroom)
    app.register_blueprint(stand_ins)
    app.register_error_handler(404, show_error)
    app.register_error_handler(405, show_error)
    app.jinja_env.globals["asset"] = _fingerprint(Path(app.static_folder or ""))

    @app.after_request
    def set_headers(response: Response) -> Response:
        if (request.blueprint or "").startswith("consentkit"):
            return response
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
        if response.mimetype == "text/html" and "Content-Security-Policy" not in response.headers:
            other = [find_other_origin(request.scheme, request.host) or "'self'"] if third_party else []
            # Let through as well what an editor pasted once: nobody asked what it is, and no service declares it.
            pasted = [find_tracker_origin(request.scheme, request.host) or "'self'"] if third_party else []
            response.headers["Content-Security-Policy"] = build_policy(
                {"script-src": other, "frame-src": other, "img-src": pasted}, consent.csp_sources()
            )
        return response

    return app


def _fingerprint(folder: Path) -> cabc.Callable[[str], str]:
    """Return a function that gives a static file's URL, which changes with what is in the file."""
    hashes = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        for path in folder.rglob("*")
        if path.is_file()
    }
    return lambda name: url_for("static", filename=name, v=hashes[name])
