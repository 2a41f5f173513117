"""``POST history/erase``: a reader withdraws and has their records erased, by form or by script."""

from __future__ import annotations

import collections.abc as cabc
import json
import logging
import urllib.parse

import flask
from werkzeug.exceptions import RequestEntityTooLarge

from ..consent.decisions import Action
from ..consent.decisions import Layer
from ..consent.decisions import Method
from ..consent.devices import device_of
from ..errors import BadDecision
from ..errors import KeyUnavailable
from ..errors import OriginRefused
from ..errors import StoreUnavailable
from ..i18n.negotiate import best
from ..ledger.erasures import Reason
from ..operations.erase import Erased
from ..operations.erase import erase_subject
from ..operations.publish_site import SiteSnapshot
from ..operations.record import Submission
from ..operations.record import record_decision
from ..operations.record import refusal_state
from ..runtime import Runtime
from ..runtime import current_runtime
from .decisions import MAX_BODY
from .decisions import announce
from .decisions import published
from .decisions import unambiguous
from .history import Whose
from .history import history_url
from .history import read_whose
from .negotiation import country
from .negotiation import gpc
from .negotiation import requested_locale
from .negotiation import requested_site
from .origin import allow_cross_origin
from .origin import check_origin
from .problems import problem
from .problems import problem_of
from .reader import forget_subject
from .reader import reaches_cookies
from .reader import read_reader
from .reader import set_cookies

log = logging.getLogger("consentkit")

_FIELDS = frozenset({"token", "locale"})
# Seconds after which somebody may have seen to the key.
_LATER = 300
_FORM = "application/x-www-form-urlencoded"


def erase() -> flask.Response:
    """Answer ``POST history/erase``: a form with a 303 back to the page, a program with JSON."""
    runtime = current_runtime()
    snapshot = requested_site(runtime)
    is_form = flask.request.mimetype == _FORM
    if not is_form and flask.request.mimetype != "application/json":
        return problem(415, f"Send 'application/json' or '{_FORM}'.")
    # One more than is taken, as in decisions.
    flask.request.max_content_length = MAX_BODY + 1
    try:
        body = flask.request.get_data(cache=False)
    except RequestEntityTooLarge:
        body = bytes(MAX_BODY + 1)
    if len(body) > MAX_BODY:
        return problem(413, f"An erasure has at most {MAX_BODY} bytes.")
    fields = _from_form(body) if is_form else _from_json(body)
    whose = _whose(runtime, snapshot, fields.get("token"), is_form=is_form)
    response = _erase(runtime, snapshot, whose, locale=_locale(snapshot, fields.get("locale")), is_form=is_form)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response if is_form else allow_cross_origin(response, snapshot.site)


def _whose(runtime: Runtime, snapshot: SiteSnapshot, token: str | None, *, is_form: bool) -> Whose:
    """Return whose history is to be erased, if the post comes from where it may.

    A form on a page without a referrer does not say where it comes from. With the token that such a page was opened by,
    it need not: nobody else could have filled it in.

    :raises OriginRefused: it may not. :raises NotFound: the token is none of ours.
    """
    try:
        check_origin(snapshot.site, is_form=is_form)
    except OriginRefused:
        if not token or flask.request.headers.get("Origin", "null") != "null":
            raise
    whose = read_whose(runtime, snapshot, token)
    # A page of another site has no cookies of ours, even if its browser sends some.
    return whose if whose.token or reaches_cookies(snapshot) else Whose(None, None)


