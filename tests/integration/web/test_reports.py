"""``POST csp-reports``: what is counted, from whom it is taken, and that a flood of it changes nothing."""

from __future__ import annotations

import gc
import io
import json
import logging
import typing as t

import flask
import pytest

from consentkit.enforcement.reports import MAX_BODY
from consentkit.enforcement.reports import MAX_REPORTS
from consentkit.jobs.observations import MAX_DIFFERENT
from consentkit.storage.observations import Kind
from consentkit.storage.observations import Outcome
from consentkit.storage.observations import Seen
from tests.integration.web.newsroom import APEX
from tests.integration.web.newsroom import CONFIGURATION
from tests.integration.web.newsroom import CONSENT
from tests.integration.web.newsroom import ELSEWHERE
from tests.integration.web.newsroom import EVIL
from tests.integration.web.newsroom import WWW
from tests.integration.web.newsroom import Newsroom
from tests.integration.web.newsroom import Reader
from tests.integration.web.newsroom import problem

if t.TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.integration.web.conftest import MakeNewsroom

URI, API = "application/csp-report", "application/reports+json"


def by_uri(page: str = WWW, host: str = "tracker.example", **changes: object) -> dict[str, t.Any]:
    """A report as ``report-uri`` posts it."""
    fields = {
        "document-uri": f"{page}/news/steppe?reader=17",
        "referrer": "https://search.example/?q=private",
        "effective-directive": "script-src-elem",
        "violated-directive": "script-src-elem",
        "original-policy": "default-src 'self'",
        "disposition": "enforce",
        "blocked-uri": f"https://{host}/collect?id=17",
        "script-sample": "readers = 17",
    }
    return {"csp-report": {name: value for name, value in (fields | changes).items() if value is not None}}


def by_api(page: str = WWW, host: str = "tracker.example") -> dict[str, t.Any]:
    """A report as one of those that ``report-to`` posts."""
    body = {
        "documentURL": f"{page}/news/steppe?reader=17",
        "effectiveDirective": "img-src",
        "disposition": "report",
        "blockedURL": f"https://{host}/pixel.gif?id=17",
    }
    return {"age": 1, "type": "csp-violation", "url": body["documentURL"], "user_agent": "Mozilla", "body": body}


def post(
    reader: Reader,
    sent: object,
    *,
    media: str = URI,
    query: str = "site=steppe-herald&class=5",
    headers: dict[str, str] | None = None,
    at: str | None = None,
) -> TestResponse:
    """Post a body as a browser does."""
    return reader.client.post(
        f"/consent/csp-reports?{query}",
        data=sent if isinstance(sent, bytes) else json.dumps(sent).encode(),
        content_type=media,
        headers={"Origin": WWW, "User-Agent": "Mozilla of a reader", **(headers or {})},
        base_url=at or reader.at,
    )


def counted(newsroom: Newsroom) -> dict[Seen, int]:
    """What is stored, and how often each was seen."""
    newsroom.runtime.observed.flush()
    with newsroom.runtime.database.unit_of_work(read_only=True) as uow:
        return {row.seen: row.count for row in uow.observations.all("steppe-herald")}


def blocked(host: str = "tracker.example", *, consent_class: int = 5, section: str = "news") -> Seen:
    """What the first kind of report counts."""
    return Seen("steppe-herald", Kind.HOST, host, "script-src-elem", section, consent_class, Outcome.BLOCKED)


def test_both_formats_are_counted(newsroom: Newsroom, reader: Reader) -> None:
    """By directive, host, section, class and outcome; the same is added up."""
    for _ in range(2):
        answer = post(reader, by_uri())
        assert (answer.status_code, answer.data, answer.headers["Cache-Control"]) == (204, b"", "no-store")
    assert post(reader, [by_api(), by_api(host="other.example"), by_api()], media=API).status_code == 204
    reported = Seen("steppe-herald", Kind.HOST, "tracker.example", "img-src", "news", 5, Outcome.REPORTED)
    other = Seen("steppe-herald", Kind.HOST, "other.example", "img-src", "news", 5, Outcome.REPORTED)
    assert counted(newsroom) == {blocked(): 2, reported: 2, other: 1}


