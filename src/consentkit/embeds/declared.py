"""Which of a site's services an address belongs to, and whether the site may show it at all."""

from __future__ import annotations

import collections.abc as cabc
import functools
import logging
import typing as t

from ..consent.purposes import NECESSARY
from ..consent.services import Service
from .addresses import Address
from .catalogue import Recognised

log = logging.getLogger("consentkit")

_EMBEDS = "embeds"


class Declared:
    """The services of one site, to be asked by address.

    :param name: the site's, for the log. :param own: the origin of the page that is rendered. :param origins: the
        site's others.
    """

    def __init__(
        self, services: cabc.Sequence[Service], *, name: str, own: str | None, origins: cabc.Container[str] = ()
    ) -> None:
        self._name = name
        self._own = own
        self._origins = origins
        # Who needs an agreement comes first: where two services claim a host, nothing is let through unasked.
        self._services = sorted(services, key=lambda one: (is_necessary(one), _EMBEDS not in one.purposes))
        self._by_id = {service.id: service for service in services}
        self._found: dict[str, Service | None] = {}

    def by_id(self, name: str) -> Service | None:
        """Return the service of that name."""
        return self._by_id.get(name)

    def is_own(self, address: Address) -> bool:
        """Whether *address* is of the page's origin, or of another of the site's that no service declares."""
        return address.origin == self._own or (address.origin in self._origins and self.of_host(address.place) is None)

    def of_host(self, place: str) -> Service | None:
        """Return the service that declares *place*, a host with its port where that is unusual."""
        if place not in self._found:
            exact = (one for one in self._services if place in one.hosts)
            wider = (one for one in self._services if covers(one, place))
            self._found[place] = next(exact, None) or next(wider, None)
        return self._found[place]

    def of(self, address: Address, recognised: Recognised | None) -> Service | None:
        """Return the service that *address* belongs to: the provider's own, else the one that declares the host."""
        if recognised is None:
            return self.of_host(address.place)
        provider = recognised.provider
        named = None if provider.many_hosts else self._by_id.get(provider.id)
        service = named or self.of_host(recognised.frame_host) or self.of_host(address.place)
        if service is not None and not covers(service, recognised.frame_host):
            _warn(
                self._name,
                f"The service '{service.id}' does not list '{recognised.frame_host}' under 'hosts', from where its "
                "frames load: the notice and the page's policy should name it.",
            )
        return service

    def report(self, host: str, what: t.Literal["frame", "script"]) -> None:
        """Say in the log that something of *host* was taken out, and why. No address, and nothing of the reader."""
        outcome = "has become words and a link" if what == "frame" else "was taken out"
        _warn(self._name, f"A {what} from '{host}' {outcome}: no service of the site lists that host under 'hosts'.")

    def report_missing(self, provider: str) -> None:
        """Say in the log that *provider* would have shown something by its script, and that nothing stands for it."""
        _warn(
            self._name,
            f"A script of '{provider}' was taken out of an article in which nothing of that provider is known: what it "
            "would have shown is missing. Give the address of what is meant, or hold the script back by hand.",
        )


def is_necessary(service: Service) -> bool:
    """Whether *service* needs no agreement."""
    return set(service.purposes) == {NECESSARY}


def covers(service: Service, place: str) -> bool:
    """Whether *service* declares *place*: by its name, or ``*.example.org`` for what is below that name."""
    return any(host == place or (host.startswith("*.") and place.endswith(host[1:])) for host in service.hosts)


# Said once a process: an article is rendered a thousand times a day.
@functools.lru_cache(maxsize=1024)
def _warn(site: str, message: str) -> None:
    log.warning("%s: %s", site, message)
