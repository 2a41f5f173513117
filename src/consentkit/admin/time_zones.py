"""The time zones to choose from."""

from __future__ import annotations

import functools
import zoneinfo

# What else the database names is there for programs of before.
_REGIONS = frozenset(
    {
        "Africa",
        "America",
        "Antarctica",
        "Asia",
        "Atlantic",
        "Australia",
        "Europe",
        "Indian",
        "Pacific",
    }
)


@functools.cache
def time_zones() -> dict[str, list[tuple[str, str]]]:
    """Return the zones by region: IANA name, and the place in it. Empty where the system knows none."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(zoneinfo.available_timezones()):
        region, _, place = name.partition("/")
        if region in _REGIONS:
            found.setdefault(region, []).append((name, place.replace("_", " ").replace("/", ", ")))
    return found


def is_time_zone(name: str) -> bool:
    """Whether *name* is one of them."""
    return any(name == zone for zone, _ in time_zones().get(name.partition("/")[0], ()))
