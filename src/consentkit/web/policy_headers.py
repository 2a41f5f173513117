"""The filter that gives pages the Content-Security-Policy of what their readers agreed to."""

from __future__ import annotations

import typing as t

from ..runtime import Runtime

if t.TYPE_CHECKING:
    from ..operations.publish_site import SiteSnapshot
    from .exchange import Filter


def policy_filter(runtime: Runtime, snapshot: SiteSnapshot) -> Filter | None:  # noqa: ARG001 - until it is there
    """Return the filter of a site, or ``None`` where its policy is off."""
    return None
