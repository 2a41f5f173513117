"""What was seen in the field: counted, added up, bounded, forgotten; on both databases."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from consentkit.errors import StoreUnavailable
from consentkit.jobs import observations as jobs
from consentkit.jobs.observations import Observed
from consentkit.jobs.sweep import sweep_observations
from consentkit.storage.observations import Kind
from consentkit.storage.observations import Observation
from consentkit.storage.observations import Outcome
from consentkit.storage.observations import Seen
from consentkit.storage.unit_of_work import Database
from consentkit.testing import FrozenClock
from tests.factories import NOON
from tests.integration.storage.worker import workers

SITE = "steppe-herald"
MINUTE = dt.timedelta(minutes=1)
DAY = dt.timedelta(days=1)


def host(name: str = "tracker.example", **changes: object) -> Seen:
    """A blocked host, with changes."""
    fields = {
        "site": SITE,
        "kind": Kind.HOST,
        "name": name,
        "directive": "script-src-elem",
        "section": "news",
        "consent_class": 3,
        "outcome": Outcome.BLOCKED,
    }
    return Seen(**(fields | changes))  # type: ignore[arg-type]


def cookie(name: str = "_ga", **changes: object) -> Seen:
    """A cookie that left, with changes."""
    return host(name, **({"kind": Kind.COOKIE, "directive": "", "outcome": Outcome.PASSED} | changes))


def seen(what: Seen, at: dt.datetime = NOON, *, count: int = 1, lifetime: int | None = None) -> Observation:
    """Something that was seen at one moment."""
    return Observation(seen=what, count=count, lifetime=lifetime, first_seen=at, last_seen=at)


def add(database: Database, *observations: Observation) -> None:
    """Store them."""
    with database.unit_of_work() as uow:
        uow.observations.add(*observations)


def trim(database: Database, kind: Kind, keep: int) -> int:
    """Keep that many."""
    with database.unit_of_work() as uow:
        return uow.observations.trim(SITE, kind, keep)


def stored(database: Database, site: str = SITE, since: dt.datetime | None = None) -> dict[str, Observation]:
    """What is there, by name."""
    with database.unit_of_work(read_only=True) as uow:
        return {found.seen.name: found for found in uow.observations.all(site, since=since)}


@pytest.fixture
def observed(database: Database, clock: FrozenClock) -> Observed:
    """What one process counts, once for each kind of database."""
    return Observed(database, clock)


def test_the_same_is_added_up(database: Database) -> None:
    """Counts are added, the times span all, the longest lifetime stays."""
    add(database, seen(cookie(), NOON, count=2, lifetime=60), seen(host(), NOON))
    add(database, seen(cookie(), NOON - MINUTE, count=3, lifetime=None))
    add(database, seen(cookie(), NOON + MINUTE, lifetime=90))
    assert stored(database) == {
        "_ga": Observation(seen=cookie(), count=6, lifetime=90, first_seen=NOON - MINUTE, last_seen=NOON + MINUTE),
        "tracker.example": seen(host()),
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"site": "other"},
        {"directive": "img-src"},
        {"section": ""},
        {"consent_class": -1},
        {"outcome": Outcome.REPORTED},
    ],
)
def test_what_differs_is_counted_apart(database: Database, changes: dict[str, object]) -> None:
    """Site, directive, section, class and outcome."""
    add(database, seen(host()), seen(host(**changes)))
    with database.unit_of_work(read_only=True) as uow:
        rows = [*uow.observations.all(SITE), *uow.observations.all("other")]
    assert {row.seen for row in rows} == {host(), host(**changes)}
    assert [row.count for row in rows] == [1, 1]


def test_only_what_was_seen_since_then_is_asked_for(database: Database) -> None:
    """By when it was last seen."""
    add(database, seen(host("old.example"), NOON - DAY), seen(host("new.example"), NOON))
    assert list(stored(database, since=NOON)) == ["new.example"]


def test_the_oldest_go_first(database: Database) -> None:
    """Of that site and kind alone."""
    add(database, *(seen(host(f"{i}.example"), NOON + i * MINUTE) for i in range(10)))
    add(database, seen(cookie(), NOON - DAY), seen(host("0.example", site="other"), NOON - DAY))
    assert trim(database, Kind.HOST, 4) == 6
    assert sorted(stored(database)) == ["6.example", "7.example", "8.example", "9.example", "_ga"]
    assert list(stored(database, "other")) == ["0.example"]
    assert trim(database, Kind.HOST, 4) == 0


def test_forged_hosts_leave_the_table_at_its_bound(
    database: Database, observed: Observed, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many there are: what is seen all the time stays, and what is too much is told once, without a name."""
    monkeypatch.setattr(jobs, "MAX_DIFFERENT", 300)
    monkeypatch.setattr(jobs, "MAX_ROWS", 500)
    for turn in range(4):
        for i in range(1000):
            observed.add(host())
            observed.add(host(f"forged-{turn}-{i}.example"))
        observed.add(cookie())
        assert observed.waiting == 301
        clock.advance(MINUTE)
        observed.flush()
    rows = stored(database)
    assert len(rows) == 501
    assert rows["tracker.example"].count == 4000
    assert rows["_ga"].count == 4
    assert observed.waiting == 0


