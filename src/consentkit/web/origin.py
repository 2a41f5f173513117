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


def allow_cross_origin(response: flask.Response, site: Site) -> flask.Response:
    """Let the pages of the site's listed origins read *response*, with cookies (Fetch standard, CORS protocol)."""
    response.vary.add("Origin")
    origin = flask.request.headers.get("Origin", "").lower()
    if origin in site.site.origins:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Credentials"] = "true"
        response.headers["Access-Control-Expose-Headers"] = "Retry-After"
    return response


def allow_everybody(response: flask.Response) -> flask.Response:
    """Let any page read *response*: it is public and the same for everybody."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
