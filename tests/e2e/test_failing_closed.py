"""Whatever breaks: nothing optional runs unasked, a refusal is not lost nor stored twice, no error reaches the page.

The witnesses are the server's own log of what it was asked, and its database.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import html.parser
import subprocess
import urllib.parse

import pytest
from playwright.sync_api import expect

from tests.e2e.chromium import ARGUMENTS
from tests.e2e.chromium import find_chromium
from tests.e2e.paper import NOTICE
from tests.e2e.paper import PREFERENCES
from tests.e2e.paper import button
from tests.e2e.paper import expect_asked
from tests.e2e.paper import expect_decided
from tests.e2e.paper import read_state
from tests.e2e.weather import LOST
from tests.e2e.weather import PROXY
from tests.e2e.weather import run_weather

EVERYTHING = {"count.js", "inline", "video"}
STATUS = f"{NOTICE} .consentkit-status"
STORAGE = "consentkit:pending"

NO_STORAGE = """Object.defineProperty(window, "localStorage", {
    get() { throw new DOMException("blocked", "SecurityError"); } });"""
NO_ROOM = """Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };"""


@pytest.fixture
def site(tmp_path):
    """A site whose weather can be chosen."""
    with run_weather(tmp_path) as weather:
        yield weather


@pytest.fixture
def visitor(reader):
    """A reader before their first page, who will have seen no error when they leave."""
    visitor = reader()
    # Half of each pause before the notice asks again is by chance: the least of it is enough here.
    visitor.context.add_init_script("Math.random = () => 0;")
    yield visitor
    assert visitor.errors == []


def state(page):
    """Return what the page holds for true."""
    return page.evaluate("() => window.consentkit.state()")


def wait_recorded(page):
    """Wait until the page knows that the decision is recorded."""
    page.wait_for_function("() => window.consentkit.state().status === 'valid' && window.consentkit.state().recorded")


def expect_refused(visitor):
    """Expect that the page takes everything for refused."""
    expect_decided(visitor)
    assert not any(state(visitor.page)["purposes"].values())


# --- refusing


@pytest.mark.parametrize(
    ("sky", "storage"),
    [
        *((sky, "storage") for sky in (*PROXY, *LOST, "offline")),
        # What is kept in the page alone is kept whatever failed: one of each kind of failure is enough.
        *((sky, storage) for storage in ("blocked", "full") for sky in ("503", "lost", "offline")),
    ],
)
def test_a_refusal_holds_at_once_and_is_recorded_once(visitor, site, sky, storage):
    """On the same page, when the weather clears: with the same nonce, whether it had arrived before or not."""
    visitor.context.add_init_script({"storage": "", "blocked": NO_STORAGE, "full": NO_ROOM}[storage])
    visitor.open(site.url)
    if sky == "offline":
        visitor.context.set_offline(True)
    else:
        site.sky = sky
    button(visitor, "reject_all").click()
    expect_refused(visitor)
    if sky == "offline":
        visitor.page.wait_for_timeout(300)
        visitor.context.set_offline(False)
    else:
        site.wait_for(lambda: len(site.posts) > 1)
    assert not state(visitor.page)["recorded"]
    site.sky = "fine"
    wait_recorded(visitor.page)
    assert site.records() == ["reject_all"]
    assert len(site.nonces()) == 1
    assert site.optional() == set()
    if storage == "storage":
        assert visitor.storage() == []
    assert read_state(visitor.cookies()["consentkit"])["p"] == []


@pytest.mark.parametrize("sky", ["503", "lost", "offline"])
def test_a_refusal_is_sent_again_by_the_next_page(visitor, site, sky):
    """Also when the reader was gone before anything could come back."""
    visitor.open(site.url)
    if sky == "offline":
        visitor.page.route("**/decisions*", lambda route: route.abort("internetdisconnected"))
    site.sky = sky
    button(visitor, "reject_all").click()
    expect_refused(visitor)
    visitor.page.goto(f"{site.url}two")
    expect_refused(visitor)
    visitor.page.unroute_all()
    site.sky = "fine"
    visitor.page.goto(site.url)
    wait_recorded(visitor.page)
    assert site.records() == ["reject_all"]
    assert len(site.nonces()) == 1
    assert site.optional() == set()


def test_a_refusal_behind_a_silent_server_outlives_the_page(visitor, site):
    """The reader leaves in the moment of the click, while an agreement is still being saved."""
    visitor.open(site.url)
    site.sky = "held"
    visitor.page.evaluate("() => { window.consentkit.accept(); }")
    site.wait_for(lambda: site.posts)
    visitor.page.evaluate("() => { window.consentkit.reject(); location.assign('/two'); }")
    visitor.page.wait_for_url("**/two")
    expect_refused(visitor)
    site.sky = "fine"
    site.let.set()
    wait_recorded(visitor.page)
    # The agreement, let go in the same moment, may be recorded before or after: of a subject that no cookie names.
    assert "reject_all" in site.records()
    visitor.page.goto(site.url)
    expect_refused(visitor)
    assert read_state(visitor.cookies()["consentkit"])["p"] == []
    assert site.optional() == set()


def test_a_refusal_of_a_notice_that_never_was_published_holds(visitor, site):
    """409 with the refusal's cookie: nothing is recorded, nothing is released, and nobody asks again."""
    visitor.open(site.url)
    visitor.page.eval_on_selector(f"{NOTICE} [name=notice]", "field => { field.value = 'a'.repeat(16) }")
    button(visitor, "reject_all").click()
    expect_refused(visitor)
    site.wait_for(lambda: len(site.posts) > 1)
    visitor.page.goto(site.url)
    expect_refused(visitor)
    assert site.records() == []
    assert site.optional() == set()


