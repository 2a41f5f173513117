"""What of the declared cookies and storage keys is on a reader's device, as far as a request can tell."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import typing as t

from ..consent.model import localize
from ..consent.services import StorageKind
from ..i18n import vocabulary
from ..notice.basis import purpose_name
from ..policies.cookies_page import own_items

if t.TYPE_CHECKING:
    from ..consent.decisions import Choice
    from ..consent.services import Service
    from ..consent.services import StoredItem
    from ..consent.site import Site
    from ..i18n.catalog import Catalog

#: What script looks for more, by the letters that it knows (see widget/src/history.ts).
_LETTERS = {
    StorageKind.COOKIE: "c",
    StorageKind.LOCAL_STORAGE: "l",
    StorageKind.SESSION_STORAGE: "s",
    StorageKind.INDEXED_DB: "i",
    StorageKind.CACHE: "h",
}
# A pattern may fit many, and a name may be as long as a header.
_MOST_NAMES = 20
_LONGEST_NAME = 100


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """Something that may be on the device.

    :param declared: the name in the configuration, which may be a pattern. :param names: which the request carries.
    :param letter: the kind of storage. :param about: its kind, who keeps it and for what, and for how long, in words.
    :param allowed: whether the reader agreed to what keeps it, or need not.
    """

    declared: str
    names: tuple[str, ...]
    letter: str
    about: tuple[str, ...]
    why: str
    allowed: bool


def declarations(site: Site, words: Catalog, choice: Choice, carried: cabc.Iterable[str]) -> list[Declaration]:
    """Return everything that *site* declares to keep on its own domain, and which of it a request carries.

    :param choice: what the reader allows now. :param carried: the names of the request's cookies.
    """
    names = sorted(set(carried))
    found = [
        Declaration(
            declared=own.name,
            names=tuple(name for name in names if name == own.name and own.kind is StorageKind.COOKIE),
            letter=_LETTERS[own.kind],
            about=(_kind(own.kind, words), own.lifetime),
            why=own.why,
            allowed=True,
        )
        for own in own_items(site, words)
    ]
    for service in site.services:
        allowed = service.is_necessary or choice.services.get(service.id, False)
        found += [
            _declaration(site, service, item, words, names=names, allowed=allowed)
            # What others keep under their own addresses shows in no request to this one.
            for item in service.first_party_items
        ]
    return found


def _declaration(
    site: Site, service: Service, item: StoredItem, words: Catalog, *, names: cabc.Iterable[str], allowed: bool
) -> Declaration:
    purposes = {purpose.id: purpose.name for purpose in site.purposes}
    called = [purpose_name(id_, purposes.get(id_, {}), words, site.locales) for id_ in service.purposes]
    is_cookie = item.kind is StorageKind.COOKIE
    return Declaration(
        declared=item.name,
        names=tuple(name[:_LONGEST_NAME] for name in names if is_cookie and item.matches(name))[:_MOST_NAMES],
        letter=_LETTERS[item.kind],
        about=(
            _kind(item.kind, words),
            f"{service.name} ({words.format_list(called)})",
            words.format_duration(item.lifetime),
        ),
        why=localize(item.why, words.tag, *site.locales),
        allowed=allowed,
    )


def _kind(kind: StorageKind, words: Catalog) -> str:
    return words.gettext(vocabulary.STORAGE_KINDS[kind.value])
