"""Verifying a log in the background, asked for by an officer: one run for each site, across all processes.

What it is at stands in the database. A process that dies says nothing more, and after :data:`PATIENCE` another may
begin.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
import typing as t

from ..errors import AnchorUnavailable
from ..errors import StoreUnavailable
from ..operations.log_sources import StoredLog
from ..operations.verify_log import verify_log

if t.TYPE_CHECKING:
    from ..clock import Clock
    from ..operations.anchors import Anchors
    from ..operations.log_findings import Verdict
    from ..storage.unit_of_work import Database

log = logging.getLogger("consentkit")

#: After so long without a word nobody is believed to be at it.
PATIENCE = dt.timedelta(minutes=1)
#: So many findings are kept; all are counted.
KEPT = 100
# Seconds between two words on how far it is.
_PAUSE = 1.0


def start_verifying(
    database: Database, site: str, *, by: str, anchors: Anchors, clock: Clock
) -> threading.Thread | None:
    """Begin to verify a site's log, and return the thread that does; ``None`` where one is at it already.

    :param by: who asks for it. :raises StoreUnavailable: as the store does.
    """
    now = clock.now()
    with database.unit_of_work() as uow:
        started = uow.verifications.start(site, by=by, now=now, until=now + PATIENCE)
    if started is None:
        return None
    run = _Run(database, site, started, anchors, clock)
    # A daemon: a server that stops does not wait for it.
    thread = threading.Thread(target=run.watch, name=f"consentkit-verify-{site}", daemon=True)
    thread.start()
    return thread


class _Run:
    def __init__(self, database: Database, site: str, run_id: str, anchors: Anchors, clock: Clock) -> None:
        self._database = database
        self._site = site
        self._id = run_id
        self._anchors = anchors
        self._clock = clock
        self._progress = (0, 0)
        self._lost = False
        self._outcome: dict[str, object] | None = None

    def watch(self) -> None:
        """Verify in one thread, and say from another how far it is, however long a part takes."""
        work = threading.Thread(target=self._verify, name=f"consentkit-verifying-{self._site}", daemon=True)
        work.start()
        while work.is_alive():
            work.join(_PAUSE)
            if work.is_alive():
                self._keep_up()
        self._finish()

    def _keep_up(self) -> None:
        done, total = self._progress
        try:
            with self._database.unit_of_work() as uow:
                until = self._clock.now() + PATIENCE
                self._lost = not uow.verifications.keep_up(self._id, done=done, total=total, until=until)
        except StoreUnavailable:
            # It is said the next time.
            return

    def _verify(self) -> None:
        try:
            held, silent = [], []
            for one in self._anchors.holding:
                try:
                    found = one.read()
                except AnchorUnavailable:
                    silent.append(one.place)
                    continue
                if found is not None:
                    held.append((str(found), f"the anchor {one.place}"))
            source = StoredLog(self._database, self._site)
            verdict = verify_log(source, self._site, held=held, progress=self._tell)
        except _TakenOver:
            return
        except Exception:
            # The thread ends here in any case. The page says that it did not come to its end.
            log.exception("The log of '%s' could not be verified.", self._site)
            return
        self._outcome = _outcome(verdict, silent)

    def _tell(self, done: int, total: int) -> None:
        self._progress = (done, total)
        if self._lost:
            raise _TakenOver

    def _finish(self) -> None:
        done, total = self._progress
        try:
            with self._database.unit_of_work() as uow:
                now = self._clock.now()
                uow.verifications.finish(self._id, at=now, done=done, total=total, outcome=self._outcome)
        except StoreUnavailable as error:
            log.warning("What came of verifying the log of '%s' could not be stored: %s", self._site, error)


class _TakenOver(Exception):
    pass


def _outcome(verdict: Verdict, silent: list[str]) -> dict[str, object]:
    """Return what is kept of a verdict, in memory and rows that do not grow with the damage."""
    return {
        "holds": verdict.holds,
        "size": verdict.size,
        "records": verdict.records,
        "erased": verdict.erased,
        "checkpoints": verdict.checkpoints,
        "counts": {str(kind): count for kind, count in verdict.counts.items()},
        "findings": [
            {
                "kind": str(found.kind),
                "text": found.text,
                "index": found.index,
                "last": found.last,
                "record": found.record_id,
                "since": None if found.since is None else list(found.since),
            }
            for found in verdict.findings[:KEPT]
        ],
        "remarks": list(verdict.remarks[:KEPT]),
        "silent": silent,
    }
