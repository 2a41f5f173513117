"""The host application's own pages: the notice in them, and what its views know of the reader."""

from __future__ import annotations

import collections.abc as cabc
import logging
import re
import typing as t

import flask
import markupsafe
import pytest
import turbohtml

from consentkit import ConsentKit
from consentkit import current_consent
from consentkit.errors import ConfigError
from tests.integration.web.conftest import MakeNewsroom
from tests.integration.web.newsroom import APEX
from tests.integration.web.newsroom import CONFIGURATION
from tests.integration.web.newsroom import SECRET
from tests.integration.web.newsroom import WWW
from tests.integration.web.newsroom import Newsroom
from tests.integration.web.newsroom import Reader
from tests.integration.web.newsroom import runtime_of


def test_the_page_is_the_same_bytes_for_every_reader(reader: Reader) -> None:
    """With cookies and without, so that any cache can keep it."""
    headers = {"Accept-Language": "ar", "Sec-GPC": "1", "Origin": APEX, "User-Agent": "x"}
    pages = [reader.get("/news/1").data, reader.get("/news/1?utm=1", headers=headers).data]
    reader.decide("accept_all")
    pages.append(reader.get("/news/1").data)
    reader.decide("withdraw")
    pages.append(reader.get("/news/1", headers={"Cookie": "consentkit=x; consentkit=y"}).data)
    assert len(set(pages)) == 1
    answer = reader.get("/news/1")
    assert "Vary" not in answer.headers
    assert "private" not in answer.headers.get("Cache-Control", "")


def test_the_page_holds_what_the_contract_names(reader: Reader) -> None:
    """Notice, buttons, links, blocked script and frame, the way back."""
    page = reader.get("/news/1").text
    head, _, body = page.partition("</head>")
    assert "state.css?site=steppe-herald" in head.partition("<noscript>")[2]
    notice = body.partition('id="consentkit-notice"')[2].partition("</form>")[0]
    assert re.findall(r'data-consentkit-action="([a-z_]+)"', notice) == ["accept_all", "reject_all", "customize"]
    assert re.findall(r'data-consentkit-policy="([a-z]+)"', notice) == ["privacy", "terms"]
    assert "data-nosnippet" in notice
    assert 'lang="ru" dir="ltr"' in notice
    assert 'name="next" value="/news/1"' in notice
    assert '<script type="text/plain" data-consent="analytics" data-service="counter" data-src=' in body
    assert '<iframe data-consent="embeds" data-service="video" data-src="https://video.example/1"' in body
    assert not re.search(r'\ssrc="https://(counter|video)\.example', body)
    assert 'class="consentkit-settings" data-consentkit-action="customize"' in body
    assert "/consent/preferences?site=steppe-herald&amp;locale=ru&amp;next=/news/1" in body


def test_the_pages_own_query_is_the_pages(reader: Reader) -> None:
    """A search for ``site=`` breaks nothing and chooses no other site."""
    plain = reader.get("/search").data
    for query in ("?site=nothing", "?site=", "?locale=ar", "?regime=us&v=1&version=x"):
        answer = reader.get(f"/search{query}")
        assert answer.status_code == 200
        assert answer.data == plain
    reader.decide("accept_all")
    assert reader.get("/host/counts?site=nothing").text == "True"


def test_a_view_knows_its_reader(reader: Reader) -> None:
    """Purposes and services by name; what there is not is not allowed."""
    assert reader.get("/host/decision").get_json() == {
        "status": "none",
        "action": None,
        "necessary": True,
        "counter": False,
        "nonsense": False,
    }
    reader.decide("save", purposes={"analytics": True})
    assert reader.get("/host/decision").get_json() == {
        "status": "valid",
        "action": "save",
        "necessary": True,
        "counter": True,
        "nonsense": False,
    }
    assert reader.get("/host/counts").text == "True"
    reader.decide("withdraw")
    assert reader.get("/host/counts").text == "False"


