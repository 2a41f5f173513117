"""The code that a provider hands out where it is no frame: what it stands for, and which words it has."""

from __future__ import annotations

import collections.abc as cabc
import urllib.parse

import turbohtml

from .addresses import parse_address
from .catalogue import Provider
from .catalogue import Recognised
from .catalogue import catalogue
from .placeholder import Quotation
from .places import children

_LONGEST_QUOTATION = 1000
_LONGEST_TITLE = 200
#: A post's own link is its last or nearly so; whoever nests a thousand quotations is to wait no longer for it.
_MOST_LINKS = 20


def provider_of(element: turbohtml.Element) -> Provider | None:
    """Return the provider whose code *element* is, by its class or id."""
    for name in (element.attr("class") or "").split():
        if name in catalogue().by_class:
            return catalogue().by_class[name]
    own = element.attr("id") or ""
    return next((one for start, one in catalogue().by_id.items() if own.startswith(start)), None)


def meant(element: turbohtml.Element, provider: Provider) -> Recognised | None:
    """Return what the code of *provider* would show."""
    code = provider.code
    if code is None:
        return None
    if code.address == "link":
        values = [link.attr("href") or "" for link in reversed(element.select("a[href]")[-_MOST_LINKS:])]
    elif code.address is None:
        values = [code.prefix + (element.attr("id") or "").removeprefix(code.id or "")]
    else:
        value = element.attr(code.address) or ""
        values = [value if "://" in value and not code.drop else code.prefix + value.removeprefix(code.drop)]
        values += [value] if value.startswith("https://") else []
        given = {name: element.attr(attribute) for attribute, name in code.parameters.items()}
        if words := {name: one for name, one in given.items() if one}:
            path = value.partition("#")[0].partition("?")[0]
            values = [f"{path}?{urllib.parse.urlencode(words)}"]
    for value in values:
        address = parse_address(value)
        found = catalogue().recognise(address, code=True) if address else None
        if found is not None and found.provider is provider:
            return found
    return None


def title_of(value: str | None) -> str | None:
    """Return *value* as a title, or ``None`` where it says nothing."""
    words = " ".join((value or "").split())
    if words in catalogue().untitled:
        return None
    return (words if len(words) <= _LONGEST_TITLE else f"{words[: _LONGEST_TITLE - 1]}…") or None


def code_title(element: turbohtml.Element, provider: Provider) -> str | None:
    """Return the title that *element*, code of *provider*, has in it."""
    where = provider.code.title if provider.code else None
    if where in {"a:first", "a:last"}:
        links = element.select("a[href]")
        return title_of(links[0 if where == "a:first" else -1].text) if links else None
    return title_of(element.attr(where)) if where else None


def quotation_of(element: turbohtml.Element, provider: Provider) -> Quotation | None:
    """Return the words of the post that *element*, code of *provider*, stands for."""
    code = provider.code
    words = element.select_one(code.quote) if code and code.quote else None
    text = _readable(words) if words is not None else ""
    if words is None or code is None or not text:
        return None
    lang, direction = words.attr("lang") or "", (words.attr("dir") or "").lower()
    credit = None
    if code.credit:
        # "— Name (@name) date": the date is the link to the original, which stands below.
        beside = [one for one in element.children if isinstance(one, turbohtml.Text)]
        links = [one for one in children(element) if one.tag == "a"]
        named = "".join(one.data for one in beside) if not links[1:] else _readable(element, without=(words, links[-1]))
        credit = title_of(named)
    return Quotation(
        text=text,
        lang=lang if lang.replace("-", "").isalnum() and lang.isascii() else None,
        direction=direction if direction in {"ltr", "rtl"} else None,
        credit=credit,
    )


def _readable(element: turbohtml.Element, without: cabc.Container[object] = ()) -> str:
    pieces: list[str] = []

    def walk(node: turbohtml.Element) -> None:
        for child in node.children:
            if isinstance(child, turbohtml.Text):
                pieces.append(child.data)
            elif isinstance(child, turbohtml.Element) and child not in without:
                pieces.append(" " if child.tag == "br" else "")
                walk(child)

    walk(element)
    text = " ".join("".join(pieces).split())
    return text if len(text) <= _LONGEST_QUOTATION else f"{text[: _LONGEST_QUOTATION - 1]}…"


def loader_of(text: str) -> Provider | None:
    """Return the provider whose script *text*, an inline script, loads or starts as a part of its code."""
    known = catalogue()
    for word, provider in known.inline.items():
        if word in text:
            return provider
    return next((provider for host, provider in known.scripts.items() if f"//{host}/" in text), None)
