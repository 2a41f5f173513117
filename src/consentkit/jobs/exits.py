"""What was counted in memory is stored when its process ends."""

from __future__ import annotations

import atexit
import logging
import typing as t
import weakref
from multiprocessing import util

from ..errors import StoreUnavailable

if t.TYPE_CHECKING:
    from ..storage.unit_of_work import Database

log = logging.getLogger("consentkit")


class Flushable(t.Protocol):
    """Something that counts, and stores it now and then."""

    def flush(self) -> None:
        """Store what was counted. :raises StoreUnavailable: it stays counted."""
        ...


_alive: weakref.WeakKeyDictionary[t.Any, Database] = weakref.WeakKeyDictionary()


def flush_at_exit(item: Flushable, database: Database) -> None:
    """Call *item*'s :meth:`~Flushable.flush` into *database* when this process ends, unless it is killed.

    There is no thread between requests, so without this the last requests of a process would never be told of: all of
    them where a test starts a server, looks at some pages and stops it.
    """
    _alive[item] = database


def flush_all() -> None:
    """Do so now. What the store does not take is lost."""
    for item, database in list(_alive.items()):
        try:
            # A test's folder is gone by then, and must not come back.
            if database.is_there:
                item.flush()
        except StoreUnavailable as error:
            log.info("What was counted last is lost, for the store is not available: %s", error)
        except Exception:
            # Nobody is above this who would tell, and the others have their turn.
            log.exception("What was counted last is lost.")


# A process of `multiprocessing`, as some servers' are, leaves by a door where the first is not rung at. What is flushed
# a second time has nothing left to store.
atexit.register(flush_all)
util.Finalize(None, flush_all, exitpriority=1)