def test_reading_it_keeps_shared_caches_away(reader: Reader) -> None:
    """Private and Vary: Cookie, even where the host said public; a page that does not read it is left alone."""
    for path in ("/host/decision", "/host/counts"):
        answer = reader.get(path)
        assert "private" in answer.headers["Cache-Control"]
        assert "public" not in answer.headers["Cache-Control"]
        assert "Cookie" in answer.headers["Vary"]
    plain = reader.get("/host/plain")
    assert plain.headers["Cache-Control"] == "public, max-age=60"
    assert "Vary" not in plain.headers


def test_a_view_can_demand_consent(reader: Reader) -> None:
    """Others get a page that says so and leads to the choice."""
    answer = reader.get("/host/for-you?a=1&b=2")
    assert (answer.status_code, answer.mimetype) == (403, "text/html")
    assert "private" in answer.headers["Cache-Control"]
    assert "no-store" in answer.headers["Cache-Control"]
    assert "Cookie" in answer.headers["Vary"]
    assert "/consent/preferences?site=steppe-herald&amp;locale=ru&amp;next=/host/for-you" in answer.text
    reader.decide("save", purposes={"analytics": True})
    assert reader.get("/host/for-you").status_code == 403
    reader.decide("save", purposes={"preferences": True})
    allowed = reader.get("/host/for-you")
    assert (allowed.status_code, allowed.text) == (200, "for you")
    assert "private" in allowed.headers["Cache-Control"]


def test_outside_of_a_request_there_is_no_reader(newsroom: Newsroom) -> None:
    """And the error says what to do instead."""
    with newsroom.app.app_context(), pytest.raises(RuntimeError, match="read the records instead"):
        current_consent.allows("analytics")


def test_two_extensions_on_one_application_are_refused(newsroom: Newsroom) -> None:
    """As the second would hide the first."""
    from consentkit import ConsentKit  # noqa: PLC0415 - only here

    with pytest.raises(RuntimeError, match="already registered"):
        ConsentKit(newsroom.app)


def test_without_a_secret_key_nothing_starts(newsroom: Newsroom) -> None:
    """Cookies that anybody could sign would be worse than none."""
    with pytest.raises(ConfigError, match="SECRET_KEY"):
        newsroom.make_app(SECRET_KEY=None)


def test_a_wrong_setting_stops_the_start(newsroom: Newsroom) -> None:
    """With the nearest valid name, and without repeating a secret."""
    with pytest.raises(ConfigError, match="Did you mean 'CONSENTKIT_CONFIG'") as caught:
        newsroom.make_app(CONSENTKIT_CONFG="x", CONSENTKIT_DATABASE_URL=["postgresql://user:password@host"])
    assert "password" not in str(caught.value)
    assert SECRET not in str(caught.value)


# ── several sites ──

OTHER = (
    CONFIGURATION.replace('"steppe-herald"', '"taiga-times"')
    .replace("steppe-herald.example", "taiga-times.example")
    .replace(', "https://partner.example"', "")
    .replace("Степной вестник", "Таёжное время")
)
TAIGA = "https://www.taiga-times.example"


class AsyncFlask(flask.Flask):
    """An application that can have views which are coroutine functions."""

    def async_to_sync(self, func: cabc.Callable[..., cabc.Coroutine[t.Any, t.Any, t.Any]]) -> cabc.Callable[..., t.Any]:
        """Run it to its end, which is its first step: it waits for nothing."""

        def run(*args: t.Any, **kwargs: t.Any) -> t.Any:
            with pytest.raises(StopIteration) as ended:
                func(*args, **kwargs).send(None)
            return ended.value.value

        return run


def test_a_guarded_view_may_be_a_coroutine_function(newsroom: Newsroom) -> None:
    """As any view may."""
    app = AsyncFlask(__name__, instance_path=str(newsroom.file.parent))
    app.config.from_mapping(newsroom.app.config)
    consent = ConsentKit(app, clock=newsroom.clock)

    @app.get("/later")
    @consent.require("preferences")
    async def later() -> str:
        return "for you"

    reader = Reader(newsroom, app=app)
    assert reader.get("/later").status_code == 403
    reader.decide("accept_all")
    assert reader.get("/later").text == "for you"
    runtime_of(app).database.dispose()


