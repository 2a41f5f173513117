"""Bad input: each gets the contract's answer, none gives a 500, none grants anything, none loses a record."""

from __future__ import annotations

import collections.abc as cabc
import io
import json
import shutil
import typing as t
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from consentkit.testing import FrozenClock
from tests.integration.web.newsroom import NEW_SERVICE
from tests.integration.web.newsroom import WWW
from tests.integration.web.newsroom import Newsroom
from tests.integration.web.newsroom import Reader
from tests.integration.web.newsroom import problem
from tests.integration.web.newsroom import set_cookies

URL = f"{WWW}/consent/decisions"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, published: Path) -> cabc.Iterator[Newsroom]:
    """A newsroom with one record, which must be the only one in the end."""
    folder = tmp_path_factory.mktemp("shared")
    shutil.copy(published, folder / "consentkit.db")
    newsroom = Newsroom(folder, f"sqlite:///{folder / 'consentkit.db'}", FrozenClock())
    Reader(newsroom).decide("accept_all")
    [record] = newsroom.records()
    yield newsroom
    assert newsroom.records() == [record]
    newsroom.close()


def refused(newsroom: Newsroom, body: bytes, status: int = 400, **more: t.Any) -> dict[str, t.Any]:
    """The problem that *body* gives; it sets no cookie."""
    answer = newsroom.app.test_client().post(URL, data=body, content_type="application/json", **more)
    assert answer.status_code == status, answer.text
    assert not set_cookies(answer)
    return problem(answer)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"accept_all",
        b"'accept_all'",
        b"\xff\xfe{\x00}\x00",
        b'{"action": "\xff"}',
        b"\xef\xbb\xbf{}",
        b"{} {}",
        b'{"action": NaN}',
        b'{"a": Infinity}',
        b'{"action": "accept_all", "action": "reject_all"}',
        b'{"purposes": {"analytics": false, "analytics": true}}',
        b"[" * 8000,
        b'{"a":' * 3000,
        b'{"action": ' + b"1" * 6000 + b"}",
        b"null",
        b"[]",
        b"1",
        b'"accept_all"',
        b"true",
    ],
    ids=lambda body: repr(body[:40]),
)
def test_a_body_that_is_no_object_is_malformed(shared: Newsroom, body: bytes) -> None:
    """Broken, in other letters, ambiguous, very deep."""
    assert refused(shared, body)["field"] == ""


WRONG: list[tuple[str, object]] = [
    *(("action", value) for value in (..., None, "", "agree", "ACCEPT_ALL", "gpc", 1, True, ["accept_all"], {})),
    *(("purposes", value) for value in (None, [], "analytics", 1, {"analytics": 1}, {"analytics": "true"})),
    *(("purposes", value) for value in ({"nonsense": True}, {"nonsense": False}, {"": True}, {"__proto__": True})),
    *(("purposes", {"analytics": value}) for value in (None, [], {})),
    *(("services", value) for value in (None, [], {"nonsense": True}, {"counter": None}, {"Counter": True})),
    *(
        ("notice", value)
        for value in (..., None, "", "a" * 15, "a" * 17, "A" * 16, "0" * 16, 1, ["a"], "a" * 15 + "\n")
    ),
    *(("locale", value) for value in (..., None, "", "xx", "RU", "ru-RU", "../ru", "ru\x00", 1, "a" * 5000)),
    *(("page", value) for value in (1, [], {}, True)),
    *(("layer", value) for value in ("", "3", 0, True, [], {}, 1.5)),
    ("\ud800", True),
    ("x" * 200, 1),
    ("<script>", 1),
    ("", 1),
]


@pytest.mark.parametrize(("field", "value"), WRONG, ids=lambda part: repr(part)[:40])
def test_a_wrong_field_is_named(shared: Newsroom, field: str, value: object) -> None:
    """Types are never guessed: ``1`` is not ``true``."""
    body = Reader(shared).body() | {field: value}
    sent = json.dumps({name: item for name, item in body.items() if item is not ...}).encode()
    assert refused(shared, sent)["field"] == field[:40]


