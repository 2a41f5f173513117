"""Prove that a record is in the log: the way from its entry to the newest checkpoint."""

from __future__ import annotations

import typing as t

from ..errors import ProofInvalid
from ..ledger.checkpoints import Checkpoint
from ..ledger.notes import Note
from ..ledger.receipts import Place
from ..ledger.records import entry_of
from ..ledger.records import fields_of
from ..ledger.tiles import read_from
from ..ledger.tiles import tiles_of
from ..ledger.tree import check_inclusion
from ..ledger.tree import hash_leaf
from ..ledger.tree import inclusion_proof
from ..ledger.tree import nodes_of_inclusion

if t.TYPE_CHECKING:
    from ..consent.decisions import Record
    from ..storage.unit_of_work import UnitOfWork


def prove(uow: UnitOfWork, record: Record, *, origin: str | None = None) -> Place | None:
    """Return the place of *record* under the newest checkpoint of its site, proven; ``None`` where none covers it yet.

    Two queries, and one more before that for the record, which brings its index. The proof is checked here: what is
    given out leads from the record as it is stored now to the root that was signed.

    :param origin: the log's name that the checkpoint must have, where it matters.
    :raises ProofInvalid: the log does not prove this record: one of the two was changed.
    """
    index = record.leaf_index
    if index is None or record.salt is None:
        return None
    checkpoint = uow.checkpoints.latest(record.site)
    if checkpoint is None or index >= checkpoint.size or origin not in {None, checkpoint.origin}:
        return None
    tiles = uow.log_tree.tiles(record.site, tiles_of(nodes_of_inclusion(index, checkpoint.size)))
    try:
        proof = inclusion_proof(index, checkpoint.size, read_from(tiles))
    except KeyError as error:
        raise ProofInvalid("A tile of the log is missing, or too short.") from error
    signed = Checkpoint.parse(Note.parse(checkpoint.note.encode()).text)
    entry = bytes(entry_of(fields_of(record), record.salt))
    check_inclusion(index, signed.size, hash_leaf(entry), proof, signed.root)
    return Place(index, signed.size, tuple(proof), checkpoint.note)
