"""No page of the audit view reads the whole table of records: PostgreSQL's own plans say so."""

from __future__ import annotations

import collections.abc as cabc
import contextlib
import random
import typing as t
import uuid

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from consentkit.storage import migrate
from consentkit.storage.accounts import Account
from consentkit.storage.accounts import Role
from consentkit.storage.records import RecordFilter
from consentkit.storage.unit_of_work import Database
from tests.bench.bench_audit import _filters
from tests.bench.many_records import SITE
from tests.bench.many_records import fill
from tests.conftest import postgresql_database
from tests.integration.admin.conftest import ADMIN
from tests.integration.admin.conftest import signed_in
from tests.integration.admin.conftest import site

# Enough that reading all of them costs more than any index: some 80 MB.
_RECORDS = 100_000


@pytest.fixture(scope="module")
def filled_url(postgresql_server: str) -> cabc.Iterator[str]:
    """A database with records as a national paper has them, and the statistics that PostgreSQL keeps of them."""
    with postgresql_database(postgresql_server) as url:
        database = Database(url)
        migrate.upgrade(database)
        fill(database, _RECORDS)
        with database.unit_of_work() as uow:
            uow.session.execute(sa.text("ANALYZE"))
        database.dispose()
        yield url


@contextlib.contextmanager
def plans() -> cabc.Iterator[list[tuple[str, str]]]:
    """Give the statements that read, each with its plan, made in the same transaction just before it runs."""
    found: list[tuple[str, str]] = []

    def explain(connection: t.Any, _: t.Any, statement: str, parameters: t.Any, *__: t.Any) -> None:
        if "consentkit_records" not in statement or not statement.lstrip().upper().startswith(("SELECT", "WITH")):
            return
        with connection.connection.dbapi_connection.cursor() as cursor:
            cursor.execute("EXPLAIN " + statement, parameters)
            found.append((statement, "\n".join(row[0] for row in cursor.fetchall())))

    event.listen(sa.Engine, "before_cursor_execute", explain)
    try:
        yield found
    finally:
        event.remove(sa.Engine, "before_cursor_execute", explain)


def whole(found: list[tuple[str, str]]) -> list[str]:
    """Return the plans that read the whole table."""
    return [plan for _, plan in found if "Seq Scan on consentkit_records" in plan]


def test_a_plan_that_reads_all_would_be_seen(filled_url: str) -> None:
    """Without an index to go by there is one: the tests below can fail."""
    database = Database(filled_url)
    with plans() as found, database.unit_of_work(read_only=True) as uow:
        uow.session.execute(sa.text("SELECT count(*) FROM consentkit_records WHERE user_agent_family = 'Firefox'"))
    database.dispose()
    assert len(whole(found)) == 1


def test_any_two_filters_and_both_ways(filled_url: str) -> None:
    """Each pair, with what is frequent and with what is rare, from the top, further down and back up."""
    database = Database(filled_url)
    with plans() as found:
        for number, (_, which) in enumerate(_filters(random.Random(6))):
            with database.unit_of_work(read_only=True) as uow:
                where = uow.where(which)
                page = uow.records.page(which, limit=51, stretches=where)
                if page and number % 5 == 0:
                    uow.records.page(which, before=page[-1].id, limit=51, stretches=where)
                    uow.records.page(which, after=page[-1].id, limit=51, stretches=where)
    database.dispose()
    assert len(found) > 200
    assert whole(found) == []


def test_every_page(filled_url: str, tmp_path: t.Any) -> None:
    """As an owner comes to them, exports included."""
    with site(tmp_path, filled_url) as app:
        runtime = app.extensions["consentkit"]
        account = Account(
            id=str(uuid.uuid4()),
            email=f"{uuid.uuid4()}@plans.example",
            role=Role.OWNER,
            password_hash="none",
            created_at=runtime.clock.now(),
        )
        with runtime.database.unit_of_work() as uow:
            assert uow.accounts.add(account)
            one = uow.records.page(RecordFilter(site=SITE, action=None), limit=200)
        record = next(each for each in one if each.subject_id is not None)
        client = signed_in(app, account, runtime)
        with plans() as found:
            for path in (
                "/",
                "/?since=2026-01-01&until=2026-11-23",
                "/overview.csv",
                "/records",
                "/records?action=reject_all&locale=kk",
                f"/records?reader={record.id}",
                f"/records?record={record.id}",
                f"/records?before={record.id}",
                f"/records?after={one[-1].id}",
                f"/records/{record.id}",
                f"/records/{record.id}/erase",
                "/services",
                "/log",
                "/people",
                "/account",
                "/access",
                f"/access?record={record.id}",
            ):
                answer = client.get(ADMIN + path)
                assert answer.status_code == 200, path
            for path in ("/records.csv", "/records.jsonl?locale=kk", "/records.csv?action=save&country=DE"):
                answer = client.get(ADMIN + path, buffered=False)
                assert answer.status_code == 200
                next(answer.iter_encoded())
                answer.close()
            for what in (record.id, "no such cookie"):
                client.post(f"{ADMIN}/find", data={"what": what}, headers={"Origin": "http://localhost"})
        assert len(found) > 15
        assert whole(found) == []
