"""``consentkit rollups``: the counts that the audit view's overview reads."""

from __future__ import annotations

import datetime as dt

import click

from ..operations.rebuild_rollups import rebuild_rollups
from .context import open_database


@click.group()
def rollups() -> None:
    """Count decisions by day, for the overview of the audit view."""


@rollups.command()
@click.option("--site", "site_id", metavar="ID", help="Only this site.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only from this day on, in UTC.")
@click.option("--lessen", is_flag=True, help="Also days of which records have been erased since they were counted.")
def rebuild(site_id: str | None, since: dt.datetime | None, *, lessen: bool) -> None:
    """Count the decisions of each day anew, from the records.

    The writer of the log keeps the counts up; this is for records from before it did, and for doubt. What it counts
    is what has a place in the log, and samples. A day of which records have been erased since keeps its counts: they
    tell nothing of anybody. It can be stopped at any time and run again.
    """
    database = open_database()
    with database.unit_of_work(read_only=True) as uow:
        sites = uow.records.sites() if site_id is None else [site_id]
    for name in sites:
        done = kept = 0
        for _, counted in rebuild_rollups(database, name, since=since.date() if since else None, lessen=lessen):
            done, kept = done + counted, kept + (not counted)
        click.echo(f"{name}: days counted anew: {done}; left as they were, for records erased since: {kept}")
