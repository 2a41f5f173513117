"""What records refer to."""

from __future__ import annotations

import flask


def notice(site: str, version: str, layer: str) -> flask.Response:
    """Answer with a notice."""
    return flask.abort(404)


def configuration(site: str, version: str) -> flask.Response:
    """Answer with a configuration."""
    return flask.abort(404)


def policy(site: str, kind: str, locale: str, version: str) -> flask.Response:
    """Answer with a policy."""
    return flask.abort(404)
