"""Erasure: what an erased record still takes up, and how many a second go when their time is over.

Claim made in ``docs/explanation/speed.md``. Records are stored, integrated and published as always; then all of them
are erased, in batches for their age or reader by reader. What is left is the database's size after it has tidied up
(VACUUM, with FULL on PostgreSQL), less that of the same database before it had any record.
"""

from __future__ import annotations

import collections.abc as cabc
import contextlib
import datetime as dt
import json
import os
import pathlib
import platform
import sqlite3
import statistics
import sys
import tempfile
import time

import sqlalchemy as sa

from consentkit.consent.decisions import Record
from consentkit.ledger.erasures import Reason
from consentkit.operations.erase import erase_subject
from consentkit.operations.retain import retain
from consentkit.storage import migrate
from consentkit.storage.records import RecordRow
from consentkit.storage.records import values_of
from consentkit.storage.unit_of_work import Database
from consentkit.testing import FrozenClock
from tests import postgresql
from tests.factories import make_record
from tests.log import KEYS
from tests.log import keep_log

SITE = "steppe-herald"
#: Records that go for their age, and of readers who erase theirs, each so many.
AGED = 20_000
READERS = 500
EACH = 2
ROUNDS = 3

_LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
_NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)


def fill(database: Database, records: cabc.Iterable[Record]) -> None:
    """Store records, and log them."""
    with database.transaction() as connection:
        connection.execute(sa.insert(RecordRow), [values_of(record) for record in records])
    keep_log(database, clock=FrozenClock(_NOW))


def size(database: Database) -> int:
    """Return what the database takes up, tidied up, in bytes."""
    if database.is_sqlite:
        database.dispose()
        path = database.engine.url.database
        assert path
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return pathlib.Path(path).stat().st_size
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as server:
        server.exec_driver_sql("SET statement_timeout = 0")
        server.exec_driver_sql("VACUUM FULL")
        tables = (
            "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relname LIKE 'consentkit%%' AND relkind = 'r'"
        )
        return int(server.exec_driver_sql(tables).scalar_one())


def by_age(database: Database) -> tuple[int, float]:
    """Erase for age; return how many, and in how many seconds."""
    fill(
        database,
        (
            make_record(
                salt=os.urandom(32),
                decided_at=_LONG_AGO + i * dt.timedelta(seconds=60),
                subject_id=f"{i:032d}" if i % 2 else None,
            )
            for i in range(AGED)
        ),
    )
    begun = time.perf_counter()
    steps = retain(database, SITE, days=1826, signers=KEYS, clock=FrozenClock(_NOW))
    erased = sum(each.count for each, _ in steps)
    return erased, time.perf_counter() - begun


def by_readers(database: Database) -> tuple[int, float]:
    """Erase reader by reader."""
    fill(
        database,
        (
            make_record(
                salt=os.urandom(32),
                decided_at=_NOW - dt.timedelta(days=400) + i * dt.timedelta(seconds=60),
                subject_id=f"{i % READERS:032d}",
            )
            for i in range(READERS * EACH)
        ),
    )
    begun = time.perf_counter()
    erased = 0
    for i in range(READERS):
        done = erase_subject(database, SITE, f"{i:032d}", reason=Reason.READER, signers=KEYS, clock=FrozenClock(_NOW))
        erased += done.count
    return erased, time.perf_counter() - begun


def measure(url: str, erase: cabc.Callable[[Database], tuple[int, float]]) -> dict[str, float]:
    """Return what one way of erasing leaves, and how fast it was."""
    database = Database(url)
    migrate.upgrade(database)
    before = size(database)
    count, seconds = erase(database)
    keep_log(database, clock=FrozenClock(_NOW))
    after = size(database)
    database.dispose()
    return {"bytes left for each record": round((after - before) / count, 1), "records/s": round(count / seconds)}


def main() -> None:
    """Measure, and print the results."""
    results: dict[str, object] = {}
    with postgresql.running() as server, tempfile.TemporaryDirectory() as folder:
        for name, erase in (("by age", by_age), (f"by reader, {EACH} each", by_readers)):
            for kind in ("sqlite", "postgresql"):
                rounds = []
                for i in range(ROUNDS):
                    url = f"sqlite:///{folder}/{erase.__name__}{i}.db"
                    if kind == "postgresql":
                        url = server.get_uri(f"{erase.__name__}{i}")
                        admin = sa.create_engine(
                            server.get_uri().replace("postgresql://", "postgresql+psycopg://"),
                            isolation_level="AUTOCOMMIT",
                        )
                        with admin.connect() as connection:
                            connection.exec_driver_sql(f"CREATE DATABASE {erase.__name__}{i}")
                        admin.dispose()
                    rounds.append(measure(url, erase))
                results[f"{name}, {kind}"] = {
                    key: {
                        "median": statistics.median(each[key] for each in rounds),
                        "spread": [min(each[key] for each in rounds), max(each[key] for each in rounds)],
                    }
                    for key in rounds[0]
                }
    machine = {"python": platform.python_version(), "cores": os.cpu_count(), "machine": platform.machine()}
    json.dump({"machine": machine, "records": AGED, "results": results}, sys.stdout, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
