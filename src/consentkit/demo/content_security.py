"""The demo's own Content-Security-Policy, with what consentkit needs merged in."""

from __future__ import annotations

import collections.abc as cabc
import typing as t

#: What a page of the paper may do, by directive.
_OWN: t.Final[cabc.Mapping[str, tuple[str, ...]]] = {
    "default-src": ("'none'",),  # whatever is not named below is not needed
    "script-src": ("'self'",),  # static/stand-ins.js
    "style-src": ("'self'",),  # static/herald.css
    "img-src": ("'self'",),  # the drawn pictures
    "connect-src": ("'self'",),  # decisions are posted to the paper itself
    "form-action": ("'self'",),  # the search, and the notice without script
    "frame-ancestors": ("'self'",),
    "base-uri": ("'none'",),
    "object-src": ("'none'",),
}


def build_policy(*additions: cabc.Mapping[str, cabc.Iterable[str]]) -> str:
    """Return the header's value: the paper's own sources and *additions*, each source once, in order.

    ``'none'`` goes where another source arrives: a browser would ignore it, but it misleads who reads the header.
    """
    merged = {directive: list(sources) for directive, sources in _OWN.items()}
    for addition in additions:
        for directive, sources in addition.items():
            merged.setdefault(directive, []).extend(sources)
    return "; ".join(
        " ".join((directive, *(kept or dict.fromkeys(sources))))
        for directive, sources in merged.items()
        if (kept := dict.fromkeys(source for source in sources if source != "'none'")) or sources
    )
