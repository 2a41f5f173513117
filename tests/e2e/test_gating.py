"""What waits for consent, in every form in which a page can have it. The server's own log is the witness."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.gated import run_gated
from tests.e2e.paper import NOTICE
from tests.e2e.paper import PREFERENCES
from tests.e2e.paper import choose
from tests.e2e.paper import expect_asked
from tests.e2e.paper import expect_decided
from tests.e2e.paper import open_preferences
from tests.e2e.paper import press

ANALYTICS = 'type="text/plain" data-consent="analytics"'
#: Each kind of element: its markup, and the files that it asks for once it may.
KINDS = {
    "script": (f'<script {ANALYTICS} data-src="/a/script.js"></script>', {"script.js"}),
    "module": (f'<script {ANALYTICS} data-type="module" data-src="/a/module.js"></script>', {"module.js"}),
    "iframe": ('<iframe data-consent="analytics" data-src="/a/frame.html" title="x"></iframe>', {"frame.html"}),
    "img": ('<img data-consent="analytics" data-src="/a/img.svg" alt="">', {"img.svg"}),
    "srcset": ('<img data-consent="analytics" data-srcset="/a/set.svg 1x" data-src="/a/not.svg" alt="">', {"set.svg"}),
    "picture": (
        '<picture data-consent="analytics"><source data-srcset="/a/wide.svg"><img data-src="/a/not.svg"></picture>',
        {"wide.svg"},
    ),
    "stylesheet": ('<link rel="stylesheet" data-consent="analytics" data-href="/a/style.css">', {"style.css"}),
    "preload": ('<link rel="preload" as="image" data-consent="analytics" data-href="/a/pre.svg">', {"pre.svg"}),
    "video": (
        '<video data-consent="analytics" data-poster="/a/poster.svg" data-src="/a/video.mp4" preload="auto"></video>',
        {"poster.svg", "video.mp4"},
    ),
    "sources": (
        '<video data-consent="analytics" preload="auto"><source data-src="/a/source.webm" type="video/webm"></video>',
        {"source.webm"},
    ),
    "audio": ('<audio data-consent="analytics" data-src="/a/audio.mp3" preload="auto"></audio>', {"audio.mp3"}),
    "object": (
        '<object data-consent="analytics" data-data="/a/object.svg" type="image/svg+xml"></object>',
        {"object.svg"},
    ),
    "object-src": (
        '<object data-consent="analytics" data-src="/a/same.svg" type="image/svg+xml"></object>',
        {"same.svg"},
    ),
    "embed": ('<embed data-consent="analytics" data-src="/a/embed.svg" type="image/svg+xml">', {"embed.svg"}),
}


@pytest.fixture(scope="module")
def newspaper(tmp_path_factory):
    """The newspaper of this file's tests."""
    with run_gated(tmp_path_factory.mktemp("gated")) as running:
        yield running


@pytest.fixture
def paper(newspaper):
    """The newspaper without pages and without a memory, its notice from templates."""
    newspaper.pages.clear()
    newspaper.asked.clear()
    newspaper.policy = ""
    newspaper.tag = False
    return newspaper


@pytest.fixture(params=[False, True], ids=["server", "tag"])
def either(request, paper):
    """The same, once with the notice from templates and once by the tag."""
    paper.tag = request.param
    return paper


def ran(visitor):
    """Return the names of the scripts that ran, in order."""
    return visitor.page.evaluate("() => window.ran ?? []")


def expect_ran(visitor, *names):
    """Expect that exactly these ran, in this order."""
    visitor.page.wait_for_function("count => (window.ran ?? []).length >= count", arg=len(names))
    visitor.rest()
    assert ran(visitor) == list(names)


def withdraw(visitor):
    """Take everything back, by the script API, and wait until the page is quiet."""
    with visitor.page.expect_response(lambda answer: "/decisions" in answer.url):
        visitor.page.evaluate("() => void consentkit.withdraw()")
    visitor.rest()


def mark(visitor):
    """Mark the page, so that a new one can be told from it."""
    visitor.page.evaluate("() => { window.same = true; }")


def is_same(visitor):
    """Tell whether it is the page that was marked."""
    return visitor.page.evaluate("() => window.same === true")


