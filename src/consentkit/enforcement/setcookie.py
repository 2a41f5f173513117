"""What a ``Set-Cookie`` header says, read as browsers read it (RFC 6265bis, 5.6), whatever stands in it."""

from __future__ import annotations

import datetime as dt
import re
import typing as t

# What browsers do not look at either: an attribute's value beyond 1,024 octets (5.6).
_MAX_ATTRIBUTE = 1024
_BLANK = " \t"
#: No lifetime is told as longer than this, in seconds: a hundred years.
LONGEST = 100 * 366 * 86400

_DELIMITER = re.compile(r"[\t\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+")
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?![0-9])", re.ASCII)
_DAY = re.compile(r"([0-9]{1,2})(?![0-9])", re.ASCII)
_YEAR = re.compile(r"([0-9]{2,4})(?![0-9])", re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FIRST_YEAR = 1601


class Attributes(t.NamedTuple):
    """Where a cookie is kept and for how long, as far as we need to know.

    :param expires: when, in seconds since 1970; not looked at where there is *max_age*, in seconds, which wins.
    :param domain: without the dot that may stand first, in small letters. :param path: ``None`` where the header has
        none that counts: then it is the folder of the request's own path.
    """

    max_age: int | None = None
    expires: int | None = None
    domain: str | None = None
    path: str | None = None
    partitioned: bool = False

    def lifetime(self, now: dt.datetime) -> int | None:
        """Return for how many seconds the cookie stays; ``None``: until the browser is closed; 0: it is deleted."""
        seconds = self.max_age
        if seconds is None:
            if self.expires is None:
                return None
            seconds = int(self.expires - now.timestamp())
        return max(0, min(seconds, LONGEST))


def split(header: str) -> tuple[str, str, str]:
    """Return name, value and attributes of a ``Set-Cookie``, as WSGI hands it over. Never raises.

    The name is empty where the header has none; browsers keep the value without one. A header that browsers would drop
    (of control characters, or larger than they take) is read all the same: what becomes of it is decided by its name.
    """
    pair, _, attributes = header.partition(";")
    name, equals, value = pair.partition("=")
    if not equals:
        name, value = "", pair
    return name.strip(_BLANK), value.strip(_BLANK), attributes


def read_attributes(text: str) -> Attributes:
    """Return what the third part of :func:`split` says. Never raises."""
    max_age: int | None = None
    date: str | None = None
    domain: str | None = None
    path: str | None = None
    partitioned = False
    for part in text.split(";"):
        name, _, value = part.partition("=")
        value = value.strip(_BLANK)
        if len(value) > _MAX_ATTRIBUTE:
            continue
        # The last of a name counts.
        match name.strip(_BLANK).lower():
            case "max-age":
                max_age = _seconds(value, max_age)
            case "expires":
                date = value
            case "domain":
                domain = value.removeprefix(".").lower() or None
            case "path":
                path = value if value.startswith("/") else None
            case "partitioned":
                partitioned = True
    # A date takes long to read, and most headers that have one have the other as well.
    expires = _moment(date) if date is not None and max_age is None else None
    return Attributes(max_age, expires, domain, path, partitioned)


def _seconds(value: str, before: int | None) -> int | None:
    digits = value.removeprefix("-")
    if not digits.isascii() or not digits.isdigit():
        return before
    return int(value)


def _moment(date: str) -> int | None:
    """Return the time that *date* stands for, or ``None`` if it is none (RFC 6265bis, 5.1.1)."""
    time = day = month = year = None
    for token in _DELIMITER.split(date):
        if time is None and (found := _TIME.match(token)):
            time = (int(found[1]), int(found[2]), int(found[3]))
        elif day is None and (found := _DAY.match(token)):
            day = int(found[1])
        elif month is None and token[:3].lower() in _MONTHS:
            month = _MONTHS.index(token[:3].lower()) + 1
        elif year is None and (found := _YEAR.match(token)):
            year = _full_year(int(found[1]))
    if time is None or day is None or month is None or year is None:
        return None
    try:
        moment = dt.datetime(year, month, day, *time, tzinfo=dt.UTC)
    except ValueError:
        return None
    return int(moment.timestamp()) if year >= _FIRST_YEAR else None


def _full_year(year: int) -> int:
    if year > 99:  # noqa: PLR2004 - two digits
        return year
    return year + 1900 if year >= 70 else year + 2000  # noqa: PLR2004 - as browsers divide the centuries
