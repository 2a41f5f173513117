"""Browsers' reports: how many a second, and what a flood of them does to who decides meanwhile.

Claim made in ``docs/explanation/speed.md``. Server, database and load generators share the machine. Every case runs in
each round, in shuffled order; figures are medians of rounds. A flood names a new host each time, as forged ones would.
"""

from __future__ import annotations

import collections.abc as cabc
import contextlib
import functools
import itertools
import json
import multiprocessing
import os
import pathlib
import platform
import random
import statistics
import sys
import tempfile
import time

from tests.sites import write_site

from . import load
from .bench_requests import CONNECTIONS
from .bench_requests import SEED
from .bench_requests import WORKERS
from .bench_requests import bare_posts
from .bench_requests import decisions
from .bench_requests import served

ROUNDS = 5
SECONDS = 3.0
#: Reports in one post of the Reporting API: what a page with several blocked hosts sends.
BATCH = 10
#: So many decide at once while reports come in.
READERS = 2
FLOOD_SECONDS = 12.0
#: Reports a second beside the decisions; the first is none.
FLOODS = (0, 300, 1000, 3000)

_PATH = "/consent/csp-reports?site=steppe-herald&class=3"
_POLICY = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob: https://counter.example; report-to consentkit"


def single(port: int, host: cabc.Callable[[], str]) -> load.Requests:
    """Return posts of one report each, as ``report-uri`` sends them."""

    def body() -> bytes:
        report = {
            "document-uri": f"http://127.0.0.1:{port}/news/reading-room?from=front",
            "referrer": "",
            "violated-directive": "script-src-elem",
            "effective-directive": "script-src-elem",
            "original-policy": _POLICY,
            "disposition": "enforce",
            "blocked-uri": f"https://{host()}/pixel.js",
            "status-code": 200,
            "script-sample": "",
        }
        return json.dumps({"csp-report": report}).encode()

    return load.post(_PATH, port, body, media="application/csp-report")


def batch(port: int, host: cabc.Callable[[], str]) -> load.Requests:
    """Return posts of several, as ``report-to`` sends them."""

    def report() -> dict[str, object]:
        body = {
            "documentURL": f"http://127.0.0.1:{port}/news/reading-room?from=front",
            "referrer": "",
            "effectiveDirective": "script-src-elem",
            "originalPolicy": _POLICY,
            "disposition": "enforce",
            "blockedURL": f"https://{host()}/pixel.js",
            "statusCode": 200,
            "sample": "",
        }
        return {"age": 12, "type": "csp-violation", "url": body["documentURL"], "user_agent": "Mozilla", "body": body}

    return load.post(
        _PATH,
        port,
        lambda: json.dumps([report() for _ in range(BATCH)]).encode(),
        media="application/reports+json",
    )


def some() -> cabc.Callable[[], str]:
    """Return what names one of twenty hosts each time."""
    return functools.partial(random.Random(SEED).choice, [f"tracker-{i}.example" for i in range(20)])


def ever_new() -> cabc.Callable[[], str]:
    """Return what names a host that was never seen."""
    numbers = itertools.count()
    return lambda: f"forged-{next(numbers)}.example"


def flood(port: int, rate: float, told: multiprocessing.Queue[load.Result]) -> None:
    """Send forged reports at that rate, from a process of its own."""
    told.put(load.run(single(port, ever_new()), port, seconds=FLOOD_SECONDS, rate=rate))


def beside(port: int, rate: float) -> tuple[load.Result, load.Result | None]:
    """Measure decisions while that many reports a second come in."""
    told: multiprocessing.Queue[load.Result] = multiprocessing.Queue()
    process = multiprocessing.Process(target=flood, args=(port, rate, told)) if rate else None
    if process is not None:
        process.start()
        time.sleep(0.5)
    result = load.run(decisions(port), port, seconds=FLOOD_SECONDS - 1, connections=READERS)
    if process is None:
        return result, None
    flooded = told.get(timeout=60)
    process.join(60)
    return result, flooded


def memory(port: int) -> int:
    """Return the kilobytes of memory of the largest process that listens on *port*'s command line."""
    largest = 0
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (folder / "cmdline").read_bytes().split(b"\0")
            if b"granian" in command and str(port).encode() in command:
                status = (folder / "status").read_text().split()
                largest = max(largest, int(status[status.index("VmRSS:") + 1]))
    return largest


def main() -> None:
    """Measure and print a table and JSON."""
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="consentkit-bench-")))
        write_site(folder).rename(folder / "site.toml")
        bare = stack.enter_context(served("bare", {}))
        environment = {"BENCH_FOLDER": str(folder), "BENCH_DATABASE_URL": f"sqlite:///{folder / 'bench.db'}"}
        port = stack.enter_context(served("consent", environment))
        cases = {
            "bare Flask POST": (bare_posts(bare), bare, 1),
            "one report a post": (single(port, some()), port, 1),
            "one report a post, forged hosts": (single(port, ever_new()), port, 1),
            f"{BATCH} reports a post": (batch(port, some()), port, BATCH),
        }
        runs: dict[str, list[load.Result]] = {name: [] for name in cases}
        order = random.Random(SEED)
        for _ in range(ROUNDS):
            for name in order.sample(list(cases), len(cases)):
                requests, to, _ = cases[name]
                runs[name].append(load.run(requests, to, seconds=SECONDS, connections=CONNECTIONS))
        rates = {
            name: {
                "reports_per_second": round(statistics.median(run.rate for run in done) * cases[name][2]),
                "spread": [round(f(run.rate for run in done) * cases[name][2]) for f in (min, max)],
                "ratio": round(
                    statistics.median(run.rate for run in done)
                    / statistics.median(run.rate for run in runs["bare Flask POST"]),
                    2,
                ),
                "p99_ms": round(statistics.median(run.p99 for run in done), 1),
                "statuses": {
                    str(status): sum(run.statuses.get(status, 0) for run in done) for status in done[0].statuses
                },
            }
            for name, done in runs.items()
        }
        resting = memory(port)
        floods = {}
        for rate in FLOODS:
            decided, flooded = beside(port, rate)
            floods[str(rate)] = {
                "reports_per_second": round(flooded.rate) if flooded else 0,
                "decisions_per_second": round(decided.rate),
                "p50_ms": round(decided.p50, 2),
                "p99_ms": round(decided.p99, 2),
                "statuses": {str(status): count for status, count in decided.statuses.items()},
                "memory_mb": round(memory(port) / 1024, 1),
            }
    about = {
        "python": platform.python_version(),
        "cpus": os.cpu_count(),
        "server": f"granian, {WORKERS} workers",
        "connections": CONNECTIONS,
        "readers": READERS,
        "seed": SEED,
        "memory_before_floods_mb": round(resting / 1024, 1),
    }
    lines = [f"{name:34}{row}" for name, row in [*rates.items(), *floods.items()]]
    sys.stdout.write("\n".join([*lines, json.dumps({"about": about, "rates": rates, "floods": floods}, indent=2), ""]))
    statuses = {status for row in [*rates.values(), *floods.values()] for status in row["statuses"]}  # type: ignore[attr-defined]
    if statuses - {"201", "204"}:
        sys.exit(f"Something else than an answer came: {statuses}.")


if __name__ == "__main__":
    main()
