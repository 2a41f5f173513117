"""The place of a blocked video: words instead of it, shown once or always, and nothing of the provider before."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.paper import expect_asked
from tests.e2e.paper import expect_decided
from tests.e2e.paper import find_article
from tests.e2e.paper import press
from tests.e2e.paper import read_state
from tests.e2e.paper import recorded
from tests.e2e.paper import third_parties

EMBED = ".consentkit-embed"
VIDEO = "/stand-in/video"


@pytest.fixture
def visitor(reader, demo):
    """A reader who refused everything, at the video."""
    visitor = reader()
    visitor.open(find_article(demo.url))
    press(visitor, "reject_all")
    visitor.page.locator(EMBED).scroll_into_view_if_needed()
    return visitor


def asked_for_video(visitor):
    """Return the requests that the provider of the video saw."""
    return [url for url in third_parties(visitor) if VIDEO in url]


def test_a_blocked_video_keeps_its_place_and_names_its_provider(visitor):
    """A placeholder of the video's shape, with a way to the original; the provider is not asked."""
    box = visitor.page.locator(EMBED).bounding_box()
    assert box
    assert box["width"] / box["height"] == pytest.approx(16 / 9, rel=0.25)
    expect(visitor.page.locator(f"{EMBED} a")).to_be_visible()
    expect(visitor.page.locator(f"{EMBED} iframe")).to_be_hidden()
    assert asked_for_video(visitor) == []
    visitor.picture("embed")


def test_shown_once_is_shown_once(visitor):
    """The video loads; nothing is decided, and after a reload it is blocked again."""
    before = visitor.cookies()
    visitor.page.locator(f"{EMBED} [data-consentkit-embed=once]").click()
    expect(visitor.page.locator(f"{EMBED} iframe")).to_be_visible()
    expect(visitor.page.locator("[data-stand-in=video]")).to_have_attribute("data-state", "loaded")
    assert asked_for_video(visitor)
    # What the provider itself keeps is what the reader was told of.
    kept = {name: value for name, value in visitor.cookies().items() if name.startswith("consentkit")}
    assert kept == before
    visitor.requests.clear()
    visitor.reload()
    expect(visitor.page.locator(f"{EMBED} iframe")).to_be_hidden()
    assert asked_for_video(visitor) == []


def test_shown_always_is_a_decision_for_this_service_alone(visitor):
    """It is recorded, holds after a reload, and releases nothing else."""
    with recorded(visitor):
        visitor.page.locator(f"{EMBED} [data-consentkit-embed=always]").click()
    expect_decided(visitor)
    state = read_state(visitor.cookies()["consentkit"])
    assert state["a"] == "save"
    assert state["x"]
    visitor.requests.clear()
    visitor.reload()
    expect(visitor.page.locator(f"{EMBED} iframe")).to_be_visible()
    assert asked_for_video(visitor)
    assert not [url for url in third_parties(visitor) if "analytics" in url]


def test_without_script_the_original_is_a_link_away(reader, demo):
    """No dead buttons: the words and the link."""
    visitor = reader(script=False)
    visitor.open(find_article(demo.url))
    expect_asked(visitor)
    expect(visitor.page.locator(f"{EMBED} a")).to_be_visible()
    expect(visitor.page.locator(f"{EMBED} button").first).to_be_hidden()
    assert asked_for_video(visitor) == []
