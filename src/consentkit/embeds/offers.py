"""What a reader may be offered of an embed, and what becomes of a script: the decisions, without any markup."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import logging
import re

import markupsafe
import turbohtml

from ..consent.services import Service
from .addresses import Address
from .addresses import is_inside
from .addresses import parse_address
from .catalogue import Provider
from .catalogue import Recognised
from .catalogue import catalogue
from .codes import code_title
from .codes import loader_of
from .codes import meant
from .codes import provider_of
from .codes import quotation_of
from .codes import title_of
from .declared import Declared
from .declared import covers
from .declared import is_necessary
from .frames import address_of
from .frames import shape_of
from .placeholder import USUAL_SHAPE
from .placeholder import Content
from .placeholder import Quotation

log = logging.getLogger("consentkit")

#: What makes a browser run a script (HTML standard, 4.12.1.1).
_SCRIPT_TYPES = {
    *("", "module", "text/javascript", "application/javascript", "text/ecmascript", "application/ecmascript"),
    *("application/x-javascript", "application/x-ecmascript", "text/x-javascript", "text/x-ecmascript"),
    *("text/javascript1.0", "text/javascript1.1", "text/javascript1.2", "text/javascript1.3", "text/javascript1.4"),
    *("text/javascript1.5", "text/jscript", "text/livescript"),
}
#: The attributes that a script keeps: how it is to be loaded, and what it reads of its own element.
_KEPT = re.compile(
    r"async|defer|nomodule|integrity|crossorigin|referrerpolicy|fetchpriority|charset|id"
    r"|data-(?!consent|(src|service|type)$)[a-z0-9_.-]+"
)
#: What a frame may use whose provider nobody knows (Permissions Policy): nothing that senses the reader.
_HARMLESS = "autoplay; clipboard-write; encrypted-media; fullscreen; picture-in-picture; web-share"
#: How the log calls what has no host.
_NOWHERE = "an address that is not of the web"


class Offers:
    """Decides for one site. ``None`` always means that something is let be.

    :param sandbox: whether frames of known providers get a sandbox.
    """

    def __init__(self, declared: Declared, *, sandbox: bool) -> None:
        self._declared = declared
        self._sandbox = sandbox

    def named(self, name: str, src: str, title: str) -> Content | None:
        """Return what the template asked to show by the service *name*; ``None`` where *src* is no address at all."""
        service = self._declared.by_id(name)
        address = parse_address(src)
        if address is None and not is_inside(src):
            log.error("'consentkit.embed' was given no address for the service %r.", name[:40])
            return None
        found = catalogue().recognise(address) if address else None
        if service is None or is_necessary(service):
            log.error("'consentkit.embed' was given the service %r, which the site does not declare.", name[:40])
        elif address is None:
            return Content(name=service.name, service=service, frame=src, link=src, title=title)
        elif found is not None:
            if found.provider.id == name or self._declared.of(address, found) is service:
                return self._content(found, service, title=title)
            log.error("'consentkit.embed' was given %r for an address of %r.", name[:40], found.provider.id)
        elif not service.hosts or covers(service, address.place):
            return Content(name=service.name, service=service, frame=address.text, link=address.text, title=title)
        else:
            log.error("'consentkit.embed': %r is not among the hosts of the service %r.", address.place[:80], name[:40])
        if address is None:
            return Content(name="", link=src, title=title)
        provider = found.provider if found else catalogue().belongs_to(address)
        return Content(
            name=provider.name if provider else address.host, link=found.link if found else address.text, title=title
        )

    def alone(self, value: str) -> Content | None:
        """Return the frame at the address *value*; ``None`` where readers can agree to no service that it is of."""
        address = parse_address(value)
        found = catalogue().recognise(address) if address else None
        service = self._declared.of(address, found) if address else None
        if address is None or service is None or is_necessary(service):
            return None
        if found is not None and found.frame:
            content = self._content(found, service, title=None)
            # Word for word where its host is declared: what the page has left out or added is the page's business.
            return dataclasses.replace(content, frame=address.text) if covers(service, address.place) else content
        if not covers(service, address.place):
            return None
        return Content(name=service.name, service=service, frame=address.text, allow=_HARMLESS)

    def framed(self, element: turbohtml.Element) -> Content | None:
        """Return what an ``iframe``, ``embed`` or ``object`` would show."""
        value = address_of(element)
        if value is None:
            return None
        title = title_of(element.attr("title") or element.attr("aria-label"))
        address = parse_address(value)
        found = catalogue().recognise(address) if address else None
        if address is None or (found is None and element.attr("srcdoc") is not None):
            # A page inside of the attribute, a script, data: nobody can tell what it would load.
            self._declared.report(_NOWHERE, "frame")
            return Content(name="", title=title)
        service = self._declared.of(address, found)
        if self._declared.is_own(address) or (service is not None and is_necessary(service)):
            return None
        if found is not None:
            return self._content(found, service, title=title, element=element)
        return self._stranger(address, service, element, title)

    def _stranger(
        self, address: Address, service: Service | None, element: turbohtml.Element, title: str | None
    ) -> Content:
        provider = catalogue().belongs_to(address)
        if service is None:
            self._declared.report(address.host, "frame")
            return Content(name=provider.name if provider else address.host, link=address.text, title=title)
        return Content(
            name=service.name,
            service=service,
            frame=address.text,
            link=address.text,
            title=title,
            shape=shape_of(element, USUAL_SHAPE),
            allow=element.attr("allow") or "",
            fullscreen=element.attr("allowfullscreen") is not None,
            sandbox=element.attr("sandbox"),
        )

    def coded(self, element: turbohtml.Element) -> Content | None:
        """Return what a provider's script would make of *element*."""
        provider = provider_of(element)
        if provider is None or provider.code is None or provider.code.element != element.tag:
            return None
        found = meant(element, provider)
        if found is None:
            return None
        return self._agreed(
            found, title=code_title(element, provider), element=element, quotation=quotation_of(element, provider)
        )

    def posted(self, element: turbohtml.Element) -> Content | None:
        """Return what the script *element* would put in its own place."""
        for attribute, provider in catalogue().by_script.items():
            if attribute is not None and element.attr(attribute):
                found = meant(element, provider)
                if found is not None:
                    return self._agreed(found, title=None)
        return None

    def linked(self, value: str) -> Content | None:
        """Return what the address *value* leads to, where a service is declared for it: else the link is enough."""
        address = parse_address(value) if len(value.split()) == 1 else None
        found = catalogue().recognise(address) if address else None
        service = self._declared.of(address, found) if address and found else None
        if found is None or service is None or is_necessary(service):
            return None
        return self._content(found, service, title=None)

    def part_of(self, element: turbohtml.Element, instances: cabc.Container[str]) -> Provider | None:
        """Return the provider whose code the script *element* belongs to: it would run in the page itself.

        :param instances: the hosts, of a provider with many, whose posts are in the article.
        """
        outside = _outside(element)
        if not outside:
            return None if outside is None else loader_of(element.text)
        address = parse_address(outside)
        if address is None:
            return None
        own = catalogue().by_script_path.get(address.path) if address.place in instances else None
        return own or catalogue().script_of(address)

    def miss(self, provider: Provider) -> None:
        """Say in the log that a script of *provider* was taken out of an article that has nothing else of it."""
        self._declared.report_missing(provider.name)

    def script(self, element: turbohtml.Element) -> str | None:
        """Return what stands in a script's place: nothing, or the script held back for the service it belongs to."""
        outside = _outside(element)
        if not outside:
            return None
        address = parse_address(outside)
        service = self._declared.of_host(address.place) if address else None
        if address is None or not (service or self._declared.is_own(address)):
            self._declared.report(address.host if address else _NOWHERE, "script")
            return ""
        if service is None or is_necessary(service) or self._declared.is_own(address):
            return None
        return _held(element, address, service)

    def mark(self, element: turbohtml.Element) -> str | None:
        """Return the words for a picture that a provider's code brings along, loaded from where its scripts are."""
        address = parse_address(element.attr("src") or "")
        if address is None or catalogue().script_of(address) is None:
            return None
        return str(markupsafe.escape(element.attr("alt") or ""))

    def _agreed(
        self,
        found: Recognised,
        *,
        title: str | None,
        element: turbohtml.Element | None = None,
        quotation: Quotation | None = None,
    ) -> Content | None:
        address = parse_address(found.frame)
        service = self._declared.of(address, found) if address else None
        if service is not None and is_necessary(service):
            return None
        return self._content(found, service, title=title, element=element, quotation=quotation)

    def _content(
        self,
        found: Recognised,
        service: Service | None,
        *,
        title: str | None,
        element: turbohtml.Element | None = None,
        quotation: Quotation | None = None,
    ) -> Content:
        provider = found.provider
        if service is None and found.frame:
            self._declared.report(found.frame_host, "frame")
        return Content(
            name=service.name if service else found.frame_host if provider.many_hosts else found.name,
            provider=provider,
            service=service,
            frame=found.frame,
            link=found.link,
            title=title,
            kind=found.kind,
            author=found.author,
            quotation=quotation,
            shape=found.shape if element is None else shape_of(element, found.shape),
            allow=provider.allow,
            fullscreen="fullscreen" in provider.allow,
            sandbox=provider.sandbox if self._sandbox else None,
        )


