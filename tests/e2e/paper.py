"""What the browser tests know of the demo newsroom and of the notice in it."""

from __future__ import annotations

import base64
import collections.abc as cabc
import contextlib
import json
import re
import typing as t
import urllib.parse
import urllib.request

from playwright.sync_api import Locator
from playwright.sync_api import expect

from tests.e2e.reader import Reader

NOTICE = "#consentkit-notice"
PREFERENCES = "#consentkit-preferences"
STAND_IN = "/stand-in/"


def find_article(demo_url: str, locale: str = "ru") -> str:
    """Return the address of the first story of an edition, as a reader finds it."""
    with urllib.request.urlopen(f"{demo_url}/{locale}/", timeout=15) as answer:
        front = answer.read().decode()
    found = re.search(rf'href="(/{locale}/news/[^"]+)"', front)
    assert found, front
    return urllib.parse.urljoin(demo_url, found[1])


def optional_purposes(demo_url: str) -> list[str]:
    """Return the purposes that a reader can choose, as the service names them."""
    with urllib.request.urlopen(f"{demo_url}/consent/notice?site=steppe-herald&locale=ru", timeout=15) as answer:
        content = json.load(answer)
    return [purpose["id"] for purpose in content["purposes"] if not purpose["required"]]


def read_state(cookie: str) -> dict[str, t.Any]:
    """Return what the state cookie says, as script reads it: without the key."""
    payload = cookie.split(".", maxsplit=1)[0]
    return t.cast("dict[str, t.Any]", json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))


def button(reader: Reader, action: str, *, within: str = NOTICE) -> Locator:
    """Return one of the notice's or the preferences' buttons."""
    return reader.page.locator(f"{within} [data-consentkit-action={action}]")


@contextlib.contextmanager
def recorded(reader: Reader) -> cabc.Iterator[None]:
    """Do what decides, then wait until it is recorded and the page has taken it over."""
    with reader.page.expect_response(lambda answer: "/decisions" in answer.url and answer.request.method == "POST"):
        yield
    if reader.script:
        reader.page.wait_for_function("() => !window.consentkit || window.consentkit.state().recorded")
    reader.rest()


def press(reader: Reader, action: str, *, within: str = NOTICE) -> None:
    """Press a button that decides, and wait until that is done."""
    with recorded(reader):
        button(reader, action, within=within).click()


def open_preferences(reader: Reader, *, by: t.Literal["notice", "link"] = "notice") -> None:
    """Open the second layer from the notice or by the link at the foot: in the page, or without script as a page."""
    if by == "notice":
        button(reader, "customize").click()
    else:
        reader.page.locator("a.consentkit-settings").first.click()
    expect(reader.page.locator(PREFERENCES)).to_be_visible()


def choose(reader: Reader, *purposes: str) -> None:
    """Tick *purposes* in the second layer and save."""
    for purpose in purposes:
        reader.page.locator(f"{PREFERENCES} input[name=purposes][value={purpose}]").check()
    press(reader, "save", within=PREFERENCES)


def expect_decided(reader: Reader) -> None:
    """Expect that the notice is out of view, and with script that the page says so."""
    expect(reader.page.locator(NOTICE)).to_be_hidden()
    if reader.script:
        expect(reader.page.locator("html")).to_have_attribute("data-consentkit", "decided")


def expect_asked(reader: Reader) -> None:
    """Expect that the notice is in view."""
    expect(reader.page.locator(NOTICE)).to_be_visible()
    if reader.script:
        expect(reader.page.locator("html")).to_have_attribute("data-consentkit", "pending")


def third_parties(reader: Reader) -> list[str]:
    """Return what was asked of other hosts than the page's own."""
    own = urllib.parse.urlsplit(reader.page.url).netloc
    return [request.url for request in reader.requests if urllib.parse.urlsplit(request.url).netloc not in {own, ""}]
