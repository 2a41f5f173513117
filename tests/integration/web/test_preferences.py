"""``GET preferences``: the full choice as a page that needs no script, and the part of it that script shows."""

from __future__ import annotations

import re

import pytest

from tests.integration.web.newsroom import Newsroom
from tests.integration.web.newsroom import Reader
from tests.integration.web.newsroom import ticked


def test_nothing_is_ticked_for_who_has_not_decided(reader: Reader) -> None:
    """Consent is never preselected."""
    answer = reader.get("/consent/preferences?site=steppe-herald")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert 'id="consentkit-preferences"' in answer.text
    assert re.findall(r'name="purposes" value="([a-z]+)"', answer.text) == ["preferences", "analytics", "embeds"]
    assert not ticked(answer.text)
    assert re.search(r'data-consentkit-action="withdraw" hidden', answer.text)


def test_what_was_chosen_is_ticked(reader: Reader) -> None:
    """Exactly that; and consent can be withdrawn there."""
    reader.decide("save", purposes={"embeds": True})
    page = reader.get("/consent/preferences").text
    assert ticked(page) == {"embeds"}
    assert not re.search(r'data-consentkit-action="withdraw" hidden', page)
    reader.decide("withdraw")
    assert not ticked(reader.get("/consent/preferences").text)


def test_the_page_is_a_form_that_works(reader: Reader) -> None:
    """Filled in as a browser would send it, it is a decision."""
    page = reader.get("/consent/preferences?site=steppe-herald&locale=kk&next=/kk/news").text
    assert '<html lang="kk"' in page
    fields = dict(re.findall(r'<input type="hidden" name="([a-z]+)" value="([^"]*)"', page))
    action = re.search(r'<form id="consentkit-preferences"[^>]* action="([^"]+)"', page)
    assert action is not None
    answer = reader.client.post(
        action[1].replace("&amp;", "&"),
        data=fields | {"action": "save", "purposes": ["analytics"]},
        headers={"Origin": reader.at},
        base_url=reader.at,
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/kk/news")
    assert reader.allowed == {"analytics", "counter"}
    [record] = reader.newsroom.records()
    assert (record.locale, record.layer, record.method) == ("kk", "page", "form")


def test_it_speaks_the_readers_language(reader: Reader) -> None:
    """The address's, else the browser's, else the site's first one."""
    arabic = reader.get("/consent/preferences", headers={"Accept-Language": "ar, en;q=0.5"})
    assert '<html lang="ar" dir="rtl"' in arabic.text
    assert arabic.headers["Content-Language"] == "ar"
    assert '<html lang="en"' in reader.get("/consent/preferences?locale=en", headers={"Accept-Language": "ar"}).text
    assert '<html lang="ru"' in reader.get("/consent/preferences?locale=xx", headers={"Accept-Language": "ja"}).text


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"]
)
def test_it_leads_nowhere_else(reader: Reader, target: str) -> None:
    """Neither its form nor its links."""
    page = reader.get("/consent/preferences", query_string={"next": target}, headers={"Referer": target}).text
    assert "evil.example" not in page
    assert "javascript" not in page


def test_it_may_not_be_framed_and_runs_no_script(reader: Reader) -> None:
    """Nobody clicks for the reader."""
    policy = reader.get("/consent/preferences").headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "<script" not in reader.get("/consent/preferences").text


def test_the_part_for_script_is_the_same_for_all(reader: Reader) -> None:
    """Public, with nothing of the reader's in it, and with a switch for each service."""
    query = f"/consent/preferences?site=steppe-herald&locale=ru&fragment=1&v={reader.newsroom.notice()}"
    first = reader.get(query)
    reader.decide("accept_all")
    second = reader.get(query)
    assert first.status_code == 200
    assert first.data == second.data
    assert "public" in first.headers["Cache-Control"]
    assert "max-age=86400" in first.headers["Cache-Control"]
    assert "checked" not in first.text
    assert first.text.startswith("<form")
    assert re.findall(r'name="services" value="([a-z]+)"', first.text) == ["counter", "video"]
    assert reader.newsroom.notice() in first.text
    assert "max-age=300" in reader.get(query.replace("&v=", "&v=x")).headers["Cache-Control"]
    assert reader.get(query, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304


def test_the_part_of_a_notice_is_that_of_the_evidence(newsroom: Newsroom) -> None:
    """What was shown is what is stored, but for where the service stands."""
    with newsroom.runtime.database.unit_of_work(read_only=True) as uow:
        stored = uow.notices.get("steppe-herald", newsroom.notice())
    assert stored is not None
    served = Reader(newsroom).get("/consent/preferences?fragment=1&locale=ru").text
    assert served == stored.preferences_html.replace("%BASE%", "/consent/").replace("%NEXT%", "")
    page = Reader(newsroom).get("/").text
    assert stored.html.replace("%BASE%", "/consent/").replace("%NEXT%", "/") in page