def _kind(element: turbohtml.Element) -> str:
    return (element.attr("type") or "").partition(";")[0].strip().lower()


def _outside(element: turbohtml.Element) -> str | None:
    """Return the address of another place that the script *element* runs, ``""`` for none: what it runs is inside it.

    ``None``: nothing is run, or a file of the site's own.
    """
    # In a drawing it is another attribute that counts (SVG 2, 15.5); whichever it is, none may lead elsewhere.
    named = [value for name in ("src", "href", "xlink:href") if (value := element.attr(name))]
    outside = [value for value in named if not is_inside(value)]
    if _kind(element) not in _SCRIPT_TYPES or (named and not outside):
        return None
    return outside[0] if outside else ""


def _held(element: turbohtml.Element, address: Address, service: Service) -> str:
    words = [
        f'data-consent="{markupsafe.escape(" ".join(service.purposes))}"',
        f'data-service="{markupsafe.escape(service.id)}"',
        *(['data-type="module"'] if _kind(element) == "module" else []),
        *(_attribute(name, element.attr(name) or "") for name in element.attrs if _KEPT.fullmatch(name)),
        f'data-src="{markupsafe.escape(address.text)}"',
    ]
    return f'<script type="text/plain" {" ".join(words)}></script>'


def _attribute(name: str, value: str) -> str:
    return f'{name}="{markupsafe.escape(value)}"' if value else name
