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

    __slots__ = ("_reader", "decided", "environ", "headers", "plan", "status")

    def __init__(self, plan: Plan, environ: Environ, status: str, headers: Headers) -> None:
        self.plan = plan
        self.environ = environ
        self.status = int(status[:3]) if status[:3].isdecimal() else 0
        self.headers = headers
        self.decided: str | None = None
        self._reader: Reader | None = None

    @property
    def reader(self) -> Reader:
        """Whose response this is: read when it is first asked for, from this response's own decision if it has one."""
        if self._reader is None:
            values = {self.decided} if self.decided is not None else state_values(self.environ)
            self._reader = self.plan.readers.read(values)
        return self._reader

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


def state_values(environ: Environ) -> set[str]:
    """Return the different values of the state cookie that a request carries: as Flask reads them, and quicker."""
    header: str = environ.get("HTTP_COOKIE", "")
    if STATE_COOKIE not in header:
        return set()
    if '"' in header:
        # Quoted values may hold semicolons.
        return set(parse_cookie(environ).getlist(STATE_COOKIE))
    values = set()
    for pair in header.split(";"):
        name, _, value = pair.partition("=")
        if name.strip() == STATE_COOKIE:
            values.add(value.strip())
    return values
