"""The filter that holds the cookies of every response against what the site declares and the reader agreed to."""

from __future__ import annotations

import collections.abc as cabc
import datetime as dt
import functools
import logging
import typing as t
import urllib.parse

import flask
from werkzeug.wsgi import get_host

from ..consent.pages import visible
from ..consent.withholding import CookieMode
from ..consent.withholding import Undeclared
from ..cookies.attributes import OWN_COOKIES
from ..cookies.attributes import STATE_COOKIE
from ..enforcement.declared_cookies import DeclaredCookies
from ..enforcement.declared_cookies import Standing
from ..enforcement.declared_cookies import plainly_kept
from ..enforcement.expiry import Deletions
from ..enforcement.expiry import Place
from ..enforcement.expiry import paths_of
from ..enforcement.setcookie import read_attributes
from ..enforcement.setcookie import split
from ..runtime import Runtime
from ..runtime import protected_names
from ..storage.observations import Kind
from ..storage.observations import Outcome
from ..storage.observations import Seen
from . import caching
from .debug import adviser_of
from .reader import Status

if t.TYPE_CHECKING:
    from ..enforcement.declared_cookies import Declared
    from ..enforcement.setcookie import Attributes
    from ..operations.publish_site import SiteSnapshot
    from .exchange import Environ
    from .exchange import Exchange
    from .exchange import Filter

log = logging.getLogger("consentkit")

_SET_COOKIE = "set-cookie"
_FIRST_ERROR = 400
_NOT_MODIFIED = 304
_MAX_REFERER = 8192
_MAX_NAME = 200
_MAX_SECTION = 200
_MAX_SEEN = 1024
_MAX_STAYING = 1024
# Longer ones are not worth remembering.
_MAX_REMEMBERED = 300
_MAX_RULES = 512
_NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)
_STATE_IS_SET = f"{STATE_COOKIE}="
#: Stands for the name of a cookie without one: no name can hold a space.
NAMELESS = "(no name)"
# The class of consent does not matter to what leaves in any case.
_ANY_CLASS = -1


def cookie_filter(app: flask.Flask, runtime: Runtime, snapshot: SiteSnapshot) -> Filter | None:
    """Return the filter of a site, or ``None`` where it is off."""
    if snapshot.site.enforcement.cookies is CookieMode.OFF:
        return None
    return CookieFilter(app, runtime, snapshot)


class _Rule:
    """What is known of the cookies of one name with the same attributes. The rest is their reader's.

    :ivar lifetime: where it does not follow from a date. :ivar leaves: whatever the reader chose. :ivar is_placed:
        whether nothing more is to be noted of where they are kept.
    """

    __slots__ = ("attributes", "declared", "is_optional", "is_placed", "leaves", "lifetime")

    def __init__(self, declared: Declared, attributes: Attributes, *, leaves: bool, is_placed: bool) -> None:
        self.declared = declared
        self.attributes = attributes
        self.is_optional = declared.standing is Standing.OPTIONAL
        self.leaves = leaves
        self.is_placed = is_placed
        self.lifetime = None if attributes.expires is not None else attributes.lifetime(_NEVER)


