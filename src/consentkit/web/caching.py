"""What a response says to caches, and whether one that is shared may keep it for others than its reader (RFC 9111)."""

from __future__ import annotations

import collections.abc as cabc
import functools

from .exchange import Headers

#: By these, caches that share are told of a response what Cache-Control tells the others (RFC 9213, and older ones).
_FOR_SHARED_CACHES = ("cdn-cache-control", "surrogate-control", "edge-control", "x-accel-expires")
_READ = frozenset({"cache-control", "content-type", "expires", "location", "vary"})
# Applications have tens of names for headers.
_REMEMBERED = 256
_PRIVATE = frozenset({"private", "no-store"})
_BY_COOKIE = frozenset({"cookie", "*"})
_INSTEAD_OF_PRIVATE = frozenset({"", "public", "private", "s-maxage"})
# With these a response is still nobody's but the reader's once "private" is added.
_HARMLESS = frozenset({"", "no-cache", "must-revalidate", "no-transform", "max-age=0"})

#: What a response says of its kind and to caches, by names in small letters.
Said = dict[str, str]


def said(headers: Headers) -> Said:
    """Return what *headers* say of a response's kind and to caches."""
    found: Said = {}
    for name, value in headers:
        if key := _read_as(name):
            found[key] = f"{found[key]}, {value}" if key in found else value
    return found


def is_private(said: Said) -> bool:
    """Whether a response says that no cache keeps it for anybody but its reader."""
    return not _is_given_away(said) and not _PRIVATE.isdisjoint(_parts(said, "cache-control"))


def is_personal(said: Said) -> bool:
    """Whether it says so, or that each reader has their own copy.

    CDNs pass over ``Vary: Cookie`` where they are told to keep a response, so that alone does not count then.
    """
    if is_private(said):
        return True
    if _is_given_away(said) or _BY_COOKIE.isdisjoint(_parts(said, "vary")):
        return False
    return not any(part == "public" or part.startswith("s-maxage") for part in _parts(said, "cache-control"))


def is_silent(said: Said) -> bool:
    """Whether a response says nothing by which a shared cache could be meant to keep it."""
    return "expires" not in said and not _is_given_away(said) and _HARMLESS.issuperset(_parts(said, "cache-control"))


def make_private(headers: Headers, said: Said) -> None:
    """Let its reader's browser alone keep a response, until their cookies change."""
    rules = [
        rule.strip()
        for rule in said.get("cache-control", "").split(",")
        if rule.strip().partition("=")[0].lower() not in _INSTEAD_OF_PRIVATE
    ]
    headers[:] = [
        (name, value)
        for name, value in headers
        if (key := name.lower()) != "cache-control" and not key.endswith(_FOR_SHARED_CACHES)
    ]
    headers.append(("Cache-Control", ", ".join([*rules, "private"])))
    vary(headers, said, "Cookie")


def vary(headers: Headers, said: Said, name: str) -> None:
    """Say that a response differs by the request's header *name*, unless it does."""
    if {name.lower(), "*"}.isdisjoint(_parts(said, "vary")):
        headers.append(("Vary", name))


@functools.lru_cache(maxsize=_REMEMBERED)
def _read_as(name: str) -> str:
    """Return a header's name in small letters, if it is one of those that are read."""
    key = name.lower()
    return key if key in _READ or key.endswith(_FOR_SHARED_CACHES) else ""


def _is_given_away(said: Said) -> bool:
    return any(key.endswith(_FOR_SHARED_CACHES) for key in said)


def _parts(said: Said, key: str) -> cabc.Iterable[str]:
    value = said.get(key)
    return [part.strip() for part in value.lower().split(",")] if value else ()
