"""The pages of the newsroom, as a browser or a cache gets them."""

from __future__ import annotations

import html
import re

import pytest

_INLINE = re.compile(r"""<[^>]+\s(?:style|on[a-z]+)\s*=""", re.IGNORECASE)
_BODY_OF_STORY = re.compile(r'<article class="story">(.*?)</article>', re.DOTALL)


def _text(response) -> str:
    assert response.status_code == 200
    return response.get_data(as_text=True)


@pytest.mark.parametrize("locale", ["kk", "ru", "en"])
def test_each_edition_has_a_front_that_leads_to_its_stories(reader, locale):
    """And every link on it leads somewhere."""
    page = _text(reader.get(f"/{locale}/"))
    links = set(re.findall(rf'href="(/{locale}/news/[^"]+)"', page))

    assert f'<html lang="{locale}" dir="ltr">' in page
    assert len(links) >= 4
    for link in links:
        assert "<h1>" in _text(reader.get(link))


def test_the_front_of_all_editions_lists_every_story(reader):
    """Each column in its own language."""
    page = _text(reader.get("/"))

    for locale in ("kk", "ru", "en"):
        assert f'<section class="column" lang="{locale}"' in page
        assert len(re.findall(rf'<h3><a href="/{locale}/news/', page)) >= 4


def test_with_one_edition_its_front_is_the_front(gazette):
    """And says in the other languages where to read."""
    assert "/ru/news/most" in _text(gazette.get("/"))
    assert _text(gazette.get("/")).count('class="card"') == 2
    assert 'href="/ru/"' in _text(gazette.get("/kk/"))


def test_a_story_is_set_in_its_parts(gazette):
    """Date, lead, heading, quotation, credit: each in the element that means it."""
    page = _text(gazette.get("/ru/news/most"))
    story = _BODY_OF_STORY.search(page)[1]

    assert '<time datetime="2025-11-27">27 ноябрь 2025</time>' in story
    assert "<h1>Мост через Шу &lt;b&gt;открыт&lt;/b&gt;</h1>" in story
    assert '<p class="lead">Первыми прошли школьники.</p>' in story
    assert re.findall("<h2>(.*?)</h2>", story) == ["Что изменится для пешеходов"]
    assert re.findall("<blockquote><p>(.*?)</p></blockquote>", story) == [
        "«Теперь до школы восемь минут», – говорит Дамир."
    ]
    assert re.search("<figcaption>.*Фото: Сания Омарова</figcaption>", story)


def test_a_story_without_a_credit_has_no_picture(gazette):
    """Nor does one that was given as text show a drawing as if it were its own."""
    assert '<figure class="picture">' not in _text(gazette.get("/ru/news/gorka"))
    assert "Рисунок вместо снимка." in _text(gazette.get("/ru/news/most"))


def test_only_the_bundled_stories_are_called_made_up(reader, gazette):
    """Those of somebody else's folder may be about people who exist."""
    assert "не существует" in _text(reader.get("/ru/"))
    assert "не существует" not in _text(gazette.get("/ru/"))


def test_a_story_leads_to_its_neighbours_with_their_teasers(gazette):
    """The older one is the previous, the newer one the next."""
    page = html.unescape(_text(gazette.get("/ru/news/most")))
    before, after = page.split('rel="prev"')[1].split('rel="next"')

    assert "/ru/news/shkola" in before
    assert "Школа получила рояль" in before
    assert "На нём уже играли все, кто умеет, и многие, кто нет." in before
    assert "/ru/news/gorka" in after
    assert "Если будет мороз." in after


@pytest.mark.parametrize("query", ["Мажилис", "МАЖИЛИС", "мажилис"])
def test_search_finds_in_any_letter_case(gazette, query):
    """And marks what it found."""
    page = _text(gazette.get("/ru/search", query_string={"q": query}))

    assert "/ru/news/most" in page
    assert "<mark>Мажилис</mark>" in page


def test_search_escapes_everything(gazette):
    """The query and the stories."""
    page = _text(gazette.get("/ru/search", query_string={"q": '"><script>alert(1)</script>'}))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page

    page = _text(gazette.get("/ru/search", query_string={"q": "открыт"}))
    assert "<b>" not in page
    assert "&lt;b&gt;<mark>открыт</mark>" in page


@pytest.mark.parametrize(
    ("query", "words"), [("", "Введите слово"), ("  ", "Введите слово"), ("птеродактиль", "Проверьте, нет ли опечатки")]
)
def test_a_search_without_results_says_what_to_do(gazette, query, words):
    """Asked for nothing, or found nothing."""
    assert words in _text(gazette.get("/ru/search", query_string={"q": query}))


def test_a_search_is_kept_by_no_cache(reader):
    """What a reader looks for is theirs."""
    assert reader.get("/ru/search?q=степь").headers["Cache-Control"] == "no-store"


def test_any_bytes_can_be_searched_for(reader):
    """A broken query is a query."""
    assert reader.get("/ru/search?q=%ff%fe%00%d0").status_code == 200
    assert reader.get("/ru/search?q=" + "%D1%8F" * 5000).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/fr/",
        "/fr/news/reading-room",
        "/RU/",
        "/ru/news/",
        "/ru/news/nothing",
        "/ru/news/../../steppe-herald.toml",
        "/ru/news/..%2f..%2fsteppe-herald.toml",
        "/ru/news/reading-room.txt",
        "/ru/news/%00",
        "/ru/news/%ff",
        "/static/../steppe-herald.toml",
        "/stand-in/../newsroom.py",
        "/stand-in/video.html",
        "/fr/search?q=a",
    ],
)
def test_what_is_not_there_is_a_404_in_the_paper_s_dress(reader, path):
    """With the way back, and nothing of the inside."""
    answer = reader.get(path)

    assert answer.status_code == 404
    assert answer.mimetype == "text/html"
    assert "consentkit-notice" in answer.get_data(as_text=True)
    assert "Traceback" not in answer.get_data(as_text=True)


