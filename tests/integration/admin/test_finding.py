"""Filters that combine, records found by what a reader has of them, and filters that are kept."""

from __future__ import annotations

import io
import re
import typing as t
import urllib.parse

import flask
import flask.testing
import pytest
from werkzeug.test import TestResponse

from consentkit.consent.decisions import Action
from consentkit.consent.decisions import Method
from consentkit.consent.decisions import Record
from consentkit.consent.record_ids import record_id_time
from consentkit.consent.subjects import new_subject_id
from consentkit.runtime import Runtime
from consentkit.storage.accounts import Account
from consentkit.storage.saved_filters import MOST
from consentkit.storage.saved_filters import SavedFilter
from tests.factories import make_record
from tests.integration.admin.conftest import ADMIN
from tests.receipts import VECTORS

ONE = {
    "action": Action.SAVE,
    "purposes": {"analytics": True, "embeds": False},
    "locale": "kk",
    "country": "KZ",
    "regime": "us",
    "method": Method.FORM,
    "layout": "box",
    "notice_version": "n" * 16,
    "policy_versions": {"privacy": "p" * 16},
    "revision": 7,
    "gpc": True,
    "section": "100%_\\",
    "sample": True,
}
OTHER = {
    "purposes": {"analytics": False, "embeds": True},
    "locale": "ru",
    "country": None,
    "policy_versions": {"privacy": "q" * 16},
    "section": "100x_\\",
    "sample": True,
}


def store(runtime: Runtime, *records: Record) -> None:
    """Insert records."""
    with runtime.database.unit_of_work() as uow:
        uow.records.add_samples(records)
        uow.rollups.add("steppe-herald", uow.rollups.tally([record.id for record in records]))


def post(client: flask.testing.FlaskClient, path: str, data: dict[str, t.Any]) -> TestResponse:
    """Send a form from a page of the audit view."""
    return client.post(f"{ADMIN}/{path}", data=data, headers={"Origin": "http://localhost"})


def listed(client: flask.testing.FlaskClient, **query: str) -> list[str]:
    """Return the ids in the list."""
    answer = client.get(f"{ADMIN}/records", query_string=query)
    assert answer.status_code == 200
    return re.findall(r'data-copy="([0-9a-f-]{36})"', answer.text)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("action", "save"),
        ("granted", "analytics"),
        ("refused", "embeds"),
        ("locale", "kk"),
        ("country", "KZ"),
        ("regime", "us"),
        ("method", "form"),
        ("layout", "box"),
        ("notice", "n" * 16),
        ("policy", "p" * 16),
        ("revision", "7"),
        ("gpc", "yes"),
        ("section", "100%_\\"),
    ],
)
def test_each_field_narrows(officer: flask.testing.FlaskClient, runtime: Runtime, field: str, value: str) -> None:
    """By itself, and with another one."""
    one, other = make_record(**ONE), make_record(**OTHER)
    store(runtime, one, other)
    assert listed(officer, **{field: value}) == [one.id]
    assert listed(officer, **{field: value, "sample": "yes"}) == [one.id]
    assert listed(officer, **{field: value, "sample": "no"}) == []


def test_what_is_not_known_can_be_asked_for(officer: flask.testing.FlaskClient, runtime: Runtime) -> None:
    """No country is a country to filter by, and says so in words."""
    one, other = make_record(**ONE), make_record(**OTHER)
    store(runtime, one, other)
    assert listed(officer, country="none") == [other.id]
    assert "Not known" in officer.get(f"{ADMIN}/records?country=none").text


def test_a_filter_is_taken_away_piece_by_piece(officer: flask.testing.FlaskClient, runtime: Runtime) -> None:
    """Each of its parts stands above the list, with a link that leaves the others."""
    store(runtime, make_record(**ONE))
    page = officer.get(f"{ADMIN}/records?locale=kk&country=KZ").text
    assert f'href="{ADMIN}/records?country=KZ" aria-label="Remove Language"' in page
    assert f'href="{ADMIN}/records?locale=kk" aria-label="Remove Country"' in page


@pytest.mark.parametrize(
    "query",
    [
        "granted=%27+OR+1%3D1--",
        "country=Kazakhstan",
        "regime=eu",
        "method=telepathy",
        "notice=1",
        "policy=%22%7D",
        "revision=-1",
        "revision=" + "9" * 400,
        "gpc=perhaps",
        "section=%00",
        "section=" + "s" * 5000,
        "reader=me",
    ],
)
def test_nonsense_is_told_beside_its_field(officer: flask.testing.FlaskClient, query: str) -> None:
    """No field takes what it cannot be."""
    page = officer.get(f"{ADMIN}/records?{query}")
    assert page.status_code == 400
    assert page.text.count('aria-invalid="true"') == (0 if query.startswith("reader") else 1)


def test_all_of_a_reader_by_one_record(officer: flask.testing.FlaskClient, runtime: Runtime) -> None:
    """An address names a record, never its subject."""
    mine = [make_record(**OTHER, subject_id="subject-of-anna") for _ in range(2)]
    nobody = make_record(**OTHER)
    store(runtime, *mine, nobody)
    assert sorted(listed(officer, reader=mine[0].id)) == sorted(record.id for record in mine)
    assert listed(officer, reader=nobody.id) == []
    assert listed(officer, reader=make_record().id) == []
    page = officer.get(f"{ADMIN}/records/{mine[0].id}").text
    assert f"{ADMIN}/records?reader={mine[0].id}" in page
    assert officer.get(f"{ADMIN}/records.csv?reader={nobody.id}").text.count("\n") == 1


