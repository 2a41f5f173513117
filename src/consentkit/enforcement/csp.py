"""The Content-Security-Policy sources that consentkit itself needs on a page."""

from __future__ import annotations

import base64
import hashlib


def own_sources(head_script: str) -> dict[str, list[str]]:
    """Return the sources by directive, for a page of the service's own origin.

    The one inline script is allowed by its hash (CSP level 3, 6.7.3.3). Its text is constant, so the sources change
    only with the package.

    :param head_script: the text of the inline script.
    """
    digest = base64.b64encode(hashlib.sha256(head_script.encode()).digest()).decode()
    return {
        "script-src": [f"'sha256-{digest}'", "'self'"],
        "style-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
    }
