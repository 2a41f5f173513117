"""Units of work: one transaction each, opened by the doors, and everything that can be asked within it."""

from __future__ import annotations

import collections.abc as cabc
import contextlib
import os
import sys
import threading
import weakref

import sqlalchemy as sa
from sqlalchemy import orm

from ..errors import StoreUnavailable
from .access import AccessEvents
from .accounts import Accounts
from .configurations import Configurations
from .engine import BUSY_TIMEOUT
from .engine import READ_ONLY
from .engine import make_engine
from .erasures import Erasures
from .failures import translated
from .holds import Holds
from .impressions import Impressions
from .invitations import Invitations
from .log_audit import LogAudit
from .log_checkpoints import Checkpoints
from .log_checkpoints import LogKeys
from .log_checkpoints import Statements
from .log_queue import LogQueue
from .log_tree import LogTree
from .narrowing import stretches
from .notices import Notices
from .observations import Observations
from .policies import Policies
from .records import RecordFilter
from .records import Records
from .records import Stretch
from .revisions import Revisions
from .rollups import Rollups
from .saved_filters import SavedFilters
from .second_factors import SecondFactors
from .verifications import Verifications


class UnitOfWork:
    """One transaction. What is done here becomes durable when its ``with`` block ends, all of it or nothing."""

    def __init__(self, session: orm.Session) -> None:
        #: For this package only.
        self.session = session
        self.access = AccessEvents(session)
        self.accounts = Accounts(session)
        self.checkpoints = Checkpoints(session)
        self.configurations = Configurations(session)
        self.erasures = Erasures(session)
        self.holds = Holds(session)
        self.impressions = Impressions(session)
        self.invitations = Invitations(session)
        self.log_audit = LogAudit(session)
        self.log_keys = LogKeys(session)
        self.log_queue = LogQueue(session)
        self.log_tree = LogTree(session)
        self.notices = Notices(session)
        self.observations = Observations(session)
        self.policies = Policies(session)
        self.records = Records(session)
        self.revisions = Revisions(session)
        self.rollups = Rollups(session)
        self.saved_filters = SavedFilters(session)
        self.second_factors = SecondFactors(session)
        self.statements = Statements(session)
        self.verifications = Verifications(session)

    def where(self, which: RecordFilter) -> list[Stretch] | None:
        """Return where to look for records (:func:`~consentkit.storage.narrowing.stretches`)."""
        return stretches(self.session, which)


class Database:
    """A database: hands out units of work and keeps the connections between them.

    One object serves all threads of a process and stays usable in processes forked from it.

    :param url: ``sqlite:///FILE`` or ``postgresql://…``.
    :raises ConfigError: the URL is of another kind.
    """

    def __init__(self, url: str) -> None:
        #: For this package only.
        self.engine = make_engine(url)
        # PostgreSQL enforces it too; SQLite by the pragma that goes with our own option.
        self._readers = self.engine.execution_options(
            **{READ_ONLY: True}, **({} if self.is_sqlite else {"postgresql_readonly": True})
        )
        self._writers = threading.Lock()
        _databases.add(self)

    @property
    def is_sqlite(self) -> bool:
        """Whether it is SQLite, else PostgreSQL."""
        return self.engine.dialect.name == "sqlite"

    @property
    def is_there(self) -> bool:
        """Whether there is anything to connect to: a file of SQLite's that exists, or a server, whatever it answers."""
        file = self.engine.url.database
        return not self.is_sqlite or (file is not None and os.path.exists(file))  # noqa: PTH110 - may be a URI of SQLite's

    @property
    def name(self) -> str:
        """The URL without its password, for people to read."""
        return self.engine.url.render_as_string(hide_password=True)

    @contextlib.contextmanager
    def unit_of_work(self, *, read_only: bool = False) -> cabc.Iterator[UnitOfWork]:
        """Open a unit of work: committed at the end of the block, rolled back when an exception leaves it.

        :param read_only: for reading alone. It takes no lock on SQLite, so it never waits for a writer; writing in
            it fails.
        :raises StoreUnavailable: at whatever point the database does not answer, is locked, full or not ready.
        """
        with (
            contextlib.nullcontext() if read_only or not self.is_sqlite else self._turn(),
            translated(),
            orm.Session(
                self._readers if read_only else self.engine, autoflush=False, expire_on_commit=False
            ) as session,
        ):
            yield UnitOfWork(session)
            session.commit()

    @contextlib.contextmanager
    def transaction(self) -> cabc.Iterator[sa.Connection]:
        """Open a transaction for writing, committed and rolled back as a unit of work is. For this package only.

        A session and its repositories cost more than a decision's two statements, so the recorder does without.
        """
        with (
            self._turn() if self.is_sqlite else contextlib.nullcontext(),
            translated(),
            self.engine.begin() as connection,
        ):
            yield connection

    @contextlib.contextmanager
    def _turn(self) -> cabc.Iterator[None]:
        # SQLite lets one write and makes the others ask again, after ever longer pauses: of many threads some would
        # never find it free. In line here, only one thread of each process asks.
        if not self._writers.acquire(timeout=BUSY_TIMEOUT):
            raise StoreUnavailable("The database is locked by another writer.")
        try:
            yield
        finally:
            self._writers.release()

    def scrub(self) -> None:
        """Empty SQLite's write-ahead log, where what was erased would lie on until others write.

        Nobody is waited for: where somebody is reading, it stays until the next time. PostgreSQL sees to its own.
        """
        if not self.is_sqlite:
            return
        with translated(), self.engine.connect() as connection:
            file = connection.connection.cursor()
            # The transaction that every connection here begins with holds the log as it is.
            connection.rollback()
            file.execute("PRAGMA busy_timeout = 0")
            try:
                file.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            finally:
                file.execute(f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT * 1000)}")

    def ping(self) -> None:
        """Return when the database can be written to.

        :raises StoreUnavailable: it cannot.
        """
        with self.unit_of_work() as uow:
            uow.session.execute(sa.select(sa.literal(1)))

    def dispose(self) -> None:
        """Close the connections that are not in use. The object stays usable."""
        self.engine.dispose()


_databases: weakref.WeakSet[Database] = weakref.WeakSet()


def _before_fork() -> None:
    # A connection must never be used, nor closed, on both sides of a fork (https://www.sqlite.org/howtocorrupt.html,
    # 2.6), so none is carried over.
    for database in list(_databases):
        database.dispose()


def _after_fork() -> None:
    for database in list(_databases):
        # What is in use now belongs to the parent; closing it here would say goodbye to the server for both.
        database.engine.dispose(close=False)
        # A thread that was writing is not here to let go.
        database._writers = threading.Lock()  # noqa: SLF001


if sys.platform != "win32":
    os.register_at_fork(before=_before_fork, after_in_child=_after_fork)
