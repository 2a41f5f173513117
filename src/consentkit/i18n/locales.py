"""The languages that consentkit knows: how they are called, which way they run, what stands in for them."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import re
import typing as t

Direction: t.TypeAlias = t.Literal["ltr", "rtl"]

#: The language of the message ids: what is left when nothing else is there.
SOURCE_LOCALE = "en"

# Longer than any tag in use; RFC 5646, 4.4.1, asks for at least 35 characters to be taken.
_MAX_TAG = 35
_FORM = re.compile(
    r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|[0-9]{3}))?(?:[-_][A-Za-z0-9]{1,8})*", re.ASCII
)
_SCRIPT = re.compile(r"[-_]([A-Z][a-z]{3})(?:[-_]|$)", re.ASCII)

# Scripts that run from right to left (ISO 15924), for tags that the table does not know.
_RTL_SCRIPTS = frozenset({"Arab", "Hebr", "Syrc", "Thaa", "Nkoo", "Adlm", "Rohg"})


@dataclasses.dataclass(frozen=True, slots=True)
class KnownLocale:
    """One language, or one country's form of it.

    :param tag: as BCP 47 writes it.
    :param english_name: for the people who run a site.
    :param own_name: for readers: as its own speakers write it, in the letter case of a list.
    :param direction: which way it is written.
    :param fallback: what its readers most likely read if a text is missing.
    :param formats: the CLDR locale that dates and numbers follow, where the tag alone would mislead.
    """

    tag: str
    english_name: str
    own_name: str
    direction: Direction = "ltr"
    fallback: str = SOURCE_LOCALE
    formats: str = ""


_ROWS: tuple[KnownLocale, ...] = (
    # ── the four with complete catalogs ──
    # Kazakh readers nearly all read Russian; far fewer read English.
    KnownLocale("kk", "Kazakh", "Қазақша", fallback="ru"),
    KnownLocale("ru", "Russian", "Русский"),
    # CLDR takes bare `en` for the United States. A site that does not say `en-US` gets day before month and 24 hours,
    # which readers everywhere else expect and which American readers understand as well.
    KnownLocale("en", "English", "English", formats="en_150"),
    # Dates and numbers in CLDR's `ar`: Western digits, as most Arabic news sites on the web write them.
    KnownLocale("ar", "Arabic", "العربية", "rtl"),
    # ── forms of those ──
    KnownLocale("en-GB", "English (United Kingdom)", "English (UK)", fallback="en"),
    KnownLocale("en-US", "English (United States)", "English (US)", fallback="en"),
    # Kazakh in Arabic script is read in China; its readers cannot be expected to read Cyrillic.
    KnownLocale("kk-Arab", "Kazakh (Arabic script)", "قازاقشا", "rtl"),
    # ── Central Asia and the Caucasus: Russian is the likeliest second language of the older half of readers ──
    KnownLocale("ky", "Kyrgyz", "Кыргызча", fallback="ru"),
    KnownLocale("tg", "Tajik", "Тоҷикӣ", fallback="ru"),
    KnownLocale("tk", "Turkmen", "Türkmençe", fallback="ru"),
    KnownLocale("uz", "Uzbek", "O‘zbekcha", fallback="ru"),
    KnownLocale("ug", "Uyghur", "ئۇيغۇرچە", "rtl"),
    KnownLocale("mn", "Mongolian", "Монгол"),
    KnownLocale("az", "Azerbaijani", "Azərbaycanca"),
    KnownLocale("hy", "Armenian", "Հայերեն"),
    KnownLocale("ka", "Georgian", "ქართული"),
    # ── Europe ──
    KnownLocale("be", "Belarusian", "Беларуская", fallback="ru"),
    KnownLocale("bg", "Bulgarian", "Български"),
    KnownLocale("cs", "Czech", "Čeština"),
    KnownLocale("da", "Danish", "Dansk"),
    KnownLocale("de", "German", "Deutsch"),
    KnownLocale("el", "Greek", "Ελληνικά"),
    KnownLocale("es", "Spanish", "Español"),
    KnownLocale("et", "Estonian", "Eesti"),
    KnownLocale("fi", "Finnish", "Suomi"),
    KnownLocale("fr", "French", "Français"),
    KnownLocale("ga", "Irish", "Gaeilge"),
    KnownLocale("hr", "Croatian", "Hrvatski"),
    KnownLocale("hu", "Hungarian", "Magyar"),
    KnownLocale("it", "Italian", "Italiano"),
    KnownLocale("lt", "Lithuanian", "Lietuvių"),
    KnownLocale("lv", "Latvian", "Latviešu"),
    KnownLocale("mt", "Maltese", "Malti"),
    KnownLocale("nb", "Norwegian Bokmål", "Norsk bokmål"),
    KnownLocale("nl", "Dutch", "Nederlands"),
    KnownLocale("pl", "Polish", "Polski"),
    KnownLocale("pt", "Portuguese", "Português"),
    KnownLocale("pt-BR", "Portuguese (Brazil)", "Português (Brasil)", fallback="pt"),
    KnownLocale("ro", "Romanian", "Română"),
    KnownLocale("sk", "Slovak", "Slovenčina"),
    KnownLocale("sl", "Slovenian", "Slovenščina"),
    KnownLocale("sr", "Serbian", "Српски"),
    KnownLocale("sv", "Swedish", "Svenska"),
    KnownLocale("tr", "Turkish", "Türkçe"),
    KnownLocale("uk", "Ukrainian", "Українська"),
    # ── the Middle East and Asia ──
    KnownLocale("ckb", "Central Kurdish", "کوردیی ناوەندی", "rtl"),
    KnownLocale("fa", "Persian", "فارسی", "rtl"),
    KnownLocale("he", "Hebrew", "עברית", "rtl"),
    KnownLocale("hi", "Hindi", "हिन्दी"),
    KnownLocale("id", "Indonesian", "Bahasa Indonesia"),
    KnownLocale("ja", "Japanese", "日本語"),
    KnownLocale("ko", "Korean", "한국어"),
    KnownLocale("ps", "Pashto", "پښتو", "rtl"),
    KnownLocale("ur", "Urdu", "اردو", "rtl"),
    KnownLocale("vi", "Vietnamese", "Tiếng Việt"),
    KnownLocale("zh-Hans", "Chinese (Simplified)", "简体中文"),
    KnownLocale("zh-Hant", "Chinese (Traditional)", "繁體中文"),
)

#: Every language that consentkit knows, by tag. A site may use others: they run left to right unless their script
#: says otherwise, and fall back to English.
KNOWN_LOCALES: cabc.Mapping[str, KnownLocale] = {row.tag: row for row in _ROWS}


def canonical_tag(tag: str) -> str | None:
    """Return *tag* as BCP 47 writes it, without variants and extensions, or ``None`` if it is no tag.

    ``ru_RU`` gives ``ru-RU``, ``KK`` gives ``kk``. Never raises, whatever the text is.
    """
    if len(tag) > _MAX_TAG or (match := _FORM.fullmatch(tag)) is None:
        return None
    language, script, region = match.groups()
    return "-".join(filter(None, (language.lower(), script and script.title(), region and region.upper())))


def script_of(tag: str) -> str:
    """Return the script that a canonical tag names, ``""`` if it names none: ``zh-Hant-TW`` gives ``Hant``."""
    match = _SCRIPT.search(tag)
    return match[1] if match else ""


def _nearest(tag: str) -> KnownLocale | None:
    for candidate in (tag, *_shorter(tag)):
        if candidate in KNOWN_LOCALES:
            return KNOWN_LOCALES[candidate]
    return None


def _shorter(tag: str) -> tuple[str, ...]:
    """Return *tag* without its region, then without its script: ``zh-Hant-TW`` gives ``zh-Hant`` and ``zh``."""
    parts = tag.split("-")
    return tuple("-".join(parts[:end]) for end in range(len(parts) - 1, 0, -1))


def direction(tag: str) -> Direction:
    """Return the value of the ``dir`` attribute for texts in *tag*."""
    canonical = canonical_tag(tag) or SOURCE_LOCALE
    if (script := script_of(canonical)) and canonical not in KNOWN_LOCALES:
        return "rtl" if script in _RTL_SCRIPTS else "ltr"
    known = _nearest(canonical)
    return known.direction if known else "ltr"


def own_name(tag: str) -> str:
    """Return what the speakers of *tag* call it, for a choice of languages; the tag itself if it is not known."""
    known = _nearest(canonical_tag(tag) or "")
    return known.own_name if known else tag


def fallbacks(tag: str) -> tuple[str, ...]:
    """Return what to try when *tag* has no text, best first, ending with English; without *tag* itself.

    ``kk`` gives ``ru`` and ``en``; ``pt-BR`` gives ``pt`` and ``en``.
    """
    canonical = canonical_tag(tag) or SOURCE_LOCALE
    # A form that runs the other way is in another script, which its readers may not read.
    chain = [shorter for shorter in _shorter(canonical) if direction(shorter) == direction(canonical)]
    known = _nearest(canonical)
    while known is not None and known.fallback not in (*chain, canonical):
        chain.append(known.fallback)
        known = KNOWN_LOCALES.get(known.fallback)
    if SOURCE_LOCALE not in (*chain, canonical):
        chain.append(SOURCE_LOCALE)
    return tuple(chain)


def formats(tag: str) -> str:
    """Return the name of the CLDR locale whose dates and numbers *tag* follows: ``en_150`` for ``en``."""
    canonical = canonical_tag(tag) or SOURCE_LOCALE
    known = KNOWN_LOCALES.get(canonical)
    return (known.formats if known else "") or canonical.replace("-", "_")
