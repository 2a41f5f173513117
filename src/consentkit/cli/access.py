"""``consentkit access``: who did what in the audit view and by commands, and whether that is what was stored."""

from __future__ import annotations

import datetime as dt
import json

import click

from ..clock import SystemClock
from ..ledger.events import ACCESS_LOG
from ..ledger.events import What
from ..ledger.events import fields_of_event
from ..operations.keep_access import keep_command
from ..storage.access import EventFilter
from .context import open_database
from .log_verify import verify as verify_any

_PAGE = 500


@click.group()
def access() -> None:
    """Read the log of access, and check it."""


@access.command("list")
@click.option("--person", metavar="EMAIL", help="Only what this account did; 'command USER' for commands.")
@click.option("--what", type=click.Choice([what.value for what in What]), help="Only this.")
@click.option("--site", metavar="ID", help="Only what reached this site.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="From this day on, in UTC.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Up to this day, which is not included.")
def list_events(
    person: str | None, what: str | None, site: str | None, since: dt.datetime | None, until: dt.datetime | None
) -> None:
    """Print events, newest first, one JSON object a line. That is an event as well."""
    database = open_database()
    which = EventFilter(
        actor=person,
        what=what,
        site=site,
        since=since.replace(tzinfo=dt.UTC) if since else None,
        until=until.replace(tzinfo=dt.UTC) if until else None,
    )
    keep_command(database, What.ACCESS_VIEW, clock=SystemClock(), sites=[site] if site else [])
    last: str | None = None
    while True:
        with database.unit_of_work(read_only=True) as uow:
            events = uow.access.page(which, before=last, limit=_PAGE)
        for event in events:
            click.echo(json.dumps(fields_of_event(event), ensure_ascii=True))
        if len(events) < _PAGE:
            return
        last = events[-1].id


@access.command()
@click.pass_context
def verify(ctx: click.Context) -> None:
    """Recompute the log of access from its events, and name what does not fit. Exits 1 if anything is wrong."""
    keep_command(open_database(), What.ACCESS_VERIFY, clock=SystemClock())
    ctx.invoke(verify_any, site_id=ACCESS_LOG, form="text", keys=())
