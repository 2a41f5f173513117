"""Moments as the audit view writes them: always in UTC, and it says so."""

from __future__ import annotations

import datetime as dt

from babel import dates

from ..i18n.catalog import Catalog
from ..i18n.locales import formats


def short_time(words: Catalog, at: dt.datetime, *, now: dt.datetime) -> str:
    """Return a moment for a list: ``27 Nov, 14:03``, with the year where it is another one than now."""
    pattern = "d MMM, HH:mm" if at.year == now.year else "d MMM y, HH:mm"
    return dates.format_datetime(at, pattern, tzinfo=dt.UTC, locale=formats(words.tag))


def long_time(words: Catalog, at: dt.datetime) -> str:
    """Return a moment for a record's own page: ``27 November 2026, 14:03:22 UTC``."""
    utc = at.astimezone(dt.UTC)
    return f"{words.format_date(utc.date())}, {utc:%H:%M:%S} UTC"


def iso(at: dt.datetime) -> str:
    """Return a moment as programs read it: ``2026-11-27T14:03:22.481Z`` (RFC 3339)."""
    return at.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
