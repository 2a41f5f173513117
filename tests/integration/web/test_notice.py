"""``GET notice``, ``GET widget.js`` and the files beside it."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import re

import brotli
import pytest

from tests.integration.web.newsroom import ELSEWHERE
from tests.integration.web.newsroom import NEW_SERVICE
from tests.integration.web.newsroom import Newsroom
from tests.integration.web.newsroom import Reader
from tests.integration.web.newsroom import problem


@pytest.mark.parametrize(("locale", "direction"), [("ru", "ltr"), ("kk", "ltr"), ("en", "ltr"), ("ar", "rtl")])
def test_the_notice_is_what_the_contract_names(reader: Reader, locale: str, direction: str) -> None:
    """Exactly these keys, with their kinds."""
    answer = reader.get(f"/consent/notice?site=steppe-herald&locale={locale}")
    assert answer.status_code == 200
    notice = answer.get_json()
    assert list(notice) == [
        "site",
        "locale",
        "dir",
        "regime",
        "version",
        "revision",
        "layout",
        "texts",
        "purposes",
        "services",
        "policies",
        "actions",
    ]
    assert (notice["site"], notice["locale"], notice["dir"]) == ("steppe-herald", locale, direction)
    assert (notice["regime"], notice["layout"], notice["revision"]) == ("gdpr", "bar", 1)
    assert re.fullmatch(r"[a-z2-7]{16}", notice["version"])
    assert notice["version"] == reader.newsroom.notice(locale)
    assert [purpose["id"] for purpose in notice["purposes"]] == ["necessary", "preferences", "analytics", "embeds"]
    assert [service["id"] for service in notice["services"]] == ["counter", "login", "video"]
    assert notice["actions"] == ["accept_all", "reject_all", "customize"]
    assert all(notice["texts"].values())
    assert notice["policies"].keys() == {"privacy", "terms", "cookies"}
    for policy in notice["policies"].values():
        assert policy["url"].startswith("https://www.steppe-herald.example/consent/")
        assert reader.get(policy["url"]).status_code == 200
        assert policy["version"]


def test_the_notice_may_be_kept_and_read_by_all(reader: Reader) -> None:
    """Public, the same for everybody, with an ETag."""
    answer = reader.get("/consent/notice")
    assert "public" in answer.headers["Cache-Control"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    again = reader.get("/consent/notice", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    reader.decide("accept_all")
    assert reader.get("/consent/notice").data == answer.data


def test_the_first_locale_is_the_default(reader: Reader) -> None:
    """Not what the browser wishes: shared caches must not mix languages."""
    assert reader.get("/consent/notice", headers={"Accept-Language": "kk"}).get_json()["locale"] == "ru"
    assert reader.get("/consent/notice?locale=ru-RU").get_json()["locale"] == "ru"


@pytest.mark.parametrize("query", ["locale=xx", "locale=../../etc", "locale=%00", "locale=ja", "regime=us", "regime=x"])
def test_what_there_is_not_is_refused(reader: Reader, query: str) -> None:
    """A language without a notice, a regime that does not apply."""
    answer = reader.get(f"/consent/notice?{query}")
    assert answer.status_code == 400
    assert problem(answer)["field"] == query.partition("=")[0]


# ── the tag's script ──


def data_of(script: str) -> dict[str, object]:
    """What the server put into the script."""
    start = script.index('{"assets"')
    data: dict[str, object] = json.JSONDecoder().raw_decode(script[start:])[0]
    return data


def test_the_script_holds_the_first_layer(reader: Reader) -> None:
    """Code, style and texts, of the one language that was asked for."""
    answer = reader.get("/consent/widget.js?site=steppe-herald&locale=kk")
    assert answer.status_code == 200
    assert answer.mimetype == "text/javascript"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "__CONSENTKIT_DATA__" not in answer.text
    assert "</script" not in answer.text.lower()
    data = data_of(answer.text)
    assert data["locale"] == "kk"
    assert list(data["locales"]) == ["kk"]  # type: ignore[call-overload]
    assert data["locales"]["kk"]["version"] == reader.newsroom.notice("kk")  # type: ignore[index]
    assert "consentkit-notice" in data["locales"]["kk"]["html"]  # type: ignore[index]


@pytest.mark.parametrize("query", ["", "locale=", "locale=xx", "locale=%00", "locale=../x"])
def test_without_a_language_it_holds_all(reader: Reader, query: str) -> None:
    """And picks by the page's; one that does not exist breaks no page."""
    answer = reader.get(f"/consent/widget.js?{query}")
    assert answer.status_code == 200
    data = data_of(answer.text)
    assert data["locale"] is None
    assert set(data["locales"]) == {"ru", "kk", "en", "ar"}  # type: ignore[call-overload]


