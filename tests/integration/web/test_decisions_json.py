"""A decision sent by script: what is stored, answered and allowed."""

from __future__ import annotations

import datetime as dt
import typing as t

import pytest

from consentkit.cookies.codec import to_day
from consentkit.testing import FrozenClock
from tests.integration.web.newsroom import Newsroom
from tests.integration.web.newsroom import Reader
from tests.integration.web.newsroom import problem
from tests.integration.web.newsroom import set_cookies

FIREFOX = "Mozilla/5.0 (Android 14; Mobile; rv:128.0) Gecko/128.0 Firefox/128.0"


def test_accepting_is_recorded_before_it_is_answered(any_reader: Reader) -> None:
    """The 201 has what the contract names, the record has everything else."""
    answer = any_reader.decide("accept_all", headers={"User-Agent": FIREFOX, "Sec-GPC": "1"})
    assert answer.status_code == 201
    body = answer.get_json()
    assert body.keys() >= {"record_id", "decided_at", "expires_at", "purposes", "receipt_url", "state"}
    assert body["purposes"] == {"preferences": True, "analytics": True, "embeds": True}
    assert body["decided_at"] == "2026-11-23T09:30:00.000Z"
    assert body["expires_at"] == "2027-05-22T09:30:00.000Z"
    assert answer.headers["Cache-Control"] == "no-store"
    newsroom = any_reader.newsroom
    [record] = newsroom.records()
    assert record.id == body["record_id"]
    assert record.action == "accept_all"
    assert record.purposes == body["purposes"]
    assert record.services == {"counter": True, "video": True}
    assert record.notice_version == newsroom.notice()
    assert (record.site, record.locale, record.revision, record.regime) == ("steppe-herald", "ru", 1, "gdpr")
    assert (record.layout, record.layer, record.method) == ("bar", "1", "widget")
    assert (record.user_agent_family, record.device_class, record.gpc) == ("Firefox", "mobile", True)
    assert record.section == "/news"
    assert record.country is None
    assert record.policy_versions.keys() == {"privacy", "terms", "cookies"}
    assert record.config_version == newsroom.runtime.site("steppe-herald").config_version
    assert record.expires_at - record.decided_at == dt.timedelta(days=180)
    assert not record.sample
    assert any_reader.allowed == {"preferences", "analytics", "embeds", "counter", "video"}


@pytest.mark.parametrize("action", ["reject_all", "withdraw", "save"])
def test_refusing_is_recorded_without_an_identifier(any_reader: Reader, action: str) -> None:
    """A reader who refuses everything stays nobody."""
    answer = any_reader.decide(action)
    assert answer.status_code == 201
    assert not any(answer.get_json()["purposes"].values())
    assert set(set_cookies(answer)) == {"consentkit"}
    [record] = any_reader.newsroom.records()
    assert (record.action, record.subject_id) == (action, None)
    assert record.purposes == {"preferences": False, "analytics": False, "embeds": False}
    assert record.services == {"counter": False, "video": False}
    assert any_reader.status == "valid"
    assert any_reader.allowed == set()


def test_what_is_saved_is_what_holds(reader: Reader) -> None:
    """What is not named is refused; a service follows its purpose unless it was answered for."""
    answer = reader.decide(
        "save", purposes={"analytics": True, "embeds": True, "preferences": False}, services={"video": False}, layer="2"
    )
    assert answer.status_code == 201
    assert answer.get_json()["purposes"] == {"preferences": False, "analytics": True, "embeds": True}
    assert reader.allowed == {"analytics", "counter", "embeds"}
    [record] = reader.newsroom.records()
    assert (record.layer, record.services) == ("2", {"counter": True, "video": False})


def test_one_service_alone_can_be_allowed(reader: Reader) -> None:
    """Without its purpose: this video provider, and no other one that comes later."""
    assert reader.decide("save", services={"video": True}).status_code == 201
    assert reader.allowed == {"video"}
    assert reader.cookie("consentkit_id")


def test_the_state_in_the_body_is_the_cookie(reader: Reader) -> None:
    """The widget can keep it where the cookie cannot reach."""
    answer = reader.decide("accept_all")
    assert answer.get_json()["state"] == reader.cookie()
    state = reader.newsroom.codec.unseal(reader.cookie() or "")
    assert state.last_day == to_day(reader.newsroom.clock.now()) + 180
    assert state.notice == reader.newsroom.notice()


def test_necessary_may_be_named_and_changes_nothing(reader: Reader) -> None:
    """It is always on, whatever is said of it."""
    assert reader.decide("save", purposes={"necessary": False}, services={"login": False}).status_code == 201
    [record] = reader.newsroom.records()
    assert "necessary" not in record.purposes
    assert reader.state["purposes"]["necessary"] is True


def test_without_a_layer_it_came_from_a_program(reader: Reader) -> None:
    """Page and layer may be left out."""
    assert reader.decide("accept_all", layer=..., page=...).status_code == 201
    [record] = reader.newsroom.records()
    assert (record.method, record.layer, record.section) == ("api", None, None)


SECTIONS = [
    ("/", "/"),
    ("/news/steppe?utm=1#top", "/news"),
    ("/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8/1", "/новости"),
    ("/новости/1", "/новости"),
    ("//evil.example/x", "/evil.example"),
    ("https://evil.example/x", None),
    ("", None),
    ("/\x00\x1b[31m", "/[31m"),
    ("/\ud800x", "/x"),
    ("/" + "a" * 500, "/" + "a" * 199),
]


