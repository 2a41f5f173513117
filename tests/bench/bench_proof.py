"""An inclusion proof in a log of ten million entries: three queries, and their milliseconds on both databases."""

from __future__ import annotations

import collections.abc as cabc
import contextlib
import json
import os
import random
import statistics
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa

from consentkit.ledger import notes
from consentkit.ledger.checkpoints import Checkpoint
from consentkit.ledger.records import entry_of
from consentkit.ledger.records import fields_of
from consentkit.ledger.tiles import WIDTH
from consentkit.ledger.tiles import Tile
from consentkit.ledger.tiles import read_from
from consentkit.ledger.tree import HASH_LENGTH
from consentkit.ledger.tree import hash_all
from consentkit.ledger.tree import hash_leaf
from consentkit.ledger.tree import root
from consentkit.operations.prove import prove
from consentkit.storage import migrate
from consentkit.storage.log_checkpoints import StoredCheckpoint
from consentkit.storage.log_tree import LogLeafRow
from consentkit.storage.records import RecordRow
from consentkit.storage.records import values_of
from consentkit.storage.unit_of_work import Database
from tests import postgresql
from tests.factories import NOON
from tests.factories import make_record
from tests.log import ORIGIN
from tests.log import SIGNER
from tests.log import begin_log

SITE = "steppe-herald"
SIZE = int(os.environ.get("CONSENTKIT_BENCH_LEAVES", "10000000"))
RECORDS = 300


def fill(database: Database) -> list[str]:
    """Store a tree whose leaves are random but for some records', and return their ids."""
    chosen = random.Random(5).sample(range(SIZE), RECORDS)
    records = {index: make_record(salt=os.urandom(32)) for index in chosen}
    begin_log(database)
    with database.unit_of_work() as uow:
        uow.session.execute(sa.insert(RecordRow), [values_of(one) for one in records.values()])
        places = [{"site": SITE, "leaf_index": i, "item_id": one.id} for i, one in records.items()]
        uow.session.execute(sa.insert(LogLeafRow), places)
    fixed: dict[int, dict[int, bytes]] = {}
    for index, one in records.items():
        entry = bytes(entry_of(fields_of(one), one.salt or b""))
        fixed.setdefault(index // WIDTH, {})[index % WIDTH] = hash_leaf(entry)
    level, count, upper = 0, SIZE, b""
    kept: dict[Tile, bytes] = {}
    while count:
        roots = []
        waiting: dict[Tile, bytes] = {}
        for number in range(-(-count // WIDTH)):
            width = min(WIDTH, count - number * WIDTH)
            if level:
                data = upper[number * WIDTH * HASH_LENGTH :][: width * HASH_LENGTH]
            else:
                hashes = bytearray(os.urandom(width * HASH_LENGTH))
                for at, hash_ in fixed.get(number, {}).items():
                    hashes[at * HASH_LENGTH : (at + 1) * HASH_LENGTH] = hash_
                data = bytes(hashes)
            waiting[Tile(level, number)] = data
            if width == WIDTH:
                roots.append(hash_all([data[i : i + HASH_LENGTH] for i in range(0, len(data), HASH_LENGTH)]))
            else:
                kept[Tile(level, number)] = data
            if level:
                kept[Tile(level, number)] = data
            if len(waiting) == 2000:
                _put(database, waiting)
        _put(database, waiting)
        level, count, upper = level + 1, count // WIDTH, b"".join(roots)
    text = Checkpoint(ORIGIN, SIZE, root(SIZE, read_from(kept))).text
    note = str(notes.Note(text, (notes.sign(text, SIGNER),)))
    with database.unit_of_work() as uow:
        uow.checkpoints.add(StoredCheckpoint(site=SITE, origin=ORIGIN, size=SIZE, note=note, published_at=NOON))
    return [one.id for one in records.values()]


def _put(database: Database, waiting: dict[Tile, bytes]) -> None:
    with database.unit_of_work() as uow:
        uow.log_tree.put_tiles(SITE, waiting)
    waiting.clear()


def measure(database: Database, kind: str) -> None:
    """Prove each record once, in a unit of work of its own, and print the figures."""
    ids = fill(database)
    with database.unit_of_work() as uow:
        # As the database does by itself some minutes later.
        uow.session.execute(sa.text("ANALYZE"))
    asked: list[str] = []
    sa.event.listen(database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    taken = []
    worked = 0.0
    for number, record_id in enumerate([ids[0], *ids]):
        begun, busy = time.perf_counter(), time.process_time()
        with database.unit_of_work(read_only=True) as uow:
            found = uow.records.get(record_id)
            if found is None or prove(uow, found) is None:
                raise SystemExit("no proof")
        if number:
            taken.append((time.perf_counter() - begun) * 1000)
            worked += (time.process_time() - busy) * 1000
        else:
            asked.clear()
    queries = len([statement for statement in asked if "consentkit_" in statement]) / len(ids)
    figures = {
        "database": kind,
        "leaves": SIZE,
        "proofs": len(taken),
        "queries": queries,
        "processor_ms": round(worked / len(taken), 2),
        "median_ms": round(statistics.median(taken), 2),
        "p99_ms": round(statistics.quantiles(taken, n=100)[98], 2),
    }
    print(json.dumps(figures))  # noqa: T201 - what a benchmark is for


@contextlib.contextmanager
def databases() -> cabc.Iterator[list[tuple[str, str]]]:
    """The URLs of both kinds."""
    with tempfile.TemporaryDirectory() as folder, postgresql.running() as server:
        yield [("sqlite", f"sqlite:///{Path(folder) / 'bench.db'}"), ("postgresql", server.get_uri())]


if __name__ == "__main__":
    with databases() as urls:
        for kind, url in urls:
            database = Database(url)
            migrate.upgrade(database)
            measure(database, kind)
            database.dispose()