def test_each_kind_of_element_waits_and_is_let_go(reader, either):
    """Nothing before a decision, nothing after a refusal; everything after agreeing, none of it after that."""
    url = either.page("".join(markup for markup, _ in KINDS.values()))
    refusing = reader()
    refusing.open(url)
    assert either.asked == []
    press(refusing, "reject_all")
    refusing.reload()
    assert either.asked == []
    visitor = reader()
    visitor.open(url)
    press(visitor, "accept_all")
    assert set(either.asked) == set().union(*(files for _, files in KINDS.values()))
    assert visitor.errors == []
    either.asked.clear()
    withdraw(visitor)
    visitor.reload()
    assert either.asked == []
    assert visitor.page.locator("main :is([src],[srcset],[href],[data],[poster])").count() == 0


INSERTIONS = {
    "innerHTML": "html => { document.querySelector('main').innerHTML = html; }",
    "element": """html => {
        const script = document.createElement("script");
        script.type = "text/plain"; script.dataset.consent = "analytics"; script.dataset.src = "/a/script.js";
        const frame = document.createElement("iframe");
        Object.assign(frame.dataset, { consent: "analytics", src: "/a/frame.html" });
        document.body.append(script, frame); }""",
    "body": """html => {
        const next = new DOMParser().parseFromString(`<body><main>${html}</main>`, "text/html");
        document.body = document.adoptNode(next.body); }""",
    "view-transition": """html => document.startViewTransition(() => {
        document.querySelector('main').innerHTML = html; }).finished""",
    "attributes": """html => {
        document.querySelector('main').innerHTML = html.replace(/data-consent="analytics"|data-src/g, "data-was-$&");
        const was = document.querySelectorAll("[data-was-data-src]");
        for (const element of was) element.dataset.src = element.dataset.wasDataSrc;
        setTimeout(() => { for (const element of was) element.dataset.consent = "analytics"; }, 50); }""",
}


@pytest.mark.parametrize("decided", [True, False], ids=["decided", "undecided"])
@pytest.mark.parametrize("way", list(INSERTIONS))
def test_what_is_inserted_later_waits_as_well(reader, either, way, decided):
    """However it comes: let go for who agreed, once; held for who has not, until they do."""
    url = either.page("")
    visitor = reader()
    visitor.open(url)
    if decided:
        press(visitor, "accept_all")
    both = KINDS["script"][0] + KINDS["iframe"][0]
    visitor.page.evaluate(INSERTIONS[way], both)
    visitor.rest()
    if not decided:
        assert either.asked == []
        with visitor.page.expect_response(lambda answer: "/decisions" in answer.url):
            visitor.page.evaluate("() => void consentkit.accept()")
        visitor.rest()
    assert sorted(either.asked) == ["frame.html", "script.js"]
    assert ran(visitor) == ["script"]
    assert visitor.errors == []


def test_scripts_run_in_the_order_of_the_page(reader, paper):
    """Slow, failing, inline, modules: each in its place; ``async`` in none; ``nomodule`` never."""
    inline = "<script {kind}>(window.ran ??= []).push('{name}')</script>"
    url = paper.page(
        f'<script {ANALYTICS} data-src="/a/slow.js?wait=0.6"></script>'
        + inline.format(kind=ANALYTICS, name="one")
        + f'<script {ANALYTICS} data-src="/a/fails.js?fail"></script>'
        + f'<script {ANALYTICS} async data-src="/a/async.js?wait=2"></script>'
        + f'<script {ANALYTICS} nomodule data-src="/a/old.js"></script>'
        + inline.format(kind=ANALYTICS, name="two")
        + f'<script {ANALYTICS} defer data-src="/a/deferred.js?wait=0.3"></script>'
        + f'<script {ANALYTICS} data-src="/a/quick.js"></script>'
        + inline.format(kind=f'{ANALYTICS} data-type="module"', name="module")
        + f'<script {ANALYTICS} data-type="module" data-src="/a/modular.js?wait=0.3"></script>'
        + inline.format(kind=ANALYTICS, name="last")
    )
    visitor = reader()
    visitor.open(url)
    press(visitor, "accept_all")
    expect_ran(visitor, "slow", "one", "two", "deferred", "quick", "module", "modular", "last", "async")
    assert "old.js" not in paper.asked


