"""The consent log of each site: how far it is, what waits, what keeps it, and what is the matter with it."""

from __future__ import annotations

import datetime as dt

import flask

from ..consent.model import localize
from ..operations.anchors import anchors_of
from ..operations.log_health import MAX_COUNTED
from ..operations.log_health import log_health
from ..runtime import current_runtime
from .rendering import current_words
from .rendering import render
from .rights import configured_sites

_MONTH = dt.timedelta(days=30)


def log() -> flask.Response:
    """Answer ``GET admin/log``."""
    words = current_words()
    runtime = current_runtime()
    sites = {name: one.site for name, one in sorted(configured_sites().items())}
    with runtime.database.unit_of_work(read_only=True) as uow:
        healths = [log_health(uow, name, clock=runtime.clock) for name in sites]
    settings = runtime.settings
    today = runtime.clock.now().date()
    anchors = {name: anchors_of(settings.log_anchor, name, root=settings.root).places for name in sites}
    return render(
        "log.html",
        healths=healths,
        anchors=anchors,
        sites={name: localize(one.site.name, words.tag, *one.locales) or name for name, one in sites.items()},
        access={name: one.site.log.value for name, one in sites.items()},
        most=MAX_COUNTED,
        since=today - _MONTH,
        until=today,
    )
