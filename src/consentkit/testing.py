"""What a site's own tests need: a clock that stands still."""

from __future__ import annotations

import datetime as dt


class FrozenClock:
    """A clock that shows what it was set to.

    :param at: an aware time, where it starts.
    """

    def __init__(self, at: dt.datetime = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)) -> None:
        self.set(at)

    def now(self) -> dt.datetime:
        """Return what it was set to, in UTC."""
        return self._at

    def set(self, at: dt.datetime) -> None:
        """Set it to *at*."""
        if at.tzinfo is None:
            raise ValueError("A clock shows aware times.")
        self._at = at.astimezone(dt.UTC)

    def advance(self, by: dt.timedelta) -> None:
        """Move it on, or back."""
        self._at += by