def test_what_is_deferred_waits_for_the_page(reader, paper):
    """For who has agreed before: plain scripts while the page still comes, deferred ones and modules after it."""
    paper.tag = True
    url = paper.page(
        "<script>document.addEventListener('DOMContentLoaded', () => (window.ran ??= []).push('parsed'))</script>"
        f'<script {ANALYTICS} defer data-src="/a/deferred.js"></script>'
        f"<script {ANALYTICS}>(window.ran ??= []).push('inline')</script>"
        '<script src="/a/page.js?wait=1.5"></script>'
    )
    visitor = reader()
    visitor.open(url)
    press(visitor, "accept_all")
    visitor.open(url)
    expect_ran(visitor, "inline", "page", "parsed", "deferred")


def test_the_attributes_of_a_script_are_kept(reader, paper):
    """What the browser would have had of it, the live one has."""
    kept = 'id="s" crossorigin="anonymous" referrerpolicy="no-referrer" fetchpriority="low" data-key="v"'
    url = paper.page(f'<script {ANALYTICS} {kept} integrity="sha256-wrong=" data-src="/a/script.js"></script>')
    visitor = reader()
    visitor.open(url)
    press(visitor, "accept_all")
    expected = ["anonymous", "no-referrer", "low", "v", "sha256-wrong="]
    properties = "s => [s.crossOrigin, s.referrerPolicy, s.fetchPriority, s.dataset.key, s.integrity]"
    assert visitor.page.locator("#s").evaluate(properties) == expected
    assert ran(visitor) == []


def test_each_runs_once(reader, paper):
    """Moved, copied, looked at again and again, taken out and put back."""
    url = paper.page(
        f'<div id="box"><script {ANALYTICS} data-src="/a/outer.js"></script>'
        f"<script {ANALYTICS}>(window.ran ??= []).push('inner')</script></div>"
    )
    visitor = reader()
    visitor.open(url)
    press(visitor, "accept_all")
    expect_ran(visitor, "outer", "inner")
    visitor.page.evaluate(
        """async () => {
            const box = document.querySelector("#box");
            const tick = () => new Promise((done) => setTimeout(done, 50));
            document.body.append(box); await tick();
            box.remove(); await tick();
            document.body.prepend(box); await tick();
            document.body.append(box.cloneNode(true)); await tick();
            const again = document.createElement("div"); again.innerHTML = box.innerHTML; document.body.append(again);
            await tick();
            document.body.append(document.importNode(box, true)); await tick(); }"""
    )
    visitor.rest()
    assert ran(visitor) == ["outer", "inner"]
    assert paper.asked == ["outer.js"]


def test_a_script_that_hangs_does_not_stop_the_others(reader, paper):
    """An inline script waits for it 20 seconds; what is not behind it does not wait at all."""
    url = paper.page(
        f'<script {ANALYTICS} data-src="/a/hangs.js?wait=30"></script>'
        f"<script {ANALYTICS}>(window.ran ??= []).push('after')</script>"
        f'<script {ANALYTICS} async data-src="/a/beside.js"></script>' + KINDS["img"][0]
    )
    visitor = reader()
    visitor.page.clock.install()
    visitor.page.goto(url)
    visitor.page.locator(f"{NOTICE} [data-consentkit-action=accept_all]").click()
    visitor.page.wait_for_function("() => window.ran?.length === 1")
    assert ran(visitor) == ["beside"]
    visitor.page.clock.run_for(21_000)
    visitor.page.wait_for_function("() => window.ran?.length === 2")
    assert ran(visitor) == ["beside", "after"]
    assert "img.svg" in paper.asked


def test_the_nonce_is_kept_under_a_strict_policy(reader, either):
    """Scripts with the page's nonce run, inline and external, and one without it does not."""
    either.policy = (
        "default-src 'none'; script-src 'nonce-n0nce' 'self'; style-src 'self'; connect-src 'self'; "
        "form-action 'self'; require-trusted-types-for 'script'; trusted-types consentkit"
    )
    url = either.page(
        f"<script {ANALYTICS} nonce=\"n0nce\">(window.ran ??= []).push('inline')</script>"
        f'<script {ANALYTICS} nonce="n0nce" data-src="/a/script.js"></script>'
        f"<script {ANALYTICS}>(window.ran ??= []).push('stranger')</script>"
    )
    visitor = reader()
    visitor.open(url)
    press(visitor, "accept_all")
    expect_ran(visitor, "inline", "script")
    violations = visitor.witness("violations")
    assert [text.split()[:2] for text in violations] == [["script-src-elem", "inline"]]


