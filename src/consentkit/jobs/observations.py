"""Counts what is seen in the field, and adds it to the store now and then."""

from __future__ import annotations

import datetime as dt
import logging
import threading
import typing as t

from ..errors import StoreUnavailable
from ..storage.observations import Observation
from ..storage.observations import Seen
from .forks import renew_after_fork

if t.TYPE_CHECKING:
    from ..clock import Clock
    from ..storage.unit_of_work import Database

log = logging.getLogger("consentkit")

#: So many different things are counted between two flushes, so that nobody can fill the memory with made-up ones.
MAX_DIFFERENT = 2000


class _Count:
    """How often, for how long, and when."""

    __slots__ = ("count", "first", "last", "lifetime")

    def __init__(self, now: dt.datetime, lifetime: int | None) -> None:
        self.count = 1
        self.lifetime = lifetime
        self.first = self.last = now


class Observed:
    """What this process has seen and not stored yet.

    In memory first: a request must not wait for it. A killed process loses that of some seconds.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self.after_fork()
        renew_after_fork(self)

    def after_fork(self) -> None:
        """Begin with nothing: what the parent saw is the parent's to store."""
        self._counts: dict[Seen, _Count] = {}
        self._overlooked = 0
        self._lock = threading.Lock()

    def add(self, seen: Seen, lifetime: int | None = None) -> None:
        """Count *seen* once more. What is one too many to be told apart is not counted.

        :param lifetime: how long a cookie was to stay, in seconds.
        """
        now = self._clock.now()
        with self._lock:
            found = self._counts.get(seen)
            if found is not None:
                found.count += 1
                found.last = now
                if lifetime is not None and (found.lifetime is None or lifetime > found.lifetime):
                    found.lifetime = lifetime
            elif len(self._counts) < MAX_DIFFERENT:
                self._counts[seen] = _Count(now, lifetime)
            else:
                self._overlooked += 1

    def flush(self) -> None:
        """Add what was counted to the store, and let go of what is one too many there.

        :raises StoreUnavailable: it stays counted.
        """
        with self._lock:
            counts, self._counts = self._counts, {}
            overlooked, self._overlooked = self._overlooked, 0
        if overlooked:
            log.warning("%d sightings of cookies or hosts were not counted: too many different ones.", overlooked)
        if not counts:
            return
        try:
            with self._database.unit_of_work() as uow:
                for seen, found in counts.items():
                    uow.observations.add(
                        Observation(
                            seen=seen,
                            count=found.count,
                            lifetime=found.lifetime,
                            first_seen=found.first,
                            last_seen=found.last,
                        )
                    )
                for site, kind in sorted({(seen.site, seen.kind) for seen in counts}):
                    uow.observations.trim(site, kind)
        except StoreUnavailable:
            self._take_back(counts)
            raise

    def _take_back(self, counts: dict[Seen, _Count]) -> None:
        with self._lock:
            for seen, found in counts.items():
                later = self._counts.get(seen)
                if later is None:
                    if len(self._counts) < MAX_DIFFERENT:
                        self._counts[seen] = found
                    continue
                later.count += found.count
                later.first = found.first
                if found.lifetime is not None and (later.lifetime is None or found.lifetime > later.lifetime):
                    later.lifetime = found.lifetime
