"""Living beside what the host application already has: its CSRF protection and its limits do not stop a decision.

Both are asked, through their own public calls, to leave consentkit's blueprints alone, and nothing else. They may be
initialised before or after us, so they are looked for again when the first request comes.
"""

from __future__ import annotations

import collections.abc as cabc
import typing as t

import flask


def make_room(app: flask.Flask, blueprints: cabc.Sequence[flask.Blueprint]) -> None:
    """Exempt *blueprints* from Flask-WTF's CSRF protection (they have the origin rule) and Flask-Limiter's limits."""
    protection = app.extensions.get("csrf")
    if hasattr(protection, "exempt"):
        for blueprint in blueprints:
            t.cast("t.Any", protection).exempt(blueprint)
    limiters = app.extensions.get("limiter", ())
    for limiter in limiters if isinstance(limiters, (set, frozenset, list, tuple)) else (limiters,):
        for blueprint in blueprints:
            limiter.exempt(blueprint)
