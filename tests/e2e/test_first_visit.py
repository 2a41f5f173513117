"""Before a decision: nothing is kept, nothing leaves."""

from __future__ import annotations

import pytest

from tests.e2e.paper import expect_asked
from tests.e2e.paper import find_article
from tests.e2e.paper import press
from tests.e2e.paper import third_parties


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
@pytest.mark.parametrize("locale", ["ru", "kk", "en"])
def test_a_first_visit_keeps_nothing_and_asks_no_other_site(reader, demo, locale, script):
    """No cookie, no storage entry, no request to another host: on the front page, a story and a search."""
    visitor = reader(locale=locale, script=script)
    for address in (f"{demo.url}/{locale}/", find_article(demo.url, locale), f"{demo.url}/{locale}/search?q=a"):
        visitor.open(address)
        expect_asked(visitor)
        assert visitor.cookies() == {}
        assert visitor.storage() == []
        assert third_parties(visitor) == []
        assert visitor.errors == []
        if script:
            assert visitor.witness("violations") == []


def test_leaving_without_deciding_decides_nothing(reader, demo):
    """Scrolling, reading on, going back and Escape are no consent: the notice is still there and nothing is kept."""
    visitor = reader()
    visitor.open(f"{demo.url}/ru/")
    visitor.open(find_article(demo.url))
    visitor.page.mouse.wheel(0, 4000)
    visitor.page.keyboard.press("Escape")
    visitor.page.go_back()
    visitor.rest()
    expect_asked(visitor)
    assert visitor.cookies() == {}
    assert third_parties(visitor) == []


def test_a_page_is_the_same_bytes_for_every_reader(reader, demo):
    """What a cache keeps for one is right for all: who has agreed, refused, or never been here."""
    address = find_article(demo.url)
    new = reader()
    first = new.open(address)
    texts = [first.body()]
    for action in ("accept_all", "reject_all"):
        visitor = reader()
        visitor.open(address)
        press(visitor, action)
        assert visitor.cookies()
        answer = visitor.reload()
        assert "set-cookie" not in answer.headers
        assert "cookie" not in answer.headers.get("vary", "").lower()
        texts.append(answer.body())
    assert texts[1] == texts[0]
    assert texts[2] == texts[0]
