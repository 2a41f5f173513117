"""Processes keep up with what is published, whatever happens at the same moment."""

from __future__ import annotations

import datetime as dt
import os
import sys
import threading
import typing as t

import pytest

from consentkit.errors import ConfigError
from consentkit.operations.publish_policy import publish_policy
from consentkit.policies.documents import document
from consentkit.storage.unit_of_work import Database
from consentkit.testing import FrozenClock
from tests.integration.web.newsroom import runtime_of
from tests.integration.web.test_host_pages import OTHER

if t.TYPE_CHECKING:
    import collections.abc as cabc

    from tests.integration.web.conftest import MakeNewsroom
    from tests.integration.web.newsroom import Newsroom
    from tests.integration.web.newsroom import Reader


class InterruptedClock(FrozenClock):
    """Something else happens the moment before somebody looks at it for the *n*-th time."""

    left = 0
    happen: cabc.Callable[[], object]

    def interrupt(self, n: int, happen: cabc.Callable[[], object]) -> None:
        """Let it happen."""
        self.left, self.happen = n, happen

    def now(self) -> dt.datetime:
        """Return the time."""
        if self.left:
            self.left -= 1
            if not self.left:
                self.happen()
        return super().now()


def publish_materially(newsroom: Newsroom, text: str, *, minute: int) -> None:
    """Publish a material privacy policy, as a command does: with a connection of its own."""
    clock = FrozenClock()
    clock.advance(dt.timedelta(minutes=minute))
    database = Database(newsroom.database_url)
    entry = document("privacy", "ru", f"# Policy\n\n{text}\n", where="privacy.ru.md")
    with database.unit_of_work() as uow:
        site = newsroom.runtime.site("steppe-herald").site
        publish_policy(uow, site, "privacy", [entry], clock=clock, material=True)
    database.dispose()


def test_what_is_published_while_others_are_looked_at_is_not_missed(make_newsroom: MakeNewsroom) -> None:
    """However long the list of sites is."""
    clock = InterruptedClock()
    newsroom = make_newsroom(clock=clock)
    folder = newsroom.file.parent
    (folder / "taiga.toml").write_text(OTHER, encoding="utf-8")
    app = newsroom.make_app(CONSENTKIT_CONFIG=str(folder))
    watch = runtime_of(app).watch
    watch.refresh()
    publish_materially(newsroom, "first", minute=1)
    # The first look is for what changed, the second for the first site; before the third, somebody publishes.
    clock.interrupt(3, lambda: publish_materially(newsroom, "second", minute=2))
    watch.refresh()
    assert clock.left == 0
    watch.refresh()
    versions = {policy.version for policy in runtime_of(app).site("steppe-herald").policies.values()}
    assert document("privacy", "ru", "# Policy\n\nsecond\n", where="privacy.ru.md").version in versions
    assert runtime_of(app).site("steppe-herald").revision == 3
    runtime_of(app).database.dispose()


