"""``consentkit retention``: erasing what is past its time, and holding back what a legal claim needs."""

from __future__ import annotations

import sys

import click

from ..clock import SystemClock
from ..consent.record_ids import is_record_id
from ..consent.site import Site
from ..errors import NotFound
from ..ledger.events import What
from ..operations.erase import Erased
from ..operations.hold import MAX_REASON
from ..operations.hold import hold_record
from ..operations.hold import release_record
from ..operations.keep_access import keep_command
from ..operations.retain import Step
from ..operations.retain import past_retention
from ..operations.retain import retain
from ..operations.signing_keys import SigningKeys
from .context import load_sites
from .context import open_database
from .context import open_settings
from .output import counted

#: Who holds a record, where it is done here.
BY = "command line"


@click.group()
def retention() -> None:
    """Erase records whose time is over, and hold back those that a legal claim needs."""


@retention.command()
@click.option("--dry-run", is_flag=True, help="Only say how many would be erased.")
@click.option("--site", "site_id", metavar="ID", help="Only this site.")
def run(site_id: str | None, *, dry_run: bool) -> None:
    """Erase records whose time is over: the site's 'retention_days' after the consent in them ended.

    A consent ends when it expires, or when its reader decides anew. Rows, salts and ids go; the log keeps its entries
    and gets a signed statement for each batch. It can be stopped at any time and run again. The web processes and
    'consentkit worker' do the same every day.
    """
    database = open_database()
    clock = SystemClock()
    sites = _chosen(site_id)
    keys = SigningKeys(open_settings())
    if not dry_run:
        keep_command(database, What.RETENTION_RUN, clock=clock, sites=sites)
    for name, site in sites.items():
        days = site.site.retention_days
        progress = _Progress(name)
        if dry_run:
            for step in past_retention(database, name, days=days, clock=clock):
                progress.add(Erased(len(step.ids)), step)
        else:
            for erased, step in retain(database, name, days=days, signers=keys, clock=clock):
                progress.add(erased, step)
        progress.finish("would be erased" if dry_run else "erased")
    if site_id is None:
        with database.unit_of_work(read_only=True) as uow:
            others = [name for name in uow.records.sites() if name not in sites]
        for name in others:
            # Nobody says how long theirs are kept, so they would be kept for ever.
            click.echo(
                f"{name}: there are records, and no site of this name is configured. Nothing of it was erased. "
                "Configure it, or erase its records with 'consentkit records erase'.",
                err=True,
            )


@retention.command()
@click.argument("record_id")
@click.option("--reason", required=True, help="The legal claim that needs it (GDPR Art. 17(3)(e)).")
def hold(record_id: str, reason: str) -> None:
    """Keep the record RECORD_ID, whatever its age and whoever asks for its erasure, until it is released."""
    reason = reason.strip()
    if not 0 < len(reason) <= MAX_REASON:
        raise click.BadParameter(f"expected 1 to {MAX_REASON} characters.", param_hint="--reason")
    checked = _checked(record_id)
    database = open_database()
    keep_command(database, What.RECORD_HOLD, clock=SystemClock())
    with database.unit_of_work() as uow:
        held = hold_record(uow, checked, reason=reason, by=BY, clock=SystemClock())
    click.echo(f"{held.record_id} is held since {held.held_at:%Y-%m-%d %H:%M} UTC by {held.held_by}: {held.reason}")


@retention.command()
@click.argument("record_id")
def release(record_id: str) -> None:
    """Let the record RECORD_ID go: from now on it is treated as any other."""
    checked = _checked(record_id)
    database = open_database()
    keep_command(database, What.RECORD_RELEASE, clock=SystemClock())
    with database.unit_of_work() as uow:
        if not release_record(uow, checked):
            raise NotFound("The record is not held.")
    click.echo("Released.")


@retention.command()
@click.option("--site", "site_id", metavar="ID", help="Only this site.")
def holds(site_id: str | None) -> None:
    """List the records that are held back, and why."""
    with open_database().unit_of_work(read_only=True) as uow:
        for held in uow.holds.stream(site_id):
            click.echo(
                f"{held.site}  {held.record_id}  since {held.held_at:%Y-%m-%d %H:%M} UTC  by {held.held_by}  "
                f"{' '.join(held.reason.split())}"
            )


def _chosen(site_id: str | None) -> dict[str, Site]:
    sites = {name: site for name, (site, _) in load_sites().items()}
    if site_id is None:
        return sites
    if site_id not in sites:
        raise click.BadParameter(f"there is no site '{site_id}': {', '.join(sites)}.", param_hint="--site")
    return {site_id: sites[site_id]}


def _checked(record_id: str) -> str:
    wanted = record_id.strip().lower()
    if not is_record_id(wanted):
        raise click.BadParameter(f"'{record_id[:100]}' is no record's id.", param_hint="RECORD_ID")
    return wanted


class _Progress:
    """Says how far it is, on a terminal only, and at the end what came of it."""

    def __init__(self, site: str) -> None:
        self._site = site
        self._shown = sys.stderr.isatty()
        self._erased = Erased()
        self._held = 0

    def add(self, erased: Erased, step: Step) -> None:
        self._erased += erased
        self._held += step.held
        if self._shown:
            text = f"\r{self._site}: {self._erased.count:,} so far, at {step.reached:%Y-%m-%d}"
            click.echo(text, nl=False, err=True)

    def finish(self, what: str) -> None:
        if self._shown:
            click.echo("\r\033[K", nl=False, err=True)
        held = self._held + len(self._erased.held)
        kept = f", {held} held back for a legal claim" if held else ""
        click.echo(f"{self._site}: {counted(self._erased.count, 'record')} {what}{kept}.")
