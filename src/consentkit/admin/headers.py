"""The headers of every answer of the audit view. They hold whatever the host application adds of its own."""

from __future__ import annotations

import collections.abc as cabc
import typing as t

import flask
from werkzeug.datastructures import Headers

if t.TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_CSP = "Content-Security-Policy"
_FRAMES = "X-Frame-Options"
_CACHE = "Cache-Control"

_PAGE_CSP: tuple[tuple[str, str], ...] = (
    ("default-src", "'none'"),  # what is not named below is not there
    ("style-src", "'self'"),  # the one stylesheet
    ("script-src", "'self'"),  # the one script; the pages work without it
    ("img-src", "'self'"),  # the one picture: the code for a second factor
    ("frame-src", "'self'"),  # the notice as it was shown; a link in it leads nowhere else
    ("form-action", "'self'"),
    ("base-uri", "'none'"),
    ("frame-ancestors", "'none'"),
    ("require-trusted-types-for", "'script'"),  # nothing of ours writes markup
)

_STRICT = {
    _CSP: "; ".join(f"{name} {sources}" for name, sources in _PAGE_CSP),
    _FRAMES: "DENY",
    _CACHE: "no-store",
    "X-Content-Type-Options": "nosniff",
    # Nothing leaves this origin. Not `no-referrer`: with that a browser sends `Origin: null` with our own forms, and
    # on plain http, where there is no Sec-Fetch-Site either, they could not be told from a stranger's.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class StrictResponse(flask.Response):
    """A response whose security headers nobody after us can change.

    A host's own ``after_request`` (Flask-Talisman's, say) runs after ours and would put the site's policy in the place
    of this one: so they are set once more when the headers are sent.
    """

    strict: cabc.Mapping[str, str] = _STRICT

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        """Return the headers as they are sent."""
        headers = super().get_wsgi_headers(environ)
        headers.remove("Content-Security-Policy-Report-Only")
        for name, value in self.strict.items():
            headers.set(name, value)
        return headers


def strict(response: flask.Response) -> flask.Response:
    """Return *response* with the headers of a page; what a view set of them itself stays."""
    hardened = t.cast("StrictResponse", StrictResponse.force_type(response))
    hardened.strict = {name: response.headers.get(name, value) for name, value in _STRICT.items()}
    for name, value in hardened.strict.items():
        hardened.headers.set(name, value)
    return hardened


def cacheable(response: flask.Response) -> flask.Response:
    """Let *response* be kept by anybody for good: its address names its content."""
    response.headers[_CACHE] = "public, max-age=31536000, immutable"
    return response


def evidence(html: str, policy: str) -> flask.Response:
    """Return a document for a sandboxed frame inside our own pages.

    :param html: a whole document. :param policy: the Content-Security-Policy under which it can only be looked at.
    """
    response = flask.make_response(html)
    response.headers[_CSP] = policy
    response.headers[_FRAMES] = "SAMEORIGIN"
    # Nor are the names in its links looked up before anybody follows them.
    response.headers["X-DNS-Prefetch-Control"] = "off"
    return response
