"""The only reader of the time."""

from __future__ import annotations

import datetime as dt
import typing as t


class Clock(t.Protocol):
    """Tells the time. Everything that needs *now* takes one of these."""

    def now(self) -> dt.datetime:
        """Return the present moment, aware, in UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> dt.datetime:
        """Return the present moment, aware, in UTC."""
        return dt.datetime.now(dt.UTC)
