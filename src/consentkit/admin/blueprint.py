"""The routes of the audit view. All but signing in need an account that has the right named beside the route."""

from __future__ import annotations

import collections.abc as cabc
import functools
import logging
import typing as t

import flask
from werkzeug.exceptions import HTTPException

from ..enforcement.origins import post_allowed
from ..errors import KeyUnavailable
from ..errors import NotFound
from ..errors import RightMissing
from ..errors import StoreUnavailable
from ..i18n.catalog import N_
from ..ledger.events import What
from . import access
from . import access_events
from . import account
from . import assets
from . import audit
from . import erasing
from . import evidence
from . import exports
from . import finding
from . import host_users
from . import invitations
from . import log as consent_log
from . import overview
from . import packs
from . import people
from . import second_factor
from . import second_step
from . import services
from . import sessions
from .events import event_of
from .headers import strict
from .rendering import current_session
from .rendering import render_message
from .rights import allowed_sites
from .roles import Right
from .throttle import Throttle
from .throttle import keep_throttle

log = logging.getLogger("consentkit")

# No form of ours comes near it, but for the one that takes a receipt.
_MAX_BODY = 16 * 1024

View = cabc.Callable[..., flask.Response]

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

#: What needs a signed-in account: address under the audit view's own, endpoint, the right, and what answers GET.
PAGES: tuple[tuple[str, str, Right, View], ...] = (
    ("/", "index", Right.READ, overview.index),
    ("/overview.csv", "overview_csv", Right.EXPORT, overview.overview_csv),
    ("/records", "records", Right.READ, audit.records),
    ("/records.csv", "export", Right.EXPORT, exports.records_csv),
    ("/records.jsonl", "export_jsonl", Right.EXPORT, exports.records_jsonl),
    ("/records.parquet", "export_parquet", Right.EXPORT, exports.records_parquet),
    ("/audit-pack.zip", "audit_pack", Right.EXPORT, packs.audit_pack_zip),
    ("/records/<record_id>", "record", Right.READ, audit.record),
    ("/services", "services", Right.READ, services.services),
    ("/log", "log", Right.READ, consent_log.log),
    ("/people", "people", Right.MANAGE_ACCOUNTS, people.people),
    ("/access", "access", Right.MANAGE_ACCOUNTS, access.access),
    ("/account", "account", Right.READ, account.account),
    ("/account/second-factor.svg", "second_factor_picture", Right.READ, second_factor.picture),
    ("/services.json", "services_json", Right.EXPORT, services.services_json),
    ("/notices/<site>/<version>/<layer>", "notice", Right.READ, evidence.notice),
    ("/configurations/<site>/<version>", "configuration", Right.READ, evidence.configuration),
    ("/policies/<site>/<kind>/<locale>/<version>", "policy", Right.READ, evidence.policy),
)

