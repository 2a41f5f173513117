"""From the reader's click to the auditor's screen: the record, the notice as it was shown, no barrier on the way."""

from __future__ import annotations

import re
import urllib.parse

import pytest
from playwright.sync_api import expect

from tests.e2e.paper import NOTICE
from tests.e2e.paper import find_article
from tests.e2e.paper import press


def sign_in(visitor, demo):
    """Sign in with what the demo printed when it started."""
    printed = re.search(r"(\S+@\S+), password (\S+)", demo.output.read_text(encoding="utf-8"))
    assert printed
    visitor.open(f"{demo.url}/consent/admin/")
    visitor.page.fill("input[name=email]", printed[1])
    visitor.page.fill("input[name=password]", printed[2])
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.locator("table.records")).to_be_visible()


@pytest.mark.parametrize(("locale", "width"), [("ru", 390), ("ru", 1280), ("kk", 390), ("en", 1280)])
def test_signing_in_and_the_records_have_no_barrier(reader, demo, locale, width):
    """The form, the list and a record, in each language, on a phone and on a desk, under a policy that holds."""
    visitor = reader(locale=locale, width=width)
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
    assert visitor.witness("violations") == []
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