def test_only_the_section_of_the_page_is_kept(reader: Reader, subtests: pytest.Subtests) -> None:
    """The first segment, without query, however it was written."""
    for page, section in SECTIONS:
        with subtests.test(page=page):
            reader.newsroom.clock.advance(dt.timedelta(seconds=1))
            assert reader.decide("reject_all", page=page).status_code == 201
            assert reader.newsroom.records()[-1].section == section


def test_the_whole_path_is_kept_only_on_demand(make_newsroom: t.Callable[..., Newsroom]) -> None:
    """It is a reading history, so the site must ask for it."""
    from tests.integration.web.newsroom import CONFIGURATION  # noqa: PLC0415 - only here

    newsroom = make_newsroom(text=CONFIGURATION.replace("locales =", "record_path = true\nlocales ="))
    assert Reader(newsroom).decide("reject_all", page="/news/steppe?q=secret").status_code == 201
    assert newsroom.records()[0].section == "/news/steppe"


def test_another_locale_has_its_own_notice(reader: Reader) -> None:
    """Who read Kazakh answers the Kazakh notice; the Russian one's version does not fit."""
    kazakh = reader.newsroom.notice("kk")
    assert reader.decide("accept_all", notice=kazakh, locale="kk").status_code == 201
    assert reader.decide("accept_all", notice=kazakh, locale="ru").status_code == 409
    assert reader.newsroom.records()[0].locale == "kk"


# ── identifiers ──


def test_who_agrees_gets_an_identifier_and_keeps_it(reader: Reader, clock: FrozenClock) -> None:
    """It stays when they refuse later, so that the history remains theirs, and links the records."""
    reader.decide("accept_all")
    identifier = reader.cookie("consentkit_id")
    clock.advance(dt.timedelta(days=1))
    refusal = reader.decide("withdraw")
    assert "consentkit_id" not in set_cookies(refusal)
    assert reader.cookie("consentkit_id") == identifier
    clock.advance(dt.timedelta(days=1))
    reader.decide("save", purposes={"embeds": True})
    first, second, third = reader.newsroom.records()
    assert first.subject_id is not None
    assert {first.subject_id, second.subject_id, third.subject_id} == {first.subject_id}
    assert (first.previous_id, second.previous_id, third.previous_id) == (None, first.id, second.id)
    assert reader.allowed == {"embeds", "video"}


def test_identifiers_are_given_one_each(newsroom: Newsroom) -> None:
    """Two readers are two, and nobody can choose one."""
    for _ in range(2):
        Reader(newsroom).decide("accept_all")
    forger = Reader(newsroom)
    forger.client.set_cookie("consentkit_id", "A" * 22, domain="www.steppe-herald.example")
    forger.decide("accept_all")
    subjects = [record.subject_id for record in newsroom.records()]
    assert len(set(subjects)) == 3
    assert "A" * 22 not in subjects


@pytest.mark.parametrize("field", ["subject_id", "country", "gpc", "decided_at", "revision", "id"])
def test_what_is_the_servers_cannot_be_sent(reader: Reader, field: str) -> None:
    """Time, country, signals and identifiers are never the client's."""
    answer = reader.send(reader.body() | {field: "KZ"})
    assert answer.status_code == 400
    assert problem(answer)["field"] == field


def test_refusals_of_a_day_are_one_cookie(newsroom: Newsroom, clock: FrozenClock) -> None:
    """Whoever refuses, by whatever button, form or language, has the same cookie on that day."""
    values = set()
    for action, locale in (("reject_all", "ru"), ("withdraw", "kk"), ("save", "en"), ("reject_all", "ar")):
        reader = Reader(newsroom)
        reader.decide(action, locale=locale, notice=newsroom.notice(locale))
        values.add(reader.cookie())
        clock.advance(dt.timedelta(hours=2))
    by_form = Reader(newsroom)
    by_form.submit("reject_all")
    returning = Reader(newsroom)
    returning.decide("accept_all")
    returning.decide("withdraw")
    assert values == {by_form.cookie()} == {returning.cookie()}
    assert len(newsroom.records()) == 7


def test_signals_come_once_for_each_decision(reader: Reader) -> None:
    """After the commit, with the record, from the application itself; a repeated nonce sends none."""
    from consentkit.signals import decision_recorded  # noqa: PLC0415 - only here

    heard: list[tuple[object, str, int]] = []

    def hear(sender: object, record: t.Any) -> None:
        heard.append((sender, record.id, len(reader.newsroom.records())))

    with decision_recorded.connected_to(hear, sender=reader.newsroom.app):
        body = reader.body()
        first = reader.send(body).get_json()["record_id"]
        reader.send(body)
        second = reader.submit("reject_all")
    assert second.status_code == 303
    assert heard == [
        (reader.newsroom.app, first, 1),
        (reader.newsroom.app, reader.newsroom.records()[1].id, 2),
    ]


def test_a_listener_that_fails_takes_no_decision_back(reader: Reader, caplog: pytest.LogCaptureFixture) -> None:
    """The record is durable, so the reader gets the 201."""
    from consentkit.signals import decision_recorded  # noqa: PLC0415 - only here

    def fail(_sender: object, **_: object) -> None:
        raise RuntimeError("a listener of the host's")

    with decision_recorded.connected_to(fail, sender=reader.newsroom.app):
        assert reader.decide("reject_all").status_code == 201
    assert reader.status == "valid"
    assert "decision_recorded" in caplog.text
