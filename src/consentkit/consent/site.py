"""A site's configuration, as one tree. The file is read by :mod:`consentkit.consent.load`."""

from __future__ import annotations

import datetime as dt
import enum
import hashlib
import ipaddress
import json
import typing as t

import pydantic

from .coherence import CoherenceError
from .coherence import incoherences
from .decisions import Choice
from .model import Identifier
from .model import LocaleTag
from .model import LocalizedAddress
from .model import LocalizedRequired
from .model import Model
from .model import Pattern
from .model import Text
from .model import WebAddress
from .purposes import NECESSARY
from .purposes import Purpose
from .regimes import RegimeId
from .services import Service
from .services import StoredItem
from .vendor_signals import Signals
from .withholding import HEADER
from .withholding import Enforcement

ORIGIN = Pattern(
    r"^https?://([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(:[0-9]{1,5})?$",
    "an origin in small letters, without path and slash at the end, such as 'https://www.example.org'",
)
EMAIL = Pattern(
    r"^[^@\s<>\x00-\x20\x7f]+@[^@\s<>\x00-\x20\x7f]+\.[^@\s<>\x00-\x20\x7f]+$",
    "an e-mail address such as 'privacy@example.org'",
)
PHONE = Pattern(r"^\+?[0-9][0-9 ()-]{2,38}[0-9]$", "a telephone number such as '+7 7172 000 000'")
COOKIE_DOMAIN = Pattern(
    r"^[a-z0-9-]+(\.[a-z0-9-]+)+$", "a domain in small letters, without a dot first, such as 'example.org'"
)
NETWORK = Pattern(r"^[0-9a-fA-F.:]+(/[0-9]{1,3})?$", "an address or a network such as '127.0.0.1' or '10.0.0.0/8'")
DAY = Pattern(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "a day such as '2026-11-23'")
FILE = Pattern(r"^[^\x00-\x1f\\]+$", "a file such as 'policies/privacy.en.md'")

_LAST_PORT = 65535


def _usual_port(value: str) -> str:
    # Browsers leave the usual port out of an origin, so it would never be met with.
    scheme, _, rest = value.partition("://")
    port = rest.partition(":")[2]
    if port and not 0 < int(port) <= _LAST_PORT:
        raise ValueError(f"found '{value}', expected a port from 1 to {_LAST_PORT}")
    if (scheme, port) in {("https", "443"), ("http", "80")}:
        raise ValueError(f"found '{value}', expected the origin without the usual port ':{port}'")
    return value


def _network(value: str) -> str:
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise ValueError(f"found '{value}', expected {NETWORK.expected}") from None
    if "/" in value and network.network_address != ipaddress.ip_address(value.partition("/")[0]):
        raise ValueError(f"found '{value}', expected '{network}' for the network or the address alone")
    return value


def _written(value: object) -> object:
    # TOML has days of its own; a text in quotes is the same day.
    return value.isoformat() if type(value) is dt.date else value


def _day(value: str) -> str:
    try:
        dt.date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"found '{value}', expected a day of the calendar") from None
    return value


def _inside(value: str) -> str:
    # Who may edit one site's file gets no other files by it.
    if value.startswith("/") or ":" in value or ".." in value.split("/"):
        raise ValueError("found a file elsewhere, expected one in the folder of the configuration or below it")
    return value


Origin = t.Annotated[
    str, pydantic.StringConstraints(pattern=ORIGIN.regex, max_length=255), pydantic.AfterValidator(_usual_port)
]
Email = t.Annotated[str, pydantic.StringConstraints(pattern=EMAIL.regex, max_length=254)]
Phone = t.Annotated[str, pydantic.StringConstraints(pattern=PHONE.regex)]
NetworkAddress = t.Annotated[
    str, pydantic.StringConstraints(pattern=NETWORK.regex, max_length=49), pydantic.AfterValidator(_network)
]
Day = t.Annotated[
    str,
    pydantic.StringConstraints(pattern=DAY.regex),
    pydantic.AfterValidator(_day),
    pydantic.BeforeValidator(
        _written, json_schema_input_type=t.Annotated[str, pydantic.StringConstraints(pattern=DAY.regex)]
    ),
]
PolicyFile = t.Annotated[
    str, pydantic.StringConstraints(pattern=FILE.regex, max_length=400), pydantic.AfterValidator(_inside)
]


