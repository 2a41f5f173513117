"""An article as a content system stored it: nothing of others is asked for before, and the right frame after."""

from __future__ import annotations

import collections.abc as cabc
import pathlib
import shutil
import urllib.parse

import flask
import pytest
from playwright.sync_api import expect

from consentkit import ConsentKit
from consentkit.demo.newsroom import SITE_FILE
from consentkit.embeds.catalogue import catalogue
from consentkit.embeds.catalogue import declaration
from tests.e2e.paper import press
from tests.e2e.paper import recorded
from tests.e2e.reader import Reader
from tests.e2e.servers import free_port
from tests.e2e.servers import serve

CODES = pathlib.Path(__file__).parents[1] / "unit" / "embeds" / "codes"
DECLARED = [name for name in catalogue().providers if name != "mastodon"]
STORED = "\n".join(path.read_text("utf-8") for path in sorted(CODES.glob("*.html")))
#: What is not declared: an instance of a federation, and a host that nobody knows.
STRANGERS = (
    '<iframe src="https://videos.stranger.example/1"></iframe><script src="https://cdn.stranger.example/x.js"></script>'
)
PAGE = """<!doctype html>
<html lang="{{ locale }}" dir="{{ 'rtl' if locale == 'ar' else 'ltr' }}"><head><title>Story</title>
<meta name="viewport" content="width=device-width, initial-scale=1">{{ consentkit.head(locale=locale) }}</head>
<body>{{ consentkit.notice(locale=locale) }}<main><h1>Story</h1>{{ stored | consent_embeds(locale=locale) }}
<p>{{ consentkit.settings_link(locale=locale) }}</p></main></body></html>"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> cabc.Iterator[str]:
    """A site that declares every provider of the catalogue but one, with an article that embeds all of them."""
    folder = tmp_path_factory.mktemp("articles")
    port = free_port()
    text = SITE_FILE.read_text("utf-8").replace('csp = "enforce"', 'csp = "off"').replace(":8000", f":{port}")
    shutil.copytree(SITE_FILE.parent / "policies", folder / "policies")
    (folder / "site.toml").write_text(text + "\n" + "\n".join(declaration(catalogue().providers[n]) for n in DECLARED))
    app = flask.Flask("articles")
    app.config.update(
        SECRET_KEY="of the tests",
        CONSENTKIT_CONFIG=str(folder / "site.toml"),
        CONSENTKIT_DATABASE_URL=f"sqlite:///{folder / 'records.db'}",
    )
    ConsentKit(app)

    @app.get("/story")
    def story() -> str:
        return flask.render_template_string(
            PAGE, stored=STORED + STRANGERS, locale=flask.request.args.get("locale", "en")
        )

    @app.get("/two")
    def two() -> flask.Response:
        code = (CODES / "youtube.html").read_text("utf-8")
        page = flask.render_template_string(PAGE, stored=code + "<p>Text</p>" + code, locale="en")
        answer = flask.make_response(page)
        policy = {"default-src": ["'none'"], "frame-src": ["https:"], **ConsentKit.csp_sources()}
        policy |= {"require-trusted-types-for": ["'script'"], "trusted-types": ["consentkit"]}
        answer.headers["Content-Security-Policy"] = "; ".join(f"{name} {' '.join(policy[name])}" for name in policy)
        return answer

    with serve(app, port=port):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def visitor(reader: cabc.Callable[..., Reader]) -> cabc.Callable[..., Reader]:
    """A reader for whom every other host answers with an empty page, so that what is asked for can be seen."""

    def make(**options: object) -> Reader:
        made = reader(**options)
        made.context.route(
            lambda url: urllib.parse.urlsplit(url).hostname not in {"127.0.0.1", "localhost"},
            lambda route: route.fulfill(body="<!doctype html><title>Frame</title>", content_type="text/html"),
        )
        return made

    return make


def others(visitor: Reader) -> list[str]:
    """Return what was asked of other hosts."""
    return [one.url for one in visitor.requests if urllib.parse.urlsplit(one.url).hostname != "127.0.0.1"]


def placeholder(visitor: Reader, service: str) -> str:
    """Return the selector of the first placeholder of *service*."""
    return f".consentkit-embed[data-service={service}] >> nth=0"


def test_nothing_of_others_is_asked_for_before_or_after_refusing(
    site: str, visitor: cabc.Callable[..., Reader]
) -> None:
    """Neither frames nor scripts nor posters; and every provider has its placeholder."""
    one = visitor()
    one.open(f"{site}/story")
    assert one.page.locator(".consentkit-embed[data-service]").count() >= len(DECLARED)
    one.page.mouse.wheel(0, 20_000)
    press(one, "reject_all")
    one.reload()
    assert others(one) == []
    assert one.errors == []


def test_once_is_this_one_and_the_same_size(site: str, visitor: cabc.Callable[..., Reader]) -> None:
    """The privacy-friendly frame, in the same place; the focus is in it, and a live region says so."""
    one = visitor()
    one.open(f"{site}/two")
    press(one, "reject_all")
    first = one.page.locator(placeholder(one, "youtube"))
    before = first.bounding_box()
    first.locator("[data-consentkit-embed=once]").click()
    expect(first.locator("iframe")).to_be_visible()
    expect(first.locator("[role=status]")).not_to_be_empty()
    assert first.bounding_box() == before
    assert first.locator("iframe").bounding_box() is not None
    one.rest()
    assert others(one) == ["https://www.youtube-nocookie.com/embed/aBcDeFgHiJk?start=42"]
    assert one.page.evaluate("document.activeElement.tagName") == "IFRAME"
    assert one.witness("violations") == []
    assert one.axe("main") == []


def test_always_opens_all_of_that_service(site: str, visitor: cabc.Callable[..., Reader]) -> None:
    """Both videos, and nothing of anybody else; withdrawn, both are words again and stay so."""
    one = visitor()
    one.open(f"{site}/two")
    press(one, "reject_all")
    with recorded(one):
        one.page.locator(placeholder(one, "youtube")).locator("[data-consentkit-embed=always]").click()
    expect(one.page.locator(".consentkit-embed iframe:visible")).to_have_count(2)
    one.rest()
    assert set(others(one)) == {"https://www.youtube-nocookie.com/embed/aBcDeFgHiJk?start=42"}
    with recorded(one):
        one.page.evaluate("window.consentkit.withdraw()")
    expect(one.page.locator(".consentkit-embed iframe:visible")).to_have_count(0)
    expect(one.page.locator(".consentkit-embed-words >> nth=0")).to_be_visible()
    one.requests.clear()
    one.reload()
    assert others(one) == []


def test_refusing_takes_back_what_was_shown_once(site: str, visitor: cabc.Callable[..., Reader]) -> None:
    """Shown before the reader decided; a refusal counts for it too."""
    one = visitor()
    one.open(f"{site}/two")
    first = one.page.locator(placeholder(one, "youtube"))
    first.locator("[data-consentkit-embed=once]").click()
    expect(first.locator("iframe")).to_be_visible()
    press(one, "reject_all")
    expect(first.locator("iframe")).to_be_hidden()


def test_accepting_all_loads_the_frame_of_each(site: str, visitor: cabc.Callable[..., Reader]) -> None:
    """Each provider's own host, as declared, and no script of a provider; strangers never."""
    one = visitor()
    one.open(f"{site}/story")
    press(one, "accept_all")
    expect(one.page.locator(".consentkit-embed[data-service] > iframe:not([src])")).to_have_count(0)
    one.rest()
    asked = {urllib.parse.urlsplit(url).hostname for url in others(one)}
    assert asked == {catalogue().providers[name].hosts[0] for name in DECLARED}
    assert not [url for url in others(one) if url.endswith(".js")]


