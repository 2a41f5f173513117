"""The names of logs. A log's name, its origin, is where it is served, without the scheme; its key has the same name."""

from __future__ import annotations

import collections.abc as cabc
import re
import urllib.parse

from ..errors import ProofInvalid

_ORIGIN = re.compile(
    r"(?P<base>[^\s+]+/log/(?P<site>@access|[a-z][a-z0-9_-]*))(?:/(?P<number>[1-9][0-9]{0,8}))?", re.ASCII
)


def first_origin(home: str | None, prefix: str, site: str) -> str:
    """Return the name that a site's log begins with: ``news.example/consent/log/herald``.

    It is kept when the site moves: who holds a receipt knows the log by it.

    :param home: the site's first origin, such as ``https://news.example``; a site without one is at home on this
        machine alone. :param prefix: of the routes, ``/consent``.
    """
    host = urllib.parse.urlsplit(home).netloc if home else ""
    return f"{host or 'localhost'}{prefix}/log/{site}"


def site_of(origin: str) -> str:
    """Return the site whose log has the name *origin*.

    :raises ProofInvalid: it is no name of ours.
    """
    return _match(origin)["site"]


def origin_after(origins: cabc.Iterable[str]) -> str:
    """Return the name for a log that begins anew after those of *origins*: the first one's, with the next number.

    :param origins: at least one. Those that are no names of ours, or of other logs, are passed over behind the first.
    :raises ProofInvalid: the first is no name of ours.
    """
    first, *others = origins
    base = _match(first)["base"]
    numbers = [_match(first)["number"]]
    for other in others:
        found = _ORIGIN.fullmatch(other)
        if found is not None and found["base"] == base:
            numbers.append(found["number"])
    return f"{base}/{max(int(number or 1) for number in numbers) + 1}"


def _match(origin: str) -> re.Match[str]:
    found = _ORIGIN.fullmatch(origin)
    if found is None:
        raise ProofInvalid(
            f"'{origin[:200]}' is no name of a log of this kind: expected 'news.example/consent/log/SITE'."
        )
    return found