class CookieFilter:
    """Counts the cookies that leave, withholds those that were not agreed to, and deletes those that were refused.

    Nothing is worked out before it is needed: a fault is met with where there is an answer to it.
    """

    def __init__(self, app: flask.Flask, runtime: Runtime, snapshot: SiteSnapshot) -> None:
        self._app = app
        self._runtime = runtime
        self._snapshot = snapshot
        rules = snapshot.site.enforcement
        self._enforces = rules.cookies is CookieMode.ENFORCE
        self._undeclared_pass = rules.undeclared_cookies is Undeclared.PASS
        self._deletions = Deletions()
        # Names of the readers' cookies of which nothing is deleted, so that they are not looked up again and again.
        self._stays: frozenset[str] = frozenset()
        self._seen = functools.lru_cache(maxsize=_MAX_SEEN)(self._sighting)
        self._remembered_rule = functools.lru_cache(maxsize=_MAX_RULES)(self._rule)
        self._told: set[str] = set()
        self._adviser = adviser_of(app) if app.debug else None

    @functools.cached_property
    def _declared(self) -> DeclaredCookies:
        return DeclaredCookies(self._snapshot.site, protected_names(self._app))

    def apply(self, exchange: Exchange) -> None:
        """Take out of the headers what may not leave, and add what deletes."""
        setting = [
            i
            for i, (name, _) in enumerate(exchange.headers)
            if name == "Set-Cookie" or (len(name) == len(_SET_COOKIE) and _is_setting(name))
        ]
        if setting:
            self._judge(exchange, setting)
        if self._enforces and "HTTP_COOKIE" in exchange.environ:
            carried = self._deletable(exchange.carried)
            if carried or exchange.decided is not None:
                self._expire(exchange, carried)

    def fall_back(self, exchange: Exchange) -> None:
        """Withhold whatever is not plainly necessary."""
        if self._enforces:
            protected = protected_names(self._app)
            exchange.headers = [
                (name, value)
                for name, value in exchange.headers
                if not _is_setting(name) or self._plainly_kept(protected, value)
            ]

    def _plainly_kept(self, protected: cabc.Collection[str], header: str) -> bool:
        name, _, _ = split(header)
        try:
            return plainly_kept(self._snapshot.site, protected, name, undeclared=self._undeclared_pass)
        except Exception:  # noqa: BLE001 - one cookie's fault is not the others'
            return name in protected

    # ── what is set ──

    def _judge(self, exchange: Exchange, setting: cabc.Sequence[int]) -> None:
        headers = exchange.headers
        for i in setting:
            if headers[i][1].startswith(_STATE_IS_SET):
                # The answer to a decision: from here on, this is what the reader agreed to.
                exchange.decided = split(headers[i][1])[1] or None
        now = self._runtime.clock.now()
        section = _section(exchange)
        sightings = []
        withheld = set()
        for i in setting:
            name, _, attributes = split(headers[i][1])
            is_usual = len(name) + len(attributes) <= _MAX_REMEMBERED
            rule = self._remembered_rule(name, attributes) if is_usual else self._rule(name, attributes)
            lifetime = rule.lifetime if rule.attributes.expires is None else rule.attributes.lifetime(now)
            if lifetime == 0:
                # What deletes is never withheld: nothing is kept by it.
                continue
            leaves, consent_class = rule.leaves, _ANY_CLASS
            if rule.is_optional:
                reader = exchange.reader
                consent_class = reader.consent_class
                leaves = leaves or rule.declared.allowed(reader.choice)
                if leaves and not rule.is_placed:
                    self._take_note(name, rule, exchange.environ)
            if self._adviser is not None and not rule.declared.allowed(exchange.reader.choice):
                self._adviser.tell_cookie(name, exchange, rule.declared.services, is_withheld=not leaves)
            if not leaves:
                withheld.add(i)
            sightings.append((self._seen(name[:_MAX_NAME], section, consent_class, leaves), lifetime))
        self._runtime.observed.add_all(sightings, now)
        if withheld:
            exchange.headers = [header for i, header in enumerate(headers) if i not in withheld]

    def _rule(self, name: str, attributes: str) -> _Rule:
        declared = self._declared.find(name)
        if declared.standing is Standing.PROTECTED and not declared.is_told:
            self._tell(name)
        leaves = not self._enforces or declared.standing in {Standing.PROTECTED, Standing.NECESSARY}
        if declared.standing is Standing.UNDECLARED:
            leaves = leaves or self._undeclared_pass
        return _Rule(declared, read_attributes(attributes), leaves=leaves, is_placed=not self._enforces)

    def _take_note(self, name: str, rule: _Rule, environ: Environ) -> None:
        if rule.declared.deletable:
            self._deletions.remember(name, _place(rule.attributes, environ))
        # Without a path of its own, the next request's may be another.
        rule.is_placed = not rule.declared.deletable or rule.attributes.path is not None

    def _sighting(self, name: str, section: str, consent_class: int, leaves: bool | None) -> Seen:  # noqa: FBT001 - by place, to be remembered
        outcome = Outcome.EXPIRED if leaves is None else Outcome.PASSED if leaves else Outcome.WITHHELD
        return Seen(self._snapshot.site.id, Kind.COOKIE, _shown(name), "", section, consent_class, outcome)

    def _tell(self, name: str) -> None:
        if name not in self._told and name not in OWN_COOKIES:
            # Only names that the application's settings hold come here.
            self._told.add(name)
            log.warning(
                "Site '%s': the cookie '%s' is let through, for the application needs it, but no service declares it, "
                "so readers are not told of it. Declare it under a service whose purpose is 'necessary'.",
                self._snapshot.site.id,
                name,
            )

    # ── what is deleted ──

    def _expire(self, exchange: Exchange, carried: cabc.Collection[str]) -> None:
        """Delete what the reader's browser still has of what they refused."""
        # The request of the page on which a decision was taken may carry more than this one does.
        others = [] if exchange.decided is None else [name for name in self._deletions.seen if name not in carried]
        reader = exchange.reader
        if reader.status is not Status.VALID:
            return
        refused = [name for name in carried if not self._declared.find(name).allowed(reader.choice)]
        others = [name for name in others if not self._declared.find(name).allowed(reader.choice)]
        if not (refused or others) or not _make_private(exchange):
            return
        environ = exchange.environ
        host = get_host(environ)
        chosen = self._deletions.choose(
            refused,
            others,
            host=host,
            paths=_paths(exchange, host),
            secure=environ["wsgi.url_scheme"] == "https" or f"https://{host}" in self._snapshot.site.site.origins,
        )
        exchange.headers += [("Set-Cookie", header) for header in chosen]
        section = _section(exchange)
        # As the site calls them: what a reader's browser sent is theirs, and anybody can make up what a pattern covers.
        declared = {self._declared.find(name).declared_as for name in refused}
        self._runtime.observed.add_all(
            [(self._seen(name, section, reader.consent_class, None), None) for name in sorted(declared)],
            self._runtime.clock.now(),
        )

    def _deletable(self, cookies: cabc.Iterable[tuple[str, str]]) -> list[str]:
        """Return the names of a request's cookies that a refusal deletes, each once."""
        names = {name for name, _ in cookies} - self._stays
        if not names:
            return []
        found = sorted(name for name in names if self._declared.find(name).deletable)
        if len(self._stays) > _MAX_STAYING:
            # Readers can make up names. One request cannot have many.
            self._stays = frozenset()
        self._stays |= names.difference(found)
        return found


