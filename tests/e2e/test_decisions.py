"""Refusing, accepting, choosing and withdrawing: each holds at once and after a reload, with script and without."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.paper import NOTICE
from tests.e2e.paper import PREFERENCES
from tests.e2e.paper import choose
from tests.e2e.paper import expect_decided
from tests.e2e.paper import find_article
from tests.e2e.paper import open_preferences
from tests.e2e.paper import optional_purposes
from tests.e2e.paper import press
from tests.e2e.paper import read_state
from tests.e2e.paper import third_parties

ANALYTICS = "/stand-in/analytics.js"
VIDEO = "/stand-in/video"


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def visitor(request, reader, demo):
    """A reader before their first decision, on a story with a video and a counter."""
    visitor = reader(script=request.param)
    visitor.open(find_article(demo.url))
    return visitor


def expect_released(visitor, *parts):
    """Expect that the page asked other sites for exactly *parts*; without script nothing is ever released."""
    asked = {part for part in (ANALYTICS, VIDEO) if any(part in url for url in third_parties(visitor))}
    assert asked == (set(parts) if visitor.script else set())


def test_refusing_keeps_no_identifier_and_releases_nothing(visitor):
    """One cookie without an identifier; the notice stays away; no other site is asked."""
    press(visitor, "reject_all")
    for _ in range(2):
        expect_decided(visitor)
        assert set(visitor.cookies()) == {"consentkit"}
        state = read_state(visitor.cookies()["consentkit"])
        assert (state["a"], state["p"], state["n"]) == ("reject_all", [], "")
        expect_released(visitor)
        visitor.reload()
    assert visitor.errors == []


def test_two_readers_who_refuse_cannot_be_told_apart(reader, demo):
    """Their cookies are equal to the byte, whichever way they refused."""
    cookies = set()
    for script, refuse in ((True, "reject_all"), (False, "reject_all"), (True, "save"), (False, "save")):
        visitor = reader(script=script)
        visitor.open(find_article(demo.url))
        if refuse == "save":
            open_preferences(visitor)
            choose(visitor)
        else:
            press(visitor, refuse)
        expect_decided(visitor)
        cookies.add(visitor.cookies()["consentkit"])
        assert set(visitor.cookies()) == {"consentkit"}
    assert len(cookies) == 1


def test_accepting_releases_everything_once_it_is_recorded(visitor, demo):
    """All purposes are allowed, the counter and the video load, the subject id is out of reach of script."""
    press(visitor, "accept_all")
    expect_decided(visitor)
    visitor.reload()
    expect_decided(visitor)
    state = read_state(visitor.cookies()["consentkit"])
    assert state["a"] == "accept_all"
    assert sorted(state["p"]) == sorted(optional_purposes(demo.url))
    (identifier,) = [cookie for cookie in visitor.context.cookies() if cookie.get("name") == "consentkit_id"]
    assert identifier.get("httpOnly")
    assert identifier.get("sameSite") == "Lax"
    expect_released(visitor, ANALYTICS, VIDEO)
    assert visitor.errors == []


def test_choosing_releases_what_was_chosen(visitor):
    """Nothing is ticked beforehand; what is ticked and saved is allowed, the rest stays blocked."""
    open_preferences(visitor)
    boxes = visitor.page.locator(f"{PREFERENCES} input[type=checkbox]")
    assert boxes.count() > 0
    assert [box.is_checked() for box in boxes.all()] == [False] * boxes.count()
    choose(visitor, "analytics")
    expect_decided(visitor)
    visitor.reload()
    expect_decided(visitor)
    state = read_state(visitor.cookies()["consentkit"])
    assert (state["a"], state["p"]) == ("save", ["analytics"])
    expect_released(visitor, ANALYTICS)
    assert visitor.errors == []


def test_withdrawing_is_as_easy_as_agreeing_and_does_not_ask_again(visitor):
    """From the foot of the page; nothing optional loads afterwards, and the notice does not return."""
    press(visitor, "accept_all")
    expect_decided(visitor)
    open_preferences(visitor, by="link")
    press(visitor, "withdraw", within=PREFERENCES)
    expect_decided(visitor)
    assert read_state(visitor.cookies()["consentkit"])["p"] == []
    visitor.requests.clear()
    visitor.reload()
    expect_decided(visitor)
    expect_released(visitor)
    # The history remains the reader's: the identifier outlives the refusal.
    assert "consentkit_id" in visitor.cookies()


def test_a_decision_holds_on_every_page_and_in_every_language(visitor, demo):
    """Decided once, in Russian: the front page, the other editions and the search do not ask."""
    press(visitor, "reject_all")
    for path in ("/", "/ru/", "/kk/", "/en/", "/ru/search?q=a"):
        visitor.open(demo.url + path)
        expect(visitor.page.locator(NOTICE)).to_be_hidden()


def test_without_script_a_decision_leads_back_to_the_page(reader, demo):
    """The form's answer is a redirect: the reader is where they were, and a reload does not post again."""
    article = find_article(demo.url)
    visitor = reader(script=False)
    visitor.open(article)
    press(visitor, "accept_all")
    assert visitor.page.url.partition("#")[0].partition("?")[0] == article
    posts = [request for request in visitor.requests if request.method == "POST"]
    assert len(posts) == 1
    visitor.reload()
    assert len([request for request in visitor.requests if request.method == "POST"]) == 1