def test_withdrawing_takes_everything_away_whatever_the_server_says(visitor, site):
    """The next page has nothing optional, though the withdrawal is not recorded."""
    visitor.open(site.url)
    button(visitor, "accept_all").click()
    wait_recorded(visitor.page)
    site.wait_for(lambda: site.optional() == EVERYTHING)
    site.sky = "503"
    visitor.page.evaluate("() => { window.consentkit.withdraw(); }")
    visitor.page.wait_for_function("() => !window.consentkit.allows('analytics')")
    expect(visitor.page.locator("iframe[src]")).to_have_count(0)
    visitor.page.goto(f"{site.url}two")
    site.paths.clear()
    visitor.reload()
    expect_refused(visitor)
    assert site.optional() == set()
    site.sky = "fine"
    wait_recorded(visitor.page)
    assert site.records() == ["accept_all", "withdraw"]


# --- agreeing


def test_agreeing_says_that_it_is_saved_and_releases_nothing_before(visitor, site):
    """The words stand in a live region, and the notice stays until the 201."""
    visitor.open(site.url)
    words = visitor.page.locator(NOTICE).get_attribute("data-text-saving")
    expect(visitor.page.locator(STATUS)).to_have_attribute("role", "status")
    expect(visitor.page.locator(STATUS)).to_be_empty()
    site.sky = "held"
    button(visitor, "accept_all").click()
    expect(visitor.page.locator(STATUS)).to_have_text(words)
    site.wait_for(lambda: site.posts)
    expect_asked(visitor)
    visitor.page.wait_for_timeout(500)
    assert site.optional() == set()
    assert visitor.cookies() == {}
    site.let.set()
    expect_decided(visitor)
    site.wait_for(lambda: site.optional() == EVERYTHING)
    assert site.records() == ["accept_all"]


@pytest.mark.parametrize("sky", [*PROXY, *LOST])
def test_an_agreement_that_came_through_once_is_stored_once(visitor, site, sky):
    """One bad answer: asked again quietly, with the same nonce."""
    visitor.open(site.url)
    site.sky = sky
    button(visitor, "accept_all").click()
    site.wait_for(lambda: site.posts)
    site.sky = "fine"
    expect_decided(visitor)
    site.wait_for(lambda: site.optional() == EVERYTHING)
    assert site.records() == ["accept_all"]
    assert len(site.nonces()) == 1


@pytest.mark.parametrize("sky", ["503", "429", "cut", "offline"])
def test_an_agreement_that_cannot_be_saved_says_so_and_releases_nothing(visitor, site, sky):
    """The notice stays. The same button sends the same nonce."""
    visitor.open(site.url)
    words = visitor.page.locator(NOTICE).get_attribute("data-text-failed")
    if sky == "offline":
        visitor.context.set_offline(True)
    site.sky = sky
    button(visitor, "accept_all").click()
    expect(visitor.page.locator(STATUS)).to_have_text(words)
    expect_asked(visitor)
    assert (site.records(), site.optional(), visitor.cookies()) == ([], set(), {})
    visitor.context.set_offline(False)
    site.sky = "fine"
    button(visitor, "accept_all").click()
    expect_decided(visitor)
    assert len(site.nonces()) == 1
    assert site.records() == ["accept_all"]