HOUSE = (
    '<img id="house" data-consent="!advertising" data-src="/a/house.svg" alt="Subscribe">'
    '<p id="words" hidden data-consent="!advertising">Subscribe</p>'
    '<script type="text/plain" data-consent="!advertising" data-src="/a/house.js"></script>'
    '<p id="mixed" hidden data-consent="analytics !advertising">Both</p>'
    '<p id="unknown" hidden data-consent="!nothing">Never</p>'
    '<p id="positive" hidden data-consent="advertising">Thank you</p>'
)


def test_what_shows_only_without_consent(reader, either):
    """For who has not decided and who refused; gone when they agree, and never asked for after that."""
    url = either.page(HOUSE)
    visitor = reader()
    visitor.open(url)

    def shown():
        names = ("house", "words", "mixed", "unknown", "positive")
        return [name for name in names if visitor.page.locator(f"#{name}").is_visible()]

    expect(visitor.page.locator("#words")).to_be_visible()
    assert shown() == ["house", "words"]
    assert sorted(either.asked) == ["house.js", "house.svg"]
    open_preferences(visitor)
    choose(visitor, "analytics")
    assert shown() == ["house", "words", "mixed"]
    mark(visitor)
    with visitor.page.expect_response(lambda answer: "/decisions" in answer.url):
        visitor.page.evaluate("() => void consentkit.accept()")
    visitor.rest()
    assert is_same(visitor), "agreeing is no reason to load the page anew"
    assert shown() == ["positive"]
    either.asked.clear()
    visitor.reload()
    assert shown() == ["positive"]
    assert either.asked == []
    withdraw(visitor)
    assert shown() == ["house", "words"]


def test_a_negative_condition_that_comes_later_counts_for_who_has_not_decided(reader, either):
    """The rest of the script is loaded for it, and for nothing else."""
    url = either.page("")
    visitor = reader()
    visitor.open(url)
    assert visitor.asked("release.js") == []
    visitor.page.evaluate("html => { document.querySelector('main').innerHTML = html; }", HOUSE)
    expect(visitor.page.locator("#words")).to_be_visible()
    assert visitor.asked("release.js")


def cookie_names(visitor):
    """Return the names of all cookies in the browser but consentkit's own."""
    return sorted(name for name in visitor.cookies() if not name.startswith("consentkit"))


def set_everywhere(visitor, name, host, path):
    """Set a cookie of that name in every way that a page at *path* of *host* can. Return how many there are."""
    visitor.page.evaluate(
        """([name, host, path]) => {
            const labels = host.split(".");
            const domains = ["", ...labels.map((_, index) => "; Domain=" + labels.slice(index).join("."))];
            const parts = path.split("/").filter(Boolean);
            const paths = ["/"];
            for (let i = 1; i <= parts.length; i++) {
                const part = "/" + parts.slice(0, i).join("/");
                paths.push(part, part + "/");
            }
            for (const path of paths) for (const domain of domains)
                document.cookie = `${name}=1; Max-Age=99999; Path=${path}${domain}`; }""",
        [name, host, path],
    )
    return sum(cookie["name"] == name for cookie in visitor.context.cookies())


def test_withdrawing_deletes_the_cookies_of_every_path_and_domain(reader, either):
    """Every variant of a declared name goes; nobody else's, the necessary service's, or our own."""
    path = "/news/2026/story"
    either.page("", path)
    visitor = reader()
    visitor.open(either.url(path))
    press(visitor, "accept_all")
    # Of the host alone, of the host's domain and its parent's, on seven paths, of which one is deeper than the page.
    assert set_everywhere(visitor, "_ads_1", "www.paper.example", path) == 3 * 7
    set_everywhere(visitor, "_count", "www.paper.example", path)
    set_everywhere(visitor, "_count_basket", "www.paper.example", path)
    set_everywhere(visitor, "session", "www.paper.example", path)
    withdraw(visitor)
    left = [cookie for cookie in visitor.context.cookies() if cookie["name"] in {"_ads_1", "_count"}]
    assert {cookie["path"] for cookie in left} == {f"{path}/"}, "only what this page can't see"
    assert set(cookie_names(visitor)) == {"_ads_1", "_count", "_count_basket", "session"}
    assert "consentkit" in visitor.cookies()
    # It goes where it can be seen.
    either.page("", f"{path}/")
    visitor.open(either.url(f"{path}/"))
    visitor.rest()
    assert set(cookie_names(visitor)) == {"_count_basket", "session"}


