"""Who may post: the origin rule that stands in for tokens, for a cached page cannot hold a token."""

from __future__ import annotations

import flask

from ..consent.site import Site
from ..enforcement.origins import post_allowed
from ..errors import OriginRefused
from .negotiation import allowed_origins


def check_origin(site: Site, *, is_form: bool) -> None:
    """Let a post pass only from a page of the site's.

    :raises OriginRefused: it came from elsewhere, or a form does not say from where.
    """
    headers = flask.request.headers
    if not post_allowed(
        origin=headers.get("Origin"),
        sec_fetch_site=headers.get("Sec-Fetch-Site"),
        referer=headers.get("Referer"),
        allowed=allowed_origins(site),
        is_form=is_form,
    ):
        raise OriginRefused("The origin is not one of the site's.")


def cross_origin_headers(site: Site, origin: str) -> list[tuple[str, str]]:
    """Return what lets the pages of the site's listed origins read an answer, with cookies.

    Fetch standard, CORS protocol.

    :param origin: where the request says that it comes from.
    """
    headers = [("Vary", "Origin")]
    origin = origin.lower()
    if origin in site.site.origins:
        headers += [
            ("Access-Control-Allow-Origin", origin),
            ("Access-Control-Allow-Credentials", "true"),
            ("Access-Control-Expose-Headers", "Retry-After"),
        ]
    return headers


def allow_cross_origin(response: flask.Response, site: Site) -> flask.Response:
    """Let the pages of the site's listed origins read *response*, with cookies."""
    for name, value in cross_origin_headers(site, flask.request.headers.get("Origin", "")):
        if name == "Vary":
            response.vary.add(value)
        else:
            response.headers[name] = value
    return response


def allow_everybody(response: flask.Response) -> flask.Response:
    """Let any page read *response*: it is public and the same for everybody."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
