"""``POST decisions``: from bytes to a submission, and from what became of it to an answer. Both bodies, one path."""

from __future__ import annotations

import collections.abc as cabc
import hashlib
import json
import logging
import re
import typing as t
import urllib.parse

import flask
from werkzeug.exceptions import RequestEntityTooLarge

from ..consent.decisions import Action
from ..consent.decisions import Layer
from ..consent.decisions import Method
from ..consent.decisions import Nonce
from ..consent.decisions import Record
from ..consent.devices import device_of
from ..errors import BadDecision
from ..errors import ConfigError
from ..errors import ConsentKitError
from ..errors import NonceReused
from ..errors import NoticeChanged
from ..errors import StoreUnavailable
from ..operations.publish_site import SiteSnapshot
from ..operations.record import Decided
from ..operations.record import Submission
from ..operations.record import record_decision
from ..operations.record import refusal_state
from ..runtime import Runtime
from ..runtime import current_runtime
from ..signals import decision_recorded
from . import pages
from .negotiation import country
from .negotiation import gpc
from .negotiation import requested_site
from .negotiation import safe_next
from .origin import allow_cross_origin
from .origin import check_origin
from .problems import problem
from .problems import problem_of
from .problems import wants_page
from .reader import reaches_cookies
from .reader import read_subject
from .reader import set_cookies
from .receipts import receipt_url

log = logging.getLogger("consentkit")

#: The largest body, in bytes.
MAX_BODY = 16 * 1024
_MAX_FIELDS = 500
_MAX_TEXT = 200
_NONCE = re.compile(r"[A-Za-z0-9_-]{22,128}", re.ASCII)
_NOTICE = re.compile(r"[a-z2-7]{16}", re.ASCII)
_FIELDS = frozenset({"action", "purposes", "services", "notice", "locale", "page", "nonce", "layer"})
_FORM_FIELDS = frozenset({"action", "purposes", "services", "notice", "locale", "next", "layer"})


def post_decision() -> flask.Response:
    """Take a decision as JSON or as a form, record it, and answer with the cookies."""
    runtime = current_runtime()
    snapshot = requested_site(runtime)
    mimetype = flask.request.mimetype
    if mimetype == "application/json":
        check_origin(snapshot.site, is_form=False)
        return allow_cross_origin(_take(runtime, snapshot, _from_json), snapshot.site)
    check_origin(snapshot.site, is_form=True)
    if mimetype == "application/x-www-form-urlencoded":
        return _take(runtime, snapshot, _from_form)
    return problem(415, "Send 'application/json' or 'application/x-www-form-urlencoded'.")


def preflight() -> flask.Response:
    """Answer the browser's question whether another origin's page may post JSON here."""
    snapshot = requested_site(current_runtime())
    response = allow_cross_origin(flask.Response(status=204), snapshot.site)
    if "Access-Control-Allow-Origin" in response.headers:
        response.headers["Access-Control-Allow-Methods"] = "GET, POST"
        response.headers["Access-Control-Allow-Headers"] = "Content-Type"
        response.headers["Access-Control-Max-Age"] = "600"
    return response


#: Reads a body: the submission, and where a form leads back to.
Parser: t.TypeAlias = cabc.Callable[[Runtime, SiteSnapshot, bytes], tuple[Submission, str | None]]


def _take(runtime: Runtime, snapshot: SiteSnapshot, parse: Parser) -> flask.Response:
    # One more than is taken: a body in chunks has no length, and would be cut at this limit rather than refused.
    flask.request.max_content_length = MAX_BODY + 1
    submission: Submission | None = None
    next_url: str | None = None
    try:
        body = flask.request.get_data(cache=False)
        if len(body) > MAX_BODY:
            raise RequestEntityTooLarge  # noqa: TRY301 - the same as where the length was told beforehand
        submission, next_url = parse(runtime, snapshot, body)
        if not snapshot.published:
            snapshot = published(runtime, snapshot)
        decided = record_decision(
            snapshot,
            submission,
            recorder=runtime.recorder,
            is_published=lambda version, locale: _is_published(runtime, snapshot, version, locale),
            clock=runtime.clock,
        )
    except ConsentKitError as error:
        return _refused(runtime, snapshot, submission, error, next_url=next_url)
    except RequestEntityTooLarge:
        return problem(413, f"A decision has at most {MAX_BODY} bytes.")
    if decided.fresh:
        runtime.log_what_waits()
        announce(decided.record)
    if submission.method is Method.FORM:
        target = safe_next(snapshot.site, next_url)
        response = pages.led_back(snapshot, decided.record, target, receipt_url(runtime, decided.record.id))
    else:
        response = _created(runtime, decided)
    if submission.identifiable:
        record = decided.record
        set_cookies(
            response, runtime, snapshot, state=decided.state, subject_id=record.subject_id, at=record.decided_at
        )
    response.headers["Cache-Control"] = "no-store"
    return response


