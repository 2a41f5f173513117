"""``POST csp-reports``: browsers' reports of hosts that a policy blocks, counted and forgotten.

A report is worth less than anything else that the application answers, and may come a thousand times as often, so one
that can be taken is answered before Flask, and before whatever the host application does for each request. Everything
else goes the usual way: the view below says what is wrong, by the same rules.
"""

from __future__ import annotations

import collections.abc as cabc
import io
import typing as t
import urllib.parse
from http import HTTPStatus

import flask
from werkzeug.exceptions import BadRequest
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wsgi import get_host
from werkzeug.wsgi import get_input_stream

from ..consent.withholding import PolicyMode
from ..enforcement.origins import post_allowed
from ..enforcement.reports import MAX_BODY
from ..enforcement.reports import read_reports
from ..errors import NotFound
from ..errors import OriginRefused
from ..operations.publish_site import SiteSnapshot
from ..runtime import Runtime
from ..runtime import current_runtime
from ..storage.observations import Kind
from ..storage.observations import Outcome
from ..storage.observations import Seen
from .negotiation import own_origin
from .negotiation import requested_site
from .negotiation import site_at
from .origin import cross_origin_headers
from .problems import problem

if t.TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse
    from _typeshed.wsgi import WSGIApplication
    from _typeshed.wsgi import WSGIEnvironment

RULE = "/csp-reports"
#: By ``report-uri`` and by ``report-to``. No page can have a browser send either to another origin unasked.
TYPES = ("application/csp-report", "application/reports+json")
# Longer than any query that we put into a policy.
_MAX_QUERY = 200


class ReportsFirst:
    """Answers the reports that can be taken; passes on every other request, and what cannot be taken.

    :param prefix: where the readers' routes are.
    """

    def __init__(self, app: WSGIApplication, runtime: Runtime, prefix: str) -> None:
        self._app = app
        self._runtime = runtime
        self._path = prefix + RULE

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> cabc.Iterable[bytes]:
        """Answer, or ask the application."""
        if environ.get("PATH_INFO") == self._path and environ["REQUEST_METHOD"] == "POST":
            try:
                headers = self._take(environ)
            except Exception:  # noqa: BLE001 - the long way meets with it again, and tells
                headers = None
            if headers is not None:
                start_response("204 No Content", headers)
                return []
        return self._app(environ, start_response)

    def _take(self, environ: WSGIEnvironment) -> list[tuple[str, str]] | None:
        query = environ.get("QUERY_STRING", "")
        if len(query) > _MAX_QUERY:
            return None
        # The first of a name counts, as in the view.
        fields = dict(reversed(urllib.parse.parse_qsl(query)))
        own = f"{environ['wsgi.url_scheme']}://{get_host(environ)}".lower()
        named = fields.get("site")
        try:
            snapshot = site_at(self._runtime, own) if named is None else self._runtime.site(named)
        except NotFound:
            return None
        status, _ = _count(self._runtime, snapshot, environ, own=own, consent_class=fields.get("class", ""))
        if status is not HTTPStatus.NO_CONTENT:
            return None
        return [
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            *cross_origin_headers(snapshot.site, environ.get("HTTP_ORIGIN", "")),
        ]


def take_reports() -> flask.Response:
    """Count what a browser reports of the site's own pages, or say why not."""
    runtime = current_runtime()
    snapshot = requested_site(runtime)
    status, detail = _count(
        runtime,
        snapshot,
        flask.request.environ,
        own=own_origin(),
        consent_class=flask.request.args.get("class", ""),
    )
    if status is HTTPStatus.FORBIDDEN:
        raise OriginRefused(detail)
    response = problem(status, detail) if detail else flask.Response(status=status)
    response.headers["Cache-Control"] = "no-store"
    response.headers.extend(cross_origin_headers(snapshot.site, flask.request.headers.get("Origin", "")))
    return response


def _count(
    runtime: Runtime, snapshot: SiteSnapshot, environ: WSGIEnvironment, *, own: str, consent_class: str
) -> tuple[HTTPStatus, str]:
    """Count what a request reports. Returns the status of the answer and, unless it is 204, what is wrong.

    :param own: the origin at which the request came in. :param consent_class: the policy's, as the address has it.
    """
    site = snapshot.site
    allowed = {own, *site.site.origins}
    # Chromium sends the second kind without a word about the page, so what none of the three speaks against is taken.
    if not post_allowed(
        origin=environ.get("HTTP_ORIGIN"),
        sec_fetch_site=environ.get("HTTP_SEC_FETCH_SITE"),
        referer=environ.get("HTTP_REFERER"),
        allowed=allowed,
        is_form=False,
    ):
        return HTTPStatus.FORBIDDEN, "The origin is not one of the site's."
    if environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() not in TYPES:
        return HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Send '{TYPES[0]}' or '{TYPES[1]}'."
    body = _body(environ)
    if len(body) > MAX_BODY:
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"Reports have at most {MAX_BODY} bytes."
    reports = read_reports(body)
    if reports is None:
        return HTTPStatus.BAD_REQUEST, "The body is not a report, nor a list of reports, in JSON."
    number = _class(consent_class, len(site.optional_purposes))
    enforced = site.enforcement.csp is PolicyMode.ENFORCE
    own_reports = [report for report in reports if report.document in allowed]
    if reports and not own_reports:
        return HTTPStatus.FORBIDDEN, "The page is not one of the site's."
    sightings = []
    for report in own_reports:
        blocked = enforced if report.blocked is None else report.blocked
        outcome = Outcome.BLOCKED if blocked else Outcome.REPORTED
        seen = Seen(site.id, Kind.HOST, report.host, report.directive, report.section, number, outcome)
        sightings.append((seen, None))
    runtime.observed.add_all(sightings, runtime.clock.now())
    return HTTPStatus.NO_CONTENT, ""


def _body(environ: WSGIEnvironment) -> bytes:
    """Return the body, or more than is taken of it. It can be read again."""
    try:
        # One more than is taken: a body in chunks has no length, and would be cut at this limit rather than refused.
        body = get_input_stream(environ, max_content_length=MAX_BODY + 1).read(MAX_BODY + 1)
    except RequestEntityTooLarge:
        return bytes(MAX_BODY + 1)
    except BadRequest:
        # The client went away.
        body = b""
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    return body


def _class(text: str, purposes: int) -> int:
    """Return the class that an address tells, -1 if the site has none such."""
    most = (1 << purposes) - 1
    known = text.isascii() and text.isdecimal() and len(text) <= len(str(most)) and int(text) <= most
    return int(text) if known else -1
