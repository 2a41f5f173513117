"""From where a decision may come, and which other pages may read the answer."""

from __future__ import annotations

import pytest

from tests.integration.web.conftest import MakeNewsroom
from tests.integration.web.newsroom import APEX
from tests.integration.web.newsroom import CONFIGURATION
from tests.integration.web.newsroom import CONSENT
from tests.integration.web.newsroom import ELSEWHERE
from tests.integration.web.newsroom import EVIL
from tests.integration.web.newsroom import WWW
from tests.integration.web.newsroom import Newsroom
from tests.integration.web.newsroom import Reader
from tests.integration.web.newsroom import problem
from tests.integration.web.newsroom import set_cookies

SHARED = CONFIGURATION.replace("locales =", 'cookie_domain = "steppe-herald.example"\nlocales =').replace(
    '"https://partner.example"]', '"https://partner.example", "https://blog.steppe-herald.example"]'
)

TABLE = [
    # headers, by script, by form
    ({"Origin": WWW}, 201, 303),
    ({"Origin": WWW, "Sec-Fetch-Site": "cross-site"}, 201, 303),
    ({"Origin": "HTTPS://WWW.STEPPE-HERALD.EXAMPLE:443"}, 201, 303),
    ({"Origin": ELSEWHERE}, 201, 303),
    ({"Origin": EVIL}, 403, 403),
    ({"Origin": EVIL, "Sec-Fetch-Site": "same-origin"}, 403, 403),
    ({"Origin": EVIL, "Referer": f"{WWW}/"}, 403, 403),
    ({"Origin": "http://www.steppe-herald.example"}, 403, 403),
    ({"Origin": "https://www.steppe-herald.example.evil.example"}, 403, 403),
    ({"Origin": "http://["}, 403, 403),
    ({"Origin": "null"}, 201, 403),
    ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, 201, 303),
    ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, 403, 403),
    ({"Origin": "null", "Referer": f"{WWW}/news"}, 403, 403),
    ({"Sec-Fetch-Site": "same-origin"}, 201, 303),
    ({"Sec-Fetch-Site": "same-site"}, 403, 403),
    ({"Sec-Fetch-Site": "cross-site"}, 403, 403),
    ({"Sec-Fetch-Site": "none"}, 403, 403),
    ({"Sec-Fetch-Site": "cross-site", "Referer": f"{WWW}/news"}, 403, 403),
    ({"Referer": f"{WWW}/news"}, 201, 303),
    ({"Referer": f"{EVIL}/?{WWW}/"}, 403, 403),
    ({"Referer": "https://www.steppe-herald.example@evil.example/"}, 403, 403),
    ({}, 201, 403),
]


def test_the_origin_rule(newsroom: Newsroom, subtests: pytest.Subtests) -> None:
    """Origin, then Sec-Fetch-Site, then Referer; with none of them JSON yes, a form no."""
    for headers, by_script, by_form in TABLE:
        with subtests.test(headers=headers):
            before = len(newsroom.records())
            sent = Reader(newsroom).decide("reject_all", headers=headers)
            assert sent.status_code == by_script
            submitted = Reader(newsroom).submit("reject_all", headers=headers)
            assert submitted.status_code == by_form
            assert len(newsroom.records()) - before == (by_script == 201) + (by_form == 303)
            for answer in (sent, submitted):
                if answer.status_code == 403:
                    assert not set_cookies(answer)
                    assert answer.headers.get("Access-Control-Allow-Origin") != EVIL
            if by_script == 403:
                problem(sent)
            if by_form == 403:
                assert submitted.mimetype == "text/html"


def test_the_page_that_the_service_itself_is_on_may_decide(reader: Reader) -> None:
    """Though nobody listed it: a preview, a test, an address."""
    visitor = Reader(reader.newsroom, at="http://127.0.0.1:8000")
    assert visitor.decide("accept_all", headers={"Origin": "http://127.0.0.1:8000"}).status_code == 201
    assert visitor.status == "valid"


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data; boundary=x", None])
def test_other_bodies_go_by_the_rule_of_forms(newsroom: Newsroom, content_type: str | None) -> None:
    """What a foreign page could send unasked is never taken for JSON."""
    client = newsroom.app.test_client()
    body = b'{"action": "accept_all"}'
    assert client.post("/consent/decisions", data=body, content_type=content_type, base_url=WWW).status_code == 403
    allowed = {"Origin": WWW}
    answer = client.post("/consent/decisions", data=body, content_type=content_type, base_url=WWW, headers=allowed)
    assert answer.status_code == 415
    problem(answer)


