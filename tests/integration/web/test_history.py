"""``GET history`` and ``POST history/erase``: what readers see of their own records, and how they take them back."""

from __future__ import annotations

import html
import re
import typing as t

import pytest

from consentkit.ledger.notes import Verifier
from consentkit.operations.integrate import integrate
from consentkit.web.history import history_token
from tests.integration.web.newsroom import ELSEWHERE
from tests.integration.web.newsroom import EVIL
from tests.integration.web.newsroom import WWW
from tests.integration.web.newsroom import Newsroom
from tests.integration.web.newsroom import Reader
from tests.integration.web.newsroom import problem
from tests.integration.web.newsroom import set_cookies
from tests.log import keep_log

if t.TYPE_CHECKING:
    from werkzeug.test import TestResponse


def erase(reader: Reader, *, origin: str | None = WWW, script: bool = False, **fields: object) -> TestResponse:
    """Erase as the page's form does, or as a program does."""
    body: dict[str, t.Any] = {"json": fields} if script else {"data": {"locale": "en", **fields}}
    headers = {"Accept": "*/*" if script else "text/html"} | ({"Origin": origin} if origin else {})
    return reader.client.post("/consent/history/erase?site=steppe-herald", headers=headers, base_url=reader.at, **body)


def write_log(newsroom: Newsroom) -> None:
    """Let the log come to all that is stored, as its writer does."""
    runtime = newsroom.runtime
    with runtime.database.unit_of_work(read_only=True) as uow:
        key = uow.log_keys.active("steppe-herald")
    assert key is not None
    signer = runtime.signing_keys.signer(Verifier.parse(key.verifier))
    keep_log(runtime.database, signer=signer, clock=runtime.clock)


def subject_of(newsroom: Newsroom) -> str:
    """The only reader's identifier."""
    [subject] = {record.subject_id for record in newsroom.records()}
    return str(subject)


def test_every_decision_in_plain_words(any_reader: Reader) -> None:
    """Newest first; what was agreed to, what was refused, by the names of the reader's language."""
    any_reader.decide("accept_all")
    any_reader.decide("save", purposes={"embeds": True})
    answer = any_reader.get("/consent/history?locale=en")
    assert answer.status_code == 200
    titles = re.findall(r"<h3[^>]*>([^<]+)</h3>", answer.text)
    assert titles == ["Chose for each purpose", "Accepted everything"]
    newest, oldest = answer.text.split("<article")[1:]
    agreed, refused = re.findall(r"<dd>(.*?)</dd>", newest)[:2]
    assert re.findall(r"<li>([^<]+)", agreed) == ["Embedded media"]
    assert re.findall(r"<li>([^<]+)", refused) == ["Preferences", "Audience statistics"]
    assert "Counter" in oldest
    assert "You agreed to: Embedded media." in answer.text


def test_it_is_for_its_reader_alone(newsroom: Newsroom) -> None:
    """Nobody else finds anything, no cache keeps it, nobody frames it, and it runs no script but its own."""
    Reader(newsroom).decide("accept_all")
    other = Reader(newsroom)
    other.decide("reject_all")
    answer = other.get("/consent/history?locale=en")
    assert "<article" not in answer.text
    assert "not even the site" in answer.text
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "Cookie" in answer.headers["Vary"]
    assert answer.headers["X-Robots-Tag"] == "noindex"
    policy = answer.headers["Content-Security-Policy"]
    assert {"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"} <= set(policy.split("; "))
    other.client.set_cookie("consentkit_id", "forged.forged.forged", domain="www.steppe-herald.example")
    assert "<article" not in other.get("/consent/history").text


