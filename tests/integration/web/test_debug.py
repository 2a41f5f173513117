"""What developers are told in debug mode, and that nobody else is told anything."""

from __future__ import annotations

import collections.abc as cabc
import logging
import typing as t
import warnings

import flask
import jinja2
import pytest
from flask.testing import FlaskClient

from consentkit import current_consent
from consentkit.errors import ConsentWarning
from consentkit.testing import client
from consentkit.web import debug
from tests.integration.web.conftest import MakeNewsroom
from tests.integration.web.newsroom import CONFIGURATION
from tests.integration.web.newsroom import Newsroom

HELD = '<script type="text/plain" data-consent="analytics" data-src="https://counter.example/c.js"></script>'
LIVE = '<script src="https://counter.example/c.js?secret=1"></script>'


def page(body: str, **headers: str) -> cabc.Callable[[], flask.Response]:
    """Return a view that answers with *body* as HTML."""

    def view() -> flask.Response:
        response = flask.make_response(f"<!doctype html><title>News</title>{body}")
        response.headers.update(headers)
        return response

    return view


def line(newsroom: Newsroom, text: str) -> int:
    """Return the line of the configuration in which *text* stands."""
    return 1 + newsroom.text[: newsroom.text.index(text)].count("\n")


def told(newsroom: Newsroom, *views: cabc.Callable[[], t.Any], debug: bool = True) -> list[list[t.Any]]:
    """Return what is warned of when each of *views* answers twice, the first time in a process for each."""
    newsroom.app.debug = debug
    for number, view in enumerate(views):
        newsroom.app.add_url_rule(f"/host/view/{number}", f"view{number}", view)
    return [asked(newsroom, number) for number in range(len(views))]


def asked(newsroom: Newsroom, number: int = 0, reader: FlaskClient | None = None) -> list[t.Any]:
    """Return what is warned of when the view of that *number* answers twice."""
    if "consentkit_adviser" in newsroom.app.extensions:
        newsroom.app.extensions["consentkit_adviser"]._told.clear()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(2):
            assert (reader or newsroom.app.test_client()).get(f"/host/view/{number}").status_code == 200
    return [one for one in caught if issubclass(one.category, ConsentWarning)]


def test_an_undeclared_host_is_told_once_with_the_entry_to_add(newsroom: Newsroom) -> None:
    """The template, its line, the element without its query, and TOML that loads."""
    newsroom.app.jinja_env.loader = jinja2.DictLoader(
        {
            "base.html": "<!doctype html>\n<head>\n<script src='https://tags.example/t.js?key=5'></script>\n</head>",
            "story.html": "{% extends 'base.html' %}",
        }
    )
    ((one,),) = told(newsroom, lambda: flask.render_template("story.html"))
    text = str(one.message)
    assert "The page of 'view0' (base.html:3) loads <script src='https://tags.example/t.js'>, and no service" in text
    assert "key=5" not in text
    assert (one.filename, one.lineno) == (str(newsroom.file), newsroom.text.rstrip().count("\n") + 1)
    entry = text.partition("\n\n")[2]
    assert 'hosts = ["tags.example"]' in entry
    newsroom.file.write_text(f"{newsroom.text}\n{entry}", encoding="utf-8")
    newsroom.reload()
    assert "tags.example" in newsroom.runtime.site("steppe-herald").site.canonical()


def test_what_does_not_wait_is_told_where_it_is_declared(newsroom: Newsroom) -> None:
    """The line of the host, and how to make it wait."""
    ((one,),) = told(newsroom, page(LIVE))
    number = line(newsroom, 'hosts = ["counter.example"]')
    assert (one.filename, one.lineno) == (str(newsroom.file), number)
    text = str(one.message)
    assert f"{newsroom.file}:{number} (services[0].hosts[0])" in text
    assert 'type="text/plain" data-consent="analytics" data-service="counter" data-src="…"' in text
    assert "secret" not in text


