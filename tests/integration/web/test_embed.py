"""``GET embed``: the one frame that a reader asked to see, and no other."""

from __future__ import annotations

import base64
import hashlib
import json
import typing as t
import urllib.parse

import click.testing
import pytest

from consentkit import ConsentKit
from consentkit.cli import consentkit_cli
from tests.integration.web.newsroom import CONFIGURATION
from tests.integration.web.newsroom import EVIL
from tests.integration.web.newsroom import WWW
from tests.integration.web.newsroom import Reader

if t.TYPE_CHECKING:
    from tests.integration.web.conftest import MakeNewsroom

ENFORCE = '\n[enforcement]\ncsp = "enforce"\n'
YOUTUBE = """
[[services]]
id = "youtube"
name = "You<Tube"
provider = "Google Ireland Ltd"
country = "IE"
purposes = ["embeds"]
hosts = ["www.youtube-nocookie.com", "*.ytimg.com"]
[[services]]
id = "vimeo"
name = "Vimeo"
provider = "Vimeo Inc"
country = "US"
transfer = "consent"
purposes = ["embeds"]
[[services]]
id = "shop"
name = "Shop"
provider = "Steppe Herald LLP"
country = "KZ"
purposes = ["necessary"]
why_necessary = "Sells papers."
hosts = ["shop.example"]
"""
FILM = "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ?start=42&colour=a%22b"


@pytest.fixture
def reader(make_newsroom: MakeNewsroom) -> Reader:
    """A reader of a site whose pages have policies."""
    return Reader(make_newsroom(text=CONFIGURATION + YOUTUBE + ENFORCE))


def address(src: str, **more: str) -> str:
    """Return where that frame is asked for."""
    return f"/consent/embed?{urllib.parse.urlencode({'site': 'steppe-herald', 'src': src, **more})}"


def directives(answer: t.Any) -> dict[str, list[str]]:
    """Return the policy of an answer."""
    parts = (part.split() for part in answer.headers["Content-Security-Policy"].split(";"))
    return {name: values for name, *values in parts}


def test_a_frame_of_a_known_provider(reader: Reader) -> None:
    """As it was asked for, with what its player needs, in a page that can do nothing else and stand nowhere else."""
    answer = reader.get(address(FILM, locale="ar"))
    assert answer.status_code == 200
    assert 'src="https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ?start=42&amp;colour=a%22b"' in answer.text
    assert '<html lang="ar" dir="rtl">' in answer.text
    assert "<title>You&lt;Tube</title>" in answer.text
    assert "encrypted-media" in answer.text
    assert " allowfullscreen " in answer.text
    assert 'referrerpolicy="strict-origin-when-cross-origin"' in answer.text
    assert "<script" not in answer.text
    policy = directives(answer)
    assert policy["default-src"] == ["'none'"]
    assert policy["frame-src"] == ["https://www.youtube-nocookie.com", "www.youtube-nocookie.com", "*.ytimg.com"]
    assert policy["frame-ancestors"][:2] == ["'self'", WWW]
    assert EVIL not in answer.headers["Content-Security-Policy"]
    assert set(policy) == {"default-src", "style-src", "frame-src", "base-uri", "form-action", "frame-ancestors"}
    assert answer.headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.headers["Vary"] == "Sec-Fetch-Dest"
    assert answer.headers["Content-Language"] == "ar"
    assert "Set-Cookie" not in answer.headers


def test_a_frame_of_a_declared_host_and_of_a_provider_declared_by_name(reader: Reader) -> None:
    """The one may use nothing that senses the reader; the other has the form that the catalogue knows."""
    answer = reader.get(address("https://video.example/1"))
    assert 'src="https://video.example/1"' in answer.text
    assert "camera" not in answer.text
    answer = reader.get(address("https://vimeo.com/76979871"))
    assert 'src="https://player.vimeo.com/video/76979871?dnt=1"' in answer.text
    assert directives(answer)["frame-src"] == ["https://player.vimeo.com"]


NOTHING = [
    "https://evil.example/",
    "https://video.example.evil.example/",
    "https://video.example:8443/",
    "https://video.example@evil.example/",
    "https://evil.example\\@video.example/",
    "//evil.example/",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "/consent/embed?src=https://video.example/",
    "https://www.steppe-herald.example/",
    # What needs no agreement is in every page's policy.
    "https://shop.example/",
    # Nobody is declared for it.
    "https://www.dailymotion.com/video/x8abcde",
    "https://video.example/" + "a" * 5000,
    "https://[::1",
    "\ud800",
]


def test_nothing_else_is_framed(reader: Reader) -> None:
    """Neither by an address that could be read in two ways, nor by one that nobody declared."""
    for src in NOTHING:
        answer = reader.get(f"/consent/embed?site=steppe-herald&src={urllib.parse.quote(src, errors='surrogatepass')}")
        assert (src, answer.status_code) == (src, 404)
        assert "<iframe" not in answer.text


def test_without_an_address_there_is_nothing_to_frame(reader: Reader) -> None:
    """It says which field."""
    assert reader.get("/consent/embed?site=steppe-herald").status_code == 400
    assert reader.get("/consent/embed?site=nobody&src=" + FILM).status_code == 404


def test_it_is_no_page_of_its_own(reader: Reader) -> None:
    """Alone in a window it would be somebody's content under the site's name; and of use where pages have policies."""
    for dest, status in (("document", 404), ("script", 404), ("iframe", 200)):
        assert reader.get(address(FILM), headers={"Sec-Fetch-Dest": dest}).status_code == status


def test_a_page_that_is_held_to_its_reader_begins_with_that(reader: Reader, monkeypatch) -> None:
    """Before any other element of consentkit's, with the same bytes for everybody, and allowed by its hash."""
    head = reader.get("/news/1").text.partition("<head>")[2].partition("</title>")[2]
    assert head.startswith('<script data-consentkit-hosts=\'{"site":"steppe-herald","revision":1,')
    data, _, rest = head.partition("'>")
    assert "counter.example" in data
    script, _, rest = rest.partition("</script>")
    assert rest.startswith('<meta http-equiv="Content-Security-Policy" content="">')
    source = f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
    with reader.newsroom.app.app_context():
        sources = ConsentKit.csp_sources()
    assert sources["script-src"][0] == source
    assert sources["frame-src"] == ["'self'"]
    monkeypatch.setenv("CONSENTKIT_CONFIG", str(reader.newsroom.file))
    said = click.testing.CliRunner().invoke(consentkit_cli, ["csp", "--format", "json"]).stdout
    assert json.loads(said)["consentkit"] == sources


@pytest.mark.parametrize("mode", ["off", "report-only"])
def test_where_pages_have_no_policy_there_is_no_such_page(make_newsroom: MakeNewsroom, mode: str) -> None:
    """Nothing that nobody uses."""
    reader = Reader(make_newsroom(text=CONFIGURATION + YOUTUBE + ENFORCE.replace('"enforce"', f'"{mode}"')))
    assert reader.get(address(FILM)).status_code == 404
    page = reader.get("/news/1").text
    assert "data-consentkit-hosts" not in page
    assert "http-equiv" not in page
