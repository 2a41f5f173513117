"""How long the verification of a large log takes, and how much memory: one million records, on both databases.

Claim: docs/explanation/speed.md. ``CONSENTKIT_BENCH_RECORDS`` changes the number, ``CONSENTKIT_BENCH_DATABASE`` picks
one of ``sqlite`` and ``postgresql``.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import sqlalchemy as sa

from consentkit.consent.record_ids import new_record_id
from consentkit.operations.log_sources import StoredLog
from consentkit.operations.verify_log import verify_log
from consentkit.storage import migrate
from consentkit.storage.records import RecordRow
from consentkit.storage.records import values_of
from consentkit.storage.unit_of_work import Database
from consentkit.testing import FrozenClock
from tests import postgresql
from tests.factories import make_record
from tests.log import keep_log

SITE = "steppe-herald"
_BATCH = 10_000


def main() -> None:
    """Print the figures as JSON."""
    count = int(os.environ.get("CONSENTKIT_BENCH_RECORDS", "1000000"))
    wanted = os.environ.get("CONSENTKIT_BENCH_DATABASE")
    results = {}
    with tempfile.TemporaryDirectory(prefix="consentkit-bench-") as folder:
        if wanted in {None, "sqlite"}:
            results["sqlite"] = _measure(f"sqlite:///{Path(folder, 'consentkit.db')}", count)
        if wanted in {None, "postgresql"}:
            with postgresql.running() as server:
                results["postgresql"] = _measure(server.get_uri(), count)
    about = {"machine": platform.platform(), "cores": os.cpu_count(), "python": platform.python_version()}
    sys.stdout.write(json.dumps({**about, "records": count, "verify": results}, indent=2) + "\n")


def _measure(url: str, count: int) -> dict[str, object]:
    database = Database(url)
    migrate.upgrade(database)
    clock = FrozenClock()
    started = time.monotonic()
    for at in range(0, count, _BATCH):
        clock.advance(dt.timedelta(minutes=1))
        record = make_record(salt=os.urandom(32), decided_at=clock.now(), subject_id="s" * 32)
        batch = [
            values_of(dataclasses.replace(record, id=new_record_id(clock.now()), salt=os.urandom(32)))
            for _ in range(min(_BATCH, count - at))
        ]
        with database.engine.begin() as connection:
            connection.execute(sa.insert(RecordRow), batch)
        keep_log(database, clock=clock)
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
    filled = time.monotonic() - started
    database.dispose()
    runs = {}
    for jobs in sorted({1, os.cpu_count() or 1}):
        runs[f"jobs={jobs}"] = _run(url, jobs)
    return {"filled_seconds": round(filled, 1), **runs}


def _verify(url: str, jobs: int) -> None:
    started = time.monotonic()
    verdict = verify_log(StoredLog(Database(url), SITE), SITE, jobs=jobs)
    told = {"seconds": round(time.monotonic() - started, 2), "holds": verdict.holds, "checked": verdict.records}
    sys.stdout.write(json.dumps(told))


def _run(url: str, jobs: int) -> dict[str, object]:
    # A process of its own: what filled the database needed memory too.
    command = [sys.executable, "-m", __spec__.name, url, str(jobs)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE)
    most = 0
    done = threading.Event()

    def watch() -> None:
        nonlocal most
        while not done.wait(0.2):
            most = max(most, sum(_pss(pid) for pid in _family(child.pid)))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    raw, _ = child.communicate()
    done.set()
    watcher.join()
    return {**json.loads(raw), "pss_mb": round(most / 1000, 1)}


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    except OSError:
        return []
    return [pid, *(one for child in children for one in _family(int(child)))]


def _pss(pid: int) -> int:
    """Return what a process has of the memory, what it shares counted by halves, in kB."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _verify(sys.argv[1], int(sys.argv[2]))
    else:
        main()