def test_a_person_is_told_the_field_too(shared: Newsroom) -> None:
    """The page names it, as text and not as markup, however long it is."""
    client = shared.app.test_client()
    headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin", "Accept-Language": "ru"}
    answer = client.post(URL, data={"action": "reject_all"}, headers=headers)
    assert answer.status_code == 400
    assert "<code>notice</code>" in answer.text
    answer = client.post(URL, data={"action": "reject_all", "<b>" + "x" * 500: "1"}, headers=headers)
    assert "&lt;b&gt;xx" in answer.text
    assert "x" * 41 not in answer.text


def test_accepting_cannot_refuse(shared: Newsroom) -> None:
    """``accept_all`` beside a refusal says two things: neither is taken."""
    for part in ({"purposes": {"analytics": False}}, {"services": {"counter": False}}):
        body = json.dumps(Reader(shared).body() | part).encode()
        assert refused(shared, body)["field"] == next(iter(part))


def test_a_body_has_at_most_16_kib(shared: Newsroom) -> None:
    """Whether its length is announced or not."""
    big = json.dumps(Reader(shared).body() | {"page": "/" + "x" * 17_000}).encode()
    refused(shared, big, 413)
    # As servers pass on a body in chunks: without a length, but with an end.
    stream = {"input_stream": io.BytesIO(big), "environ_overrides": {"wsgi.input_terminated": True}}
    answer = shared.app.test_client().post(
        URL, content_type="application/json", headers={"Transfer-Encoding": "chunked"}, **stream
    )
    assert answer.status_code == 413
    problem(answer)
    form = shared.app.test_client().post(URL, data={"action": "x" * 17_000}, headers={"Origin": WWW})
    assert form.status_code == 413


@pytest.mark.parametrize("lie", ["-1", "abc", "99999999999999999999"])
def test_a_length_that_is_a_lie_is_no_harm(shared: Newsroom, lie: str) -> None:
    """The answer is one of ours."""
    answer = shared.app.test_client().post(
        URL, content_type="application/json", environ_overrides={"CONTENT_LENGTH": lie}, data=b"{}"
    )
    assert answer.status_code in {400, 413}
    problem(answer)


METHODS = {
    "decisions": "OPTIONS, POST",
    "shown": "OPTIONS, POST",
    "state": "GET, HEAD",
    "state.css": "GET, HEAD",
    "notice": "GET, HEAD",
    "widget.js": "GET, HEAD",
    "preferences": "GET, HEAD",
    "privacy": "GET, HEAD",
    "records/01a208a1-7c75-7640-a422-27e494065f13/receipt": "GET, HEAD",
    "healthz": "GET, HEAD",
}


@pytest.mark.parametrize("path", METHODS)
def test_another_method_is_told_which_ones_there_are(shared: Newsroom, path: str) -> None:
    """405 with Allow, to programs and people."""
    client = shared.app.test_client()
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - set(METHODS[path].split(", ")):
        answer = client.open(f"{WWW}/consent/{path}", method=method)
        assert answer.status_code == 405
        assert answer.headers["Allow"] == METHODS[path]
        problem(answer)
        page = client.open(f"{WWW}/consent/{path}", method=method, headers={"Accept": "text/html"})
        assert (page.status_code, page.mimetype) == (405, "text/html")


@pytest.mark.parametrize(
    "path",
    [
        "",
        "nothing",
        "static/",
        "static/../../config.py",
        "static/head.js",
        "static/%2e%2e/page.js",
        "records/x/receipt",
    ],
)
def test_there_is_nothing_elsewhere(shared: Newsroom, path: str) -> None:
    """A problem or a page, and no word of what lies behind."""
    for accept, form in (("*/*", "application/problem+json"), ("text/html", "text/html")):
        answer = shared.app.test_client().get(f"{WWW}/consent/{path}", headers={"Accept": accept})
        assert (answer.status_code, answer.mimetype) == (404, form)


# ── old and unknown notices ──


