"""Records."""

from __future__ import annotations

import flask


def index() -> flask.Response:
    """Lead to the records."""
    return flask.redirect(flask.url_for(".records"), 303)


def records() -> flask.Response:
    """Answer with records."""
    return flask.abort(404)


def record(record_id: str) -> flask.Response:
    """Answer with a record."""
    return flask.abort(404)
