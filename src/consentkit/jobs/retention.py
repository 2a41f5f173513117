"""Erases what is past its retention: every day, a little at a time."""

from __future__ import annotations

import collections.abc as cabc
import datetime as dt
import itertools
import logging
import typing as t

from ..errors import KeyUnavailable
from ..errors import StoreUnavailable
from ..operations.retain import retain

if t.TYPE_CHECKING:
    from ..clock import Clock
    from ..operations.issue_receipt import Signers
    from ..storage.unit_of_work import Database

log = logging.getLogger("consentkit")

#: How many batches are erased at a time. The thread that does so has other things to do as well.
BATCHES = 5


class Retention:
    """Goes through the records of each site once a day. Several processes may: each record is erased once.

    :param signers: give what signs in the name of the logs. :param days: gives for each site that is configured how
        many days its records are kept.
    """

    def __init__(
        self,
        database: Database,
        signers: Signers,
        clock: Clock,
        *,
        days: cabc.Callable[[], cabc.Mapping[str, int]],
    ) -> None:
        self._database = database
        self._signers = signers
        self._clock = clock
        self._days = days
        self._day: dt.date | None = None
        self._work: cabc.Iterator[int] = iter(())

    def work(self) -> int:
        """Go on where it ended the last time, and return how many records were erased.

        What fails is told, and begun anew the next time.
        """
        today = self._clock.now().date()
        if today != self._day:
            self._day = today
            self._work = self._all()
        erased = 0
        try:
            for count in itertools.islice(self._work, BATCHES):
                erased += count
        except (KeyUnavailable, StoreUnavailable) as error:
            self._day = None
            log.warning("Records whose time is over could not be erased; it is tried again: %s", error)
        if erased:
            log.info("%d records were erased because their time was over.", erased)
        return erased

    def _all(self) -> cabc.Iterator[int]:
        for site, days in self._days().items():
            steps = retain(self._database, site, days=days, signers=self._signers, clock=self._clock)
            for erased, _ in steps:
                yield erased.count
