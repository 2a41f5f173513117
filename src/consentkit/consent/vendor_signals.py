"""Signals: what other tools on the page are told of the reader's choice, each in its own words."""

from __future__ import annotations

import collections.abc as cabc
import enum
import typing as t

import pydantic

from .model import Identifier
from .model import Model
from .model import Pattern
from .purposes import NECESSARY

GLOBAL_NAME = Pattern(
    r"^[A-Za-z_$][A-Za-z0-9_$]{0,63}$", "the name of a variable of the page such as 'dataLayer': Latin letters, digits"
)
EVENT_NAME = Pattern(r"^[A-Za-z][A-Za-z0-9_.:-]{0,63}$", "the name of an event such as 'consentkit_consent'")
REGION = Pattern(
    r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$",
    "a country or a part of one in capital letters (ISO 3166-1 or 3166-2), such as 'US' or 'US-CA'",
)

GlobalName = t.Annotated[str, pydantic.StringConstraints(pattern=GLOBAL_NAME.regex)]
Region = t.Annotated[str, pydantic.StringConstraints(pattern=REGION.regex)]


class Need(Model):
    """What must be agreed to before a tool is told "granted"."""

    purpose: Identifier = pydantic.Field(description="The purpose that must be agreed to.")
    service: Identifier | None = pydantic.Field(
        default=None, description="A service that must be agreed to as well: who refuses it alone refuses this."
    )


def _spread(value: object) -> object:
    # One plain string is the purpose alone.
    return {"purpose": value} if isinstance(value, str) else value


Needed = t.Annotated[Need, pydantic.BeforeValidator(_spread, json_schema_input_type=Identifier | Need)]


def _need(description: str, default: str) -> t.Any:
    """Return the field of a need that falls back to the purpose *default*, where the site has that purpose."""
    return pydantic.Field(default=None, description=description, json_schema_extra={"default": default})


class Mode(enum.StrEnum):
    """Whether Google's tags may load before the reader agrees."""

    BASIC = "basic"
    ADVANCED = "advanced"


class GoogleType(enum.StrEnum):
    """The consent types of Google Consent Mode v2."""

    AD_STORAGE = "ad_storage"
    AD_USER_DATA = "ad_user_data"
    AD_PERSONALIZATION = "ad_personalization"
    ANALYTICS_STORAGE = "analytics_storage"
    FUNCTIONALITY_STORAGE = "functionality_storage"
    PERSONALIZATION_STORAGE = "personalization_storage"
    SECURITY_STORAGE = "security_storage"


Milliseconds = t.Annotated[int, pydantic.Field(ge=0, le=10_000, strict=True)]


class GoogleRegion(Model):
    """A default for some places: ``[[signals.google_consent_mode.regions]]``. Google finds out where the reader is."""

    codes: t.Annotated[tuple[Region, ...], pydantic.Field(min_length=1, max_length=300)] = pydantic.Field(
        description="Where it holds: countries or parts of them. At Google the most specific one wins."
    )
    granted: tuple[GoogleType, ...] = pydantic.Field(
        default=(),
        description="Types that Google may take as granted there **before the reader has decided**. In advanced mode "
        "only, and only where the law lets you use data until somebody objects.",
    )
    wait_for_update: Milliseconds = pydantic.Field(
        default=500, description="Milliseconds that Google's tags wait there for the choice."
    )


class GoogleConsentMode(Model):
    """Google Consent Mode v2: ``[signals.google_consent_mode]``."""

    mode: Mode = pydantic.Field(
        default=Mode.BASIC,
        description="`basic`: Google's tags are held back until the reader agrees. `advanced`: they load at once and "
        "send pings without cookies before that; whether this is lawful in the EU is disputed.",
    )
    data_layer: GlobalName = pydantic.Field(default="dataLayer", description="The variable that Google's tags read.")
    wait_for_update: Milliseconds = pydantic.Field(
        default=500, description="Milliseconds that Google's tags wait for the choice; 0 leaves it out."
    )
    ads_data_redaction: pydantic.StrictBool = pydantic.Field(
        default=True, description="Google leaves out identifiers of clicks while `ad_storage` is denied."
    )
    url_passthrough: pydantic.StrictBool = pydantic.Field(
        default=False, description="Google carries identifiers of clicks in the addresses of links: tracking, too."
    )
    ad_storage: Needed | None = _need("What cookies for advertising need.", "advertising")
    ad_user_data: Needed | None = _need("What sending data on the reader for advertising needs.", "advertising")
    ad_personalization: Needed | None = _need("What personalized advertising needs.", "advertising")
    analytics_storage: Needed | None = _need("What cookies for analytics need.", "analytics")
    functionality_storage: Needed | None = _need("What storage for functions of the site needs.", "preferences")
    personalization_storage: Needed | None = _need("What storage for recommendations needs.", "preferences")
    security_storage: Needed | None = _need("What storage for security needs.", NECESSARY)
    regions: t.Annotated[tuple[GoogleRegion, ...], pydantic.Field(max_length=50)] = pydantic.Field(
        default=(), description="Other defaults for some places. Everywhere else all is denied until the reader agrees."
    )


