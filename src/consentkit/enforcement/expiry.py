"""Deletes cookies that a reader's browser still has: the ``Set-Cookie`` headers for every place where one could lie.

A browser keeps cookies of one name apart by domain, by path and by partition (RFC 6265bis, 5.7; CHIPS), and a request
tells only the name. So a deletion is sent for each place from which the request could have had it.
"""

from __future__ import annotations

import collections.abc as cabc
import itertools
import re
import typing as t
import urllib.parse

from ..cookies.attributes import other_variants

#: So many bytes are added to one response: with more, its head could grow beyond what a proxy reserves (nginx: 4 KB).
BUDGET = 2048
# A tenth of the budget: longer ones cannot be deleted along with others.
_MAX_NAME = 200
_MAX_PATH = 1024
_MAX_DEPTH = 30
# Of so many names it is remembered where they were set, and of each so many places.
_MAX_SEEN = 500
_MAX_PLACES = 4
# So many deletions are worked out for one response, of which some tens fit.
_MOST_TRIED = 500
_HEADER = len("Set-Cookie: \r\n")
# Without what separates values and headers, and what a proxy might.
_NAME = re.compile(r"[!#$%&'*+\-./0-9:<>?@A-Z\[\]^_`a-z{|}~()]+", re.ASCII)
# What browsers leave as it is in a path.
_SAFE = "!$&'()*+,/:=@"


class Place(t.NamedTuple):
    """Where a browser keeps a cookie.

    :param path: begins with a slash. :param domain: ``None`` for the host alone.
    """

    path: str
    domain: str | None
    partitioned: bool


def paths_of(path: str) -> list[str]:
    """Return the paths of the cookies that a request of *path* carries, the shortest first (RFC 6265bis, 5.1.4).

    :param path: as WSGI hands it over: decoded, one character for a byte.
    """
    quoted = urllib.parse.quote(path.encode("latin-1", "replace"), safe=_SAFE)
    found = ["/"]
    end = 0
    while (end := quoted.find("/", end + 1)) != -1 and len(found) < 2 * _MAX_DEPTH:
        found += [quoted[:end], quoted[: end + 1]]
    found.append(quoted)
    return [item for item in dict.fromkeys(found) if item.startswith("/") and len(item) <= _MAX_PATH]


def places(host: str, paths: cabc.Iterable[str], *, secure: bool) -> list[Place]:
    """Return where a cookie could lie that *host* gets, the likeliest first.

    :param paths: see :func:`paths_of`. :param secure: whether the page came by https, without which there are no
        partitions.
    """
    # What is shared with other hosts is mostly shared with all of the site's.
    domains = [None, *reversed(other_variants(host, None))]
    found = [Place(path, domain, partitioned=False) for path in paths for domain in domains]
    return [*found, *(place._replace(partitioned=True) for place in found)] if secure else found


def deletion(name: str, place: Place) -> str | None:
    """Return the header that deletes the cookie of that *name* at *place*, or ``None`` where there can be none."""
    if len(name) > _MAX_NAME or _NAME.fullmatch(name) is None:
        return None
    prefix = name[:9].lower()
    bound = prefix.startswith("__host-")
    if bound and (place.path != "/" or place.domain is not None):
        # A browser keeps it nowhere else (RFC 6265bis, 4.1.3.2).
        return None
    domain = f"; Domain={place.domain}" if place.domain is not None else ""
    # Both are refused without it. Elsewhere it is left out: it would undo the deletion on a page without https.
    secure = "; Secure" if bound or place.partitioned or prefix == "__secure-" else ""
    partitioned = "; Partitioned" if place.partitioned else ""
    return f"{name}=; Max-Age=0; Path={place.path}{domain}{secure}{partitioned}"


