"""The filter that holds the cookies of every response against what the site declares."""

from __future__ import annotations

import typing as t

import flask

from ..runtime import Runtime

if t.TYPE_CHECKING:
    from ..operations.publish_site import SiteSnapshot
    from .exchange import Filter


def cookie_filter(app: flask.Flask, runtime: Runtime, snapshot: SiteSnapshot) -> Filter | None:  # noqa: ARG001 - until it is there
    """Return the filter of a site, or ``None`` where it is off."""
    return None