def test_an_error_speaks_the_language_of_the_address(reader):
    """Or Russian, where the address has none."""
    assert "There is no such page" in reader.get("/en/news/nothing").get_data(as_text=True)
    assert "Мұндай бет жоқ" in reader.get("/kk/news/nothing").get_data(as_text=True)
    assert "Такой страницы нет" in reader.get("/nothing").get_data(as_text=True)


@pytest.mark.parametrize("path", ["/", "/kk/", "/ru/news/reading-room", "/en/news/night-bus", "/elsewhere", "/ar/"])
def test_a_page_is_the_same_bytes_for_every_reader(herald, path):
    """With cookies and without, so that any cache can keep it."""
    stranger = herald.test_client(use_cookies=False).get(path)
    friend = herald.test_client(use_cookies=False).get(
        path,
        headers={
            "Cookie": "consentkit=e30.aaaa.bbbb; consentkit_id=x; session=y; _steppe_counter=1",
            "Accept-Language": "en",
            "Sec-GPC": "1",
            "User-Agent": "Another/1.0",
        },
    )

    assert friend.get_data() == stranger.get_data()
    assert friend.headers["Cache-Control"] == stranger.headers["Cache-Control"] == "public, max-age=60"
    assert "Set-Cookie" not in friend.headers
    assert "Vary" not in friend.headers


def test_a_page_that_has_not_changed_is_not_sent_again(reader):
    """A cache asks by its tag."""
    tag = reader.get("/ru/").headers["ETag"]

    assert reader.get("/ru/", headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize(
    "path", ["/", "/ru/", "/ru/news/observatory", "/ru/search?q=степь", "/nothing", "/elsewhere", "/ar/"]
)
def test_a_page_needs_nothing_inline(reader, path):
    """No style, no handler; the policy allows none, but for the script of consentkit by its hash."""
    answer = reader.get(path)
    policy = answer.headers["Content-Security-Policy"]

    assert not _INLINE.search(answer.get_data(as_text=True))
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert re.search(r"script-src [^;]*'self'", policy)


def test_third_parties_are_another_site_and_held_back(reader):
    """Nothing of them is asked for by the page's own markup."""
    answer = reader.get("/ru/news/night-bus", base_url="http://127.0.0.1:8000")
    page = answer.get_data(as_text=True)

    assert 'data-src="http://localhost:8000/stand-in/analytics.js"' in page
    assert 'data-src="http://localhost:8000/stand-in/video?locale=ru"' in page
    assert not re.search(r'\ssrc="[^"]*stand-in/', page)
    assert "frame-src http://localhost:8000" in answer.headers["Content-Security-Policy"]


def test_a_forged_host_reaches_neither_the_page_nor_a_header(reader):
    """A name that is not this machine's is no origin of a stand-in."""
    answer = reader.get("/ru/news/night-bus", headers={"Host": "evil.example"})

    assert "evil.example" not in answer.get_data(as_text=True)
    assert "evil.example" not in answer.headers["Content-Security-Policy"]


def test_the_video_has_the_language_of_its_page(reader):
    """Or the paper's first."""
    answer = reader.get("/stand-in/video?locale=kk")

    assert '<html lang="kk"' in _text(answer)
    assert '<html lang="ru"' in _text(reader.get("/stand-in/video?locale=<script>"))


def test_a_page_of_another_server_holds_the_tag_and_nothing_else_of_ours(reader):
    """It points at the other site, or, as behind a proxy, at its own."""
    base = "http://localhost:8123"
    elsewhere = _text(reader.get("/elsewhere", base_url=base))
    arabic = _text(reader.get("/ar/here", base_url=base))

    assert 'src="http://127.0.0.1:8123/consent/widget.js?site=steppe-herald&amp;locale=ru" async' in elsewhere
    assert "consentkit-notice" not in elsewhere
    assert '<html lang="ar" dir="rtl">' in arabic
    assert 'src="/consent/widget.js?site=steppe-herald&amp;locale=ar" async' in arabic


def test_without_third_parties_nothing_is_held_back(tmp_path):
    """The paper alone."""
    from consentkit.demo.newsroom import create_app  # noqa: PLC0415

    app = create_app(database_url=f"sqlite:///{tmp_path}/demo.db", third_party=False)
    answer = app.test_client().get("/ru/news/night-bus")

    assert "stand-in" not in _text(answer)
    assert not re.search("localhost|127", answer.headers.getlist("Content-Security-Policy")[0])


@pytest.mark.parametrize("locale", ["ru", "kk", "en"])
def test_what_a_content_system_stored_is_held_back(reader, locale):
    """The observatory's video waits for its service; the post, whose provider nobody declared, is words and a link."""
    page = reader.get(f"/{locale}/news/observatory", base_url="http://127.0.0.1:8000").text
    body = page.partition('<div class="text">')[2].partition("</article>")[0]
    assert body.count('<iframe data-consent="embeds" data-service="steppe-video" data-src="http://localhost:8000/') == 2
    assert "telegram.org" not in body
    assert body.count('<img src="http://tracker.localhost:8000/stand-in/pixel.gif') == 1
    assert 'href="https://t.me/telegram/83"' in body
    assert "<figcaption>" in body
