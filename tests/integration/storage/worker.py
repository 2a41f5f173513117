"""A process of its own that uses the store: ``python -m tests.integration.storage.worker VERB URL [NONCE…]``.

It says ``ready``, waits for a line, does what it was asked for (``start``, ``upgrade``, ``record`` once for each nonce,
or once without any, or ``observe`` each host three times), and says what came of it.
"""

from __future__ import annotations

import contextlib
import random
import subprocess
import sys
import typing as t
from pathlib import Path

from consentkit.clock import SystemClock
from consentkit.consent.decisions import Nonce
from consentkit.errors import ConsentKitError
from consentkit.jobs.observations import Observed
from consentkit.storage import migrate
from consentkit.storage.observations import Kind
from consentkit.storage.observations import Outcome
from consentkit.storage.observations import Seen
from consentkit.storage.recorder import DirectRecorder
from consentkit.storage.unit_of_work import Database
from tests.factories import make_record


class Worker:
    """Such a process, as its parent sees it."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.storage.worker", *arguments],
            cwd=Path(__file__).parents[3],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def wait_ready(self) -> None:
        """Wait until it has been set up."""
        assert self._line() == "ready"

    def go(self) -> None:
        """Let it do its work."""
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def answer(self) -> str:
        """Wait for what came of it."""
        return self._line()

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


@contextlib.contextmanager
def workers(count: int, *arguments: str) -> t.Iterator[list[Worker]]:
    """Start several that do the same at once."""
    with contextlib.ExitStack() as stack:
        started = [stack.enter_context(Worker(*arguments)) for _ in range(count)]
        for worker in started:
            worker.wait_ready()
        for worker in started:
            worker.go()
        yield started


def _main(verb: str, url: str, *nonces: str) -> str:
    database = Database(url)
    recorder = DirectRecorder(database, SystemClock())
    if verb in {"record", "observe"}:
        # The connection is there before, so that several meet at the insert.
        database.ping()
    print("ready", flush=True)  # noqa: T201  # it speaks to its parent
    sys.stdin.readline()
    try:
        if verb in {"start", "upgrade"}:
            (migrate.ensure_ready if verb == "start" else migrate.upgrade)(database)
            return str(migrate.current(database))
        if verb == "observe":
            _observe(database, nonces)
            return "stored"
        answers = []
        for nonce in nonces or (None,):
            record = make_record(decided_at=SystemClock().now(), subject_id="subject")
            recorded = recorder.record(record, nonce=Nonce(nonce, "body") if nonce else None)
            answers.append(f"{recorded.record.id}={'fresh' if recorded.fresh else 'stored'}")
        return " ".join(answers)
    except ConsentKitError as error:
        return f"{type(error).__name__}: {error}"


def _observe(database: Database, hosts: t.Sequence[str]) -> None:
    observed = Observed(database, SystemClock())
    for _ in range(3):
        # Each process in another order, as browsers would have it.
        for host in random.sample(hosts, len(hosts)):
            observed.add(Seen("steppe-herald", Kind.HOST, host, "img-src", "news", 3, Outcome.BLOCKED))
        observed.flush()


if __name__ == "__main__":
    print(_main(*sys.argv[1:]), flush=True)  # noqa: T201  # it speaks to its parent
    # Until it is ended.
    sys.stdin.readline()
