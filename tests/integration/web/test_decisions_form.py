"""A decision by the form, without script: the same rules, and a way back."""

from __future__ import annotations

import pytest

from tests.integration.web.newsroom import APEX
from tests.integration.web.newsroom import WWW
from tests.integration.web.newsroom import Newsroom
from tests.integration.web.newsroom import Reader
from tests.integration.web.newsroom import problem
from tests.integration.web.newsroom import set_cookies
from tests.integration.web.newsroom import ticked


def test_accepting_leads_back_and_offers_the_receipt(any_reader: Reader) -> None:
    """The page in between is never stored, and holds the receipt's address."""
    answer = any_reader.submit("accept_all")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/news/steppe"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "/receipt?token=" in answer.text
    assert set(set_cookies(answer)) == {"consentkit", "consentkit_id"}
    [record] = any_reader.newsroom.records()
    assert (record.action, record.method, record.layer, record.section) == ("accept_all", "form", "1", "/news")
    assert any_reader.allowed == {"preferences", "analytics", "embeds", "counter", "video"}


@pytest.mark.parametrize("action", ["reject_all", "withdraw", "save"])
def test_refusing_leads_back(reader: Reader, action: str) -> None:
    """Nothing ticked is nothing allowed."""
    answer = reader.submit(action)
    assert answer.status_code == 303
    assert set(set_cookies(answer)) == {"consentkit"}
    assert (reader.status, reader.allowed) == ("valid", set())


def test_what_is_ticked_is_allowed(reader: Reader) -> None:
    """Services follow their purposes on the page, where they have no switches of their own."""
    assert reader.submit("save", purposes=["embeds", "preferences"], layer="page").status_code == 303
    assert reader.allowed == {"embeds", "preferences", "video"}
    assert reader.newsroom.records()[0].layer == "page"


def test_refusing_wins_over_what_is_ticked(reader: Reader) -> None:
    """The button is the answer."""
    assert reader.submit("reject_all", purposes=["embeds", "analytics"]).status_code == 303
    assert reader.allowed == set()


def test_a_service_that_is_switched_off_stays_off(reader: Reader) -> None:
    """The second layer has a switch for each service; a form does not send those that are off."""
    assert reader.submit("save", purposes=["embeds", "analytics"], services=["counter"], layer="2").status_code == 303
    assert reader.allowed == {"embeds", "analytics", "counter"}


def test_accepting_from_the_second_layer_accepts_all(reader: Reader) -> None:
    """However the switches stood."""
    assert reader.submit("accept_all", layer="2").status_code == 303
    assert reader.allowed == {"preferences", "analytics", "embeds", "counter", "video"}


@pytest.mark.parametrize("target", ["/", "/ru/news/steppe?page=2#top", f"{APEX}/news", "https://partner.example/a"])
def test_it_leads_back_to_pages_of_the_site(reader: Reader, target: str) -> None:
    """Here or on a listed origin."""
    assert reader.submit("reject_all", next=target).headers["Location"] == target


def test_a_path_in_other_letters_is_led_back_to(reader: Reader) -> None:
    """As an address, for headers are ASCII."""
    page = reader.get("/новости/степь 100%?x=1").text
    assert 'name="next" value="/%D0%BD' in page
    target = page.partition('name="next" value="')[2].partition('"')[0]
    assert target.endswith("%20100%25")
    assert reader.submit("reject_all", next=target).headers["Location"] == target
    assert reader.newsroom.records()[0].section == "/новости"
    assert (
        reader.submit("reject_all", next="/новости").headers["Location"]
        == "/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8"
    )


DISGUISES = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example/",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "http:evil.example",
    "https:/evil.example",
    "https:evil.example",
    "https:///evil.example",
    "https://www.steppe-herald.example@evil.example/",
    "https://www.steppe-herald.example.evil.example/",
    "https://www.steppe-herald.example:8443/",
    "https://evil.example\\@www.steppe-herald.example/",
    "http://www.steppe-herald.example\x00.evil.example/",
    "javascript:alert(1)",
    "data:text/html,x",
    "evil.example",
    "https://[::1",
    "/\r\nSet-Cookie: consentkit=x",
    "/" + "a" * 3000,
    "",
    ...,
]


