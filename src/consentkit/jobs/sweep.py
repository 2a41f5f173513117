"""Forgets what has had its time.

Nonces after 48 hours, observations after 400 days without a sighting, and of the log's checkpoints after 48 hours all
but the last of each hour.
"""

from __future__ import annotations

import datetime as dt
import typing as t

from ..consent.decisions import NONCE_LIFETIME

if t.TYPE_CHECKING:
    from ..clock import Clock
    from ..storage.unit_of_work import Database

#: How many go in one transaction: few enough to hold up nobody who waits for the writer.
BATCH = 1000
#: How long cookies and hosts are kept that nobody saw any more: a little over a year, so that what comes once a year
#: is known when it comes again.
OBSERVATION_LIFETIME = dt.timedelta(days=400)
#: How long all checkpoints are kept. A busy site has one every few seconds.
CHECKPOINT_LIFETIME = dt.timedelta(hours=48)


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


def sweep_observations(database: Database, clock: Clock) -> int:
    """Remove those that were not seen for so long, and return how many they were."""
    with database.unit_of_work() as uow:
        return uow.observations.forget(clock.now() - OBSERVATION_LIFETIME)


def sweep_checkpoints(database: Database, clock: Clock) -> int:
    """Thin out old checkpoints in batches, each a transaction of its own, and return how many are gone."""
    before = clock.now() - CHECKPOINT_LIFETIME
    gone = 0
    while True:
        with database.unit_of_work() as uow:
            removed = uow.checkpoints.thin(before, limit=BATCH)
        gone += removed
        if removed < BATCH:
            return gone
