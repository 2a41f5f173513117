"""Records as a file."""

from __future__ import annotations

import flask


def records_csv() -> flask.Response:
    """Answer ``GET records.csv``."""
    return flask.abort(404)
