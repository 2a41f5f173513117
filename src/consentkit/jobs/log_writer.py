"""Writes the consent logs: gives what was recorded its place, and publishes checkpoints of it."""

from __future__ import annotations

import collections.abc as cabc
import datetime as dt
import enum
import logging
import os
import secrets
import threading
import time
import typing as t

from ..errors import ConsentKitError
from ..errors import StoreUnavailable
from ..operations.integrate import BATCH
from ..operations.integrate import integrate
from .forks import renew_after_fork

if t.TYPE_CHECKING:
    from ..clock import Clock
    from ..storage.unit_of_work import Database

log = logging.getLogger("consentkit")

#: How long a writer may be silent before another one takes over. Longer than a key's command or an anchor may take.
LEASE = dt.timedelta(seconds=30)
#: The seconds from one look to the next while there is something to do: well within the 10 that are promised for a
#: decision to be in a checkpoint.
INTERVAL = 4.0

# So often, of a lease, it is renewed while there is much to do.
_RENEWALS = 3


class Outcome(enum.Enum):
    """What came of one round."""

    #: There was nothing to do.
    IDLE = enum.auto()
    #: Something was integrated or published.
    DONE = enum.auto()
    #: Somebody else writes.
    BUSY = enum.auto()
    #: It was told why.
    FAILED = enum.auto()


class LogWriter:
    """One of the writers of a database's logs: any number may run, in processes of any machines.

    In each round it takes the lease of each log that has something to write, for as long as that takes. The lease only
    keeps writers out of each other's way; what keeps the log whole is that each batch is one transaction which holds
    only if the log is where the writer saw it, under its own fence.

    :param begin: begins a site's log, and returns whether it could: the records of a site that is not configured wait.
    :param publish: signs a site's log as far as it is integrated, unless that is signed.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        begin: cabc.Callable[[str], bool],
        publish: cabc.Callable[[str], object],
    ) -> None:
        self._database = database
        self._clock = clock
        self._begin = begin
        self._publish = publish
        self._told: dict[str, str] = {}

    def write(self, stop: cabc.Callable[[], bool] = bool) -> Outcome:
        """Integrate all that waits and publish it, once for each site.

        :param stop: says whether to end early; what is begun is ended all the same, which is a matter of a second.
        :returns: of all sites the one that most asks for another round: done, then busy, then failed.
        :raises StoreUnavailable: the store cannot even be asked.
        """
        with self._database.unit_of_work(read_only=True) as uow:
            sites = sorted({*uow.log_queue.sites(), *uow.log_tree.unsigned()})
        outcomes = set()
        for site in sites:
            if stop():
                break
            try:
                outcome = self._write(site, stop)
            except ConsentKitError as error:
                # The others' logs need not wait for this one's trouble.
                outcome = Outcome.FAILED
                self._tell(site, str(error))
            else:
                if outcome is Outcome.DONE:
                    self._told.pop(site, None)
            outcomes.add(outcome)
        return next((each for each in (Outcome.DONE, Outcome.BUSY, Outcome.FAILED) if each in outcomes), Outcome.IDLE)

    def _write(self, site: str, stop: cabc.Callable[[], bool]) -> Outcome:
        with self._database.unit_of_work(read_only=True) as uow:
            head = uow.log_tree.head(site)
        if head is None:
            if not self._begin(site):
                return Outcome.IDLE
        elif head.holder is not None and _holds(head.leased_until, self._clock.now()):
            # Seen without a write, which on SQLite would be in the way of those who decide.
            return Outcome.BUSY
        now = self._clock.now()
        with self._database.unit_of_work() as uow:
            head = uow.log_tree.lease(site, holder=_name(), now=now, until=now + LEASE)
        if head is None:
            return Outcome.BUSY
        try:
            done = self._integrate(site, head.fence, stop)
            self._publish(site)
        finally:
            with self._database.unit_of_work() as uow:
                uow.log_tree.renew(site, fence=head.fence, until=None)
        with self._database.unit_of_work(read_only=True) as uow:
            signed = site not in uow.log_tree.unsigned()
        return Outcome.DONE if done or signed else Outcome.FAILED

    def _integrate(self, site: str, fence: int, stop: cabc.Callable[[], bool]) -> int:
        done = 0
        leased = time.monotonic()
        published = leased
        while not stop():
            count = integrate(self._database, site, fence=fence)
            done += count
            if count < BATCH:
                break
            if time.monotonic() - published > INTERVAL:
                # A backlog of millions must not keep today's decisions out of every checkpoint.
                self._publish(site)
                published = time.monotonic()
            if time.monotonic() - leased > LEASE.total_seconds() / _RENEWALS:
                with self._database.unit_of_work() as uow:
                    if not uow.log_tree.renew(site, fence=fence, until=self._clock.now() + LEASE):
                        break
                leased = time.monotonic()
        return done

    def _tell(self, site: str, message: str) -> None:
        # Said once, however often it is met with.
        if self._told.get(site) != message:
            self._told[site] = message
            log.warning("The consent log of '%s' does not go on: %s", site, message)


class LogThread:
    """Writes the logs in a thread of its own, which is there only as long as there is something to write.

    So a forking server may fork whenever no decision was taken for some seconds, and a process that takes none has no
    thread at all.

    :param seconds: from one look to the next.
    """

    def __init__(self, writer: LogWriter, database: Database, *, seconds: float = INTERVAL) -> None:
        self._writer = writer
        self._database = database
        self._seconds = seconds
        self.after_fork()
        renew_after_fork(self)

    def after_fork(self) -> None:
        """Begin without a thread: the parent's goes on there."""
        self._lock = threading.Lock()
        self._asked = False
        self._running = False

    def wake(self) -> None:
        """Let what was just recorded be written within some seconds. Nobody waits for it."""
        with self._lock:
            self._asked = True
            if self._running:
                return
            self._running = True
        try:
            threading.Thread(target=self._run, name="consentkit-log", daemon=True).start()
        except RuntimeError as error:
            with self._lock:
                self._running = False
            log.warning("The consent log cannot be written now: %s", error)

    def look(self) -> None:
        """Do so if something waits: left behind by a process that ended, or by another way into the database."""
        with self._database.unit_of_work(read_only=True) as uow:
            waits = bool(uow.log_queue.sites() or uow.log_tree.unsigned())
        if waits:
            self.wake()

    def _run(self) -> None:
        while True:
            # Some seconds' decisions go together: one signature for all of them.
            time.sleep(self._seconds)
            with self._lock:
                self._asked = False
            if self._round() in {Outcome.DONE, Outcome.BUSY}:
                continue
            with self._lock:
                if not self._asked:
                    self._running = False
                    return

    def _round(self) -> Outcome:
        try:
            # A test's folder may be gone by now, and must not come back.
            return self._writer.write() if self._database.is_there else Outcome.IDLE
        except StoreUnavailable as error:
            log.warning("The store is not available; the consent log goes on later: %s", error)
        except Exception:
            # A thread has nobody above it who would tell.
            log.exception("Writing the consent log failed; it is tried again.")
        return Outcome.FAILED


def _holds(until: dt.datetime | None, now: dt.datetime) -> bool:
    return until is not None and now < until <= now + 2 * LEASE


def _name() -> str:
    # Not the machine's name: it is for telling two writers apart, in a table that many may read.
    return f"{os.getpid()}-{_TOKEN}"


_TOKEN = secrets.token_hex(4)
