"""Publish a checkpoint: sign the head of a site's log."""

from __future__ import annotations

import typing as t

from ..ledger import notes
from ..ledger.checkpoints import Checkpoint
from ..storage.log_checkpoints import StoredCheckpoint

if t.TYPE_CHECKING:
    from ..clock import Clock
    from ..storage.unit_of_work import Database


def publish_checkpoint(database: Database, site: str, *, signer: notes.Signer, clock: Clock) -> StoredCheckpoint | None:
    """Sign the log as far as it is integrated, and return the checkpoint, or the one that is there already.

    :returns: ``None`` where the log has not begun.
    :raises StoreUnavailable: it is not published, or it is not known whether it is.
    """
    with database.unit_of_work(read_only=True) as uow:
        head = uow.log_tree.head(site)
        latest = uow.checkpoints.latest(site)
    if head is None or (latest is not None and (latest.origin, latest.size) == (head.origin, head.size)):
        return latest
    text = Checkpoint(head.origin, head.size, head.root).text
    checkpoint = StoredCheckpoint(
        site=site,
        origin=head.origin,
        size=head.size,
        note=str(notes.Note(text, (notes.sign(text, signer),))),
        published_at=clock.now(),
    )
    with database.unit_of_work() as uow:
        uow.checkpoints.add(checkpoint)
    return checkpoint