class Deletions:
    """Chooses the deletions that go with a response: for a site, in one process.

    Not all fit into one response. What is likeliest goes with every one, the others in turn with the following ones;
    whose response comes next is not known, so a reader's may skip some.
    """

    def __init__(self) -> None:
        # By name, where the cookie was seen being set: a set that keeps its order.
        self._seen: dict[str, dict[Place, None]] = {}
        # Threads may take the same turn: then something goes twice.
        self._position = 0

    @property
    def seen(self) -> list[str]:
        """The names that were seen being set."""
        return list(self._seen)

    def remember(self, name: str, place: Place) -> None:
        """Take note that a cookie was set at *place*: of each the last few, and only of so many names."""
        known = self._seen.get(name)
        if known is None:
            if len(self._seen) >= _MAX_SEEN or len(name) > _MAX_NAME:
                return
            known = self._seen[name] = {}
        if place not in known:
            known[place] = None
            if len(known) > _MAX_PLACES:
                # By a copy: other threads do the same.
                oldest, *_ = list(known)
                known.pop(oldest, None)

    def choose(
        self,
        carried: cabc.Sequence[str],
        others: cabc.Sequence[str],
        *,
        host: str,
        paths: cabc.Sequence[str],
        secure: bool,
    ) -> list[str]:
        """Return ``Set-Cookie`` headers of at most :data:`BUDGET` bytes.

        :param carried: names that the request carries. :param others: names that the page's own request may carry;
            they are deleted where they were seen being set, if that is a place that goes to *paths*.
        """
        everywhere = places(host, paths, secure=secure)
        likely = itertools.islice(self._likely(carried, everywhere, host, paths), _MOST_TRIED)
        chosen = _head((header for header in likely if header), BUDGET // 2)
        known = [(name, place) for name in (*carried, *others) for place in self._known(name, host, paths)]
        return [*chosen, *self._in_turn(carried, everywhere, known, chosen)]

    def _known(self, name: str, host: str, paths: cabc.Collection[str]) -> list[Place]:
        """Return where a cookie of the request could lie because it was seen being set there, the last one first."""
        return [place for place in reversed(list(self._seen.get(name, ()))) if _covers(place, host, paths)]

    def _likely(
        self, names: cabc.Iterable[str], everywhere: cabc.Iterable[Place], host: str, paths: cabc.Collection[str]
    ) -> cabc.Iterator[str | None]:
        at_root = [place for place in everywhere if place.path == "/" and not place.partitioned]
        for name in names:
            yield from (deletion(name, place) for place in (*self._known(name, host, paths), *at_root))

    def _in_turn(
        self,
        names: cabc.Sequence[str],
        everywhere: cabc.Sequence[Place],
        known: cabc.Sequence[tuple[str, Place]],
        chosen: cabc.Collection[str],
    ) -> list[str]:
        """Return what fits beside *chosen* of all the others, from where the last response ended.

        A request can name thousands of cookies with hundreds of places each: what is not sent is not worked out.
        """
        many = len(known) + len(names) * len(everywhere)
        if not many:
            return []
        found: list[str] = []
        budget = BUDGET - _size(chosen)
        start = end = self._position % many
        for end in range(start, start + min(many, _MOST_TRIED)):
            i = end % many
            if i < len(known):
                header = deletion(*known[i])
            else:
                # All cookies at the likeliest place, then all at the next.
                nth, which = divmod(i - len(known), len(names))
                header = deletion(names[which], everywhere[nth])
            if header is None or header in chosen or header in found:
                continue
            budget -= _size((header,))
            if budget < 0:
                break
            found.append(header)
        else:
            end += 1
        # On by one at least: a single header may be too long.
        self._position = max(end, start + 1)
        return found


def _covers(place: Place, host: str, paths: cabc.Collection[str]) -> bool:
    """Whether a cookie at *place* goes to *host* with a request that has one of *paths*."""
    bare = host.partition(":")[0].lower()
    return place.path in paths and (place.domain is None or bare == place.domain or bare.endswith("." + place.domain))


def _head(headers: cabc.Iterable[str], budget: int) -> dict[str, None]:
    """Return as many of the first *headers* as fit into *budget* bytes, each once, in their order."""
    fitting: dict[str, None] = {}
    for header in headers:
        if header in fitting:
            continue
        budget -= _size((header,))
        if budget < 0:
            break
        fitting[header] = None
    return fitting


def _size(headers: cabc.Iterable[str]) -> int:
    return sum(len(header) + _HEADER for header in headers)
