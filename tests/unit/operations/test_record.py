"""Recording a decision: what is checked, what follows, and what is said only when it is durable."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentkit.consent.decisions import Action
from consentkit.consent.decisions import Layer
from consentkit.consent.decisions import Method
from consentkit.consent.decisions import Nonce
from consentkit.cookies.codec import to_day
from consentkit.errors import BadDecision
from consentkit.errors import NonceReused
from consentkit.errors import NoticeChanged
from consentkit.errors import StoreUnavailable
from consentkit.notice.render import render
from consentkit.operations.publish_site import SiteSnapshot
from consentkit.operations.record import Decided
from consentkit.operations.record import Submission
from consentkit.operations.record import record_decision
from consentkit.operations.record import refusal_state
from consentkit.operations.record import section_of
from consentkit.operations.record import state_of
from consentkit.testing import FrozenClock
from tests.factories import make_site
from tests.unit.notice.test_model import content
from tests.unit.operations.recorder import MemoryRecorder

SITE = make_site()
SNAPSHOT = SiteSnapshot(
    site=SITE,
    folder=Path("/srv/site"),
    config_version=SITE.version,
    revision=4,
    services_order=("youtube",),
    policies={},
    notices={locale: render(content(SITE, locale), "") for locale in SITE.locales},
    published=True,
)
CURRENT = SNAPSHOT.notices["ru"].version
OLD = "a" * 16
#: What was ever published: version to locale.
PUBLISHED = {OLD: "de", **{notice.version: locale for locale, notice in SNAPSHOT.notices.items()}}


def submission(action: Action = Action.ACCEPT_ALL, **changes: t.Any) -> Submission:
    """What a door took in."""
    fields: dict[str, t.Any] = {
        "action": action,
        "purposes": {},
        "services": {},
        "notice": CURRENT,
        "locale": "ru",
        "page": "/news/1",
        "nonce": None,
        "layer": Layer.FIRST,
        "method": Method.WIDGET,
        "subject_id": None,
        "identifiable": True,
        "country": "KZ",
        "gpc": False,
        "user_agent_family": "Firefox",
        "device_class": "mobile",
    }
    return Submission(**(fields | changes))


def decide(sent: Submission, recorder: MemoryRecorder | None = None, snapshot: SiteSnapshot = SNAPSHOT) -> Decided:
    """Record it."""
    return record_decision(
        snapshot,
        sent,
        recorder=recorder or MemoryRecorder(),
        is_published=lambda version, locale: version in PUBLISHED and locale in {PUBLISHED[version], *snapshot.notices},
        clock=FrozenClock(),
    )


def test_the_record_says_everything() -> None:
    """What was sent, what the server knows, what follows."""
    record = decide(submission()).record
    now = FrozenClock().now()
    assert (record.site, record.action, record.locale) == ("steppe-herald", Action.ACCEPT_ALL, "ru")
    assert record.purposes == {"analytics": True, "embeds": True}
    assert record.services == {"youtube": True}
    assert (record.notice_version, record.revision, record.config_version) == (CURRENT, 4, SITE.version)
    assert (record.decided_at, record.expires_at) == (now, now + dt.timedelta(days=180))
    assert (record.section, record.country, record.layout) == ("/news", "KZ", "bar")
    assert record.subject_id


def test_the_state_is_that_of_the_record() -> None:
    """Always the same, also later."""
    decided = decide(submission(Action.SAVE, purposes={"embeds": True}))
    assert decided.state == state_of(SNAPSHOT, decided.record)
    assert (decided.state.purposes, decided.state.revision, decided.state.notice) == (("embeds",), 4, CURRENT)
    assert decided.state.last_day == to_day(decided.record.expires_at)


@pytest.mark.parametrize("action", [Action.REJECT_ALL, Action.WITHDRAW, Action.SAVE])
def test_refusing_gives_no_identifier_and_keeps_one(action: Action) -> None:
    """Who never agreed stays nobody; who did keeps their history."""
    assert decide(submission(action)).record.subject_id is None
    kept = decide(submission(action, subject_id="S" * 22))
    assert kept.record.subject_id == "S" * 22
    assert kept.state == refusal_state(SNAPSHOT, FrozenClock().now())


def test_agreeing_gives_an_identifier_once() -> None:
    """A known reader keeps theirs; a page of another site gets none."""
    assert decide(submission()).record.subject_id != decide(submission()).record.subject_id
    assert decide(submission(subject_id="S" * 22)).record.subject_id == "S" * 22
    assert decide(submission(identifiable=False)).record.subject_id is None


def test_agreeing_needs_the_current_notice() -> None:
    """In the language that was read."""
    for sent in (
        submission(notice=OLD),
        submission(Action.SAVE, purposes={"embeds": True}, notice=OLD),
        submission(Action.SAVE, services={"youtube": True}, notice=OLD),
        submission(notice=SNAPSHOT.notices["kk"].version),
    ):
        recorder = MemoryRecorder()
        with pytest.raises(NoticeChanged) as caught:
            decide(sent, recorder)
        assert caught.value.current == CURRENT
        assert recorder.records == []


def test_refusing_needs_any_notice_that_was() -> None:
    """With purposes, services and a language that are gone; not one that never was."""
    refused = submission(Action.SAVE, notice=OLD, locale="de", purposes={"gone": False}, services={"gone": False})
    assert decide(refused).record.notice_version == OLD
    with pytest.raises(NoticeChanged):
        decide(submission(Action.REJECT_ALL, notice="b" * 16))
    with pytest.raises(BadDecision):
        decide(submission(Action.REJECT_ALL, notice="b" * 16, locale="de"))


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        (submission(Action.GPC, gpc=True, method=Method.SIGNAL), "action"),
        (submission(locale="de"), "locale"),
        (submission(Action.REJECT_ALL, locale="de"), "locale"),
        (submission(Action.SAVE, purposes={"gone": False}), "purposes"),
        (submission(Action.SAVE, purposes={"gone": True}), "purposes"),
        (submission(Action.REJECT_ALL, services={"gone": False}), "services"),
        (submission(purposes={"embeds": False}), "purposes"),
        (submission(services={"youtube": False}), "services"),
    ],
)
def test_what_cannot_be_taken_is_named(sent: Submission, field: str) -> None:
    """And nothing is recorded."""
    recorder = MemoryRecorder()
    with pytest.raises(BadDecision) as caught:
        decide(sent, recorder)
    assert caught.value.field == field
    assert recorder.records == []


def test_a_repeated_nonce_is_the_first_decision() -> None:
    """Though the notice has changed in between; with another body it is refused."""
    recorder = MemoryRecorder()
    first = decide(submission(nonce=Nonce("n" * 22, "body")), recorder)
    again = decide(submission(nonce=Nonce("n" * 22, "body")), recorder)
    assert (again.record, again.state, again.fresh) == (first.record, first.state, False)
    newer = dataclasses.replace(SNAPSHOT, notices={"ru": render(content(SITE, revision=5), "")})
    late = decide(submission(nonce=Nonce("n" * 22, "body")), recorder, newer)
    assert (late.record, late.fresh) == (first.record, False)
    with pytest.raises(NoticeChanged):
        decide(submission(nonce=Nonce("m" * 22, "body")), recorder, newer)
    with pytest.raises(NonceReused):
        decide(submission(nonce=Nonce("n" * 22, "another")), recorder)
    assert len(recorder.records) == 1


def test_without_a_store_there_is_no_decision() -> None:
    """The door says so, and keeps a refusal in force."""
    recorder = MemoryRecorder()
    recorder.available = False
    for action in (Action.ACCEPT_ALL, Action.REJECT_ALL):
        with pytest.raises(StoreUnavailable):
            decide(submission(action), recorder)


answers = st.dictionaries(st.sampled_from(["analytics", "embeds", "necessary"]), st.booleans())


@given(
    st.sampled_from([Action.ACCEPT_ALL, Action.REJECT_ALL, Action.SAVE, Action.WITHDRAW]),
    answers,
    st.dictionaries(st.just("youtube"), st.booleans()),
)
def test_nothing_is_allowed_that_was_not_agreed_to(
    action: Action, purposes: dict[str, bool], services: dict[str, bool]
) -> None:
    """Record and state say the same, and an identifier comes only with an agreement."""
    try:
        decided = decide(submission(action, purposes=purposes, services=services))
    except BadDecision:
        assert action is Action.ACCEPT_ALL
        return
    record = decided.record
    agrees = any(record.purposes.values()) or any(record.services.values())
    assert decided.state.agrees is agrees
    assert (record.subject_id is not None) is agrees
    if action in {Action.REJECT_ALL, Action.WITHDRAW}:
        assert not agrees
    if action is Action.SAVE:
        for name, allowed in record.purposes.items():
            assert allowed is purposes.get(name, False)
    assert submission(action, purposes=purposes, services=services).refuses is (
        action in {Action.REJECT_ALL, Action.WITHDRAW}
        or (action is Action.SAVE and not any([purposes.get("analytics"), purposes.get("embeds"), *services.values()]))
    )


@given(st.one_of(st.none(), st.text()), st.booleans())
def test_any_page_gives_a_short_plain_section(page: str | None, whole: bool) -> None:
    """Or none."""
    section = section_of(page, whole=whole)
    assert section is None or (section.startswith("/") and len(section) <= 200 and section.isprintable())


@pytest.mark.parametrize(
    ("page", "section", "path"),
    [
        ("/", "/", "/"),
        ("/news/1?q=x#y", "/news", "/news/1"),
        ("/%D0%BD/%2Fx", "/н", "/н//x"),
        ("news", None, None),
        (None, None, None),
        ("", None, None),
    ],
)
def test_a_section_is_the_first_segment(page: str | None, section: str | None, path: str | None) -> None:
    """The whole path only on demand; never the query."""
    assert section_of(page, whole=False) == section
    assert section_of(page, whole=True) == path
