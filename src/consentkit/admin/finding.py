"""Finding a record by what a reader has of it, and the filters that people keep."""

from __future__ import annotations

import re
import typing as t
import urllib.parse

import flask

from ..consent.record_ids import is_record_id
from ..errors import BadCookie
from ..errors import ProofInvalid
from ..i18n.catalog import N_
from ..ledger import receipts
from ..runtime import current_runtime
from ..storage.records import RecordFilter
from ..storage.saved_filters import SavedFilter
from .access_events import tell
from .filters import FIELDS
from .filters import parse_filter
from .rendering import current_session
from .rendering import current_words
from .rendering import redirect
from .rendering import render
from .rights import configured_sites
from .rights import narrowed
from .roles import Right

#: A receipt is no longer than this, in bytes; the form around it is small.
MAX_BODY = receipts.MAX_LENGTH + 16 * 1024

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
# An address of a receipt or the value of a cookie; neither comes near it.
_LONGEST = 4000
_LONGEST_NAME = 60

_NOTHING = N_("Enter what you have, or choose a receipt's file.")
_NOT_FOUND = N_("No record was found by this. It may have been erased, or be of another installation.")
_NO_RECEIPT = N_("This file is not a receipt.")


def find() -> flask.Response:
    """Answer ``GET admin/find``: the form."""
    return _form(200, None)


def post_find() -> flask.Response:
    """Answer ``POST admin/find``: lead to the record, or to all of a reader.

    What was given is never in an address, and is shown to nobody again: it may be a reader's key to their history.
    """
    text = flask.request.form.get("what", "")[:_LONGEST].strip()
    file = flask.request.files.get("receipt")
    raw = file.read(receipts.MAX_LENGTH + 1) if file is not None else b""
    if raw:
        try:
            record_id = str(receipts.parse(raw).record["id"])
        except ProofInvalid:
            return _form(400, _NO_RECEIPT)
        tell(more={"by": "receipt"})
        return _to_record(record_id)
    if not text:
        return _form(400, _NOTHING)
    found = _ID.search(text)
    if found is not None:
        tell(more={"by": "record"})
        return _to_record(found[0].lower())
    tell(more={"by": "cookie"})
    return _to_reader(text.removeprefix("consentkit_id=").strip().strip('"'))


def save() -> flask.Response:
    """Answer ``POST admin/filters``: keep the filter under a name."""
    session = current_session()
    asked = parse_filter(_query())
    name = " ".join(flask.request.form.get("name", "").split())[:_LONGEST_NAME]
    query = urllib.parse.urlencode(_of(asked.values)) if not asked.errors else ""
    if session is not None and name and name.isprintable() and query:
        runtime = current_runtime()
        with runtime.database.unit_of_work() as uow:
            saved = SavedFilter(name=name, query=query)
            uow.saved_filters.save(session.account.id, saved, at=runtime.clock.now())
    return redirect(f"{flask.url_for('.records')}?{query}")


def forget() -> flask.Response:
    """Answer ``POST admin/filters/forget``: remove one of one's own."""
    session = current_session()
    if session is not None:
        with current_runtime().database.unit_of_work() as uow:
            uow.saved_filters.forget(session.account.id, flask.request.form.get("name", ""))
    return redirect(flask.url_for(".records"))


def _query() -> dict[str, str]:
    found = urllib.parse.parse_qs(flask.request.form.get("query", "")[:_LONGEST], max_num_fields=len(FIELDS) * 2)
    return {name: values[0] for name, values in found.items()}


def _of(values: t.Mapping[str, str]) -> dict[str, str]:
    # Who keeps a filter keeps a question, not a reader.
    return {name: value for name, value in values.items() if name not in {"reader", "record"}}


def _to_record(record_id: str) -> flask.Response:
    if is_record_id(record_id):
        tell(about=record_id)
        with current_runtime().database.unit_of_work(read_only=True) as uow:
            if uow.records.page(narrowed(RecordFilter(record_id=record_id), Right.READ), limit=1):
                return redirect(flask.url_for(".record", record_id=record_id))
    return _form(404, _NOT_FOUND)


def _to_reader(cookie: str) -> flask.Response:
    runtime = current_runtime()
    try:
        subject = runtime.codec.unseal_subject(cookie)
    except BadCookie:
        return _form(404, _NOT_FOUND)
    tell(about=subject)
    with runtime.database.unit_of_work(read_only=True) as uow:
        # One browser has one of each site.
        for site in configured_sites():
            newest = next(iter(uow.records.page(RecordFilter(site=site, subject_id=subject), limit=1)), None)
            if newest is not None:
                return redirect(flask.url_for(".records", reader=newest.id))
    return _form(404, _NOT_FOUND)


def _form(status: int, error: str | None) -> flask.Response:
    words = current_words()
    return render("find.html", status=status, error=words.gettext(error) if error else None)
