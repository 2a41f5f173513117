"""Objects that hold locks or counts begin anew in a process that was forked from theirs."""

from __future__ import annotations

import os
import sys
import typing as t
import weakref


class Forkable(t.Protocol):
    """Something that must not be carried over as it is: a lock may be held by a thread that is not here."""

    def after_fork(self) -> None:
        """Begin anew."""
        ...


_alive: weakref.WeakSet[t.Any] = weakref.WeakSet()


def renew_after_fork(item: Forkable) -> None:
    """Call *item*'s :meth:`~Forkable.after_fork` in every process forked from now on, as long as it is in use."""
    _alive.add(item)


def _after_fork() -> None:
    for item in list(_alive):
        item.after_fork()


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_after_fork)
