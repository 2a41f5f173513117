"""How fast records come out as files, and in how much memory: one million, on both databases.

Claim: docs/explanation/speed.md. ``CONSENTKIT_BENCH_URL`` names a database that ``tests.bench.many_records`` has filled
before, ``CONSENTKIT_BENCH_RECORDS`` changes the number.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

from consentkit.operations.export import Format
from consentkit.operations.export import export_records
from consentkit.storage import migrate
from consentkit.storage.records import RecordFilter
from consentkit.storage.unit_of_work import Database
from tests import postgresql
from tests.bench import many_records


def _measure(database: Database, count: int) -> None:
    for form in Format:
        begun, size = time.perf_counter(), 0
        for piece in export_records(database, RecordFilter(site=many_records.SITE), format=form):
            size += len(piece)
        taken = time.perf_counter() - begun
        figures = {
            "database": "sqlite" if database.is_sqlite else "postgresql",
            "format": form.value,
            "rows_a_second": round(count / taken),
            "megabytes": round(size / 1e6),
            # The most so far, the libraries and all.
            "memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        }
        sys.stdout.write(json.dumps(figures) + "\n")


def main() -> None:
    """Print a line for each database and format."""
    count = int(os.environ.get("CONSENTKIT_BENCH_RECORDS", "1000000"))
    with contextlib.ExitStack() as stack:
        urls = [os.environ["CONSENTKIT_BENCH_URL"]] if "CONSENTKIT_BENCH_URL" in os.environ else []
        if not urls:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            urls = [f"sqlite:///{Path(folder, 'export.db')}", stack.enter_context(postgresql.running()).get_uri()]
        for url in urls:
            database = Database(url)
            if "CONSENTKIT_BENCH_URL" not in os.environ:
                migrate.upgrade(database)
                many_records.fill(database, count)
            _measure(database, count)
            database.dispose()


if __name__ == "__main__":
    main()