@pytest.mark.parametrize("locale", ["en", "ar"])
@pytest.mark.parametrize("dark", [False, True])
def test_it_is_readable_by_everybody(
    site: str, visitor: cabc.Callable[..., Reader], locale: str, *, dark: bool
) -> None:
    """On a phone, both ways of writing, light and dark: nothing breaks a rule, nothing is wider than the page."""
    one = visitor(width=390, height=844, dark=dark)
    one.open(f"{site}/story?locale={locale}")
    press(one, "reject_all")
    assert one.axe(".consentkit-embed") == []
    # Not the page's own width: some codes bring boxes along that are wider than a phone.
    boxes = one.page.locator(".consentkit-embed, .consentkit-embed-words *")
    assert boxes.evaluate_all("all => Math.max(...all.map((one) => one.getBoundingClientRect().right))") <= 390
    one.picture(f"embeds-{locale}-{'dark' if dark else 'light'}")


def test_without_script_and_on_paper_there_is_the_link(site: str, visitor: cabc.Callable[..., Reader]) -> None:
    """No dead button; what was shown is words on paper."""
    one = visitor(script=False)
    one.open(f"{site}/story")
    expect(one.page.locator(".consentkit-embed button:visible")).to_have_count(0)
    expect(one.page.locator(placeholder(one, "telegram")).locator("a")).to_be_visible()
    assert others(one) == []
    two = visitor()
    two.open(f"{site}/two")
    press(two, "reject_all")
    two.page.locator(placeholder(two, "youtube")).locator("[data-consentkit-embed=once]").click()
    two.page.emulate_media(media="print")
    expect(two.page.locator(placeholder(two, "youtube")).locator("a")).to_be_visible()
    expect(two.page.locator(placeholder(two, "youtube")).locator("iframe")).to_be_hidden()
    expect(two.page.locator(placeholder(two, "youtube")).locator("button").first).to_be_hidden()
