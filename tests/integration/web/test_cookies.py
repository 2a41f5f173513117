"""The cookies that a decision sets, and what the server makes of those that come back."""

from __future__ import annotations

import base64
import datetime as dt
import json
import zlib

import itsdangerous
import pytest

from consentkit.cookies.codec import Codec
from consentkit.cookies.keyring import Keyring
from consentkit.testing import FrozenClock
from tests.integration.web.conftest import MakeNewsroom
from tests.integration.web.newsroom import CONFIGURATION
from tests.integration.web.newsroom import SECRET
from tests.integration.web.newsroom import WWW
from tests.integration.web.newsroom import Newsroom
from tests.integration.web.newsroom import Reader
from tests.integration.web.newsroom import set_cookies

HOST = "www.steppe-herald.example"
STATE = f"{WWW}/consent/state?site=steppe-herald"


def status_with(newsroom: Newsroom, *values: str, name: str = "consentkit") -> dict[str, object]:
    """What the server makes of a browser that sends these cookies."""
    # The header is written here: a client's jar would keep one of a name.
    answer = newsroom.app.test_client(use_cookies=False).get(
        STATE, headers={"Cookie": "; ".join(f"{name}={value}" for value in values)}
    )
    assert answer.status_code == 200
    body: dict[str, object] = answer.get_json()
    return body


def accepted(newsroom: Newsroom) -> str:
    """A cookie that allows everything."""
    reader = Reader(newsroom)
    reader.decide("accept_all")
    return reader.cookie() or ""


# ── what is set ──


def test_both_cookies_have_their_attributes(reader: Reader) -> None:
    """Path, SameSite, Max-Age and, on https, Secure; the identifier alone is hidden from script."""
    cookies = set_cookies(reader.decide("accept_all"))
    assert set(cookies) == {"consentkit", "consentkit_id"}
    for name, cookie in cookies.items():
        assert cookie["path"] == "/"
        assert cookie["samesite"] == "Lax"
        assert cookie["max-age"] == str(180 * 86400)
        assert "secure" in cookie
        assert "domain" not in cookie
        assert ("httponly" in cookie) is (name == "consentkit_id")
    assert len(cookies["consentkit"]["value"]) <= 400


def test_on_http_they_are_not_secure(newsroom: Newsroom) -> None:
    """Or a newsroom could not be tried on its own machine."""
    reader = Reader(newsroom, at="http://127.0.0.1:8000")
    assert not any("secure" in cookie for cookie in set_cookies(reader.decide("accept_all")).values())
    assert reader.status == "valid"


def test_the_time_limit_is_the_sites(make_newsroom: MakeNewsroom) -> None:
    """Cookie, state and record end together."""
    newsroom = make_newsroom(text=CONFIGURATION.replace("locales =", "max_age_days = 30\nlocales ="))
    reader = Reader(newsroom)
    answer = reader.decide("reject_all")
    assert set_cookies(answer)["consentkit"]["max-age"] == str(30 * 86400)
    assert reader.state["decided"]["last_day"] == "2026-12-23"
    assert answer.get_json()["expires_at"].startswith("2026-12-23")


def test_a_page_and_its_assets_set_no_cookie(reader: Reader) -> None:
    """None before a decision, whatever is read."""
    for path in (
        "/",
        "/consent/widget.js",
        "/consent/notice",
        "/consent/state",
        "/consent/state.css",
        "/consent/preferences",
        "/consent/preferences?fragment=1",
        "/consent/privacy",
        "/consent/cookies",
        "/consent/healthz",
        "/consent/nothing",
        "/host/for-you",
    ):
        answer = reader.get(path)
        assert "Set-Cookie" not in answer.headers, path
    assert reader.cookies() == []


def test_the_domain_is_the_configured_one(make_newsroom: MakeNewsroom) -> None:
    """And not on a host that it does not cover."""
    newsroom = make_newsroom(
        text=CONFIGURATION.replace("locales =", 'cookie_domain = "steppe-herald.example"\nlocales =')
    )
    cookies = set_cookies(Reader(newsroom).decide("accept_all"))
    assert {cookie["domain"] for cookie in cookies.values()} == {"steppe-herald.example"}
    cookies = set_cookies(Reader(newsroom, at="http://localhost").decide("accept_all"))
    assert not any("domain" in cookie for cookie in cookies.values())


def test_a_cookie_from_before_the_domain_does_not_stand_beside_the_new_one(make_newsroom: MakeNewsroom) -> None:
    """Two would count as none, and the reader would be asked at once again."""
    newsroom = make_newsroom()
    reader = Reader(newsroom)
    # Another decision than the next, for equal copies would count as one.
    reader.decide("reject_all")
    newsroom.rewrite("locales =", 'cookie_domain = "steppe-herald.example"\nlocales =')
    newsroom.reload()
    reader.decide("accept_all")
    assert reader.status == "valid"


