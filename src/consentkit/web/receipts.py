"""Receipts: a record for who decided to keep, behind an address that only they were given."""

from __future__ import annotations

import json

import flask

from ..consent.record_ids import is_record_id
from ..cookies.codec import RECEIPT_SALT
from ..errors import BadCookie
from ..errors import BadDecision
from ..errors import NotFound
from ..operations.issue_receipt import issue_kantara
from ..operations.issue_receipt import issue_receipt
from ..runtime import Runtime
from ..runtime import current_runtime
from .reader import read_subject

#: The media type and the file's ending of each form that a receipt can have.
_FORMS = {"json": ("application/json", "json"), "kantara": ("application/jwt", "jwt")}


def receipt_url(runtime: Runtime, record_id: str) -> str:
    """Return the address of a receipt, with the signed token that opens it."""
    token = runtime.codec.sign_token(RECEIPT_SALT, record_id)
    return flask.url_for("consentkit.receipt", record_id=record_id, token=token, _external=True)


def receipt(record_id: str) -> flask.Response:
    """Answer with a record's receipt, to who holds the address or to its own reader; to others there is none."""
    runtime = current_runtime()
    form = flask.request.args.get("format", "json")
    if form not in _FORMS:
        raise BadDecision("format", f"Expected {' or '.join(_FORMS)}.")
    if not is_record_id(record_id):
        raise NotFound("There is no such record.")
    with runtime.database.unit_of_work(read_only=True) as uow:
        record = uow.records.get(record_id)
        if record is None or not _may_read(runtime, record_id, record.subject_id):
            raise NotFound("There is no such record.")
        issue = issue_receipt if form == "json" else issue_kantara
        issued = issue(
            uow,
            record,
            prefix=runtime.settings.url_prefix,
            signers=runtime.signing_keys,
            clock=runtime.clock,
        )
    text = issued if isinstance(issued, str) else json.dumps(issued, ensure_ascii=False, indent=2)
    media_type, ending = _FORMS[form]
    response = flask.Response(f"{text}\n", mimetype=media_type)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Content-Disposition"] = f'attachment; filename="consent-receipt-{record_id}.{ending}"'
    return response


def _may_read(runtime: Runtime, record_id: str, subject_id: str | None) -> bool:
    try:
        if runtime.codec.read_token(RECEIPT_SALT, flask.request.args.get("token", "")) == record_id:
            return True
    except BadCookie:
        # No token, or not ours: the reader's own cookie may still open it.
        pass
    return subject_id is not None and read_subject(runtime) == subject_id