WAITING = (
    HELD,
    "{% raw %}<template><img src=https://tags.example></template>{% endraw %}",
    '<a href="https://tags.example">t</a><form action="https://tags.example"></form>',
    '<img src="/own.png"><img src="https://www.steppe-herald.example/a.png"><img src="data:image/png;base64,AAAA">',
    '<script type="application/json" src="https://tags.example"></script><iframe srcdoc="x" src="//tags.example">',
    '<link rel="canonical" href="https://tags.example"><img src="http://[">',
)
LOADING = (
    '<iframe src="//tags.example/a"></iframe>',
    '<img srcset="/a 1x, https://tags.example/b 2x">',
    '<link rel="stylesheet" href="https://tags.example/a.css">',
    '<link rel="preconnect" href="https://tags.example">',
    '<video poster="https://tags.example/p.jpg"></video>',
    '<object data="https://tags.example/o"></object>',
    "<noscript><img src='https://tags.example/p'></noscript>",
    "<svg><image href='https://tags.example/p'/></svg>",
    '<base href="https://tags.example/"><img src="a.png">',
    '<script type="text/plain" data-consent="analytics" data-src="https://tags.example/a.js"></script>',
)


def test_what_waits_or_loads_nothing_is_not_told(newsroom: Newsroom) -> None:
    """Held elements, templates, links, the site's own files."""
    assert told(newsroom, *map(page, WAITING)) == [[]] * len(WAITING)


def test_every_way_to_load_is_seen(newsroom: Newsroom) -> None:
    """Also what would load later, if nobody declared it."""
    found = told(newsroom, *map(page, LOADING))
    assert ["'tags.example' under 'hosts'" in str(one.message) for (one,) in found] == [True] * len(LOADING)


def test_a_view_that_asked_may_print_what_its_reader_agreed_to(newsroom: Newsroom) -> None:
    """And only that."""

    def view() -> str:
        assert current_consent.status
        return f"<!doctype html>{LIVE}"

    ((one,),) = told(newsroom, view)
    assert "whatever the reader chose" in str(one.message)
    assert asked(newsroom, reader=client(newsroom.app, action="accept_all")) == []