def test_the_notice_looks_as_it_did(reader: Reader) -> None:
    """In a frame that can do nothing, though the notice has changed since."""
    reader.decide("accept_all")
    shown = reader.newsroom.notice()
    reader.newsroom.rewrite('name = "Counter"', 'name = "Another Counter"')
    reader.newsroom.reload()
    assert reader.newsroom.notice() != shown
    page = reader.get("/consent/history").text
    frames = [html.unescape(url) for url in re.findall(r'<iframe[^>]* sandbox=""[^>]* src="([^"]+)"', page)]
    assert len(frames) == page.count("<iframe") == 2
    second = reader.get(frames[1])
    assert second.status_code == 200
    assert shown in second.text
    assert "Another Counter" not in second.text
    assert "immutable" in second.headers["Cache-Control"]
    policy = second.headers["Content-Security-Policy"].split("; ")
    assert {"sandbox", "default-src 'none'", "frame-ancestors 'self'"} <= set(policy)
    for query in ("version=aaaaaaaaaaaaaaaa", f"version={shown}&layer=3", "", "version=%00"):
        assert reader.get(f"/consent/history/notice?{query}").status_code == 404


def test_it_says_how_far_each_is_on_its_way_into_the_log(any_reader: Reader) -> None:
    """Before that it says so, and does not claim more."""
    any_reader.decide("accept_all")
    page = any_reader.get("/consent/history?locale=en").text
    assert "on its way into the site&#39;s log" in page
    assert "as entry" not in page
    database = any_reader.newsroom.runtime.database
    with database.unit_of_work(read_only=True) as uow:
        [head] = uow.log_tree.heads("steppe-herald")
    integrate(database, "steppe-herald", fence=head.fence)
    assert "the signature over it is on its way" in any_reader.get("/consent/history?locale=en").text
    write_log(any_reader.newsroom)
    assert "as entry 0:" in any_reader.get("/consent/history?locale=en").text


def test_its_links_lead_to_the_policies_of_then_and_to_the_receipt(reader: Reader) -> None:
    """Each of them answers."""
    reader.decide("accept_all")
    page = reader.get("/consent/history?locale=en").text
    links = [html.unescape(url) for url in re.findall(r'href="([^"]+)"', page)]
    policies = [url for url in links if "version=" in url]
    assert [url.partition("?")[0] for url in policies] == ["/consent/privacy", "/consent/terms", "/consent/cookies"]
    for url in policies:
        assert reader.get(url).status_code == 200
    [receipt] = [url for url in links if "/receipt?token=" in url]
    write_log(reader.newsroom)
    assert reader.get(receipt).status_code in {200, 503}


def test_many_decisions_come_on_several_pages(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each once, in every order of coming and going."""
    monkeypatch.setattr("consentkit.web.history._PAGE", 2)
    ids = [reader.decide("accept_all").get_json()["record_id"] for _ in range(5)]
    seen: list[str] = []
    url = "/consent/history?locale=en"
    while True:
        page = reader.get(url).text
        seen += re.findall(r"<bdi>([0-9a-f-]{36})</bdi>", page)
        older = re.search(r'href="([^"]+)" rel="next"', page)
        if older is None:
            break
        url = html.unescape(older[1])
    assert seen == ids[::-1]
    assert "Newest decisions" in page
    assert reader.get("/consent/history?before=%27--").status_code == 200


@pytest.mark.parametrize(("locale", "direction"), [("kk", "ltr"), ("ru", "ltr"), ("en", "ltr"), ("ar", "rtl")])
def test_it_speaks_each_language(reader: Reader, locale: str, direction: str) -> None:
    """Of the reader's choice, whatever the language of the decision was."""
    reader.decide("accept_all")
    page = reader.get(f"/consent/history?locale={locale}").text
    assert f'<html lang="{locale}" dir="{direction}"' in page
    assert ("What you decided" in page) == (locale == "en")


def test_the_declared_cookies_of_this_device(reader: Reader) -> None:
    """Those that the browser sent are there; the others wait for script, hidden. No value is told."""
    reader.decide("save", purposes={"embeds": True})
    domain = "www.steppe-herald.example"
    reader.client.set_cookie("_count", "secret-value", domain=domain)
    reader.client.set_cookie("<script>", "1", domain=domain)
    page = reader.get("/consent/history?locale=en").text
    rows = {
        name: (hidden, text)
        for name, hidden, text in re.findall(
            r'<li data-kind="." data-name="([^"]+)"( hidden)?>(.*?)</li>', page, re.DOTALL
        )
    }
    assert {name for name, (hidden, _) in rows.items() if not hidden} == {"consentkit", "consentkit_id", "_count"}
    assert re.findall("<code>([^<]+)", rows["_count"][1]) == ["_count"]
    assert "not agreed to" in rows["_count"][1]
    assert "not agreed to" not in rows["consentkit_id"][1]
    assert "secret-value" not in page
    assert "<script>" not in page


def test_withdrawing_leads_back_to_it(reader: Reader) -> None:
    """The form of the page is one that the server takes."""
    reader.decide("accept_all")
    page = reader.get("/consent/history?locale=en").text
    form = page.partition('action="/consent/decisions')[2].partition("</form>")[0]
    fields = {name: html.unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form)}
    answer = reader.client.post(
        "/consent/decisions?site=steppe-herald", data=fields, headers={"Origin": WWW}, base_url=WWW
    )
    assert answer.status_code == 303
    after = reader.get(answer.headers["Location"]).text
    assert "You refused." in after
    assert "Withdrew consent" in after
    assert 'value="withdraw"' not in after