# ── CORS ──


@pytest.mark.parametrize("path", ["decisions", "shown"])
def test_listed_origins_may_ask(newsroom: Newsroom, path: str) -> None:
    """The preflight names the origin, never everybody."""
    client = newsroom.app.test_client()
    for origin, allowed in ((ELSEWHERE, True), (EVIL, False), ("null", False)):
        answer = client.options(f"/consent/{path}", base_url=CONSENT, headers={"Origin": origin})
        assert answer.status_code == 204
        assert (answer.headers.get("Access-Control-Allow-Origin") == origin) is allowed
        assert ("Access-Control-Allow-Credentials" in answer.headers) is allowed
        assert "Origin" in answer.headers["Vary"]
        if allowed:
            assert "POST" in answer.headers["Access-Control-Allow-Methods"]
            assert "Content-Type" in answer.headers["Access-Control-Allow-Headers"]


def test_a_page_of_another_site_gets_the_state_and_no_cookie(newsroom: Newsroom) -> None:
    """Browsers would block it, and where not, one consent would leak into the other site."""
    visitor = Reader(newsroom, at=CONSENT)
    answer = visitor.decide("accept_all", headers={"Origin": ELSEWHERE, "Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 201
    assert answer.headers["Access-Control-Allow-Origin"] == ELSEWHERE
    assert not set_cookies(answer)
    state = newsroom.codec.unseal(answer.get_json()["state"])
    assert state.purposes == ("preferences", "analytics", "embeds")
    [record] = newsroom.records()
    assert record.subject_id is None


def test_a_page_of_another_site_never_brings_an_identifier(newsroom: Newsroom) -> None:
    """Should the browser send our cookies there after all, they do not count."""
    visitor = Reader(newsroom, at=CONSENT)
    visitor.decide("accept_all")
    own = newsroom.records()[0].subject_id
    visitor.decide("accept_all", headers={"Origin": ELSEWHERE})
    assert own is not None
    assert newsroom.records()[1].subject_id is None


def test_a_subdomain_shares_the_cookies(make_newsroom: MakeNewsroom) -> None:
    """With a cookie domain, pages of the domain send and get them over CORS, with credentials."""
    newsroom = make_newsroom(text=SHARED)
    visitor = Reader(newsroom, at=CONSENT)
    answer = visitor.decide("accept_all", headers={"Origin": "https://blog.steppe-herald.example"})
    assert answer.status_code == 201
    assert answer.headers["Access-Control-Allow-Origin"] == "https://blog.steppe-herald.example"
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert {cookie["domain"] for cookie in set_cookies(answer).values()} == {"steppe-herald.example"}
    assert newsroom.records()[0].subject_id is not None
    assert visitor.status == "valid"
    visitor.at = APEX
    assert visitor.status == "valid"


def test_with_a_cookie_domain_another_site_still_gets_none(make_newsroom: MakeNewsroom) -> None:
    """The domain is not theirs."""
    newsroom = make_newsroom(text=SHARED)
    answer = Reader(newsroom, at=CONSENT).decide("accept_all", headers={"Origin": ELSEWHERE})
    assert answer.status_code == 201
    assert not set_cookies(answer)


def test_a_subdomain_that_is_not_listed_may_not_decide(make_newsroom: MakeNewsroom) -> None:
    """The cookie domain alone allows nobody."""
    newsroom = make_newsroom(text=SHARED)
    answer = Reader(newsroom, at=CONSENT).decide("accept_all", headers={"Origin": "https://old.steppe-herald.example"})
    assert answer.status_code == 403
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_errors_can_be_read_across_origins(newsroom: Newsroom) -> None:
    """A widget on a listed origin learns why, and when to try again."""
    visitor = Reader(newsroom, at=CONSENT)
    headers = {"Origin": ELSEWHERE}
    for answer, status in (
        (visitor.decide("agree", headers=headers), 400),
        (visitor.decide(notice="a" * 16, headers=headers), 409),
        (visitor.decide(page="x" * 20_000, headers=headers), 413),
    ):
        assert answer.status_code == status
        assert answer.headers["Access-Control-Allow-Origin"] == ELSEWHERE
        assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]
