"""From an owner's invitation to a colleague's second factor: no barrier on the way, with scripts and without."""

from __future__ import annotations

import os
import re
import urllib.parse

import pyotp
import pytest
from playwright.sync_api import expect

from tests.e2e.looks import small_targets
from tests.e2e.servers import run_demo

PASSWORD = "a lamp in the archive"


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A demo of its own: signing in is counted, and other tests sign in too."""
    folder = tmp_path_factory.mktemp("people")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CONSENTKIT_")}
    with run_demo(folder, environment=environment) as running:
        yield running


def sign_in(visitor, demo, email, password):
    """Send the form for signing in."""
    visitor.open(f"{demo.url}/consent/admin/sign-in")
    visitor.page.fill("#email", email)
    visitor.page.fill("#password", password)
    press(visitor, "form.sign-in")


def press(visitor, form):
    """Send a form by its button."""
    visitor.page.locator(f"{form} button[type=submit]").first.click()
    visitor.rest()


def is_sound(visitor):
    """Check that a page fits its window and shuts nobody out."""
    page = visitor.page
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert small_targets(page, "main") == []
    if visitor.script:
        assert visitor.axe() == []
        assert visitor.witness("violations") == []


@pytest.mark.parametrize(
    "browser_of",
    [
        {"locale": "en", "width": 390, "dark": True},
        {"locale": "ru", "width": 390, "script": False},
        {"locale": "kk", "width": 1280},
    ],
    ids=["phone", "phone without script", "desk"],
)
def test_a_colleague_is_invited_and_gets_in(reader, demo, browser_of):
    """The link, the password, the picture, the first code, the recovery codes, and the next time with one of them."""
    printed = re.search(r"(\S+@\S+), password (\S+)", demo.output.read_text(encoding="utf-8"))
    locale, width = browser_of["locale"], browser_of["width"]
    owner = reader(**browser_of)
    sign_in(owner, demo, printed[1], printed[2])
    owner.open(f"{demo.url}/consent/admin/people")
    is_sound(owner)
    email = f"colleague-{locale}-with-a-rather-long-name@steppe-herald.example"
    owner.page.fill("#invite-email", email)
    owner.page.select_option("#invite-role", "editor")
    press(owner, "form[action*='/people/invite']")
    is_sound(owner)
    owner.picture(f"people-invited-{locale}-{width}")
    link = re.search(r"https?://[^\s<]+/invitations/[A-Za-z0-9_-]{43}", owner.page.inner_text("main"))[0]
    owner.open(f"{demo.url}/consent/admin/people")
    for summary in owner.page.locator("details.more summary").all():
        summary.click()
    is_sound(owner)
    owner.picture(f"people-{locale}-{width}")

    guest = reader(**browser_of)
    guest.open(f"{demo.url}{urllib.parse.urlsplit(link).path}")
    is_sound(guest)
    guest.page.fill("#password", PASSWORD)
    guest.page.fill("#again", PASSWORD)
    press(guest, "form.sign-in")
    sign_in(guest, demo, email, PASSWORD)
    guest.open(f"{demo.url}/consent/admin/account")
    is_sound(guest)
    guest.page.fill("#begin-current", PASSWORD)
    press(guest, "form[action$='/account/second-factor']")
    is_sound(guest)
    assert guest.page.locator("img.scan").evaluate("picture => picture.complete && picture.naturalWidth > 100")
    guest.picture(f"second-factor-{locale}-{width}")
    secret = guest.page.inner_text("p.help code").replace(" ", "")
    guest.page.fill("#code", pyotp.TOTP(secret).now())
    press(guest, "form[action$='/confirm']")
    is_sound(guest)
    codes = guest.page.locator(".codes code").all_inner_texts()
    assert len(codes) == 10

    guest.context.clear_cookies()
    sign_in(guest, demo, email, PASSWORD)
    expect(guest.page.locator("#code")).to_be_focused()
    is_sound(guest)
    guest.page.fill("#code", codes[0])
    press(guest, "form.sign-in")
    expect(guest.page.locator("nav.places")).to_be_visible()
    guest.open(f"{demo.url}/consent/admin/account")
    is_sound(guest)
    guest.picture(f"account-{locale}-{width}")
    assert guest.errors == []
