"""The texts of one language, and its ways to write dates, numbers, durations and countries.

The catalogs are the ``.po`` files in ``locale/``, read when first asked for; there is no compiled form to keep in step.
Message ids are the English texts. A text that a language lacks comes from its fallbacks, at last from the message id.
"""

from __future__ import annotations

import collections.abc as cabc
import datetime as dt
import functools
import importlib.resources
import io
import re
import typing as t

from babel import Locale
from babel import UnknownLocaleError
from babel import dates
from babel import lists
from babel import numbers
from babel import units
from babel.messages import mofile
from babel.messages import pofile
from babel.support import NullTranslations
from babel.support import Translations

from .locales import SOURCE_LOCALE
from .locales import Direction
from .locales import canonical_tag
from .locales import direction
from .locales import fallbacks
from .locales import formats

Length: t.TypeAlias = t.Literal["short", "medium", "long", "full"]

# ISO 8601-1:2019, 5.5.2.2: only the units that a lifetime is given in.
_DURATION = re.compile(
    r"P(?!$)(?:(\d{1,6})Y)?(?:(\d{1,6})M)?(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?=\d)(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?",
    re.ASCII,
)
_UNITS = ("year", "month", "week", "day", "hour", "minute", "second")


def N_(msgid: str) -> str:  # noqa: N802  # the name that gettext tools and translators know
    """Mark *msgid* for extraction where it stands, to be translated where it is shown."""
    return msgid


class Catalog:
    """The texts and formats of one language. Made by :func:`catalog`."""

    def __init__(self, tag: str, translations: NullTranslations, formats_locale: Locale) -> None:
        self._tag = tag
        self._translations = translations
        self._locale = formats_locale

    @property
    def tag(self) -> str:
        """The language, as BCP 47 writes it: the value of ``lang``."""
        return self._tag

    @property
    def direction(self) -> Direction:
        """Which way it is written: the value of ``dir``."""
        return direction(self._tag)

    # ── texts ──

    def gettext(self, msgid: str) -> str:
        """Return the text for *msgid*. Placeholders (``%(name)s``) are left for the caller to fill in."""
        # The header of a catalog stands under the empty id.
        return str(self._translations.gettext(msgid)) if msgid else ""

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        """Return the text for *n* things, in the form that the language's grammar asks for."""
        return str(self._translations.ngettext(singular, plural, n))

    def pgettext(self, context: str, msgid: str) -> str:
        """Return the text for *msgid* where one English word has several meanings: *context* says which."""
        return str(self._translations.pgettext(context, msgid))

    def npgettext(self, context: str, singular: str, plural: str, n: int) -> str:
        """Return the text for *n* things in a *context*."""
        return str(self._translations.npgettext(context, singular, plural, n))

    # ── formats ──

    def format_date(self, value: dt.date, length: Length = "long") -> str:
        """Return a date: ``27 ноября 2025 г.``, ``2025 ж. 27 қараша``."""
        return dates.format_date(value, length, locale=self._locale)

    def format_datetime(self, value: dt.datetime, zone: str = "UTC", length: Length = "medium") -> str:
        """Return a moment as the clocks of *zone* (``Asia/Almaty``) show it.

        :param value: an aware time.
        :raises LookupError: if there is no such zone.
        """
        return dates.format_datetime(value, length, tzinfo=dates.get_timezone(zone), locale=self._locale)

    def format_number(self, value: float) -> str:
        """Return a number with the language's separators: ``12 345,6``."""
        return numbers.format_decimal(value, locale=self._locale)

    def format_percent(self, value: float) -> str:
        """Return a share between 0 and 1 as a percentage."""
        return numbers.format_percent(value, locale=self._locale)

    def format_list(self, items: cabc.Sequence[str]) -> str:
        """Return *items* as an enumeration: ``a, b and c``."""
        return lists.format_list(items, locale=self._locale)

    def format_duration(self, value: str) -> str:
        """Return an ISO 8601 duration, ``session`` or ``persistent`` in words: ``P13M`` gives ``13 months``.

        Anything else comes back unchanged.
        """
        if value == "session":
            return self.gettext(N_("until you close the browser"))
        if value == "persistent":
            return self.gettext(N_("until you delete it"))
        if (match := _DURATION.fullmatch(value)) is None:
            return value
        counted = [(unit, int(digits)) for unit, digits in zip(_UNITS, match.groups(), strict=True) if digits]
        parts = [self._count(unit, n) for unit, n in counted if n] or [self._count(counted[-1][0], 0)]
        return self.format_list(parts) if len(parts) > 1 else parts[0]

    def _count(self, unit: str, n: int) -> str:
        # Our own catalogs come first: in CLDR as Babel ships it, Kazakh and Arabic have no months and days
        # (`format_unit` prints '13 duration-month').
        text = {
            "year": self.ngettext("%(n)s year", "%(n)s years", n),
            "month": self.ngettext("%(n)s month", "%(n)s months", n),
            "week": self.ngettext("%(n)s week", "%(n)s weeks", n),
            "day": self.ngettext("%(n)s day", "%(n)s days", n),
            "hour": self.ngettext("%(n)s hour", "%(n)s hours", n),
            "minute": self.ngettext("%(n)s minute", "%(n)s minutes", n),
            "second": self.ngettext("%(n)s second", "%(n)s seconds", n),
        }[unit]
        if self._tag not in available():
            cldr = units.format_unit(n, f"duration-{unit}", locale=self._locale)
            if "duration-" not in cldr:
                return cldr
        return text % {"n": self.format_number(n)}

    def territory_name(self, code: str) -> str:
        """Return the name of the country *code* (ISO 3166-1, two letters); the code itself if there is no such."""
        for tag in (formats(self._tag), *map(formats, fallbacks(self._tag))):
            if (locale := _cldr(tag)) is not None and (name := locale.territories.get(code)):
                return str(name)
        return code


@functools.cache
def available() -> frozenset[str]:
    """Return the languages that have a catalog of their own."""
    folder = importlib.resources.files(__package__) / "locale"
    return frozenset(entry.name.removesuffix(".po") for entry in folder.iterdir() if entry.name.endswith(".po"))


def catalog(tag: str) -> Catalog:
    """Return the catalog of *tag*. A language without one speaks through its fallbacks; so does no language at all."""
    return _catalog(canonical_tag(tag) or SOURCE_LOCALE)


# Bounded: the tag may come from a request.
@functools.lru_cache(maxsize=256)
def _catalog(tag: str) -> Catalog:
    chain = [_translations(name) for name in (tag, *fallbacks(tag)) if name in available()]
    head = NullTranslations()
    for translations in chain:
        head.add_fallback(translations)
    locale = next(
        (found for name in (tag, *fallbacks(tag)) if (found := _cldr(formats(name))) is not None),
        Locale(SOURCE_LOCALE),
    )
    return Catalog(tag, head, locale)


def _translations(tag: str) -> Translations:
    # One object for each chain: gettext's fallbacks are links inside the objects.
    return Translations(io.BytesIO(_compiled(tag)))


@functools.cache
def _compiled(tag: str) -> bytes:
    source = importlib.resources.files(__package__) / "locale" / f"{tag}.po"
    compiled = io.BytesIO()
    with source.open("rb") as file:
        messages = pofile.read_po(file, locale=tag.replace("-", "_"), abort_invalid=True)
    mofile.write_mo(compiled, messages)
    return compiled.getvalue()


@functools.lru_cache(maxsize=256)
def _cldr(name: str) -> Locale | None:
    try:
        return Locale.parse(name)
    except (UnknownLocaleError, ValueError):
        return None
