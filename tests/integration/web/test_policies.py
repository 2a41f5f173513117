"""The policies' pages: what is in force, and what was."""

from __future__ import annotations

import pytest

from tests.integration.web.conftest import MakeNewsroom
from tests.integration.web.newsroom import CONFIGURATION
from tests.integration.web.newsroom import Newsroom
from tests.integration.web.newsroom import Reader
from tests.integration.web.newsroom import problem
from tests.integration.web.test_reload import publish


@pytest.mark.parametrize("kind", ["privacy", "terms", "cookies"])
def test_each_policy_has_a_page(reader: Reader, kind: str) -> None:
    """For everybody alike, without a cookie, with the day from which it holds."""
    answer = reader.get(f"/consent/{kind}?site=steppe-herald&locale=ru")
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert "public" in answer.headers["Cache-Control"]
    assert "Accept-Language" in answer.headers["Vary"]
    assert '<time datetime="2026-11-23">' in answer.text
    assert '<html lang="ru"' in answer.text
    assert "script-src" not in answer.headers["Content-Security-Policy"]


def test_the_cookies_page_lists_what_is_declared(reader: Reader) -> None:
    """Every service and every cookie."""
    page = reader.get("/consent/cookies?locale=en").text
    for name in ("Counter Ltd", "_count", "Video Ltd", "Login", "consentkit_id"):
        assert name in page


def test_a_language_without_the_policy_gets_another(reader: Reader) -> None:
    """The page speaks the reader's language, and says which the text is in."""
    page = reader.get("/consent/terms?locale=kk").text
    assert '<html lang="kk"' in page
    assert '<article class="consentkit-policy" lang="ru">' in page


def test_an_older_version_stays_readable(newsroom: Newsroom) -> None:
    """Under its own address, saying that it is no longer in force."""
    reader = Reader(newsroom)
    old = newsroom.runtime.site("steppe-herald").policies["privacy", "ru"].version
    new = publish(newsroom, "A newer promise.", material=False)
    newsroom.reload()
    current = reader.get("/consent/privacy?locale=ru").text
    assert "A newer promise." in current
    assert f"version={old}" in current
    older = reader.get(f"/consent/privacy?locale=ru&version={old}").text
    assert "A newer promise." not in older
    assert "What the paper promises." in older
    assert 'href="/consent/privacy?site=steppe-herald&amp;locale=ru"' in older
    assert "A newer promise." in reader.get(f"/consent/privacy?locale=ru&version={new}").text


def test_a_link_to_a_version_is_to_that_text_whatever_the_browser_speaks(reader: Reader) -> None:
    """An auditor with an English browser follows a link to what a Russian reader was referred to."""
    version = reader.newsroom.runtime.site("steppe-herald").policies["privacy", "ru"].version
    answer = reader.get(f"/consent/privacy?version={version}", headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    assert 'lang="ru">' in answer.text


def test_a_version_that_never_was_is_not_found(any_reader: Reader) -> None:
    """Whatever its name."""
    versions = ["0" * 16, "x", "%00", "../../etc/passwd", "%2e%2e%2f", "'--", "a" * 5000, "%ff", "", "%F0%9F%98%80"]
    for version in versions:
        answer = any_reader.get(f"/consent/privacy?locale=ru&version={version}")
        assert answer.status_code == 404, version
        problem(answer)
        page = any_reader.get(f"/consent/privacy?locale=ru&version={version}", headers={"Accept": "text/html"})
        assert (page.status_code, page.mimetype) == (404, "text/html")


@pytest.mark.parametrize(
    "path", ["imprint", "privacy/../terms", "privacy.ru.md", "../privacy.ru.md", "%2e%2e/consentkit.toml", "privacy%00"]
)
def test_a_policy_that_there_is_not_is_not_found(reader: Reader, path: str) -> None:
    """And nothing is read from the disk by a reader's name for it."""
    answer = reader.get(f"/consent/{path}")
    assert answer.status_code == 404


def test_a_site_with_pages_of_its_own_leads_there(make_newsroom: MakeNewsroom) -> None:
    """By locale, and its links in the notice go there at once."""
    own = 'urls = { ru = "https://www.steppe-herald.example/ru/privacy", en = "/en/privacy" }'
    newsroom = make_newsroom(text=CONFIGURATION.replace('files = { ru = "privacy.ru.md", en = "privacy.en.md" }', own))
    reader = Reader(newsroom)
    answer = reader.get("/consent/privacy?locale=ru")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "https://www.steppe-herald.example/ru/privacy"
    assert reader.get("/consent/privacy?locale=en").headers["Location"] == "/en/privacy"
    assert (
        'data-consentkit-policy="privacy" href="https://www.steppe-herald.example/ru/privacy"' in reader.get("/").text
    )
    assert reader.get("/consent/notice").get_json()["policies"]["privacy"]["url"].endswith("/ru/privacy")
    reader.decide("accept_all")
    assert newsroom.records()[0].policy_versions.keys() == {"terms", "cookies"}
