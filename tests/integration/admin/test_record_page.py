"""A record's place in the log and its reader's other decisions, on the record's page."""

from __future__ import annotations

import datetime as dt
import html
import json
import re

import flask
import flask.testing
import sqlalchemy as sa

from consentkit.consent.decisions import Record
from consentkit.ledger.notes import Verifier
from consentkit.operations.integrate import integrate
from consentkit.operations.publish_checkpoint import publish_checkpoint
from consentkit.runtime import Runtime
from consentkit.storage.records import RecordRow
from tests.factories import make_record
from tests.integration.admin.conftest import ADMIN

SITE = "steppe-herald"
SALT = b"s" * 32


def _add(runtime: Runtime, **changes: object) -> Record:
    record = make_record(salt=SALT, **changes)
    runtime.recorder.record(record, nonce=None)
    return record


def _publish(runtime: Runtime) -> None:
    # As the writer does, with the site's own key.
    with runtime.database.unit_of_work(read_only=True) as uow:
        head, active = uow.log_tree.head(SITE), uow.log_keys.active(SITE)
    assert head is not None
    assert active is not None
    integrate(runtime.database, SITE, fence=head.fence)
    signer = runtime.signing_keys.signer(Verifier.parse(active.verifier))
    publish_checkpoint(runtime.database, SITE, signer=signer, clock=runtime.clock)


def _proof(page: str) -> dict[str, object] | None:
    found = re.search(r'data-proof="([^"]*)"', page)
    return json.loads(html.unescape(found[1])) if found else None


def test_the_page_holds_what_proves_the_record(officer: flask.testing.FlaskClient, runtime: Runtime) -> None:
    """And the script that checks it; before a checkpoint covers the record it says that it waits."""
    record = _add(runtime)
    page = officer.get(f"{ADMIN}/records/{record.id}").text
    assert _proof(page) is None
    assert "No checkpoint covers it yet" in page
    assert "proof.js" not in page
    _publish(runtime)
    page = officer.get(f"{ADMIN}/records/{record.id}").text
    proof = _proof(page)
    assert proof is not None
    assert record.id in str(proof["content"])
    assert (proof["index"], proof["size"]) == (0, 1)
    assert "proof.js" in page
    # What is said to be checked is checked by a script alone.
    assert "Your browser checks this by itself" in page


def test_a_record_that_was_changed_is_said_to_be(officer: flask.testing.FlaskClient, runtime: Runtime) -> None:
    """The server sees it before any browser, and gives nothing out that would look like a proof."""
    record = _add(runtime)
    _publish(runtime)
    with runtime.database.unit_of_work() as uow:
        uow.session.execute(sa.update(RecordRow).where(RecordRow.id == record.id).values(country="XX"))
    page = officer.get(f"{ADMIN}/records/{record.id}")
    assert page.status_code == 200
    assert "The log does not prove this record" in page.text
    assert _proof(page.text) is None


def test_a_sample_is_in_no_log(officer: flask.testing.FlaskClient, runtime: Runtime) -> None:
    """It says so, rather than that it waits."""
    record = make_record(sample=True)
    runtime.recorder.record(record, nonce=None)
    assert "Samples are not in the log." in officer.get(f"{ADMIN}/records/{record.id}").text


def test_the_reader_s_other_decisions(officer: flask.testing.FlaskClient, runtime: Runtime) -> None:
    """Newest first, this one marked, at most twenty; nobody else's among them."""
    subject = "0199aaaa-0000-4000-8000-0000000000aa"
    start = runtime.clock.now() - dt.timedelta(days=30)
    records = [_add(runtime, subject_id=subject, decided_at=start + dt.timedelta(days=number)) for number in range(22)]
    stranger = _add(runtime)
    page = officer.get(f"{ADMIN}/records/{records[20].id}").text
    timeline = page.split('class="timeline"')[1].split("</ol>")[0]
    assert timeline.count("<li") == 20
    assert timeline.count('aria-current="true"') == 1
    assert timeline.index(records[21].id) < timeline.index(records[5].id)
    assert records[20].id not in timeline
    assert stranger.id not in timeline
    assert records[1].id not in timeline
    assert f"records?reader={records[20].id}" in page
    assert 'class="timeline"' not in officer.get(f"{ADMIN}/records/{stranger.id}").text
