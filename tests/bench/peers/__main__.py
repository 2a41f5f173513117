"""Measures notices beside each other on one page: ``python -m tests.bench.peers``. See the README in this folder."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import pathlib
import platform
import random
import sys
import tempfile
import time

from playwright.sync_api import Browser
from playwright.sync_api import sync_playwright

from tests.e2e.chromium import ARGUMENTS
from tests.e2e.chromium import find_chromium

from . import method
from . import report
from . import visit
from .contenders import CONTENDERS
from .contenders import HERE
from .site import Site
from .site import serve

SEED = 20261123
RUNS = 15
MINUTES = 60
#: Every so many rounds each notice is visited a second time and accepted.
ACCEPT_EVERY = 5
#: A notice may hide from browsers that say they are driven; readers' browsers do not.
NOT_AUTOMATED = "--disable-blink-features=AutomationControlled"


def main() -> int:
    """Measure, print the tables, write the JSON. Return 1 when the clock was wrong or a visit failed."""
    asked = _arguments()
    missing = [name for name in ("node_modules", "dist") if not (HERE / name).is_dir()]
    if missing or not visit.installed():
        sys.exit("Something is not built: run 'make bench-peers', or what it runs, see tests/bench/peers/README.md.")
    chromium = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.executable, env=chromium.environment, args=[*ARGUMENTS, NOT_AUTOMATED]
        )
        try:
            known = method.check(browser)
            _say_known(known)
            if not all(method.is_right(row) for row in known):
                sys.stderr.write("The clock is wrong here, or the machine too busy: nothing was measured.\n")
                return 1
            if asked.method:
                return 0
            with tempfile.TemporaryDirectory(prefix="consentkit-bench-") as folder, serve(pathlib.Path(folder)) as site:
                facts = {}
                for contender in CONTENDERS:
                    facts[contender.name] = visit.facts(browser, site, contender)
                    _progress(f"{contender.title}: looked at")
                runs, failed, minutes = _measure(browser, site, asked)
            about = _about(browser, runs, minutes)
        finally:
            browser.close()
    found = report.summarise(runs)
    held = report.budgets(found, facts)
    sys.stdout.write(report.tables(found, facts, held) + "\n" + json.dumps(about, indent=2, ensure_ascii=False) + "\n")
    everything = {"about": about, "method": known, "budgets": held, "results": found, "facts": facts, "runs": runs}
    asked.json.parent.mkdir(parents=True, exist_ok=True)
    asked.json.write_text(json.dumps(everything, indent=1, ensure_ascii=False) + "\n", "utf-8")
    for words in failed:
        sys.stderr.write(f"Failed, and was tried again: {words}\n")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.peers", description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, help=f"rounds, each with every notice once (default {RUNS})")
    parser.add_argument("--minutes", type=float, default=MINUTES, help=f"begin no round after this (default {MINUTES})")
    parser.add_argument("--seed", type=int, default=SEED, help="of the order within the rounds")
    parser.add_argument("--json", type=pathlib.Path, default=HERE / "dist" / "result.json", help="where all figures go")
    parser.add_argument("--method", action="store_true", help="try the clock on known notices, and stop")
    return parser.parse_args()


def _measure(browser: Browser, site: Site, asked: argparse.Namespace) -> tuple[report.Runs, list[str], float]:
    runs: report.Runs = {one.name: {"refuse": [], "accept": []} for one in CONTENDERS}
    failed: list[str] = []
    order = random.Random(asked.seed)
    begun = time.monotonic()
    for number in range(asked.runs):
        if number and time.monotonic() - begun > asked.minutes * 60:
            _progress(f"time is up after {number} rounds")
            break
        for answer in ("refuse", "accept") if number % ACCEPT_EVERY == 0 else ("refuse",):
            for contender in order.sample(CONTENDERS, len(CONTENDERS)):
                try:
                    run = visit.first_and_repeat(browser, site, contender, answer)
                except Exception as error:  # noqa: BLE001 - one visit in hundreds; the second failure ends the run
                    failed.append(f"{contender.title}, round {number + 1}: {str(error).splitlines()[0]}")
                    run = visit.first_and_repeat(browser, site, contender, answer)
                runs[contender.name][answer].append(run)
        _progress(f"round {number + 1} of {asked.runs}")
    return runs, failed, (time.monotonic() - begun) / 60


def _about(browser: Browser, runs: report.Runs, minutes: float) -> dict[str, object]:
    return {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}",
        "load_average": [round(value, 1) for value in os.getloadavg()],
        "chromium": browser.version,
        "python": platform.python_version(),
        "versions": {one.package: one.version for one in CONTENDERS if one.package},
        "cpu_slowdown": visit.CPU_SLOWDOWN,
        "network": {"bits_per_second": visit.BITS_PER_SECOND, "latency_ms": visit.LATENCY_MS},
        "viewport": visit.VIEWPORT,
        "runs": {answer: len(runs[CONTENDERS[0].name][answer]) for answer in ("refuse", "accept")},
        "minutes": round(minutes, 1),
    }


def _say_known(known: list[dict[str, object]]) -> None:
    names = ("seen", "measured_seen", "pictured_seen", "rest", "measured_rest", "pictured_rest")
    lines = [f"{'The clock, on known notices':44}" + "".join(f"{name.replace('_', ' '):>15}" for name in names)]
    lines += [f"{row['case']:44}" + "".join(f"{row[name]:>15.0f}" for name in names) for row in known]
    sys.stdout.write("\n".join(lines) + "\n\n")
    sys.stdout.flush()


def _progress(words: str) -> None:
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
