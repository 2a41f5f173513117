"""A record's place in the log, with what a browser needs to check it, and its reader's other decisions."""

from __future__ import annotations

import base64
import collections.abc as cabc
import dataclasses
import enum
import json
import typing as t

from ..consent.decisions import Record
from ..errors import ProofInvalid
from ..ledger.checkpoints import Checkpoint
from ..ledger.notes import Note
from ..ledger.records import content_of
from ..ledger.records import entry_of
from ..ledger.records import fields_of
from ..operations.prove import prove
from ..storage.records import RecordFilter

if t.TYPE_CHECKING:
    from ..storage.unit_of_work import UnitOfWork

#: So many decisions of a reader are shown on one record's page.
SHOWN = 20


class Standing(enum.Enum):
    """How far a record is on its way into the log."""

    #: A sample, which no log holds.
    NONE = enum.auto()
    #: It has no place yet, or none that a checkpoint covers.
    WAITS = enum.auto()
    PROVED = enum.auto()
    #: The log does not prove the record as it is stored.
    BROKEN = enum.auto()


@dataclasses.dataclass(frozen=True, slots=True)
class PlaceShown:
    """A place in the log.

    :param number: counted from one. :param proof: JSON for the script, bytes as base64; empty unless it is proved.
    """

    standing: Standing
    number: int = 0
    size: int = 0
    origin: str = ""
    proof: str = ""


def place_of(uow: UnitOfWork, record: Record) -> PlaceShown:
    """Return the place of *record* under the newest checkpoint: three queries."""
    if record.sample:
        return PlaceShown(Standing.NONE)
    try:
        place = prove(uow, record)
    except ProofInvalid:
        return PlaceShown(Standing.BROKEN)
    if place is None or record.salt is None:
        return PlaceShown(Standing.WAITS)
    fields = fields_of(record)
    proof = {
        "content": content_of(fields).decode(),
        "salt": _text(record.salt),
        "entry": _text(bytes(entry_of(fields, record.salt))),
        "index": place.index,
        "size": place.size,
        "proof": [_text(each) for each in place.proof],
        "checkpoint": place.checkpoint,
        "keys": [key.verifier for key in uow.log_keys.all(record.site)],
    }
    origin = Checkpoint.parse(Note.parse(place.checkpoint.encode()).text).origin
    return PlaceShown(Standing.PROVED, place.index + 1, place.size, origin, json.dumps(proof))


def decisions_of_reader(uow: UnitOfWork, record: Record) -> cabc.Sequence[Record]:
    """Return the newest decisions of the record's reader, this one among them if it is; one more than are shown."""
    if record.subject_id is None:
        return ()
    return uow.records.page(RecordFilter(site=record.site, subject_id=record.subject_id), limit=SHOWN + 1)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