def test_an_agreement_whose_every_answer_is_cut_ends_as_the_cookie_says(visitor, site):
    """The server has recorded it and the cookie arrived: the page does not say that nothing was agreed to."""
    visitor.open(site.url)
    site.sky = "half"
    button(visitor, "accept_all").click()
    expect_decided(visitor)
    assert site.records() == ["accept_all"]
    assert len(site.nonces()) == 1
    assert state(visitor.page)["purposes"] == {"analytics": True, "embeds": True}


def test_a_server_that_never_answers_is_not_waited_for(visitor, site):
    """After ten seconds it has failed; what it says later changes nothing; the button sends the same nonce."""
    visitor.context.clock.install()
    visitor.open(site.url)
    words = visitor.page.locator(NOTICE).get_attribute("data-text-failed")
    site.sky = "held"
    button(visitor, "accept_all").click()
    site.wait_for(lambda: site.posts)
    visitor.context.clock.fast_forward(9_000)
    expect(visitor.page.locator(STATUS)).not_to_have_text(words)
    visitor.context.clock.fast_forward(1_500)
    expect(visitor.page.locator(STATUS)).to_have_text(words)
    site.let.set()
    site.wait_for(lambda: site.records() == ["accept_all"])
    expect_asked(visitor)
    assert site.optional() == set()
    site.sky = "fine"
    button(visitor, "accept_all").click()
    expect_decided(visitor)
    site.wait_for(lambda: site.optional() == EVERYTHING)
    assert site.records() == ["accept_all"]
    assert len(site.nonces()) == 1


def test_what_a_selection_takes_away_stays_away_when_it_cannot_be_saved(visitor, site):
    """Nobody knows what holds: the reader is asked again."""
    visitor.open(site.url)
    button(visitor, "accept_all").click()
    wait_recorded(visitor.page)
    visitor.page.evaluate("() => { window.old = true; window.consentkit.open(); }")
    visitor.page.locator(f"{PREFERENCES} input[name=purposes][value=analytics]").uncheck()
    site.sky = "503"
    button(visitor, "save", within=PREFERENCES).click()
    site.wait_for(lambda: len(site.posts) > 3)
    # The page loads itself anew, to end what ran.
    visitor.page.wait_for_function("() => !window.old && window.consentkit?.state().status === 'none'")
    site.sky = "fine"
    site.paths.clear()
    visitor.reload()
    expect_asked(visitor)
    assert site.optional() == set()


# --- clicks that follow each other


@pytest.mark.parametrize("action", ["accept_all", "reject_all"])
def test_a_double_click_is_one_decision(visitor, site, action):
    """However fast the answer."""
    visitor.open(site.url)
    button(visitor, action).dblclick()
    expect_decided(visitor)
    wait_recorded(visitor.page)
    assert site.records() == [action]
    assert len(site.posts) == 1


def test_refusing_while_an_agreement_is_being_saved(visitor, site):
    """It has refused: the server sees both in their order, and nothing was released in between."""
    visitor.open(site.url)
    site.sky = "held"
    button(visitor, "accept_all").click()
    site.wait_for(lambda: site.posts)
    button(visitor, "reject_all").click()
    expect_refused(visitor)
    site.let.set()
    wait_recorded(visitor.page)
    assert site.records() == ["accept_all", "reject_all"]
    assert read_state(visitor.cookies()["consentkit"])["p"] == []
    visitor.reload()
    expect_refused(visitor)
    assert site.optional() == set()


def test_refusing_between_two_attempts_to_agree(visitor, site):
    """The second attempt is not made any more."""
    visitor.open(site.url)
    site.sky = "503-later"
    button(visitor, "accept_all").click()
    site.wait_for(lambda: site.posts)
    site.sky = "fine"
    button(visitor, "reject_all").click()
    expect_refused(visitor)
    wait_recorded(visitor.page)
    visitor.page.wait_for_timeout(1500)
    assert [body["action"] for _, body in site.posts] == ["accept_all", "reject_all"]
    assert site.records() == ["reject_all"]
    expect_refused(visitor)


