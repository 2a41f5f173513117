"""Counts the notices that were shown, and adds them to the store now and then."""

from __future__ import annotations

import collections
import datetime as dt
import threading
import typing as t

from ..errors import StoreUnavailable
from .exits import flush_at_exit
from .forks import renew_after_fork

if t.TYPE_CHECKING:
    from ..clock import Clock
    from ..storage.unit_of_work import Database


class ShownCounter:
    """The showings that this process has counted and not stored yet.

    In memory first, for a beacon is not worth a commit: a killed process loses those of some seconds.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self.after_fork()
        renew_after_fork(self)
        flush_at_exit(self, database)

    def after_fork(self) -> None:
        """Begin at zero: what the parent counted is the parent's to store."""
        self._counts: collections.Counter[tuple[str, dt.date, str, str]] = collections.Counter()
        self._lock = threading.Lock()

    def add(self, site: str, notice: str, layer: str) -> None:
        """Count one showing."""
        with self._lock:
            self._counts[site, self._clock.now().date(), notice, layer] += 1

    def flush(self) -> None:
        """Add what was counted to the store.

        :raises StoreUnavailable: it stays counted.
        """
        with self._lock:
            counts, self._counts = self._counts, collections.Counter()
        if not counts:
            return
        try:
            with self._database.unit_of_work() as uow:
                for (site, day, notice, layer), count in sorted(counts.items()):
                    uow.impressions.add(site, day, notice, layer, count)
        except StoreUnavailable:
            with self._lock:
                self._counts.update(counts)
            raise
