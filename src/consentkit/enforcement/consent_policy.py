"""The Content-Security-Policy that follows from what a reader agreed to: from where a page may load.

It is sent beside the site's own policy, of which nothing is read or changed. A browser enforces each policy that it is
given (CSP level 3, 8.1), so another one can only narrow. What may run inline is the site's own policy's business: here
``'unsafe-inline'`` and ``'unsafe-eval'`` keep out of it.
"""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import re
import typing as t

from ..consent.purposes import NECESSARY
from ..cookies.codec import class_of

if t.TYPE_CHECKING:
    from ..consent.decisions import Choice
    from ..consent.site import Site

#: What every policy lets through: the page's own origin, and what stands in the page itself.
ALWAYS = ("'self'", "'unsafe-inline'", "'unsafe-eval'", "data:", "blob:")

#: What a service's scripts, frames, pictures and requests come under (CSP level 3, 6.1).
_LOADING = ("script-src", "style-src", "img-src", "font-src", "media-src", "connect-src", "frame-src")

#: From this many bytes on a policy is told to be large: nginx takes 4 KiB for *all* headers of an answer unless
#: ``proxy_buffer_size`` says otherwise, Varnish and Apache 8 KiB for one.
LARGE = 3072

# Readers' choices are many, those met with are few. Each costs its text.
_MOST_TEXTS = 128
_CLASS = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)
_USUAL_PORTS = ("80", "443")


@dataclasses.dataclass(frozen=True, slots=True)
class Policy:
    """A policy, and the class of consent that it stands for in reports."""

    #: Without ``report-uri``: that depends on where the toolkit is mounted.
    text: str
    consent_class: int


class ConsentPolicies:
    """The policies of one site: made when first asked for, kept in bounded numbers.

    They are made of names that the configuration's models have checked, so no text of theirs can end a header or begin
    another directive.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._bits = {purpose.id: 1 << i for i, purpose in enumerate(site.optional_purposes)}
        self._loading = [service for service in site.services if service.hosts]
        self._of_class: dict[int, Policy] = {}
        self._texts: dict[frozenset[str], str] = {}
        #: What agrees to everything gets.
        self.widest = self.of_class((1 << len(self._bits)) - 1)

    def of_class(self, consent_class: int) -> Policy:
        """Return the policy for who agreed to the purposes of a class, and to each of their services.

        :param consent_class: the purposes as a number, see :func:`consentkit.cookies.codec.class_of`. Bits that stand
            for no purpose are passed over.
        """
        consent_class &= (1 << len(self._bits)) - 1
        policy = self._of_class.get(consent_class)
        if policy is None:
            allowed = frozenset(
                service.id
                for service in self._loading
                if all(name == NECESSARY or consent_class & self._bits[name] for name in service.purposes)
            )
            if len(self._of_class) >= _MOST_TEXTS:
                self._of_class.clear()
            policy = self._of_class[consent_class] = Policy(self._text(allowed), consent_class)
        return policy

    def of_choice(self, choice: Choice) -> Policy:
        """Return the policy for a reader's own choice, in which a single service can have an answer of its own."""
        allowed = frozenset(
            service.id
            for service in self._loading
            if NECESSARY in service.purposes or choice.services.get(service.id) is True
        )
        return Policy(self._text(allowed), class_of(self._site, choice))

    def told(self, value: str | None) -> Policy:
        """Return the policy of the class that a CDN tells; of none where that is no class of this site."""
        number = int(value) if value is not None and _CLASS.fullmatch(value) else 0
        return self.of_class(number if number < 1 << len(self._bits) else 0)

    def _text(self, allowed: frozenset[str]) -> str:
        text = self._texts.get(allowed)
        if text is None:
            services = [service for service in self._loading if service.id in allowed]
            hosts = essential(host for service in services for host in service.hosts)
            sockets = essential(host for service in services if service.websockets for host in service.hosts)
            everywhere = " ".join([*ALWAYS, *self._site.site.origins, *hosts])
            text = f"default-src {everywhere}"
            if sockets:
                # A host without a scheme is no WebSocket's, on a page of https (CSP level 3, 6.7.2.8).
                text += f"; connect-src {everywhere} {' '.join(f'wss://{host}' for host in sockets)}"
            if len(self._texts) >= _MOST_TEXTS:
                self._texts.clear()
            self._texts[allowed] = text
        return text


