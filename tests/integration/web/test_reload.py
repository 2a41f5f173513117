"""A changed configuration or a published policy reaches every process, without a restart."""

from __future__ import annotations

import datetime as dt
import time

import pytest

from consentkit.errors import ConfigError
from consentkit.operations.publish_policy import publish_policy
from consentkit.policies.documents import document
from consentkit.testing import FrozenClock
from tests.integration.web.newsroom import NEW_SERVICE
from tests.integration.web.newsroom import Newsroom
from tests.integration.web.newsroom import Reader
from tests.integration.web.newsroom import runtime_of

NEW_PURPOSE = '[[purposes]]\nid = "advertising"\nlegal_basis = "consent"\n\n'


def publish(newsroom: Newsroom, text: str, *, material: bool, on: dt.date | None = None) -> str:
    """Publish the privacy policy in Russian from another process, as the command does."""
    newsroom.clock.advance(dt.timedelta(minutes=1))
    entry = document("privacy", "ru", f"# Policy\n\n{text}\n", where="privacy.ru.md")
    with newsroom.runtime.database.unit_of_work() as uow:
        site = newsroom.runtime.site("steppe-herald").site
        publish_policy(uow, site, "privacy", [entry], clock=newsroom.clock, material=material, effective_on=on)
    return entry.version


def refresh(*readers: Reader) -> None:
    """Let the processes look for news."""
    for reader in readers:
        runtime_of(reader.client.application).watch.refresh()


def test_a_typo_asks_nobody_again(reader: Reader) -> None:
    """The notice is another one, the revision is the same."""
    reader.decide("accept_all")
    before = reader.newsroom.notice()
    reader.newsroom.rewrite('provider = "Video Ltd"\ncountry = "US"', 'provider = "Video Ltd"\ncountry = "CA"')
    reader.newsroom.reload()
    assert reader.newsroom.notice() != before
    assert reader.status == "valid"


def test_what_is_dropped_asks_nobody_again(reader: Reader) -> None:
    """Fewer recipients are no news to be asked about; should one come back, it is."""
    newsroom = reader.newsroom
    reader.decide("accept_all")
    start, end = newsroom.text.index('[[services]]\nid = "counter"'), newsroom.text.index('[[services]]\nid = "login"')
    counter = newsroom.text[start:end]
    newsroom.rewrite(counter, "")
    newsroom.reload()
    assert reader.status == "valid"
    assert reader.allowed == {"preferences", "analytics", "embeds", "video"}
    newsroom.rewrite("[policies.privacy]", counter + "[policies.privacy]")
    newsroom.reload()
    assert reader.status == "outdated"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[policies.privacy]", NEW_SERVICE),
        ('provider = "Counter Ltd"', 'provider = "Another Ltd"'),
        ('purposes = ["analytics"]', 'purposes = ["analytics", "embeds"]'),
        (
            '[[services]]\nid = "counter"',
            '[[purposes]]\nid = "advertising"\nlegal_basis = "consent"\n\n[[services]]\nid = "counter"',
        ),
    ],
    ids=["service", "provider", "use", "purpose"],
)
def test_what_is_material_asks_again(reader: Reader, second_process: Reader, old: str, new: str) -> None:
    """In every process, once, and only who has decided before is told what is new."""
    reader.decide("accept_all")
    reader.newsroom.rewrite(old, new)
    refresh(reader, second_process)
    assert reader.status == "outdated"
    assert len(reader.state["changes"]) == 1
    second_process.client.set_cookie("consentkit", reader.cookie() or "", domain="www.steppe-herald.example")
    assert second_process.status == "outdated"
    reader.decide("accept_all")
    assert reader.status == "valid"
    refresh(reader, second_process)
    assert reader.state["revision"] == 2


def test_refusals_are_asked_again_as_well(reader: Reader) -> None:
    """A refusal does not cover what was not asked, nor does it allow it."""
    reader.decide("reject_all")
    reader.newsroom.rewrite("[policies.privacy]", NEW_SERVICE)
    reader.newsroom.reload()
    assert (reader.status, reader.allowed) == ("outdated", set())


