"""What the log commits to of a record."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import typing as t

import pytest

from consentkit.consent.decisions import Action
from consentkit.consent.decisions import Record
from consentkit.ledger.records import FIELDS
from consentkit.ledger.records import content_of
from consentkit.ledger.records import entry_of
from consentkit.ledger.records import fields_of
from tests.factories import NOON
from tests.factories import make_record

SALT = bytes(range(32))
RECORD = make_record(id="019aafd3-ba80-7000-8000-000000000000", subject_id="A" * 22, section="қала")

#: Another value for each field.
OTHERS: dict[str, t.Any] = {
    "id": "019aafd3-ba80-7000-8000-000000000001",
    "action": Action.SAVE,
    "purposes": {"analytics": False, "embeds": True, "preferences": True},
    "services": {},
    "policy_versions": {},
    "layer": None,
    "method": "form",
    "gpc": True,
    "sample": True,
    "gvl_version": 7,
    "revision": 2,
    "decided_at": NOON + dt.timedelta(microseconds=1),
    "expires_at": NOON,
}


def test_every_field_is_committed_to_but_the_salt_and_the_place() -> None:
    """A new column of the record is either one of the fields, or this fails."""
    assert {*FIELDS} == {field.name for field in dataclasses.fields(Record)} - {"leaf_index", "salt"}


@pytest.mark.parametrize("field", FIELDS)
def test_no_field_can_change_unseen(field: str) -> None:
    """Another value of any field is another entry."""
    changed = dataclasses.replace(RECORD, **{field: OTHERS.get(field, "other")})
    assert entry_of(fields_of(changed), SALT) != entry_of(fields_of(RECORD), SALT)


def test_the_canonical_bytes_are_sorted_json_without_what_is_absent() -> None:
    """So a column that a later release adds leaves the entries of older records as they are."""
    content = content_of(fields_of(RECORD))
    members = json.loads(content)
    assert list(members) == sorted(members)
    assert "country" in members
    assert "tc_string" not in members
    assert members["decided_at"] == "2026-11-23T12:00:00.000000Z"
    assert "қала".encode() in content
    assert b'","' in content
    assert b", " not in content
    assert content_of({**fields_of(RECORD), "a_later_field": None}) == content


def test_the_entry_is_version_type_and_a_salted_hash() -> None:
    """34 bytes, in which nothing of the record can be recognised."""
    entry = bytes(entry_of(fields_of(RECORD), SALT))
    assert entry == b"\x01\x01" + hashlib.sha256(SALT + content_of(fields_of(RECORD))).digest()
