"""A decision that is sent twice counts once."""

from __future__ import annotations

import concurrent.futures
import datetime as dt

import pytest

from consentkit.testing import FrozenClock
from tests.integration.web.newsroom import Newsroom
from tests.integration.web.newsroom import Reader
from tests.integration.web.newsroom import problem
from tests.integration.web.newsroom import set_cookies


def test_the_same_again_is_answered_the_same(any_reader: Reader, clock: FrozenClock) -> None:
    """Within 48 hours, from a browser that never got the first answer: one record, the same cookies."""
    body = any_reader.body()
    first = any_reader.send(body)
    clock.advance(dt.timedelta(hours=47, minutes=59))
    lost = Reader(any_reader.newsroom)
    again = lost.send(body)
    assert again.status_code == 201
    assert again.get_json() == first.get_json()
    assert {name: cookie["value"] for name, cookie in set_cookies(again).items()} == {
        name: cookie["value"] for name, cookie in set_cookies(first).items()
    }
    assert len(any_reader.newsroom.records()) == 1


def test_the_order_of_the_fields_is_not_the_body(reader: Reader) -> None:
    """The same decision is the same, however it was written."""
    body = reader.body("save", purposes={"analytics": True, "embeds": False})
    other = dict(reversed(body.items())) | {"purposes": {"embeds": False, "analytics": True}}
    assert reader.send(body).get_json() == reader.send(other).get_json()


def test_the_answer_outlives_a_change_of_the_time_limit(reader: Reader) -> None:
    """What was answered is the record's, not the configuration's of now."""
    body = reader.body()
    first = reader.send(body)
    reader.newsroom.rewrite("locales =", "max_age_days = 30\nlocales =")
    reader.newsroom.reload()
    assert reader.send(body).get_json() == first.get_json()


def test_with_another_body_it_is_refused(any_reader: Reader) -> None:
    """A nonce stands for one decision."""
    body = any_reader.body()
    any_reader.send(body)
    changes = ({"action": "reject_all"}, {"page": "/other"}, {"layer": "2"}, {"purposes": {"analytics": True}})
    for change in changes:
        answer = any_reader.send(body | change)
        assert answer.status_code == 409
        assert problem(answer)["field"] == "nonce"
        assert not set_cookies(answer)
    assert len(any_reader.newsroom.records()) == 1


def test_after_48_hours_it_is_another_decision(any_reader: Reader, clock: FrozenClock) -> None:
    """Nonces are kept no longer."""
    body = any_reader.body()
    first = any_reader.send(body).get_json()
    clock.advance(dt.timedelta(hours=48, seconds=1))
    again = any_reader.send(body)
    assert again.status_code == 201
    assert again.get_json()["record_id"] != first["record_id"]
    assert any_reader.send(body | {"page": "/other"}).status_code == 409
    assert len(any_reader.newsroom.records()) == 2


def test_forms_have_no_nonce(reader: Reader) -> None:
    """A cached page would share it: two posts are two decisions."""
    assert [reader.submit("reject_all").status_code for _ in range(2)] == [303, 303]
    assert len(reader.newsroom.records()) == 2


def test_two_readers_with_one_nonce_are_not_mixed(newsroom: Newsroom) -> None:
    """Another one's nonce gives nothing but a 409."""
    first = Reader(newsroom)
    body = first.body()
    first.send(body)
    second = Reader(newsroom)
    assert second.send(body | {"action": "reject_all"}).status_code == 409
    assert second.cookies() == []


def test_many_at_once_are_one(any_newsroom: Newsroom) -> None:
    """An impatient browser and a second process: one record, one answer."""
    body = Reader(any_newsroom).body()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: Reader(any_newsroom).send(body), range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.get_data() for answer in answers}) == 1
    assert len(any_newsroom.records()) == 1


NO_NONCES = ["", "short", "x" * 21, "x" * 129, "x" * 21 + " ", "x" * 21 + "\n", "ж" * 22, 1, None, ["x" * 22], ...]


def test_a_nonce_has_128_bits(reader: Reader, subtests: pytest.Subtests) -> None:
    """At least 22 URL-safe characters."""
    for nonce in NO_NONCES:
        with subtests.test(nonce=nonce):
            answer = reader.decide(nonce=nonce)
            assert answer.status_code == 400
            assert problem(answer)["field"] == "nonce"
