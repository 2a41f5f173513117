from __future__ import annotations

import datetime as dt
import tracemalloc
import typing as t

import pytest
import sqlalchemy as sa

from consentkit.consent.decisions import Action
from consentkit.consent.decisions import Record
from consentkit.storage import migrate
from consentkit.storage.records import RecordFilter
from consentkit.storage.unit_of_work import Database
from tests.factories import NOON
from tests.factories import make_record

MINUTE = dt.timedelta(minutes=1)
EVERYTHING = RecordFilter()


def store(database: Database, *records: Record) -> list[Record]:
    """Insert the records and return them."""
    with database.unit_of_work() as uow:
        uow.records.add_samples(records)
    return list(records)


def samples(count: int, **changes: object) -> list[Record]:
    """Return that many records of one moment."""
    return [make_record(sample=True, **changes) for _ in range(count)]


def found(database: Database, which: RecordFilter) -> list[str]:
    """Return the ids of what a filter finds; pages and streams must agree."""
    with database.unit_of_work(read_only=True) as uow:
        streamed = [record.id for record in uow.records.stream(which)]
        paged = [record.id for record in uow.records.page(which)]
    assert streamed == paged[::-1]
    return streamed


def test_pages_follow_each_other_through_equal_times(database: Database) -> None:
    """Every record is on one page, newest first, though all were decided in the same millisecond."""
    stored = [record.id for record in store(database, *samples(23))]
    seen: list[str] = []
    with database.unit_of_work(read_only=True) as uow:
        while page := uow.records.page(EVERYTHING, before=seen[-1] if seen else None, limit=5):
            seen += [record.id for record in page]
    assert seen == stored[::-1]


def test_pages_go_back_as_well(database: Database) -> None:
    """The page after some record is the one just above it, newest first like any."""
    stored = [record.id for record in store(database, *samples(10))]
    with database.unit_of_work(read_only=True) as uow:
        above = [record.id for record in uow.records.page(EVERYTHING, after=stored[3], limit=3)]
        assert above == [stored[6], stored[5], stored[4]]
        assert uow.records.page(EVERYTHING, after=stored[-1]) == []


def test_pages_do_not_move_when_records_are_added(database: Database) -> None:
    """What comes in meanwhile is on no later page."""
    stored = [record.id for record in store(database, *samples(6))]
    with database.unit_of_work(read_only=True) as uow:
        first = uow.records.page(EVERYTHING, limit=3)
    store(database, *samples(3))
    with database.unit_of_work(read_only=True) as uow:
        second = [record.id for record in uow.records.page(EVERYTHING, before=first[-1].id, limit=3)]
    assert second == stored[2::-1]


@pytest.mark.parametrize("garbage", ["", "x", "017F22E2-79B0-7CC3-98C4-DC0C0C07398F", "' OR 1=1 --", "\x00"])
def test_what_is_no_record_id_finds_nothing(database: Database, garbage: str) -> None:
    """It comes from a URL; it is no error."""
    store(database, *samples(1))
    with database.unit_of_work(read_only=True) as uow:
        assert uow.records.get(garbage) is None
        assert uow.records.page(EVERYTHING, before=garbage) == []
        assert uow.records.page(EVERYTHING, after=garbage) == []
        assert uow.records.page(RecordFilter(record_id=garbage)) == []


def test_records_are_found_by_what_they_are(database: Database) -> None:
    """Each criterion by itself and together."""
    plain, other, refusal, kazakh = store(
        database,
        make_record(sample=True),
        make_record(sample=True, site="other"),
        make_record(sample=True, action=Action.REJECT_ALL),
        make_record(sample=True, locale="kk"),
    )
    assert found(database, RecordFilter(site="other")) == [other.id]
    assert found(database, RecordFilter(action=Action.REJECT_ALL)) == [refusal.id]
    assert found(database, RecordFilter(locale="kk")) == [kazakh.id]
    assert found(database, RecordFilter(record_id=plain.id)) == [plain.id]
    assert found(database, RecordFilter(site="steppe-herald", locale="kk", action=Action.REJECT_ALL)) == []
    assert len(found(database, EVERYTHING)) == 4


@pytest.mark.parametrize("sent", ["a\x00b", "\ud800", "\udfff\ud83d"])
def test_text_that_no_database_can_hold_is_no_error(database: Database, sent: str) -> None:
    """JSON can spell it, so somebody will send it. It is stored with a replacement, and looked up it finds nothing."""
    (record,) = store(database, make_record(sample=True, section=f"news{sent}", services={f"x{sent}": True}))
    with database.unit_of_work(read_only=True) as uow:
        stored = uow.records.get(record.id)
        assert stored is not None
        assert stored.section is not None
        assert stored.section.startswith("news")
        assert "\ufffd" in stored.section
        assert uow.records.latest_of("steppe-herald", sent) is None
        assert not uow.notices.exists("steppe-herald", sent)
        assert uow.policies.get("steppe-herald", "privacy", "ru", sent) is None
    assert found(database, RecordFilter(site=sent, locale=sent)) == []


