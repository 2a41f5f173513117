"""For everybody: WCAG 2.2 AA, held where a reader meets it, in each language, layout, colour scheme and size of window.

Everything is measured of what the browser renders. What is not covered: real assistive technology, other browsers.
"""

from __future__ import annotations

import json
import urllib.request

import pytest
from playwright.sync_api import expect

from tests.e2e.hosts import LAYOUTS
from tests.e2e.hosts import LOCALES
from tests.e2e.looks import faint_edges
from tests.e2e.looks import faint_text
from tests.e2e.looks import focus_is_hidden
from tests.e2e.looks import focus_ring
from tests.e2e.looks import small_targets
from tests.e2e.paper import NOTICE
from tests.e2e.paper import PREFERENCES
from tests.e2e.paper import button
from tests.e2e.paper import expect_asked
from tests.e2e.paper import expect_decided
from tests.e2e.paper import open_preferences
from tests.e2e.paper import press
from tests.e2e.paper import recorded

EMBED = ".consentkit-embed"
STATUS = "body > .consentkit-status"
#: A zoom of 100, 200 and 400 % on a screen of 1280 by 1024 pixels, and a phone.
WINDOWS = [(1280, 800), (640, 512), (320, 256), (390, 844)]

#: What WCAG 2.2, 1.4.12 lets a reader set.
SPACED = """* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }
p { margin-block-end: 2em !important; }"""

#: Whether the page is wider than its window, and which parts of an element are cut off and cannot be scrolled to.
CUT = """(root) => [...root.querySelectorAll("*")].filter((element) => {
    const style = getComputedStyle(element);
    // What is there for who listens alone is cut off on purpose.
    if (element.closest("thead") && getComputedStyle(element.closest("thead")).clipPath !== "none") return false;
    if (!element.checkVisibility() || style.position === "fixed" || element.localName === "input") return false;
    const loose = (value, over) => !over || value === "auto" || value === "scroll" || value === "visible";
    return !loose(style.overflowX, element.scrollWidth > element.clientWidth + 1)
        || !loose(style.overflowY, element.scrollHeight > element.clientHeight + 1);
}).map((element) => element.outerHTML.slice(0, 80))"""

#: The words that a line's end cuts in two. Addresses and names of cookies have no words.
BROKEN = """(root) => {
    const found = [];
    const range = document.createRange();
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        if (node.parentElement.closest("bdi")) continue;
        for (const { index, 0: word } of node.data.matchAll(/\\p{L}+/gu)) {
            range.setStart(node, index);
            range.setEnd(node, index + word.length);
            if (new Set([...range.getClientRects()].map(({ top }) => top)).size > 1) found.push(word);
        }
    }
    return found;
}"""

#: How far the words of each element go on *side*.
REACH = """(elements, side) => elements.map((element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    return range.getBoundingClientRect()[side];
})"""

#: How a tool that refuses for its user finds the way: by the words on what can be clicked, in the light DOM, in view.
REFUSE = """(words) => {
    for (const element of document.querySelectorAll("button, [role=button], input[type=submit]")) {
        const { width, height } = element.getBoundingClientRect();
        const text = element.textContent.trim().toLowerCase();
        if (width && height && element.checkVisibility() && words.some((word) => text.includes(word))) {
            element.click();
            return true;
        }
    }
    return false;
}"""
REFUSALS = {"ru": "отклонить", "kk": "бас тарту", "en": "refuse", "ar": "رفض"}


def content(hosts, locale):
    """Return the notice's content as the service tells it."""
    with urllib.request.urlopen(
        f"http://127.0.0.1:{hosts.port}/consent/notice?site=paper-bar&locale={locale}", timeout=15
    ) as answer:
        return json.load(answer)


def tab_to(visitor, selector, *, most=60):
    """Press Tab until what matches *selector* has the focus."""
    for _ in range(most):
        if visitor.page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
        visitor.page.keyboard.press("Tab")
    raise AssertionError(selector)


def unfold(visitor):
    """Open every list of services."""
    for summary in visitor.page.locator(f"{PREFERENCES} summary").all():
        summary.click()


def windows(visitor, *sizes):
    """Give the window each of *sizes* in turn, the dialog closed: a page costs more than a look at it."""
    for width, height in sizes:
        expect(visitor.page.locator("dialog")).to_have_count(0)
        visitor.page.set_viewport_size({"width": width, "height": height})
        yield width, height