class MicrosoftUet(Model):
    """Microsoft Advertising's Universal Event Tracking: ``[signals.microsoft_uet]``."""

    ad_storage: Needed | None = _need("What cookies for advertising need.", "advertising")


class MicrosoftClarity(Model):
    """Microsoft Clarity: ``[signals.microsoft_clarity]``."""

    ad_storage: Needed | None = _need("What cookies for advertising need.", "advertising")
    analytics_storage: Needed | None = _need("What cookies for analytics need.", "analytics")


class MatomoRequires(enum.StrEnum):
    """What Matomo waits for."""

    TRACKING = "tracking"
    COOKIES = "cookies"


class Matomo(Model):
    """Matomo: ``[signals.matomo]``."""

    requires: MatomoRequires = pydantic.Field(
        default=MatomoRequires.TRACKING,
        description="What waits for the reader: `tracking`: all of it. `cookies`: only the cookies; visits are counted "
        "at once, which needs a legal ground of its own.",
    )
    needs: Needed | None = _need("What must be agreed to.", "analytics")


class Piano(Model):
    """Piano Analytics: ``[signals.piano]``."""

    needs: Needed | None = _need("What the mode `opt-in` needs; without it, `opt-out`.", "analytics")
    queue: GlobalName = pydantic.Field(
        default="_paq", description="The variable that Piano reads commands from, its `queueVarName`."
    )


class DataLayerEvent(Model):
    """A plain event for whatever reads a data layer: ``[signals.data_layer]``."""

    name: GlobalName = pydantic.Field(default="dataLayer", description="The variable that the event is pushed to.")
    event: t.Annotated[str, pydantic.StringConstraints(pattern=EVENT_NAME.regex)] = pydantic.Field(
        default="consentkit_consent", description="The name of the event."
    )


class Signals(Model):
    """Which other tools are told of the choice. Each is off until its table is there."""

    google_consent_mode: GoogleConsentMode | None = pydantic.Field(default=None, description="Google Consent Mode v2.")
    microsoft_uet: MicrosoftUet | None = pydantic.Field(default=None, description="Microsoft Advertising (UET).")
    microsoft_clarity: MicrosoftClarity | None = pydantic.Field(default=None, description="Microsoft Clarity.")
    matomo: Matomo | None = pydantic.Field(default=None, description="Matomo.")
    piano: Piano | None = pydantic.Field(default=None, description="Piano Analytics.")
    data_layer: DataLayerEvent | None = pydantic.Field(default=None, description="An event in a data layer.")

    @property
    def enabled(self) -> bool:
        """Whether any of them is on."""
        return any(getattr(self, name) is not None for name in type(self).model_fields)

    def page_facts(self, purposes: cabc.Collection[str]) -> dict[str, t.Any]:
        """Return what the page's script must know, in short.

        A need is a list of its purpose and perhaps its service; an empty one is never met.

        :param purposes: the ids of the site's purposes: a default that is none of them is never met.
        """
        facts: dict[str, t.Any] = {}
        google = self.google_consent_mode
        if google is not None:
            facts["google"] = {
                # Nothing follows from it but what debug.js says.
                **({"advanced": True} if google.mode is Mode.ADVANCED else {}),
                "layer": google.data_layer,
                "types": {kind.value: _short(google, kind.value, purposes) for kind in GoogleType},
                "wait": google.wait_for_update,
                "redact": google.ads_data_redaction,
                "pass": google.url_passthrough,
                "regions": [
                    {"codes": list(one.codes), "granted": list(one.granted), "wait": one.wait_for_update}
                    for one in google.regions
                ],
            }
        if self.microsoft_uet is not None:
            facts["uet"] = _short(self.microsoft_uet, "ad_storage", purposes)
        if self.microsoft_clarity is not None:
            facts["clarity"] = {
                # Microsoft writes a capital in the middle.
                "ad_Storage": _short(self.microsoft_clarity, "ad_storage", purposes),
                "analytics_Storage": _short(self.microsoft_clarity, "analytics_storage", purposes),
            }
        if self.matomo is not None:
            facts["matomo"] = {"cookies": self.matomo.requires is MatomoRequires.COOKIES} | {
                "needs": _short(self.matomo, "needs", purposes)
            }
        if self.piano is not None:
            facts["piano"] = {"queue": self.piano.queue, "needs": _short(self.piano, "needs", purposes)}
        if self.data_layer is not None:
            facts["layer"] = {"name": self.data_layer.name, "event": self.data_layer.event}
        return facts


def _short(part: Model, key: str, purposes: cabc.Collection[str]) -> list[str]:
    need: Need | None = getattr(part, key)
    if need is not None:
        return [need.purpose, *([need.service] if need.service else [])]
    default = t.cast("dict[str, str]", type(part).model_fields[key].json_schema_extra)["default"]
    return [default] if default in purposes else []


#: The keys of each table that hold a need, and those of them that may be met by `necessary`.
NEEDS: t.Final[cabc.Mapping[str, tuple[str, ...]]] = {
    "google_consent_mode": tuple(GoogleType),
    "microsoft_uet": ("ad_storage",),
    "microsoft_clarity": ("ad_storage", "analytics_storage"),
    "matomo": ("needs",),
    "piano": ("needs",),
}
MAY_BE_NECESSARY: t.Final = frozenset({"functionality_storage", "security_storage"})
