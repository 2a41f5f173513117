"""Frames as content systems store them: what they load, now or later, and the room that they take."""

from __future__ import annotations

import itertools

import turbohtml

from .addresses import is_empty
from .addresses import is_inside
from .addresses import tidy
from .catalogue import Shape
from .places import Places

#: Where scripts of lazy loading keep the address.
_LAZY = ("data-src", "data-lazy-src", "data-original", "data-litespeed-src", "data-iframe-src", "data-cookieblock-src")
#: The classes of boxes that keep room by a padding, which a placeholder has no use for.
_WRAPPERS = {"wp-block-embed__wrapper", "embed-responsive", "ratio", "responsive-embed", "video-container"}
_HEIGHTS = (40, 2000)
#: No screen has more digits of pixels.
_DIGITS = 5
#: How much wider than high something can be, and the other way round.
_WIDEST = 4


def address_of(element: turbohtml.Element) -> str | None:
    """Return the address that *element* loads, at once or by a script of lazy loading.

    ``None`` where that is nothing, or within the site.
    """
    live = element.attr("data" if element.tag == "object" else "src") or ""
    if element.tag == "iframe" and element.attr("srcdoc") is not None:
        return live or "srcdoc:"
    if element.tag == "object" and not live:
        movie = element.select_one("param[name=movie i]")
        live = (movie.attr("value") if movie else None) or ""
    loads = None if is_empty(live) or is_inside(live) or _is_dot(live) else live
    if loads and not tidy(live).lower().startswith("data:image/"):
        return loads
    if element.attr("data-consent") is not None or element.attr("data-service") is not None:
        return loads
    lazy = (element.attr(name) or "" for name in _LAZY)
    return next((value for value in lazy if not is_empty(value) and not is_inside(value)), loads)


def _is_dot(value: str) -> bool:
    """Whether *value* is a picture of points alone, which lazy loading puts in the place. Drawings can hold scripts."""
    return tidy(value).partition(",")[0].partition(";")[0].lower() in {"data:image/gif", "data:image/png"}


def shape_of(element: turbohtml.Element, usual: Shape) -> Shape:
    """Return the room that *element* asks for, where its attributes say so believably."""
    width, height = _pixels(element.attr("width")), _pixels(element.attr("height"))
    height = height or _pixels(element.attr("data-height")) or _pixels(element.attr("data-embed-height"))
    if not height:
        style = element.attr("style") or ""
        names = {name.strip(): value.strip() for name, _, value in (rule.partition(":") for rule in style.split(";"))}
        height = _pixels(names.get("min-height")) or _pixels(names.get("height"))
    if not height:
        return usual
    if width and usual.width and 1 / _WIDEST <= width / height <= _WIDEST:
        return Shape(width, height)
    return Shape(0, height) if _HEIGHTS[0] <= height <= _HEIGHTS[1] and not (usual.width and width) else usual


def widen(element: turbohtml.Element, start: int, end: int, places: Places) -> tuple[int, int, Shape | None]:
    """Return where the box around *element* begins and ends, where it is there only to keep its room."""
    box = element.parent
    if not isinstance(box, turbohtml.Element) or box.tag not in {"div", "span"} or box.source_location is None:
        return start, end, None
    ratio = _padding(box.attr("style") or "")
    if ratio is None and not _WRAPPERS.intersection((box.attr("class") or "").split()):
        return start, end, None
    beside = itertools.chain(element.previous_siblings, element.next_siblings)
    if any(
        isinstance(one, turbohtml.Element) or (isinstance(one, turbohtml.Text) and one.data.strip()) for one in beside
    ):
        return start, end, None
    first, last = places.span(box)
    return (first, last, ratio) if last is not None and first < start and last >= end else (start, end, None)


def _padding(style: str) -> Shape | None:
    """Return the ratio that a box of no height keeps by its padding."""
    for rule in style.split(";"):
        name, _, value = rule.partition(":")
        if name.strip().lower() in {"padding", "padding-bottom", "padding-top"}:
            for word in value.replace("!important", "").split():
                number = word.removesuffix("%")
                if word.endswith("%") and number.replace(".", "", 1).isdecimal():
                    share = float(number)
                    if 100 / _WIDEST <= share <= 100 * _WIDEST:
                        return Shape(1000, round(share * 10))
    return None


def _pixels(value: str | None) -> int | None:
    digits = (value or "").strip().removesuffix("px")
    return int(digits) if digits.isdecimal() and len(digits) <= _DIGITS and int(digits) > 0 else None
