"""The audit pack from the audit view."""

from __future__ import annotations

import io
import zipfile

from flask.testing import FlaskClient

from consentkit.runtime import Runtime
from consentkit.storage.recorder import DirectRecorder
from tests.factories import make_record

ADMIN = "/consent/admin"


def test_an_officer_gets_the_pack_of_a_period(officer: FlaskClient, runtime: Runtime) -> None:
    """Both days included, as a file with the site and the period in its name."""
    record = DirectRecorder(runtime.database, runtime.clock).record(make_record(), nonce=None).record
    day = record.decided_at.date().isoformat()
    answer = officer.get(f"{ADMIN}/audit-pack.zip?site=steppe-herald&since={day}&until={day}")
    assert answer.status_code == 200
    assert answer.content_type == "application/zip"
    assert f"consent-steppe-herald-{day}" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.testzip() is None
        assert record.id in archive.read("records/records.csv").decode()


def test_what_cannot_be_packed_is_said(officer: FlaskClient) -> None:
    """A site that nobody knows, a day that is none."""
    assert officer.get(f"{ADMIN}/audit-pack.zip?site=nobody").status_code == 404
    assert officer.get(f"{ADMIN}/audit-pack.zip?since=yesterday").status_code == 400
