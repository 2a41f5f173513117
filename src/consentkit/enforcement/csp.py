"""The Content-Security-Policy sources that consentkit itself needs on a page."""

from __future__ import annotations

import base64
import collections.abc as cabc
import hashlib


def inline_scripts(*, policy: bool, signals: bool) -> tuple[str, ...]:
    """Return the widget's files whose text stands in the page: in ``<head>``, and behind the notice.

    :param policy: whether pages narrow their policy by themselves. :param signals: whether other tools on the page are
        told of the choice.
    """
    return (*(("policy.js",) if policy else ()), "head.js", *(("signals.js",) if signals else ()), "page.js")


def own_sources(inline_scripts: cabc.Iterable[str], *, frames: bool = False) -> dict[str, list[str]]:
    """Return the sources by directive, for a page of the service's own origin.

    Inline scripts are allowed by their hashes (CSP level 3, 6.7.3.3). Their texts are constant, so the sources change
    only with the package.

    :param inline_scripts: the text of each inline script. :param frames: whether embeds may be shown by a page of ours
        (``GET embed``).
    """
    return {
        "script-src": [*map(_hash_source, inline_scripts), "'self'"],
        "style-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        **({"frame-src": ["'self'"]} if frames else {}),
    }


def _hash_source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
