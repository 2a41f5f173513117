"""Where an export that broke off goes on."""

from __future__ import annotations

import csv
import io
import json
import typing as t

from ..consent.record_ids import is_record_id
from .export import FIELDS
from .export import Format


def last_record(file: t.BinaryIO, form: Format) -> str | None:
    """Return the id of the last record that is whole in *file*, and cut off what comes after it.

    The file stands at its end then, for what follows. Of one without a whole record nothing stays: ``None``. It is
    read from its beginning: a text in a table may hold lines that look like records.

    :raises ValueError: it is no export of that form.
    """
    begin = end = at = quotes = count = 0
    for line in file:
        at += len(line)
        quotes += line.count(b'"')
        if not line.endswith(b"\n") or (form is Format.CSV and quotes % 2):
            continue
        begin, end, quotes, count = end, at, 0, count + 1
    file.seek(begin)
    record = file.read(end - begin)
    heads = 1 if form is Format.CSV else 0
    if heads and not _head(file, at):
        raise ValueError("The file is not a table of records: its head line is another one.")
    found = _id_of(record, form) if count > heads else None
    if found is None and count > heads:
        raise ValueError("The file is not an export of records: its last line is none.")
    file.seek(end if found else 0)
    file.truncate()
    return found


def _head(file: t.BinaryIO, size: int) -> bool:
    head = ",".join(FIELDS).encode() + b"\r\n"
    file.seek(0)
    return head.startswith(file.read(min(size, len(head))))


def _id_of(record: bytes, form: Format) -> str | None:
    try:
        text = record.decode()
        if form is Format.JSONL:
            fields = json.loads(text)
            found = fields.get("id") if isinstance(fields, dict) and len(fields) == len(FIELDS) else None
        else:
            rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
            found = rows[0][0] if len(rows) == 1 and len(rows[0]) == len(FIELDS) else None
    except (ValueError, csv.Error):
        return None
    return found if isinstance(found, str) and is_record_id(found) else None
