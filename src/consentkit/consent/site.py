"""A site's configuration, as one tree. The file is read by :mod:`consentkit.consent.load`."""

from __future__ import annotations

import enum
import hashlib
import json
import typing as t

import pydantic

from .decisions import Choice
from .model import Identifier
from .model import LocaleTag
from .model import Localized
from .model import Model
from .model import Text
from .purposes import NECESSARY
from .purposes import LegalBasis
from .purposes import Purpose
from .regimes import RegimeId
from .services import Service

_ORIGIN = r"^https?://([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(:\d{1,5})?$"
_ROOT_URL = r"^(https?://[^\s]+|/[^\s/][^\s]*|/)$"

Origin = t.Annotated[str, pydantic.StringConstraints(pattern=_ORIGIN)]
Email = t.Annotated[str, pydantic.StringConstraints(pattern=r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+$", max_length=254)]


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
    name: Localized = pydantic.Field(description="What readers call it, by locale.")
    origins: t.Annotated[tuple[Origin, ...], pydantic.Field(max_length=200)] = pydantic.Field(
        default=(),
        description="The origins of its pages, scheme and host: `https://www.steppe-herald.example`. The first is home.",
    )
    locales: t.Annotated[tuple[LocaleTag, ...], pydantic.Field(min_length=1)] = pydantic.Field(
        description="The languages of the notice. The first is the default."
    )
    cookie_domain: t.Annotated[str, pydantic.StringConstraints(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")] | None = (
        pydantic.Field(
            default=None, description="Share the decision with subdomains: `steppe-herald.example`, without a dot first."
        )
    )
    max_age_days: t.Annotated[int, pydantic.Field(ge=1, le=395)] = pydantic.Field(
        default=180, description="How long a decision holds before the reader is asked again."
    )
    class_cookie: bool = pydantic.Field(
        default=False, description="Also set `consentkit_class`, the purposes as a number, for a CDN to vary on."
    )
    record_path: bool = pydantic.Field(
        default=False, description="Store the page's whole path instead of its first segment: a reading history."
    )
    log: LogAccess = pydantic.Field(default=LogAccess.DELAYED, description="Who may read the consent log.")


class Contact(Model):
    """Somebody who can be written to."""

    name: Text
    email: Email | None = None
    url: t.Annotated[str, pydantic.StringConstraints(pattern=r"^https?://[^\s]+$")] | None = None


class Controller(Model):
    """Who answers for the data: ``[controller]`` (GDPR Art. 13(1)(a), (b))."""

    name: Localized = pydantic.Field(description="The legal name, by locale.")
    address: Localized = pydantic.Field(description="The postal address, by locale.")
    registration_number: Text | None = pydantic.Field(default=None, description="BIN, OGRN, HRB … as the law has it.")
    email: Email = pydantic.Field(description="Where readers write.")
    data_protection_officer: Contact | None = pydantic.Field(default=None, description="GDPR Art. 37, if there is one.")
    supervisory_authority: Contact | None = pydantic.Field(
        default=None, description="Where readers can complain (GDPR Art. 13(2)(d))."
    )


class NoticeSection(Model):
    """How the notice looks and reads: ``[notice]``."""

    layout: Layout = pydantic.Field(default=Layout.BAR, description="`bar`, `box` or `modal`.")
    texts: dict[LocaleTag, dict[Identifier, Text]] = pydantic.Field(
        default={},
        description="Texts of your own by locale and name: `[notice.texts.ru]`, `title = \"…\"`. The names are in "
        "docs/reference/notice.md.",
    )


class PolicySource(Model):
    """Where one policy comes from: Markdown files of yours, or pages that you have already."""

    files: dict[LocaleTag, Text] = pydantic.Field(
        default={}, description="Markdown files by locale, relative to this file."
    )
    urls: Localized = pydantic.Field(default={}, description="Pages of your own instead, by locale.")

    @pydantic.model_validator(mode="after")
    def _one_source(self) -> t.Self:
        if self.files and self.urls:
            raise ValueError("has both 'files' and 'urls': keep one of them")
        if not self.files and not self.urls:
            raise ValueError("has neither 'files' nor 'urls': give one of them")
        return self


class Policies(Model):
    """The documents that the notice links to: ``[policies.privacy]``, ``[policies.terms]``."""

    privacy: PolicySource
    terms: PolicySource


class Network(Model):
    """What stands in front of the service: ``[network]``."""

    trusted_proxies: tuple[t.Annotated[str, pydantic.StringConstraints(pattern=r"^[0-9a-fA-F.:/]+$")], ...] = (
        pydantic.Field(default=(), description="Addresses or networks whose headers are believed: `10.0.0.0/8`.")
    )
    country_header: t.Annotated[str, pydantic.StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9-]*$")] | None = (
        pydantic.Field(
            default=None, description="The header in which a trusted proxy tells the country: `CF-IPCountry`."
        )
    )


class Regimes(Model):
    """Which rules apply to whom: ``[regimes]``."""

    default: RegimeId = pydantic.Field(default=RegimeId.GDPR, description="The rule set. Only `gdpr` so far.")


class Site(Model):
    """The whole configuration of one site."""

    site: SiteSection
    controller: Controller
    purposes: t.Annotated[tuple[Purpose, ...], pydantic.Field(min_length=1, max_length=32)]
    services: t.Annotated[tuple[Service, ...], pydantic.Field(max_length=400)] = ()
    regimes: Regimes = Regimes()
    notice: NoticeSection = NoticeSection()
    policies: Policies
    network: Network = Network()

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
        """Return the configuration as canonical JSON: sorted keys, no spaces, UTF-8 kept (in the manner of RFC 8785)."""
        return json.dumps(self.model_dump(mode="json"), ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @property
    def version(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 of :meth:`canonical`."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()[:16]

    # ── what must hold between the parts ──

    @pydantic.model_validator(mode="after")
    def _coherent(self) -> t.Self:
        """Check what no part can check alone. The messages begin with the path of the value, then a colon."""
        known = {purpose.id for purpose in self.purposes}
        wrong: list[str] = []
        wrong += _repeated("purposes", [purpose.id for purpose in self.purposes])
        wrong += _repeated("services", [service.id for service in self.services])
        wrong += _repeated("site.locales", list(self.site.locales))
        for i, purpose in enumerate(self.purposes):
            if purpose.id != NECESSARY and purpose.legal_basis is not LegalBasis.CONSENT:
                wrong.append(
                    f"purposes[{i}].legal_basis: found '{purpose.legal_basis}', expected 'consent': reading from or "
                    "storing on the reader's device needs consent unless it is necessary (ePrivacy directive, Art. 5(3))."
                )
        for i, service in enumerate(self.services):
            for j, name in enumerate(service.purposes):
                if name not in known:
                    wrong.append(f"services[{i}].purposes[{j}]: found '{name}', expected a purpose of this site.")
            if NECESSARY in service.purposes and len(service.purposes) > 1:
                wrong.append(
                    f"services[{i}].purposes: found 'necessary' beside others, expected one or the other: declare the "
                    "necessary part as a service of its own."
                )
            if NECESSARY in service.purposes and not service.why_necessary:
                wrong.append(f"services[{i}].why_necessary: found nothing, expected why the site cannot do without it.")
        for locale in self.notice.texts:
            if locale not in self.site.locales:
                wrong.append(f"notice.texts.{locale}: found '{locale}', expected one of the site's locales.")
        if wrong:
            raise CoherenceError(wrong)
        return self


class CoherenceError(ValueError):
    """Several things between the parts do not hold. Each message begins with a path and a colon."""

    def __init__(self, messages: list[str]) -> None:
        self.messages = tuple(messages)
        super().__init__("\n".join(messages))


def _repeated(path: str, names: list[str]) -> list[str]:
    return [
        f"{path}[{i}]: found '{name}' a second time, expected each once."
        for i, name in enumerate(names)
        if name in names[:i]
    ]
