"""Entries: a commitment hides the record and binds it."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentkit.errors import ProofInvalid
from consentkit.ledger import entries
from consentkit.ledger.entries import Entry
from consentkit.ledger.entries import EntryType


def test_an_entry_goes_there_and_back() -> None:
    """In 34 bytes, as it says."""
    entry = Entry(EntryType.RECORD, entries.commit(b"s" * 32, b"{}"))
    assert bytes(entry) == b"\x01\x01" + hashlib.sha256(b"s" * 32 + b"{}").digest()
    assert Entry.parse(bytes(entry)) == entry


@pytest.mark.parametrize("data", [b"", b"\x01\x01" + bytes(31), b"\x02\x01" + bytes(32), b"\x01\x09" + bytes(32)])
def test_what_is_no_entry(data: bytes) -> None:
    """Another version, type or length."""
    with pytest.raises(ProofInvalid):
        Entry.parse(data)


def test_a_salt_has_one_length() -> None:
    """Else the end of one and the beginning of the other could be moved."""
    with pytest.raises(ValueError, match="32"):
        entries.commit(b"s" * 31, b"{}")


def test_canonical_bytes() -> None:
    """Sorted, without spaces, letters as they are."""
    assert entries.canonical({"b": [1, None, True], "a": "Ақжар"}) == ('{"a":"Ақжар","b":[1,null,true]}'.encode())
    for value in ({"ж": 1}, {1: 1}, {"a": 1.5}, {"a": b""}, {"a": [{2}]}):
        with pytest.raises(TypeError):
            entries.canonical(value)  # type: ignore[arg-type]  # what is tried


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_a_bundle_goes_there_and_back(found: list[bytes]) -> None:
    """And one that was cut is refused, or ends where an entry does."""
    data = entries.bundle(found)
    assert entries.parse_bundle(data) == found
    if data:
        try:
            assert entries.parse_bundle(data[:-1]) == found[:-1]
            assert not found[-1]
        except ProofInvalid:
            pass
