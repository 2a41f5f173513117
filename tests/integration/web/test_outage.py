"""The database is gone or locked: everything fails closed, and the pages still read."""

from __future__ import annotations

import collections.abc as cabc
import contextlib
import sqlite3

import psycopg
import pytest
import sqlalchemy as sa

from tests.integration.web.conftest import MakeNewsroom
from tests.integration.web.newsroom import NEW_SERVICE
from tests.integration.web.newsroom import Newsroom
from tests.integration.web.newsroom import Reader
from tests.integration.web.newsroom import problem
from tests.integration.web.newsroom import set_cookies
from tests.integration.web.newsroom import ticked


@contextlib.contextmanager
def locked(newsroom: Newsroom) -> cabc.Iterator[None]:
    """Another process holds the SQLite file."""
    path = newsroom.runtime.database.engine.url.database
    assert path is not None
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        holder.rollback()
        holder.close()


@contextlib.contextmanager
def gone(newsroom: Newsroom) -> cabc.Iterator[None]:
    """The PostgreSQL server takes no connection to the database and cuts those there are."""
    url = sa.make_url(newsroom.database_url)
    server = url.set(database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS false")
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [url.database])
        try:
            yield
        finally:
            admin.execute(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS true")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits two seconds for a lock that is never released."""
    monkeypatch.setattr("consentkit.storage.engine.BUSY_TIMEOUT", 0.1)


Outage = cabc.Callable[[], contextlib.AbstractContextManager[None]]


@pytest.fixture
def outage(any_newsroom: Newsroom) -> Outage:
    """A block in which the database does not answer."""
    return lambda: (locked if any_newsroom.runtime.database.is_sqlite else gone)(any_newsroom)


def test_a_refusal_still_holds_and_nothing_is_released(any_newsroom: Newsroom, outage: Outage) -> None:
    """503 with Retry-After and the refusal's cookie; accepting gets no cookie; afterwards all is as before."""
    agreed = Reader(any_newsroom)
    agreed.decide("accept_all")
    newcomer = Reader(any_newsroom)
    refusal = agreed.body("withdraw")
    with outage():
        answer = newcomer.decide("accept_all")
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert not set_cookies(answer)
        assert "sql" not in answer.text.lower()
        problem(answer)
        answer = agreed.send(refusal)
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert set(set_cookies(answer)) == {"consentkit"}
        assert (agreed.status, agreed.allowed) == ("valid", set())
        assert newcomer.status == "none"
    assert len(any_newsroom.records()) == 1
    # The widget kept it, and sends it again.
    assert agreed.send(refusal).status_code == 201
    assert newcomer.decide("accept_all").status_code == 201
    assert [record.action for record in any_newsroom.records()] == ["accept_all", "withdraw", "accept_all"]
    assert any_newsroom.records()[1].previous_id == any_newsroom.records()[0].id


def test_without_script_it_is_the_same(any_newsroom: Newsroom, outage: Outage) -> None:
    """A page in plain words, with the refusal in force."""
    reader = Reader(any_newsroom)
    with outage():
        answer = reader.submit("reject_all")
        assert (answer.status_code, answer.mimetype) == (503, "text/html")
        assert int(answer.headers["Retry-After"]) > 0
        assert set(set_cookies(answer)) == {"consentkit"}
        assert reader.status == "valid"


def test_the_page_still_reads(any_newsroom: Newsroom, outage: Outage) -> None:
    """With its notice, its script, its choice and the policies in force; only older ones are away."""
    reader = Reader(any_newsroom)
    reader.decide("save", purposes={"analytics": True})
    with outage():
        for path, text in (
            ("/", 'id="consentkit-notice"'),
            ("/consent/widget.js", "steppe-herald"),
            ("/consent/notice", any_newsroom.notice()),
            ("/consent/privacy", "What the paper promises"),
            ("/consent/cookies", "Counter"),
            ("/consent/healthz", "ok"),
        ):
            answer = reader.get(path)
            assert answer.status_code == 200, path
            assert text in answer.text
        assert ticked(reader.get("/consent/preferences").text) == {"analytics"}
        assert reader.get("/host/counts").text == "True"


def test_readiness_tells(any_newsroom: Newsroom, outage: Outage) -> None:
    """And liveness does not: restarting would not help."""
    reader = Reader(any_newsroom)
    with outage():
        answer = reader.get("/consent/readyz")
        assert (answer.status_code, answer.get_json()["database"]) == (503, "unavailable")
        assert reader.get("/consent/healthz").status_code == 200
    assert reader.get("/consent/readyz").status_code == 200


def test_a_receipt_waits(any_newsroom: Newsroom, outage: Outage) -> None:
    """503, not 404: it is not gone."""
    any_newsroom.begin_log()
    reader = Reader(any_newsroom)
    url = reader.decide("accept_all").get_json()["receipt_url"]
    with outage():
        # A locked file can be read all the same.
        assert reader.get(url).status_code == (200 if any_newsroom.runtime.database.is_sqlite else 503)
    assert reader.get(url).status_code == 200


def test_a_database_that_never_was_there(make_newsroom: MakeNewsroom) -> None:
    """The application starts, its pages show the notice, a refusal holds, and nothing is ever allowed."""
    newsroom = make_newsroom(database_url="postgresql://nobody:secret-word@127.0.0.1:1/nothing")
    reader = Reader(newsroom)
    page = reader.get("/")
    assert page.status_code == 200
    assert 'id="consentkit-notice"' in page.text
    assert reader.decide("accept_all").status_code == 503
    assert reader.cookies() == []
    answer = reader.decide("reject_all")
    assert answer.status_code == 503
    assert reader.cookie()
    assert "secret-word" not in answer.text
    assert reader.allowed == set()
    assert reader.get("/consent/privacy").status_code == 503
    assert reader.get("/consent/readyz").status_code == 503


def test_a_cookie_counts_for_nothing_until_the_revision_is_known(
    newsroom: Newsroom, make_newsroom: MakeNewsroom
) -> None:
    """A process that cannot know whether a decision is outdated takes it for none."""
    reader = Reader(newsroom)
    reader.decide("accept_all")
    blind = Reader(make_newsroom(database_url="postgresql://nobody@127.0.0.1:1/nothing"))
    blind.client.set_cookie("consentkit", reader.cookie() or "", domain="www.steppe-herald.example")
    assert blind.allowed == set()
    assert 'data-revision="2147483647"' in blind.get("/").text


def test_the_store_comes_later(newsroom: Newsroom, make_newsroom: MakeNewsroom) -> None:
    """The next decision finds it: what was shown before was never published, so it is asked again, once."""
    with locked(newsroom):
        late = Reader(make_newsroom(text=newsroom.text))
    answer = late.decide("accept_all")
    assert answer.status_code == 409
    assert problem(answer)["current"] == newsroom.notice()
    assert late.decide("accept_all").status_code == 201


def test_a_configuration_that_changes_meanwhile_is_put_into_force_later(newsroom: Newsroom) -> None:
    """It is not forgotten."""
    newsroom.rewrite("[policies.privacy]", NEW_SERVICE)
    with locked(newsroom), pytest.raises(Exception, match="locked"):
        newsroom.reload()
    assert newsroom.runtime.site("steppe-herald").revision == 1
    newsroom.reload()
    assert newsroom.runtime.site("steppe-herald").revision == 2


def test_the_logs_tell_of_it_and_of_nobody(
    any_newsroom: Newsroom, outage: Outage, caplog: pytest.LogCaptureFixture
) -> None:
    """No cookie, identifier, address or device stands in a log, whatever goes wrong."""
    caplog.set_level("DEBUG")
    reader = Reader(any_newsroom)
    headers = {"User-Agent": "Mozilla/5.0 UnmistakableBrowser", "X-Forwarded-For": "203.0.113.77"}
    reader.decide("accept_all", headers=headers)
    with outage():
        reader.decide("withdraw", headers=headers, page="/secret-reading")
        reader.decide("accept_all", headers=headers)
    reader.decide(notice="a" * 16, headers=headers)
    body = reader.body()
    reader.send(body, headers=headers)
    reader.send(body | {"page": "/other"}, headers=headers)
    assert "could not be recorded" in caplog.text
    [subject] = {record.subject_id for record in any_newsroom.records()}
    for secret in (
        "Unmistakable",
        "203.0.113.77",
        "127.0.0.1",
        "secret-reading",
        subject,
        body["nonce"],
        reader.cookie(),
        reader.cookie("consentkit_id"),
    ):
        assert secret
        assert secret not in caplog.text.replace("127.0.0.1:1/", "")