def _erase(runtime: Runtime, snapshot: SiteSnapshot, whose: Whose, *, locale: str, is_form: bool) -> flask.Response:
    # A reader who came by an address decides on another origin: cookies of this one are not theirs.
    has_cookies = whose.token is None and reaches_cookies(snapshot)
    erased = Erased()
    failure: StoreUnavailable | None = None
    try:
        if whose.subject_id is not None or (has_cookies and read_reader(runtime, snapshot).choice.agrees):
            snapshot = _withdraw(runtime, snapshot, whose, locale=locale, is_form=is_form)
        if whose.subject_id is not None:
            erased = erase_subject(
                runtime.database,
                snapshot.site.id,
                whose.subject_id,
                reason=Reason.READER,
                signers=runtime.signing_keys,
                clock=runtime.clock,
            )
            runtime.log_what_waits()
    except StoreUnavailable as error:
        log.warning("A history could not be erased: %s", error)
        failure = error
    except KeyUnavailable as error:
        # Without a signed word on it, the erasure would look like tampering.
        log.error("A history could not be erased: %s", error)  # noqa: TRY400 - the message says all
        failure = StoreUnavailable("Nothing signs for the log now.", retry_after=_LATER)
    now = runtime.clock.now()
    state = refusal_state(snapshot, now)
    if failure is not None:
        response = problem_of(failure)
    elif is_form:
        response = flask.Response(status=303)
        response.headers["Location"] = history_url(snapshot, locale, token=whose.token, erased="1")
    else:
        body = {"erased": erased.count, "held": len(erased.held), "state": runtime.codec.seal(state)}
        response = flask.Response(json.dumps(body), mimetype="application/json")
    if has_cookies:
        # Withdrawing is in force whatever becomes of the records.
        set_cookies(response, runtime, snapshot, state=state, subject_id=None, at=now)
        # What is held stays theirs to see, and what failed theirs to try again.
        if failure is None and not erased.held:
            forget_subject(response, snapshot)
    return response


def _withdraw(runtime: Runtime, snapshot: SiteSnapshot, whose: Whose, *, locale: str, is_form: bool) -> SiteSnapshot:
    """Record that the reader withdrew, so that the site hears of it, and return the snapshot it was recorded by.

    :raises StoreUnavailable: it cannot be recorded now.
    """
    if not snapshot.published:
        snapshot = published(runtime, snapshot)
    device = device_of(flask.request.headers.get("User-Agent", ""))
    submission = Submission(
        action=Action.WITHDRAW,
        purposes={},
        services={},
        notice=snapshot.notices[locale].version,
        locale=locale,
        page=None,
        nonce=None,
        layer=Layer.PAGE if is_form else None,
        method=Method.FORM if is_form else Method.API,
        subject_id=whose.subject_id,
        identifiable=whose.token is None,
        country=country(snapshot.site),
        gpc=gpc(),
        user_agent_family=device.family,
        device_class=device.kind,
    )
    decided = record_decision(
        snapshot,
        submission,
        recorder=runtime.recorder,
        # It is the current one.
        is_published=lambda version, locale: False,  # noqa: ARG005 - asked for older ones alone
        clock=runtime.clock,
    )
    runtime.log_what_waits()
    announce(decided.record)
    return snapshot


def _locale(snapshot: SiteSnapshot, wanted: str | None) -> str:
    found = best(wanted, snapshot.site.locales) if wanted else None
    return found or requested_locale(snapshot.site, otherwise_accepted=True)


def _from_form(body: bytes) -> dict[str, str]:
    try:
        pairs = urllib.parse.parse_qsl(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=len(_FIELDS), errors="strict"
        )
    except ValueError as error:
        raise BadDecision("", "The body is not a form in UTF-8.") from error
    return _known(pairs)


def _from_json(body: bytes) -> dict[str, str]:
    try:
        sent = json.loads(body.decode("utf-8") or "{}", object_pairs_hook=unambiguous)
    except (ValueError, RecursionError) as error:
        raise BadDecision("", "The body is not JSON in UTF-8.") from error
    if not isinstance(sent, dict):
        raise BadDecision("", "The body is not a JSON object.")
    return _known(sent.items())


def _known(pairs: cabc.Iterable[tuple[str, object]]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name, value in pairs:
        if name not in _FIELDS:
            raise BadDecision(name[:40], "There is no such field.")
        if not isinstance(value, str) or name in fields:
            raise BadDecision(name, "Expected a text, once.")
        fields[name] = value
    return fields
