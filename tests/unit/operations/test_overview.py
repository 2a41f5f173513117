"""Shares with their intervals, and what of a table is told."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentkit.operations.overview import Share
from consentkit.operations.overview import suppressed


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    # Computed apart, with statsmodels' proportion_confint(method="wilson").
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0), (610, 1000, 0.5794, 0.6398)],
)
def test_the_interval_of_a_share(count: int, total: int, low: float, high: float) -> None:
    """It is Wilson's: within 0 and 1, also for none and for all."""
    share = Share.of(count, total)
    assert share is not None
    assert (share.share, round(share.low, 4), round(share.high, 4)) == (count / total, low, high)


def test_of_nothing_there_is_no_share() -> None:
    """No decisions, no rate: not zero."""
    assert Share.of(0, 0) is None


TABLES = st.integers(1, 5).flatmap(
    lambda width: st.lists(st.lists(st.integers(0, 40), min_size=width, max_size=width), min_size=1, max_size=6)
)


@given(TABLES)
def test_what_is_few_is_not_told(table: list[list[int]]) -> None:
    """No number below ten is told, and what is told is as it was."""
    for row, told in zip(table, suppressed(table), strict=True):
        for number, shown in zip(row, told, strict=True):
            assert shown is None if number < 10 else shown in {None, number}


@given(TABLES)
def test_what_is_few_cannot_be_worked_out_from_a_sum(table: list[list[int]]) -> None:
    """Where the sum of a row or column is known, it never hides one number alone, unless that is zero."""
    told = suppressed(table)
    lines = [list(zip(*pair, strict=True)) for pair in zip(table, told, strict=True)]
    lines += [list(line) for line in zip(*lines, strict=True)]
    for line in lines:
        hidden = [number for number, shown in line if shown is None]
        assert len(hidden) != 1 or hidden == [0] or len(line) == 1


def test_what_is_enough_is_told() -> None:
    """Nothing is hidden without need."""
    table = [[10, 20], [30, 40]]
    assert suppressed(table) == table
    assert list(itertools.chain(*suppressed([[5, 100, 200, 20]]))) == [None, 100, 200, None]