def restyle(visitor, css):
    """Add *css* as a reader's own tool does, past the page's policy."""
    visitor.page.evaluate(
        """(css) => {
            const sheet = new CSSStyleSheet();
            sheet.replaceSync(css);
            document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
        }""",
        css,
    )


def action(name):
    """Return the selector of one of the notice's buttons."""
    return f"{NOTICE} [data-consentkit-action={name}]"


@pytest.mark.parametrize("locale", LOCALES)
def test_what_the_notice_says_of_itself(reader, hosts, locale):
    """A region by its title; in it the links and then the buttons, each with its words, in reading order."""
    visitor = reader()
    visitor.open(hosts.url(locale=locale))
    texts = content(hosts, locale)["texts"]
    region = visitor.page.get_by_role("region", name=texts["title"], exact=True)
    expect(region).to_have_attribute("lang", locale)
    expect(region).to_have_attribute("dir", "rtl" if locale == "ar" else "ltr")
    assert region.get_by_role("link").all_inner_texts() == [texts["privacy"], texts["terms"]]
    assert region.get_by_role("button").all_inner_texts() == [texts["accept"], texts["reject"], texts["customize"]]
    assert region.evaluate("element => element.querySelectorAll('button').length") == 3
    assert region.evaluate("element => [element, ...element.querySelectorAll('*')].every((one) => !one.shadowRoot)")
    expect(region.get_by_role("status")).to_have_count(1)


@pytest.mark.parametrize("locale", LOCALES)
def test_what_the_preferences_say_of_themselves(reader, hosts, locale):
    """A dialog by its title; switches are checkboxes with a name, a state and a sentence; a way out with a name."""
    visitor = reader()
    visitor.open(hosts.url(locale=locale))
    open_preferences(visitor)
    told = content(hosts, locale)
    texts = told["texts"]
    dialog = visitor.page.get_by_role("dialog", name=texts["preferences_title"], exact=True)
    for purpose in told["purposes"]:
        if purpose["required"]:
            continue
        box = dialog.get_by_role("checkbox", name=purpose["name"], exact=True)
        expect(box).not_to_be_checked()
        expect(box).to_have_accessible_description(purpose["description"])
        summary = dialog.locator(f"summary[aria-describedby=consentkit-name-{purpose['id']}]")
        expect(summary).to_have_accessible_description(purpose["name"])
        assert summary.inner_text().strip()
    box.check()
    expect(box).to_be_checked()
    expect(dialog.get_by_role("button", name=texts["close"], exact=True)).to_be_visible()
    expect(dialog.get_by_role("status")).to_have_count(1)


