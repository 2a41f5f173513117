"""What every part of a site's configuration shares: strict, frozen models and the types of their fields."""

from __future__ import annotations

import typing as t

import pydantic

_CONTROL_CHARACTERS = frozenset(chr(code) for code in (*range(32), 127) if chr(code) not in "\n\t")


class Model(pydantic.BaseModel):
    """A part of the configuration: frozen, and refusing what it does not know."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, regex_engine="python-re")


def _plain_text(value: str) -> str:
    if any(char in _CONTROL_CHARACTERS for char in value):
        raise ValueError("must not hold control characters")
    return value.strip()


#: A text for people, kept as text: whatever prints it escapes it.
Text = t.Annotated[str, pydantic.StringConstraints(min_length=1, max_length=4000), pydantic.AfterValidator(_plain_text)]

#: The name of a locale, as BCP 47 writes it: ``ru``, ``kk``, ``pt-BR``.
LocaleTag = t.Annotated[str, pydantic.StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?$")]

#: The name of a site, a purpose or a service in URLs, markup, cookies and records.
Identifier = t.Annotated[str, pydantic.StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]


def _spread(value: object) -> object:
    # One plain string is the text in every locale.
    return {"*": value} if isinstance(value, str) else value


#: A text by locale. A plain string stands for every locale (held under ``*``).
Localized = t.Annotated[
    dict[LocaleTag | t.Literal["*"], Text],
    pydantic.BeforeValidator(_spread, json_schema_input_type=str | dict[LocaleTag, str]),
]


def localize(text: t.Mapping[str, str], locale: str, *fallbacks: str) -> str:
    """Return *text* in *locale*, else in the first fallback that has it, else in any, else ``""``."""
    for tag in (locale, locale.partition("-")[0], *fallbacks, "*"):
        if tag in text:
            return text[tag]
    return next(iter(text.values()), "")
