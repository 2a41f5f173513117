from __future__ import annotations

import datetime as dt
import os
import uuid

import pytest

from consentkit.consent.record_ids import is_record_id
from consentkit.consent.record_ids import lowest_record_id
from consentkit.consent.record_ids import new_record_id
from consentkit.consent.record_ids import record_id_time

NOON = dt.datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=dt.UTC)
MILLISECOND = dt.timedelta(milliseconds=1)


def test_an_id_is_a_version_7_uuid_of_the_rfc() -> None:
    """Version and variant stand where RFC 9562 puts them, and the standard library agrees."""
    parsed = uuid.UUID(new_record_id(NOON))
    assert parsed.version == 7
    assert parsed.variant == uuid.RFC_4122


def test_the_example_of_the_rfc_is_read_as_the_rfc_says() -> None:
    """RFC 9562, A.6: 2022-02-22, 14:22:22 at UTC-5."""
    example = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"
    assert is_record_id(example)
    assert record_id_time(example) == dt.datetime(2022, 2, 22, 19, 22, 22, tzinfo=dt.UTC)


def test_an_id_holds_its_time_to_the_millisecond() -> None:
    """Microseconds are cut off, not rounded."""
    assert record_id_time(new_record_id(NOON)) == NOON.replace(microsecond=123000)


def test_times_of_other_zones_are_the_same_moment() -> None:
    """An aware time counts, whatever its zone."""
    almaty = NOON.astimezone(dt.timezone(dt.timedelta(hours=5)))
    assert record_id_time(new_record_id(almaty)) == NOON.replace(microsecond=123000)


def test_ids_inside_one_millisecond_grow() -> None:
    """Of two ids of one process the later one is greater, even when the clock stands still."""
    ids = [new_record_id(NOON) for _ in range(5000)]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)


def test_ids_of_later_milliseconds_are_greater() -> None:
    """The order of ids is the order of time."""
    ids = [new_record_id(NOON + i * MILLISECOND) for i in range(1000)]
    assert ids == sorted(ids)


def test_an_id_of_an_earlier_moment_is_smaller_though_made_later() -> None:
    """A clock that goes back, or samples of the past, get ids of their own time."""
    later = new_record_id(NOON)
    assert new_record_id(NOON - MILLISECOND) < later


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_does_not_continue_its_parents_count() -> None:
    """Two children of one process make different ids in the same millisecond."""
    parent = uuid.UUID(new_record_id(NOON)).int
    made = [uuid.UUID(_id_made_in_a_child()).int for _ in range(2)]
    assert made[0] != made[1]
    # The count goes on by steps of at most 2**32; a fresh start is elsewhere.
    assert all(abs(child - parent) > 1 << 34 for child in made)


def _id_made_in_a_child() -> str:
    readable, writable = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writable, new_record_id(NOON).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writable)
    with os.fdopen(readable) as pipe:
        return pipe.read()


def test_the_lowest_id_bounds_a_moment() -> None:
    """Ids of the moment are not below it, ids of the millisecond before are."""
    lowest = lowest_record_id(NOON)
    assert is_record_id(lowest)
    assert new_record_id(NOON - MILLISECOND) < lowest <= new_record_id(NOON)


@pytest.mark.parametrize("at", [dt.datetime(1, 1, 1, tzinfo=dt.UTC), dt.datetime(9999, 12, 31, tzinfo=dt.UTC)])
def test_bounds_beyond_what_an_id_can_hold_are_the_nearest(at: dt.datetime) -> None:
    """A search from the year 1 is a search from the beginning."""
    assert is_record_id(lowest_record_id(at))


def test_naive_times_are_refused() -> None:
    """It would not be known whose noon it is."""
    with pytest.raises(ValueError, match="aware"):
        new_record_id(NOON.replace(tzinfo=None))


def test_times_before_1970_are_refused() -> None:
    """They would be taken for times of the far future."""
    with pytest.raises(ValueError, match="1970"):
        new_record_id(dt.datetime(1969, 12, 31, tzinfo=dt.UTC))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        None,
        7,
        "017F22E2-79B0-7CC3-98C4-DC0C0C07398F",
        "017f22e279b07cc398c4dc0c0c07398f",
        "017f22e2-79b0-4cc3-98c4-dc0c0c07398f",
        "017f22e2-79b0-7cc3-c8c4-dc0c0c07398f",
        "{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f\n",
        "٠17f22e2-79b0-7cc3-98c4-dc0c0c07398f",
    ],
)
def test_other_forms_are_no_record_ids(value: object) -> None:
    """One spelling only, and version 7 only."""
    assert not is_record_id(value)