def test_it_leads_nowhere_else(newsroom: Newsroom, subtests: pytest.Subtests) -> None:
    """Whatever the disguise, the reader lands on the front page, and the decision is taken."""
    for target in DISGUISES:
        with subtests.test(target=target):
            reader = Reader(newsroom)
            answer = reader.submit("reject_all", next=target)
            assert answer.status_code == 303
            assert answer.headers["Location"] == "/"
            assert "evil.example" not in answer.text
            assert set(set_cookies(answer)) == {"consentkit"}
            assert reader.status == "valid"


def test_the_customize_button_leads_to_the_choice(reader: Reader) -> None:
    """Without script it is a link with the fields of the form."""
    query = f"notice={reader.newsroom.notice()}&locale=ru&layer=1&next=/news/steppe&site=steppe-herald"
    page = reader.get(f"/consent/preferences?{query}")
    assert page.status_code == 200
    assert 'name="next" value="/news/steppe"' in page.text


def test_an_old_notice_brings_the_current_choice_with_nothing_ticked(reader: Reader) -> None:
    """Whoever had ticked something has not seen what they would be agreeing to."""
    newsroom = reader.newsroom
    reader.submit("accept_all")
    old = newsroom.notice("kk")
    newsroom.rewrite('provider = "Counter Ltd"', 'provider = "Counters of Other People Ltd"')
    newsroom.reload()
    answer = reader.submit("save", purposes=["analytics"], notice=old, locale="kk", next="/kk/x")
    assert answer.status_code == 409
    assert answer.mimetype == "text/html"
    assert newsroom.notice("kk") in answer.text
    assert 'lang="kk"' in answer.text
    assert 'name="next" value="/kk/x"' in answer.text
    assert not ticked(answer.text)
    assert not set_cookies(answer)
    assert len(newsroom.records()) == 1


MALFORMED = [
    ({"action": "agree"}, "action"),
    ({"action": ...}, "action"),
    ({"action": ["accept_all", "reject_all"]}, "action"),
    ({"action": "gpc"}, "action"),
    ({"notice": "short"}, "notice"),
    ({"notice": ...}, "notice"),
    ({"locale": "xx"}, "locale"),
    ({"locale": ...}, "locale"),
    ({"purposes": "nonsense"}, "purposes"),
    ({"services": "nonsense"}, "services"),
    ({"layer": "3"}, "layer"),
    ({"csrf_token": "x"}, "csrf_token"),
    ({"nonce": "x" * 22}, "nonce"),
]


def test_a_malformed_form_says_which_field(reader: Reader, subtests: pytest.Subtests) -> None:
    """To programs by name, to people as a page."""
    for changes, field in MALFORMED:
        with subtests.test(changes=changes):
            answer = reader.submit(accept="application/json", **changes)  # type: ignore[arg-type]
            assert answer.status_code == 400
            assert problem(answer)["field"] == field
            page = reader.submit(**changes)  # type: ignore[arg-type]
            assert (page.status_code, page.mimetype) == (400, "text/html")
            assert not set_cookies(answer)
            assert not set_cookies(page)
            assert reader.newsroom.records() == []


NO_FORMS = [b"action=%ff", b"\xd0\xb0=1", b"a=1&" * 600, b"%", b"", b"&&&==;"]


def test_a_body_that_is_no_form_is_malformed(newsroom: Newsroom, subtests: pytest.Subtests) -> None:
    """Invalid UTF-8, raw bytes, too many fields."""
    for body in NO_FORMS:
        with subtests.test(body=body):
            answer = newsroom.app.test_client().post(
                "/consent/decisions",
                data=body,
                content_type="application/x-www-form-urlencoded",
                headers={"Origin": WWW},
                base_url=WWW,
            )
            assert answer.status_code == 400
            problem(answer)