class Layout(enum.StrEnum):
    """How the first layer lies on the page."""

    BAR = "bar"
    BOX = "box"
    MODAL = "modal"


class LogAccess(enum.StrEnum):
    """Who may read the site's consent log."""

    PUBLIC = "public"
    DELAYED = "delayed"
    OFF = "off"


class SiteSection(Model):
    """The property itself: ``[site]``."""

    id: Identifier = pydantic.Field(description="Its name in URLs, cookies and records, e.g. `steppe-herald`.")
    name: LocalizedRequired = pydantic.Field(description="What readers call it, by locale.")
    origins: t.Annotated[tuple[Origin, ...], pydantic.Field(max_length=200)] = pydantic.Field(
        default=(),
        description="Where its pages are, scheme and host: `https://www.steppe-herald.example`. The first is its home.",
    )
    locales: t.Annotated[tuple[LocaleTag, ...], pydantic.Field(min_length=1)] = pydantic.Field(
        description="The languages of the notice. The first is the default."
    )
    cookie_domain: t.Annotated[str, pydantic.StringConstraints(pattern=COOKIE_DOMAIN.regex, max_length=253)] | None = (
        pydantic.Field(
            default=None,
            description="Share the decision with subdomains: `steppe-herald.example`, without a dot first.",
        )
    )
    max_age_days: t.Annotated[int, pydantic.Field(ge=1, le=395, strict=True)] = pydantic.Field(
        default=180, description="How long a decision holds before the reader is asked again."
    )
    retention_days: t.Annotated[int, pydantic.Field(ge=1, le=36525, strict=True)] = pydantic.Field(
        default=1826,
        description="How long a record is kept after the consent in it ended, by expiring or by the reader's next "
        "decision. Five years by default.",
    )
    class_cookie: pydantic.StrictBool = pydantic.Field(
        default=False, description="Also set `consentkit_class`, the purposes as a number, for a CDN to vary on."
    )
    record_path: pydantic.StrictBool = pydantic.Field(
        default=False, description="Store the page's whole path instead of its first segment: a reading history."
    )
    log: LogAccess = pydantic.Field(
        default=LogAccess.DELAYED,
        description="Who may read the consent log: everybody at once, everybody `log_delay_hours` later, or nobody. "
        "How fast it grows tells how many readers decide.",
    )
    log_delay_hours: t.Annotated[int, pydantic.Field(ge=1, le=8760, strict=True)] = pydantic.Field(
        default=24, description="How much later a `delayed` log can be read."
    )


class Contact(Model):
    """Somebody who can be written to."""

    name: Text = pydantic.Field(description="The name of the person or the office.")
    address: Text | None = pydantic.Field(default=None, description="The postal address.")
    email: Email | None = pydantic.Field(default=None, description="The e-mail address.")
    phone: Phone | None = pydantic.Field(default=None, description="The telephone number.")
    url: WebAddress | None = pydantic.Field(default=None, description="A page of theirs.")


class Controller(Model):
    """Who answers for the data: ``[controller]`` (GDPR Art. 13(1)(a), (b))."""

    name: LocalizedRequired = pydantic.Field(description="The legal name, by locale.")
    address: LocalizedRequired = pydantic.Field(description="The postal address, by locale.")
    registration_number: Text | None = pydantic.Field(default=None, description="BIN, OGRN, HRB … as the law has it.")
    email: Email = pydantic.Field(description="Where readers write.")
    phone: Phone | None = pydantic.Field(default=None, description="Where readers call.")
    representative: Contact | None = pydantic.Field(
        default=None, description="Who represents a controller outside of the European Union there (GDPR Art. 27)."
    )
    data_protection_officer: Contact | None = pydantic.Field(default=None, description="GDPR Art. 37, if there is one.")
    supervisory_authority: Contact | None = pydantic.Field(
        default=None, description="Where readers can complain (GDPR Art. 13(2)(d))."
    )


