from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import io
import json

import pytest

from consentkit.consent.decisions import Action
from consentkit.consent.decisions import Record
from consentkit.operations.export import FIELDS
from consentkit.operations.export import export_records
from consentkit.operations.export import record_to_json
from consentkit.storage.records import RecordFilter
from consentkit.storage.unit_of_work import Database
from tests.factories import NOON
from tests.factories import make_record

EVERYTHING = RecordFilter()


def store(database: Database, *records: Record) -> None:
    """Insert the records."""
    with database.unit_of_work() as uow:
        uow.records.add_samples(records)


def test_fields_are_those_of_the_record_without_its_salt() -> None:
    """Whoever adds a field to the record decides where it stands."""
    assert set(FIELDS) == {field.name for field in dataclasses.fields(Record)} - {"salt"}


def test_a_record_is_one_json_object() -> None:
    """Plain values, times in UTC with a Z, and no salt."""
    almaty = dt.timezone(dt.timedelta(hours=5))
    record = make_record(decided_at=NOON.astimezone(almaty), salt=b"x" * 32, services={"b": True, "a": False})
    exported = record_to_json(record)
    assert tuple(exported) == FIELDS
    assert json.loads(json.dumps(exported)) == exported
    assert exported["decided_at"] == "2026-11-23T12:00:00.000000Z"
    assert exported["action"] == "accept_all"
    assert type(exported["action"]) is str
    assert list(exported["services"]) == ["a", "b"]  # type: ignore[call-overload]  # an object here
    assert exported["subject_id"] is None
    assert exported["gpc"] is False


def test_lines_of_json_are_the_records_in_their_order(database: Database) -> None:
    """Oldest first, letters as they are."""
    records = [make_record(sample=True, section=section) for section in ("қоғам", "a\nb", None)]
    store(database, *records)
    with database.unit_of_work(read_only=True) as uow:
        text = "".join(export_records(uow, EVERYTHING, format="jsonl"))
    assert [json.loads(line) for line in text.splitlines()] == [record_to_json(record) for record in records]
    assert "қоғам" in text


def test_a_table_holds_the_same(database: Database) -> None:
    """With a head line; what is absent is empty, what has parts is JSON."""
    record = make_record(sample=True, subject_id="A" * 22, section='a,"b"\r\nc')
    store(database, record)
    with database.unit_of_work(read_only=True) as uow:
        text = "".join(export_records(uow, EVERYTHING, format="csv"))
    assert text.startswith("id,site,subject_id,")
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert tuple(row) == FIELDS
    assert row["id"] == record.id
    assert row["section"] == 'a,"b"\r\nc'
    assert row["purposes"] == '{"analytics":true,"embeds":true,"preferences":true}'
    assert (row["gpc"], row["sample"]) == ("false", "true")
    assert (row["leaf_index"], row["revision"]) == ("", "1")
    assert (row["country"], row["tc_string"]) == ("KZ", "")


@pytest.mark.parametrize("beginning", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_cell_of_a_table_is_a_formula(database: Database, beginning: str) -> None:
    """A page's path is the reader's to choose, and a spreadsheet would run it."""
    store(database, make_record(sample=True, section=f'{beginning}HYPERLINK("https://evil.example")'))
    with database.unit_of_work(read_only=True) as uow:
        text = "".join(export_records(uow, EVERYTHING, format="csv"))
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert row["section"] == f'\'{beginning}HYPERLINK("https://evil.example")'


def test_a_table_without_records_has_its_head_line(database: Database) -> None:
    """And lines of JSON are none."""
    with database.unit_of_work(read_only=True) as uow:
        assert "".join(export_records(uow, EVERYTHING, format="csv")) == ",".join(FIELDS) + "\r\n"
        assert list(export_records(uow, EVERYTHING, format="jsonl")) == []


def test_an_export_comes_in_pieces(database: Database) -> None:
    """Neither one at a time nor all at once, and nothing is lost between them."""
    records = [make_record(sample=True) for _ in range(1201)]
    store(database, *records)
    with database.unit_of_work(read_only=True) as uow:
        pieces = list(export_records(uow, EVERYTHING, format="jsonl"))
    assert len(pieces) == 3
    assert [json.loads(line)["id"] for line in "".join(pieces).splitlines()] == [record.id for record in records]


def test_an_export_can_be_narrowed(database: Database) -> None:
    """By the same filter as pages."""
    refusal = make_record(sample=True, action=Action.REJECT_ALL)
    store(database, make_record(sample=True), refusal)
    with database.unit_of_work(read_only=True) as uow:
        (line,) = "".join(export_records(uow, RecordFilter(action=Action.REJECT_ALL), format="jsonl")).splitlines()
    assert json.loads(line)["id"] == refusal.id
