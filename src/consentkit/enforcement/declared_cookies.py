"""Which service declares a cookie, and what that means for it: may it leave, and for whom."""

from __future__ import annotations

import collections.abc as cabc
import enum
import functools
import typing as t

from ..consent.decisions import Choice
from ..consent.purposes import NECESSARY
from ..consent.services import Party
from ..consent.services import StorageKind

if t.TYPE_CHECKING:
    from ..consent.services import Service
    from ..consent.services import StoredItem
    from ..consent.site import Site

# So many names are remembered; a site has tens. Names that are longer than any browser keeps are not looked up.
_REMEMBERED = 1024
_MAX_NAME = 4096


class Standing(enum.Enum):
    """What a cookie is to the site."""

    #: The host application's session and the like, and our own: never withheld, whatever is declared.
    PROTECTED = "protected"
    #: A service declares it that the site cannot do without.
    NECESSARY = "necessary"
    #: Only services declare it that need an agreement.
    OPTIONAL = "optional"
    UNDECLARED = "undeclared"


class Declared(t.NamedTuple):
    """What is known of a cookie by its name.

    :param services: the ids of the optional services that declare it. :param deletable: whether one of them keeps it
        on the site's own domain. :param declared_as: the name in the
        configuration, which may be a pattern; empty where it is not declared.
    """

    standing: Standing
    services: tuple[str, ...] = ()
    deletable: bool = False
    declared_as: str = ""

    @property
    def is_told(self) -> bool:
        """Whether any service declares it, so that readers are told of it."""
        return bool(self.declared_as)

    def allowed(self, choice: Choice) -> bool:
        """Whether the cookie may leave for who chose so. One service of those that declare it is enough."""
        if not self.services:
            return self.standing is not Standing.UNDECLARED
        # A loop, for it is in every response's way.
        for service in self.services:
            if choice.services.get(service, False):
                return True
        return self.standing is not Standing.OPTIONAL


class DeclaredCookies:
    """The cookies of a site by their names.

    :param protected: names that are let through whatever is declared.
    """

    def __init__(self, site: Site, protected: cabc.Collection[str]) -> None:
        self._protected = frozenset(protected)
        optional = {service.id for service in site.optional_services}
        self._exact: dict[str, list[tuple[Service, StoredItem]]] = {}
        self._patterns: list[tuple[str, Service, StoredItem]] = []
        for service in site.services:
            for item in service.cookies:
                if item.kind is not StorageKind.COOKIE:
                    continue
                if "*" in item.name:
                    self._patterns.append((item.name.partition("*")[0], service, item))
                else:
                    self._exact.setdefault(item.name, []).append((service, item))
        #: Whether there is anything that a refusal deletes.
        self.any_deletable = any(
            item.kind is StorageKind.COOKIE and item.party is Party.FIRST
            for service in site.optional_services
            for item in service.cookies
        )
        self._optional = optional
        self._remembered = functools.lru_cache(maxsize=_REMEMBERED)(self._find)

    def find(self, name: str) -> Declared:
        """Return what is known of the cookie of that *name*, as WSGI hands it over."""
        return self._remembered(name) if len(name) <= _MAX_NAME else self._find("")

    def _find(self, name: str) -> Declared:
        # Nothing that could be declared has other characters than these, though a pattern would match them.
        readable = name.isascii() and name.isprintable() and " " not in name and bool(name)
        found = [*self._exact.get(name, ()), *self._matching(name)] if readable else []
        services = tuple(service.id for service, _ in found if service.id in self._optional)
        if name in self._protected:
            standing = Standing.PROTECTED
        elif len(services) < len(found):
            standing = Standing.NECESSARY
        else:
            standing = Standing.OPTIONAL if services else Standing.UNDECLARED
        deletable = standing is Standing.OPTIONAL and any(item.party is Party.FIRST for _, item in found)
        return Declared(standing, services, deletable, found[0][1].name if found else "")

    def _matching(self, name: str) -> cabc.Iterator[tuple[Service, StoredItem]]:
        for begins, service, item in self._patterns:
            if name.startswith(begins) and item.matches(name):
                yield service, item


def plainly_kept(site: Site, protected: cabc.Collection[str], name: str, *, undeclared: bool) -> bool:
    """Return whether a cookie leaves whatever the reader chose: for when nothing cleverer can be relied on.

    :param undeclared: whether those leave that no service declares.
    """
    if name in protected:
        return True
    declaring = [
        set(service.purposes) == {NECESSARY}
        for service in site.services
        for item in service.cookies
        if item.kind is StorageKind.COOKIE and item.matches(name)
    ]
    return any(declaring) or (undeclared and not declaring)