def test_a_flood_is_told_without_a_name(
    observed: Observed, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """How many, and once."""
    monkeypatch.setattr(jobs, "MAX_DIFFERENT", 1)
    for i in range(5):
        observed.add(host(f"forged-{i}.example"))
    observed.flush()
    observed.flush()
    assert len(caplog.records) == 1
    assert "4 sightings" in caplog.text
    assert "forged" not in caplog.text


def test_many_sites_share_one_bound(observed: Observed, monkeypatch: pytest.MonkeyPatch) -> None:
    """An instance with hundreds of sites holds no more."""
    monkeypatch.setattr(jobs, "MAX_IN_ALL", 5)
    for i in range(9):
        observed.add(host(site=f"site-{i}"))
    assert observed.waiting == 5


def test_a_clock_that_is_set_back_keeps_the_order_of_times(
    database: Database, observed: Observed, clock: FrozenClock
) -> None:
    """First is never after last."""
    clock.set(NOON)
    observed.add(host())
    clock.advance(-MINUTE)
    observed.add(host())
    observed.flush()
    row = stored(database)["tracker.example"]
    assert (row.first_seen, row.last_seen) == (NOON - MINUTE, NOON)


def test_two_processes_count_the_same_at_once(database: Database, database_url: str) -> None:
    """Nothing is lost, and neither waits for the other for good."""
    names = [f"{i}.example" for i in range(40)]
    with workers(2, "observe", database_url, *names) as started:
        assert [worker.answer() for worker in started] == ["stored", "stored"]
    assert {name: row.count for name, row in stored(database).items()} == dict.fromkeys(names, 6)


@pytest.mark.skipif(sys.platform == "win32", reason="no fork")
def test_a_forked_process_does_not_store_what_its_parent_saw(observed: Observed, database: Database) -> None:
    """It would count twice; and the child is not held up by a lock of the parent's."""
    observed.add(host())
    with observed._lock:
        child = os.fork()
        if not child:
            # A lock that is held for good must not be waited for here.
            signal.alarm(10)
            observed.add(host("child.example"))
            os._exit(observed.waiting)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    observed.flush()
    assert list(stored(database)) == ["tracker.example"]


def test_what_a_process_saw_last_is_stored_when_it_ends(database: Database, database_url: str) -> None:
    """No later request comes to do it: a server may be started for one look at its pages."""
    code = (
        "import sys\n"
        "from consentkit.clock import SystemClock\n"
        "from consentkit.jobs.observations import Observed\n"
        "from consentkit.storage.unit_of_work import Database\n"
        "from tests.integration.storage.test_observations import host\n"
        "observed = Observed(Database(sys.argv[1]), SystemClock())\n"
        "observed.add(host('last.example'))\n"
    )
    subprocess.run([sys.executable, "-c", code, database_url], check=True, timeout=60)
    assert list(stored(database)) == ["last.example"]


def test_what_a_process_saw_last_brings_no_folder_back(tmp_path: Path) -> None:
    """A test's database is gone when its process ends; nothing is made anew, and nothing said."""
    code = (
        "import sys\n"
        "from consentkit.clock import SystemClock\n"
        "from consentkit.jobs.observations import Observed\n"
        "from consentkit.storage.unit_of_work import Database\n"
        "from tests.integration.storage.test_observations import host\n"
        "observed = Observed(Database(f'sqlite:///{sys.argv[1]}/records.db'), SystemClock())\n"
        "observed.add(host('last.example'))\n"
    )
    folder = tmp_path / "gone"
    done = subprocess.run([sys.executable, "-c", code, str(folder)], check=True, timeout=60, capture_output=True)
    assert done.stderr == b""
    assert not folder.exists()


def test_what_a_store_does_not_take_stays_counted(
    database: Database, observed: Observed, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once each: what went in before the store went away is not added again."""
    monkeypatch.setattr(jobs, "BATCH", 2)
    for name in "abc":
        observed.add(host(name))
    add_all = type(database).unit_of_work
    calls = []

    def failing(self: Database, **more: bool) -> object:
        calls.append(None)
        if len(calls) == 2:
            raise StoreUnavailable("gone")
        return add_all(self, **more)

    monkeypatch.setattr(Database, "unit_of_work", failing)
    with pytest.raises(StoreUnavailable):
        observed.flush()
    assert observed.waiting == 1
    clock.advance(MINUTE)
    observed.add(host("c"))
    observed.flush()
    assert {name: row.count for name, row in stored(database).items()} == {"a": 1, "b": 1, "c": 2}
    assert stored(database)["c"].last_seen - stored(database)["c"].first_seen == MINUTE


def test_what_nobody_saw_for_400_days_is_forgotten(database: Database, clock: FrozenClock) -> None:
    """On every site."""
    clock.set(NOON)
    add(
        database,
        seen(host("old.example"), NOON - 400 * DAY - MINUTE),
        seen(cookie(site="other"), NOON - 500 * DAY),
        seen(host("kept.example"), NOON - 400 * DAY),
    )
    assert sweep_observations(database, clock) == 2
    assert list(stored(database)) == ["kept.example"]
    assert stored(database, "other") == {}