#: What does something, by POST, and what answers GET at the same address.
ACTIONS: tuple[tuple[str, str, Right, View, View | None], ...] = (
    ("/find", "find", Right.READ, finding.post_find, finding.find),
    ("/filters", "save_filter", Right.READ, finding.save, None),
    ("/filters/forget", "forget_filter", Right.READ, finding.forget, None),
    ("/records/<record_id>/erase", "erase", Right.ERASE, erasing.post_erase, erasing.ask),
    ("/records/<record_id>/hold", "hold", Right.ERASE, erasing.post_hold, None),
    ("/records/<record_id>/release", "release", Right.ERASE, erasing.post_release, None),
    ("/log/<site>/verify", "verify_log", Right.READ, consent_log.post_verify, None),
    ("/account/password", "change_password", Right.READ, account.post_password, None),
    ("/account/preferences", "set_preferences", Right.READ, account.post_preferences, None),
    ("/account/sessions/end", "end_sessions", Right.READ, account.post_end_sessions, None),
    ("/account/second-factor", "second_factor", Right.READ, second_factor.post_begin, second_factor.show),
    ("/account/second-factor/confirm", "confirm_second_factor", Right.READ, second_factor.post_confirm, None),
    ("/account/second-factor/codes", "new_recovery_codes", Right.READ, second_factor.post_codes, None),
    ("/account/second-factor/remove", "remove_second_factor", Right.READ, second_factor.post_remove, None),
    ("/people/invite", "invite", Right.MANAGE_ACCOUNTS, people.post_invite, None),
    ("/people/withdraw", "withdraw_invitation", Right.MANAGE_ACCOUNTS, people.post_withdraw, None),
    ("/people/<account_id>/grant", "grant", Right.MANAGE_ACCOUNTS, people.post_grant, None),
    ("/people/<account_id>/disable", "disable", Right.MANAGE_ACCOUNTS, people.post_disable, None),
    ("/people/<account_id>/enable", "enable", Right.MANAGE_ACCOUNTS, people.post_enable, None),
    (
        "/people/<account_id>/reset-second-factor",
        "reset_second_factor",
        Right.MANAGE_ACCOUNTS,
        people.post_reset_second_factor,
        None,
    ),
)

_WORDS = {
    400: (N_("This request cannot be read"), N_("Something in it has the wrong form. Go back and try again.")),
    403: (
        N_("This did not come from the audit view"),
        N_("The form was not sent from a page of the audit view, so nothing was done. Open the page again and retry."),
    ),
    404: (N_("There is nothing at this address"), N_("Check the address, or go back to the records.")),
    405: (N_("This address does not work that way"), N_("Go back to the records and try again.")),
    413: (N_("This is too large"), N_("The form holds more than it can take. Shorten what you entered.")),
    500: (N_("Something went wrong here"), N_("It has been noted in the server's log. Go back and try again.")),
}
_NO_RIGHT = (
    N_("Your role does not allow this"),
    N_("Ask an owner of the audit view for another role if you need it."),
)
_NO_KEY = (
    N_("Nothing was erased: the log's key is not here"),
    N_("An erasure is said in the log, and this process cannot sign for it. Ask whoever runs the server."),
)
_NO_STORE = (N_("The database does not answer"), N_("Nothing is lost. Try again in a moment."))


def make_admin_blueprint() -> flask.Blueprint:
    """Return the blueprint ``consentkit_admin``, to be mounted under ``admin``. A new one for each application."""
    blueprint = flask.Blueprint("consentkit_admin", __name__)
    routes: list[tuple[str, str, dict[str, View]]] = [
        ("/static/<name>", "static", {"GET": assets.serve}),
        ("/sign-in", "sign_in", {"GET": sessions.show_sign_in, "POST": sessions.post_sign_in}),
        ("/sign-in/code", "sign_in_code", {"GET": second_step.show_code, "POST": second_step.post_code}),
        (
            "/invitations/<token>",
            "invitation",
            {"GET": invitations.show_invitation, "POST": invitations.post_invitation},
        ),
        ("/sign-out", "sign_out", {"POST": sessions.post_sign_out}),
        *(
            (rule, endpoint, {"GET": _guarded(view, right, event_of(endpoint, "GET"))})
            for rule, endpoint, right, view in PAGES
        ),
    ]
    for rule, endpoint, right, do, view in ACTIONS:
        page = {} if view is None else {"GET": _guarded(view, right, event_of(endpoint, "GET"))}
        routes.append((rule, endpoint, {"POST": _guarded(do, right, event_of(endpoint, "POST")), **page}))
    add = functools.partial(
        blueprint.add_url_rule, methods=_METHODS, provide_automatic_options=False, strict_slashes=False
    )
    # Every method of every address gets an answer from here, so that no error page of the host shows.
    for rule, endpoint, views in routes:
        add(rule, endpoint, _dispatch(views))
    add("/<path:rest>", "nowhere", _nowhere)
    blueprint.before_request(functools.partial(keep_throttle, Throttle()))
    blueprint.before_request(_before)
    blueprint.after_request(strict)
    blueprint.register_error_handler(StoreUnavailable, _no_store)
    blueprint.register_error_handler(KeyUnavailable, _no_key)
    blueprint.register_error_handler(NotFound, _not_found)
    blueprint.register_error_handler(RightMissing, _no_right)
    blueprint.register_error_handler(HTTPException, _http_error)
    blueprint.register_error_handler(Exception, _failed)
    return blueprint


