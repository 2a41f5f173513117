"""The filter in the URL."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from consentkit.admin.filters import FIELDS
from consentkit.admin.filters import parse_filter
from consentkit.consent.decisions import Action
from consentkit.storage.records import RecordFilter


def test_nothing_asked_is_everything() -> None:
    """Empty fields, as the form sends them, do not narrow."""
    for query in ({}, dict.fromkeys(FIELDS, ""), dict.fromkeys(FIELDS, "  ")):
        asked = parse_filter(query)
        assert asked.which == RecordFilter()
        assert not asked.values
        assert not asked.errors


def test_a_period_holds_both_of_its_days() -> None:
    """From the first moment of one to the last of the other, in UTC."""
    which = parse_filter({"since": "2026-11-01", "until": "2026-11-01"}).which
    assert which.since == dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    assert which.until == dt.datetime(2026, 11, 2, tzinfo=dt.UTC)


def test_what_was_typed_stays_in_the_form() -> None:
    """Wrong as it is, but no longer than it can be shown."""
    asked = parse_filter({"since": "soon", "record": "x" * 5000, "action": "save"})
    assert asked.values["since"] == "soon"
    assert len(asked.values["record"]) < 100
    assert set(asked.errors) == {"since", "record"}
    assert asked.which.action is Action.SAVE


@given(st.dictionaries(st.sampled_from((*FIELDS, "before", "x")), st.text(max_size=60)))
def test_no_query_breaks_it(query: dict[str, str]) -> None:
    """Whatever is asked is understood or told."""
    asked = parse_filter(query)
    assert set(asked.errors) <= set(asked.values) <= set(FIELDS)


@given(st.dates())
def test_every_day_of_the_calendar_can_be_asked_for(day: dt.date) -> None:
    """The first and the last day included."""
    assert not parse_filter({"since": day.isoformat(), "until": day.isoformat()}).errors
