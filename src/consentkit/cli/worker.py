"""``consentkit worker``: a process beside the web processes that writes the consent log and does the chores."""

from __future__ import annotations

import collections.abc as cabc
import contextlib
import functools
import logging
import signal
import threading
import time
import types

import click

from ..clock import SystemClock
from ..consent.site import Site
from ..errors import ConfigError
from ..errors import StoreUnavailable
from ..jobs.log_writer import INTERVAL
from ..jobs.log_writer import Outcome
from ..jobs.retention import Retention
from ..jobs.sweep import sweep_checkpoints
from ..jobs.sweep import sweep_nonces
from ..jobs.sweep import sweep_observations
from ..operations.signing_keys import SigningKeys
from ..runtime import make_log_writer
from .context import load_sites
from .context import open_database
from .context import open_settings

log = logging.getLogger("consentkit")

_CHORES_SECONDS = 600


@click.command()
@click.option(
    "--once", is_flag=True, help="Write all that waits now, and end: for a timer. Exits 1 if it could not be."
)
@click.pass_context
def worker(ctx: click.Context, *, once: bool) -> None:
    """Write the consent log and do the chores, until it is told to end (SIGTERM, or Ctrl-C).

    Needed where CONSENTKIT_LOG_WRITER is 'worker'; else the web processes do it by themselves. Any number may run, on
    any machines: one at a time writes a site's log, and when it ends or hangs the next one goes on.
    """
    settings = open_settings()
    database = open_database()
    clock = SystemClock()
    writer = make_log_writer(settings, database, clock=clock, site_of=_site_of)
    chores: list[cabc.Callable[[], object]] = [
        functools.partial(sweep, database, clock) for sweep in (sweep_nonces, sweep_observations, sweep_checkpoints)
    ]
    chores.append(Retention(database, SigningKeys(settings), clock, days=_retention_days).work)
    with _told_to_end() as end:
        if once:
            while (outcome := writer.write(end.is_set)) is Outcome.DONE and not end.is_set():
                pass
            ctx.exit(0 if outcome is Outcome.IDLE else 1)
        click.echo(f"Writing the consent log in {database.name}.", err=True)
        done_at = -float(_CHORES_SECONDS)
        while not end.is_set():
            with _surviving():
                writer.write(end.is_set)
                if time.monotonic() - done_at >= _CHORES_SECONDS:
                    done_at = time.monotonic()
                    for chore in chores:
                        chore()
            end.wait(INTERVAL)
        click.echo("Ended.", err=True)


def _site_of(site_id: str) -> Site | None:
    # Asked for once in a site's life, when its log begins: the files as they are then.
    try:
        return load_sites()[site_id][0]
    except KeyError:
        return None


def _retention_days() -> dict[str, int]:
    return {name: site.site.retention_days for name, (site, _) in load_sites().items()}


@contextlib.contextmanager
def _told_to_end() -> cabc.Iterator[threading.Event]:
    """Give what is set when the process is asked to end: the batch that is being written is written first."""
    end = threading.Event()

    def ask(_number: int, _frame: types.FrameType | None) -> None:
        end.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield end
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _surviving() -> cabc.Iterator[None]:
    """Go on whatever the store or a site's file has: nobody else would write the log."""
    try:
        yield
    except StoreUnavailable as error:
        log.warning("The store is not available; it is tried again: %s", error)
    except ConfigError as error:
        log.warning("The configuration cannot be used; it is tried again: %s", error)
    except Exception:
        log.exception("Writing the consent log failed; it is tried again.")