def _is_setting(name: str) -> bool:
    return name.lower() == _SET_COOKIE


def _path(environ: Environ) -> str:
    path: str = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    return path


def _place(attributes: Attributes, environ: Environ) -> Place:
    path = attributes.path
    if path is None:
        # RFC 6265bis, 5.1.4: the folder that the request was for.
        path = paths_of(_path(environ).rpartition("/")[0] or "/")[-1]
    return Place(path, attributes.domain, attributes.partitioned)


def _section(exchange: Exchange) -> str:
    """Return the first segment of the page's path. Of an error it is left out: anybody can make up such paths."""
    if exchange.status >= _FIRST_ERROR:
        return ""
    segment = _path(exchange.environ).lstrip("/")[:_MAX_SECTION].partition("/")[0]
    return visible(segment.encode("latin-1", "replace").decode("utf-8", "replace"))


def _shown(name: str) -> str:
    """Return a name as it can be stored and shown, whatever it was."""
    if not name:
        return NAMELESS
    kept = name[:_MAX_NAME]
    return kept if kept.isascii() and kept.isprintable() else urllib.parse.quote(kept.encode("latin-1", "replace"))


def _paths(exchange: Exchange, host: str) -> list[str]:
    """Return the paths of the cookies that the reader's page has: for a decision, those of the page it was taken on."""
    environ = exchange.environ
    path = _path(environ)
    referer = environ.get("HTTP_REFERER", "")
    if exchange.decided is not None and len(referer) <= _MAX_REFERER:
        try:
            parts = urllib.parse.urlsplit(referer)
        except ValueError:
            parts = urllib.parse.urlsplit("")
        if parts.netloc.lower() == host.lower():
            path = urllib.parse.unquote_to_bytes(parts.path).decode("latin-1")
    return paths_of(path)


def _make_private(exchange: Exchange) -> bool:
    """See to it that no shared cache keeps the response. Returns whether that is so.

    One that says that it may be kept stays as it is: the next that does not say so will do.
    """
    said = caching.said(exchange.headers)
    if caching.is_private(said):
        return True
    # A 304 renews what a cache has: it must not tell it anything new.
    if exchange.status == _NOT_MODIFIED or not caching.is_silent(said):
        return False
    exchange.headers.append(("Cache-Control", "private"))
    return True