def _before() -> flask.Response | None:
    endpoint = (flask.request.endpoint or "").rpartition(".")[2]
    flask.request.max_content_length = finding.MAX_BODY if endpoint == "find" else _MAX_BODY
    if endpoint == "static":
        return None
    if flask.request.method not in {"GET", "HEAD"} and not _same_origin():
        return _refused(403)
    if host_users.in_use() and _is_of_own_accounts(endpoint):
        return _refused(404)
    sessions.load_session()
    return None


def _is_of_own_accounts(endpoint: str) -> bool:
    return endpoint in host_users.OWN_ACCOUNTS or (endpoint == "sign_in" and flask.request.method == "POST")


def _same_origin() -> bool:
    headers = flask.request.headers
    host = flask.request.host
    return post_allowed(
        origin=headers.get("Origin"),
        sec_fetch_site=headers.get("Sec-Fetch-Site"),
        referer=headers.get("Referer"),
        # Behind a proxy that ends TLS and does not say so, the page was https all the same.
        allowed={f"{flask.request.scheme}://{host}", f"https://{host}"},
        is_form=True,
    )


def _dispatch(views: cabc.Mapping[str, View]) -> View:
    allowed = sorted({*views, *(("HEAD",) if "GET" in views else ())})

    def view(**values: t.Any) -> flask.Response:
        method = flask.request.method
        found = views.get("GET" if method == "HEAD" else method)
        if found is not None:
            return found(**values)
        response = _refused(405)
        response.headers["Allow"] = ", ".join(allowed)
        return response

    return view


def _guarded(view: View, right: Right, what: What | None) -> View:
    def answer(**values: t.Any) -> flask.Response:
        allowed = allowed_sites(right)
        access_events.reaches(allowed)
        if allowed == frozenset():
            return render_message(403, *_NO_RIGHT)
        return view(**values)

    kept = access_events.recorded(what, answer)

    @functools.wraps(view)
    def guarded(**values: t.Any) -> flask.Response:
        # Who is not signed in has done nothing yet.
        return sessions.ask_to_sign_in() if current_session() is None else kept(**values)

    return guarded


def _nowhere(rest: str) -> flask.Response:  # noqa: ARG001 - the rule gives it
    return _refused(404)


def _not_found(error: NotFound) -> flask.Response:  # noqa: ARG001 - what is missing is in the address
    return _refused(404)


def _no_right(error: RightMissing) -> flask.Response:  # noqa: ARG001 - the page says it in the officer's language
    return render_message(403, *_NO_RIGHT)


def _http_error(error: HTTPException) -> flask.Response:
    if error.response is not None:
        return t.cast("flask.Response", error.get_response())
    return _refused(error.code if error.code in _WORDS else 400)


def _failed(error: Exception) -> flask.Response:
    # A defect of ours. The page says nothing of it; the log says where, without the address, which may hold an id.
    log.error("A request to %s failed.", flask.request.endpoint, exc_info=error)
    return _refused(500)


def _refused(status: int) -> flask.Response:
    return render_message(status, *_WORDS[status])


def _no_key(error: KeyUnavailable) -> flask.Response:
    log.error("Records could not be erased: %s", error)
    return render_message(503, *_NO_KEY)


def _no_store(error: StoreUnavailable) -> flask.Response:
    response = render_message(503, *_NO_STORE)
    response.headers["Retry-After"] = str(error.retry_after)
    return response
