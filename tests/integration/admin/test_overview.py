"""The overview: its figures, its questions, and what it does not tell."""

from __future__ import annotations

import csv
import datetime as dt
import io

import flask.testing
import pytest

from consentkit.consent.decisions import Action
from consentkit.consent.decisions import Layer
from consentkit.runtime import Runtime
from tests.factories import make_record
from tests.integration.admin.conftest import ADMIN

SITE = "steppe-herald"


def decide(runtime: Runtime, counts: dict[Action, int], *, days_ago: int = 0, **changes: object) -> None:
    """Count decisions, as the log's writer does."""
    at = runtime.clock.now() - dt.timedelta(days=days_ago)
    records = [
        make_record(action=action, decided_at=at, sample=True, **changes)
        for action, count in counts.items()
        for _ in range(count)
    ]
    with runtime.database.unit_of_work() as uow:
        uow.records.add_samples(records)
        tally = uow.rollups.tally([record.id for record in records])
        uow.rollups.add(SITE, {key._replace(sample=False): count for key, count in tally.items()})


def test_shares_with_their_intervals(officer: flask.testing.FlaskClient, runtime: Runtime) -> None:
    """How many agree, within what chance allows, and how that was before."""
    decide(runtime, {Action.ACCEPT_ALL: 60, Action.REJECT_ALL: 40})
    decide(runtime, {Action.ACCEPT_ALL: 80, Action.REJECT_ALL: 20}, days_ago=30)
    page = officer.get(f"{ADMIN}/").text
    assert "Of 100 decisions, 60% accept everything" in page
    assert "50% and 69%" in page
    assert "20 points fewer" in page
    assert "may be chance" not in page


def test_few_are_not_told(officer: flask.testing.FlaskClient, runtime: Runtime) -> None:
    """A count below ten, and what would give it away, in the page and in the download."""
    decide(runtime, {Action.ACCEPT_ALL: 60, Action.REJECT_ALL: 40}, locale="ru")
    decide(runtime, {Action.ACCEPT_ALL: 17, Action.WITHDRAW: 3}, locale="kk")
    assert "&lt; 10" in officer.get(f"{ADMIN}/").text
    answer = officer.get(f"{ADMIN}/overview.csv?chart=locale")
    assert answer.content_type == "text/csv; charset=utf-8"
    lines = {line["locale"]: line for line in csv.DictReader(io.StringIO(answer.text))}
    assert lines["Қазақша"]["withdraw"] == "<10"
    assert list(lines["Қазақша"].values())[1:] == ["17", "<10", "<10", "<10", "<10", "20"]


def test_notices_shown_are_beside(officer: flask.testing.FlaskClient, runtime: Runtime) -> None:
    """As what they are: how often a first layer was on a screen."""
    decide(runtime, {Action.ACCEPT_ALL: 12})
    today = runtime.clock.now().date()
    with runtime.database.unit_of_work() as uow:
        uow.impressions.add(SITE, today, "n" * 16, Layer.FIRST.value, 345)
        uow.impressions.add(SITE, today, "n" * 16, Layer.SECOND.value, 99)
    rows = list(csv.DictReader(io.StringIO(officer.get(f"{ADMIN}/overview.csv").text)))
    assert rows[-1]["day"] == today.isoformat()
    assert (rows[-1]["accept_all"], rows[-1]["notices_shown"]) == ("12", "345")


def test_what_changed_has_a_line(officer: flask.testing.FlaskClient, runtime: Runtime) -> None:
    """The day on which another notice was decided about for the first time; not the site's first day."""
    decide(runtime, {Action.ACCEPT_ALL: 12}, days_ago=5, notice_version="a" * 16)
    decide(runtime, {Action.ACCEPT_ALL: 12}, days_ago=2, notice_version="b" * 16)
    page = officer.get(f"{ADMIN}/").text
    assert page.count('data-notes="another notice"') == 1


def test_two_notices_compared(officer: flask.testing.FlaskClient, runtime: Runtime) -> None:
    """The second against the first, within the days that are looked at."""
    decide(runtime, {Action.ACCEPT_ALL: 50, Action.REJECT_ALL: 50}, notice_version="a" * 16)
    decide(runtime, {Action.ACCEPT_ALL: 70, Action.REJECT_ALL: 30}, notice_version="b" * 16)
    page = officer.get(f"{ADMIN}/?one={'a' * 16}&other={'b' * 16}").text
    assert "20 points more" in page
    page = officer.get(f"{ADMIN}/?one={'a' * 16}&other=nowhere").text
    assert "One of the two was not decided about" in page


def test_nothing_yet(officer: flask.testing.FlaskClient) -> None:
    """It says what would be here, and how it comes."""
    page = officer.get(f"{ADMIN}/")
    assert page.status_code == 200
    assert "No decisions in these days" in page.text


@pytest.mark.parametrize(
    "query",
    [
        "site=nowhere",
        "site=%00",
        "since=yesterday",
        "since=0001-01-01",
        "since=1900-01-01",
        "since=2026-11-20&until=2026-11-01",
        "since=2020-01-01&until=2026-11-01",
        "until=9999-99-99",
        "since=" + "9" * 5000,
    ],
)
def test_nonsense_is_told_beside_its_field(officer: flask.testing.FlaskClient, query: str) -> None:
    """A clear error, and nothing is read."""
    page = officer.get(f"{ADMIN}/?{query}")
    assert page.status_code == 400
    assert 'aria-invalid="true"' in page.text or query.startswith("site")
    assert officer.get(f"{ADMIN}/overview.csv?{query}").status_code == 400


@pytest.mark.parametrize("query", ["days=-1", "days=10000000000", "one=%F0%9F&other=x", "samples=" + "x" * 3000])
def test_what_means_nothing_is_left_out(officer: flask.testing.FlaskClient, query: str) -> None:
    """The page is the one without it."""
    assert officer.get(f"{ADMIN}/?{query}").status_code == 200


def test_there_is_no_such_chart(officer: flask.testing.FlaskClient) -> None:
    """Not by any name."""
    assert officer.get(f"{ADMIN}/overview.csv?chart=subject_id").status_code == 404


def test_so_few_that_not_even_their_sum_is_told(officer: flask.testing.FlaskClient, runtime: Runtime) -> None:
    """Neither in the heading nor beside it."""
    decide(runtime, {Action.ACCEPT_ALL: 7})
    page = officer.get(f"{ADMIN}/").text
    assert "Fewer than 10 decisions" in page
    assert ">7<" not in page
    assert "7 decisions" not in page
