"""How long the audit view takes to look at very many records: ten million on PostgreSQL, one million on SQLite.

Claim: docs/explanation/speed.md. ``CONSENTKIT_BENCH_DATABASE`` picks one of ``sqlite`` and ``postgresql``,
``CONSENTKIT_BENCH_RECORDS`` changes the number, ``CONSENTKIT_BENCH_URL`` names a database that
``tests.bench.many_records`` has filled before.

Every two of the filters are combined, with values as frequent as they are in records, and with values of which each
is as likely as any other; what nobody decided, such as an agreement by a signal, is asked for as well.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import json
import os
import random
import statistics
import tempfile
import time
import typing as t
from pathlib import Path

import sqlalchemy as sa

from consentkit.consent.decisions import Action
from consentkit.consent.decisions import Method
from consentkit.operations.overview import Period
from consentkit.operations.overview import overview
from consentkit.storage import migrate
from consentkit.storage.records import RecordFilter
from consentkit.storage.unit_of_work import Database
from tests import postgresql
from tests.bench import many_records
from tests.bench.many_records import SITE
from tests.bench.many_records import UNTIL

_PAGE = 51
_DEEP = 500 * 50
_COUNTS = {"postgresql": 10_000_000, "sqlite": 1_000_000}

_SECTIONS = ["news", "sport", "culture", "section-0", "section-25"]
#: What each filter may be set to, the most frequent first.
_VALUES: dict[str, list[t.Any]] = {
    "action": [Action.ACCEPT_ALL, Action.REJECT_ALL, Action.SAVE, Action.WITHDRAW, Action.GPC],
    "granted": ["preferences", "embeds", "analytics", "advertising"],
    "refused": ["advertising", "analytics", "embeds", "preferences"],
    "locale": ["ru", "kk", "en", "ar"],
    "country": ["KZ", "RU", "UZ", "KG", "DE", "TR", "", "US", "IS", "FR"],
    "regime": ["gdpr", "us"],
    "method": [Method.WIDGET, Method.FORM, Method.SIGNAL],
    "layout": ["bar", "box"],
    "notice_version": [f"notice-v{epoch}-{tag}aaaa" for epoch in (5, 3, 0) for tag in ("ru", "kk", "en", "ar")],
    "policy_version": [f"policy-version-{epoch}" for epoch in (5, 3, 0)],
    "revision": [3, 2, 1],
    "gpc": [False, True],
    "section": _SECTIONS,
    "sample": [False, True],
    "since": [UNTIL - dt.timedelta(days=days) for days in (1, 30, 300)],
}


def _filters(dice: random.Random) -> t.Iterator[tuple[str, RecordFilter]]:
    for one, other in itertools.combinations(_VALUES, 2):
        for kind in ("frequent", "any"):
            chosen: dict[str, t.Any] = {}
            for name in (one, other):
                values = _VALUES[name]
                weights = [0.5**rank for rank in range(len(values))] if kind == "frequent" else None
                chosen[name] = dice.choices(values, weights)[0]
            if "since" in chosen:
                chosen["until"] = chosen["since"] + dt.timedelta(days=30)
            named = ", ".join(f"{name}={getattr(value, 'value', value)}" for name, value in chosen.items())
            yield named, RecordFilter(site=SITE, **chosen)


def _timed(database: Database, look: t.Callable[[t.Any], t.Any]) -> tuple[float, t.Any]:
    begun = time.perf_counter()
    with database.unit_of_work(read_only=True) as uow:
        found = look(uow)
    return (time.perf_counter() - begun) * 1000, found


def _figures(taken: list[tuple[float, str]]) -> dict[str, object]:
    times = sorted(ms for ms, _ in taken)
    return {
        "queries": len(times),
        "median_ms": round(statistics.median(times), 1),
        "p95_ms": round(times[int(len(times) * 0.95) - 1], 1),
        "slowest": [f"{ms:.0f} ms: {named}" for ms, named in sorted(taken)[-6:]],
    }


def measure(database: Database) -> dict[str, object]:
    """Return the figures of a filled database."""
    dice = random.Random(6)
    first, deep = [], []
    with database.unit_of_work(read_only=True) as uow:
        uow.records.page(RecordFilter(site=SITE))
    for number, (named, which) in enumerate(_filters(dice)):
        ms, found = _timed(
            database, lambda uow, which=which: uow.records.page(which, limit=_PAGE, stretches=uow.where(which))
        )
        first.append((ms, named))
        if number % 3 == 0 and len(found) == _PAGE:
            # Where the page is, nobody has to wait for: the page before led there.
            with database.unit_of_work(read_only=True) as uow:
                if not database.is_sqlite:
                    uow.session.execute(sa.text("SET LOCAL statement_timeout = 0"))
                place = uow.records.place(which, _DEEP)
            if place is not None:
                ms, _ = _timed(
                    database,
                    lambda uow, which=which, at=place: uow.records.page(
                        which, before=at, limit=_PAGE, stretches=uow.where(which)
                    ),
                )
                deep.append((ms, named))
    with database.unit_of_work(read_only=True) as uow:
        chosen = [
            record
            for days in range(1, 360, 12)
            for record in uow.records.page(RecordFilter(site=SITE, until=UNTIL - dt.timedelta(days=days)), limit=3)
        ]
    by_id = [(_timed(database, lambda uow, one=one: uow.records.get(one.id))[0], one.id) for one in chosen]
    by_subject = [
        (
            _timed(
                database,
                lambda uow, one=one: uow.records.page(RecordFilter(site=SITE, subject_id=one.subject_id), limit=_PAGE),
            )[0],
            str(one.subject_id),
        )
        for one in chosen
        if one.subject_id is not None
    ]
    today = UNTIL.date() - dt.timedelta(days=1)
    days = Period(today - dt.timedelta(days=89), today)
    return {
        "overview, 90 days": _figures(
            [(_timed(database, lambda uow: overview(uow, SITE, days))[0], "") for _ in range(20)]
        ),
        "first page": _figures(first),
        "page 500": _figures(deep),
        "by id": _figures(by_id),
        "by subject": _figures(by_subject),
    }


@contextlib.contextmanager
def _database(kind: str) -> t.Iterator[Database]:
    if url := os.environ.get("CONSENTKIT_BENCH_URL"):
        yield Database(url)
        return
    with contextlib.ExitStack() as stack:
        if kind == "sqlite":
            url = f"sqlite:///{Path(stack.enter_context(tempfile.TemporaryDirectory()), 'audit.db')}"
        else:
            url = stack.enter_context(postgresql.running()).get_uri()
        database = Database(url)
        migrate.upgrade(database)
        many_records.fill(database, int(os.environ.get("CONSENTKIT_BENCH_RECORDS", _COUNTS[kind])))
        yield database
        database.dispose()


def main() -> None:
    """Print the figures as JSON."""
    kinds = [os.environ["CONSENTKIT_BENCH_DATABASE"]] if "CONSENTKIT_BENCH_DATABASE" in os.environ else list(_COUNTS)
    for kind in kinds:
        with _database(kind) as database, database.unit_of_work(read_only=True) as uow:
            count = uow.session.scalar(sa.text("SELECT count(*) FROM consentkit_records"))
            print(json.dumps({"database": kind, "records": count, **measure(database)}, indent=2))  # noqa: T201


if __name__ == "__main__":
    main()