def published(runtime: Runtime, snapshot: SiteSnapshot) -> SiteSnapshot:
    """Return the snapshot of a site whose store was away when this process began.

    :raises StoreUnavailable: it still is, or the site's policies cannot be published.
    """
    try:
        runtime.watch.refresh()
    except ConfigError as error:
        # Perhaps of another site. If it is this one's, no decision can be taken, and a refusal is in force.
        log.error("A site cannot be put into force:\n%s", error)  # noqa: TRY400 - the message says all
    found = runtime.site(snapshot.site.id)
    if not found.published:
        raise StoreUnavailable("The site is not in force yet.")
    return found


def announce(record: Record) -> None:
    """Tell the host application's listeners of a record that is durable."""
    app = flask.current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - the documented way to the real app
    try:
        decision_recorded.send(app, record=record)
    except Exception:
        # The record is durable: a listener's fault must not take the reader's decision back.
        log.exception("A receiver of 'decision_recorded' failed.")


def _refused(
    runtime: Runtime,
    snapshot: SiteSnapshot,
    submission: Submission | None,
    error: ConsentKitError,
    *,
    next_url: str | None,
) -> flask.Response:
    """Return the answer to a decision that could not be recorded. A refusal is in force all the same."""
    if isinstance(error, NoticeChanged) and submission is not None and wants_page():
        response = pages.preferences_page(snapshot, status=409, locale=submission.locale, next_url=next_url)
    else:
        response = problem_of(error)
    in_force = submission is not None and submission.refuses and isinstance(error, (StoreUnavailable, NoticeChanged))
    if in_force and submission is not None and submission.identifiable:
        now = runtime.clock.now()
        set_cookies(response, runtime, snapshot, state=refusal_state(snapshot, now), subject_id=None, at=now)
    if isinstance(error, StoreUnavailable):
        log.warning("A decision could not be recorded: %s", error)
    elif isinstance(error, NonceReused):
        log.info("A nonce came again with another decision.")
    return response


def _created(runtime: Runtime, decided: Decided) -> flask.Response:
    record = decided.record
    return flask.Response(
        json.dumps(
            {
                "record_id": record.id,
                "decided_at": _iso(record.decided_at),
                "expires_at": _iso(record.expires_at),
                # Sorted as the store gives them back, so that an answer that is given again is the same in its bytes.
                "purposes": dict(sorted(record.purposes.items())),
                "services": dict(sorted(record.services.items())),
                "receipt_url": receipt_url(runtime, record.id),
                "state": runtime.codec.seal(decided.state),
            },
            ensure_ascii=False,
        ),
        201,
        mimetype="application/json",
    )


