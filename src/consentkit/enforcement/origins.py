"""From where a post may come: the rule that stands in for CSRF tokens, which a cached page could not carry.

A browser tells where a post was made: ``Origin`` (Fetch standard, 3.1), ``Sec-Fetch-Site`` (Fetch Metadata, 2.1) and
``Referer``. The first that says something decides. A page cannot forge any of them.
"""

from __future__ import annotations

import collections.abc as cabc
import urllib.parse

_DEFAULT_PORTS = {"http": 80, "https": 443}
# Longer than any origin (a host name has at most 253 characters) and any address worth reading for its origin.
_MAX_URL = 8192


def post_allowed(
    *,
    origin: str | None,
    sec_fetch_site: str | None,
    referer: str | None,
    allowed: cabc.Collection[str],
    is_form: bool,
) -> bool:
    """Whether a post with these headers may be taken.

    An ``Origin`` must be one of *allowed*. Without one, or with ``null`` (a page whose referrer policy is
    ``no-referrer``, a sandboxed frame), ``Sec-Fetch-Site`` must be ``same-origin``. Without both, the ``Referer``
    must be of an allowed origin. With none of the three, a form is refused, for every browser that could be lured
    sends one of them; a program that sends JSON is let through, for a page cannot send JSON to another origin unasked.

    :param origin: the header as sent, ``None`` if absent.
    :param sec_fetch_site: likewise.
    :param referer: likewise.
    :param allowed: serialized origins such as ``https://www.example.org`` or ``http://127.0.0.1:8000``.
    :param is_form: whether the body is one that an HTML form can send; only a body that no form can send is ``False``.
    """
    # An empty header is an absent one.
    if origin and origin != "null":
        return _same(origin_of(origin, bare=True), allowed)
    if sec_fetch_site:
        return sec_fetch_site == "same-origin"
    if referer:
        # A frame without an origin of its own still sends the address that it was loaded from: that proves nothing.
        return not origin and _same(origin_of(referer), allowed)
    return not is_form


def origin_of(url: str, *, bare: bool = False) -> str | None:
    """Return the origin of an http(s) address as browsers write it, or ``None`` if there is none.

    Lower case, without the scheme's own port: ``HTTPS://Example.org:443/a`` gives ``https://example.org``. Never
    raises, whatever the text is.

    :param bare: take only an origin, with no path behind it.
    """
    if len(url) > _MAX_URL or not url.isascii() or not url.isprintable() or "\\" in url:
        return None
    try:
        parts = urllib.parse.urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    host = parts.hostname
    if parts.scheme not in _DEFAULT_PORTS or not host or parts.username is not None or " " in host:
        return None
    if bare and (parts.path or parts.query or parts.fragment):
        return None
    name = f"[{host}]" if ":" in host else host
    suffix = "" if port is None or port == _DEFAULT_PORTS[parts.scheme] else f":{port}"
    return f"{parts.scheme}://{name}{suffix}"


def _same(origin: str | None, allowed: cabc.Collection[str]) -> bool:
    return origin is not None and (origin in allowed or any(origin == origin_of(entry) for entry in allowed))
