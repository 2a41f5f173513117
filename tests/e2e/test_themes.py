"""On pages with styles of their own: the notice is as legible, as equal and as usable as on a plain one.

What a host sets with the documented custom properties comes in; what it says of bare elements, of everything, or of its
body does not, and nothing here says ``!important``.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from consentkit.web.assets import static_text
from tests.e2e.hosts import HOSTS
from tests.e2e.hosts import LAYOUTS
from tests.e2e.looks import faint_edges
from tests.e2e.looks import faint_text
from tests.e2e.looks import small_targets
from tests.e2e.paper import NOTICE
from tests.e2e.paper import PREFERENCES
from tests.e2e.paper import button
from tests.e2e.paper import expect_decided
from tests.e2e.paper import open_preferences
from tests.e2e.paper import press
from tests.e2e.reader import Reader

#: A desk's and a phone's.
WINDOWS = [(1280, 800), (390, 844)]

#: Everything that could make one of two buttons weigh more.
WEIGHT = """(element) => {
    const style = getComputedStyle(element);
    const { width, height } = element.getBoundingClientRect();
    return [Math.round(width), Math.round(height), ...["color", "backgroundColor", "borderColor", "borderWidth",
        "borderRadius", "boxShadow", "opacity", "filter", "fontFamily", "fontSize", "fontWeight", "fontStyle",
        "letterSpacing", "lineHeight", "textDecorationLine", "textTransform", "padding", "outlineStyle", "zIndex"]
        .map((name) => style[name])];
}"""

#: How the notice is set, apart from what a host may change.
SETTING = """(element) => ["h2", "p", "a", "button"].map((name) => {
    const style = getComputedStyle(element.querySelector(name));
    return [style.fontSize, style.fontStyle, style.letterSpacing, style.wordSpacing, style.textAlign, style.textIndent,
        style.textTransform, style.whiteSpace, style.opacity, style.direction, style.float, style.pointerEvents];
})"""


def weigh(visitor, within):
    """Return what Accept and Refuse weigh."""
    return [button(visitor, name, within=within).evaluate(WEIGHT) for name in ("accept_all", "reject_all")]


@pytest.fixture(scope="module")
def plain(browser, hosts):
    """How the notice is set on a plain page, by the way it comes and the window's width."""
    visitor = Reader(browser)
    settings = {}
    for by in ("server", "tag"):
        visitor.open(hosts.url(by=by))
        for width, height in WINDOWS:
            visitor.page.set_viewport_size({"width": width, "height": height})
            settings[by, width] = visitor.page.locator(NOTICE).evaluate(SETTING)
    visitor.close()
    return settings


@pytest.mark.parametrize("by", ["server", "tag"])
@pytest.mark.parametrize("host", HOSTS)
def test_a_page_of_another_house(reader, hosts, plain, host, by):
    """In view, legible, set as on a plain page, at both widths; both layers take a click; Refuse refuses."""
    visitor = reader(dark=host == "one-colour")
    visitor.open(hosts.url(host, by=by))
    page = visitor.page
    notice = page.locator(NOTICE)
    for width, height in WINDOWS:
        page.set_viewport_size({"width": width, "height": height})
        expect(notice).to_be_in_viewport(ratio=1)
        assert notice.evaluate(SETTING) == plain[by, width]
        box = notice.bounding_box()
        assert box
        assert box["width"] == width
        assert box["y"] + box["height"] == pytest.approx(height, abs=1)
        assert faint_text(page, NOTICE) == []
        assert faint_edges(page, NOTICE) == []
        assert small_targets(page, NOTICE) == []
        one, other = weigh(visitor, NOTICE)
        assert one == other
        visitor.picture(f"theme-{host}-{by}-{width}")
        open_preferences(visitor)
        dialog = page.locator("dialog")
        assert dialog.evaluate("element => element.scrollWidth <= element.clientWidth")
        frame = dialog.bounding_box()
        assert frame
        assert frame["width"] == min(width, 640)
        assert frame["x"] == pytest.approx((width - frame["width"]) / 2, abs=1)
        assert faint_text(page, PREFERENCES) == []
        assert faint_edges(page, PREFERENCES) == []
        page.locator(f"{PREFERENCES} input[name=purposes]").first.check()
        visitor.picture(f"theme-{host}-{by}-{width}-preferences")
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
    press(visitor, "reject_all")
    expect_decided(visitor)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_accepting_and_refusing_weigh_the_same(reader, hosts, layout, dark):
    """In each layout, scheme and width, at rest, under the pointer and with the focus, in both layers."""
    visitor = reader(dark=dark)
    visitor.open(hosts.url(layout=layout, locale="kk"))
    page = visitor.page
    for width, height in [(320, 640), *WINDOWS]:
        page.set_viewport_size({"width": width, "height": height})
        one, other = weigh(visitor, NOTICE)
        assert one == other
        reached = []
        for name in ("accept_all", "reject_all"):
            button(visitor, name).hover()
            button(visitor, name).focus()
            reached.append(button(visitor, name).evaluate(WEIGHT))
        assert reached[0] == reached[1]
        open_preferences(visitor)
        one, other = weigh(visitor, PREFERENCES)
        assert one == other
        page.keyboard.press("Escape")
        expect(page.locator("dialog")).to_have_count(0)


@pytest.mark.parametrize("host", ["bootstrap", "tailwind", "elements", "hidden"])
def test_a_placeholder_on_a_page_of_another_house(reader, hosts, host):
    """Both of its buttons are there for who has script, and have room."""
    visitor = reader()
    visitor.open(hosts.url(host))
    for name in ("once", "always"):
        expect(visitor.page.locator(f"[data-consentkit-embed={name}]")).to_be_visible()
    assert small_targets(visitor.page, ".consentkit-embed") == []


def test_no_rule_is_important():
    """A site's own rules win by the ordinary means."""
    for name in ("bar.css", "box.css", "modal.css", "preferences.css", "embeds.css", "tag.css", "pages.css"):
        assert "!important" not in static_text(name)