class NoticeSection(Model):
    """How the notice looks and reads: ``[notice]``."""

    layout: Layout = pydantic.Field(default=Layout.BAR, description="`bar`, `box` or `modal`.")
    texts: dict[LocaleTag, dict[Identifier, Text]] = pydantic.Field(
        default={},
        description='Texts of your own by locale and name: `[notice.texts.ru]`, `title = "…"`. The names are in '
        "docs/reference/notice.md.",
    )


class PolicySource(Model):
    """Where one policy comes from: Markdown files of yours, or pages that you have already."""

    model_config = pydantic.ConfigDict(json_schema_extra={"oneOf": [{"required": ["files"]}, {"required": ["urls"]}]})

    files: dict[LocaleTag, PolicyFile] = pydantic.Field(
        default={}, description="Markdown files by locale, in the folder of this file or below it."
    )
    urls: LocalizedAddress = pydantic.Field(default={}, description="Pages of your own instead, by locale.")

    @pydantic.model_validator(mode="after")
    def _one_source(self) -> t.Self:
        if self.files and self.urls:
            raise ValueError("found both 'files' and 'urls', expected one of them")
        if not self.files and not self.urls:
            raise ValueError("found neither 'files' nor 'urls', expected one of them")
        return self


class Policies(Model):
    """The documents that the notice links to: ``[policies.privacy]``, ``[policies.terms]``."""

    privacy: PolicySource = pydantic.Field(description="The privacy policy (GDPR Art. 13).")
    terms: PolicySource = pydantic.Field(description="The terms of use.")


class Embeds(Model):
    """What becomes of other sites' content in articles: ``[embeds]``."""

    bare_links: pydantic.StrictBool = pydantic.Field(
        default=False,
        description="Whether `consent_embeds` also takes a link on a line of its own for what it leads to.",
    )
    sandbox: pydantic.StrictBool = pydantic.Field(
        default=False,
        description="Put frames of known providers into a sandbox, which allows each what it needs and no more.",
    )


class Network(Model):
    """What stands in front of the service: ``[network]``."""

    trusted_proxies: tuple[NetworkAddress, ...] = pydantic.Field(
        default=(), description="Addresses or networks whose headers are believed: `10.0.0.0/8`."
    )
    country_header: t.Annotated[str, pydantic.StringConstraints(pattern=HEADER.regex, max_length=80)] | None = (
        pydantic.Field(
            default=None, description="The header in which a trusted proxy tells the country: `CF-IPCountry`."
        )
    )


class Regimes(Model):
    """Which rules apply to whom: ``[regimes]``."""

    default: RegimeId = pydantic.Field(default=RegimeId.GDPR, description="The rule set. Only `gdpr` so far.")


class GpcAnswer(enum.StrEnum):
    """What a page does for an undecided reader whose browser sends the signal."""

    #: Nothing: the site does not follow it.
    OFF = "off"
    #: It shows the notice, with a line about the signal.
    ASK = "ask"
    #: It shows no notice.
    QUIET = "quiet"
    #: It shows none, and sends a refusal to be recorded.
    RECORD = "record"


class Gpc(Model):
    """What Global Privacy Control, a signal of the reader's browser, does: ``[gpc]``."""

    honour: pydantic.StrictBool = pydantic.Field(
        default=True, description="Tell readers whose browser sends the signal that it is followed, and the world too."
    )
    ask: pydantic.StrictBool = pydantic.Field(
        default=True,
        description="Show the notice to who sends the signal, with a line about it. `false`: the signal is enough.",
    )
    record: pydantic.StrictBool = pydantic.Field(
        default=False,
        description="Where the signal binds by law: record it as a refusal of everything, without asking.",
    )
    last_update: Day | None = pydantic.Field(
        default=None, description="The day since when you promise this, for `/.well-known/gpc.json`: `2026-11-23`."
    )

    @property
    def answer(self) -> GpcAnswer:
        """What follows for an undecided reader from the three switches."""
        if not self.honour:
            return GpcAnswer.OFF
        if self.record:
            return GpcAnswer.RECORD
        return GpcAnswer.ASK if self.ask else GpcAnswer.QUIET


