"""What the database computes for the log is what verification computes from the records."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from consentkit.clock import Clock
from consentkit.consent.decisions import Layer
from consentkit.ledger.records import FIELDS
from consentkit.ledger.records import entry_of
from consentkit.ledger.records import fields_of
from consentkit.storage import migrate
from consentkit.storage.recorder import DirectRecorder
from consentkit.storage.records import RecordFilter
from consentkit.storage.unit_of_work import Database
from tests.factories import NOON
from tests.factories import make_record

HOSTILE = "".join(map(chr, range(1, 0x3000))) + "\u2028\u2029\ufeff\ufffe\uffff😀\U0010ffff\\\"'{}:%s :name /"


def test_both_agree_on_every_field(postgresql_url: str, clock: Clock, request: pytest.FixtureRequest) -> None:
    """On every character that a text can have, on whatever is null, and on times in every year."""
    database = Database(postgresql_url)
    migrate.upgrade(database)
    request.addfinalizer(database.dispose)
    recorder = DirectRecorder(database, clock)
    texts = ("country", "section", "user_agent_family", "tc_string", "gpp_string", "locale", "regime", "layout")
    records = [
        make_record(),
        make_record(country=None, layer=None, section=None, purposes={}, services={}, policy_versions={}),
        make_record(**dict.fromkeys(texts, HOSTILE), subject_id="a reader", gvl_version=0, gpc=True),
        make_record(subject_id="a reader", policy_versions={"privacy": HOSTILE, "a": ""}, layer=Layer.SECOND),
        make_record(decided_at=NOON.replace(year=1970, microsecond=1), revision=2**31 - 1),
        make_record(decided_at=dt.datetime(2999, 12, 31, 23, 59, 59, 999_999, dt.timezone(dt.timedelta(hours=5)))),
    ]
    for number, record in enumerate(records):
        recorder.record(record.__class__(**_fields(record) | {"salt": bytes([number]) * 32}), nonce=None)
    with database.unit_of_work(read_only=True) as uow:
        uow.session.execute(sa.text("SET LOCAL TIME ZONE 'Asia/Almaty'"))
        uow.session.execute(sa.text("SET LOCAL datestyle = 'German'"))
        queued = uow.log_queue.take("steppe-herald", limit=100)
    with database.unit_of_work(read_only=True) as uow:
        stored = {record.id: record for record in uow.records.stream(RecordFilter())}
    assert len(queued) == len(records)
    assert any(record.previous_id for record in stored.values())
    for item in queued:
        record = stored[item.item_id]
        assert item.commitment == entry_of(fields_of(record), record.salt or b"").commitment, fields_of(record)


def _fields(record: object) -> dict[str, object]:
    return {name: getattr(record, name) for name in FIELDS}
