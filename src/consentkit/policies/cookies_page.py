"""The cookies policy: written from what the site's file declares, so that it cannot say anything else."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import typing as t

from ..consent.model import localize
from ..consent.purposes import NECESSARY
from ..consent.purposes import Purpose
from ..consent.services import Party
from ..consent.services import Service
from ..consent.services import StorageKind
from ..i18n import vocabulary
from ..i18n.catalog import Catalog
from ..i18n.catalog import catalog
from .documents import Document
from .documents import canonical
from .documents import document
from .placeholders import escape
from .placeholders import values_of
from .versions import PolicyKind

if t.TYPE_CHECKING:
    from ..consent.site import Contact
    from ..consent.site import Site


def cookies_document(site: Site, locale: str) -> Document:
    """Return the cookies policy of *site* in *locale*.

    It lists, purpose by purpose, every service with its provider, country, basis of transfer and hosts, and everything
    that it keeps on the device with kind, lifetime and party. consentkit's own cookies are in it, declared or not.
    """
    source = canonical("\n\n".join(_Page(site, locale).blocks()))
    return document(PolicyKind.COOKIES.value, locale, source, where=f"cookies.{locale}.md")


@dataclasses.dataclass(frozen=True, slots=True)
class _Row:
    """One line of a table, in words, not yet escaped."""

    name: str
    kind: str
    lifetime: str
    party: str
    why: str


class OwnItem(t.NamedTuple):
    """Something that consentkit itself keeps on the device.

    :param lifetime: in words. :param why: what it is for, in words.
    """

    name: str
    kind: StorageKind
    lifetime: str
    why: str


def own_items(site: Site, words: Catalog) -> list[OwnItem]:
    """Return what consentkit itself keeps on a reader's device; nothing where the site's file declares it."""
    if any(item.matches("consentkit") for service in site.services for item in service.cookies):
        return []
    lifetime = words.format_duration(f"P{site.site.max_age_days}D")
    items = [
        OwnItem(
            "consentkit",
            StorageKind.COOKIE,
            lifetime,
            words.gettext(
                "What you chose, so that we need not ask on every page. It holds nothing that tells you apart."
            ),
        ),
        OwnItem(
            "consentkit_id",
            StorageKind.COOKIE,
            lifetime,
            words.gettext(
                "A random number that keeps the records of your own choices together, so that they can be shown to "
                "you or erased. It is set only if you agree to something."
            ),
        ),
        OwnItem(
            "consentkit:pending",
            StorageKind.LOCAL_STORAGE,
            words.gettext("until your choice is saved"),
            words.gettext("Keeps a choice that could not be sent, until the connection is back."),
        ),
    ]
    if site.site.class_cookie:
        why = words.gettext("What you chose as one number, for the servers that deliver the pages.")
        items.insert(2, OwnItem("consentkit_class", StorageKind.COOKIE, lifetime, why))
    return items


class _Page:
    """The parts of the page, as blocks of Markdown."""

    def __init__(self, site: Site, locale: str) -> None:
        self._site = site
        self._words: Catalog = catalog(locale)
        self._locale = locale
        self._values = values_of(site, locale)

    def blocks(self) -> cabc.Iterator[str]:
        gettext = self._words.gettext
        yield f"# {self._term(vocabulary.POLICY_NAMES, PolicyKind.COOKIES)}"
        yield self._filled(
            gettext(
                "This page lists everything that %(site)s stores on your device or reads from it: what it is for, how "
                "long it stays, and who receives data. Whatever is not necessary starts only after you have agreed."
            ),
            site=self._values["site.name"],
        )
        yield gettext(
            "Most of it is cookies, small texts that the browser keeps for a site. Other kinds of storage in the "
            "browser are treated here in the same way."
        )
        if self._site.gpc.honour:
            yield gettext(
                "If your browser sends Global Privacy Control, we follow it: only what is necessary is on, unless you "
                "choose more."
            )
        yield _link(gettext("See or change your choice"), self._values["pages.preferences"])
        for purpose in sorted(self._site.purposes, key=lambda purpose: purpose.id != NECESSARY):
            yield from self._purpose(purpose)
        yield from self._controller()

    # ── purposes ──

    def _purpose(self, purpose: Purpose) -> cabc.Iterator[str]:
        gettext = self._words.gettext
        yield f"## {escape(self._purpose_name(purpose))}"
        if sentence := self._own(purpose.description) or self._term(vocabulary.PURPOSE_SENTENCES, purpose.id):
            yield escape(sentence)
        yield _facts(
            (gettext("Used"), gettext("always") if purpose.id == NECESSARY else gettext("only if you agree")),
            (gettext("Legal basis"), self._term(vocabulary.LEGAL_BASES, purpose.legal_basis)),
            (gettext("Data"), self._listed(purpose.data_categories)),
            (gettext("Kept for"), self._words.format_duration(purpose.retention)),
        )
        used = [service for service in self._site.services if purpose.id in service.purposes]
        # What several purposes share is described once, under the first of them.
        first = [service for service in used if service.purposes[0] == purpose.id]
        again = [service.name for service in used if service.purposes[0] != purpose.id]
        if purpose.id == NECESSARY and (items := own_items(self._site, self._words)):
            yield from self._our_own(items)
        for service in first:
            yield from self._service(service)
        if again:
            yield self._filled(
                gettext("These serve this purpose as well and are described where they first appear: %(services)s."),
                services=self._words.format_list(again),
            )
        elif not used and purpose.id != NECESSARY:
            yield gettext("No service uses this yet.")

    def _purpose_name(self, purpose: Purpose) -> str:
        return self._own(purpose.name) or self._term(vocabulary.PURPOSE_NAMES, purpose.id) or purpose.id

    # ── services ──

    def _service(self, service: Service) -> cabc.Iterator[str]:
        gettext = self._words.gettext
        yield f"### {escape(service.name)}"
        yield _facts(
            (gettext("Who receives data"), f"{service.provider} ({self._words.territory_name(service.country)})"),
            (gettext("Data"), self._listed(service.data_categories)),
            (gettext("Transfer rests on"), self._term(vocabulary.TRANSFERS, service.transfer)),
            (gettext("Why it is needed"), self._own(service.why_necessary)),
            raw=(
                (gettext("Loads from"), self._comma.join(_code(host) for host in service.hosts)),
                (gettext("Their privacy policy"), f"<{service.policy_url}>" if service.policy_url else ""),
            ),
        )
        if service.cookies:
            yield self._table(
                [
                    _Row(
                        name=item.name,
                        kind=self._term(vocabulary.STORAGE_KINDS, item.kind),
                        lifetime=self._words.format_duration(item.lifetime),
                        party=self._term(vocabulary.PARTIES, item.party),
                        why=self._own(item.why),
                    )
                    for item in service.cookies
                ]
            )

    def _our_own(self, items: cabc.Iterable[OwnItem]) -> cabc.Iterator[str]:
        """Describe what remembers the choice itself, for sites that do not."""
        gettext = self._words.gettext
        party = self._term(vocabulary.PARTIES, Party.FIRST)
        yield "### " + gettext("Your choice")
        yield _facts((gettext("Who receives data"), self._values["controller.name"]))
        yield self._table(
            [
                _Row(item.name, self._term(vocabulary.STORAGE_KINDS, item.kind), item.lifetime, party, item.why)
                for item in items
            ]
        )

    def _table(self, rows: cabc.Sequence[_Row]) -> str:
        gettext = self._words.gettext
        heads = [gettext("Name"), gettext("Kind"), gettext("Stays for"), gettext("Set by")]
        cells = [[_code(row.name), escape(row.kind), escape(row.lifetime), escape(row.party)] for row in rows]
        if any(row.why for row in rows):
            heads.append(gettext("What it is for"))
            for line, row in zip(cells, rows, strict=True):
                line.append(escape(row.why))
        return "\n".join(f"| {' | '.join(line)} |" for line in (heads, ["---"] * len(heads), *cells))

    # ── who is responsible ──

    def _controller(self) -> cabc.Iterator[str]:
        gettext = self._words.gettext
        controller = self._site.controller
        yield "## " + gettext("Who is responsible")
        yield _facts(
            (gettext("Name"), self._values["controller.name"]),
            (gettext("Registration number"), self._values["controller.registration_number"]),
            (gettext("Address"), self._values["controller.address"]),
            raw=(
                (gettext("Email"), _mail(controller.email)),
                (gettext("Data protection officer"), self._contact(controller.data_protection_officer)),
                (gettext("You can complain to"), self._contact(controller.supervisory_authority)),
            ),
        )

    def _contact(self, contact: Contact | None) -> str:
        if contact is None:
            return ""
        parts = [escape(contact.name)]
        if contact.email:
            parts.append(_mail(contact.email))
        if contact.url:
            parts.append(f"<{contact.url}>")
        return self._comma.join(parts)

    @property
    def _comma(self) -> str:
        # Translators: between the items of a list, with the space after it.
        return self._words.pgettext("list", ", ")

    def _term(self, terms: cabc.Mapping[str, str], name: str) -> str:
        """Return the word for what the file calls *name*, ``""`` if there is none."""
        return self._words.gettext(terms.get(name, ""))

    def _own(self, text: cabc.Mapping[str, str]) -> str:
        return localize(text, self._locale, *self._site.locales)

    def _listed(self, texts: cabc.Iterable[cabc.Mapping[str, str]]) -> str:
        return self._words.format_list([self._own(text) for text in texts])

    def _filled(self, text: str, **values: str) -> str:
        return text % {name: escape(value) for name, value in values.items()}


def _facts(*pairs: tuple[str, str], raw: cabc.Sequence[tuple[str, str]] = ()) -> str:
    """Return a list of labels and values, without those that have none.

    :param raw: pairs whose values are Markdown already.
    """
    lines = [(label, escape(value)) for label, value in pairs] + list(raw)
    return "\n".join(f"- **{label}:** {value}" for label, value in lines if value)


def _code(text: str) -> str:
    # A code span cannot hold its own fence, nor a table cell a bar.
    return escape(text) if "`" in text or "|" in text else f"`{text}`"


def _link(text: str, url: str) -> str:
    return f"[{escape(text)}]({escape(url)})"


def _mail(email: str) -> str:
    return _link(email, f"mailto:{email}")