@pytest.fixture
def two_sites(newsroom: Newsroom) -> Newsroom:
    """The same application with a folder of two sites."""
    folder = newsroom.file.parent
    (folder / "taiga.toml").write_text(OTHER, encoding="utf-8")
    newsroom.close()
    newsroom.app = newsroom.make_app(CONSENTKIT_CONFIG=str(folder))
    return newsroom


def test_the_site_is_found_by_name_host_or_origin(two_sites: Newsroom) -> None:
    """In this order; none of them is 404."""
    reader = Reader(two_sites, at=TAIGA)
    assert reader.state["site"] == "taiga-times"
    assert reader.get("/consent/state?site=steppe-herald").get_json()["site"] == "steppe-herald"
    reader.at = WWW
    assert reader.state["site"] == "steppe-herald"
    reader.at = "https://consent.vendor.example"
    found = reader.get("/consent/state", headers={"Origin": TAIGA})
    assert found.get_json()["site"] == "taiga-times"
    for path in ("state", "notice", "widget.js", "preferences", "privacy", "state.css"):
        assert reader.get(f"/consent/{path}").status_code == 404
        assert reader.get(f"/consent/{path}?site=steppe-herald").status_code == 200
        assert reader.get(f"/consent/{path}?site=nothing").status_code == 404
    assert reader.client.post("/consent/decisions", json={}, base_url=reader.at).status_code == 404


def test_one_sites_decision_is_not_the_others(two_sites: Newsroom) -> None:
    """Neither their records nor their cookies mix."""
    reader = Reader(two_sites)
    reader.decide("accept_all")
    other = Reader(two_sites, at=TAIGA)
    other.client.set_cookie("consentkit", reader.cookie() or "", domain="www.taiga-times.example")
    assert (other.status, other.allowed) == ("invalid", set())
    assert len(two_sites.records()) == 1
    assert two_sites.records("taiga-times") == []
    body = other.body(notice=two_sites.notice("ru", "taiga-times"))
    assert other.send(body).status_code == 201
    assert len(two_sites.records("taiga-times")) == 1


def test_one_sites_page_cannot_decide_for_the_other(two_sites: Newsroom) -> None:
    """Its origin is not the other's."""
    reader = Reader(two_sites, at="https://consent.vendor.example")
    body = reader.body()
    answer = reader.send(body, headers={"Origin": TAIGA}, query="?site=steppe-herald")
    assert answer.status_code == 403


def test_a_host_that_nobody_listed_has_no_notice(two_sites: Newsroom, caplog: pytest.LogCaptureFixture) -> None:
    """Its page reads, releases nothing, and the log says what to do."""
    caplog.set_level(logging.ERROR)
    reader = Reader(two_sites, at="http://10.0.0.7")
    answer = reader.get("/")
    assert answer.status_code == 200
    assert "consentkit-notice" not in answer.text
    assert "<h1>Новости</h1>" in answer.text
    assert not re.search(r'\ssrc="https://(counter|video)\.example', answer.text)
    assert "List it under 'origins'" in caplog.text
    assert reader.get("/host/counts").text == "False"
    assert reader.get("/host/for-you").status_code == 403
    told = reader.get("/host/for-you", headers={"Accept": "application/json"})
    assert (told.status_code, told.get_json()["preferences"]) == (403, None)


def test_both_sites_are_on_their_own_pages(two_sites: Newsroom) -> None:
    """By Host alone."""
    assert 'data-site="taiga-times"' in Reader(two_sites, at=TAIGA).get("/").text
    assert 'data-site="steppe-herald"' in Reader(two_sites).get("/", headers={"Origin": TAIGA}).text


