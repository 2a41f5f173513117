"""Erasing and holding back in the audit view."""

from __future__ import annotations

import dataclasses
import uuid

import flask
import flask.testing
import pytest

from consentkit.consent.decisions import Record
from consentkit.operations.hold import hold_record
from consentkit.runtime import Runtime
from consentkit.storage.accounts import Account
from consentkit.storage.accounts import Role
from tests.factories import make_record
from tests.integration.admin.conftest import ADMIN
from tests.integration.admin.conftest import signed_in
from tests.log import SIGNER

Browser = flask.testing.FlaskClient
FORM = {"Origin": "http://localhost"}


@pytest.fixture
def editor(app: flask.Flask, account: Account, runtime: Runtime) -> Browser:
    """A browser in which an editor is signed in."""
    editor = dataclasses.replace(
        account, id=str(uuid.uuid4()), email="editor@courier.example", role=Role.EDITOR, grants={"*": Role.EDITOR}
    )
    with runtime.database.unit_of_work() as uow:
        assert uow.accounts.add(editor)
    return signed_in(app, editor, runtime)


@pytest.fixture
def records(runtime: Runtime) -> list[Record]:
    """Two decisions of one reader, and one of another."""
    made = [
        make_record(subject_id=subject_id, salt=b"s" * 32, decided_at=runtime.clock.now())
        for subject_id in ("a-reader", "a-reader", "another")
    ]
    return [runtime.recorder.record(record, nonce=None).record for record in made]


def page(record: Record, what: str = "") -> str:
    """Return the address of a record's page, or of what can be done with it."""
    return f"{ADMIN}/records/{record.id}{what}"


def left(runtime: Runtime, records: list[Record]) -> list[bool]:
    """Return which of the records are there."""
    with runtime.database.unit_of_work(read_only=True) as uow:
        return [uow.records.get(record.id) is not None for record in records]


def statements(runtime: Runtime) -> int:
    """Return how many statements the log has."""
    with runtime.database.unit_of_work(read_only=True) as uow:
        return len(list(uow.statements.stream("steppe-herald")))


def test_one_record_is_erased(editor: Browser, runtime: Runtime, records: list[Record]) -> None:
    """After a page that asks; its page is gone then, and the log says so."""
    assert page(records[0], "/erase") in editor.get(page(records[0])).text
    asked = editor.get(page(records[0], "/erase"))
    assert "All records of this reader: 2" in asked.text
    assert left(runtime, records) == [True, True, True]
    done = editor.post(page(records[0], "/erase"), data={"what": "record"}, headers=FORM)
    assert "1 record was erased" in done.text
    assert left(runtime, records) == [False, True, True]
    assert editor.get(page(records[0])).status_code == 404
    assert editor.post(page(records[0], "/erase"), data={"what": "record"}, headers=FORM).status_code == 404
    assert statements(runtime) == 1


def test_all_of_a_reader_is_erased_but_for_what_is_held(
    editor: Browser, runtime: Runtime, records: list[Record]
) -> None:
    """What is held is named, with its reason, and can be released."""
    held = editor.post(page(records[0], "/hold"), data={"reason": "Case <7>"}, headers=FORM, follow_redirects=True)
    assert "Case &lt;7&gt;" in held.text
    assert "editor@courier.example" in held.text
    assert "1 of them is held" in editor.get(page(records[1], "/erase")).text
    done = editor.post(page(records[1], "/erase"), data={"what": "subject"}, headers=FORM)
    assert "1 record was erased" in done.text
    assert "1 record is held for a legal claim and stays." in done.text
    assert left(runtime, records) == [True, False, True]
    assert editor.post(page(records[0], "/erase"), data={"what": "record"}, headers=FORM).status_code == 409
    released = editor.post(page(records[0], "/release"), headers=FORM, follow_redirects=True)
    assert "Case" not in released.text
    assert editor.post(page(records[0], "/erase"), data={"what": "subject"}, headers=FORM).status_code == 200
    assert left(runtime, records) == [False, False, True]


@pytest.mark.parametrize("data", [{}, {"what": "everything"}, {"what": "record, subject"}])
def test_nothing_is_erased_unless_it_is_said_what(
    editor: Browser, runtime: Runtime, records: list[Record], data: dict[str, str]
) -> None:
    """The page asks again."""
    asked = editor.post(page(records[0], "/erase"), data=data, headers=FORM)
    assert (asked.status_code, "Choose what is to be erased." in asked.text) == (400, True)
    assert left(runtime, records) == [True, True, True]


def test_a_reason_is_needed_to_hold_a_record(editor: Browser, records: list[Record]) -> None:
    """An empty one is none."""
    assert editor.post(page(records[0], "/hold"), data={"reason": " "}, headers=FORM).status_code == 400


@pytest.mark.parametrize("what", ["/erase", "/hold", "/release"])
def test_auditors_and_other_origins_change_nothing(
    officer: Browser, editor: Browser, runtime: Runtime, records: list[Record], what: str
) -> None:
    """An auditor sees that a record is held, and no button."""
    data = {"what": "record", "reason": "Case 7"}
    assert officer.post(page(records[0], what), data=data, headers=FORM).status_code == 403
    assert editor.post(page(records[0], what), data=data, headers={"Origin": "http://evil.example"}).status_code == 403
    with runtime.database.unit_of_work() as uow:
        hold_record(uow, records[1].id, reason="Case 8", by="somebody", clock=runtime.clock)
    shown = officer.get(page(records[1])).text
    assert "Case 8" in shown
    assert page(records[1], what) not in shown
    assert left(runtime, records) == [True, True, True]


def test_without_the_key_nothing_is_erased(editor: Browser, runtime: Runtime, records: list[Record]) -> None:
    """And the page says why."""
    with runtime.database.unit_of_work() as uow:
        active = uow.log_keys.active("steppe-herald")
        assert active is not None
        uow.log_keys.retire("steppe-herald", active.verifier, runtime.clock.now())
        uow.log_keys.add("steppe-herald", str(SIGNER.verifier), runtime.clock.now())
    refused = editor.post(page(records[0], "/erase"), data={"what": "record"}, headers=FORM)
    assert (refused.status_code, "the log&#39;s key is not here" in refused.text) == (503, True)
    assert left(runtime, records) == [True, True, True]