@pytest.mark.parametrize("by", ["server", "tag"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_refusing_by_keyboard_leaves_the_reader_in_the_page(reader, hosts, layout, by):
    """The focus is on the story, not on the page as a whole, and the choice is said, though not shown."""
    visitor = reader()
    visitor.open(hosts.url(layout=layout, by=by))
    tab_to(visitor, action("reject_all"))
    with recorded(visitor):
        visitor.page.keyboard.press("Enter")
    expect_decided(visitor)
    assert visitor.page.evaluate("document.activeElement.matches('main *')")
    status = visitor.page.locator(STATUS)
    expect(status).to_have_role("status")
    expect(status).to_have_text("Ваш выбор действует.")
    assert status.evaluate("element => getComputedStyle(element).clipPath") == "inset(50%)"
    visitor.page.keyboard.press("Tab")
    assert visitor.page.evaluate("document.activeElement.matches('main *')")


def test_the_focus_goes_back_to_where_the_reader_was(reader, hosts):
    """Who came into the notice from a link of the page is on that link again."""
    visitor = reader()
    visitor.open(hosts.url())
    visitor.page.locator(".top a").first.focus()
    visitor.page.keyboard.press("Shift+Tab")
    visitor.page.keyboard.press("Shift+Tab")
    assert visitor.page.evaluate("document.activeElement.dataset.consentkitAction") == "reject_all"
    with recorded(visitor):
        visitor.page.keyboard.press("Enter")
    assert visitor.page.evaluate("document.activeElement.matches('.top a')")


def test_a_dialog_gives_the_focus_back(reader, hosts):
    """However it is closed: by Escape, by its button, by a choice made from the foot of the page."""
    visitor = reader()
    visitor.open(hosts.url())
    for close in ("Escape", "button"):
        tab_to(visitor, action("customize"))
        visitor.page.keyboard.press("Enter")
        expect(visitor.page.locator(PREFERENCES)).to_be_visible()
        assert visitor.page.evaluate("document.activeElement.matches('dialog h2')")
        if close == "Escape":
            visitor.page.keyboard.press("Escape")
        else:
            visitor.page.locator(".consentkit-close").press("Enter")
        expect(visitor.page.locator("dialog")).to_have_count(0)
        assert visitor.page.evaluate("(selector) => document.activeElement.matches(selector)", action("customize"))
        expect_asked(visitor)
    visitor.page.locator("a.consentkit-settings").focus()
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.locator(PREFERENCES)).to_be_visible()
    tab_to(visitor, f"{PREFERENCES} [value=save]")
    with recorded(visitor):
        visitor.page.keyboard.press("Enter")
    expect_decided(visitor)
    visitor.page.wait_for_function("document.activeElement.matches('a.consentkit-settings')")


def test_showing_once_takes_the_focus_to_what_it_brought(reader, hosts):
    """The button is gone; the frame has the focus."""
    visitor = reader()
    visitor.open(hosts.url())
    once = visitor.page.locator(f"{EMBED} [data-consentkit-embed=once]")
    once.focus()
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_function("document.activeElement.localName === 'iframe'")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_escape_is_never_an_answer(reader, hosts, layout):
    """On the notice it does nothing at all, in no layout."""
    visitor = reader()
    visitor.open(hosts.url(layout=layout))
    tab_to(visitor, action("accept_all"))
    for _ in range(3):
        visitor.page.keyboard.press("Escape")
    visitor.rest()
    expect_asked(visitor)
    assert visitor.cookies() == {}
    assert not visitor.asked("/decisions")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_no_trap_but_in_a_modal(reader, hosts, layout):
    """Past a bar or a box the page can be used; behind a modal it can't, until the reader has decided."""
    visitor = reader()
    visitor.open(hosts.url(layout=layout))
    expect(visitor.page.locator("html[data-consentkit-ready]")).to_have_count(1)
    places = set()
    for _ in range(12):
        visitor.page.keyboard.press("Tab")
        places.add(visitor.page.evaluate("document.activeElement.closest('#consentkit-notice, main, .top')?.localName"))
    assert ("main" in places) == (layout != "modal")
    if layout == "modal":
        dialog = visitor.page.get_by_role("dialog")
        expect(dialog).to_have_attribute("aria-modal", "true")
        press(visitor, "reject_all")
        tab_to(visitor, "main a")


@pytest.mark.parametrize("window", WINDOWS, ids=str)
@pytest.mark.parametrize("layout", ["bar", "box"])
def test_the_notice_hides_nothing_that_has_the_focus(reader, hosts, layout, window):
    """Tab by Tab through the whole page behind it and back (2.4.11)."""
    visitor = reader(width=window[0], height=window[1])
    visitor.open(hosts.url(layout=layout))
    expect(visitor.page.locator("html[data-consentkit-ready]")).to_have_count(1)
    hidden = []
    for key in ("Tab", "Shift+Tab"):
        for stops in range(90):
            visitor.page.keyboard.press(key)
            if visitor.page.evaluate("document.activeElement === document.body"):
                assert stops > 40
                break
            if focus_is_hidden(visitor.page):
                hidden.append(visitor.page.evaluate("document.activeElement.outerHTML.slice(0, 60)"))
    assert hidden == []


@pytest.mark.parametrize("locale", LOCALES)
def test_targets_are_24_pixels(reader, hosts, locale):
    """Links, buttons, switches and folds, of the notice, the placeholder, the preferences and the policies (2.5.8).

    And words stay whole.
    """
    visitor = reader()
    visitor.open(hosts.url(locale=locale))
    for _ in windows(visitor, (1280, 800), (390, 844)):
        assert small_targets(visitor.page, NOTICE) == []
        assert small_targets(visitor.page, EMBED) == []
        open_preferences(visitor)
        unfold(visitor)
        assert small_targets(visitor.page, ".consentkit-dialog") == []
        assert visitor.page.locator(PREFERENCES).evaluate(BROKEN) == []
        visitor.page.keyboard.press("Escape")
    for name in ("preferences", "privacy"):
        visitor.open(hosts.own(name, locale=locale))
        unfold(visitor)
        for _ in windows(visitor, (1280, 800), (390, 844)):
            assert small_targets(visitor.page, "header") == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("by", ["server", "tag"])
def test_contrast(reader, hosts, dark, by):
    """Text 4.5:1, shapes, states and the frame of the focus 3:1 (1.4.3, 1.4.11, 2.4.7), also under the pointer."""
    visitor = reader(dark=dark)
    visitor.open(hosts.url(by=by))
    page = visitor.page
    # What is measured is where colours come to rest.
    page.emulate_media(reduced_motion="reduce")
    surfaces = [NOTICE] if by == "tag" else [NOTICE, EMBED]
    for surface in surfaces:
        for control in page.locator(f"{surface} :is(a, button)").all():
            control.hover()
            assert faint_text(page, surface) == []
            assert faint_edges(page, surface) == []
            page.keyboard.press("Shift")
            control.focus()
            ring = focus_ring(page)
            assert ring["width"] >= 2
            assert ring["apart"] >= 1
            assert ring["ratio"] >= 3
    open_preferences(visitor)
    unfold(visitor)
    page.keyboard.press("Shift")
    for _ in range(2):
        assert faint_text(page, PREFERENCES) == []
        assert faint_edges(page, PREFERENCES) == []
        for box in page.locator(f"{PREFERENCES} input[type=checkbox]").all():
            box.check()
        page.keyboard.press("Shift")
    for control in page.locator(f"{PREFERENCES} :is(input[type=checkbox], summary, a, button)").all():
        if control.is_visible():
            control.focus()
            assert focus_ring(page)["ratio"] >= 3


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["preferences", "privacy", "cookies"])
def test_contrast_of_pages_of_their_own(reader, hosts, name, dark):
    """The same for what stands outside of a host's pages."""
    visitor = reader(dark=dark)
    visitor.open(hosts.own(name))
    unfold(visitor)
    visitor.page.keyboard.press("Shift")
    assert faint_text(visitor.page, "body") == []
    assert faint_edges(visitor.page, "body") == []
    for control in visitor.page.locator("body :is(a, button, summary, input[type=checkbox])").all():
        if control.is_visible():
            control.focus()
            assert focus_ring(visitor.page)["ratio"] >= 3


