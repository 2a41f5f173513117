"""What a record says in words: each answer by the names that the site had for it when it was given."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import json
import typing as t

from ..consent.decisions import Record
from ..consent.evidence import StoredNotice
from ..consent.model import localize
from ..consent.purposes import NECESSARY
from ..i18n.catalog import Catalog
from ..i18n.vocabulary import PURPOSE_NAMES


@dataclasses.dataclass(frozen=True, slots=True)
class PurposeAnswer:
    """What was answered for one purpose."""

    id: str
    name: str
    granted: bool


@dataclasses.dataclass(frozen=True, slots=True)
class ServiceAnswer:
    """What was answered for one service, and who stood behind it then."""

    id: str
    name: str
    provider: str
    country: str
    purposes: tuple[str, ...]
    granted: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Basis:
    """The notice and the configuration behind one record, as far as they are stored."""

    notice: StoredNotice | None
    #: The configuration as it was, decoded and not validated: it may be of an older release.
    configuration: dict[str, t.Any] | None

    @classmethod
    def of(cls, notice: StoredNotice | None, configuration: str | None) -> Basis:
        """Return the basis from what is stored, the configuration as JSON."""
        return cls(notice, None if configuration is None else json.loads(configuration))

    @property
    def locales(self) -> tuple[str, ...]:
        """The site's languages then."""
        site = (self.configuration or {}).get("site", {})
        return tuple(site.get("locales", ()))

    def purposes(self, record: Record, words: Catalog) -> list[PurposeAnswer]:
        """Return the answers for the purposes, in the configuration's order."""
        declared = self._declared("purposes")
        return [
            PurposeAnswer(id_, self._purpose(id_, words), record.purposes[id_])
            for id_ in in_order(record.purposes, declared)
        ]

    def services(self, record: Record, words: Catalog) -> list[ServiceAnswer]:
        """Return the answers for the services, in the configuration's order."""
        declared = self._declared("services")
        answers = []
        for id_ in in_order(record.services, declared):
            service = declared.get(id_, {})
            purposes = tuple(self._purpose(name, words) for name in service.get("purposes", ()) if name != NECESSARY)
            answers.append(
                ServiceAnswer(
                    id=id_,
                    name=service.get("name", id_),
                    provider=service.get("provider", ""),
                    country=service.get("country", ""),
                    purposes=purposes,
                    granted=record.services[id_],
                )
            )
        return answers

    def _declared(self, what: str) -> dict[str, dict[str, t.Any]]:
        return {entry["id"]: entry for entry in (self.configuration or {}).get(what, ())}

    def _purpose(self, id_: str, words: Catalog) -> str:
        return purpose_name(id_, self._declared("purposes").get(id_, {}).get("name", {}), words, self.locales)


def purpose_name(
    id_: str, configured: cabc.Mapping[str, str], words: Catalog, fallbacks: cabc.Sequence[str] = ()
) -> str:
    """Return what a purpose is called: by its site, else by us, else its id."""
    own = localize(configured, words.tag, *fallbacks)
    return own or (words.gettext(PURPOSE_NAMES[id_]) if id_ in PURPOSE_NAMES else id_)


def in_order(names: cabc.Iterable[str], order: cabc.Iterable[str]) -> list[str]:
    """Return *names* in the order of *order*, those that it lacks behind them."""
    ranks = {name: rank for rank, name in enumerate(order)}
    return sorted(names, key=lambda name: (ranks.get(name, len(ranks)), name))