def test_secure_partitioned_and_prefixed_cookies_go(reader, paper):
    """In a secure context, where such cookies can be."""
    paper.page("")
    visitor = reader()
    visitor.open(paper.url("/", "a.b.localhost"))
    press(visitor, "accept_all")
    visitor.page.evaluate(
        """() => {
            document.cookie = "_ads_s=1; Secure; Path=/; Max-Age=9999";
            document.cookie = "_ads_p=1; Secure; Partitioned; Path=/; SameSite=None; Max-Age=9999";
            document.cookie = "_ads_d=1; Domain=b.localhost; Path=/; Max-Age=9999"; }"""
    )
    mine = "() => document.cookie.split('; ').filter((text) => text.startsWith('_ads')).length"
    assert visitor.page.evaluate(mine) == 3
    withdraw(visitor)
    assert visitor.page.evaluate(mine) == 0


def test_what_an_allowed_service_declares_as_well_stays(reader, paper):
    """Two services share a cookie: it goes with the second."""
    url = paper.page("")
    visitor = reader()
    visitor.open(url)
    press(visitor, "accept_all")
    visitor.page.evaluate("() => { document.cookie = 'shared=1; Path=/'; document.cookie = '_ads_1=1; Path=/'; }")
    open_preferences(visitor, by="link")
    visitor.page.locator(f"{PREFERENCES} input[name=purposes][value=advertising]").uncheck()
    press(visitor, "save", within=PREFERENCES)
    assert cookie_names(visitor) == ["shared"]
    withdraw(visitor)
    assert cookie_names(visitor) == []


STORE = """async () => {
    for (const area of [localStorage, sessionStorage])
        for (const key of ["ads:1", "ads-visit", "own"]) area.setItem(key, "1");
    for (const name of ["ads-store", "own-store"]) await new Promise((done) => {
        const request = indexedDB.open(name, 1);
        request.onupgradeneeded = () => request.result.createObjectStore("things");
        request.onsuccess = () => { if (name === "ads-store") window.held = request.result; done(); };
    });
    for (const name of ["ads-cache", "own-cache"]) await (await caches.open(name)).put("/x", new Response("x"));
}"""
STORED = """async () => [Object.keys(localStorage).sort(), Object.keys(sessionStorage).sort(),
    (await indexedDB.databases()).map(({ name }) => name), await caches.keys()]"""


@pytest.mark.parametrize("running", [False, True], ids=["quiet", "script-ran"])
def test_withdrawing_deletes_what_is_stored_elsewhere(reader, paper, running):
    """Local and session storage, a database even while it is open, a cache; each where it was declared."""
    paper.page('<script type="text/plain" data-consent="advertising" data-src="/a/ads.js"></script>' if running else "")
    visitor = reader()
    visitor.open(paper.url("/", "a.b.localhost"))
    press(visitor, "accept_all")
    visitor.page.evaluate(STORE)
    if not running:
        visitor.page.evaluate("() => window.held.close()")
    withdraw(visitor)
    if running:
        # The page is another then, and what it had open is closed.
        expect(visitor.page.locator(".consentkit-left")).to_be_visible()
    visitor.page.wait_for_function("async () => (await indexedDB.databases()).length === 1")
    assert visitor.page.evaluate(STORED) == [["ads-visit", "own"], ["ads:1", "own"], ["own-store"], ["own-cache"]]


WRITER = """<script {kind}>
    document.cookie = "_ads_1=1; Path=/";
    document.addEventListener("consentkit:change", () => {{
        (window.heard ??= []).push(document.cookie.includes("_ads_1"));
        document.cookie = "_ads_1=1; Path=/";
    }});
</script>"""


