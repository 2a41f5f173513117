"""From files that change to versions that never do, in both databases."""

from __future__ import annotations

import datetime as dt
import pathlib

import pytest

from consentkit.consent.site import Site
from consentkit.errors import ConfigError
from consentkit.operations.publish_policy import publish_cookies_page
from consentkit.operations.publish_policy import publish_missing
from consentkit.operations.publish_policy import publish_policy
from consentkit.operations.publish_policy import unpublished
from consentkit.policies.documents import documents_of
from consentkit.policies.versions import PolicyVersion
from consentkit.storage.unit_of_work import Database
from consentkit.testing import FrozenClock
from tests.factories import make_site

TAGS = ("kk", "ru", "en", "ar")


@pytest.fixture
def site() -> Site:
    """A site in four languages."""
    return make_site()


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    """The folder of its file, with its policies."""
    for kind in ("privacy", "terms"):
        for tag in TAGS:
            write(tmp_path, f"{kind}.{tag}.md", "First.")
    return tmp_path


def write(folder: pathlib.Path, name: str, text: str) -> None:
    """Write a policy."""
    (folder / name).write_text(f"# {name}\n\n{text}\n", encoding="utf-8")


def publish(
    database: Database, site: Site, folder: pathlib.Path, clock: FrozenClock, **options: object
) -> list[PolicyVersion]:
    """Publish the privacy policy in a unit of work of its own."""
    with database.unit_of_work() as uow:
        documents = documents_of(site, folder, "privacy")
        return publish_policy(uow, site, "privacy", documents, clock=clock, **options)  # type: ignore[arg-type]  # options of the call


def test_a_new_site_gets_its_first_versions_without_a_command(
    database: Database, site: Site, folder: pathlib.Path, clock: FrozenClock
) -> None:
    """Each policy in each language, asking nobody again; a second time nothing."""
    with database.unit_of_work() as uow:
        published = publish_missing(uow, site, folder, clock)
    assert {(found.kind, found.locale) for found in published} == {(k, t) for k in ("privacy", "terms") for t in TAGS}
    assert not any(found.material for found in published)
    assert len({found.publication for found in published if found.kind == "terms"}) == 1
    with database.unit_of_work() as uow:
        assert publish_missing(uow, site, folder, clock) == []
        assert uow.policies.latest_material(site.id, clock.now().date()) == {}


def test_a_changed_file_is_not_published_by_itself(
    database: Database, site: Site, folder: pathlib.Path, clock: FrozenClock
) -> None:
    """Only a person knows whether it is material. Nor does a file that breaks later take the pages down."""
    with database.unit_of_work() as uow:
        publish_missing(uow, site, folder, clock)
    write(folder, "privacy.ru.md", "Second.")
    (folder / "terms.ru.md").write_bytes(b"\xff")
    with database.unit_of_work() as uow:
        assert publish_missing(uow, site, folder, clock) == []
        assert [found.locale for found in unpublished(uow, site, folder, "privacy")] == ["ru"]


def test_a_new_language_gets_its_first_version(
    database: Database, site: Site, folder: pathlib.Path, clock: FrozenClock
) -> None:
    """The others stay as they are."""
    few = site.policies.privacy.model_copy(update={"files": {"ru": "privacy.ru.md"}})
    smaller = site.model_copy(update={"policies": site.policies.model_copy(update={"privacy": few})})
    with database.unit_of_work() as uow:
        publish_missing(uow, smaller, folder, clock)
    with database.unit_of_work() as uow:
        assert {found.locale for found in publish_missing(uow, site, folder, clock)} == {"kk", "en", "ar"}


def test_only_what_differs_is_published_and_only_once(
    database: Database, site: Site, folder: pathlib.Path, clock: FrozenClock
) -> None:
    """The answer tells what was."""
    assert len(publish(database, site, folder, clock)) == 4
    assert publish(database, site, folder, clock) == []
    write(folder, "privacy.kk.md", "Second.")
    clock.advance(dt.timedelta(hours=1))
    (version,) = publish(database, site, folder, clock, material=True)
    assert (version.locale, version.material, version.published_at) == ("kk", True, clock.now())
    with database.unit_of_work() as uow:
        assert uow.policies.latest_material(site.id, clock.now().date()) == {"privacy": version.publication}


def test_a_text_can_come_back(database: Database, site: Site, folder: pathlib.Path, clock: FrozenClock) -> None:
    """And is in force again; all three publications stay readable."""
    (first,) = [found for found in publish(database, site, folder, clock) if found.locale == "ru"]
    for text in ("Second.", "First."):
        clock.advance(dt.timedelta(minutes=1))
        write(folder, "privacy.ru.md", text)
        (last,) = publish(database, site, folder, clock)
    assert last.version == first.version
    assert last.publication != first.publication
    with database.unit_of_work() as uow:
        assert len(uow.policies.versions(site.id, "privacy", "ru")) == 3
        in_force = {found.locale: found.publication for found in uow.policies.in_force(site.id, clock.now().date())}
    assert in_force["ru"] == last.publication


def test_a_text_can_wait_for_its_day(database: Database, site: Site, folder: pathlib.Path, clock: FrozenClock) -> None:
    """Until then the earlier one holds."""
    publish(database, site, folder, clock)
    write(folder, "privacy.ru.md", "Second.")
    today = clock.now().date()
    clock.advance(dt.timedelta(minutes=1))
    (later,) = publish(database, site, folder, clock, effective_on=today + dt.timedelta(days=30))
    with database.unit_of_work() as uow:
        now = {found.locale: found.version for found in uow.policies.in_force(site.id, today)}
        then = {found.locale: found.version for found in uow.policies.in_force(site.id, today + dt.timedelta(days=30))}
    assert now["ru"] != later.version
    assert then["ru"] == later.version


def test_a_later_text_cannot_be_dated_back(
    database: Database, site: Site, folder: pathlib.Path, clock: FrozenClock
) -> None:
    """Readers could not have read it then. The first one may be older than its publication."""
    today = clock.now().date()
    assert publish(database, site, folder, clock, effective_on=dt.date(2024, 1, 1))
    write(folder, "privacy.ru.md", "Second.")
    with pytest.raises(ConfigError, match="or later"):
        publish(database, site, folder, clock, effective_on=today - dt.timedelta(days=1))
    assert publish(database, site, folder, clock, effective_on=today)


def test_the_cookies_page_follows_the_file(database: Database, site: Site, clock: FrozenClock) -> None:
    """In every language, and without asking anybody again."""
    with database.unit_of_work() as uow:
        assert len(publish_cookies_page(uow, site, clock=clock)) == 4
    with database.unit_of_work() as uow:
        assert publish_cookies_page(uow, site, clock=clock) == []
    clock.advance(dt.timedelta(minutes=1))
    with database.unit_of_work() as uow:
        changed = publish_cookies_page(uow, make_site(services=[]), clock=clock)
    assert {found.locale for found in changed} == set(TAGS)
    assert not any(found.material for found in changed)


def test_two_processes_that_start_at_once_agree(
    database: Database, site: Site, folder: pathlib.Path, clock: FrozenClock
) -> None:
    """The second finds the rows of the first, whatever it has seen before."""
    with database.unit_of_work() as uow:
        mine = publish_missing(uow, site, folder, clock)
    with database.unit_of_work() as uow:
        # What the other would have stored: it had seen an empty table.
        assert not any(uow.policies.add_if_absent(version) for version in mine)
        assert len(uow.policies.versions(site.id, "privacy", "ru")) == 1
