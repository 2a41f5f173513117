"""What records refer to: notices as they were shown, configurations and policies as they were in force."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
import typing as t

import flask
import markupsafe

from ..consent.decisions import Record
from ..consent.model import localize
from ..errors import NotFound
from ..i18n.catalog import Catalog
from ..i18n.locales import direction
from ..i18n.vocabulary import POLICY_NAMES
from ..notice.basis import Basis
from ..notice.basis import in_order
from ..notice.shown import LAYERS
from ..notice.shown import as_shown
from ..policies.versions import PolicyVersion
from ..runtime import current_runtime
from . import headers
from .rendering import current_words
from .rendering import render
from .rights import require_site
from .roles import Right

if t.TYPE_CHECKING:
    from ..storage.unit_of_work import UnitOfWork

# A link of a policy that is relative to the readers' pages. In the sanitised text, a bare `<a` begins a link.
_RELATIVE_LINK = re.compile(r'(<a\b[^>]*?\shref=")(?![A-Za-z][A-Za-z0-9+.-]*:|[/#"])')


@dataclasses.dataclass(frozen=True, slots=True)
class PolicyReference:
    """A policy that a record refers to.

    :param url: its page in the audit view, or ``None`` where the text is not stored.
    """

    name: str
    version: str
    url: str | None
    since: dt.date | None


def basis_of(uow: UnitOfWork, record: Record) -> Basis:
    """Return what is stored of a record's notice and configuration."""
    return Basis.of(
        uow.notices.get(record.site, record.notice_version) if record.notice_version else None,
        uow.configurations.get(record.site, record.config_version),
    )


def policies_of(uow: UnitOfWork, record: Record, basis: Basis) -> list[PolicyReference]:
    """Return the policies that a record refers to, in the order in which readers meet them."""
    words = current_words()
    references = []
    for kind in in_order(record.policy_versions, POLICY_NAMES):
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


def notice(site: str, version: str, layer: str) -> flask.Response:
    """Answer with one layer of a notice as it was shown: the document of a sandboxed frame.

    :raises NotFound: there is no such notice or layer.
    """
    require_site(site, Right.READ)
    with current_runtime().database.unit_of_work(read_only=True) as uow:
        stored = uow.notices.get(site, version)
    if stored is None or layer not in LAYERS:
        raise NotFound("There is no such notice.")
    return headers.evidence(*as_shown(stored, layer))


def configuration(site: str, version: str) -> flask.Response:
    """Answer with a configuration as it was in force.

    :raises NotFound: there is no such configuration.
    """
    require_site(site, Right.READ)
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
    require_site(site, Right.READ)
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
