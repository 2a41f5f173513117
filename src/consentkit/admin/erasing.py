"""Erasing records on request, and holding back those that a legal claim needs: for editors and owners."""

from __future__ import annotations

import logging

import flask

from ..consent.decisions import Record
from ..errors import NotFound
from ..i18n.catalog import N_
from ..ledger.erasures import Reason
from ..operations.erase import Erased
from ..operations.erase import erase_records
from ..operations.erase import erase_subject
from ..operations.hold import MAX_REASON
from ..operations.hold import hold_record
from ..operations.hold import release_record
from ..runtime import current_runtime
from .rendering import current_session
from .rendering import current_words
from .rendering import redirect
from .rendering import render
from .rendering import render_message
from .rights import require_site
from .roles import Right

log = logging.getLogger("consentkit")

# More are "100 and more": nobody counts them one by one.
_COUNTED = 100


def ask(record_id: str) -> flask.Response:
    """Answer ``GET admin/records/ID/erase``: what would go, and the button.

    :raises NotFound: there is no such record.
    """
    return _ask(_record(record_id))


def post_erase(record_id: str) -> flask.Response:
    """Answer ``POST admin/records/ID/erase``: erase the record, or with ``what=subject`` all of its reader's.

    :raises NotFound: there is no such record. :raises KeyUnavailable: it cannot be said in the log, so it is not done.
    """
    record = _record(record_id)
    runtime = current_runtime()
    what = flask.request.form.get("what")
    if what == "record":
        erased = erase_records(
            runtime.database,
            record.site,
            [record.id],
            reason=Reason.REQUEST,
            signers=runtime.signing_keys,
            clock=runtime.clock,
        )
    elif what == "subject" and record.subject_id is not None:
        erased = erase_subject(
            runtime.database,
            record.site,
            record.subject_id,
            reason=Reason.REQUEST,
            signers=runtime.signing_keys,
            clock=runtime.clock,
        )
    else:
        return _ask(record, missing=True)
    session = current_session()
    # Neither whose they were nor which: that is what has just been erased.
    log.info(
        "%d records of '%s' were erased on request, by the account %s.",
        erased.count,
        record.site,
        session.account.id if session else None,
    )
    runtime.log_what_waits()
    return _done(erased)


def post_hold(record_id: str) -> flask.Response:
    """Answer ``POST admin/records/ID/hold``: keep it for a legal claim.

    :raises NotFound: there is no such record.
    """
    record = _record(record_id)
    reason = flask.request.form.get("reason", "").strip()
    if not reason:
        return render_message(400, N_("Why is it held?"), N_("Say in a few words which legal claim needs the record."))
    session = current_session()
    runtime = current_runtime()
    with runtime.database.unit_of_work() as uow:
        by = session.account.email if session else ""
        held = hold_record(uow, record.id, reason=reason[:MAX_REASON], by=by, clock=runtime.clock)
    return redirect(flask.url_for(".record", record_id=held.record_id, _anchor="erasing"))


def post_release(record_id: str) -> flask.Response:
    """Answer ``POST admin/records/ID/release``: let it go.

    :raises NotFound: there is no such record.
    """
    record = _record(record_id)
    with current_runtime().database.unit_of_work() as uow:
        release_record(uow, record.id)
    return redirect(flask.url_for(".record", record_id=record.id, _anchor="erasing"))


def _record(record_id: str) -> Record:
    with current_runtime().database.unit_of_work(read_only=True) as uow:
        found = uow.records.get(record_id.lower())
    if found is None:
        raise NotFound("There is no such record.")
    require_site(found.site, Right.ERASE)
    return found


def _ask(record: Record, *, missing: bool = False) -> flask.Response:
    with current_runtime().database.unit_of_work(read_only=True) as uow:
        ids = [record.id]
        if record.subject_id is not None:
            ids = uow.erasures.of_subject(record.site, record.subject_id, after=None, limit=_COUNTED)
        found = uow.erasures.find(record.site, ids)
    return render(
        "erase.html",
        status=400 if missing else 200,
        record=record,
        count=len(found),
        uncounted=len(found) >= _COUNTED,
        is_held=any(each.id == record.id and each.held for each in found),
        held=sum(each.held for each in found),
        missing=missing,
    )


def _done(erased: Erased) -> flask.Response:
    words = current_words()
    if not erased.count:
        text = words.gettext(N_("Nothing was erased: what is left is held for a legal claim, or was gone already."))
        return render("message.html", status=409, title=words.gettext(N_("Nothing was erased")), text=text)
    title = words.ngettext("%(num)s record was erased", "%(num)s records were erased", erased.count)
    text = words.gettext(N_("The log keeps its entries, and says in a signed one that they are empty now."))
    if erased.held:
        held = words.ngettext(
            "%(num)s record is held for a legal claim and stays.",
            "%(num)s records are held for a legal claim and stay.",
            len(erased.held),
        )
        text = f"{text} {held % {'num': len(erased.held)}}"
    return render("message.html", title=title % {"num": erased.count}, text=text)