# ── script in every text field ──

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def poisoned(text: str) -> str:
    """The configuration with script in every field that takes a text."""
    quoted = "'''" + EVIL + "'''"
    for old in ("Степной вестник", "Дала жаршысы", "Steppe Herald", "رسول السهب", "Steppe Herald LLP"):
        text = text.replace(f'"{old}"', quoted)
    for key in ("address", "provider", "why_necessary"):
        text = re.sub(
            rf'^{key} = ".*"$', lambda match: f"{match[0].partition('=')[0]}= {quoted}", text, flags=re.MULTILINE
        )
    text = re.sub(r'^name = "[A-Z][a-z]+"$', lambda _: f"name = {quoted}", text, flags=re.MULTILINE)
    text = text.replace('name = "_count"', f'name = "<script>alert(1)</script>", why = {quoted}')
    text = text.replace(
        'id = "analytics"\nlegal_basis = "consent"',
        f'id = "analytics"\nlegal_basis = "consent"\nname = {quoted}\ndescription = {quoted}\n'
        f"data_categories = [{quoted}]",
    )
    texts = "\n".join(f"{name} = {quoted}" for name in ("title", "body", "accept", "settings", "save", "embed_blocked"))
    return f"{text}\n[notice.texts.ru]\n{texts}\n"


def test_script_in_the_configuration_is_text(make_newsroom: MakeNewsroom) -> None:
    """On every page, in the tag's script and in the evidence: shown, never run."""
    newsroom = make_newsroom(text=poisoned(CONFIGURATION))
    newsroom.file.parent.joinpath("privacy.ru.md").write_text(f"# {EVIL}\n\n{EVIL}\n\n[x](javascript:alert(1))\n")
    reader = Reader(newsroom)
    reader.decide("accept_all")
    pages = {
        path: reader.get(path).text
        for path in (
            "/",
            "/consent/preferences",
            "/consent/preferences?fragment=1",
            "/consent/privacy",
            "/consent/terms",
            "/consent/cookies",
            "/host/for-you",
        )
    }
    pages["led back"] = reader.submit("reject_all").text
    pages["refused"] = reader.get("/host/for-you").text
    pages["not found"] = reader.get("/consent/x", headers={"Accept": "text/html"}).text
    pages["conflict"] = reader.submit("save", purposes=["analytics"], notice="a" * 16).text
    for name, page in pages.items():
        assert "<script>alert" not in page, name
        assert "<img" not in page, name
        assert 'href="javascript' not in page.lower(), name
    assert "&lt;script&gt;alert(1)" in pages["/"]
    tag = reader.get("/consent/widget.js").text
    assert "<script>alert" not in tag
    assert "</script" not in tag


@pytest.mark.parametrize(
    ("src", "title", "expected"),
    [
        ("https://video.example/1", markupsafe.Markup('The "<b>old</b>" bridge &amp; more'), 'The "old" bridge & more'),
        (markupsafe.Markup("https://video.example/?a=1&amp;b=2"), '"><script>', '"><script>'),
        ("https://video.example/1", None, None),
        (None, "A bridge", None),
        ("", "", None),
    ],
)
def test_an_embed_takes_what_templates_have(
    newsroom: Newsroom, src: str | None, title: str | None, expected: str | None
) -> None:
    """Markup that a block made is words in an attribute, and a story without a video breaks no page."""
    with newsroom.app.test_request_context("/"):
        html = flask.render_template_string(
            "{{ consentkit.embed('video', src=src, title=title) }}", src=src, title=title
        )
    root = turbohtml.parse_fragment(html)
    held = [frame.attr("data-src") for frame in root.select(".consentkit-embed > iframe")]
    assert held == ([str(src).replace("&amp;", "&")] if src else [])
    for box in root.select(".consentkit-embed"):
        assert set(box.attrs) == {
            *("class", "role", "aria-label", "lang", "dir"),
            *("data-consent", "data-service", "data-consentkit-said"),
        }
        assert expected is None or box.attr("aria-label") == expected
    assert "<script" not in html
    assert "None" not in html


def test_a_poisoned_path_is_text(reader: Reader) -> None:
    """What comes from the address stands escaped in the page."""
    page = reader.get('/news/"><script>alert(1)</script>').text
    assert "<script>alert" not in page
