"""``consentkit records``: the evidence of decisions."""

from __future__ import annotations

import datetime as dt
import typing as t
from pathlib import Path

import click

from ..clock import SystemClock
from ..errors import ConfigError
from ..ledger.erasures import Reason
from ..ledger.events import ALL_SITES
from ..ledger.events import What
from ..operations.erase import BATCH
from ..operations.erase import Erased
from ..operations.erase import erase_records
from ..operations.erase import erase_subject
from ..operations.export import Format
from ..operations.export import available
from ..operations.export import export_records
from ..operations.keep_access import keep_command
from ..operations.resume_export import last_record
from ..operations.signing_keys import SigningKeys
from ..storage.records import RecordFilter
from .context import load_sites
from .context import open_database
from .context import open_settings
from .moments import Moment
from .output import Progress
from .output import counted
from .output import opened

if t.TYPE_CHECKING:
    from ..storage.unit_of_work import Database


@click.group()
def records() -> None:
    """Work with the stored records."""


@records.command()
@click.option(
    "--format",
    "form",
    type=click.Choice([form.value for form in Format]),
    default=Format.CSV.value,
    show_default=True,
    help="A table, one JSON object a line, or columns (needs the extra 'parquet').",
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
@click.option(
    "--resume",
    is_flag=True,
    help="Write to the file itself, and go on after the last whole record in it: for csv and jsonl.",
)
def export(
    form: str,
    site: str | None,
    since: dt.datetime | None,
    until: dt.datetime | None,
    output: Path,
    *,
    resume: bool,
) -> None:
    """Stream records out, oldest first.

    A file appears only once it is whole; with --resume it grows in its place, and the same command again goes on
    where it ended. In a table, a text that a spreadsheet would take for a formula has an apostrophe before it.
    """
    which = RecordFilter(site=site, since=since, until=until)
    chosen = Format(form)
    if not available(chosen):
        raise click.UsageError("Parquet needs the extra: pip install 'consentkit[parquet]'.")
    if resume and (chosen is Format.PARQUET or str(output) == "-"):
        raise click.UsageError("--resume needs a file of csv or jsonl.")
    database = open_database()
    with database.unit_of_work(read_only=True) as uow:
        # A site that is no longer configured may have records; one that has neither is a slip of the pen.
        if site is not None and not uow.records.any(site) and not _is_configured(site):
            raise click.BadParameter(f"there is no site '{site}', and no record of one.", param_hint="--site")
    keep_command(database, What.RECORDS_EXPORT, clock=SystemClock(), sites=_reach(site), filter={"format": form})
    if resume:
        _resume(database, which, chosen, output)
        return
    with opened(output) as file:
        progress = Progress(file)
        for piece in export_records(database, which, format=chosen):
            progress.add(file.write(piece))
        progress.finish()


@records.command()
@click.argument("record_ids", metavar="[RECORD_ID]...", nargs=-1)
@click.option("--subject", help="All records of this subject id; needs --site.")
@click.option("--all", "everything", is_flag=True, help="All records of a site that is not configured any more.")
@click.option("--site", metavar="ID", help="The site of the subject, or of all.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def erase(
    ctx: click.Context,
    record_ids: tuple[str, ...],
    subject: str | None,
    site: str | None,
    *,
    everything: bool,
    yes: bool,
) -> None:
    """Erase records because somebody asked for it (GDPR Art. 17): by their ids, or all of a subject.

    Rows, salts and ids go, for good; the log keeps its entries and gets a signed statement. Records under a legal claim
    stay. Exits 1 if any of them did, or if nothing was there.
    """
    if sum((bool(record_ids), subject is not None, everything)) != 1:
        raise click.UsageError("Give the ids of records, or --subject, or --all.")
    if not record_ids and site is None:
        raise click.UsageError("Say of which --site.")
    if everything and _is_configured(site or ""):
        raise click.UsageError(f"'{site}' is configured: its records go when their time is over.")
    database = open_database()
    if not yes:
        click.confirm("Erase for good?", abort=True)
    by = "subject" if subject is not None else "site" if everything else "record"
    keep_command(database, What.RECORD_ERASE, clock=SystemClock(), sites=_reach(site), filter={"by": by})
    request = _Request(database, SigningKeys(open_settings()))
    if subject is not None:
        erased = request.subject(site or "", subject)
    elif everything:
        erased = request.all_of(site or "")
    else:
        erased = request.records([record_id.strip().lower() for record_id in record_ids], site)
    click.echo(f"{counted(erased.count, 'record')} erased.")
    for record_id in erased.held:
        click.echo(f"{record_id} is held for a legal claim and stays.", err=True)
    ctx.exit(1 if erased.held or not erased.count else 0)


class _Request:
    """Erases because somebody asked for it."""

    def __init__(self, database: Database, keys: SigningKeys) -> None:
        self._database = database
        self._asked: t.Any = {"reason": Reason.REQUEST, "signers": keys, "clock": SystemClock()}

    def subject(self, site: str, subject_id: str) -> Erased:
        return erase_subject(self._database, site, subject_id, **self._asked)

    def records(self, record_ids: list[str], site: str | None) -> Erased:
        with self._database.unit_of_work(read_only=True) as uow:
            found = [record for record_id in record_ids if (record := uow.records.get(record_id)) is not None]
        erased = Erased()
        for each in sorted({record.site for record in found} if site is None else {site}):
            ids = [record.id for record in found if record.site == each]
            for start in range(0, len(ids), BATCH):
                erased += erase_records(self._database, each, ids[start : start + BATCH], **self._asked)
        return erased

    def all_of(self, site: str) -> Erased:
        erased = Erased()
        last: str | None = None
        while True:
            with self._database.unit_of_work(read_only=True) as uow:
                page = uow.records.page(RecordFilter(site=site), before=last, limit=BATCH)
            if not page:
                return erased
            last = page[-1].id
            erased += erase_records(self._database, site, [record.id for record in page], **self._asked)


def _reach(site: str | None) -> tuple[str, ...]:
    return (ALL_SITES if site is None else site,)


def _is_configured(site: str) -> bool:
    try:
        return site in load_sites()
    except ConfigError:
        return False


def _resume(database: Database, which: RecordFilter, form: Format, output: Path) -> None:
    try:
        with output.open("r+b" if output.exists() else "w+b") as file:
            last = last_record(file, form)
            progress = Progress(file)
            for piece in export_records(database, which, format=form, after=last):
                progress.add(file.write(piece))
            progress.finish()
    except OSError as error:
        raise click.FileError(str(output), error.strerror) from error
    except ValueError as error:
        raise click.UsageError(str(error)) from error