@pytest.mark.parametrize("layout", LAYOUTS)
def test_zoomed_to_400_per_cent_nothing_is_out_of_reach(reader, hosts, layout):
    """Nothing is cut off, nothing needs scrolling sideways, and each button can be met (1.4.4, 1.4.10, 1.4.12)."""
    visitor = reader()
    visitor.open(hosts.url(layout=layout, locale="kk"))
    page = visitor.page
    for css in ("", SPACED):
        restyle(visitor, css)
        for window in windows(visitor, (640, 512), (320, 640), (320, 256)):
            assert page.locator(NOTICE).evaluate("element => element.getBoundingClientRect().right <= innerWidth")
            assert page.locator(NOTICE).evaluate(CUT) == [], window
            for name in ("accept_all", "reject_all", "customize"):
                button(visitor, name).click(trial=True)
            open_preferences(visitor)
            unfold(visitor)
            dialog = page.locator(".consentkit-dialog")
            assert dialog.evaluate("element => element.scrollWidth <= element.clientWidth")
            assert dialog.evaluate(CUT) == [], window
            page.locator(f"{PREFERENCES} input").last.scroll_into_view_if_needed()
            button(visitor, "save", within=PREFERENCES).click(trial=True)
            page.keyboard.press("Escape")
    open_preferences(visitor)
    press(visitor, "save", within=PREFERENCES)
    expect_decided(visitor)


@pytest.mark.parametrize("name", ["preferences", "privacy", "cookies"])
@pytest.mark.parametrize("locale", ["ru", "ar"])
def test_pages_of_their_own_fit_320_pixels(reader, hosts, name, locale):
    """Without scrolling sideways, as they are and with the reader's own spacing."""
    visitor = reader(width=320, height=640)
    visitor.open(hosts.own(name, locale=locale))
    unfold(visitor)
    for css in ("", SPACED):
        restyle(visitor, css)
        assert visitor.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert visitor.page.locator("main").evaluate(CUT) == []