def test_the_class_is_a_number_for_caches(make_newsroom: MakeNewsroom) -> None:
    """Only where the site asks for it."""
    newsroom = make_newsroom(text=CONFIGURATION.replace("locales =", "class_cookie = true\nlocales ="))
    reader = Reader(newsroom)
    values = []
    for action, purposes in (("accept_all", {}), ("save", {"analytics": True}), ("reject_all", {})):
        cookie = set_cookies(reader.decide(action, purposes=purposes))["consentkit_class"]
        assert "httponly" not in cookie
        values.append(cookie["value"])
    assert values == ["7", "2", "0"]
    # A CDN that saw two would not know which.
    newsroom.rewrite("locales =", 'cookie_domain = "steppe-herald.example"\nlocales =')
    newsroom.reload()
    headers = reader.decide("accept_all").headers.getlist("Set-Cookie")
    assert [header.partition(";")[0] for header in headers if header.startswith("consentkit_class=")] == [
        "consentkit_class=",
        "consentkit_class=",
        "consentkit_class=7",
    ]


# ── copies ──


def test_two_different_copies_are_no_decision(newsroom: Newsroom) -> None:
    """One on the apex, one on www: nobody can say which is the reader's last word."""
    yes = accepted(newsroom)
    refuser = Reader(newsroom)
    refuser.decide("reject_all")
    for copies in ((yes, refuser.cookie() or ""), (yes, "x"), ("", yes), (yes, yes, "y")):
        state = status_with(newsroom, *copies)
        assert state["status"] == "invalid"
        assert not any(state["services"].values())  # type: ignore[attr-defined]
    assert status_with(newsroom, yes, yes)["status"] == "valid"


@pytest.mark.parametrize("different", [True, False])
def test_a_decision_takes_the_copies_away(newsroom: Newsroom, different: bool) -> None:
    """Equal ones as well: they would differ from then on."""
    yes = accepted(newsroom)
    answer = newsroom.app.test_client(use_cookies=False).post(
        "/consent/decisions",
        json=Reader(newsroom).body("reject_all"),
        headers={"Cookie": f"consentkit={yes}; consentkit={'x' if different else yes}"},
        base_url=WWW,
    )
    headers = [h for h in answer.headers.getlist("Set-Cookie") if h.startswith("consentkit=")]
    expired = [header for header in headers if "Max-Age=0" in header]
    assert {header.partition("Domain=")[2].partition(";")[0] for header in expired} == {HOST, "steppe-herald.example"}
    [kept] = [header for header in headers if header not in expired]
    assert headers[-1] == kept
    assert "Domain" not in kept
    assert not newsroom.codec.unseal(kept.partition("=")[2].partition(";")[0]).agrees


def test_a_hundred_cookies_are_no_decision(newsroom: Newsroom) -> None:
    """And no hundred signatures are checked for them; deciding works all the same."""
    yes = accepted(newsroom)
    many = [f"{yes[:-1]}{i}" for i in range(99)]
    assert status_with(newsroom, yes, *many)["status"] == "invalid"
    others = "; ".join(f"noise{i}={i}" for i in range(100))
    answer = newsroom.app.test_client(use_cookies=False).get(STATE, headers={"Cookie": f"{others}; consentkit={yes}"})
    assert answer.get_json()["status"] == "valid"
    identifiers = "; ".join(f"consentkit_id={i}" for i in range(100))
    answer = newsroom.app.test_client(use_cookies=False).post(
        "/consent/decisions", json=Reader(newsroom).body("reject_all"), headers={"Cookie": identifiers}, base_url=WWW
    )
    assert answer.status_code == 201


# ── cookies that do not hold ──


def crafted(payload: object, key: str = SECRET, salt: str = "consentkit.cookie.v1") -> str:
    """A cookie in our format: what the stock serializer writes where it does not compress."""
    data = base64.urlsafe_b64encode(json.dumps(payload, separators=(",", ":")).encode()).rstrip(b"=")
    return itsdangerous.TimestampSigner(key, salt=salt).sign(data).decode()


PAYLOAD = {"v": 1, "s": "steppe-herald", "c": 1, "n": "a" * 16, "r": "gdpr", "a": "accept_all", "p": ["analytics"]}


def test_what_is_crafted_well_holds(newsroom: Newsroom) -> None:
    """The tests below fail for their reason alone."""
    assert status_with(newsroom, crafted(PAYLOAD | {"e": 30000}))["status"] == "valid"