def test_nothing_else_is_kept(newsroom: Newsroom, reader: Reader, caplog: pytest.LogCaptureFixture) -> None:
    """Neither in the store, nor in a log, nor in an answer: not of what is taken, not of what is refused."""
    caplog.set_level(logging.DEBUG)
    answers = [
        post(reader, by_uri()),
        post(reader, by_uri(EVIL)),
        post(reader, b'{"reader": 17'),
        post(reader, by_uri(), headers={"Origin": EVIL}),
    ]
    assert [answer.status_code for answer in answers] == [204, 403, 400, 403]
    told = repr(counted(newsroom)) + caplog.text + "".join(answer.get_data(as_text=True) for answer in answers)
    for secret in ("17", "private", "collect", "search", "127.0.0.1", "Mozilla", "evil"):
        assert secret not in told


def test_the_class_is_one_that_the_site_has(newsroom: Newsroom, reader: Reader) -> None:
    """Three optional purposes make eight; nothing else is one."""
    for text in ("0", "7", "8", "-1", "", "x", "1_0", "٣", "9" * 150):
        assert post(reader, by_uri(), query=f"site=steppe-herald&class={text}").status_code == 204
    assert counted(newsroom) == {blocked(consent_class=0): 1, blocked(consent_class=7): 1, blocked(consent_class=-1): 7}


def test_without_a_class_it_is_unknown(newsroom: Newsroom, reader: Reader) -> None:
    """The host's own policy may report here too."""
    assert post(reader, by_uri(), query="").status_code == 204
    assert counted(newsroom) == {blocked(consent_class=-1): 1}


@pytest.mark.parametrize(
    ("mode", "outcome"), [("enforce", Outcome.BLOCKED), ("report-only", Outcome.REPORTED), ("off", Outcome.REPORTED)]
)
def test_where_the_browser_does_not_say_the_site_knows(
    make_newsroom: MakeNewsroom, mode: str, outcome: Outcome
) -> None:
    """Safari leaves out the disposition."""
    newsroom = make_newsroom(text=f'{CONFIGURATION}\n[enforcement]\ncsp = "{mode}"\n')
    assert post(Reader(newsroom), by_uri(disposition=None)).status_code == 204
    assert [seen.outcome for seen in counted(newsroom)] == [outcome]


def test_the_sites_own_pages_are_counted(newsroom: Newsroom, reader: Reader) -> None:
    """Those of the listed origins, and of the one where the service is."""
    for page in (WWW, APEX, ELSEWHERE, CONSENT):
        assert post(reader, by_uri(page), headers={"Origin": page}, at=CONSENT).status_code == 204
    assert counted(newsroom) == {blocked(): 4}


def test_other_pages_are_not(newsroom: Newsroom, reader: Reader) -> None:
    """Alone they are refused; among others they are left out."""
    for page in (EVIL, "http://www.steppe-herald.example", "https://www.steppe-herald.example:8443"):
        assert problem(post(reader, by_uri(page)))["status"] == 403
        assert post(reader, [by_api(page), by_api()], media=API).status_code == 204
    assert sum(counted(newsroom).values()) == 3


def test_the_origin_rule_of_all_posts(newsroom: Newsroom, reader: Reader) -> None:
    """Whatever the report says of its page."""
    for headers, status in (
        # As Chromium's Reporting API: not a word about the page.
        ({"Origin": ""}, 204),
        # A page whose referrer policy is no-referrer.
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, 204),
        ({"Origin": "", "Sec-Fetch-Site": "same-origin"}, 204),
        ({"Origin": "", "Referer": f"{WWW}/news"}, 204),
        ({"Origin": EVIL}, 403),
        ({"Origin": EVIL, "Sec-Fetch-Site": "same-origin"}, 403),
        ({"Origin": "", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "", "Referer": f"{EVIL}/news"}, 403),
    ):
        assert post(reader, by_uri(), headers=headers).status_code == status, headers
    assert counted(newsroom) == {blocked(): 4}


def test_another_origins_browser_may_ask_and_post(reader: Reader) -> None:
    """The question that comes before a list from a listed origin; nobody else gets leave."""
    for origin, allowed in ((ELSEWHERE, ELSEWHERE), (EVIL, None)):
        asked = reader.client.options(
            "/consent/csp-reports?site=steppe-herald",
            headers={
                "Origin": origin,
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "content-type",
            },
            base_url=CONSENT,
        )
        assert asked.status_code == 204
        assert asked.headers.get("Access-Control-Allow-Origin") == allowed
    # Firefox would send it again if it could not read the answer.
    answer = post(reader, [by_api(ELSEWHERE)], media=API, headers={"Origin": ELSEWHERE}, at=CONSENT)
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (204, ELSEWHERE)