def test_it_comes_compressed(reader: Reader) -> None:
    """As the browser can take it; each form has an ETag of its own."""
    plain = reader.get("/consent/widget.js?locale=ru")
    zipped = reader.get("/consent/widget.js?locale=ru", headers={"Accept-Encoding": "gzip, deflate"})
    packed = reader.get("/consent/widget.js?locale=ru", headers={"Accept-Encoding": "gzip, deflate, br"})
    refused = reader.get("/consent/widget.js?locale=ru", headers={"Accept-Encoding": "br;q=0, gzip;q=0"})
    assert "Content-Encoding" not in plain.headers
    assert "Content-Encoding" not in refused.headers
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Content-Encoding"] == "br"
    assert gzip.decompress(zipped.data) == brotli.decompress(packed.data) == plain.data
    assert len({answer.headers["ETag"] for answer in (plain, zipped, packed)}) == 3
    for answer in (plain, zipped, packed):
        assert "Accept-Encoding" in answer.headers["Vary"]
        accepted = {"Accept-Encoding": "br, gzip"} if answer is packed else {}
        if answer is zipped:
            accepted = {"Accept-Encoding": "gzip"}
        same = reader.get("/consent/widget.js?locale=ru", headers={"If-None-Match": answer.headers["ETag"], **accepted})
        assert (same.status_code, same.data) == (304, b"")
        assert same.headers["ETag"] == answer.headers["ETag"]


def test_the_right_version_is_kept_for_good(reader: Reader) -> None:
    """Another one, or none, is answered with the current script for five minutes; never a 404."""
    first = reader.get("/consent/widget.js?locale=ru")
    version = first.headers["ETag"].strip('"')
    right = reader.get(f"/consent/widget.js?locale=ru&v={version}")
    assert "immutable" in right.headers["Cache-Control"]
    assert "public" in right.headers["Cache-Control"]
    for old in ("", "old", "x" * 500, "%00"):
        answer = reader.get(f"/consent/widget.js?locale=ru&v={old}")
        assert answer.status_code == 200
        assert answer.data == first.data
        control = answer.headers["Cache-Control"]
        assert "max-age=300" in control
        assert "stale-while-revalidate" in control
        assert "immutable" not in control


def test_another_configuration_is_another_script(newsroom: Newsroom) -> None:
    """Its old address brings the new one."""
    reader = Reader(newsroom)
    first = reader.get("/consent/widget.js?locale=ru")
    newsroom.rewrite("[policies.privacy]", NEW_SERVICE)
    newsroom.reload()
    second = reader.get("/consent/widget.js", query_string={"locale": "ru", "v": first.headers["ETag"].strip('"')})
    assert second.headers["ETag"] != first.headers["ETag"]
    assert "immutable" not in second.headers["Cache-Control"]
    assert '"revision":2' in second.text.replace(" ", "")


def test_the_script_is_the_same_for_every_reader(reader: Reader) -> None:
    """Cookies, origins and languages of the browser change nothing."""
    first = reader.get("/consent/widget.js?site=steppe-herald")
    reader.decide("accept_all")
    other = reader.get("/consent/widget.js?site=steppe-herald", headers={"Accept-Language": "ar", "Origin": ELSEWHERE})
    assert first.data == other.data
    assert first.headers["Cache-Control"] == other.headers["Cache-Control"]


def test_the_files_of_the_page_are_kept_for_good(reader: Reader) -> None:
    """Every file that a page names is there, under the version that it names."""
    page = reader.get("/").text
    names = re.findall(r'(?:href|src)="(/consent/static/[^"]+)"', page)
    assert [name.rpartition("/")[2].partition("?")[0] for name in names] == ["bar.css", "embeds.css"]
    for name in names:
        answer = reader.get(name)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
        assert reader.get(name.partition("?")[0]).headers["Cache-Control"].startswith("public, max-age=300")


# ── counting ──


def test_shown_counts_and_knows_nobody(reader: Reader) -> None:
    """A beacon after load: a number by day, notice and layer, no record and no cookie."""
    newsroom = reader.newsroom
    for _ in range(3):
        answer = reader.client.post(
            f"/consent/shown?notice={newsroom.notice()}", headers={"Origin": reader.at}, base_url=reader.at
        )
        assert answer.status_code == 204
        assert "Set-Cookie" not in answer.headers
    reader.client.post(
        f"/consent/shown?notice={newsroom.notice()}&layer=2", headers={"Origin": reader.at}, base_url=reader.at
    )
    newsroom.runtime.shown.flush()
    today = newsroom.clock.now().date()
    with newsroom.runtime.database.unit_of_work(read_only=True) as uow:
        totals = uow.impressions.totals("steppe-herald", today, today + dt.timedelta(days=1))
    assert sorted((total.layer, total.count) for total in totals) == [("1", 3), ("2", 1)]
    assert newsroom.records() == []


@pytest.mark.parametrize(
    ("query", "headers", "status"),
    [
        ("notice=" + "a" * 16, {"Origin": "https://www.steppe-herald.example"}, 204),
        ("notice=short", {"Origin": "https://www.steppe-herald.example"}, 400),
        ("", {"Origin": "https://www.steppe-herald.example"}, 400),
        ("notice=" + "a" * 16 + "&layer=9", {"Origin": "https://www.steppe-herald.example"}, 400),
        ("notice=" + "a" * 16, {"Origin": "https://evil.example"}, 403),
        ("notice=" + "a" * 16, {}, 403),
    ],
)
def test_nobody_fills_the_counters_with_inventions(
    reader: Reader, query: str, headers: dict[str, str], status: int
) -> None:
    """Only notices that there are, only from the site's pages."""
    answer = reader.client.post(f"/consent/shown?{query}", headers=headers, base_url=reader.at)
    assert answer.status_code == status
    reader.newsroom.runtime.shown.flush()
    today = reader.newsroom.clock.now().date()
    with reader.newsroom.runtime.database.unit_of_work(read_only=True) as uow:
        assert uow.impressions.totals("steppe-herald", today, today + dt.timedelta(days=1)) == []