def test_scripts_hear_of_it_when_it_is_done_and_what_they_write_then_goes_too(reader, paper):
    """The cookie is gone when the event comes; one that stops by itself is no reason for a new page."""
    url = paper.page(WRITER.format(kind='type="text/plain" data-consent="advertising" data-stops'))
    visitor = reader()
    visitor.open(url)
    press(visitor, "accept_all")
    visitor.page.evaluate("() => { window.heard = []; document.cookie = '_ads_1=1; Path=/'; }")
    mark(visitor)
    withdraw(visitor)
    assert is_same(visitor)
    assert visitor.page.evaluate("() => window.heard") == [False, False]
    assert cookie_names(visitor) == []


def test_what_ran_and_cannot_stop_is_a_reason_for_a_new_page(reader, either):
    """Also when it writes to the last moment; and not for who had nothing running."""
    late = "<script {kind}>addEventListener('pagehide', () => {{ document.cookie = '_ads_2=1; Path=/'; }})</script>"
    kind = 'type="text/plain" data-consent="advertising"'
    url = either.page(WRITER.format(kind=kind) + late.format(kind=kind))
    visitor = reader()
    visitor.open(url)
    press(visitor, "accept_all")
    assert cookie_names(visitor) == ["_ads_1"]
    mark(visitor)
    withdraw(visitor)
    assert not is_same(visitor)
    assert visitor.page.evaluate("() => window.heard") is None
    assert cookie_names(visitor) == []
    mark(visitor)
    withdraw(visitor)
    assert is_same(visitor)


def test_only_images_and_frames_are_no_reason_for_a_new_page(reader, paper):
    """They are simply taken away."""
    url = paper.page(KINDS["iframe"][0] + KINDS["img"][0] + KINDS["stylesheet"][0])
    visitor = reader()
    visitor.open(url)
    press(visitor, "accept_all")
    mark(visitor)
    withdraw(visitor)
    assert is_same(visitor)
    assert visitor.page.locator("main :is([src],[href])").count() == 0


def test_another_tab_withdraws(reader, paper):
    """This one stops as well, as soon as it is looked at."""
    url = paper.page(WRITER.format(kind='type="text/plain" data-consent="advertising"'))
    visitor = reader()
    visitor.open(url)
    press(visitor, "accept_all")
    mark(visitor)
    other = visitor.context.new_page()
    other.goto(url)
    with visitor.page.expect_navigation():
        other.evaluate("() => void consentkit.withdraw()")
        # Where the browser does not tell of cookies, the reader's return does.
        other.wait_for_function("() => consentkit.state().recorded && !consentkit.allows('advertising')")
        visitor.page.bring_to_front()
    visitor.rest()
    assert not is_same(visitor)
    assert cookie_names(visitor) == []
    assert ran(visitor) == []


def test_consent_that_runs_out_on_the_page(reader, paper):
    """What ran is stopped, what it kept is deleted, and the reader is asked."""
    url = paper.page(WRITER.format(kind='type="text/plain" data-consent="advertising"'))
    visitor = reader()
    visitor.open(url)
    press(visitor, "accept_all")
    with visitor.page.expect_navigation():
        visitor.context.clear_cookies(name="consentkit")
        visitor.page.evaluate("() => { document.dispatchEvent(new Event('visibilitychange')); }")
    visitor.rest()
    expect_asked(visitor)
    assert cookie_names(visitor) == []


@pytest.mark.parametrize("running", [False, True], ids=["quiet", "script-ran"])
def test_the_reader_is_told_what_only_others_can_delete(reader, either, running):
    """In the reader's language, with the way to them; also after the new page; until it is closed, and never again."""
    url = either.page(KINDS["script"][0].replace("analytics", "advertising") if running else "")
    visitor = reader()
    visitor.open(url)
    press(visitor, "accept_all")
    withdraw(visitor)
    message = visitor.page.locator(".consentkit-left")
    expect(message).to_contain_text("удалить не можем")
    assert message.get_attribute("role") == "status"
    assert (message.get_attribute("lang"), message.get_attribute("dir")) == ("ru", "ltr")
    link = message.locator("a")
    expect(link).to_have_text("Bazar Ads")
    expect(link).to_have_attribute("href", "https://ads.example/privacy")
    assert visitor.axe(".consentkit-left") == []
    visitor.picture("left-behind")
    message.locator("button").click()
    expect(message).to_have_count(0)
    visitor.reload()
    expect(message).to_have_count(0)


