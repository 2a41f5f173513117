"""``GET openapi.json``."""

from __future__ import annotations

import flask


def document() -> flask.Response:
    return flask.Response("{}", mimetype="application/json")