@pytest.mark.parametrize("locale", LOCALES)
def test_the_notice_leaves_a_phone_its_page(reader, hosts, locale):
    """At most 40 % of 390 by 844, whatever the letters' size; at the size it comes in, without scrolling its words."""
    visitor = reader(width=390, height=844)
    for layout in LAYOUTS:
        visitor.open(hosts.url("twenty-pixels", layout=layout, locale=locale))
        for size in (16, 20, 32):
            restyle(visitor, f":root {{ --consentkit-font-size: {size}px }}")
            box = visitor.page.locator(NOTICE).bounding_box()
            assert box
            assert box["height"] <= 0.4 * 844
            words = visitor.page.locator(f"{NOTICE} .consentkit-words")
            if size == 16:
                assert words.evaluate("element => element.scrollHeight - element.clientHeight") <= 1
            for name in ("accept_all", "reject_all", "customize"):
                expect(button(visitor, name)).to_be_in_viewport(ratio=1)


def test_nothing_moves_where_the_reader_asked_for_that(reader, hosts):
    """No animation on entry in any case; transitions of at most 150 ms, none under reduced motion."""
    visitor = reader()
    longest = """() => Math.max(...[...document.querySelectorAll(".consentkit, .consentkit *")].flatMap((element) =>
        [null, "::before"].flatMap((part) =>
            getComputedStyle(element, part).transitionDuration.split(",").map(parseFloat))))"""
    visitor.open(hosts.url())
    assert visitor.page.evaluate("document.getAnimations().length") == 0
    open_preferences(visitor)
    assert visitor.page.evaluate("document.getAnimations().length") == 0
    assert 0 < visitor.page.evaluate(longest) <= 0.15
    visitor.page.emulate_media(reduced_motion="reduce")
    assert visitor.page.evaluate(longest) == 0


@pytest.mark.parametrize("layout", LAYOUTS)
def test_forced_colours(reader, hosts, layout):
    """Every button has an edge, the notice and the dialog as well; what is on can be told from what is off."""
    visitor = reader()
    visitor.open(hosts.url(layout=layout))
    page = visitor.page
    page.emulate_media(forced_colors="active")
    edges = """(elements) => elements.map((element) => getComputedStyle(element))
        .map((style) => [style.borderTopStyle, style.borderTopWidth, style.borderTopColor, style.backgroundColor])"""
    for style, width, colour, ground in page.locator(f"{NOTICE}, {NOTICE} button").evaluate_all(edges):
        assert (style, width) == ("solid", "1px")
        assert colour != ground
    visitor.picture(f"forced-colours-{layout}")
    open_preferences(visitor)
    for style, _, colour, ground in page.locator("dialog, dialog .consentkit-button").evaluate_all(edges):
        assert style == "solid"
        assert colour != ground
    box = page.locator(f"{PREFERENCES} input[type=checkbox]").first
    off = box.screenshot()
    assert box.evaluate("element => getComputedStyle(element).appearance") == "auto"
    box.check()
    page.locator(f"{PREFERENCES} h2").click()
    assert box.screenshot() != off
    visitor.picture(f"forced-colours-{layout}-preferences")


def test_on_paper(reader, hosts):
    """Neither notice nor dialog, nor the tag's button; a policy without its navigation."""
    visitor = reader()
    for by in ("server", "tag"):
        visitor.open(hosts.url(by=by))
        open_preferences(visitor)
        visitor.page.emulate_media(media="print")
        expect(visitor.page.locator(NOTICE)).to_be_hidden()
        expect(visitor.page.locator("dialog")).to_be_hidden()
        expect(visitor.page.locator("button.consentkit-settings:visible")).to_have_count(0)
        visitor.page.emulate_media(media="screen")
    visitor.open(hosts.own("privacy"))
    visitor.page.emulate_media(media="print")
    expect(visitor.page.locator("nav:visible")).to_have_count(0)
    expect(visitor.page.locator("h1")).to_be_visible()


