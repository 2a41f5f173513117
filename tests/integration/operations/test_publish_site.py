"""A site put into force: its evidence, its revision, and several processes that do so at once."""

from __future__ import annotations

import datetime as dt
import typing as t

import pytest

from consentkit.consent.load import load_site
from consentkit.operations.publish_policy import publish_policy
from consentkit.operations.publish_site import publish_site
from consentkit.policies.documents import documents_of
from consentkit.policies.versions import PolicyKind
from tests.sites import write_site

if t.TYPE_CHECKING:
    from pathlib import Path

    from consentkit.operations.publish_site import SiteSnapshot
    from consentkit.storage.unit_of_work import Database
    from consentkit.testing import FrozenClock

SECOND_SERVICE = """
[[services]]
id = "abacus"
name = "Abacus"
provider = "Abacus Ltd"
country = "KZ"
purposes = ["analytics"]
"""


class Newsroom:
    """One site's files and the processes that serve them."""

    def __init__(self, database: Database, folder: Path, clock: FrozenClock) -> None:
        self.database = database
        self.folder = folder
        self.clock = clock
        self.file = write_site(folder)
        self.plain = self.file.read_text(encoding="utf-8")

    def publish(self, more: str = "", *, known: int | None = None) -> SiteSnapshot:
        """Put the site with *more* in its file into force, as one process does."""
        self.file.write_text(self.plain + more, encoding="utf-8")
        with self.database.unit_of_work() as uow:
            return publish_site(uow, load_site(self.file), self.folder, style="p{}", clock=self.clock, known=known)

    def publish_privacy(self, text: str, *, material: bool) -> None:
        """Publish a new privacy policy."""
        (self.folder / "privacy.ru.md").write_text(text, encoding="utf-8")
        site = load_site(self.file)
        with self.database.unit_of_work() as uow:
            publish_policy(
                uow,
                site,
                PolicyKind.PRIVACY,
                documents_of(site, self.folder, PolicyKind.PRIVACY),
                clock=self.clock,
                effective_on=self.clock.now().date(),
                material=material,
            )


@pytest.fixture
def newsroom(database: Database, tmp_path: Path, clock: FrozenClock) -> Newsroom:
    """A site that was never put into force."""
    return Newsroom(database, tmp_path, clock)


def test_the_first_time_is_revision_one_and_keeps_its_evidence(newsroom: Newsroom) -> None:
    """Notice, configuration and policies can be shown from then on."""
    snapshot = newsroom.publish()
    assert snapshot.revision == 1
    with newsroom.database.unit_of_work(read_only=True) as uow:
        notice = uow.notices.get("steppe-herald", snapshot.notices["ru"].version)
        assert uow.configurations.get("steppe-herald", snapshot.config_version) == snapshot.site.canonical()
    assert notice is not None
    assert notice.html == snapshot.notices["ru"].html
    assert set(snapshot.policy_versions("ru")) == {"privacy", "terms", "cookies"}


def test_again_is_the_same(newsroom: Newsroom) -> None:
    """A restart asks nobody again."""
    first, second = newsroom.publish(), newsroom.publish()
    assert (first.revision, first.notices["ru"].version) == (second.revision, second.notices["ru"].version)


def test_a_new_recipient_raises_the_revision_and_is_told(newsroom: Newsroom) -> None:
    """Who decided before has not agreed to it."""
    newsroom.publish()
    snapshot = newsroom.publish(SECOND_SERVICE)
    assert snapshot.revision == 2
    assert snapshot.services_order == ("abacus", "counter")
    assert [change["revision"] for change in snapshot.notices["ru"].content["changes"]] == [2]
    assert "Abacus" in snapshot.notices["ru"].content["changes"][0]["text"]


def test_what_was_dropped_and_returns_is_new_again(newsroom: Newsroom) -> None:
    """Readers who decided in between were never told of it."""
    newsroom.publish(SECOND_SERVICE)
    assert newsroom.publish().revision == 1
    assert newsroom.publish(SECOND_SERVICE).revision == 2


def test_a_typo_asks_nobody_again(newsroom: Newsroom) -> None:
    """Another text is another notice, not another revision."""
    before = newsroom.publish()
    after = newsroom.publish('\n[notice.texts.ru]\ntitle = "Cookie?"\n')
    assert after.revision == before.revision
    assert after.notices["ru"].version != before.notices["ru"].version


def test_only_a_material_policy_asks_again(newsroom: Newsroom) -> None:
    """The editor says which it is."""
    newsroom.publish()
    newsroom.clock.advance(dt.timedelta(days=1))
    newsroom.publish_privacy("# Policy\n\nA comma, moved.\n", material=False)
    assert newsroom.publish().revision == 1
    newsroom.clock.advance(dt.timedelta(days=1))
    newsroom.publish_privacy("# Policy\n\nWe sell it now.\n", material=True)
    assert newsroom.publish().revision == 2


def test_an_older_configuration_undoes_nothing_while_a_deployment_rolls(newsroom: Newsroom) -> None:
    """It goes on with what it knows, and the newer one is not raised again and again."""
    old = newsroom.publish()
    new = newsroom.publish(SECOND_SERVICE)
    still_old = newsroom.publish(known=old.revision)
    assert still_old.revision == old.revision
    assert still_old.notices["ru"].content["changes"] == []
    again = newsroom.publish(SECOND_SERVICE, known=new.revision)
    assert again.revision == new.revision == 2


def test_a_material_policy_reaches_processes_whose_configuration_stays(newsroom: Newsroom) -> None:
    """Publishing is done by a command, in a process of its own."""
    before = newsroom.publish()
    newsroom.clock.advance(dt.timedelta(days=1))
    newsroom.publish_privacy("# Policy\n\nWe sell it now.\n", material=True)
    assert newsroom.publish(known=before.revision).revision == 2
