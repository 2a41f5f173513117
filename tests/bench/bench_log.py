"""The consent log: how fast a backlog is integrated, and what it costs a decision and a processor.

Whatever else runs on the machine makes the figures worse: they are for an idle one.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import pathlib
import platform
import resource
import statistics
import sys
import tempfile
import time
import typing as t

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consentkit.clock import SystemClock
from consentkit.consent.record_ids import new_record_id
from consentkit.ledger.notes import LocalSigner
from consentkit.operations.integrate import integrate
from consentkit.operations.publish_checkpoint import publish_checkpoint
from consentkit.storage import migrate
from consentkit.storage.recorder import DirectRecorder
from consentkit.storage.records import RecordRow
from consentkit.storage.records import values_of
from consentkit.storage.unit_of_work import Database
from tests import postgresql
from tests.factories import make_record

if t.TYPE_CHECKING:
    import collections.abc as cabc

SITE = "steppe-herald"
ORIGIN = "www.steppe-herald.example/consent/log/steppe-herald"
SIGNER = LocalSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32)))
#: What the issue asks for.
GOALS = {"records a second, PostgreSQL": 30_000, "decisions, on against off": 0.95}
DECISIONS = 200
ROUNDS = 10


@contextlib.contextmanager
def databases(folder: pathlib.Path) -> cabc.Iterator[dict[str, Database]]:
    """Give an empty database of each kind, as they are for use: with fsync."""
    with postgresql.running() as server:
        found = {
            "postgresql": Database(server.get_uri()),
            "sqlite": Database(f"sqlite:///{folder / 'records.db'}"),
        }
        for database in found.values():
            migrate.upgrade(database)
            with database.unit_of_work() as uow:
                uow.log_tree.begin(SITE, origin=ORIGIN, at=SystemClock().now())
                uow.log_keys.add(SITE, str(SIGNER.verifier), SystemClock().now())
        yield found
        for database in found.values():
            database.dispose()


def fill(database: Database, count: int) -> None:
    """Store records as a backlog: what the requests would have stored, by the same trigger."""
    now = SystemClock().now()
    row = values_of(make_record(decided_at=now, subject_id="0123456789abcdef0123456789abcdef"))
    for at in range(0, count, 5000):
        rows = [
            row | {"id": new_record_id(now), "salt": number.to_bytes(32, "big")}
            for number in range(at, min(at + 5000, count))
        ]
        with database.engine.begin() as connection:
            connection.execute(sa.insert(RecordRow), rows)


def own() -> float:
    """Return the seconds of processor time of this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def backlog(database: Database, count: int) -> dict[str, t.Any]:
    """Integrate a backlog and sign it."""
    fill(database, count)
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            # As its own housekeeping would have done in the time in which that many decisions are taken.
            connection.execute(sa.text("VACUUM ANALYZE"))
    rates = []
    processor, begun, done = own(), time.perf_counter(), 0
    while True:
        at = time.perf_counter()
        found = integrate(database, SITE, fence=0)
        if not found:
            break
        done += found
        rates.append(found / (time.perf_counter() - at))
    publish_checkpoint(database, SITE, signer=SIGNER, clock=SystemClock())
    seconds = time.perf_counter() - begun
    assert done == count
    return {
        "records": count,
        "records a second": round(done / seconds),
        "a batch": {"median": round(statistics.median(rates)), "least": round(min(rates)), "most": round(max(rates))},
        "own processor time, microseconds a record": round((own() - processor) / done * 1e6, 1),
    }


class Off:
    """A recorder's way without the log: no trigger, no salt."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __enter__(self) -> None:
        self._run(
            "DROP TRIGGER consentkit_records_queue" + ("" if self._database.is_sqlite else " ON consentkit_records")
        )

    def __exit__(self, *_: object) -> None:
        if self._database.is_sqlite:
            self._run(
                "CREATE TRIGGER consentkit_records_queue AFTER INSERT ON consentkit_records WHEN NOT NEW.sample BEGIN "
                "INSERT INTO consentkit_log_queue (site, item_id, kind) VALUES (NEW.site, NEW.id, 1); END"
            )
        else:
            self._run(
                "CREATE TRIGGER consentkit_records_queue AFTER INSERT ON consentkit_records "
                "FOR EACH ROW WHEN (NOT NEW.sample) EXECUTE FUNCTION consentkit_queue_record()"
            )

    def _run(self, statement: str) -> None:
        with self._database.engine.begin() as connection:
            connection.exec_driver_sql(statement)


def record(database: Database, count: int, *, salted: bool) -> float:
    """Record decisions one after the other, and return how many a second."""
    recorder = DirectRecorder(database, SystemClock())
    now = SystemClock().now()
    records = [make_record(decided_at=now, salt=b"s" * 32 if salted else None) for _ in range(count)]
    begun = time.perf_counter()
    for each in records:
        recorder.record(dataclasses.replace(each, subject_id=each.id), nonce=None)
    return count / (time.perf_counter() - begun)


def decisions(database: Database) -> dict[str, t.Any]:
    """Record with the log and without it, in turns."""
    on, off = [], []
    record(database, DECISIONS, salted=True)
    for turn in range(ROUNDS):
        for which in ("on", "off") if turn % 2 else ("off", "on"):
            if which == "on":
                on.append(record(database, DECISIONS, salted=True))
            else:
                with Off(database):
                    off.append(record(database, DECISIONS, salted=False))
    ratios = [a / b for a, b in zip(on, off, strict=True)]
    while integrate(database, SITE, fence=0):
        pass
    return {
        "on, a second": round(statistics.median(on)),
        "off, a second": round(statistics.median(off)),
        "on against off": round(statistics.median(ratios), 3),
        "quartiles": [round(value, 3) for value in statistics.quantiles(ratios, n=4)],
    }


def main() -> int:
    """Measure, print, and fail where a claim does not hold."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=100_000)
    count = parser.parse_args().records
    with tempfile.TemporaryDirectory() as folder, databases(pathlib.Path(folder)) as found:
        results = {
            name: {
                "backlog": backlog(database, count if name == "postgresql" else count // 5),
                "decisions": decisions(database),
            }
            for name, database in found.items()
        }
    report = {"python": platform.python_version(), "machine": platform.platform(), "goals": GOALS, "results": results}
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    held = results["postgresql"]["backlog"]["records a second"] >= GOALS["records a second, PostgreSQL"] and all(
        result["decisions"]["on against off"] >= GOALS["decisions, on against off"] for result in results.values()
    )
    return int(not held)


if __name__ == "__main__":
    sys.exit(main())
