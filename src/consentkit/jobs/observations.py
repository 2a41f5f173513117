"""Counts what is seen in the field, and adds it to the store now and then."""

from __future__ import annotations

import collections.abc as cabc
import datetime as dt
import logging
import threading
import typing as t

from ..errors import StoreUnavailable
from ..storage.observations import MAX_ROWS
from ..storage.observations import Kind
from ..storage.observations import Observation
from ..storage.observations import Seen
from .exits import flush_at_exit
from .forks import renew_after_fork

if t.TYPE_CHECKING:
    from ..clock import Clock
    from ..storage.unit_of_work import Database

log = logging.getLogger("consentkit")

#: So many different things of one kind are counted for a site between two flushes, and so many in all: nobody can fill
#: the memory with made-up ones, and those of one site or kind take no room from another's.
MAX_DIFFERENT = 1000
MAX_IN_ALL = 8000
#: So many go in one transaction: on SQLite, who decides waits for it.
BATCH = 200


class _Count:
    """How often, for how long, and when."""

    __slots__ = ("count", "first", "last", "lifetime")

    def __init__(self, count: int, lifetime: int | None, first: dt.datetime, last: dt.datetime) -> None:
        self.count = count
        self.lifetime = lifetime
        self.first = first
        self.last = last

    def add(self, more: _Count) -> None:
        self.count += more.count
        if more.lifetime is not None and (self.lifetime is None or more.lifetime > self.lifetime):
            self.lifetime = more.lifetime
        # The clock may have been set back in between.
        self.first = min(self.first, more.first)
        self.last = max(self.last, more.last)


class Observed:
    """What this process has seen and not stored yet.

    In memory first: a request must not wait for it. A killed process loses that of some seconds.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self.after_fork()
        renew_after_fork(self)
        flush_at_exit(self, database)

    def after_fork(self) -> None:
        """Begin with nothing: what the parent saw is the parent's to store."""
        self._counts: dict[Seen, _Count] = {}
        self._different: dict[tuple[str, Kind], int] = {}
        self._overlooked = 0
        self._lock = threading.Lock()

    @property
    def waiting(self) -> int:
        """How many different things are counted and not stored yet."""
        return len(self._counts)

    def add(self, seen: Seen, lifetime: int | None = None) -> None:
        """Count *seen* once more. What is one too many to be told apart is not counted.

        :param lifetime: how long a cookie was to stay, in seconds.
        """
        self.add_all(((seen, lifetime),), self._clock.now())

    def add_all(self, sightings: cabc.Iterable[tuple[Seen, int | None]], now: dt.datetime) -> None:
        """Do so with all of one response, each with its lifetime."""
        with self._lock:
            for seen, lifetime in sightings:
                found = self._counts.get(seen)
                if found is None:
                    self._add(seen, _Count(1, lifetime, now, now))
                    continue
                # The same as adding a count of one, and in every response's way.
                found.count += 1
                if lifetime is not None and (found.lifetime is None or lifetime > found.lifetime):
                    found.lifetime = lifetime
                if now > found.last:
                    found.last = now
                elif now < found.first:
                    # The clock was set back in between.
                    found.first = now

    def _add(self, seen: Seen, more: _Count) -> None:
        found = self._counts.get(seen)
        if found is not None:
            found.add(more)
            return
        group = (seen.site, seen.kind)
        different = self._different.get(group, 0)
        if different >= MAX_DIFFERENT or len(self._counts) >= MAX_IN_ALL:
            self._overlooked += more.count
            return
        self._different[group] = different + 1
        self._counts[seen] = more

    def flush(self) -> None:
        """Add what was counted to the store, and let go of what is one too many there.

        In small transactions, so that nobody who decides has to wait for long.

        :raises StoreUnavailable: what is not stored yet stays counted.
        """
        with self._lock:
            counts, self._counts, self._different = self._counts, {}, {}
            overlooked, self._overlooked = self._overlooked, 0
        if overlooked:
            log.warning("%d sightings of cookies or hosts were not counted: too many different ones.", overlooked)
        waiting = list(counts.items())
        try:
            while waiting:
                with self._database.unit_of_work() as uow:
                    uow.observations.add(*(_observation(seen, found) for seen, found in waiting[:BATCH]))
                del waiting[:BATCH]
        except StoreUnavailable:
            with self._lock:
                for seen, found in waiting:
                    self._add(seen, found)
            raise
        for site, kind in sorted({(seen.site, seen.kind) for seen in counts}):
            with self._database.unit_of_work() as uow:
                uow.observations.trim(site, kind, MAX_ROWS)


def _observation(seen: Seen, found: _Count) -> Observation:
    return Observation(
        seen=seen, count=found.count, lifetime=found.lifetime, first_seen=found.first, last_seen=found.last
    )
