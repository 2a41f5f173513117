"""The reader's own page in a real browser: found from the settings, complete with script, and whole without."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.paper import find_article
from tests.e2e.paper import press


def test_it_shows_what_is_on_the_device_and_sends_nothing(reader, demo):
    """Script adds the storage keys to the cookies that the server saw; the notice stands in its frames."""
    visitor = reader(locale="en")
    visitor.open(find_article(demo.url, "en"))
    press(visitor, "accept_all")
    page = visitor.page
    page.evaluate("localStorage.setItem('herald:letters', 'a secret')")
    visitor.rest()
    before = len(visitor.requests)
    page.locator("footer a[href*='/history?']").click()
    visitor.rest()
    device = page.locator("#consentkit-device li:visible code")
    assert {"consentkit", "consentkit_id", "herald:letters"} <= set(device.all_inner_texts())
    assert "a secret" not in page.content()
    page.locator("article summary").first.click()
    layer = page.frame_locator("iframe").first
    expect(layer.locator("#consentkit-notice")).to_be_visible()
    assert {request.method for request in visitor.requests[before:]} == {"GET"}
    assert not any("herald:letters" in request.url for request in visitor.requests[before:])
    assert page.evaluate("window.__witness.violations") == []
    assert visitor.errors == []
    assert visitor.axe() == []


@pytest.mark.parametrize(("locale", "width"), [("ar", 390), ("kk", 1280)])
def test_everything_works_without_script(reader, demo, locale, width):
    """Choose, look, withdraw, erase: each by a form, and nothing is left."""
    visitor = reader(locale=locale, width=width, script=False)
    page = visitor.page
    history = f"{demo.url}/consent/history?site=steppe-herald&locale={locale}"
    visitor.open(f"{demo.url}/consent/preferences?site=steppe-herald&locale={locale}")
    page.locator("input[name=purposes]").first.check()
    page.locator("button[value=save]").click()
    visitor.open(history)
    expect(page.locator("article")).to_have_count(1)
    page.locator("button[value=withdraw]").click()
    expect(page.locator("article")).to_have_count(2)
    expect(page.locator("button[value=withdraw]")).to_have_count(0)
    danger = page.locator(".history-danger")
    expect(danger).to_be_hidden()
    page.locator(".history-erase summary").click()
    danger.click()
    expect(page.locator("article")).to_have_count(0)
    expect(page.locator(".consentkit-message")).to_be_visible()
    assert {cookie["name"] for cookie in visitor.context.cookies()} == {"consentkit"}
