"""Where to look for records: never past one that fits."""

from __future__ import annotations

import datetime as dt
import random

import pytest
import sqlalchemy as sa

from consentkit.clock import Clock
from consentkit.consent.decisions import Action
from consentkit.consent.decisions import Method
from consentkit.operations.integrate import integrate
from consentkit.storage.recorder import DirectRecorder
from consentkit.storage.records import RecordFilter
from consentkit.storage.rollups import RollupRow
from consentkit.storage.unit_of_work import Database
from tests.factories import NOON
from tests.factories import make_record
from tests.log import begin_log

SITE = "steppe-herald"
FILTERS = [
    RecordFilter(),
    RecordFilter(locale="kk"),
    RecordFilter(site=SITE, action=Action.SAVE),
    RecordFilter(country=""),
    RecordFilter(granted="analytics"),
    RecordFilter(refused="analytics"),
    RecordFilter(granted="embeds", refused="analytics"),
    RecordFilter(granted="embeds", refused="embeds"),
    RecordFilter(policy_version="p" * 16, locale="ru"),
    RecordFilter(method=Method.FORM, revision=2),
    RecordFilter(gpc=True, sample=False),
    RecordFilter(sample=True),
    RecordFilter(site="elsewhere", locale="ru"),
]


def fill(database: Database, clock: Clock) -> None:
    """Store records of forty days: some integrated and counted, the newest and some late ones not."""
    dice = random.Random(11)
    recorder = DirectRecorder(database, clock)

    def some(count: int) -> None:
        for _ in range(count):
            recorder.record(
                make_record(
                    salt=b"s" * 32,
                    decided_at=NOON - dt.timedelta(hours=dice.randrange(40 * 24)),
                    action=dice.choice([Action.SAVE, Action.ACCEPT_ALL]),
                    locale=dice.choice(["ru", "ru", "ru", "ru", "kk"]),
                    country=dice.choice(["KZ", "KZ", "KZ", None]),
                    gpc=dice.random() < 0.1,
                    method=dice.choice([Method.WIDGET, Method.WIDGET, Method.FORM]),
                    revision=dice.choice([1, 2]),
                    policy_versions={"privacy": dice.choice(["p", "q"]) * 16},
                    purposes={"analytics": dice.random() < 0.5, "embeds": dice.random() < 0.5},
                ),
                nonce=None,
            )

    some(60)
    begin_log(database)
    while integrate(database, SITE, fence=0):
        pass
    some(8)


@pytest.mark.parametrize("which", FILTERS, ids=[f"filter{number}" for number in range(len(FILTERS))])
@pytest.mark.parametrize("limit", [1, 7, 100])
def test_narrowed_it_finds_the_same(database: Database, clock: Clock, which: RecordFilter, limit: int) -> None:
    """Forwards and backwards, page by page, with records that are counted, wait, or came late."""
    fill(database, clock)
    with database.unit_of_work(read_only=True) as uow:
        where = uow.where(which)
        ids = [record.id for record in uow.records.page(which, limit=100)]
        middle = ids[len(ids) // 2] if ids else None
        for at in ({}, {"before": middle}, {"after": middle}):
            wide = uow.records.page(which, limit=limit, **at)
            assert uow.records.page(which, limit=limit, stretches=where, **at) == wide


def test_what_was_there_before_the_counts_is_found(database: Database, clock: Clock) -> None:
    """After an upgrade there are records and no counts of them yet."""
    fill(database, clock)
    which = RecordFilter(locale="kk")
    with database.unit_of_work() as uow:
        wide = uow.records.page(which)
        uow.session.execute(sa.delete(RollupRow).where(RollupRow.day < NOON.date() - dt.timedelta(days=9)))
        assert uow.records.page(which, stretches=uow.where(which)) == wide
        uow.session.execute(sa.delete(RollupRow))
        assert uow.where(which) is None


def test_what_was_never_decided_is_looked_for_nowhere(database: Database, clock: Clock) -> None:
    """Only where nothing is counted: before the first count, and from the first record that waits."""
    fill(database, clock)
    while integrate(database, SITE, fence=0):
        pass
    with database.unit_of_work(read_only=True) as uow:
        where = uow.where(RecordFilter(method=Method.SIGNAL))
    assert where is not None
    assert len(where) == 1
    assert where[0].low.startswith("00000000")