def test_without_a_thread_to_be_had_the_page_is_served_and_later_looked_again(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the limit of processes, or while the interpreter ends."""
    runtime = reader.newsroom.runtime

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    runtime.watch._looked_at = -1e9
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        assert reader.get("/").status_code == 200
    runtime.watch.refresh()


def test_a_process_that_is_forked_while_its_parent_looks_can_look_itself(newsroom: Newsroom) -> None:
    """And does not count again what the parent has counted."""
    runtime = newsroom.runtime
    runtime.shown.add("steppe-herald", newsroom.notice(), "1")
    runtime.database.dispose()
    with runtime.watch._lock:
        child = os.fork()
        if not child:
            code = 1
            try:
                runtime.watch.refresh()
                runtime.shown.flush()
                code = 0
            finally:
                os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with runtime.database.unit_of_work(read_only=True) as uow:
        day = newsroom.clock.now().date()
        assert list(uow.impressions.totals("steppe-herald", day, day.replace(year=day.year + 1))) == []


def test_a_refusal_holds_while_a_policy_keeps_the_site_from_being_put_into_force(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store was away when the process began, and now it is back, and a file is wrong."""
    url = f"sqlite:///{newsroom.file.parent / 'not-there' / 'deeper' / 'new.db'}"
    app = newsroom.make_app(CONSENTKIT_DATABASE_URL=url)
    (newsroom.file.parent / "privacy.ru.md").unlink()
    (newsroom.file.parent / "not-there").mkdir()
    with pytest.raises(ConfigError):
        runtime_of(app).watch.refresh()
    version = runtime_of(app).site("steppe-herald").notices["ru"].version
    for action, kept in (("reject_all", True), ("accept_all", False)):
        answer = app.test_client().post(
            "/consent/decisions?site=steppe-herald",
            json={"action": action, "notice": version, "locale": "ru", "nonce": "n" * 22},
        )
        assert answer.status_code == 503
        assert any(cookie.startswith("consentkit=") for cookie in answer.headers.getlist("Set-Cookie")) is kept
    runtime_of(app).database.dispose()


def test_after_a_long_silence_the_first_reader_gets_what_is_new(reader: Reader) -> None:
    """A site that nobody read at night does not show yesterday's notice in the morning."""
    reader.newsroom.rewrite('provider = "Video Ltd"\ncountry = "US"', 'provider = "Video Ltd"\ncountry = "CA"')
    reader.newsroom.runtime.watch._looked_at = -1e9
    services = reader.get("/consent/notice?site=steppe-herald&locale=en").get_json()["services"]
    assert {service["country"] for service in services if service["provider"] == "Video Ltd"} == {"CA"}


def test_the_way_back_keeps_the_search(reader: Reader) -> None:
    """The page is cached without it, so it comes from the browser; only where it is the same page of ours."""
    body = {"action": "reject_all", "notice": reader.newsroom.notice(), "locale": "ru", "next": "/search"}
    for referrer, expected in (
        (f"{reader.at}/search?q=%D0%B7%D0%B0%D0%BB", "/search?q=%D0%B7%D0%B0%D0%BB"),
        (f"{reader.at}/other?q=1", "/search"),
        ("https://elsewhere.example/search?q=1", "/search"),
        ("http://[", "/search"),
    ):
        answer = reader.client.post(
            "/consent/decisions?site=steppe-herald",
            data=body,
            base_url=reader.at,
            headers={"Origin": reader.at, "Referer": referrer},
        )
        assert answer.status_code == 303
        assert answer.location.startswith(expected)
        assert ("?" in answer.location) == ("?" in expected)


def test_who_has_an_identifier_finds_the_receipt_beside_the_choice(reader: Reader) -> None:
    """Without script too. Who refused everything has none, for nothing tells which record is theirs."""
    assert "/receipt" not in reader.get("/consent/preferences?site=steppe-herald&locale=ru").text
    reader.decide("accept_all")
    page = reader.get("/consent/preferences?site=steppe-herald&locale=ru").text
    address = page.partition('<p class="consentkit-receipt"><a href="')[2].partition('"')[0].replace("&amp;", "&")
    assert reader.get(address).get_json()["record"]["action"] == "accept_all"


@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE"])
def test_a_method_without_meaning_is_told_in_our_own_words(reader: Reader, method: str) -> None:
    """Not by the host's error page."""
    answer = reader.client.open("/consent/decisions", method=method, base_url=reader.at)
    assert (answer.status_code, answer.mimetype) == (405, "application/problem+json")


def test_many_readers_at_once_after_a_silence_are_all_served(newsroom: Newsroom) -> None:
    """They wait for one look, and none trips over another."""
    watch = newsroom.runtime.watch
    failures: list[BaseException] = []
    interval = sys.getswitchinterval()

    def look(start: threading.Barrier) -> None:
        try:
            start.wait()
            watch.current()
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    sys.setswitchinterval(1e-6)
    try:
        for _ in range(30):
            watch._looked_at = -1e9
            start = threading.Barrier(8)
            readers = [threading.Thread(target=look, args=(start,)) for _ in range(8)]
            for reader in readers:
                reader.start()
            for reader in readers:
                reader.join()
            watch.refresh()
    finally:
        sys.setswitchinterval(interval)
    assert failures == []
