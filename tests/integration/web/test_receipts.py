"""Receipts: a record for who decided, and for nobody else."""

from __future__ import annotations

import json
import typing as t

import pytest

from consentkit.ledger import jws
from consentkit.ledger import receipts
from tests.integration.web.newsroom import Newsroom
from tests.integration.web.newsroom import Reader
from tests.integration.web.newsroom import problem
from tests.integration.web.newsroom import runtime_of

if t.TYPE_CHECKING:
    import pathlib

    from consentkit.ledger.notes import Signer


def findings(raw: bytes, signer: Signer) -> list[receipts.Finding]:
    """Return what a check of a receipt finds."""
    return receipts.check(receipts.parse(raw), [signer.verifier])


def test_the_address_that_was_given_opens_it(any_reader: Reader) -> None:
    """Without any cookie; never stored, never told onwards. Before the log has come to it, it is a signed promise."""
    signer = any_reader.newsroom.begin_log()
    answer = any_reader.decide("reject_all").get_json()
    stranger = Reader(any_reader.newsroom)
    receipt = stranger.get(answer["receipt_url"])
    assert receipt.status_code == 200
    assert receipt.headers["Cache-Control"] == "no-store"
    assert receipt.headers["Referrer-Policy"] == "no-referrer"
    body = receipt.get_json()
    assert body["record"]["id"] == answer["record_id"]
    assert body["record"]["purposes"] == answer["purposes"]
    assert body["notice"]["version"] == any_reader.newsroom.notice()
    assert body["log"]["state"] == "recorded"
    assert receipts.holds(findings(receipt.data, signer))


def test_once_it_is_published_it_proves_itself(any_reader: Reader) -> None:
    """By the same address: every check holds."""
    url = any_reader.decide("accept_all").get_json()["receipt_url"]
    signer = any_reader.newsroom.keep_log()
    found = findings(any_reader.get(url).data, signer)
    assert {one.outcome for one in found} == {receipts.Outcome.HOLDS}


def test_the_form_gives_an_address_as_well(reader: Reader) -> None:
    """On the page that it leads through."""
    reader.newsroom.begin_log()
    page = reader.submit("accept_all").text
    url = page.partition('<a href="https://www.steppe-herald.example/consent/records/')[2].partition('"')[0]
    receipt = Reader(reader.newsroom).get("/consent/records/" + url.replace("&amp;", "&"))
    assert receipt.get_json()["record"]["method"] == "form"


def test_its_own_reader_may_read_it(reader: Reader) -> None:
    """By the cookie that holds the subject id."""
    reader.newsroom.begin_log()
    record_id = reader.decide("accept_all").get_json()["record_id"]
    assert reader.get(f"/consent/records/{record_id}/receipt").status_code == 200


def test_there_is_another_form(reader: Reader) -> None:
    """Kantara's, as a token signed by the same key; what is neither is told so."""
    signer = reader.newsroom.begin_log()
    url = reader.decide("accept_all").get_json()["receipt_url"]
    answer = reader.get(f"{url}&format=kantara")
    assert answer.mimetype == "application/jwt"
    assert ".jwt" in answer.headers["Content-Disposition"]
    payload, _ = jws.open_compact(answer.text.strip(), [signer.verifier], kind=jws.KANTARA)
    assert json.loads(payload)["version"] == "KI-CR-v1.1.0"
    assert problem(reader.get(f"{url}&format=xml"))["field"] == "format"


def test_without_the_key_nothing_is_given_out(
    newsroom: Newsroom, tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    """503 to readers; only the operator is told which key, and where it is looked for."""
    newsroom.begin_log()
    for file in tmp_path.rglob("*.key"):
        file.unlink()
    app = newsroom.make_app()
    reader = Reader(newsroom, app=app)
    answer = reader.get(reader.decide("accept_all").get_json()["receipt_url"])
    runtime_of(app).database.dispose()
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "key" not in json.dumps(problem(answer))
    assert "steppe-herald" in caplog.text


def test_nobody_else_may(newsroom: Newsroom) -> None:
    """404, as for a record that never was: not even that it exists is told."""
    owner, other, nobody = Reader(newsroom), Reader(newsroom), Reader(newsroom)
    mine = owner.decide("accept_all").get_json()
    theirs = other.decide("accept_all").get_json()
    refused = nobody.decide("reject_all").get_json()
    token = theirs["receipt_url"].partition("?")[2]
    path = f"/consent/records/{mine['record_id']}/receipt"
    answers = [
        other.get(path),
        nobody.get(path),
        other.get(f"{path}?{token}"),
        other.get(f"{path}?token="),
        other.get(f"{path}?token={'x' * 5000}"),
        other.get(mine["receipt_url"][:-1]),
        # A record without a subject is nobody's by cookie.
        owner.get(f"/consent/records/{refused['record_id']}/receipt"),
        owner.get("/consent/records/01a208a1-7c75-7640-a422-27e494065f13/receipt"),
    ]
    for answer in answers:
        assert answer.status_code == 404
        assert problem(answer) == problem(answers[0])


def test_a_token_for_another_use_opens_nothing(reader: Reader) -> None:
    """Each use has its own salt."""
    record_id = reader.decide("reject_all").get_json()["record_id"]
    token = reader.newsroom.codec.sign_token("another use", record_id)
    assert reader.get(f"/consent/records/{record_id}/receipt?token={token}").status_code == 404


def test_what_is_no_record_id_is_not_found(any_reader: Reader) -> None:
    """The database is not asked."""
    for record_id in ("x", "%00", "..", "01A208A1-7C75-7640-A422-27E494065F13", "1" * 5000, "%ff"):
        assert any_reader.get(f"/consent/records/{record_id}/receipt").status_code == 404