def test_an_old_notice_can_be_refused_and_not_accepted(any_reader: Reader) -> None:
    """Refusing is never lost; agreeing needs the notice that holds."""
    newsroom = any_reader.newsroom
    old = newsroom.notice()
    newsroom.rewrite("[policies.privacy]", NEW_SERVICE)
    newsroom.reload()
    for action, purposes in (("accept_all", {}), ("save", {"analytics": True})):
        answer = any_reader.decide(action, purposes=purposes, notice=old)
        assert answer.status_code == 409
        assert problem(answer)["current"] == newsroom.notice()
        assert not set_cookies(answer)
    for action in ("reject_all", "withdraw", "save"):
        assert any_reader.decide(action, notice=old).status_code == 201
    assert [record.notice_version for record in newsroom.records()] == [old] * 3
    assert [record.revision for record in newsroom.records()] == [2] * 3
    assert any_reader.status == "valid"


def test_an_old_notice_may_name_what_is_gone(reader: Reader) -> None:
    """A purpose, a service and a language that the site has dropped: refusing them is refusing."""
    newsroom = reader.newsroom
    old = newsroom.notice("ar")
    newsroom.rewrite('[[purposes]]\nid = "preferences"\nlegal_basis = "consent"\n', "")
    newsroom.rewrite(', "ar"]', "]")
    newsroom.reload()
    answer = reader.decide(
        "save", purposes={"preferences": False, "analytics": False}, services={"gone": False}, notice=old, locale="ar"
    )
    assert answer.status_code == 201
    assert newsroom.records()[0].locale == "ar"
    assert reader.decide("reject_all", notice=old, locale="de").status_code == 400
    assert reader.decide("reject_all", purposes={"preferences": False}).status_code == 400
    assert reader.decide("accept_all", notice=old, locale="ar").status_code == 400


def test_a_notice_that_never_was_is_refused(reader: Reader) -> None:
    """409 with the current one; refusing it is in force all the same."""
    reader.decide("accept_all")
    answer = reader.decide("save", purposes={"analytics": True}, notice="a" * 16)
    assert answer.status_code == 409
    assert not set_cookies(answer)
    answer = reader.decide("reject_all", notice="a" * 16)
    assert answer.status_code == 409
    assert problem(answer)["current"] == reader.newsroom.notice()
    assert set(set_cookies(answer)) == {"consentkit"}
    assert (reader.status, reader.allowed) == ("valid", set())
    assert len(reader.newsroom.records()) == 1


# ── anything at all ──

texts = st.text(st.characters(codec="utf-8"), max_size=40)
header_texts = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=60)
PATHS = ["state", "state.css", "notice", "widget.js", "preferences", "privacy", "cookies", "records/x/receipt", "x"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(PATHS),
    query=st.dictionaries(
        st.sampled_from(["locale", "v", "version", "next", "fragment", "regime", "token", "layer", "notice"]), texts
    ),
    headers=st.dictionaries(
        st.sampled_from(
            [
                "Accept",
                "Accept-Language",
                "Accept-Encoding",
                "Origin",
                "Referer",
                "If-None-Match",
                "Range",
                "User-Agent",
                "Cookie",
                "Sec-GPC",
                "If-Modified-Since",
                "X-Forwarded-For",
                "Authorization",
            ]
        ),
        header_texts,
    ),
)
def test_no_question_gives_a_500(shared: Newsroom, path: str, query: dict[str, str], headers: dict[str, str]) -> None:
    """Whatever the address and the headers say."""
    client = shared.app.test_client(use_cookies=False)
    answer = client.get(f"/consent/{path}", query_string=query, headers=headers, base_url=WWW)
    assert answer.status_code in {200, 304, 400, 404, 409, 206, 416}
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("origin", ["http://[", "https://[::1", "//", "null", "\xff", "http://" + "a" * 9000])
@pytest.mark.parametrize("host", [None, "[", "evil.example", "a" * 300])
def test_odd_hosts_and_origins_are_no_harm(shared: Newsroom, origin: str, host: str | None) -> None:
    """They find no site or the only one."""
    headers = {"Origin": origin} | ({"Host": host} if host else {})
    for path in ("/consent/state", "/", "/host/counts"):
        assert shared.app.test_client().get(path, headers=headers).status_code in {200, 400, 404}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.sampled_from(["action", "purposes", "services", "notice", "locale", "page", "nonce", "layer"])
        | st.text(max_size=9),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
            max_leaves=5,
        ),
    )
)
def test_no_body_gives_a_500(shared: Newsroom, body: dict[str, object]) -> None:
    """What a machine makes up is never a decision."""
    refused(shared, json.dumps(body).encode())
