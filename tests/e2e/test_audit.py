"""From the reader's click to the auditor's screen: the record, the notice as it was shown, no barrier on the way."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
import urllib.parse

import pytest
from playwright.sync_api import expect

from consentkit.storage.observations import Kind
from consentkit.storage.observations import Observation
from consentkit.storage.observations import Outcome
from consentkit.storage.observations import Seen
from consentkit.storage.unit_of_work import Database
from tests.e2e.paper import NOTICE
from tests.e2e.paper import find_article
from tests.e2e.paper import press

#: What the window shows that no rule of axe finds: a page that is wider than it, targets too small to hit (WCAG 2.2,
#: 2.5.8, but for links within a sentence), and text without a language's direction.
BARRIERS = """() => {
    const found = [];
    const over = document.documentElement.scrollWidth - innerWidth;
    if (over > 0) found.push(`${over} pixels wider than the window`);
    for (const one of document.querySelectorAll("button, a.button, a.plain, input:not([type=hidden]), select, nav a")) {
        const box = one.getBoundingClientRect();
        const label = one.labels?.[0]?.getBoundingClientRect();
        const height = Math.max(box.height, label?.height ?? 0);
        if (!one.classList.contains("fold") && box.height && height < 24)
            found.push(`${one.tagName} ${one.className} ${one.textContent.trim()} is ${height} pixels high`);
    }
    return found;
}"""


def sign_in(visitor, demo):
    """Sign in with what the demo printed when it started."""
    printed = re.search(r"(\S+@\S+), password (\S+)", demo.output.read_text(encoding="utf-8"))
    assert printed
    visitor.open(f"{demo.url}/consent/admin/")
    visitor.page.fill("input[name=email]", printed[1])
    visitor.page.fill("input[name=password]", printed[2])
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.locator("nav.places")).to_be_visible()
    visitor.open(f"{demo.url}/consent/admin/records")
    expect(visitor.page.locator("table.records")).to_be_visible()


@pytest.fixture(scope="module")
def observed(demo):
    """What was seen of the demo in some days: known and unknown cookies and hosts, more than fit a page."""
    database = Database(f"sqlite:///{demo.output.parent}/demo.db")
    now = dt.datetime.now(dt.UTC)
    with database.unit_of_work() as uow:
        for kind, name, outcome, count in (
            (Kind.COOKIE, "_ga", Outcome.WITHHELD, 97),
            (Kind.COOKIE, "_steppe_counter", Outcome.PASSED, 2031),
            (Kind.COOKIE, "very_long_" * 12, Outcome.WITHHELD, 3),
            (Kind.COOKIE, "</code>\u202e<b>=1+1", Outcome.WITHHELD, 2),
            (Kind.HOST, "px.ads.linkedin.com", Outcome.BLOCKED, 412),
            *((Kind.HOST, f"made-up-{i}.example:8443", Outcome.REPORTED, 1) for i in range(50)),
        ):
            seen = Seen("steppe-herald", kind, name, "", "news", 0, outcome)
            first = now - dt.timedelta(days=3)
            uow.observations.add(Observation(seen=seen, count=count, lifetime=None, first_seen=first, last_seen=now))
    database.dispose()


@pytest.mark.parametrize(("locale", "width"), [("ru", 390), ("ru", 1280), ("kk", 390), ("en", 1280)])
def test_signing_in_and_the_lists_have_no_barrier(reader, demo, observed, locale, width):
    """The form, the lists and a record, in each language, on a phone and on a desk, under a policy that holds."""
    visitor = reader(locale=locale, width=width, dark=locale == "kk")
    visitor.open(f"{demo.url}/consent/admin/")
    assert visitor.page.evaluate("document.documentElement.lang") == locale
    assert visitor.axe() == []
    visitor.picture(f"audit-sign-in-{locale}-{width}")
    sign_in(visitor, demo)
    assert visitor.axe() == []
    visitor.picture(f"audit-records-{locale}-{width}")
    visitor.page.locator("table.records td.when a").first.click()
    visitor.rest()
    assert visitor.axe() == []
    visitor.picture(f"audit-record-{locale}-{width}")
    if (locale, width) in {("ru", 1280), ("kk", 390)}:
        visitor.open(f"{demo.url}/consent/admin/services")
        assert visitor.axe() == []
        assert visitor.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        visitor.picture(f"audit-services-{locale}-{width}")
    assert visitor.witness("violations") == []
    assert visitor.errors == []


#: Every page that an owner can come to, some as they are when there is nothing to show or something is wrong.
PLACES = {
    "overview": "",
    "overview-empty": "?since=2001-01-01&until=2001-01-02",
    "overview-wrong": "?since=2026-02-30&until=x",
    "records": "records",
    "records-filtered": "records?action=reject_all&locale=ru&gpc=no",
    "records-empty": "records?since=2001-01-01&until=2001-01-02",
    "records-wrong": "records?record=x&since=x",
    "find": "find",
    "services": "services",
    "services-empty": "services?standing=own&kind=host",
    "log": "log",
    "people": "people",
    "account": "account",
    "access": "access",
    "nowhere": "nowhere",
}


@pytest.mark.parametrize(
    ("locale", "width", "dark"),
    [("ru", 390, False), ("ru", 1280, True), ("ar", 390, True), ("ar", 1280, False), ("kk", 390, True)],
)
@pytest.mark.usefixtures("observed")
def test_no_page_has_a_barrier_or_is_wider_than_its_window(reader, demo, locale, width, dark):
    """On a phone and on a desk, light and dark, from left to right and from right to left; nothing jumps."""
    visitor = reader(locale=locale, width=width, height=844 if width == 390 else 800, dark=dark)
    sign_in(visitor, demo)
    found = {}
    record = visitor.page.locator("table.records td.when a").first.get_attribute("href")
    assert record
    own = {name: f"{demo.url}/consent/admin/{path}" for name, path in PLACES.items()}
    own["record"] = urllib.parse.urljoin(demo.url, record)
    own["erase"] = f"{own['record']}/erase"
    for name, url in own.items():
        visitor.open(url)
        found[name] = [
            *visitor.axe(),
            *visitor.witness("violations"),
            *(f"a shift of {shift:.3f}" for shift in visitor.witness("shifts") if shift > 0.01),
            *visitor.page.evaluate(BARRIERS),
        ]
        visitor.picture(f"audit-{name}-{locale}-{width}")
    assert {name: problems for name, problems in found.items() if problems} == {}
    assert visitor.page.evaluate("document.documentElement.dir") == ("rtl" if locale == "ar" else "ltr")
    assert visitor.errors == []


def test_a_decision_is_in_the_audit_view_with_the_notice_as_it_was_shown(reader, demo):
    """The newest row is the click just made; its page shows the very words the reader saw."""
    visitor = reader(locale="ru")
    visitor.open(find_article(demo.url))
    title = visitor.page.locator(f"{NOTICE} h2").inner_text()
    with visitor.page.expect_response(lambda answer: "/decisions" in answer.url) as answered:
        press(visitor, "reject_all")
    record = answered.value.json()["record_id"]

    auditor = reader(locale="en")
    sign_in(auditor, demo)
    auditor.open(f"{demo.url}/consent/admin/records?record={record}")
    row = auditor.page.locator("table.records tbody tr")
    expect(row).to_have_count(1)
    row.locator("td.when a").click()
    auditor.rest()
    shown = auditor.page.frame_locator("iframe.notice").first
    expect(shown.locator(NOTICE)).to_be_visible()
    expect(shown.locator(f"{NOTICE} h2")).to_have_text(title)
    auditor.picture("audit-evidence")


def test_what_nobody_declared_comes_first_and_its_entry_is_copied_by_keyboard(reader, demo, observed):
    """From the row to the entry, and onto the clipboard: TOML as it is to be pasted."""
    officer = reader(locale="en", width=390)
    officer.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sign_in(officer, demo)
    officer.page.get_by_role("link", name="Services").click()
    row = officer.page.locator("table.stock tbody tr").first
    expect(row).to_contain_text("px.ads.linkedin.com")
    expect(row).to_contain_text("blocked: 412")
    row.get_by_role("link", name="Proposed entry").focus()
    officer.page.keyboard.press("Enter")
    officer.page.keyboard.press("Tab")
    officer.page.keyboard.press("Enter")
    expect(officer.page.locator("#proposal-linkedin button")).to_have_text("Copied")
    [service] = tomllib.loads(officer.page.evaluate("navigator.clipboard.readText()"))["services"]
    assert service["hosts"] == ["px.ads.linkedin.com"]
    officer.page.get_by_role("link", name="Further").click()
    expect(officer.page.locator("table.stock tbody tr").first).to_contain_text("made-up-")
    assert officer.witness("violations") == []


def test_the_audit_view_keeps_its_cookie_to_itself(reader, demo):
    """Signed in, the reader's pages see nothing of it: another path, for the same site alone, out of script's reach."""
    visitor = reader()
    sign_in(visitor, demo)
    cookies = visitor.context.cookies()
    assert cookies
    for cookie in cookies:
        assert cookie["path"].startswith("/consent/admin")
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    visitor.requests.clear()
    visitor.open(find_article(demo.url))
    own = urllib.parse.urlsplit(demo.url).netloc
    sent = [request for request in visitor.requests if urllib.parse.urlsplit(request.url).netloc == own]
    assert sent
    assert [request.url for request in sent if "cookie" in request.all_headers()] == []