def test_text_of_any_script_is_kept(database: Database) -> None:
    """Also beyond the first 65,536 characters, and combined ones."""
    (record,) = store(database, make_record(sample=True, section="қоғам/社会/📰/e\u0301/\ufeff"))
    with database.unit_of_work(read_only=True) as uow:
        assert uow.records.get(record.id) == record


def test_records_are_found_by_time(database: Database) -> None:
    """From the first moment on, up to but without the last one, to the microsecond."""
    times = [NOON, NOON + MINUTE, NOON + 2 * MINUTE]
    first, second, third = store(database, *(make_record(sample=True, decided_at=at) for at in times))
    assert found(database, RecordFilter(since=times[1])) == [second.id, third.id]
    assert found(database, RecordFilter(until=times[1])) == [first.id]
    assert found(database, RecordFilter(since=times[1], until=times[2])) == [second.id]
    assert found(database, RecordFilter(since=times[1] + dt.timedelta(microseconds=1))) == [third.id]
    almaty, lima = dt.timezone(dt.timedelta(hours=5)), dt.timezone(dt.timedelta(hours=-5))
    everything = RecordFilter(
        since=dt.datetime(1, 1, 1, tzinfo=almaty), until=dt.datetime(9999, 12, 31, 23, 59, tzinfo=lima)
    )
    assert len(found(database, everything)) == 3


def test_a_subjects_newest_record_is_found(database: Database) -> None:
    """The one of its own site."""
    store(
        database,
        make_record(sample=True, subject_id="a"),
        newest := make_record(sample=True, subject_id="a", decided_at=NOON + MINUTE),
        make_record(sample=True, subject_id="b", decided_at=NOON + 2 * MINUTE),
        make_record(sample=True, subject_id="a", site="other", decided_at=NOON + 2 * MINUTE),
    )
    with database.unit_of_work(read_only=True) as uow:
        assert uow.records.latest_of("steppe-herald", "a") == newest
        assert uow.records.latest_of("steppe-herald", "c") is None


def test_an_empty_store_is_known_to_be_empty(database: Database) -> None:
    """Of all sites or of one."""
    with database.unit_of_work(read_only=True) as uow:
        assert not uow.records.any()
    store(database, *samples(1))
    with database.unit_of_work(read_only=True) as uow:
        assert uow.records.any()
        assert uow.records.any("steppe-herald")
        assert not uow.records.any("other")


def test_only_samples_come_in_without_a_recorder(database: Database) -> None:
    """What a reader decided is never inserted on the side."""
    with database.unit_of_work() as uow:
        with pytest.raises(ValueError, match="samples"):
            uow.records.add_samples([make_record(sample=True), make_record()])
        uow.records.add_samples([])
        assert not uow.records.any()


def test_streaming_needs_no_more_memory_for_more_records(database: Database) -> None:
    """Of four thousand records a hundred are in memory at once."""
    store(database, *samples(4000))
    with database.unit_of_work(read_only=True) as uow:
        # What the first use of a statement leaves behind is not counted.
        uow.records.page(EVERYTHING, limit=1)
        tracemalloc.start()
        number = sum(1 for _ in uow.records.stream(EVERYTHING, batch=100))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert number == 4000
    # All of them take twelve megabytes.
    assert peak < 2_000_000


def test_a_stream_that_is_left_early_blocks_nobody(database: Database) -> None:
    """The connection goes back, and writing goes on."""
    store(database, *samples(50))
    for _ in range(25):
        with database.unit_of_work(read_only=True) as uow:
            assert next(uow.records.stream(EVERYTHING, batch=10)) is not None
    store(database, *samples(1))


@pytest.mark.parametrize(
    ("which", "index"),
    [
        (RecordFilter(site="s"), "ix_consentkit_records_site_id"),
        (RecordFilter(site="s", since=NOON, until=NOON + MINUTE), "ix_consentkit_records_site_id"),
        (RecordFilter(since=NOON), "sqlite_autoindex_consentkit_records_1"),
    ],
)
def test_pages_are_read_from_an_index(sqlite_url: str, which: RecordFilter, index: str) -> None:
    """SQLite sorts nothing and scans nothing: the page begins where the index says."""
    database = Database(sqlite_url)
    migrate.upgrade(database)
    plans: list[str] = []

    @sa.event.listens_for(database.engine, "before_cursor_execute")
    def explain(connection: sa.Connection, cursor: object, statement: str, parameters: t.Any, *_: object) -> None:
        if statement.startswith("SELECT"):
            rows = connection.connection.cursor()
            rows.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.extend(str(row[-1]) for row in rows.fetchall())

    with database.unit_of_work(read_only=True) as uow:
        uow.records.page(which, before=make_record().id)
        uow.records.latest_of("s", "a")
    database.dispose()
    page, page_place, latest, latest_place = plans
    assert f"USING INDEX {index} (" in page
    assert "USING INDEX ix_consentkit_records_site_subject_id_id (" in latest
    for place in (page_place, latest_place):
        assert "INDEX ix_consentkit_log_leaves_item_id (" in place