def test_found_by_what_a_reader_has(officer: flask.testing.FlaskClient, runtime: Runtime) -> None:
    """The id, the receipt's address, the cookie: each leads on, and the cookie's value goes into no address."""
    subject = new_subject_id()
    record = make_record(**OTHER, subject_id=subject)
    store(runtime, record)
    receipt = f"https://steppe-herald.example/consent/records/{record.id}/receipt?token=abc"
    for what in (record.id, record.id.upper(), receipt):
        answer = post(officer, "find", {"what": what})
        assert (answer.status_code, answer.location) == (303, f"{ADMIN}/records/{record.id}")
    cookie = runtime.codec.seal_subject(subject, runtime.clock.now())
    for what in (cookie, f"consentkit_id={cookie}", f' "{cookie}" '):
        answer = post(officer, "find", {"what": what})
        assert (answer.status_code, answer.location) == (303, f"{ADMIN}/records?reader={record.id}")


def test_found_by_a_receipts_file(officer: flask.testing.FlaskClient, runtime: Runtime) -> None:
    """The record that it is of, if it is there."""
    receipt = (VECTORS / "receipt-recorded.json").read_bytes()
    sent = post(officer, "find", {"receipt": (io.BytesIO(receipt), "r.json")})
    assert sent.status_code == 404
    found = re.search(rb'"dct:identifier":\s*"([0-9a-f-]{36})"', receipt)
    assert found is not None
    store(runtime, make_record(**OTHER, id=found[1].decode(), decided_at=record_id_time(found[1].decode())))
    sent = post(officer, "find", {"receipt": (io.BytesIO(receipt), "r.json")})
    assert (sent.status_code, sent.location) == (303, f"{ADMIN}/records/{found[1].decode()}")


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({}, 400),
        ({"what": "   "}, 400),
        ({"what": "x" * 10_000}, 404),
        ({"what": "\x00\ud800"}, 404),
        ({"what": "0190a5c2-0000-7000-8000-000000000000"}, 404),
        ({"receipt": (b"{" * 5000, "r.json")}, 400),
        ({"receipt": (b"\xff\xfe", "../../etc/passwd")}, 400),
        ({"receipt": (b"[" + b"1," * 200_000 + b"1]", "r.json")}, 400),
    ],
    ids=["nothing", "blank", "long", "odd", "unknown", "nested", "binary", "large"],
)
def test_what_leads_nowhere(officer: flask.testing.FlaskClient, data: dict[str, object], status: int) -> None:
    """A word on it, never a fault."""
    form = {
        name: (io.BytesIO(value[0]), value[1]) if isinstance(value, tuple) else value for name, value in data.items()
    }
    if data.get("what") == "\x00\ud800":
        form = {"what": "\x00\ufffd"}
    answer = post(officer, "find", form)
    assert answer.status_code in {status, 413}
    assert "error" in answer.text or answer.status_code == 413


def test_a_filter_is_kept_and_forgotten(officer: flask.testing.FlaskClient, runtime: Runtime, account: Account) -> None:
    """Under a name of one's own; a name that is used again means the newer one. No reader is kept in it."""
    query = urllib.parse.urlencode({"locale": "kk", "reader": make_record().id})
    for _ in range(2):
        answer = post(officer, "filters", {"name": " Kazakh  <b> ", "query": query})
        assert answer.location == f"{ADMIN}/records?locale=kk"
    with runtime.database.unit_of_work(read_only=True) as uow:
        assert uow.saved_filters.of(account.id) == [SavedFilter(name="Kazakh <b>", query="locale=kk")]
    page = officer.get(f"{ADMIN}/records").text
    assert f'<a href="{ADMIN}/records?locale=kk">Kazakh &lt;b&gt;</a>' in page
    post(officer, "filters/forget", {"name": "Kazakh <b>"})
    assert "Kazakh" not in officer.get(f"{ADMIN}/records").text.replace("Қазақша", "")


@pytest.mark.parametrize("form", [{}, {"name": "x"}, {"name": "", "query": "locale=kk"}, {"name": "x", "query": "a=1"}])
def test_what_is_no_filter_is_not_kept(
    officer: flask.testing.FlaskClient, runtime: Runtime, account: Account, form: dict[str, str]
) -> None:
    """Nothing without a name and a question."""
    assert post(officer, "filters", form).status_code == 303
    with runtime.database.unit_of_work(read_only=True) as uow:
        assert uow.saved_filters.of(account.id) == []


def test_there_is_an_end_to_them(officer: flask.testing.FlaskClient, runtime: Runtime, account: Account) -> None:
    """So many, and no more; one that is there can still be changed."""
    for number in range(MOST + 1):
        post(officer, "filters", {"name": f"No. {number}", "query": "locale=kk"})
    post(officer, "filters", {"name": "No. 0", "query": "locale=ru"})
    with runtime.database.unit_of_work(read_only=True) as uow:
        kept = uow.saved_filters.of(account.id)
    assert len(kept) == MOST
    assert kept[0].query == "locale=ru"