@pytest.mark.parametrize("script", [False, True], ids=["form", "script"])
def test_erasing_leaves_nothing_of_the_reader(any_newsroom: Newsroom, *, script: bool) -> None:
    """It withdraws first; then the records are gone, and so is the identifier. Another reader's stay."""
    reader, other = Reader(any_newsroom), Reader(any_newsroom)
    kept = other.decide("accept_all").get_json()["record_id"]
    reader.decide("accept_all")
    reader.decide("save", purposes={"embeds": True})
    answer = erase(reader, script=script)
    if script:
        assert answer.status_code == 200
        # The withdrawal's own record went with them.
        assert {name: answer.get_json()[name] for name in ("erased", "held")} == {"erased": 3, "held": 0}
    else:
        assert answer.status_code == 303
        page = reader.get(answer.headers["Location"]).text
        assert "Your history is erased" in page
        assert "<article" not in page
    assert [record.id for record in any_newsroom.records()] == [kept]
    assert reader.cookie("consentkit_id") is None
    assert reader.status == "valid"
    assert reader.allowed == set()
    # Once more does no harm.
    assert erase(reader, script=True).get_json()["erased"] == 0


def test_what_is_held_for_a_legal_claim_stays_and_is_said(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """GDPR Art. 17(3)(e). The reader keeps the cookie by which they see it."""
    from consentkit.operations.erase import Erased  # noqa: PLC0415 - here alone

    reader = Reader(newsroom)
    record_id = reader.decide("accept_all").get_json()["record_id"]
    monkeypatch.setattr("consentkit.web.erasure.erase_subject", lambda *_, **__: Erased(1, (record_id,)))
    answer = erase(reader)
    assert reader.cookie("consentkit_id") is not None
    assert reader.allowed == set()
    assert "for a legal claim" in reader.get(answer.headers["Location"]).text


def test_only_pages_of_the_site_erase(reader: Reader) -> None:
    """As for decisions; and what is refused leaves everything as it was."""
    reader.decide("accept_all")
    assert erase(reader, origin=EVIL).status_code == 403
    assert problem(erase(reader, origin=EVIL, script=True))["status"] == 403
    assert erase(reader, origin=None).status_code == 403
    assert reader.get("/consent/history/erase").status_code == 405
    assert len(reader.newsroom.records()) == 1
    assert reader.allowed


def test_what_cannot_be_read_erases_nothing(reader: Reader) -> None:
    """400, 413, 415; never a 500."""
    reader.decide("accept_all")

    def post(data: bytes | str, kind: str) -> int:
        headers = {"Origin": WWW, "Accept": "application/json"}
        return reader.client.post(
            "/consent/history/erase", data=data, content_type=kind, headers=headers, base_url=WWW
        ).status_code

    form = "application/x-www-form-urlencoded"
    for data in (b"\xff", "[]", "1", '{"x": 1}', '{"token": 1}', '{"token": "a", "token": "b"}', "[" * 9000):
        assert post(data, "application/json") == 400
    for data in (b"\xff", "x=1", "token=a&token=b", "a&b&c&d"):
        assert post(data, form) == 400
    assert post("token=" + "x" * 17_000, form) == 413
    assert post("<x/>", "text/xml") == 415
    assert post("token=forged.forged", form) == 404
    assert len(reader.newsroom.records()) == 1


def test_a_database_that_is_away_leaves_the_refusal_in_force(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """503, said in words; the identifier stays, for the next attempt."""
    from consentkit.errors import KeyUnavailable  # noqa: PLC0415 - here alone
    from consentkit.errors import StoreUnavailable  # noqa: PLC0415

    for error in (StoreUnavailable(), KeyUnavailable("gone")):
        reader.decide("accept_all")

        def fail(*_: object, error: Exception = error, **__: object) -> None:
            raise error

        monkeypatch.setattr("consentkit.web.erasure.erase_subject", fail)
        answer = erase(reader)
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert reader.allowed == set()
        assert reader.cookie("consentkit_id") is not None


def test_an_address_opens_it_for_readers_of_another_site(newsroom: Newsroom) -> None:
    """Without any cookie; it tells its address to nobody, and erases by it."""
    Reader(newsroom).decide("accept_all")
    token = history_token(newsroom.runtime, "steppe-herald", subject_of(newsroom))
    stranger = Reader(newsroom)
    answer = stranger.get(f"/consent/history?token={token}&locale=en")
    assert answer.text.count("<article") == 1
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    # The page in another language is the same reader's; on the device there is nothing of this origin's to see.
    assert f"locale=kk&amp;token={token}" in answer.text
    assert "data-kind" not in answer.text
    assert stranger.get(f"/consent/history?token={token[:-1]}").status_code == 404
    other = newsroom.codec.sign_token("consentkit.receipt.v1", f"steppe-herald:{subject_of(newsroom)}")
    assert stranger.get(f"/consent/history?token={other}").status_code == 404
    elsewhere = history_token(newsroom.runtime, "another-site", subject_of(newsroom))
    assert stranger.get(f"/consent/history?token={elsewhere}").status_code == 404
    assert erase(stranger, origin=EVIL, token=token).status_code == 403
    # Such a page's form has no origin to tell.
    erased = erase(stranger, origin="null", token=token)
    assert erased.status_code == 303
    assert not set_cookies(erased)
    assert newsroom.records() == []


def test_a_page_of_another_site_does_not_erase_by_a_cookie(newsroom: Newsroom) -> None:
    """A browser that sends it all the same does not make it theirs."""
    reader = Reader(newsroom)
    reader.decide("accept_all")
    answer = erase(reader, origin=ELSEWHERE, script=True)
    assert answer.get_json()["erased"] == 0
    assert answer.headers["Access-Control-Allow-Origin"] == ELSEWHERE
    assert len(newsroom.records()) == 1


def test_the_log_says_what_was_erased(newsroom: Newsroom) -> None:
    """In a signed statement, in which nothing is of the reader."""
    reader = Reader(newsroom)
    reader.decide("accept_all")
    write_log(newsroom)
    subject = subject_of(newsroom)
    assert erase(reader).status_code == 303
    with newsroom.runtime.database.unit_of_work(read_only=True) as uow:
        [waiting] = uow.log_queue.take("steppe-herald", limit=10)
        [statement] = uow.statements.get("steppe-herald", [waiting.item_id])
    assert '"reason":"reader"' in statement.note
    assert '"indexes":[[0,0]]' in statement.note
    assert subject not in statement.note
