"""Sample records are believable, and say what they are."""

from __future__ import annotations

import datetime as dt
import typing as t
from collections import Counter
from pathlib import Path

import pytest

from consentkit.consent.decisions import Action
from consentkit.consent.record_ids import record_id_time
from consentkit.operations.publish_site import SiteSnapshot
from consentkit.operations.publish_site import unpublished
from consentkit.operations.sample_records import DAYS
from consentkit.operations.sample_records import make_sample_records
from tests.factories import NOON
from tests.factories import make_site

if t.TYPE_CHECKING:
    from consentkit.consent.decisions import Record


@pytest.fixture(scope="module")
def snapshot() -> SiteSnapshot:
    """A site in four languages."""
    return unpublished(make_site(), Path(), style="")


@pytest.fixture(scope="module")
def records(snapshot: SiteSnapshot) -> list[Record]:
    """Enough of them for shares to mean something."""
    return make_sample_records(snapshot, count=1000, now=NOON)


def test_all_are_samples_of_the_last_days(records: list[Record]) -> None:
    """In the order of time, with ids that hold it, none in the future."""
    assert len(records) == len({record.id for record in records}) == 1000
    assert all(record.sample and record.leaf_index is None for record in records)
    times = [record.decided_at for record in records]
    assert times == sorted(times)
    assert NOON - dt.timedelta(days=DAYS) <= times[0]
    assert times[-1] < NOON
    assert all(abs(record_id_time(record.id) - record.decided_at) < dt.timedelta(seconds=1) for record in records)


def test_the_shares_are_those_of_a_paper(records: list[Record]) -> None:
    """Every action, language and kind of device occurs; no majority is overwhelming."""
    actions = Counter(record.action for record in records)
    assert set(actions) == {Action.ACCEPT_ALL, Action.REJECT_ALL, Action.SAVE, Action.WITHDRAW}
    assert 400 < actions[Action.ACCEPT_ALL] < 600
    assert 250 < actions[Action.REJECT_ALL] < 450
    assert {record.locale for record in records} == {"ru", "kk", "en", "ar"}
    assert {record.device_class for record in records} == {"mobile", "desktop", "tablet"}


def test_they_keep_the_rules_of_real_ones(records: list[Record], snapshot: SiteSnapshot) -> None:
    """A subject id only for who agreed once, and every answer whole."""
    known: dict[str, Record] = {}
    for record in records:
        agrees = any(record.purposes.values()) or any(record.services.values())
        assert set(record.purposes) == {"analytics", "embeds"}
        assert set(record.services) == {"youtube"}
        assert record.notice_version == snapshot.notices[record.locale].version
        if record.action in {Action.REJECT_ALL, Action.WITHDRAW}:
            assert not agrees
        if record.previous_id is None:
            assert (record.subject_id is not None) == agrees
            assert record.action is not Action.WITHDRAW
        else:
            previous = known[record.previous_id]
            assert previous.subject_id == record.subject_id
            assert previous.decided_at <= record.decided_at
        known[record.id] = record


def test_the_same_seed_gives_the_same_decisions(snapshot: SiteSnapshot) -> None:
    """Pictures of a demonstration can be compared."""
    first, second = (
        [
            (record.decided_at, record.action, record.locale, record.purposes)
            for record in make_sample_records(snapshot, count=50, now=NOON)
        ]
        for _ in range(2)
    )
    assert first == second
