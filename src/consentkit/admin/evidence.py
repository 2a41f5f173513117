"""What records refer to: notices as they were shown, configurations and policies as they were in force."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import datetime as dt
import json
import re
import typing as t

import flask
import markupsafe

from ..consent.decisions import Record
from ..consent.evidence import StoredNotice
from ..consent.model import localize
from ..consent.purposes import NECESSARY
from ..errors import NotFound
from ..i18n.catalog import Catalog
from ..i18n.locales import direction
from ..i18n.vocabulary import POLICY_NAMES
from ..i18n.vocabulary import PURPOSE_NAMES
from ..notice.render import BASE
from ..notice.render import NEXT
from ..policies.versions import PolicyVersion
from ..runtime import current_runtime
from . import headers
from .rendering import current_words
from .rendering import render

if t.TYPE_CHECKING:
    from ..storage.unit_of_work import UnitOfWork

# A link of a policy that is relative to the readers' pages. In the sanitised text, a bare `<a` begins a link.
_RELATIVE_LINK = re.compile(r'(<a\b[^>]*?\shref=")(?![A-Za-z][A-Za-z0-9+.-]*:|[/#"])')


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
class PolicyReference:
    """A policy that a record refers to.

    :param url: its page in the audit view, or ``None`` where the text is not stored.
    """

    name: str
    version: str
    url: str | None
    since: dt.date | None


@dataclasses.dataclass(frozen=True, slots=True)
class Basis:
    """The notice and the configuration behind one record, as far as they are stored."""

    notice: StoredNotice | None
    #: The configuration as it was, decoded and not validated: it may be of an older release.
    configuration: dict[str, t.Any] | None

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
            for id_ in _in_order(record.purposes, declared)
        ]

    def services(self, record: Record, words: Catalog) -> list[ServiceAnswer]:
        """Return the answers for the services, in the configuration's order."""
        declared = self._declared("services")
        answers = []
        for id_ in _in_order(record.services, declared):
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


def basis_of(uow: UnitOfWork, record: Record) -> Basis:
    """Return what is stored of a record's notice and configuration."""
    content = uow.configurations.get(record.site, record.config_version)
    return Basis(
        notice=uow.notices.get(record.site, record.notice_version) if record.notice_version else None,
        configuration=None if content is None else json.loads(content),
    )


def policies_of(uow: UnitOfWork, record: Record, basis: Basis) -> list[PolicyReference]:
    """Return the policies that a record refers to, in the order in which readers meet them."""
    words = current_words()
    references = []
    for kind in _in_order(record.policy_versions, POLICY_NAMES):
        version = record.policy_versions[kind]
        # A reader whose language the policy lacks was referred to another one.
        tags = dict.fromkeys((record.locale, *basis.locales))
        found = next((text for tag in tags if (text := uow.policies.get(record.site, kind, tag, version))), None)
        references.append(
            PolicyReference(
                name=_kind_name(kind, words),
                version=version,
                url=None if found is None else _policy_url(found),
                since=None if found is None else found.effective_on,
            )
        )
    return references


def purpose_name(
    id_: str, configured: cabc.Mapping[str, str], words: Catalog, fallbacks: cabc.Sequence[str] = ()
) -> str:
    """Return what a purpose is called: by its site, else by us, else its id."""
    own = localize(configured, words.tag, *fallbacks)
    return own or (words.gettext(PURPOSE_NAMES[id_]) if id_ in PURPOSE_NAMES else id_)


def notice(site: str, version: str, layer: str) -> flask.Response:
    """Answer with one layer of a notice as it was shown: the document of a sandboxed frame.

    :raises NotFound: there is no such notice or layer.
    """
    with current_runtime().database.unit_of_work(read_only=True) as uow:
        stored = uow.notices.get(site, version)
    if stored is None or layer not in {"1", "2"}:
        raise NotFound("There is no such notice.")
    # The widget shows the second layer in a dialog of this class; as wide as that it stands here.
    html = stored.html if layer == "1" else f'<div class="consentkit-dialog">{stored.preferences_html}</div>'
    # In CSS `<\/` is `</`: whatever the stylesheet holds, it does not end its element.
    style = stored.style.replace("</", "<\\/")
    document = _FRAME.format(
        lang=markupsafe.escape(stored.locale),
        dir=direction(stored.locale),
        version=markupsafe.escape(stored.version),
        room=_ROOM,
        style=style,
        html=html.replace(BASE, "").replace(NEXT, ""),
    )
    return headers.evidence(document, _ROOM, style)


# What a page would do for the notice: no margin of the browser's own.
_ROOM = "body { margin: 0 }"

# Links open nowhere: the frame may not open windows, and the base sends them all to one.
_FRAME = """<!doctype html>
<html lang="{lang}" dir="{dir}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{version}</title>
<base target="_blank">
<style>{room}</style>
<style>{style}</style>
</head>
<body>
{html}
</body>
</html>
"""


def configuration(site: str, version: str) -> flask.Response:
    """Answer with a configuration as it was in force.

    :raises NotFound: there is no such configuration.
    """
    with current_runtime().database.unit_of_work(read_only=True) as uow:
        content = uow.configurations.get(site, version)
    if content is None:
        raise NotFound("There is no such configuration.")
    decoded = json.loads(content)
    words = current_words()
    section = decoded.get("site", {})
    return render(
        "configuration.html",
        version=version,
        site_name=localize(section.get("name", {}), words.tag, *section.get("locales", ())) or site,
        content=json.dumps(decoded, ensure_ascii=False, indent=2),
    )


def policy(site: str, kind: str, locale: str, version: str) -> flask.Response:
    """Answer with a policy as it was in force.

    :raises NotFound: there is no such policy.
    """
    with current_runtime().database.unit_of_work(read_only=True) as uow:
        found = uow.policies.get(site, kind, locale, version)
    if found is None:
        raise NotFound("There is no such policy.")
    words = current_words()
    snapshot = current_runtime().sites.get(site)
    return render(
        "policy.html",
        policy=found,
        kind_name=_kind_name(kind, words),
        site_name=localize(snapshot.site.site.name, words.tag, *snapshot.site.locales) if snapshot else site,
        direction=direction(found.locale),
        html=_as_published(found),
    )


def _as_published(policy: PolicyVersion) -> markupsafe.Markup:
    """Return the text, whose relative links lead to the readers' pages from here too."""
    readers = markupsafe.escape(flask.url_for(".index").rpartition("admin/")[0])
    # The text was sanitised when it was published; a stored row is no request's input.
    return markupsafe.Markup(_RELATIVE_LINK.sub(rf"\g<1>{readers}", policy.html))  # noqa: S704


def _policy_url(policy: PolicyVersion) -> str:
    return flask.url_for(".policy", site=policy.site, kind=policy.kind, locale=policy.locale, version=policy.version)


def _kind_name(kind: str, words: Catalog) -> str:
    return words.gettext(POLICY_NAMES[kind]) if kind in POLICY_NAMES else kind


def _in_order(names: cabc.Iterable[str], order: cabc.Iterable[str]) -> list[str]:
    """Return *names* in the order of *order*, those that it lacks behind them."""
    ranks = {name: rank for rank, name in enumerate(order)}
    return sorted(names, key=lambda name: (ranks.get(name, len(ranks)), name))
