"""What a page's markup loads as it is read, and what it holds back until a reader agrees."""

from __future__ import annotations

import collections.abc as cabc
import itertools
import typing as t
import urllib.parse

import turbohtml

from ..embeds.addresses import tidy

#: The fetch directive that judges each address of an element (CSP level 3, 6.1).
_LOADING: cabc.Mapping[str, cabc.Mapping[str, str]] = {
    "script": {"src": "script-src"},
    "iframe": {"src": "frame-src"},
    "frame": {"src": "frame-src"},
    "img": {"src": "img-src", "srcset": "img-src"},
    "source": {"src": "media-src", "srcset": "img-src"},
    "video": {"src": "media-src", "poster": "img-src"},
    "audio": {"src": "media-src"},
    "track": {"src": "media-src"},
    "embed": {"src": "object-src"},
    "object": {"data": "object-src"},
    "input": {"src": "img-src"},
    "link": {"href": ""},
    # Of drawings.
    "image": {"href": "img-src", "xlink:href": "img-src"},
}
_RELATIONS = {
    "stylesheet": "style-src",
    "icon": "img-src",
    "apple-touch-icon": "img-src",
    "mask-icon": "img-src",
    "manifest": "manifest-src",
    "modulepreload": "script-src",
    # These open a connection, which no directive judges by itself.
    "preload": "",
    "prefetch": "",
    "preconnect": "",
    "dns-prefetch": "",
}
_PORTS = {"http": 80, "https": 443}
_MANY = 2000


class Load(t.NamedTuple):
    """One address that an element loads from.

    :param written: the address as it stands there. :param place: its host, with the port where that is unusual; a host
        in other letters in its ASCII form. :param scheme: ``http`` or ``https``. :param directive: what judges it,
        empty where nothing does. :param held: whether it waits for a reader's consent.
    """

    tag: str
    attribute: str
    written: str
    scheme: str
    place: str
    directive: str
    held: bool


def loads(html: str, url: str) -> cabc.Iterator[Load]:
    """Yield what the page *html* at *url* loads by its own markup: its first 2,000 elements that can load.

    What stands in ``<noscript>`` counts, for it is loaded where there is no script; what stands in ``<template>``
    does not. A form's ``action`` and a link are the reader's own act. What scripts and styles load is not seen here.
    """
    page = turbohtml.parse(html, positions=False, scripting=False)
    base = page.select_one("base[href]")
    if base is not None:
        url = _joined(url, base.attr("href") or "")
    for element in itertools.islice(page.select(",".join(_LOADING)), _MANY):
        if any(one.tag == "template" for one in element.ancestors if isinstance(one, turbohtml.Element)):
            continue
        is_held = element.attr("data-consent") is not None
        for attribute, directive, written in _addresses(element, is_held=is_held):
            scheme, place = _place(_joined(url, written))
            if not place:
                continue
            held = attribute.startswith("data-")
            yield Load(element.tag, attribute, written, scheme, place, directive, held)


def _addresses(element: turbohtml.Element, *, is_held: bool) -> cabc.Iterator[tuple[str, str, str]]:
    for attribute, judge in _LOADING[element.tag].items():
        directive = judge
        if element.tag == "link":
            relations = (element.attr("rel") or "").lower().split()
            known = [_RELATIONS[one] for one in relations if one in _RELATIONS]
            if not known:
                continue
            directive = next(filter(None, known), "")
        for name in (attribute, f"data-{attribute}") if is_held else (attribute,):
            value = element.attr(name)
            if value is None or (not name.startswith("data-") and not _is_live(element, attribute)):
                continue
            if attribute == "srcset":
                yield from ((name, directive, part.split()[0]) for part in value.split(",") if part.split())
            else:
                yield name, directive, value


def _is_live(element: turbohtml.Element, attribute: str) -> bool:
    match element.tag:
        case "script":
            kind = (element.attr("type") or "").strip().lower()
            return kind in {"", "module"} or kind.endswith(("javascript", "ecmascript", "jscript"))
        case "iframe":
            return element.attr("srcdoc") is None
        case "input":
            return (element.attr("type") or "").lower() == "image"
        case "source":
            parent = element.parent
            is_picture = isinstance(parent, turbohtml.Element) and parent.tag == "picture"
            return is_picture == (attribute == "srcset")
    return True


def _joined(base: str, address: str) -> str:
    try:
        # Browsers read both strokes alike (URL standard, 4.4).
        return urllib.parse.urljoin(base, tidy(address).replace("\\", "/"))
    except ValueError:
        return ""


def _place(url: str) -> tuple[str, str]:
    try:
        parts = urllib.parse.urlsplit(url)
        host, port = parts.hostname or "", parts.port
        if parts.scheme not in _PORTS or not host:
            return "", ""
        host = host if host.isascii() else host.encode("idna").decode()
    except (ValueError, UnicodeError):
        return "", ""
    host = f"[{host}]" if ":" in host else host
    return parts.scheme, host if port in {None, _PORTS[parts.scheme]} else f"{host}:{port}"