NOT_HOLDING = [
    "",
    "x",
    "..",
    "a.b.c",
    "%00",
    "\xff\xfe",
    '"quoted"',
    "a" * 5000,
    crafted(PAYLOAD | {"e": 30000}, key="a key of somebody else"),
    crafted(PAYLOAD | {"e": 30000}, salt="cookie-session"),
    crafted(PAYLOAD | {"e": 30000, "s": "another-site"}),
    crafted(PAYLOAD | {"e": 30000, "v": 2}),
    crafted(PAYLOAD | {"e": 10**15}),
    crafted(PAYLOAD | {"e": "30000"}),
    crafted(PAYLOAD),
    crafted(["analytics"]),
    ".".join(crafted(PAYLOAD | {"e": 30000}).split(".")[::-1]),
    crafted(PAYLOAD | {"e": 30000})[:-1],
    crafted(PAYLOAD | {"e": 30000}).split(".")[0],
    base64.urlsafe_b64encode(json.dumps(PAYLOAD | {"e": 30000}).encode()).decode().rstrip("=") + ".AAAA.AAAA",
    itsdangerous.TimestampSigner(SECRET, salt="consentkit.cookie.v1")
    .sign("." + base64.urlsafe_b64encode(zlib.compress(b"{}" * 999)).decode().rstrip("="))
    .decode(),
]


def test_what_does_not_hold_is_no_consent(newsroom: Newsroom, subtests: pytest.Subtests) -> None:
    """Forged, cut, reordered, compressed, another site's: the notice shows, nothing is allowed, nothing breaks."""
    for value in NOT_HOLDING:
        with subtests.test(value=value):
            state = status_with(newsroom, value)
            assert state["status"] in {"invalid", "none"}
            assert not any({**state["services"], **state["purposes"], "necessary": False}.values())  # type: ignore[dict-item]
            client = newsroom.app.test_client(use_cookies=False)
            headers = {"Cookie": f"consentkit={value}; consentkit_id={value}"}
            for path in ("/", "/host/counts", "/consent/state.css", "/consent/preferences"):
                answer = client.get(path, headers=headers, base_url=WWW)
                assert answer.status_code == 200
                assert "display:none" not in answer.text or path == "/"
            assert client.get("/host/counts", headers=headers, base_url=WWW).text == "False"
            answer = client.post("/consent/decisions", json=Reader(newsroom).body(), headers=headers, base_url=WWW)
            assert answer.status_code == 201


def test_a_purpose_that_never_was_is_not_allowed(newsroom: Newsroom) -> None:
    """Even signed by us."""
    state = status_with(newsroom, crafted(PAYLOAD | {"e": 30000, "p": ["analytics", "nonsense", "necessary"]}))
    assert state["purposes"] == {"necessary": True, "preferences": False, "analytics": True, "embeds": False}


def test_bits_of_a_revision_that_is_not_known_here_allow_no_service(newsroom: Newsroom) -> None:
    """Another process is ahead: until this one has caught up, nobody knows which service a bit stands for."""
    value = crafted(PAYLOAD | {"e": 30000, "c": 2, "x": "2"})
    state = status_with(newsroom, value)
    assert state["status"] == "valid"
    assert not any(state["services"].values())  # type: ignore[attr-defined]
    assert state["purposes"]["analytics"] is True  # type: ignore[index]


# ── keys ──


def test_a_retired_key_still_holds(newsroom: Newsroom) -> None:
    """A rotated SECRET_KEY asks nobody again, and what is written from then on has the new key."""
    old = Reader(newsroom)
    old.decide("accept_all")
    app = newsroom.make_app(SECRET_KEY="the new key", SECRET_KEY_FALLBACKS=[SECRET, "an even older one"])
    new = Reader(newsroom, app=app)
    for name, value in old.cookies():
        new.client.set_cookie(name, value, domain=HOST)
    assert new.status == "valid"
    new.decide("save", purposes={"analytics": True})
    subjects = {record.subject_id for record in newsroom.records()}
    assert len(subjects) == 1
    assert Codec(Keyring(["the new key"])).unseal(new.cookie() or "").purposes == ("analytics",)
    assert old.status == "valid"
    app.extensions["consentkit"].database.dispose()


def test_a_key_that_was_dropped_holds_no_more(newsroom: Newsroom) -> None:
    """Its cookies are no consent."""
    old = Reader(newsroom)
    old.decide("accept_all")
    app = newsroom.make_app(SECRET_KEY="the new key")
    new = Reader(newsroom, app=app)
    new.client.set_cookie("consentkit", old.cookie() or "", domain=HOST)
    assert new.status == "invalid"
    app.extensions["consentkit"].database.dispose()


# ── time ──


def test_it_holds_to_the_end_of_its_last_day(reader: Reader, clock: FrozenClock) -> None:
    """And not a second longer, whatever the browser keeps."""
    reader.decide("accept_all")
    value = reader.cookie() or ""
    clock.set(dt.datetime(2027, 5, 22, 23, 59, 59, tzinfo=dt.UTC))
    assert status_with(reader.newsroom, value)["status"] == "valid"
    clock.advance(dt.timedelta(seconds=1))
    assert status_with(reader.newsroom, value)["status"] == "expired"