def test_a_cookie_from_before_goes_on_the_next_page(reader, either):
    """For who has refused: deleted where it is seen, and without one nothing more is loaded."""
    url = either.page("")
    visitor = reader()
    visitor.open(url)
    press(visitor, "reject_all")
    visitor.requests.clear()
    visitor.reload()
    assert visitor.asked("release.js") == []
    visitor.page.evaluate("() => { document.cookie = '_count=1; Path=/'; document.cookie = 'other=1; Path=/'; }")
    visitor.reload()
    visitor.rest()
    assert cookie_names(visitor) == ["other"]


def test_who_has_not_decided_keeps_what_is_there(reader, paper):
    """Nothing was refused yet; nothing is read for it either."""
    url = paper.page("")
    visitor = reader()
    visitor.open(url)
    visitor.page.evaluate("() => { document.cookie = '_count=1; Path=/'; }")
    visitor.reload()
    assert cookie_names(visitor) == ["_count"]
    assert visitor.asked("release.js") == []


#: Goes to another page as Turbo and Astro do: fetched, its body put in, the root's attributes taken over, scripts run.
VISIT = """async (url) => {
    const next = new DOMParser().parseFromString(await (await fetch(url)).text(), "text/html");
    const swap = () => {
        const root = document.documentElement;
        for (const { name } of [...root.attributes]) root.removeAttribute(name);
        for (const { name, value } of next.documentElement.attributes) root.setAttribute(name, value);
        const body = document.adoptNode(next.body);
        for (const old of body.querySelectorAll("script")) {
            const script = document.createElement("script");
            for (const { name, value } of old.attributes) script.setAttribute(name, value);
            script.textContent = old.textContent;
            old.replaceWith(script);
        }
        document.documentElement.replaceChild(body, document.body);
        history.pushState(null, "", url);
    };
    await (document.startViewTransition ? document.startViewTransition(swap).finished : swap());
}"""


def test_a_single_page_site_asks_once_and_releases_on_each_page(reader, either):
    """The notice comes along until it is answered; what waits is let go once; one click is one decision."""
    first = either.page("<a href='/two'>Two</a>" + KINDS["script"][0])
    second = either.page(KINDS["script"][0].replace("script.js", "second.js") + KINDS["iframe"][0], "/two")
    visitor = reader()
    visitor.open(first)
    visitor.page.evaluate(VISIT, second)
    visitor.rest()
    expect_asked(visitor)
    assert visitor.page.locator(NOTICE).count() == 1
    assert visitor.page.locator("[data-consentkit-action=customize]:not(#consentkit-notice *)").count() == 1
    assert visitor.witness("consent").count("shown") == 1
    assert either.asked == []
    press(visitor, "accept_all")
    assert len(visitor.asked("/decisions")) == 1
    assert sorted(either.asked) == ["frame.html", "second.js"]
    visitor.page.evaluate(VISIT, first)
    visitor.rest()
    expect_decided(visitor)
    assert ran(visitor) == ["second", "script"]
    visitor.page.evaluate(VISIT, second)
    visitor.rest()
    expect_decided(visitor)
    # Each page that comes has scripts of its own.
    assert ran(visitor) == ["second", "script", "second"]
    assert visitor.page.locator("html").get_attribute("data-consentkit-ready") == ""
    assert visitor.errors == []


def test_the_focus_is_not_lost_when_the_page_is_swapped(reader, either):
    """Who stands on Refuse stands on Refuse."""
    url = either.page("")
    visitor = reader()
    visitor.open(url)
    visitor.page.locator(f"{NOTICE} [data-consentkit-action=reject_all]").focus()
    visitor.page.evaluate(VISIT, url)
    visitor.rest()
    expect(visitor.page.locator(f"{NOTICE} [data-consentkit-action=reject_all]")).to_be_focused()
    visitor.page.locator("main").evaluate("element => { element.tabIndex = -1; element.focus(); }")
    visitor.page.evaluate(VISIT, url)
    visitor.rest()
    assert visitor.page.evaluate("() => document.activeElement === document.body")


def test_the_newsroom_has_words_of_its_own_where_there_is_no_advertising(reader, demo):
    """Under what a search found; gone for who agreed."""
    visitor = reader()
    visitor.open(f"{demo.url}/en/search?q=the")
    house = visitor.page.locator(".house")
    expect(house).to_be_visible()
    press(visitor, "accept_all")
    expect(house).to_be_hidden()
    visitor.reload()
    expect(house).to_be_hidden()
