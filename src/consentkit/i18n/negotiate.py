"""Which of the languages on offer suits a reader. Never raises: what cannot be read is no wish."""

from __future__ import annotations

import collections.abc as cabc
import re

from babel.core import get_global

from .locales import canonical_tag
from .locales import fallbacks
from .locales import script_of

# A browser sends a few hundred characters at most; the rest of a longer header is not worth reading.
_MAX_HEADER = 1024
_MAX_RANGES = 32
# RFC 9110, 12.4.2: a weight has at most three digits after the point.
_WEIGHT = re.compile(r"[ \t]*q[ \t]*=[ \t]*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)[ \t]*", re.ASCII | re.IGNORECASE)


def best(wanted: str | None, offered: cabc.Sequence[str]) -> str | None:
    """Return the one of *offered* that a reader of *wanted* reads best, or ``None`` if none is near.

    The same tag first, then the same language (``ru-RU`` takes ``ru``, ``pt`` takes ``pt-BR``), then what readers of
    that language most likely read as well (``kk`` takes ``ru``). English for everybody is the caller's decision.
    """
    if wanted is None or (tag := canonical_tag(wanted)) is None:
        return None
    return _near(tag, offered) or _instead(tag, offered)


def from_accept_language(header: str | None, offered: cabc.Sequence[str]) -> str | None:
    """Return the one of *offered* that suits an ``Accept-Language`` header best, or ``None`` if none does.

    A language that the reader names wins over one that we only guess: ``kk, en;q=0.5`` with Russian and English on
    offer gives English.
    """
    tags = _ranges(header or "")
    for look in (_near, _instead):
        for tag in tags:
            if (found := look(tag, offered)) is not None:
                return found
    return None


def _near(tag: str, offered: cabc.Sequence[str]) -> str | None:
    """Return the same tag or another form of the same language."""
    by_tag = {canonical: offer for offer in reversed(offered) if (canonical := canonical_tag(offer)) is not None}
    parts = tag.split("-")
    for end in range(len(parts), 0, -1):
        if (offer := by_tag.get("-".join(parts[:end]))) is not None:
            return offer
    for offer in offered:
        other = canonical_tag(offer) or ""
        # Another script is another reader: Kazakh in Arabic letters is no help to who asked for `kk`.
        if other.partition("-")[0] == parts[0] and _script(other) == _script(tag):
            return offer
    return None


def _script(tag: str) -> str:
    """Return the script of *tag*, the likely one if it names none: ``zh-TW`` gives ``Hant``."""
    if named := script_of(tag):
        return named
    likely = get_global("likely_subtags")
    return script_of(likely.get(tag.replace("-", "_")) or likely.get(tag.partition("-")[0]) or "")


def _instead(tag: str, offered: cabc.Sequence[str]) -> str | None:
    """Return the language that readers of *tag* most likely read as well."""
    for fallback in fallbacks(tag)[:-1]:
        if (found := _near(fallback, offered)) is not None:
            return found
    return None


def _ranges(header: str) -> list[str]:
    """Return the tags of an ``Accept-Language`` header, most wanted first."""
    weighted: list[tuple[float, str]] = []
    for item in header[:_MAX_HEADER].split(",")[:_MAX_RANGES]:
        name, semicolon, weight = item.partition(";")
        match = _WEIGHT.fullmatch(weight) if semicolon else None
        if semicolon and match is None:
            continue
        quality = float(match[1]) if match else 1.0
        tag = canonical_tag(name.strip(" \t"))
        if tag is not None and quality > 0:
            weighted.append((quality, tag))
    # A stable sort: among equals the header's own order holds.
    return [tag for _, tag in sorted(weighted, key=lambda pair: -pair[0])]
