"""``GET state`` and ``GET state.css``: what the server makes of a reader's decision."""

from __future__ import annotations

import datetime as dt

from consentkit.testing import FrozenClock
from tests.integration.web.newsroom import NEW_SERVICE
from tests.integration.web.newsroom import Reader
from tests.integration.web.newsroom import problem

NOTHING = {"necessary": True, "preferences": False, "analytics": False, "embeds": False}
HIDDEN = "#consentkit-notice{display:none}"


def test_none(reader: Reader) -> None:
    """Who has not decided is allowed nothing."""
    answer = reader.get("/consent/state")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "Cookie" in answer.headers["Vary"]
    state = answer.get_json()
    assert (state["status"], state["purposes"], state["site"]) == ("none", NOTHING, "steppe-herald")
    assert "decided" not in state
    css = reader.get("/consent/state.css")
    assert (css.mimetype, css.text) == ("text/css", "")
    assert css.headers["Cache-Control"] == "private, no-store"


def test_valid(reader: Reader) -> None:
    """What was decided, and when; the notice is hidden without script too."""
    reader.decide("save", purposes={"embeds": True})
    state = reader.state
    assert state["status"] == "valid"
    assert state["purposes"] == NOTHING | {"embeds": True}
    assert state["services"] == {"counter": False, "video": True}
    assert state["decided"] == {
        "action": "save",
        "notice": reader.newsroom.notice(),
        "regime": "gdpr",
        "revision": 1,
        "at": "2026-11-23T09:30:00Z",
        "last_day": "2027-05-22",
    }
    assert reader.get("/consent/state.css").text == HIDDEN


def test_a_refusal_is_as_valid(reader: Reader) -> None:
    """It hides the notice, and tells the day alone."""
    reader.decide("withdraw")
    state = reader.state
    assert (state["status"], state["purposes"]) == ("valid", NOTHING)
    assert state["decided"]["at"] == "2026-11-23T00:00:00Z"
    assert state["decided"]["action"] == "reject_all"
    assert reader.get("/consent/state.css").text == HIDDEN


def test_expired(reader: Reader, clock: FrozenClock) -> None:
    """After its last day it allows nothing and the notice shows again."""
    reader.decide("accept_all")
    value = reader.cookie()
    clock.advance(dt.timedelta(days=181))
    reader.client.set_cookie("consentkit", value or "", domain="www.steppe-herald.example")
    assert (reader.status, reader.allowed) == ("expired", set())
    assert reader.get("/consent/state.css").text == ""


def test_outdated_says_what_has_changed(reader: Reader) -> None:
    """A new recipient makes an old decision outdated; the page, the style and the state say what is new."""
    reader.decide("accept_all")
    newsroom = reader.newsroom
    newsroom.rewrite("[policies.privacy]", NEW_SERVICE)
    newsroom.reload()
    state = reader.state
    assert (state["status"], reader.allowed) == ("outdated", set())
    assert state["decided"]["revision"] == 1
    assert len(state["changes"]) == 1
    assert "Adverts" in state["changes"][0]
    css = reader.get("/consent/state.css").text
    assert "display:none" not in css
    assert '.consentkit-changes li[data-revision="2"]' in css
    page = reader.get("/").text
    assert "Adverts" in page.partition('class="consentkit-changes"')[2].partition("</div>")[0]
    preferences = reader.get("/consent/preferences").text
    assert '<div class="consentkit-changes"><p>' in preferences
    assert '<li data-revision="2">' in preferences
    newcomer = Reader(newsroom).get("/consent/preferences").text
    assert '<div class="consentkit-changes" hidden>' in newcomer
    reader.decide("accept_all")
    assert reader.status == "valid"
    assert reader.get("/consent/state.css").text == HIDDEN


def test_invalid(reader: Reader) -> None:
    """What cannot be read allows nothing."""
    reader.client.set_cookie("consentkit", "x.y.z", domain="www.steppe-herald.example")
    assert (reader.status, reader.allowed) == ("invalid", set())
    assert reader.get("/consent/state.css").text == ""


def test_the_signal_is_told(reader: Reader) -> None:
    """``Sec-GPC`` is seen, and is no record in this regime."""
    assert reader.get("/consent/state", headers={"Sec-GPC": "1"}).get_json()["gpc"] is True
    assert reader.get("/consent/state", headers={"Sec-GPC": "0"}).get_json()["gpc"] is False
    assert reader.newsroom.records() == []


def test_a_site_that_is_not_here_is_not_found(reader: Reader) -> None:
    """By whatever name."""
    for name in ("other", "", "../x", "\x00", "a" * 5000):
        answer = reader.get("/consent/state", query_string={"site": name})
        assert answer.status_code == 404
        problem(answer)
