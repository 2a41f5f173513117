"""Placeholders in policies: ``{{ controller.name }}`` stands for what the site's file says.

This is substitution and nothing else: no conditions, no loops, no expressions. A name with a question mark,
``{{ controller.registration_number? }}``, may have no value: then the whole line that holds it is left out.
"""

from __future__ import annotations

import collections.abc as cabc
import difflib
import re
import typing as t

from ..consent.model import localize
from ..errors import Problem
from ..i18n.catalog import catalog

if t.TYPE_CHECKING:
    from ..consent.site import Contact
    from ..consent.site import Site

_PLACEHOLDER = re.compile(r"\{\{[ \t]*([^{}\n]{0,200}?)[ \t]*\}\}")
_YEAR = 365.25
# Days by which a number of years may be off: leap days, counted or not.
_LEAP = 1.5
# What could be read as Markdown or HTML. A point, a hyphen or an at sign inside a line is only itself.
_MARKUP = re.compile(r"[\\`*_\[\]()<>&#|!~{}]")


def values_of(site: Site, locale: str) -> dict[str, str]:
    """Return the name of every placeholder to its value in *locale*, ``""`` where the site's file has none."""
    words = catalog(locale)
    controller = site.controller
    origins = site.site.origins
    values = {
        "site.id": site.id,
        "site.name": localize(site.site.name, locale, *site.locales),
        "site.url": origins[0] if origins else "",
        "controller.name": localize(controller.name, locale, *site.locales),
        "controller.address": _one_line(localize(controller.address, locale, *site.locales)),
        "controller.registration_number": controller.registration_number or "",
        "controller.email": controller.email,
        "decision.lifetime": words.format_duration(f"P{site.site.max_age_days}D"),
        "records.retention": words.format_duration(_in_years(site.site.retention_days)),
        # Relative to the policy pages, all of which lie side by side.
        **{f"pages.{kind}": f"{kind}?site={site.id}&locale={locale}" for kind in ("cookies", "preferences")},
        "pages.privacy": _page(site, "privacy", locale),
        "pages.terms": _page(site, "terms", locale),
    }
    values |= _contact("controller.data_protection_officer", controller.data_protection_officer)
    values |= _contact("controller.supervisory_authority", controller.supervisory_authority)
    return values


def _in_years(days: int) -> str:
    """Return an ISO 8601 duration: in years, where it is whole ones but for leap days."""
    years = round(days / _YEAR)
    return f"P{years}Y" if years and abs(days - years * _YEAR) < _LEAP else f"P{days}D"


def _one_line(address: str) -> str:
    return ", ".join(line.strip().rstrip(",") for line in address.splitlines() if line.strip())


def _page(site: Site, kind: t.Literal["privacy", "terms"], locale: str) -> str:
    own = getattr(site.policies, kind).urls
    return localize(own, locale, *site.locales) or f"{kind}?site={site.id}&locale={locale}"


def _contact(prefix: str, contact: Contact | None) -> dict[str, str]:
    return {
        f"{prefix}.name": contact.name if contact else "",
        f"{prefix}.email": (contact.email or "") if contact else "",
        f"{prefix}.url": (contact.url or "") if contact else "",
    }


def fill(text: str, values: cabc.Mapping[str, str], *, where: str) -> tuple[str, tuple[Problem, ...]]:
    """Return *text* with its placeholders filled in, and what is wrong with them.

    The values are escaped: whatever they hold, it appears as it is written.

    :param where: the file, for the places in the problems.
    """
    problems: list[Problem] = []
    lines: list[str] = []
    for number, line in enumerate(text.split("\n"), start=1):
        left_out = False

        def replace(match: re.Match[str], place: str = f"{where}:{number}") -> str:
            nonlocal left_out
            name, optional = match[1].removesuffix("?").rstrip(), match[1].endswith("?")
            if name not in values:
                problems.append(_unknown(place, name, values))
                return ""
            if not values[name] and not optional:
                problems.append(_empty(place, name))
            left_out = left_out or not values[name]
            return escape(values[name])

        filled = _PLACEHOLDER.sub(replace, line)
        if not left_out:
            lines.append(filled)
    return "\n".join(lines), tuple(problems)


def escape(text: str) -> str:
    """Return *text* on one line, in a form that Markdown shows as it is written."""
    return _MARKUP.sub(lambda match: "\\" + match[0], " ".join(text.split()))


def _unknown(where: str, name: str, values: cabc.Mapping[str, str]) -> Problem:
    near = difflib.get_close_matches(name, values, n=1)
    return Problem(
        where=where,
        path="",
        message=f"found the placeholder '{{{{ {name} }}}}', expected one of: {', '.join(sorted(values))}.",
        hint=f"Did you mean '{near[0]}'?" if near else "",
    )


def _empty(where: str, name: str) -> Problem:
    return Problem(
        where=where,
        path="",
        message=f"the placeholder '{{{{ {name} }}}}' has no value in the site's file.",
        hint=f"Set it there, or write '{{{{ {name}? }}}}', which leaves the line out where there is none.",
    )
