"""Forgets the nonces whose 48 hours are over."""

from __future__ import annotations

import typing as t

from ..consent.decisions import NONCE_LIFETIME

if t.TYPE_CHECKING:
    from ..clock import Clock
    from ..storage.unit_of_work import Database

#: How many go in one transaction: few enough to hold up nobody who waits for the writer.
BATCH = 1000


def sweep_nonces(database: Database, clock: Clock) -> int:
    """Remove them in batches, each a transaction of its own, and return how many they were."""
    before = clock.now() - NONCE_LIFETIME
    gone = 0
    while True:
        with database.unit_of_work() as uow:
            removed = uow.records.forget_nonces(before, limit=BATCH)
        gone += removed
        if removed < BATCH:
            return gone