def test_another_kind_of_body_is_415(reader: Reader) -> None:
    """No browser sends reports so, and a form could be made to."""
    for media in ("application/json", "text/plain", "application/x-www-form-urlencoded", ""):
        assert problem(post(reader, by_uri(), media=media))["status"] == 415


def test_a_media_type_may_have_parameters(reader: Reader) -> None:
    """And capitals."""
    assert post(reader, by_uri(), media="Application/CSP-Report; charset=utf-8").status_code == 204


def test_what_is_no_report_is_400(newsroom: Newsroom, reader: Reader) -> None:
    """And nothing is counted."""
    for body in (b"", b"{}", b"[7]", b"\xff", b"[" * MAX_BODY):
        assert problem(post(reader, body))["status"] == 400
    assert counted(newsroom) == {}


def test_a_body_over_64_kib_is_413(reader: Reader) -> None:
    """With a length, and in pieces without one; at the limit it is taken."""
    report = json.dumps(by_uri()).encode()
    assert post(reader, report + b" " * (MAX_BODY - len(report))).status_code == 204
    assert problem(post(reader, report + b" " * (MAX_BODY - len(report) + 1)))["status"] == 413
    answer = reader.client.post(
        "/consent/csp-reports?site=steppe-herald",
        input_stream=io.BytesIO(b" " * (MAX_BODY * 2)),
        content_type=URI,
        environ_overrides={"wsgi.input_terminated": True},
        base_url=WWW,
    )
    assert problem(answer)["status"] == 413


def test_an_unknown_site_is_404_and_another_method_405(reader: Reader) -> None:
    """As everywhere."""
    assert problem(post(reader, by_uri(), query="site=nobody"))["status"] == 404
    answer = reader.get("/consent/csp-reports")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "OPTIONS or POST".replace(" or ", ", "))


def test_what_can_be_taken_does_not_reach_the_host_application(make_newsroom: MakeNewsroom) -> None:
    """Its sessions and look-ups for each request are not for reports."""
    newsroom = make_newsroom()
    asked: list[str] = []
    newsroom.app.before_request_funcs.setdefault(None, []).append(lambda: asked.append("asked"))
    reader = Reader(newsroom)
    assert post(reader, by_uri()).status_code == 204
    assert asked == []
    assert post(reader, b"{}").status_code == 400
    assert asked == ["asked"]


def test_a_report_that_the_short_way_does_not_know_is_taken_by_the_long_one(
    make_newsroom: MakeNewsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here a middleware inside of ours tells where the request came in, and the site does not list it."""
    asked = flask.Flask.wsgi_app

    def behind_a_proxy(app: flask.Flask, environ: t.Any, start_response: t.Any) -> t.Any:
        return asked(app, {**environ, "wsgi.url_scheme": "https"}, start_response)

    monkeypatch.setattr(flask.Flask, "wsgi_app", behind_a_proxy)
    newsroom = make_newsroom(text=CONFIGURATION.replace(f'"{WWW}", ', ""))
    assert post(Reader(newsroom, at=WWW.replace("https", "http")), by_uri()).status_code == 204
    assert counted(newsroom) == {blocked(): 1}


def test_a_defect_of_ours_says_nothing_of_the_report(
    newsroom: Newsroom, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A 500 of the usual form; the rest of the application goes on."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(type(newsroom.runtime.observed), "add_all", fail)
    assert problem(post(reader, by_uri()))["status"] == 500
    assert reader.get("/consent/healthz").status_code == 200


def remembered() -> int:
    """Return how many different sightings the process holds, whoever counted them."""
    gc.collect()
    return sum(isinstance(kept, Seen) for kept in gc.get_objects())


def test_50000_forged_hosts_leave_the_process_small(newsroom: Newsroom, reader: Reader) -> None:
    """And the table at its bound; true ones that were there before are still counted."""
    before = remembered()
    post(reader, by_uri())
    pattern = json.dumps([by_api(host=f"forged-TURN-{i}.example") for i in range(MAX_REPORTS)])
    for turn in range(50_000 // MAX_REPORTS):
        assert post(reader, pattern.replace("TURN", str(turn)).encode(), media=API).status_code == 204
    assert remembered() - before <= MAX_DIFFERENT + 1
    post(reader, by_uri())
    rows = counted(newsroom)
    assert len(rows) == MAX_DIFFERENT
    assert rows[blocked()] == 2