def test_refusing_when_the_agreement_was_recorded_and_the_network_went(visitor, site):
    """The agreement's cookie does not outlive the refusal that cannot be sent."""
    visitor.open(site.url)
    site.sky = "held"
    button(visitor, "accept_all").click()
    site.wait_for(lambda: site.posts)
    button(visitor, "reject_all").click()
    site.sky = "cut"
    site.let.set()
    site.wait_for(lambda: len(site.posts) > 1)
    expect_refused(visitor)
    assert visitor.cookies().get("consentkit", "") == ""
    site.sky = "fine"
    wait_recorded(visitor.page)
    assert site.records() == ["accept_all", "reject_all"]
    assert site.optional() == set()


def test_agreeing_while_a_refusal_waits(visitor, site):
    """The later click counts, once it is stored; the earlier one is not sent after it."""
    visitor.open(site.url)
    site.sky = "503-later"
    button(visitor, "reject_all").click()
    expect_refused(visitor)
    site.wait_for(lambda: site.posts)
    site.sky = "held"
    visitor.page.evaluate("() => { window.consentkit.accept(); }")
    site.wait_for(lambda: len(site.posts) > 1)
    assert not state(visitor.page)["purposes"]["analytics"]
    site.let.set()
    site.wait_for(lambda: site.optional() == EVERYTHING)
    visitor.page.wait_for_timeout(1500)
    assert site.records()[-1] == "accept_all"
    assert state(visitor.page)["purposes"]["analytics"]
    assert visitor.storage() == []


def test_a_refusal_waits_for_an_agreement_that_fails(visitor, site):
    """It is what holds, and it is recorded in the end."""
    visitor.open(site.url)
    site.sky = "503"
    button(visitor, "reject_all").click()
    expect_refused(visitor)
    assert visitor.page.evaluate("() => window.consentkit.accept()") == "failed"
    expect_refused(visitor)
    site.sky = "fine"
    wait_recorded(visitor.page)
    assert site.records() == ["reject_all"]
    assert site.optional() == set()


# --- several tabs


def open_tab(visitor, url):
    """Open another tab of the same reader."""
    tab = visitor.context.new_page()
    tab.goto(url)
    visitor.rest(tab)
    return tab


def test_one_tab_agrees_while_the_other_refuses(visitor, site):
    """Refusing wins: in both, in the cookie, and nothing was released in either."""
    visitor.open(site.url)
    tab = open_tab(visitor, f"{site.url}two")
    site.sky = "held"
    button(visitor, "accept_all").click()
    site.wait_for(lambda: site.posts)
    site.sky = "fine"
    tab.locator(f"{NOTICE} [data-consentkit-action=reject_all]").click()
    wait_recorded(tab)
    expect_refused(visitor)
    site.let.set()
    site.wait_for(lambda: "accept_all" in site.records())
    for page in (visitor.page, tab):
        page.wait_for_timeout(500)
        expect(page.locator(NOTICE)).to_be_hidden()
        assert not any(state(page)["purposes"].values())
    assert read_state(visitor.cookies()["consentkit"])["p"] == []
    assert site.optional() == set()


def test_other_tabs_follow(visitor, site):
    """Without being looked at: an agreement ends the question there, a withdrawal what runs there."""
    visitor.open(site.url)
    tab = open_tab(visitor, f"{site.url}two")
    button(visitor, "accept_all").click()
    expect(tab.locator(NOTICE)).to_be_hidden()
    expect(tab.locator("html")).to_have_attribute("data-counted", "1")
    visitor.page.evaluate("() => { window.consentkit.withdraw(); }")
    tab.wait_for_function("() => window.consentkit && !window.consentkit.allows('analytics')")
    expect(tab.locator("iframe[src]")).to_have_count(0)
    visitor.page.wait_for_function("() => window.consentkit && !window.consentkit.allows('analytics')")
    visitor.rest()
    site.paths.clear()
    tab.reload()
    visitor.rest(tab)
    assert site.optional() == set()
    assert site.records() == ["accept_all", "withdraw"]


def test_another_tab_sends_a_refusal_once_more_only_if_need_be(visitor, site):
    """The tab in which it was made is closed at once."""
    visitor.open(site.url)
    tab = open_tab(visitor, f"{site.url}two")
    site.sky = "503"
    tab.locator(f"{NOTICE} [data-consentkit-action=reject_all]").click()
    site.wait_for(lambda: site.posts)
    expect(visitor.page.locator(NOTICE)).to_be_hidden()
    tab.close()
    site.sky = "fine"
    wait_recorded(visitor.page)
    assert site.records() == ["reject_all"]
    assert len(site.nonces()) == 1


