"""One response on its way out of the application, as the filters of :mod:`consentkit.web.enforce` see it."""

from __future__ import annotations

import dataclasses
import typing as t

from werkzeug.http import parse_cookie

from ..cookies.attributes import STATE_COOKIE
from ..operations.publish_site import SiteSnapshot
from .reader import Reader
from .reader import Readers

#: What the server hands over of a request (PEP 3333).
Environ: t.TypeAlias = dict[str, t.Any]
#: The headers of a response, in their order.
Headers: t.TypeAlias = list[tuple[str, str]]

#: Under this key of the environ is the path with which a request came, before anything within took of it.
PATH_AT_THE_DOOR = "consentkit.path"


class Exchange:
    """A request, its response's head, and what may be known of its reader.

    :ivar headers: the filter's own copy, to be changed in place or replaced.
    :ivar status: the code alone, e.g. 200.
    :ivar decided: the state that this very response gives the reader, once the filter of cookies has found one.
    """

    __slots__ = ("_carried", "_reader", "decided", "environ", "headers", "plan", "status")

    def __init__(self, plan: Plan, environ: Environ, status: str, headers: Headers) -> None:
        self.plan = plan
        self.environ = environ
        self.status = int(status[:3]) if status[:3].isdecimal() else 0
        self.headers = headers
        self.decided: str | None = None
        self._carried: list[tuple[str, str]] | None = None
        self._reader: Reader | None = None

    @property
    def reader(self) -> Reader:
        """Whose response this is: read when it is first asked for, from this response's own decision if it has one."""
        if self._reader is None:
            if self.decided is not None:
                values = {self.decided}
            else:
                values = {value for name, value in self.carried if name == STATE_COOKIE}
            self._reader = self.plan.readers.read(values)
        return self._reader

    @property
    def carried(self) -> list[tuple[str, str]]:
        """The cookies of the request, names and values."""
        if self._carried is None:
            self._carried = _cookies_of(self.environ)
        return self._carried

    def header(self, name: str) -> str:
        """Return the values of the response's header of that *name* (in small letters), with commas between."""
        return ", ".join([value for key, value in self.headers if key.lower() == name])


class Filter(t.Protocol):
    """Something that is done to the head of every response of one site. It serves several threads at once."""

    def apply(self, exchange: Exchange) -> None:
        """Change ``exchange.headers``. Whatever it raises is logged, and what it did is undone."""
        ...

    def fall_back(self, exchange: Exchange) -> None:
        """Do what must be done even so, as simply as can be: lose nothing necessary, grant nothing optional."""
        ...


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What is done with the responses of one site, worked out once for each snapshot of it."""

    snapshot: SiteSnapshot
    readers: Readers
    #: In their order. None: the site's responses are left alone.
    filters: tuple[Filter, ...]


def _cookies_of(environ: Environ) -> list[tuple[str, str]]:
    """Return the cookies that a request carries: as Flask reads them, and quicker."""
    header: str = environ.get("HTTP_COOKIE", "")
    if '"' in header:
        # Quoted values may hold semicolons.
        return list(parse_cookie(environ).items(multi=True))
    cookies = []
    for pair in header.split(";"):
        name, equals, value = pair.partition("=")
        if equals:
            cookies.append((name.strip(), value.strip()))
    return cookies
