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
import typing as t

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
#: Decisions a second, of so many readers at once, while others post.
DECISIONS = 40
READERS = 4
FLOOD_ROUNDS = 4
FLOOD_SECONDS = 8.0
#: What comes in beside the decisions: nothing; so many posts a second to a bare Flask application in processes of its
#: own, which take as much of the machine as such a flood takes of any; reports.
FLOODS = {
    "decisions alone": (None, 0),
    "beside 3,000 bare posts/s elsewhere": ("bare", 3000),
    "beside 300 reports/s": ("reports", 300),
    "beside 1,000 reports/s": ("reports", 1000),
    "beside 3,000 reports/s": ("reports", 3000),
}

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


def flood(kind: str, port: int, rate: float, told: multiprocessing.Queue[load.Result]) -> None:
    """Post at that rate, from a process of its own: forged reports, or anything."""
    requests = bare_posts(port) if kind == "bare" else single(port, ever_new())
    told.put(load.run(requests, port, seconds=FLOOD_SECONDS, rate=rate))


def beside(port: int, flooded: int, kind: str | None, rate: float) -> tuple[load.Result, float]:
    """Measure decisions at *port* while that much comes in at *flooded*. Returns how many a second came in, too."""
    told: multiprocessing.Queue[load.Result] = multiprocessing.Queue()
    process = multiprocessing.Process(target=flood, args=(kind, flooded, rate, told)) if kind else None
    if process is not None:
        process.start()
        time.sleep(0.5)
    result = load.run(decisions(port), port, seconds=FLOOD_SECONDS - 1, connections=READERS, rate=DECISIONS)
    if process is None:
        return result, 0.0
    came = told.get(timeout=60)
    process.join(60)
    return result, came.rate


def memory(port: int) -> float:
    """Return the megabytes of the largest of the processes that serve *port*."""
    largest = 0
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError):
            command = (folder / "cmdline").read_bytes().split(b"\0")
            if str(port).encode() in command:
                status = (folder / "status").read_text().split()
                largest = max(largest, int(status[status.index("VmRSS:") + 1]))
    return round(largest / 1024, 1)


def rates(runs: cabc.Mapping[str, list[load.Result]], size: cabc.Mapping[str, int]) -> dict[str, dict[str, t.Any]]:
    """Return the figures of the first part, by case."""
    bare = statistics.median(run.rate for run in runs["bare Flask POST"])
    return {
        name: {
            "per_second": round(statistics.median(run.rate for run in done) * size[name]),
            "spread": [round(end(run.rate for run in done) * size[name]) for end in (min, max)],
            "posts_to_bare": round(statistics.median(run.rate for run in done) / bare, 2),
            "p50_ms": round(statistics.median(run.p50 for run in done), 1),
            "p99_ms": round(statistics.median(run.p99 for run in done), 1),
            "statuses": sorted({status for run in done for status in run.statuses}),
        }
        for name, done in runs.items()
    }


def main() -> None:
    """Measure and print a table and JSON."""
    order = random.Random(SEED)
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
        for _ in range(ROUNDS):
            for name in order.sample(list(cases), len(cases)):
                requests, to, _ = cases[name]
                runs[name].append(load.run(requests, to, seconds=SECONDS, connections=CONNECTIONS))
        # What the first part left is stored, so that the second begins with nothing.
        time.sleep(12)
        decided: dict[str, list[tuple[load.Result, float]]] = {name: [] for name in FLOODS}
        resting = memory(port)
        for _ in range(FLOOD_ROUNDS):
            for name in order.sample(list(FLOODS), len(FLOODS)):
                kind, rate = FLOODS[name]
                decided[name].append(beside(port, bare if kind == "bare" else port, kind, rate))
        flooded = memory(port)
    results = {
        "rates": rates(runs, {name: size for name, (_, _, size) in cases.items()}),
        "decisions": {
            name: {
                "posts_per_second": round(statistics.median(came for _, came in done)),
                "p50_ms": round(statistics.median(run.p50 for run, _ in done), 1),
                "p50_spread": [round(end(run.p50 for run, _ in done), 1) for end in (min, max)],
                "p99_ms": round(statistics.median(run.p99 for run, _ in done), 1),
                "p99_spread": [round(end(run.p99 for run, _ in done), 1) for end in (min, max)],
                "statuses": sorted({status for run, _ in done for status in run.statuses}),
            }
            for name, done in decided.items()
        },
        "memory_mb": {"before": resting, "after": flooded},
    }
    about = {
        "python": platform.python_version(),
        "cpus": os.cpu_count(),
        "server": f"granian, {WORKERS} workers, SQLite",
        "connections": CONNECTIONS,
        "decisions_per_second": DECISIONS,
        "rounds": [ROUNDS, FLOOD_ROUNDS],
        "seconds": [SECONDS, FLOOD_SECONDS],
        "seed": SEED,
    }
    rows = [*results["rates"].items(), *results["decisions"].items()]
    lines = [f"{name:38}" + "".join(f"{key} {value}  " for key, value in row.items()) for name, row in rows]
    sys.stdout.write("\n".join([*lines, json.dumps({"about": about, "results": results}, indent=2), ""]))
    if {status for _, row in rows for status in row["statuses"]} - {201, 204}:
        sys.exit("Something else than an answer came.")


if __name__ == "__main__":
    main()
