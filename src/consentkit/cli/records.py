"""``consentkit records``: the evidence of decisions."""

from __future__ import annotations

import datetime as dt
import typing as t
from pathlib import Path

import click

from ..errors import ConfigError
from ..operations.export import export_records
from ..storage.records import RecordFilter
from .context import load_sites
from .context import open_database
from .moments import Moment
from .output import Progress
from .output import opened

if t.TYPE_CHECKING:
    from ..storage.unit_of_work import UnitOfWork


@click.group()
def records() -> None:
    """Work with the stored records."""


@records.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "jsonl"]),
    default="csv",
    show_default=True,
    help="A table, or one JSON object a line.",
)
@click.option("--site", help="Only this site's records.")
@click.option("--since", type=Moment(), help="Only records decided at this time or later (ISO 8601; UTC if no zone).")
@click.option("--until", type=Moment(), help="Only records decided before this time.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    default="-",
    help="The file to write; '-', the default, is the standard output.",
)
def export(
    form: t.Literal["csv", "jsonl"],
    site: str | None,
    since: dt.datetime | None,
    until: dt.datetime | None,
    output: Path,
) -> None:
    """Stream records out, oldest first.

    A file appears only once it is whole. In a table, a text that a spreadsheet would take for a formula has an
    apostrophe before it.
    """
    which = RecordFilter(site=site, since=since, until=until)
    with open_database().unit_of_work(read_only=True) as uow:
        # A site that is no longer configured may have records; one that has neither is a slip of the pen.
        if site is not None and not uow.records.any(site) and not _is_configured(site):
            raise click.BadParameter(f"there is no site '{site}', and no record of one.", param_hint="--site")
        _write(uow, which, form, output)


def _is_configured(site: str) -> bool:
    try:
        return site in load_sites()
    except ConfigError:
        return False


def _write(uow: UnitOfWork, which: RecordFilter, form: t.Literal["csv", "jsonl"], output: Path) -> None:
    with opened(output) as file:
        progress = Progress(file)
        for piece in export_records(uow, which, format=form):
            progress.add(file.write(piece.encode()))
        progress.finish()
