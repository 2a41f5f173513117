"""Put a site's configuration into force: keep the evidence, count the revision, render the notices."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import datetime as dt
import typing as t
from pathlib import Path

from ..clock import Clock
from ..consent.evidence import Revision
from ..consent.model import localize
from ..consent.revisions import Material
from ..consent.revisions import changes_between
from ..consent.revisions import material_of
from ..consent.site import Site
from ..notice.model import PolicyLink
from ..notice.model import compose
from ..notice.render import BASE
from ..notice.render import Notice
from ..notice.render import render
from ..policies.versions import PolicyKind
from ..policies.versions import PolicyVersion
from .publish_policy import publish_cookies_page
from .publish_policy import publish_missing

if t.TYPE_CHECKING:
    from ..storage.unit_of_work import UnitOfWork

#: The revision that pages carry while the real one is not known: higher than any decision's, so that none counts.
UNKNOWN_REVISION = 2**31 - 1

_EDITABLE = (PolicyKind.PRIVACY, PolicyKind.TERMS)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SiteSnapshot:
    """One site as it is now: everything that a request needs, in memory, never changed."""

    site: Site
    #: The folder of the configuration, for its policy files.
    folder: Path
    config_version: str
    revision: int
    services_order: tuple[str, ...]
    #: What is in force today, by kind and locale.
    policies: cabc.Mapping[tuple[str, str], PolicyVersion]
    #: By locale, in the order of the configuration.
    notices: cabc.Mapping[str, Notice]
    #: Whether the evidence is stored. Without it no decision can be taken and no cookie counts.
    published: bool

    @property
    def home(self) -> str | None:
        """The site's first origin."""
        return self.site.site.origins[0] if self.site.site.origins else None

    def policy_versions(self, locale: str) -> dict[str, str]:
        """Return the versions of the policies that a reader of *locale* was referred to."""
        versions = {}
        for kind in PolicyKind:
            version = policy_in(self.policies, kind.value, locale, self.site.locales)
            if version is not None:
                versions[kind.value] = version.version
        return versions


def policy_in(
    policies: cabc.Mapping[tuple[str, str], PolicyVersion], kind: str, locale: str, fallbacks: cabc.Iterable[str]
) -> PolicyVersion | None:
    """Return the policy of that *kind* in *locale*, else in the first of *fallbacks* that has one."""
    for tag in (locale, *fallbacks):
        if (kind, tag) in policies:
            return policies[kind, tag]
    return None


def publish_site(
    uow: UnitOfWork, site: Site, folder: Path, *, style: str, clock: Clock, known: int | None = None
) -> SiteSnapshot:
    """Store what is new of *site* and return the snapshot that is in force.

    Run again, it stores nothing. Several processes may run it at once.

    :param folder: where the configuration's relative paths begin. :param style: the notice's stylesheet.
    :param known: the revision that this process gave this same configuration before; ``None`` for a new configuration.
        While a deployment rolls, processes with an older configuration must not undo what those with a newer one did.
    :raises ConfigError: a policy's file cannot be used. :raises StoreUnavailable: as the store does.
    """
    now = clock.now()
    if known is None:
        uow.configurations.add_if_absent(site.id, site.version, site.canonical(), now)
        publish_missing(uow, site, folder, clock)
        publish_cookies_page(uow, site, clock=clock)
    policies = {(p.kind, p.locale): p for p in uow.policies.in_force(site.id, now.date())}
    revision = _revise(uow, site, uow.policies.latest_material(site.id, now.date()), now, known=known)
    history = [entry for entry in uow.revisions.since(site.id, 0) if entry.number <= revision.number]
    notices = _notices(site, revision.number, history, policies, style)
    for notice in notices.values():
        if not uow.notices.exists(site.id, notice.version):
            uow.notices.add_if_absent(notice.stored(now))
    return SiteSnapshot(
        site=site,
        folder=folder,
        config_version=site.version,
        revision=revision.number,
        services_order=revision.services_order,
        policies=policies,
        notices=notices,
        published=True,
    )


def unpublished(site: Site, folder: Path, *, style: str) -> SiteSnapshot:
    """Return a snapshot for when the store has never been reached: the notice shows, and nothing is ever allowed."""
    return SiteSnapshot(
        site=site,
        folder=folder,
        config_version=site.version,
        revision=0,
        services_order=(),
        policies={},
        notices=_notices(site, 0, [], {}, style),
        published=False,
    )


def _revise(
    uow: UnitOfWork, site: Site, policies: cabc.Mapping[str, str], now: dt.datetime, *, known: int | None
) -> Revision:
    material = material_of(site, policies)
    latest = uow.revisions.latest(site.id)
    if latest is not None and known is not None and _covers_more(latest.material, material):
        # Another process has a newer configuration. Here readers are still told of the older one, and decide on that.
        return next(entry for entry in uow.revisions.since(site.id, known - 1) if entry.number == known)
    changes = changes_between(latest.material, material) if latest else ()
    if latest is not None and not changes:
        if known is None and latest.material != material:
            # Something was dropped. Should it come back, readers who decided meanwhile have not been told of it.
            uow.revisions.narrow(site.id, latest.number, material)
        return latest
    revision = Revision(
        site=site.id,
        number=latest.number + 1 if latest else 1,
        material=material,
        changes=changes,
        services_order=tuple(service.id for service in site.optional_services),
        config_version=site.version,
        created_at=now,
    )
    if uow.revisions.add(revision):
        return revision
    # Another process was first: what it stored is what holds, or is what to compare with.
    return _revise(uow, site, policies, now, known=known)


def _covers_more(latest: Material, material: Material) -> bool:
    return bool(changes_between(material, {**latest, "policies": material["policies"]}))


def _notices(
    site: Site,
    revision: int,
    history: cabc.Sequence[Revision],
    policies: cabc.Mapping[tuple[str, str], PolicyVersion],
    style: str,
) -> dict[str, Notice]:
    return {
        locale: render(
            compose(site, locale, revision=revision, history=history, policies=_links(site, locale, policies)), style
        )
        for locale in site.locales
    }


def _links(site: Site, locale: str, policies: cabc.Mapping[tuple[str, str], PolicyVersion]) -> dict[str, PolicyLink]:
    links = {}
    for kind in PolicyKind:
        source = getattr(site.policies, kind.value) if kind in _EDITABLE else None
        version = policy_in(policies, kind.value, locale, site.locales)
        if source is not None and source.urls:
            links[kind.value] = PolicyLink(localize(source.urls, locale, *site.locales), "")
        else:
            url = f"{BASE}{kind.value}?site={site.id}&locale={locale}"
            links[kind.value] = PolicyLink(url, version.version if version else "")
    return links
