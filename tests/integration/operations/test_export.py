from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import io
import json
import typing as t

import pytest
import sqlalchemy as sa
from pyarrow import parquet

from consentkit.consent.decisions import Action
from consentkit.consent.decisions import Record
from consentkit.operations.export import FIELDS
from consentkit.operations.export import Format
from consentkit.operations.export import cell
from consentkit.operations.export import export_records
from consentkit.operations.export import record_to_json
from consentkit.operations.resume_export import last_record
from consentkit.storage.records import RecordFilter
from consentkit.storage.unit_of_work import Database
from tests.factories import NOON
from tests.factories import make_record

EVERYTHING = RecordFilter()


def store(database: Database, *records: Record) -> None:
    """Insert the records."""
    with database.unit_of_work() as uow:
        uow.records.add_samples(records)


def exported(database: Database, form: Format, which: RecordFilter = EVERYTHING, after: str | None = None) -> str:
    """Return the whole text of an export."""
    return b"".join(export_records(database, which, format=form, after=after)).decode()


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
    text = exported(database, Format.JSONL)
    assert [json.loads(line) for line in text.splitlines()] == [record_to_json(record) for record in records]
    assert "қоғам" in text


def test_a_table_holds_the_same(database: Database) -> None:
    """With a head line; what is absent is empty, what has parts is JSON."""
    record = make_record(sample=True, subject_id="A" * 22, section='a,"b"\r\nc')
    store(database, record)
    text = exported(database, Format.CSV)
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
    text = exported(database, Format.CSV)
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert row["section"] == f'\'{beginning}HYPERLINK("https://evil.example")'


def test_a_table_without_records_has_its_head_line(database: Database) -> None:
    """And lines of JSON are none."""
    assert exported(database, Format.CSV) == ",".join(FIELDS) + "\r\n"
    assert exported(database, Format.JSONL) == ""


def test_an_export_comes_in_pieces(database: Database) -> None:
    """Neither one at a time nor all at once, and nothing is lost between them."""
    records = [make_record(sample=True) for _ in range(10_001)]
    store(database, *records)
    pieces = list(export_records(database, EVERYTHING, format=Format.JSONL))
    assert len(pieces) == 3
    assert [json.loads(line)["id"] for line in b"".join(pieces).splitlines()] == [record.id for record in records]


def test_an_export_can_be_narrowed(database: Database) -> None:
    """By the same filter as pages."""
    refusal = make_record(sample=True, action=Action.REJECT_ALL)
    store(database, make_record(sample=True), refusal)
    (line,) = exported(database, Format.JSONL, RecordFilter(action=Action.REJECT_ALL)).splitlines()
    assert json.loads(line)["id"] == refusal.id


def test_every_value_is_written_as_json_has_it(database: Database) -> None:
    """The quick way by the database gives what the slow one by objects gives: moments, ids, what is absent."""
    records = [
        make_record(
            sample=True,
            decided_at=NOON + dt.timedelta(microseconds=number),
            previous_id=make_record().id if number % 2 else None,
            section=section,
            gpc=bool(number % 2),
            services={"youtube": True, "a": False},
            tc_string="CPX\u2028",
            gvl_version=number,
        )
        for number, section in enumerate(["\u0000", "\ud800", '"', "\\", "مرحبا", "\u202e", "a" * 3000])
    ]
    store(database, *records)
    with database.unit_of_work(read_only=True) as uow:
        stored = list(uow.records.stream(EVERYTHING))
    lines = exported(database, Format.JSONL).split("\n")
    assert [json.loads(line) for line in lines if line] == [record_to_json(record) for record in stored]
    table = list(csv.DictReader(io.StringIO(exported(database, Format.CSV), newline="")))
    assert [list(row.values()) for row in table] == [
        [cell(value) for value in record_to_json(record).values()] for record in stored
    ]


def test_columns_hold_the_same(database: Database) -> None:
    """Moments as moments, truths as truths; groups of rows come as they are full."""
    records = [make_record(sample=True, section="қоғам"), make_record(sample=True, country=None)]
    store(database, *records)
    file = io.BytesIO(b"".join(export_records(database, EVERYTHING, format=Format.PARQUET)))
    rows = parquet.read_table(file).to_pylist()
    assert tuple(rows[0]) == FIELDS
    assert [row["id"] for row in rows] == [record.id for record in records]
    assert (rows[0]["section"], rows[0]["sample"], rows[0]["revision"]) == ("қоғам", True, 1)
    assert rows[0]["decided_at"] == NOON
    assert rows[1]["country"] is None
    empty = b"".join(export_records(database, RecordFilter(site="elsewhere"), format=Format.PARQUET))
    assert parquet.read_table(io.BytesIO(empty)).num_rows == 0


@pytest.mark.parametrize("form", [Format.CSV, Format.JSONL])
def test_cut_anywhere_it_goes_on_without_a_gap(database: Database, form: Format) -> None:
    """After the last record that came whole, whatever it was cut in, and whatever lines a text pretends to be."""
    forged = f"{make_record().id},{'x,' * (len(FIELDS) - 2)}x"
    store(
        database,
        *(make_record(sample=True, section=text) for text in ("a", f"\r\n{forged}\r\n", 'b"\n', "c", "қ")),
    )
    whole = exported(database, form).encode()
    for cut in range(len(whole) + 1):
        file = io.BytesIO()
        file.write(whole[:cut])
        file.seek(0)
        last = last_record(file, form)
        file.write(exported(database, form, after=last).encode())
        assert file.getvalue() == whole


@pytest.mark.parametrize("content", [b"name,age\r\n", b"id\r\n1\r\n", b"{}\n", b"\xff\n", b"a\nb\n"])
@pytest.mark.parametrize("form", [Format.CSV, Format.JSONL])
def test_what_is_no_export_is_left_alone(content: bytes, form: Format) -> None:
    """Somebody's file of another kind is not cut."""
    file = io.BytesIO(content)
    with pytest.raises(ValueError, match="The file is not"):
        last_record(file, form)
    assert file.getvalue() == content


def test_no_connection_waits_for_a_slow_reader(database: Database) -> None:
    """Between two pieces nothing is held, so a hundred stalled downloads keep no other work from the database."""
    store(database, *(make_record(sample=True) for _ in range(5001)))
    pieces = export_records(database, EVERYTHING, format=Format.JSONL)
    next(pieces)
    assert t.cast("sa.QueuePool", database.engine.pool).checkedout() == 0
    pieces.close()