def test_without_debug_mode_nothing_is_looked_at(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor installed."""
    monkeypatch.setattr(debug, "loads", None)
    before = list(newsroom.app.after_request_funcs[None])
    assert told(newsroom, page(LIVE), setting("_count"), debug=False) == [[], []]
    assert newsroom.app.after_request_funcs[None] == before


def test_our_own_fault_breaks_no_response(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged once."""

    def broken(*_: object) -> t.NoReturn:
        raise ValueError("broken")

    monkeypatch.setattr(debug, "loads", broken)
    with caplog.at_level(logging.ERROR):
        assert told(newsroom, page(LIVE)) == [[]]
    assert caplog.text.count("could not be looked at") == 1


def test_streams_compressed_and_huge_pages_are_left_alone(newsroom: Newsroom) -> None:
    """And bytes that are no text break nothing."""
    app = newsroom.app
    app.add_url_rule("/host/stream", "stream", lambda: flask.Response(iter([LIVE]), mimetype="text/html"))
    app.add_url_rule("/host/zip", "zip", page(LIVE, **{"Content-Encoding": "gzip"}))
    app.add_url_rule("/host/huge", "huge", page(LIVE + "x" * 2_100_000))
    app.add_url_rule("/host/bytes", "bytes", lambda: flask.Response(b"\xff\xfe<img src=\xff>", mimetype="text/html"))
    assert told(newsroom, lambda: "plain") == [[]]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in ("stream", "zip", "huge", "bytes"):
            assert app.test_client().get(f"/host/{name}").status_code == 200


def test_findings_are_bounded(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page with very many hosts says enough with some."""
    monkeypatch.setattr(debug, "_MAX_FINDINGS", 5)
    (found,) = told(newsroom, page("".join(f"<img src='https://h{i}.example'>" for i in range(50))))
    assert len(found) == 5


POLICIES = {
    "script-src 'self'": "its 'script-src', or what that falls back on, lacks 'counter.example'",
    "default-src 'self' counter.example video.example; base-uri 'none'": "",
    "script-src 'nonce-abc' 'strict-dynamic'": "",
    "default-src 'self' https:": "",
    "img-src 'none', script-src http://counter.example": "",
    "default-src *; script-src-elem 'self'": "lacks 'counter.example'",
    "default-src 'self' counter.example": "none of its directives has 'video.example'",
    "script-src *; script-src 'none'": "'script-src' stands there twice",
    "scrípt-src *": "other characters than ASCII",
    "=?; script-src *": "'=?' is no directive's name",
}


def test_what_the_sites_own_policy_stops_is_told(newsroom: Newsroom) -> None:
    """As it went out, whoever set it; a policy that cannot be read goes out as it is."""
    policies = iter([policy for policy in POLICIES for _ in range(2)])
    sent: list[str] = []

    def add(response: flask.Response) -> flask.Response:
        sent.append(next(policies))
        response.headers.add("Content-Security-Policy", sent[-1])
        return response

    newsroom.app.after_request_funcs[None].insert(1, add)
    for found, (policy, said) in zip(told(newsroom, *[page(HELD)] * len(POLICIES)), POLICIES.items(), strict=True):
        assert (policy, [said in str(one.message) for one in found]) == (policy, [True] if said else [])
        if "counter" in said:
            assert found[0].lineno == line(newsroom, 'hosts = ["counter.example"]')
    assert sent[::2] == list(POLICIES)


def setting(*names: str) -> cabc.Callable[[], flask.Response]:
    """Return a view that sets cookies of those *names*, and takes one away."""

    def view() -> flask.Response:
        response = flask.make_response("plain")
        for name in names:
            response.set_cookie(name, "a-value-of-a-reader")
        response.delete_cookie("gone")
        return response

    return view


def test_a_cookie_that_was_not_agreed_to_is_told(make_newsroom: MakeNewsroom) -> None:
    """The line that declares it or the entry to add, and what became of it; never its value."""
    newsroom = make_newsroom(text=f'{CONFIGURATION}\n[enforcement]\ncookies = "enforce"\n')
    newsroom.app.config["SESSION_COOKIE_NAME"] = "desk"
    declared, undeclared, own = told(newsroom, setting("_count"), setting("_ga"), setting("desk", "consentkit"))
    ((one,), (other,)) = declared, undeclared
    assert (one.filename, one.lineno) == (str(newsroom.file), line(newsroom, "cookies = [{"))
    assert "'view0' sets the cookie '_count' of the service 'counter' for a reader who has not" in str(one.message)
    assert "agreed to 'analytics': it is withheld" in str(one.message)
    assert "'view1' sets the cookie '_ga', and no service of 'steppe-herald'" in str(other.message)
    assert 'name = "_ga"' in str(other.message)
    assert own == []
    assert "a-value" not in f"{one.message}{other.message}"
    assert asked(newsroom, reader=client(newsroom.app, action="accept_all")) == []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        newsroom.app.extensions["consentkit_adviser"]._told.clear()
        with pytest.raises(ConsentWarning):
            newsroom.app.test_client().get("/host/view/0")


def test_a_cookie_that_is_only_counted_is_told_too(newsroom: Newsroom) -> None:
    """It leaves. Without debug mode nothing is said."""
    ((one,),) = told(newsroom, setting("_count"))
    assert "it leaves, for that is how '[enforcement]' has it" in str(one.message)


def test_whoever_makes_errors_of_warnings_gets_one_in_every_test(newsroom: Newsroom) -> None:
    """Until it is mended: what was raised does not count as told."""
    newsroom.app.debug = newsroom.app.testing = True
    newsroom.app.add_url_rule("/host/view/0", "view", page(LIVE))
    for _ in range(2):
        with pytest.raises(ConsentWarning):
            newsroom.app.test_client().get("/host/view/0")


def test_the_line_is_found_in_a_folder_of_sites(make_newsroom: MakeNewsroom) -> None:
    """In the right file; where the file is gone, the message is told without."""
    newsroom = make_newsroom(text=f"# first\n{CONFIGURATION}")
    (newsroom.file.parent / "a.toml").write_text("[site]\nid = 5", encoding="utf-8")
    place = debug.place_of(newsroom.file.parent, "steppe-herald", "counter", cookies="_count")
    assert place is not None
    assert str(place) == f"{newsroom.file}:{line(newsroom, '_count')} (services[0].cookies[0].name)"
    assert debug.place_of(newsroom.file, "taiga") is None
    newsroom.file.unlink()
    ((one,),) = told(newsroom, page(LIVE))
    assert one.filename == newsroom.app.name