def _from_json(runtime: Runtime, snapshot: SiteSnapshot, body: bytes) -> tuple[Submission, None]:
    try:
        sent = json.loads(body.decode("utf-8"), object_pairs_hook=unambiguous, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadDecision("", "The body is not JSON in UTF-8.") from error
    if not isinstance(sent, dict):
        raise BadDecision("", "The body is not a JSON object.")
    for name in sent:
        if name not in _FIELDS:
            raise BadDecision(name[:40], "There is no such field.")
    nonce = sent.get("nonce")
    if not isinstance(nonce, str) or _NONCE.fullmatch(nonce) is None:
        raise BadDecision("nonce", "Expected 22 to 128 URL-safe characters: at least 128 random bits.")
    canonical = json.dumps(sent, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    page = sent.get("page")
    if page is not None and not isinstance(page, str):
        raise BadDecision("page", "Expected the path of the page.")
    is_signal = sent.get("action") == Action.GPC
    # A signal was not given on any layer.
    layer = None if is_signal else sent.get("layer")
    method = Method.WIDGET if layer is not None else Method.API
    submission = _submission(
        runtime,
        snapshot,
        action=_text(sent, "action"),
        purposes=_switches(sent, "purposes"),
        services=_switches(sent, "services"),
        notice=_text(sent, "notice"),
        locale=_text(sent, "locale"),
        page=page,
        nonce=Nonce(nonce, hashlib.sha256(canonical.encode()).hexdigest()),
        layer=None if layer is None else str(layer),
        method=Method.SIGNAL if is_signal else method,
    )
    return submission, None


def _from_form(runtime: Runtime, snapshot: SiteSnapshot, body: bytes) -> tuple[Submission, str | None]:
    try:
        pairs = urllib.parse.parse_qsl(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=_MAX_FIELDS, encoding="utf-8", errors="strict"
        )
    except ValueError as error:
        raise BadDecision("", "The body is not a form in UTF-8.") from error
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        if name not in _FORM_FIELDS:
            raise BadDecision(name[:40], "There is no such field.")
        fields.setdefault(name, []).append(value)
    for name in ("action", "notice", "locale", "next", "layer"):
        if len(fields.get(name, [])) > 1:
            raise BadDecision(name, "Expected once.")
    single = {name: values[0] for name, values in fields.items()}
    services = dict.fromkeys(fields.get("services", []), True)
    if single.get("layer") == Layer.SECOND and single.get("action") == Action.SAVE:
        # There each service has a switch of its own, and a form does not send what is off.
        services = {service.id: False for service in snapshot.site.optional_services} | services
    next_url = single.get("next")
    submission = _submission(
        runtime,
        snapshot,
        action=_text(single, "action"),
        purposes=dict.fromkeys(fields.get("purposes", []), True),
        services=services,
        notice=_text(single, "notice"),
        locale=_text(single, "locale"),
        page=_path(next_url),
        nonce=None,
        layer=single.get("layer"),
        method=Method.FORM,
    )
    return submission, next_url


def _submission(
    runtime: Runtime,
    snapshot: SiteSnapshot,
    *,
    action: str,
    purposes: cabc.Mapping[str, bool],
    services: cabc.Mapping[str, bool],
    notice: str,
    locale: str,
    page: str | None,
    nonce: Nonce | None,
    layer: str | None,
    method: Method,
) -> Submission:
    try:
        known_action = Action(action)
    except ValueError as error:
        raise BadDecision("action", "Expected 'accept_all', 'reject_all', 'save', 'withdraw' or 'gpc'.") from error
    try:
        known_layer = None if layer is None else Layer(layer)
    except ValueError as error:
        raise BadDecision("layer", "Expected '1', '2' or 'page'.") from error
    if _NOTICE.fullmatch(notice) is None:
        raise BadDecision("notice", "Expected the 16 characters of a notice version.")
    identifiable = reaches_cookies(snapshot)
    device = device_of(flask.request.headers.get("User-Agent", ""))
    return Submission(
        action=known_action,
        purposes=purposes,
        services=services,
        notice=notice,
        locale=locale,
        page=page,
        nonce=nonce,
        layer=known_layer,
        method=method,
        subject_id=read_subject(runtime) if identifiable else None,
        identifiable=identifiable,
        country=country(snapshot.site),
        gpc=gpc(),
        user_agent_family=device.family,
        device_class=device.kind,
    )


def _is_published(runtime: Runtime, snapshot: SiteSnapshot, version: str, locale: str) -> bool:
    if any(notice.version == version for notice in snapshot.notices.values()):
        return locale in snapshot.notices
    with runtime.database.unit_of_work(read_only=True) as uow:
        notice = uow.notices.get(snapshot.site.id, version)
    return notice is not None and locale in {notice.locale, *snapshot.notices}


def _path(url: str | None) -> str | None:
    try:
        return urllib.parse.urlsplit(url).path if url else None
    except ValueError:
        return None


def _text(fields: cabc.Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value or len(value) > _MAX_TEXT or "\x00" in value:
        raise BadDecision(name, "Expected a text.")
    return value


def _switches(fields: cabc.Mapping[str, object], name: str) -> dict[str, bool]:
    value = fields.get(name, {})
    if not isinstance(value, dict) or not all(isinstance(item, bool) for item in value.values()):
        raise BadDecision(name, "Expected an object of true and false by name.")
    return t.cast("dict[str, bool]", value)


def unambiguous(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return a JSON object of these members.

    :raises ValueError: two have one name: they could mean two things, so neither is taken.
    """
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise ValueError("a name stands twice")
    return dict(pairs)


def _no_constant(name: str) -> object:
    raise ValueError(name)


def _iso(moment: t.Any) -> str:
    return str(moment.isoformat(timespec="milliseconds")).replace("+00:00", "Z")
