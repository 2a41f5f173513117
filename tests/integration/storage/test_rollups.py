"""Decisions counted by day: once each, whatever comes between, and the same as a recount."""

from __future__ import annotations

import collections
import datetime as dt
import random
import typing as t

import pytest
import sqlalchemy as sa

from consentkit.clock import Clock
from consentkit.consent.decisions import Action
from consentkit.consent.decisions import Record
from consentkit.operations.integrate import integrate
from consentkit.operations.rebuild_rollups import rebuild_rollups
from consentkit.storage.recorder import DirectRecorder
from consentkit.storage.rollups import DIMENSIONS
from consentkit.storage.rollups import GRANTED
from consentkit.storage.rollups import TOTAL
from consentkit.storage.rollups import RollupRow
from consentkit.storage.unit_of_work import Database
from consentkit.storage.unit_of_work import UnitOfWork
from tests.factories import NOON
from tests.factories import make_record
from tests.log import begin_log

SITE = "steppe-herald"
ALL = {"since": dt.date(2000, 1, 1), "until": dt.date(2100, 1, 1)}


def some_records(count: int) -> list[Record]:
    """Return records that differ in all that is counted, of three days."""
    dice = random.Random(7)
    return [
        make_record(
            salt=b"s" * 32,
            decided_at=NOON - dt.timedelta(hours=dice.randrange(72)),
            action=dice.choice(list(Action)),
            locale=dice.choice(["ru", "kk"]),
            country=dice.choice(["KZ", None]),
            gpc=dice.random() < 0.2,
            device_class=dice.choice(["mobile", "desktop"]),
            purposes={"analytics": dice.random() < 0.5, "embeds": dice.random() < 0.5},
            revision=dice.choice([1, 2]),
        )
        for _ in range(count)
    ]


def by_hand(records: t.Iterable[Record], dimension: str) -> dict[tuple[t.Any, ...], int]:
    """Count records as the table should."""
    found: collections.Counter[tuple[t.Any, ...]] = collections.Counter()
    for one in records:
        if dimension == TOTAL:
            values = [""]
        elif dimension == GRANTED:
            values = [purpose for purpose, granted in one.purposes.items() if granted]
        elif dimension == "gpc":
            values = [str(one.gpc).lower()]
        else:
            values = ["" if getattr(one, dimension) is None else str(getattr(one, dimension))]
        for value in values:
            found[one.decided_at.date(), value, one.action] += 1
    return dict(found)


def counted(uow: UnitOfWork, dimension: str) -> dict[tuple[t.Any, ...], int]:
    """Return what the table holds of a dimension."""
    return {(one.day, one.value, one.action): one.count for one in uow.rollups.by_day(SITE, dimension, **ALL)}


def record_all(database: Database, clock: Clock, records: t.Iterable[Record]) -> None:
    """Record decisions as requests do."""
    recorder = DirectRecorder(database, clock)
    for one in records:
        recorder.record(one, nonce=None)


@pytest.mark.parametrize("dimension", [name for name in DIMENSIONS if name not in {"purposes", "policy_versions"}])
def test_each_decision_counts_once(database: Database, clock: Clock, dimension: str) -> None:
    """In batches of any size, by every dimension, the counts are those of the records."""
    records = some_records(40)
    record_all(database, clock, records)
    begin_log(database)
    while integrate(database, SITE, fence=0, limit=7):
        pass
    with database.unit_of_work(read_only=True) as uow:
        assert counted(uow, dimension) == by_hand(records, dimension)


def test_what_was_not_integrated_does_not_count(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer whose batch is undone in its last statement has counted nothing."""
    record_all(database, clock, some_records(5))
    begin_log(database)
    assert integrate(database, SITE, fence=1) == 0

    def fail(*_: object) -> t.NoReturn:
        raise RuntimeError("stopped here")

    with monkeypatch.context() as patched:
        patched.setattr("consentkit.storage.rollups.Rollups.add", fail)
        with pytest.raises(RuntimeError):
            integrate(database, SITE, fence=0)
    with database.unit_of_work(read_only=True) as uow:
        assert uow.rollups.span(SITE) is None
    assert integrate(database, SITE, fence=0) == 5
    with database.unit_of_work(read_only=True) as uow:
        assert sum(counted(uow, TOTAL).values()) == 5


def test_samples_count_apart(database: Database) -> None:
    """Made-up records can be left out, or looked at alone."""
    records = [make_record(sample=True) for _ in range(3)]
    with database.unit_of_work() as uow:
        uow.records.add_samples(records)
        uow.rollups.add(SITE, uow.rollups.tally([one.id for one in records]))
    with database.unit_of_work(read_only=True) as uow:
        assert [one.count for one in uow.rollups.totals(SITE, TOTAL, **ALL)] == [3]
        assert uow.rollups.totals(SITE, TOTAL, **ALL, sample=False) == []
        assert [one.count for one in uow.rollups.totals(SITE, TOTAL, **ALL, sample=True)] == [3]


def test_rebuilt_they_are_the_same(database: Database, clock: Clock) -> None:
    """Lost, doubled or wrong: what the records say is there again. What waits for its place is not counted early."""
    records = some_records(30)
    record_all(database, clock, records)
    begin_log(database)
    while integrate(database, SITE, fence=0):
        pass
    record_all(database, clock, [make_record(salt=b"s" * 32)])
    with database.unit_of_work() as uow:
        before = {name: counted(uow, name) for name in DIMENSIONS}
        uow.session.execute(sa.delete(RollupRow).where(RollupRow.dimension != "locale"))
        uow.session.execute(sa.update(RollupRow).values(count=0))
    assert all(done for _, done in rebuild_rollups(database, SITE))
    with database.unit_of_work(read_only=True) as uow:
        assert {name: counted(uow, name) for name in DIMENSIONS} == before


def test_erased_decisions_still_count(database: Database, clock: Clock) -> None:
    """A count tells nothing of anybody: neither erasure nor a rebuild takes it away, unless asked to."""
    records = [make_record(salt=b"s" * 32) for _ in range(2)]
    record_all(database, clock, records)
    begin_log(database)
    assert integrate(database, SITE, fence=0) == 2
    with database.unit_of_work() as uow:
        uow.session.execute(sa.text("DELETE FROM consentkit_log_leaves"))
    days = dict(rebuild_rollups(database, SITE))
    assert days[NOON.date()] is False
    with database.unit_of_work(read_only=True) as uow:
        assert [one.count for one in uow.rollups.totals(SITE, TOTAL, **ALL)] == [2]
    assert all(done for _, done in rebuild_rollups(database, SITE, lessen=True))
    with database.unit_of_work(read_only=True) as uow:
        assert uow.rollups.totals(SITE, TOTAL, **ALL) == []
