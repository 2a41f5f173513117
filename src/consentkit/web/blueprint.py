"""The readers' routes. Every method of every address gets an answer from here, so that no error of the host shows."""

from __future__ import annotations

import collections.abc as cabc
import logging
from http import HTTPStatus

import flask
from werkzeug.exceptions import HTTPException

from ..errors import ConsentKitError
from . import decisions
from . import embed
from . import erasure
from . import history
from . import log as consent_log
from . import metrics
from . import openapi
from . import pages
from . import reads
from . import receipt_check
from . import receipts
from . import reports
from .problems import problem
from .problems import problem_of

log = logging.getLogger("consentkit")

View = cabc.Callable[..., flask.Response]

#: Address under the prefix, endpoint, and what each method does. HEAD goes with GET; other methods get 405.
ROUTES: tuple[tuple[str, str, dict[str, View]], ...] = (
    ("/widget.js", "widget", {"GET": reads.widget}),
    ("/widget.mjs", "widget_module", {"GET": reads.widget}),
    ("/static/tag.js", "tag", {"GET": reads.tag}),
    ("/static/tag.mjs", "tag_module", {"GET": reads.tag}),
    ("/static/<path:name>", "asset", {"GET": reads.static}),
    ("/state.css", "state_css", {"GET": reads.state_css}),
    ("/notice", "notice", {"GET": reads.notice}),
    ("/decisions", "decisions", {"POST": decisions.post_decision, "OPTIONS": decisions.preflight}),
    ("/state", "state", {"GET": reads.state}),
    ("/preferences", "preferences", {"GET": pages.preferences}),
    ("/embed", "embed", {"GET": embed.embed}),
    ("/privacy", "privacy", {"GET": lambda: pages.policy("privacy")}),
    ("/terms", "terms", {"GET": lambda: pages.policy("terms")}),
    ("/cookies", "cookies", {"GET": lambda: pages.policy("cookies")}),
    ("/shown", "shown", {"POST": reads.shown, "OPTIONS": decisions.preflight}),
    (reports.RULE, "csp_reports", {"POST": reports.take_reports, "OPTIONS": decisions.preflight}),
    ("/records/<record_id>/receipt", "receipt", {"GET": receipts.receipt}),
    ("/receipts/check", "receipt_check", {"GET": receipt_check.receipt_check}),
    ("/log/<site_id>/checkpoint", "log_checkpoint", {"GET": consent_log.checkpoint}),
    ("/log/<site_id>/tile/<path:rest>", "log_tile", {"GET": consent_log.tile}),
    ("/log/<site_id>/statements", "log_statements", {"GET": consent_log.statements}),
    ("/log/<site_id>/key", "log_key", {"GET": consent_log.key}),
    # A log that goes on under another name.
    ("/log/<site_id>/<number>/checkpoint", "log_checkpoint_of", {"GET": consent_log.checkpoint}),
    ("/log/<site_id>/<number>/tile/<path:rest>", "log_tile_of", {"GET": consent_log.tile}),
    ("/history", "history", {"GET": history.history}),
    ("/history/erase", "history_erase", {"POST": erasure.erase, "OPTIONS": decisions.preflight}),
    ("/history/notice", "history_notice", {"GET": history.history_notice}),
    ("/openapi.json", "openapi", {"GET": openapi.document}),
    ("/healthz", "healthz", {"GET": reads.healthz}),
    ("/readyz", "readyz", {"GET": reads.readyz}),
    ("/metrics", "metrics", {"GET": metrics.metrics}),
)
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT")


def make_reader_blueprint(assets_path: str) -> flask.Blueprint:
    """Return the blueprint ``consentkit``. A new one for each application.

    :param assets_path: what the files' addresses have for ``static``. That goes on being answered, for pages that a
        cache kept from before the setting was changed.
    """
    blueprint = flask.Blueprint("consentkit", __name__, template_folder="templates")
    for rule, endpoint, views in ROUTES:
        view = _dispatch(views)
        for address in dict.fromkeys((rule, rule.replace("/static/", f"/{assets_path}/"))):
            blueprint.add_url_rule(
                address, endpoint, view, methods=_METHODS, provide_automatic_options=False, strict_slashes=False
            )
    blueprint.add_url_rule("/", "nothing", _nothing, methods=_METHODS, provide_automatic_options=False)
    blueprint.add_url_rule("/<path:rest>", "nowhere", _nothing, methods=_METHODS, provide_automatic_options=False)
    blueprint.register_error_handler(ConsentKitError, problem_of)
    blueprint.register_error_handler(HTTPException, _refuse)
    blueprint.register_error_handler(Exception, _fail)
    blueprint.after_request(_protect)
    return blueprint


def _protect(response: flask.Response) -> flask.Response:
    # Whatever it is, it is what its Content-Type says.
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _dispatch(views: cabc.Mapping[str, View]) -> View:
    allowed = sorted({*views, *(("HEAD",) if "GET" in views else ())})

    def view(**values: str) -> flask.Response:
        method = flask.request.method
        found = views.get("GET" if method == "HEAD" else method)
        if found is None:
            response = problem(405, f"Expected {' or '.join(allowed)}.")
            response.headers["Allow"] = ", ".join(allowed)
            return response
        return found(**values)

    return view


def _nothing(rest: str = "") -> flask.Response:  # noqa: ARG001 - the rule gives it
    return problem(404, "There is nothing at this address.")


def _refuse(error: HTTPException) -> flask.Response:
    return problem(error.code or HTTPStatus.BAD_REQUEST)


def _fail(error: Exception) -> flask.Response:
    # A defect of ours. The page says nothing of it; the log says where, and holds no cookie and no body.
    log.error("A request to %s failed.", flask.request.endpoint, exc_info=error)
    return problem(500)