def head_facts(site: Site, services_order: cabc.Sequence[str]) -> dict[str, object]:
    """Return what a page's script needs to make the same policy of the cookie. It is in each page, so it is short.

    ``purposes`` are the optional ones, in the order of the class's bits. ``always`` is what everybody's policy has.
    ``services`` has for each other service with hosts the purposes that it needs as a class, its bit in the cookie's
    ``x`` (-1: none), and its sources; those for ``connect-src`` alone come last, where there are any.
    """
    bits = {purpose.id: 1 << i for i, purpose in enumerate(site.optional_purposes)}
    order = {sid: i for i, sid in enumerate(services_order)}
    necessary = [service for service in site.services if NECESSARY in service.purposes]
    sockets = [f"wss://{host}" for service in necessary if service.websockets for host in service.hosts]
    return {
        "purposes": list(bits),
        "always": " ".join([*ALWAYS, *site.site.origins, *essential(h for s in necessary for h in s.hosts)]),
        **({"sockets": " ".join(sockets)} if sockets else {}),
        "services": [
            [
                sum(bits[name] for name in service.purposes),
                order.get(service.id, -1),
                " ".join(essential(service.hosts)),
                *([" ".join(f"wss://{host}" for host in essential(service.hosts))] if service.websockets else []),
            ]
            for service in site.optional_services
            if service.hosts
        ],
    }


def service_sources(sites: cabc.Iterable[Site]) -> dict[str, list[str]]:
    """Return the hosts of all services by directive, for a policy of the site's own: the one from consent narrows it.

    Which directive a host needs nobody declares, so each has all of them, in the order of the file.
    """
    services = [service for site in sites for service in site.services]
    hosts = essential(host for service in services for host in service.hosts)
    sockets = essential(host for service in services if service.websockets for host in service.hosts)
    found = {directive: list(hosts) for directive in _LOADING} if hosts else {}
    if sockets:
        found["connect-src"] += [f"wss://{host}" for host in sockets]
    return found


def essential(hosts: cabc.Iterable[str]) -> list[str]:
    """Return *hosts*, each once, without those that a wildcard among them covers."""
    kept = dict.fromkeys(hosts)
    return [host for host in kept if not any(wildcard in kept for wildcard in _wildcards_over(host))]


@dataclasses.dataclass(frozen=True, slots=True)
class Overlap:
    """One host that a policy cannot let through for one purpose and stop for another."""

    #: As declared: ``cdn.example``, ``*.cdn.example``.
    host: str
    #: Who declares it, or a wildcard over it: each service's id with its purposes.
    services: cabc.Mapping[str, tuple[str, ...]]
    #: Whether it is the site's own as well, from where everything always passes.
    own: bool = False


def overlaps(site: Site) -> list[Overlap]:
    """Return the hosts that services of different purposes share, in the order of the file."""
    declared: dict[str, dict[str, tuple[str, ...]]] = {}
    for service in site.services:
        for host in service.hosts:
            declared.setdefault(_bare(host), {})[service.id] = service.purposes
    own = {_bare(origin.partition("://")[2]) for origin in site.site.origins}
    found = []
    for host, services in declared.items():
        sharing = dict(services)
        for wildcard in _wildcards_over(host):
            sharing |= declared.get(wildcard, {})
        kinds = {frozenset(purposes) for purposes in sharing.values()}
        # Where the site itself is necessary to itself, nobody wants to hold it back.
        is_own = host in own and kinds != {frozenset({NECESSARY})}
        if is_own or len(kinds) > 1:
            found.append(Overlap(host, sharing, own=is_own))
    return found


def _wildcards_over(host: str) -> cabc.Iterator[str]:
    """Give the wildcards that cover *host*: one never covers its own bare name (CSP level 3, 6.7.2.9)."""
    labels = host.removeprefix("*.").split(".")
    for i in range(0 if host.startswith("*.") else 1, len(labels)):
        wildcard = f"*.{'.'.join(labels[i:])}"
        if wildcard != host:
            yield wildcard


def _bare(host: str) -> str:
    name, _, port = host.partition(":")
    return name if port in _USUAL_PORTS else host
