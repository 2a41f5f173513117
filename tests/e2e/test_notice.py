"""How the notice comes and goes: with the first paint, without moving anything, never for who has decided."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.paper import NOTICE
from tests.e2e.paper import button
from tests.e2e.paper import expect_decided
from tests.e2e.paper import find_article
from tests.e2e.paper import press

BUTTONS = ("accept_all", "reject_all", "customize")

#: In every frame, before it is painted: is the story's title laid out, and is the notice?
FRAMES = """
(() => {
    const frames = [];
    Object.defineProperty(window, "__frames", { value: frames });
    const seen = (selector) => {
        const element = document.querySelector(selector);
        return !!element && element.getClientRects().length > 0 && element.getBoundingClientRect().height > 0;
    };
    const look = () => {
        frames.push({ title: seen("h1"), notice: seen("#consentkit-notice") });
        if (frames.length < 600) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
})();
"""


def frames_with_title(visitor):
    """Return, for every frame that showed the story, whether the notice was in it too."""
    return [frame["notice"] for frame in visitor.page.evaluate("window.__frames") if frame["title"]]


@pytest.mark.parametrize("width", [390, 1280])
def test_the_notice_is_in_the_first_paint_and_moves_nothing(reader, demo, width):
    """It is there in every frame in which the story is, and the page does not shift."""
    visitor = reader(width=width)
    visitor.context.add_init_script(FRAMES)
    visitor.open(find_article(demo.url))
    frames = frames_with_title(visitor)
    assert frames
    assert all(frames)
    assert sum(visitor.witness("shifts")) == 0
    visitor.picture(f"notice-{width}")


def test_the_notice_needs_no_script_file(reader, demo):
    """With every script file lost on the way, the notice stands there and its form still works."""
    visitor = reader()
    visitor.context.route("**/*.js*", lambda route: route.abort())
    visitor.open(find_article(demo.url))
    expect(visitor.page.locator(NOTICE)).to_be_visible()
    press(visitor, "reject_all")
    expect_decided(visitor)
    assert set(visitor.cookies()) == {"consentkit"}


@pytest.mark.parametrize("action", ["accept_all", "reject_all"])
def test_who_has_decided_never_sees_it_again(reader, demo, action):
    """Not in a single frame after a reload, and the page does not shift."""
    visitor = reader()
    visitor.open(find_article(demo.url))
    press(visitor, action)
    expect_decided(visitor)
    visitor.context.add_init_script(FRAMES)
    visitor.reload()
    frames = frames_with_title(visitor)
    assert frames
    assert not any(frames)
    assert sum(visitor.witness("shifts")) == 0


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("locale", ["ru", "kk", "en"])
def test_accepting_and_refusing_weigh_the_same(reader, demo, locale, width):
    """Same size, same letters, same colours; side by side, or on a phone one above the other; Choose is as high."""
    visitor = reader(width=width)
    visitor.open(find_article(demo.url, locale))
    accept, reject, customize = (
        button(visitor, name).bounding_box() for name in ("accept_all", "reject_all", "customize")
    )
    assert accept
    assert reject
    assert customize
    assert accept["width"] == pytest.approx(reject["width"], abs=1)
    assert accept["height"] == pytest.approx(reject["height"], abs=1)
    assert customize["height"] >= accept["height"] - 1
    assert accept["height"] >= 44
    looks = [
        button(visitor, name).evaluate(
            """element => {
                const { color, backgroundColor, borderColor, borderWidth, fontSize, fontWeight, boxShadow, opacity }
                    = getComputedStyle(element);
                return { color, backgroundColor, borderColor, borderWidth, fontSize, fontWeight, boxShadow, opacity };
            }"""
        )
        for name in ("accept_all", "reject_all")
    ]
    assert looks[0] == looks[1]
    notice = visitor.page.locator(NOTICE).bounding_box()
    assert notice
    assert notice["width"] <= width


def test_the_notice_is_not_printed(reader, demo):
    """On paper there is only the story."""
    visitor = reader()
    visitor.open(find_article(demo.url))
    visitor.page.emulate_media(media="print")
    expect(visitor.page.locator(NOTICE)).to_be_hidden()


def test_a_notice_shown_is_counted_without_an_identifier(reader, demo):
    """One beacon a page, that carries neither cookie nor anything of the reader."""
    visitor = reader()
    visitor.open(find_article(demo.url))
    expect(visitor.page.locator(NOTICE)).to_be_visible()
    beacons = [request for request in visitor.requests if "/consent/shown" in request.url]
    assert len(beacons) == 1
    assert beacons[0].method == "POST"
    assert visitor.cookies() == {}
