"""Publish policies: from files that may change to versions that never do."""

from __future__ import annotations

import collections.abc as cabc
import datetime as dt
import pathlib
import typing as t

from ..errors import ConfigError
from ..errors import Problem
from ..policies.cookies_page import cookies_document
from ..policies.documents import Document
from ..policies.documents import documents_of
from ..policies.versions import PolicyKind
from ..policies.versions import PolicyVersion
from ..policies.versions import publication_of

if t.TYPE_CHECKING:
    from ..clock import Clock
    from ..consent.site import Site
    from ..storage.unit_of_work import UnitOfWork

#: The policies that people write. The third kind, the cookies page, is written from the site's file.
WRITTEN_KINDS: tuple[t.Literal["privacy", "terms"], ...] = ("privacy", "terms")


def publish_policy(
    uow: UnitOfWork,
    site: Site,
    kind: str,
    documents: cabc.Sequence[Document],
    *,
    clock: Clock,
    effective_on: dt.date | None = None,
    material: bool = False,
) -> list[PolicyVersion]:
    """Publish those of *documents* that differ from what was published last, and return them.

    Doing it again publishes nothing. A text that was in force once can be published again after another one.

    :param documents: one for each language. :param effective_on: from when they hold; today (UTC) if not given.
    :param material: whether readers who decided before must be asked again.
    :raises ConfigError: if a later text would take effect before it is published, or before the text it follows.
    """
    now = clock.now()
    day = effective_on or now.date()
    latest = {document.locale: _latest(uow, site, kind, document.locale) for document in documents}
    changed = {
        document.locale: document for document in documents if not _is(latest[document.locale], document.version)
    }
    before = [old for locale in changed if (old := latest[locale]) is not None]
    _check_day(day, now.date(), before)
    publication = publication_of(
        site.id, kind, before=before, versions={locale: document.version for locale, document in changed.items()}
    )
    published = [
        PolicyVersion(
            site=site.id,
            kind=kind,
            locale=locale,
            version=document.version,
            title=document.title,
            source=document.source,
            html=document.html,
            effective_on=day,
            material=material,
            published_at=now,
            publication=publication,
        )
        for locale, document in changed.items()
    ]
    # Another process that takes the same step at the same moment stores the same rows: the first one's stay.
    return [version for version in published if uow.policies.add_if_absent(version)]


def publish_missing(uow: UnitOfWork, site: Site, folder: pathlib.Path, clock: Clock) -> list[PolicyVersion]:
    """Publish the first version of each written policy in each language that has none, and return what was published.

    So a new site has its policy pages, and a new language gets them, without a command. It asks no reader again.

    :param folder: the folder of the site's file.
    :raises ConfigError: if a file that is needed is wrong.
    """
    published: list[PolicyVersion] = []
    for kind in WRITTEN_KINDS:
        missing = [locale for locale in getattr(site.policies, kind).files if not _latest(uow, site, kind, locale)]
        # Files are read only when they are needed: one that is broken later does not take the site's pages down.
        if missing:
            documents = [found for found in documents_of(site, folder, kind) if found.locale in missing]
            published += publish_policy(uow, site, kind, documents, clock=clock)
    return published


def publish_cookies_page(uow: UnitOfWork, site: Site, *, clock: Clock) -> list[PolicyVersion]:
    """Publish the cookies page in the languages in which it says something else than before, and return it.

    It asks no reader again by itself: what is material about a new service is seen in the site's file.
    """
    documents = [cookies_document(site, locale) for locale in site.locales]
    return publish_policy(uow, site, PolicyKind.COOKIES.value, documents, clock=clock)


def unpublished(
    uow: UnitOfWork, site: Site, folder: pathlib.Path, kind: t.Literal["privacy", "terms"]
) -> list[Document]:
    """Return the documents of *kind* that differ from what was published last.

    :raises ConfigError: if one of the files is wrong.
    """
    return [
        document
        for document in documents_of(site, folder, kind)
        if not _is(_latest(uow, site, kind, document.locale), document.version)
    ]


def _latest(uow: UnitOfWork, site: Site, kind: str, locale: str) -> PolicyVersion | None:
    return next(iter(uow.policies.versions(site.id, kind, locale)), None)


def _is(version: PolicyVersion | None, digest: str) -> bool:
    return version is not None and version.version == digest


def _check_day(day: dt.date, today: dt.date, before: cabc.Sequence[PolicyVersion]) -> None:
    """Refuse a day on which readers could not have read the text, or on which it would never hold.

    The first text may have been in force for years, on paper or elsewhere.
    """
    if not before:
        return
    earliest = max(today, *(old.effective_on for old in before))
    if day < earliest:
        message = f"found {day}, expected {earliest} or later: another text holds until then."
        raise ConfigError(Problem("effective date", "", message))
