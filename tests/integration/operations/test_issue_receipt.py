"""Receipts from a database: recorded, integrated, published."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

import pytest
import sqlalchemy as sa

from consentkit.consent.decisions import Record
from consentkit.errors import NotFound
from consentkit.errors import StoreUnavailable
from consentkit.ledger import jws
from consentkit.ledger.notes import Signer
from consentkit.ledger.notes import Verifier
from consentkit.ledger.receipts import check
from consentkit.ledger.receipts import holds
from consentkit.ledger.receipts import parse
from consentkit.operations.integrate import integrate
from consentkit.operations.issue_receipt import issue_kantara
from consentkit.operations.issue_receipt import issue_receipt
from consentkit.storage.recorder import DirectRecorder
from consentkit.storage.unit_of_work import Database
from consentkit.testing import FrozenClock
from tests import receipts as made
from tests.factories import NOON
from tests.log import SIGNER
from tests.log import begin_log
from tests.log import keep_log

SHOWN = made.notice()


class Keys:
    """The private half of the test's key."""

    def signer(self, verifier: Verifier) -> Signer:
        """Return it."""
        assert verifier == SIGNER.verifier
        return SIGNER


@pytest.fixture
def record(database: Database, clock: FrozenClock) -> Record:
    """A decision, recorded, with what was in force; others before it and after."""
    with database.unit_of_work() as uow:
        uow.notices.add_if_absent(SHOWN)
        uow.configurations.add_if_absent("steppe-herald", made.site().version, made.site().canonical(), NOON)
    recorder = DirectRecorder(database, clock)
    stored = []
    for number in range(5):
        one = made.record(SHOWN, id=f"019ab0f2-6a80-7c3e-9d51-4b1f0c7e2a9{number}")
        stored.append(recorder.record(dataclasses.replace(one, salt=bytes([number]) * 32), nonce=None).record)
    return stored[2]


def issued(database: Database, clock: FrozenClock, record_id: str) -> dict[str, t.Any]:
    """Return the receipt as of now."""
    with database.unit_of_work(read_only=True) as uow:
        found = uow.records.get(record_id)
        assert found is not None
        return issue_receipt(uow, found, prefix="/consent", signers=Keys(), clock=clock)


def test_a_receipt_follows_its_record(database: Database, clock: FrozenClock, record: Record) -> None:
    """Each state has a receipt of its own, and all of them hold."""
    begin_log(database, clock=clock)
    states = []
    for step in (None, lambda: integrate(database, record.site, fence=0), lambda: keep_log(database, clock=clock)):
        if step is not None:
            step()
        body = issued(database, clock, record.id)
        assert holds(check(parse(made.encoded(body)), [SIGNER.verifier]))
        states.append((body["log"]["state"], body["log"]["index"], body["log"]["by"] is not None))
    assert states == [("recorded", None, True), ("integrated", None, True), ("published", 2, False)]
    assert body["record"]["previous_id"] == record.previous_id is not None
    assert body["notice"]["version"] == SHOWN.version
    # By the configuration of then, whatever host was asked.
    assert body["consent"]["dpv:hasNotice"][1]["dct:source"].startswith("http://127.0.0.1:8000/consent/")


def test_it_is_promised_within_a_day_of_when_there_was_a_log(
    database: Database, clock: FrozenClock, record: Record
) -> None:
    """A record from before waits since the log began."""
    began = clock.now()
    begin_log(database, clock=clock)
    by = dt.datetime.fromisoformat(issued(database, clock, record.id)["log"]["by"])
    assert by == max(began, record.decided_at) + dt.timedelta(hours=24)


def test_before_there_is_a_log_there_is_no_receipt(database: Database, clock: FrozenClock, record: Record) -> None:
    """Nothing could sign it. It is asked for again in a moment."""
    with pytest.raises(StoreUnavailable):
        issued(database, clock, record.id)


def test_a_record_without_a_salt_waits_for_the_writer(database: Database, clock: FrozenClock) -> None:
    """One from before there was a log: the writer gives it one."""
    stored = DirectRecorder(database, clock).record(dataclasses.replace(made.record(SHOWN), salt=None), nonce=None)
    begin_log(database, clock=clock)
    with pytest.raises(StoreUnavailable):
        issued(database, clock, stored.record.id)
    keep_log(database, clock=clock)
    body = issued(database, clock, stored.record.id)
    assert body["log"]["state"] == "published"
    assert body["notice"] is None
    assert holds(check(parse(made.encoded(body)), [SIGNER.verifier]))


def test_a_sample_has_none(database: Database, clock: FrozenClock) -> None:
    """It is nobody's decision, and in no log."""
    sample = made.record(SHOWN, sample=True)
    begin_log(database, clock=clock)
    with database.unit_of_work() as uow, pytest.raises(NotFound):
        issue_receipt(uow, sample, prefix="/consent", signers=Keys(), clock=clock)


@pytest.mark.parametrize(
    "damage",
    [
        ["UPDATE consentkit_records SET section = 'sport'"],
        ["DELETE FROM consentkit_log_tiles"],
        [
            "DELETE FROM consentkit_log_leaves WHERE leaf_index > 2",
            "UPDATE consentkit_log_leaves SET leaf_index = 3 WHERE leaf_index = 2",
        ],
    ],
    ids=["record", "tiles", "place"],
)
def test_what_the_log_does_not_prove_is_not_signed(
    database: Database, clock: FrozenClock, record: Record, damage: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Where record and log differ, a receipt would be the site's own word for what was changed."""
    keep_log(database, clock=clock)
    with database.unit_of_work() as uow:
        for statement in damage:
            uow.session.execute(sa.text(statement))
    with pytest.raises(StoreUnavailable):
        issued(database, clock, record.id)
    assert "consentkit log verify" in caplog.text


def test_the_kantara_form_is_signed_by_the_same_key(database: Database, clock: FrozenClock, record: Record) -> None:
    """It is the older form, for who asks for it."""
    begin_log(database, clock=clock)
    with database.unit_of_work(read_only=True) as uow:
        token = issue_kantara(uow, record, prefix="/consent", signers=Keys(), clock=clock)
    payload, key = jws.open_compact(token, [SIGNER.verifier], kind=jws.KANTARA)
    assert key == SIGNER.verifier
    assert f'"jti":"{record.id}"'.encode() in payload