def test_a_page_from_the_browsers_memory_looks_first(visitor, site):
    """Withdrawn elsewhere meanwhile, with nobody telling: the way back ends what ran."""
    # What would have told it sooner.
    visitor.context.add_init_script("Object.defineProperty(window, 'cookieStore', { value: undefined });")
    visitor.open(site.url)
    button(visitor, "accept_all").click()
    site.wait_for(lambda: site.optional() == EVERYTHING)
    visitor.rest()
    visitor.context.clear_cookies(name="consentkit")
    assert state(visitor.page)["purposes"]["analytics"]
    visitor.page.evaluate("() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    visitor.page.wait_for_function("() => window.consentkit && !window.consentkit.allows('analytics')")
    expect(visitor.page.locator("iframe[src]")).to_have_count(0)
    expect_asked(visitor)


# --- pages that nobody sees yet

SPECULATE = """<script type="speculationrules">{"prerender": [{"urls": ["/two"], "eagerness": "immediate"}]}</script>"""
#: Tells the server what the page is, and goes on by itself: a prepared page must not be looked at from outside.
TELL = """<script>
const tell = (what) => fetch("/said?" + location.pathname + " " + what, { keepalive: true });
document.addEventListener("consentkit:ready", (event) => tell("ready " + event.detail.status));
document.addEventListener("consentkit:shown", () => tell("shown"));
document.addEventListener("prerenderingchange", () => tell("seen"));
addEventListener("load", async () => {
    if (document.prerendering) return tell("prepared");
    if (location.pathname !== "/") return;
    if (!document.cookie && location.hash) await window.consentkit[location.hash.slice(1)]();
    setTimeout(() => { location.href = "/two"; }, 1500);
});
</script>"""


@contextlib.contextmanager
def plain_browser(folder, url):
    """Visit *url* with a browser that nothing drives: browsers that are driven prepare no pages."""
    chromium = find_chromium()
    command = [str(chromium.executable), "--headless", "--no-sandbox", f"--user-data-dir={folder / 'profile'}"]
    process = subprocess.Popen([*command, *ARGUMENTS, url], env=chromium.environment, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def said(site):
    """Return what the pages told, in order."""
    return [urllib.parse.unquote(path.partition("?/")[2]) for path in site.paths if path.startswith("/said?/")]


@pytest.mark.parametrize(("choice", "then"), [("", "ready none"), ("accept", "ready valid"), ("reject", "ready valid")])
def test_a_prepared_page_waits_until_it_is_seen(site, tmp_path, choice, then):
    """Prerendered before the reader decided on the page they see: nothing shown, counted or released before."""
    site.before = SPECULATE + TELL
    with plain_browser(tmp_path, f"{site.url}#{choice}"):
        site.wait_for(lambda: f"two {then}" in said(site), 60)
        told = said(site)
        site.wait_for(lambda: choice != "accept" or site.optional() == EVERYTHING)
    assert told.index("two prepared") < told.index("two seen") < told.index(f"two {then}")
    assert "two shown" not in told[: told.index("two seen")]
    assert site.records() == ([f"{choice}_all"] if choice else [])
    if choice != "accept":
        assert site.optional() == set()


def test_a_form_named_prerendering_is_no_prerendering(visitor, site):
    """It does not keep the widget from its work."""
    site.inside = "<form name=prerendering></form>"
    visitor.open(site.url)
    button(visitor, "reject_all").click()
    wait_recorded(visitor.page)


# --- what is blocked


@pytest.mark.parametrize("part", ["release.js", ".css"])
def test_a_file_that_is_blocked(visitor, site, part):
    """The notice works without its style; without the second script, nothing is released, and the choice is a page."""
    visitor.context.route(f"**/*{part}*", lambda route: route.abort("blockedbyclient"))
    visitor.open(site.url)
    button(visitor, "accept_all").click()
    expect_decided(visitor)
    wait_recorded(visitor.page)
    visitor.rest()
    assert site.optional() == (set() if part == "release.js" else EVERYTHING)
    visitor.page.evaluate("() => window.consentkit.open()")
    expect(visitor.page.locator(PREFERENCES)).to_be_visible()
    visitor.open(site.url)
    visitor.page.evaluate("() => { window.consentkit.reject(); }")
    site.wait_for(lambda: site.records() == ["accept_all", "reject_all"])
    visitor.rest()
    site.paths.clear()
    visitor.reload()
    expect_refused(visitor)
    assert site.optional() == set()


def test_what_sends_is_blocked(visitor, site):
    """Agreeing fails and says so; a refusal holds, here and on the next page, and is recorded once."""
    visitor.context.route("**/send.js*", lambda route: route.abort("blockedbyclient"))
    visitor.open(site.url)
    button(visitor, "accept_all").click()
    expect(visitor.page.locator(f"{NOTICE} .consentkit-status")).not_to_be_empty()
    visitor.rest()
    assert site.optional() == set()
    button(visitor, "reject_all").click()
    wait_recorded(visitor.page)
    visitor.reload()
    expect_refused(visitor)
    visitor.context.unroute("**/send.js*")
    visitor.reload()
    expect_refused(visitor)
    visitor.rest()
    assert site.records() == ["reject_all"]
    assert site.optional() == set()


def expect_form(visitor, site):
    """Expect that the notice works as a form, and nothing is released."""
    visitor.open(site.url)
    expect(visitor.page.locator(NOTICE)).to_be_visible()
    button(visitor, "reject_all").click()
    site.wait_for(lambda: site.records() == ["reject_all"])
    assert "nonce" not in site.posts[-1][1]
    visitor.rest()
    assert read_state(visitor.cookies()["consentkit"])["p"] == []
    assert site.optional() == set()


def test_a_policy_that_forbids_the_script(visitor, site):
    """The notice is a form."""
    site.policy = lambda sources: f"script-src 'none'; style-src {sources['style-src'][0]}"
    expect_form(visitor, site)


def test_a_policy_that_forbids_the_second_script(visitor, site):
    """The choice is a page, and nothing is released."""
    site.policy = lambda sources: " ".join(["script-src", *(s for s in sources["script-src"] if s != "'self'")])
    visitor.open(site.url)
    button(visitor, "accept_all").click()
    expect(visitor.page.locator(f"{NOTICE} .consentkit-status")).not_to_be_empty()
    button(visitor, "customize").click()
    button(visitor, "accept_all", within=PREFERENCES).click()
    site.wait_for(lambda: site.records() == ["accept_all"])
    expect_decided(visitor)
    visitor.rest()
    assert site.optional() == set()


def test_cookies_and_storage_that_are_switched_off(visitor, site):
    """A refusal holds on its page, an agreement as well; each page asks anew, and releases nothing by itself."""
    visitor.context.add_init_script(NO_STORAGE)
    visitor.context.add_init_script(
        """Object.defineProperty(Document.prototype, "cookie", { get() { return ""; }, set() {} });"""
    )
    for action in ("reject_all", "accept_all"):
        visitor.open(site.url)
        expect_asked(visitor)
        assert site.optional() == set()
        button(visitor, action).click()
        wait_recorded(visitor.page)
        visitor.rest()
        assert site.optional() == (EVERYTHING if action == "accept_all" else set())
    assert site.records() == ["reject_all", "accept_all"]


@pytest.mark.parametrize("beacon", ["undefined", "() => { throw new Error('no'); }", "42"])
def test_a_browser_without_beacons(visitor, site, beacon):
    """Nobody counts the notice; all else works."""
    visitor.context.add_init_script(f"Object.defineProperty(navigator, 'sendBeacon', {{ value: {beacon} }});")
    visitor.open(site.url)
    expect_asked(visitor)
    button(visitor, "accept_all").click()
    expect_decided(visitor)
    site.wait_for(lambda: site.optional() == EVERYTHING)


# --- wrong clocks


@pytest.mark.parametrize("action", ["reject_all", "accept_all"])
@pytest.mark.parametrize("days", [-366, 366])
def test_a_clock_that_is_wrong_by_a_year(visitor, site, days, action):
    """To one that is early everything has expired: a refusal holds, an agreement allows nothing. Once in the log."""
    visitor.context.clock.set_fixed_time(dt.datetime.now(dt.UTC) + dt.timedelta(days=days))
    visitor.open(site.url)
    button(visitor, action).click()
    site.wait_for(site.records)
    for _ in range(2):
        visitor.rest()
        if action == "reject_all":
            expect_refused(visitor)
            assert site.optional() == set()
        elif days < 0:
            expect_decided(visitor)
            assert site.optional() == EVERYTHING
        else:
            expect_asked(visitor)
            assert site.optional() == set()
        visitor.reload()
    assert site.records() == [action]


# --- proxies that rewrite pages


class Rewriter(html.parser.HTMLParser):
    """Minifies a page: no comments, few quotation marks, little space. With *defer*, scripts wait for a loader."""

    def __init__(self, *, defer):
        super().__init__(convert_charrefs=False)
        self.defer = defer
        self.out = []

    def handle_starttag(self, tag, attrs):
        """Write it with the fewest quotation marks."""
        given = dict(attrs)
        if self.defer and tag == "script" and given.get("type") in {None, "module", "text/javascript"}:
            attrs = [("type", f"later-{given.get('type', '')}"), *((k, v) for k, v in attrs if k != "type")]
        written = ""
        for name, value in attrs:
            plain = value is not None and value and not set(value) & set(" \t\n\"'=<>`&")
            quoted = (value or "").replace("&", "&amp;").replace("'", "&#39;")
            written += f" {name}" + ("" if value in {None, ""} else f"={value}" if plain else f"='{quoted}'")
        self.out.append(f"<{tag}{written}>")

    def handle_endtag(self, tag):
        """Write it."""
        self.out.append(f"</{tag}>")

    def handle_data(self, data):
        """Write it, a script as it is."""
        script = self.out and self.out[-1].startswith("<script")
        self.out.append(data if script else " ".join(data.split()) + (" " if data[-1:].isspace() else ""))

    def handle_entityref(self, name):
        """Write it."""
        self.out.append(f"&{name};")

    def handle_charref(self, name):
        """Write it."""
        self.out.append(f"&#{name};")

    def handle_decl(self, decl):
        """Write it."""
        self.out.append(f"<!{decl}>")


#: As such loaders do: each script is put in again, by a copy or by its text, when the page is there.
LOADERS = {
    "copied": """const copy = document.createElement("script");
        for (const { name, value } of old.attributes) copy.setAttribute(name, value);
        copy.type = old.type.slice(6) || "text/javascript"; copy.text = old.text; old.replaceWith(copy);""",
    "evaluated": "(0, eval)(old.text);",
}


@pytest.mark.parametrize("loader", ["", *LOADERS])
def test_a_proxy_that_rewrites_the_page(visitor, site, loader):
    """Without comments, quotation marks and space; with scripts that run late, and know not where they stand."""

    def rewrite(page):
        rewriter = Rewriter(defer=bool(loader))
        rewriter.feed(page)
        rewriter.close()
        text = "".join(rewriter.out)
        if loader:
            run = f"""for (const old of document.querySelectorAll("script[type^=later-]")) {{ {LOADERS[loader]} }}"""
            text += f"<script>addEventListener('DOMContentLoaded', () => setTimeout(() => {{ {run} }}, 300));</script>"
        return text

    site.rewrite = rewrite
    visitor.open(site.url)
    expect_asked(visitor)
    assert site.optional() == set()
    button(visitor, "accept_all").click()
    expect_decided(visitor)
    site.wait_for(lambda: site.optional() == EVERYTHING)
    visitor.page.evaluate("() => window.consentkit.withdraw()")
    visitor.rest()
    site.paths.clear()
    visitor.reload()
    expect_refused(visitor)
    assert site.optional() == set()
    assert site.records() == ["accept_all", "withdraw"]


# --- hostile pages

#: HTML before the widget, under which everything still has to work.
ODD_PAGES = {
    "polluted": """Object.prototype.analytics = Object.prototype.embeds = Object.prototype.counter = true;
        Object.prototype.purposes = { analytics: true }; Object.prototype.recorded = false;
        Array.prototype.extra = () => 1; Array.prototype.p = "x"; Object.prototype.consent = "necessary";""",
    "element": "addEventListener('DOMContentLoaded', () => {});",
    "own-name": "window.consentkit = { version: 3 };",
    "own-frozen-name": "Object.defineProperty(window, 'consentkit', { value: 1 });",
    "no-custom-event": """const Own = CustomEvent; window.CustomEvent = function (type) {
        if (type.startsWith("consentkit")) throw new Error("old"); return new Own(...arguments); };""",
    "array-from": "Array.from = (x) => [x]; Array.prototype.flat = Array.prototype.at = () => { throw new Error(); };",
}
#: And under which nothing may be released without a click, whatever else still works.
BROKEN_PAGES = {
    "json-parse-null": "JSON.parse = () => null;",
    "json-parse-throws": "JSON.parse = () => { throw new Error('bad'); };",
    "json-stringify-throws": "JSON.stringify = () => { throw new Error('bad'); };",
    "json-stringify-nothing": "JSON.stringify = () => undefined;",
    "prototype-js": "Array.prototype.toJSON = String.prototype.toJSON = function () { return '\"' + this + '\"'; };",
    "fetch-nothing": "window.fetch = () => undefined;",
    "fetch-throws": "window.fetch = () => { throw new Error('bad'); };",
    "fetch-ok": "window.fetch = async () => new Response('{}', { status: 201 });",
    "fetch-mute": "window.fetch = () => new Promise(() => {});",
    "no-listeners": "document.addEventListener = () => { throw new Error('bad'); };",
    "no-crypto": "Object.defineProperty(window, 'crypto', { value: undefined });",
    "no-abort": "window.AbortController = undefined;",
    "no-promise": "window.Promise = function () { throw new Error('bad'); };",
    "no-form-data": "window.FormData = undefined;",
}
CLOBBER = "".join(
    f"<form name={name}></form><img name={name} alt='' src=/said?clobber>"
    for name in (
        "currentScript", "cookie", "documentElement", "body", "head", "readyState", "prerendering", "activeElement",
        "adoptedStyleSheets", "location",
    )
)  # fmt: skip
METHODS = "".join(
    f"<img name={name} alt='' src=/said?clobber>"
    for name in (
        "querySelector", "querySelectorAll", "addEventListener", "getElementById", "dispatchEvent", "createElement",
    )
)  # fmt: skip


@pytest.mark.parametrize("script", ODD_PAGES.values(), ids=ODD_PAGES)
def test_an_odd_page(visitor, site, script):
    """Nothing before the click, everything after it, nothing after the withdrawal."""
    site.before = f"<script>{script}</script>"
    site.inside = "<div id=consentkit></div><form><input name=closest><button type=button id=odd>Odd</button></form>"
    visitor.open(site.url)
    expect_asked(visitor)
    visitor.page.locator("#odd").dispatch_event("click")
    visitor.page.evaluate("() => { document.forms[1].click(); document.dispatchEvent(new Event('click')); }")
    assert site.optional() == set()
    button(visitor, "accept_all").click()
    expect_decided(visitor)
    site.wait_for(lambda: site.optional() == EVERYTHING)
    visitor.context.clear_cookies()
    # The page notices, and may load itself anew.
    visitor.rest()
    site.paths.clear()
    visitor.page.goto("about:blank")
    visitor.open(site.url)
    button(visitor, "reject_all").click()
    expect_decided(visitor)
    site.wait_for(lambda: site.records() == ["accept_all", "reject_all"])
    visitor.reload()
    assert site.optional() == set()


@pytest.mark.parametrize("inside", [CLOBBER, METHODS], ids=["properties", "methods"])
def test_elements_that_hide_the_documents_own_names(visitor, site, inside):
    """Comments of readers may have names: nothing is released but on the reader's word, no error escapes."""
    site.inside = inside
    visitor.open(site.url)
    expect(visitor.page.locator(NOTICE)).to_be_visible()
    assert site.optional() == set()
    button(visitor, "reject_all").click()
    site.wait_for(lambda: site.records() == ["reject_all"])
    visitor.rest()
    visitor.reload()
    assert site.optional() == set()


@pytest.mark.parametrize("script", BROKEN_PAGES.values(), ids=BROKEN_PAGES)
def test_a_page_that_broke_the_browser(visitor, site, script):
    """Refusing releases nothing, now and on the next page, and no error reaches the page."""
    site.before = f"<script>{script}</script>"
    visitor.open(site.url)
    assert site.optional() == set()
    button(visitor, "reject_all").click()
    visitor.rest()
    assert site.optional() == set()
    visitor.open(f"{site.url}two")
    assert site.optional() == set()
    assert "accept_all" not in site.records()


@pytest.mark.parametrize("script", BROKEN_PAGES.values(), ids=BROKEN_PAGES)
def test_agreeing_on_a_page_that_broke_the_browser(visitor, site, script):
    """Nothing is released that is not in the log."""
    site.before = f"<script>{script}</script>"
    visitor.open(site.url)
    button(visitor, "accept_all").click()
    visitor.rest()
    assert not site.optional() or site.records() == ["accept_all"]