@pytest.mark.parametrize("by", ["server", "tag"])
@pytest.mark.parametrize(("locale", "lang"), [("ar", "en"), ("en", "ar")])
def test_a_notice_of_another_direction_than_the_page(reader, hosts, locale, lang, by):
    """It says its language and its direction, and is laid out by them, not by the page's."""
    visitor = reader()
    visitor.open(hosts.url(layout="box", locale=locale, lang=lang, by=by))
    notice = visitor.page.locator(NOTICE)
    rtl = locale == "ar"
    expect(notice).to_have_attribute("lang", locale)
    expect(notice).to_have_attribute("dir", "rtl" if rtl else "ltr")
    box = notice.bounding_box()
    assert box
    # In the corner where its lines end.
    assert (box["x"] < 100) == rtl
    title = visitor.page.locator(f"{NOTICE} h2")
    assert title.evaluate("element => getComputedStyle(element).direction") == ("rtl" if rtl else "ltr")
    assert visitor.axe() == []
    if by == "server":
        # The embed's title is English in both: each line begins where the others do.
        edges = visitor.page.locator(f"{EMBED}-words > p").evaluate_all(REACH, "right" if rtl else "left")
        assert len(edges) == 3
        assert max(edges) - min(edges) < 2
    open_preferences(visitor)
    close = visitor.page.locator(".consentkit-close").bounding_box()
    frame = visitor.page.locator("dialog").bounding_box()
    assert close
    assert frame
    gap = close["x"] - frame["x"] if rtl else frame["x"] + frame["width"] - close["x"] - close["width"]
    assert 0 < gap < 16
    switch, name = (
        visitor.page.locator(f"{PREFERENCES} .consentkit-switch {part}").first.bounding_box()
        for part in ("input", ".consentkit-purpose-name")
    )
    assert switch
    assert name
    assert (switch["x"] < name["x"]) == rtl


@pytest.mark.parametrize("by", ["server", "tag"])
@pytest.mark.parametrize("locale", LOCALES)
def test_what_refuses_for_its_user_finds_the_button(reader, hosts, locale, by):
    """By its words alone, in the ordinary document; after that the notice is not there, not even faintly."""
    visitor = reader()
    visitor.open(hosts.url(locale=locale, by=by))
    with recorded(visitor):
        assert visitor.page.evaluate(REFUSE, [REFUSALS[locale]])
        gone = "element => !element.checkVisibility() && !element.getClientRects().length"
        assert visitor.page.locator(NOTICE).evaluate(gone)
    expect_decided(visitor)
    assert visitor.page.evaluate("window.consentkit.state().action") == "reject_all"
    assert set(visitor.cookies()) == {"consentkit"}


def test_saving_and_failing_are_said(reader, hosts):
    """In the live region of the form that the reader is in, which was there before it had words."""
    visitor = reader()
    visitor.open(hosts.url())
    texts = content(hosts, "ru")["texts"]
    status = visitor.page.locator(f"{NOTICE} [role=status]")
    expect(status).to_have_text("")
    assert status.evaluate("element => element.checkVisibility()")
    said = """(element) => { window.__said = []; new MutationObserver(() => window.__said.push(element.textContent))
        .observe(element, { childList: true }); }"""
    status.evaluate(said)
    visitor.context.route("**/decisions*", lambda route: route.fulfill(status=503, body=""))
    button(visitor, "accept_all").click()
    expect(status).to_have_text(texts["failed"])
    assert visitor.page.evaluate("window.__said") == [texts["saving"], texts["failed"]]
    expect_asked(visitor)


@pytest.mark.parametrize(
    ("layout", "locale"),
    [
        *(("bar", locale) for locale in LOCALES),
        *((layout, lang) for layout in ("box", "modal") for lang in ("kk", "ar")),
    ],
)
def test_axe_finds_nothing(reader, hosts, layout, locale):
    """On the page with the notice, and in the dialog with everything unfolded; best practices included."""
    visitor = reader()
    visitor.open(hosts.url(layout=layout, locale=locale))
    for _ in windows(visitor, (1280, 800), (390, 844)):
        assert visitor.axe() == []
        if layout == "bar":
            open_preferences(visitor)
            unfold(visitor)
            assert visitor.axe() == []
            visitor.page.keyboard.press("Escape")
