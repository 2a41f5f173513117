"""What every part of a site's configuration shares: strict, frozen models and the types of their fields."""

from __future__ import annotations

import re
import typing as t

import pydantic

_CONTROL_CHARACTER = re.compile(r"[^\n\t\x20-\x7e\xa0-\U0010ffff]")


class Pattern(t.NamedTuple):
    """A form that a text must have, and how to tell people what it is.

    The expressions stay within what Python, Rust and ECMAScript (for editors) read alike: no look-around, and digits by
    their range.
    """

    regex: str
    #: Goes after "expected": ``a country in two capital letters (ISO 3166-1), such as 'KZ'``.
    expected: str


LOCALE_TAG = Pattern(
    r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$", "a language such as 'kk', 'ru' or 'pt-BR' (BCP 47)"
)
IDENTIFIER = Pattern(
    r"^[a-z][a-z0-9_-]{0,39}$",
    "a name of at most 40 small Latin letters, digits, '-' and '_' that begins with a letter",
)
WEB_ADDRESS = Pattern(
    r"""^https?://[^\s\x00-\x20\x7f"<>\\^`{|}]+$""", "an address such as 'https://www.example.org/privacy'"
)
PAGE_ADDRESS = Pattern(
    r"""^(https?://[^\s\x00-\x20\x7f"<>\\^`{|}]+|/([^\s\x00-\x20\x7f"<>\\^`{|}/][^\s\x00-\x20\x7f"<>\\^`{|}]*)?)$""",
    "a page such as 'https://www.example.org/privacy' or '/privacy'",
)


class Model(pydantic.BaseModel):
    """A part of the configuration: frozen, and refusing what it does not know."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


def _plain_text(value: str) -> str:
    if _CONTROL_CHARACTER.search(value):
        raise ValueError("found control characters, expected plain text")
    return value


#: A text for people, kept as text: whatever prints it escapes it.
Text = t.Annotated[
    str,
    pydantic.StringConstraints(strip_whitespace=True, min_length=1, max_length=4000),
    pydantic.AfterValidator(_plain_text),
]

#: The name of a locale, as BCP 47 writes it: ``ru``, ``kk``, ``pt-BR``.
LocaleTag = t.Annotated[str, pydantic.StringConstraints(pattern=LOCALE_TAG.regex)]

#: The name of a site, a purpose or a service in URLs, markup, cookies and records.
Identifier = t.Annotated[str, pydantic.StringConstraints(pattern=IDENTIFIER.regex)]

#: A page on the web, to link to.
WebAddress = t.Annotated[str, pydantic.StringConstraints(pattern=WEB_ADDRESS.regex, max_length=2000)]

#: A page on the web or of the site itself, to link to.
PageAddress = t.Annotated[str, pydantic.StringConstraints(pattern=PAGE_ADDRESS.regex, max_length=2000)]


def _spread(value: object) -> object:
    # One plain string is the text in every locale.
    return {"*": value} if isinstance(value, str) else value


#: A text by locale. A plain string stands for every locale (held under ``*``).
Localized = t.Annotated[
    dict[LocaleTag | t.Literal["*"], Text],
    pydantic.BeforeValidator(_spread, json_schema_input_type=Text | dict[LocaleTag, Text]),
]

#: The same where there must be one.
LocalizedRequired = t.Annotated[Localized, pydantic.Field(min_length=1)]

#: A page by locale. A plain string stands for every locale (held under ``*``).
LocalizedAddress = t.Annotated[
    dict[LocaleTag | t.Literal["*"], PageAddress],
    pydantic.BeforeValidator(_spread, json_schema_input_type=PageAddress | dict[LocaleTag, PageAddress]),
]


def localize(text: t.Mapping[str, str], locale: str, *fallbacks: str) -> str:
    """Return *text* in *locale*, else in the first fallback that has it, else in any, else ``""``."""
    for tag in (locale, locale.partition("-")[0], *fallbacks, "*"):
        if tag in text:
            return text[tag]
    return next(iter(text.values()), "")
