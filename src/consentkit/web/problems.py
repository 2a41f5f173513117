"""What is said when something cannot be done: RFC 9457 for programs, a plain page for people."""

from __future__ import annotations

import json
import logging
import typing as t
from http import HTTPStatus

import flask

from ..errors import BadDecision
from ..errors import ConsentKitError
from ..errors import KeyUnavailable
from ..errors import NonceReused
from ..errors import NotFound
from ..errors import NoticeChanged
from ..errors import OriginRefused
from ..errors import StoreUnavailable
from ..i18n.catalog import N_
from . import pages

#: For people: the heading and what to do, by status.
_WORDS = {
    400: (N_("This request cannot be read"), N_("Something in it is missing or has the wrong form.")),
    403: (
        N_("This page may not do that"),
        N_("The request did not come from the site itself. Open the site and try again."),
    ),
    404: (N_("There is nothing here"), N_("Check the address, or go back to the site.")),
    405: (N_("This address does not work that way"), N_("Go back to the site and try again.")),
    409: (N_("The notice has changed"), N_("Go back to the site, read the notice again and choose.")),
    413: (N_("This is too large"), N_("The request holds more than a decision needs.")),
    415: (N_("This form is not understood"), N_("Send JSON, or the site's own form.")),
    503: (
        N_("Your choice could not be saved"),
        N_(
            "The site's store does not answer. If you refused, that is in force in this browser; if you agreed, "
            "nothing is switched on. Please go back and try again in a moment."
        ),
    ),
}
#: The same status where something was only to be read.
_UNREADABLE = (
    N_("This page cannot be shown now"),
    N_("The site's store does not answer. Please try again in a moment."),
)


_MINUTE = 60

log = logging.getLogger("consentkit")


def wants_page() -> bool:
    """Whether a person is waiting for the answer rather than a program."""
    if flask.request.mimetype == "application/json":
        return False
    accept = flask.request.accept_mimetypes
    html = accept["text/html"]
    return html > accept["application/json"] and html >= accept["application/problem+json"]


def problem(status: int, detail: str = "", **members: t.Any) -> flask.Response:
    """Return the answer for *status*: a page if a person waits, else ``application/problem+json``.

    :param detail: one sentence for developers; never about internals. :param members: further members, e.g. ``field``.
    """
    if wants_page():
        heading, text = _WORDS.get(status, (HTTPStatus(status).phrase, ""))
        if status == HTTPStatus.SERVICE_UNAVAILABLE and flask.request.method != "POST":
            heading, text = _UNREADABLE
        response = pages.words_page(status, heading, text, field=str(members.get("field", "")))
    else:
        response = problem_json(status, detail, **members)
    response.headers["Cache-Control"] = "no-store"
    return response


def problem_json(status: int, detail: str = "", **members: t.Any) -> flask.Response:
    """Return the same for a program, whoever asks."""
    body: dict[str, object] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    if detail:
        body["detail"] = detail
    return flask.Response(
        # In ASCII: a field's name is the sender's own, and may hold half a surrogate pair.
        json.dumps({**body, **members}),
        status,
        mimetype="application/problem+json",
    )


def problem_of(error: ConsentKitError) -> flask.Response:  # noqa: PLR0911 - one for each kind of error
    """Return the answer for one of our own errors."""
    match error:
        case BadDecision():
            return problem(400, str(error), field=error.field)
        case OriginRefused():
            return problem(403, "The origin is not one of the site's.")
        case NotFound():
            return problem(404, str(error))
        case NoticeChanged():
            return problem(409, str(error), current=error.current)
        case NonceReused():
            return problem(409, "This nonce was used for another decision.", field="nonce")
        case StoreUnavailable():
            response = problem(503, "The store does not answer now.")
            response.headers["Retry-After"] = str(error.retry_after)
            return response
        case KeyUnavailable():
            # Which key, and where it should be, is for the operator alone.
            log.error("%s", error)
            response = problem(503, "Nothing can be signed now.")
            response.headers["Retry-After"] = str(_MINUTE)
            return response
        case _:
            return problem(500)
