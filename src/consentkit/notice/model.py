"""The content of a notice in one locale: every word and every fact that a reader is shown, as plain data."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import typing as t

from ..consent.evidence import Revision
from ..consent.model import localize
from ..consent.purposes import NECESSARY
from ..consent.purposes import Purpose
from ..consent.regimes import REGIMES
from ..consent.services import Service
from ..consent.services import StoredItem
from ..consent.site import Site
from ..i18n import vocabulary
from ..i18n.catalog import Catalog
from ..i18n.catalog import catalog
from ..i18n.locales import direction
from . import texts

#: A JSON object.
Json: t.TypeAlias = dict[str, t.Any]

#: How many revisions back a returning reader is told what changed. Older decisions have long expired.
_REMEMBERED_CHANGES = 20


@dataclasses.dataclass(frozen=True, slots=True)
class PolicyLink:
    """Where a policy is read, and which version: ``version`` is empty for a page of the site's own."""

    url: str
    version: str


def compose(
    site: Site,
    locale: str,
    *,
    revision: int,
    history: cabc.Sequence[Revision],
    policies: cabc.Mapping[str, PolicyLink],
) -> Json:
    """Return the content of *site*'s notice in *locale*: what ``GET notice`` answers, but for its version.

    :param history: the revisions so far, ascending, for telling what changed since a reader's decision.
    :param policies: the kinds of policy to where they are read.
    """
    words = catalog(locale)
    regime = REGIMES[site.regimes.default]
    purposes = [_purpose(site, purpose, words) for purpose in _in_order(site)]
    names = {purpose["id"]: purpose["name"] for purpose in purposes}
    return {
        "site": site.id,
        "locale": locale,
        "dir": direction(locale),
        "regime": regime.id.value,
        "revision": revision,
        "layout": site.notice.layout.value,
        "gpc": site.gpc.answer.value,
        "texts": _texts(site, words),
        "purposes": purposes,
        "services": [_service(site, service, words) for service in site.services],
        "policies": {kind: {"url": link.url, "version": link.version} for kind, link in policies.items()},
        "actions": list(regime.actions),
        "changes": [
            {"revision": entry.number, "text": text}
            for entry in history[-_REMEMBERED_CHANGES:]
            for text in _changes(entry, names, words)
        ],
    }


def _in_order(site: Site) -> list[Purpose]:
    # What is always on comes first: readers should see at once what needs no answer.
    return sorted(site.purposes, key=lambda purpose: purpose.id != NECESSARY)


def _texts(site: Site, words: Catalog) -> dict[str, str]:
    own = site.notice.texts.get(words.tag, {})
    phrases = [
        words.gettext(texts.PURPOSE_PHRASES[purpose.id])
        if purpose.id in texts.PURPOSE_PHRASES and not purpose.name
        else localize(purpose.name, words.tag, *site.locales)
        for purpose in site.optional_purposes
    ]
    values = {
        "name": localize(site.controller.name, words.tag, *site.locales),
        "email": site.controller.email,
        "purposes": words.format_list(phrases) if phrases else "",
    }
    return {
        key: _fill(own.get(key) or words.gettext(message), values if key in {"body", "controller"} else {})
        for key, message in texts.TEXTS.items()
    }


def _fill(text: str, values: cabc.Mapping[str, str]) -> str:
    # Not the % operator: a text of the site's own may hold any per cent sign.
    for name, value in values.items():
        text = text.replace(f"%({name})s", value)
    return text


def _purpose(site: Site, purpose: Purpose, words: Catalog) -> Json:
    own_name = localize(purpose.name, words.tag, *site.locales)
    own_sentence = localize(purpose.description, words.tag, *site.locales)
    return {
        "id": purpose.id,
        "name": own_name or words.gettext(vocabulary.PURPOSE_NAMES.get(purpose.id, purpose.id)),
        "description": own_sentence
        or (
            words.gettext(vocabulary.PURPOSE_SENTENCES[purpose.id])
            if purpose.id in vocabulary.PURPOSE_SENTENCES
            else ""
        ),
        "required": purpose.id == NECESSARY,
        "legal_basis": purpose.legal_basis.value,
        "legal_basis_text": words.gettext(vocabulary.LEGAL_BASES[purpose.legal_basis.value]),
        "data_categories": [localize(item, words.tag, *site.locales) for item in purpose.data_categories],
        "retention": purpose.retention,
        "retention_text": words.format_duration(purpose.retention),
        "services": [service.id for service in site.services if purpose.id in service.purposes],
    }


def _service(site: Site, service: Service, words: Catalog) -> Json:
    transfer = vocabulary.TRANSFERS.get(service.transfer.value)
    return {
        "id": service.id,
        "name": service.name,
        "provider": service.provider,
        "country": service.country,
        "country_text": words.territory_name(service.country),
        "transfer": service.transfer.value,
        "transfer_text": words.gettext(transfer) if transfer else "",
        "purposes": list(service.purposes),
        "required": NECESSARY in service.purposes,
        "hosts": list(service.hosts),
        "policy_url": service.policy_url,
        "why_necessary": localize(service.why_necessary, words.tag, *site.locales),
        "cookies": [_item(site, item, words) for item in service.cookies],
    }


def _item(site: Site, item: StoredItem, words: Catalog) -> Json:
    return {
        "name": item.name,
        "kind": item.kind.value,
        "kind_text": words.gettext(vocabulary.STORAGE_KINDS[item.kind.value]),
        "party": item.party.value,
        "party_text": words.gettext(vocabulary.PARTIES[item.party.value]),
        "lifetime": item.lifetime,
        "lifetime_text": words.format_duration(item.lifetime),
        "why": localize(item.why, words.tag, *site.locales),
    }


def _changes(entry: Revision, names: cabc.Mapping[str, str], words: Catalog) -> cabc.Iterator[str]:
    for change in entry.changes:
        values = {
            "purpose": names.get(change.get("purpose", ""), change.get("purpose", "")),
            "policy": words.gettext(vocabulary.POLICY_NAMES.get(change.get("policy", ""), change.get("policy", ""))),
            "name": change.get("name", ""),
        }
        message = texts.CHANGES[change["kind"]]
        yield _fill(words.gettext(message), values)
