"""Everything by keyboard alone: the way to each control, what Escape does, where the focus goes."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.paper import NOTICE
from tests.e2e.paper import PREFERENCES
from tests.e2e.paper import expect_asked
from tests.e2e.paper import expect_decided
from tests.e2e.paper import find_article
from tests.e2e.paper import read_state
from tests.e2e.paper import recorded

FOCUSED = """() => {
    const { dataset, value, name, tagName } = document.activeElement;
    const field = name && `${name}=${value}`;
    return dataset.consentkitPolicy || dataset.consentkitAction || field || tagName.toLowerCase();
}"""


@pytest.fixture
def visitor(reader, demo):
    """A reader without a mouse."""
    visitor = reader()
    visitor.open(find_article(demo.url))
    return visitor


def tab_to(visitor, name, *, most=40):
    """Press Tab until the control called *name* has the focus; return what had it on the way."""
    way = []
    while len(way) < most:
        visitor.page.keyboard.press("Tab")
        way.append(visitor.page.evaluate(FOCUSED))
        if way[-1] == name:
            return way
    raise AssertionError(way)


def has_visible_focus(visitor):
    """Tell whether the focused control can be told from the others."""
    return visitor.page.evaluate(
        """() => {
            const style = getComputedStyle(document.activeElement);
            return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
        }"""
    )


def test_the_notice_comes_first_in_reading_order(visitor):
    """The links, then Accept, Refuse and Choose: the first stops on the page, each with a visible focus."""
    way = []
    for _ in range(5):
        visitor.page.keyboard.press("Tab")
        way.append(visitor.page.evaluate(FOCUSED))
        assert has_visible_focus(visitor)
    assert way == ["privacy", "terms", "accept_all", "reject_all", "customize"]


def test_escape_is_no_answer(visitor):
    """Pressed on the notice, it neither agrees nor refuses nor hides it."""
    tab_to(visitor, "accept_all")
    visitor.page.keyboard.press("Escape")
    expect_asked(visitor)
    assert visitor.cookies() == {}


@pytest.mark.parametrize(("action", "key"), [("reject_all", "Enter"), ("accept_all", "Space")])
def test_after_deciding_the_focus_is_in_the_story(visitor, action, key):
    """Not lost on the page as a whole: the next Tab goes on from the story."""
    tab_to(visitor, action)
    visitor.page.keyboard.press(key)
    expect_decided(visitor)
    assert visitor.page.evaluate("document.activeElement.matches('main, main *')")


def test_preferences_open_hold_the_focus_and_close_by_escape_without_an_answer(visitor):
    """Escape closes them, decides nothing, and the focus is where it was."""
    tab_to(visitor, "customize")
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.locator(PREFERENCES)).to_be_visible()
    for _ in range(30):
        visitor.page.keyboard.press("Tab")
        # Behind the dialog nothing can be reached; past its end the focus is with the browser's own controls.
        assert visitor.page.evaluate(f"document.activeElement.matches('body, dialog, dialog *, {PREFERENCES} *')")
    visitor.page.keyboard.press("Escape")
    expect(visitor.page.locator(PREFERENCES)).to_be_hidden()
    expect_asked(visitor)
    assert visitor.cookies() == {}
    assert visitor.page.evaluate(FOCUSED) == "customize"


def test_a_choice_can_be_made_and_changed_by_keyboard(visitor):
    """Space switches a purpose, Enter saves; from the foot of the page the same reader withdraws."""
    tab_to(visitor, "customize")
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.locator(PREFERENCES)).to_be_visible()
    tab_to(visitor, "purposes=analytics")
    assert has_visible_focus(visitor)
    visitor.page.keyboard.press("Space")
    tab_to(visitor, "save")
    with recorded(visitor):
        visitor.page.keyboard.press("Enter")
    expect_decided(visitor)
    assert read_state(visitor.cookies()["consentkit"])["p"] == ["analytics"]

    visitor.page.locator("a.consentkit-settings").first.focus()
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.locator(PREFERENCES)).to_be_visible()
    tab_to(visitor, "withdraw")
    with recorded(visitor):
        visitor.page.keyboard.press("Enter")
    expect(visitor.page.locator(PREFERENCES)).to_be_hidden()
    assert read_state(visitor.cookies()["consentkit"])["p"] == []
    expect(visitor.page.locator(NOTICE)).to_be_hidden()