class Site(Model):
    """The whole configuration of one site."""

    site: SiteSection = pydantic.Field(description="The property itself.")
    controller: Controller = pydantic.Field(description="Who answers for the data (GDPR Art. 13(1)(a), (b)).")
    purposes: t.Annotated[tuple[Purpose, ...], pydantic.Field(min_length=1, max_length=32)] = pydantic.Field(
        description="What data is used for."
    )
    services: t.Annotated[tuple[Service, ...], pydantic.Field(max_length=400)] = pydantic.Field(
        default=(), description="Who receives data, where they load from, what they store on the device."
    )
    regimes: Regimes = pydantic.Field(default=Regimes(), description="Which rules apply to whom.")
    gpc: Gpc = pydantic.Field(default=Gpc(), description="What Global Privacy Control does.")
    notice: NoticeSection = pydantic.Field(default=NoticeSection(), description="How the notice looks and reads.")
    policies: Policies = pydantic.Field(description="The documents that the notice links to.")
    embeds: Embeds = pydantic.Field(default=Embeds(), description="What becomes of other sites' content in articles.")
    enforcement: Enforcement = pydantic.Field(
        default=Enforcement(), description="What the server and the browser withhold."
    )
    network: Network = pydantic.Field(default=Network(), description="What stands in front of the service.")
    signals: Signals = pydantic.Field(
        default=Signals(), description="Which other tools on the page are told of the choice."
    )

    # ── what follows from the configuration ──

    @property
    def id(self) -> str:
        """The name of the site."""
        return self.site.id

    @property
    def locales(self) -> tuple[str, ...]:
        """The locales of the notice, the default one first."""
        return self.site.locales

    @property
    def optional_purposes(self) -> tuple[Purpose, ...]:
        """The purposes that need an agreement, in the order of the file."""
        return tuple(purpose for purpose in self.purposes if purpose.id != NECESSARY)

    @property
    def optional_services(self) -> tuple[Service, ...]:
        """The services that need an agreement, in the order of their ids."""
        return tuple(
            sorted((s for s in self.services if set(s.purposes) != {NECESSARY}), key=lambda service: service.id)
        )

    @property
    def protected_items(self) -> tuple[StoredItem, ...]:
        """What necessary services store under names that optional ones may use as well: refusing deletes none of it."""
        optional = [item for service in self.optional_services for item in service.first_party_items]
        necessary = [
            item for service in self.services if set(service.purposes) == {NECESSARY} for item in service.cookies
        ]
        return tuple(item for item in necessary if any(item.may_meet(other) for other in optional))

    def choose(self, purposes: t.Mapping[str, bool], services: t.Mapping[str, bool]) -> Choice:
        """Return the full answer that follows from what was ticked.

        What is not named is refused. A service follows its purposes, all of which must be agreed to, unless the
        reader answered for it by itself.
        """
        answered = {purpose.id: purposes.get(purpose.id) is True for purpose in self.optional_purposes}
        follows = {
            service.id: all(answered[p] for p in service.purposes if p != NECESSARY)
            for service in self.optional_services
        }
        return Choice(
            purposes=answered,
            services={sid: services[sid] is True if sid in services else value for sid, value in follows.items()},
        )

    def accept_all(self) -> Choice:
        """Return the answer that agrees to everything."""
        return self.choose({purpose.id: True for purpose in self.optional_purposes}, {})

    def refuse_all(self) -> Choice:
        """Return the answer that agrees to nothing: what holds for who has not decided."""
        return self.choose({}, {})

    def canonical(self) -> str:
        """Return the configuration as canonical JSON: sorted keys, no spaces, UTF-8 kept, after RFC 8785."""
        return json.dumps(self.model_dump(mode="json"), ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @property
    def version(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 of :meth:`canonical`."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()[:16]

    # ── what must hold between the parts ──

    @pydantic.model_validator(mode="after")
    def _coherent(self) -> t.Self:
        """Check what no part can check alone. The messages begin with the path of the value, then a colon."""
        wrong = incoherences(self.model_dump(mode="json"))
        if wrong:
            raise CoherenceError(wrong)
        return self
