"""Receipts: a record for who decided, and for nobody else."""

from __future__ import annotations

from tests.integration.web.newsroom import Newsroom
from tests.integration.web.newsroom import Reader
from tests.integration.web.newsroom import problem


def test_the_address_that_was_given_opens_it(any_reader: Reader) -> None:
    """Without any cookie; never stored, never told onwards."""
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
    assert body["status"] == "recorded"


def test_the_form_gives_an_address_as_well(reader: Reader) -> None:
    """On the page that it leads through."""
    page = reader.submit("accept_all").text
    url = page.partition('<a href="https://www.steppe-herald.example/consent/records/')[2].partition('"')[0]
    receipt = Reader(reader.newsroom).get("/consent/records/" + url.replace("&amp;", "&"))
    assert receipt.get_json()["record"]["method"] == "form"


def test_its_own_reader_may_read_it(reader: Reader) -> None:
    """By the cookie that holds the subject id."""
    record_id = reader.decide("accept_all").get_json()["record_id"]
    assert reader.get(f"/consent/records/{record_id}/receipt").status_code == 200


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
