"""Cookies and hosts that are known in general: the facts of the Open Cookie Database, asked by name or by host.

Beside it lie the source and the licence of the table. What it says is others' word, not a finding about this site.
"""

from __future__ import annotations

import collections
import collections.abc as cabc
import csv
import dataclasses
import functools
import importlib.resources
import re

#: What the database's categories are to us, the ones that ask most of a reader first. None of them is `necessary`: that
#: a site cannot do without something (ePrivacy directive, Art. 5(3)) is for that site to say, not for a list.
PURPOSES = {
    "Marketing": "advertising",
    "Analytics": "analytics",
    "Personalization": "preferences",
    "Functional": "preferences",
    "Security": "preferences",
    "Necessary": "preferences",
}

# A pattern with less in front of its `*` would know everything: `P_*`, `tp*`.
_SHORTEST = 4
_SHORTEST_WITH_MARK = 3

_SPAN = re.compile(r"([0-9]{1,5})\s*(seconds?|secs?|minutes?|mins?|hours?|days?|weeks?|w|months?|years?|y)\b")
_SESSION = re.compile(r"\b(session|sessions|seesion)\b")
_ENDLESS = re.compile(r"\b(forever|unlimited|persistent|permanent|no expiration)\b")
_DAY = 86_400
_UNITS = {
    "s": ("PT{}S", 1),
    "mi": ("PT{}M", 60),
    "h": ("PT{}H", 3_600),
    "d": ("P{}D", _DAY),
    "w": ("P{}W", 7 * _DAY),
    "mo": ("P{}M", 30 * _DAY),
    "y": ("P{}Y", 365 * _DAY),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Known:
    """What is known of a cookie.

    :param name: its name, or a pattern that ends with ``*``. :param category: one of the database's own. :param
        domains: the domains that it is met under, mostly none. :param retention: how long it stays, in the database's
        words.
    """

    name: str
    platform: str
    category: str
    domains: tuple[str, ...]
    retention: str

    @property
    def purpose(self) -> str | None:
        """The purpose of ours that its category comes nearest to."""
        return PURPOSES.get(self.category)

    @property
    def lifetime(self) -> str | None:
        """How long it stays, as a site's configuration writes it."""
        return lifetime(self.retention)


class KnownCookies:
    """The table, to be asked."""

    def __init__(self, rows: cabc.Iterable[Known]) -> None:
        self._exact: dict[str, list[Known]] = collections.defaultdict(list)
        self._patterns: dict[str, list[Known]] = collections.defaultdict(list)
        self._domains: dict[str, list[Known]] = collections.defaultdict(list)
        self._platforms: dict[str, list[Known]] = collections.defaultdict(list)
        for row in rows:
            start, star, _ = row.name.partition("*")
            if not row.platform or not start:
                continue
            self._platforms[row.platform.casefold()].append(row)
            long_enough = len(start) >= (_SHORTEST if start[-1].isalnum() else _SHORTEST_WITH_MARK)
            (self._patterns if star and long_enough else self._exact)[start].append(row)
            for domain in row.domains:
                self._domains[domain].append(row)
        self._longest = max(map(len, self._patterns), default=0)

    def by_name(self, name: str) -> tuple[Known, ...]:
        """Return what is known of the cookie *name*, a row a platform: by the name, else by the longest pattern."""
        found = self._exact.get(name)
        if found is None:
            starts = (name[:length] for length in range(min(len(name), self._longest), 0, -1))
            found = next((self._patterns[start] for start in starts if start in self._patterns), [])
        return _one_each(found)

    def by_host(self, host: str) -> tuple[Known, ...]:
        """Return whose cookies are met under *host*, one row a platform: of its domain, else of the one above.

        Who has the name of that domain comes first: some only set cookies on the pages of others.
        """
        labels = host.partition(":")[0].split(".")
        names = (".".join(labels[i:]) for i in range(len(labels) - 1))
        domain = next((name for name in names if name in self._domains), None)
        if domain is None:
            return ()
        rows = self._domains[domain]
        own = next((self._platforms[name] for name in domain.split(".")[:-1] if name in self._platforms), [])
        named = {row.platform for row in own}
        return (*_one_each(own), *(row for row in _one_each(rows) if row.platform not in named))


def _one_each(rows: cabc.Sequence[Known]) -> tuple[Known, ...]:
    """Return one row for each platform, the one that asks most, those with most rows first."""
    if len(rows) < 2:  # noqa: PLR2004 - nothing to compare
        return tuple(rows)
    counts = collections.Counter(row.platform for row in rows)
    order = [*PURPOSES]
    by_demand = sorted(rows, key=lambda row: order.index(row.category) if row.category in order else len(order))
    first: dict[str, Known] = {}
    for row in by_demand:
        first.setdefault(row.platform, row)
    return tuple(sorted(first.values(), key=lambda row: (-counts[row.platform], row.platform)))


def lifetime(retention: str) -> str | None:
    """Return a *retention* such as ``13 months`` as ISO 8601 has it, ``P13M``; or ``session``, or ``persistent``.

    Where the words name several, the longest; ``None`` where they name none.
    """
    words = retention.lower()
    spans = []
    for amount, unit in _SPAN.findall(words):
        form, seconds = _UNITS[unit[:2] if unit[:2] in _UNITS else unit[0]]
        if int(amount):
            spans.append((int(amount) * seconds, form.format(int(amount))))
    if spans:
        return max(spans)[1]
    if _ENDLESS.search(words):
        return "persistent"
    return "session" if _SESSION.search(words) else None


@functools.cache
def known_cookies() -> KnownCookies:
    """Return the table of this package."""
    text = importlib.resources.files(__package__).joinpath("open_cookie_database.csv").read_text("utf-8")
    return KnownCookies(
        Known(row["name"], row["platform"], row["category"], tuple(row["domains"].split()), row["retention"])
        for row in csv.DictReader(text.splitlines())
    )