def test_a_broken_configuration_changes_nothing(reader: Reader, caplog: pytest.LogCaptureFixture) -> None:
    """The last good one stays in force, said once; the next good one is taken."""
    newsroom = reader.newsroom
    notice = newsroom.notice()
    for text in ("[site\n", newsroom.text.replace("[site]", "[sight]"), ""):
        newsroom.file.write_text(text, encoding="utf-8")
        caplog.clear()
        for _ in range(3):
            newsroom.reload()
        assert len([record for record in caplog.records if record.levelname == "ERROR"]) == 1
        assert newsroom.notice() == notice
        assert reader.get("/").status_code == 200
        assert Reader(newsroom).decide("accept_all").status_code == 201
    newsroom.file.unlink()
    newsroom.reload()
    assert newsroom.notice() == notice
    newsroom.rewrite("[policies.privacy]", NEW_SERVICE)
    newsroom.reload()
    assert newsroom.notice() != notice


def test_a_policy_file_that_is_missing_changes_nothing(newsroom: Newsroom) -> None:
    """It is told, and the last good configuration stays."""
    notice = newsroom.notice("kk")
    (newsroom.file.parent / "privacy.kk.md").touch()
    newsroom.rewrite('en = "privacy.en.md" }', 'en = "privacy.en.md", kk = "privacy.kk.md" }')
    with pytest.raises(ConfigError):
        newsroom.reload()
    assert newsroom.notice("kk") == notice
    (newsroom.file.parent / "privacy.kk.md").write_text("# Құпиялық\n\nМәтін.\n", encoding="utf-8")
    newsroom.reload()
    assert newsroom.notice("kk") != notice


def test_a_running_site_finds_the_change_by_itself(newsroom: Newsroom) -> None:
    """Within seconds of the next request, and no request waits for it."""
    app = newsroom.make_app(CONSENTKIT_RELOAD_SECONDS=1)
    reader = Reader(newsroom, app=app)
    newsroom.rewrite("[policies.privacy]", NEW_SERVICE)
    deadline = time.monotonic() + 20
    while reader.state["revision"] == 1 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert reader.state["revision"] == 2
    # The thread that looked is done before its database is let go of.
    runtime_of(app).watch.refresh()
    runtime_of(app).database.dispose()


def test_a_published_policy_reaches_the_other_process(reader: Reader, second_process: Reader) -> None:
    """Its page shows the new text; a version that is not material asks nobody again."""
    reader.decide("accept_all")
    publish(reader.newsroom, "A smaller promise.", material=False)
    refresh(second_process, reader)
    assert "A smaller promise." in second_process.get("/consent/privacy?locale=ru").text
    assert reader.status == "valid"


def test_a_material_version_asks_again(reader: Reader, second_process: Reader) -> None:
    """Everywhere, and says that it is the policy."""
    reader.decide("accept_all")
    publish(reader.newsroom, "A promise of another kind.", material=True)
    refresh(second_process, reader)
    state = reader.state
    assert state["status"] == "outdated"
    assert len(state["changes"]) == 1
    assert second_process.state["revision"] == 2
    assert Reader(reader.newsroom).get("/consent/notice").get_json()["revision"] == 2


def test_a_policy_holds_from_its_day_on(reader: Reader, clock: FrozenClock) -> None:
    """Until then it can be read, and nobody is asked."""
    reader.decide("accept_all")
    value = reader.cookie() or ""
    version = publish(reader.newsroom, "From December on.", material=True, on=dt.date(2026, 12, 1))
    refresh(reader)
    assert "From December on." not in reader.get("/consent/privacy?locale=ru").text
    assert "From December on." in reader.get(f"/consent/privacy?locale=ru&version={version}").text
    assert reader.status == "valid"
    clock.set(dt.datetime(2026, 12, 1, tzinfo=dt.UTC))
    refresh(reader)
    reader.client.set_cookie("consentkit", value, domain="www.steppe-herald.example")
    assert "From December on." in reader.get("/consent/privacy?locale=ru").text
    assert reader.status == "outdated"
