"""``consentkit log verify`` and ``log dump``: whether the log is what it was, here and elsewhere."""

from __future__ import annotations

import collections.abc as cabc
import contextlib
import dataclasses
import json
import os
import sys
import time
import typing as t
from pathlib import Path

import click

from ..errors import ConfigError
from ..errors import ProofInvalid
from ..ledger.notes import MAX_LENGTH
from ..ledger.notes import Note
from ..ledger.notes import Verifier
from ..operations.anchors import anchors_of
from ..operations.dump_log import dump_log
from ..operations.log_dumps import DumpedLog
from ..operations.log_findings import Finding
from ..operations.log_findings import Verdict
from ..operations.log_sources import StoredLog
from ..operations.verify_log import Progress
from ..operations.verify_log import verify_log
from ..storage.unit_of_work import Database
from .context import load_sites
from .context import open_database
from .context import open_settings
from .output import counted
from .verifier_keys import VerifierKeys

# Seconds between two words on a terminal.
_PAUSE = 0.5


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False), required=False)
@click.option("--site", "site_id", metavar="ID", help="Only this site.")
@click.option(
    "--from",
    "start",
    type=click.File("rb"),
    metavar="CHECKPOINT_FILE",
    help="Take what this checkpoint covers as proven, and recompute only what came later.",
)
@click.option("--jobs", type=click.IntRange(1, 256), help="How many processes; as many as there are cores by default.")
@click.option(
    "--key",
    "keys",
    type=VerifierKeys(),
    multiple=True,
    help="A verifier key line to trust, or a file of them, from elsewhere. Else the log's oldest one is believed.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people, or for programs: one JSON object a log.",
)
@click.pass_context
def verify(  # noqa: PLR0917 - the options
    ctx: click.Context,
    file: str | None,
    site_id: str | None,
    start: t.BinaryIO | None,
    jobs: int | None,
    keys: tuple[list[Verifier], ...],
    form: str,
) -> None:
    """Recompute the log from the records, and name what does not fit.

    Every commitment, every entry, every tile, the signature of every checkpoint and that each extends the one before,
    what was erased and who said so, the order of times, the queue, and what the anchor holds. Or the same of FILE, a
    dump that 'consentkit log dump' wrote, with no database. Exits 1 if anything is wrong.
    """
    trusted = [key for some in keys for key in some]
    note = _checkpoint(start) if start is not None else None
    well = True
    for verdict in _verdicts(file, site_id, keys=trusted, start=note, jobs=jobs or os.cpu_count() or 1):
        well = well and verdict.holds
        click.echo(_as_json(verdict) if form == "json" else "\n".join(_as_text(verdict)))
    ctx.exit(0 if well else 1)


@click.command()
@click.option("--site", "site_id", metavar="ID", required=True, help="The site.")
@click.option(
    "-o",
    "--output",
    type=click.File("w", encoding="utf-8", lazy=True, atomic=True),
    default="-",
    help="The file to write; '-', the default, is the standard output.",
)
def dump(site_id: str, output: t.TextIO) -> None:
    """Write all of a log for verification elsewhere: tiles, checkpoints, keys, statements, records with their salts.

    One JSON object a line. It holds the records themselves: keep it like the database.
    """
    output.writelines(dump_log(open_database(), site_id))


def _verdicts(
    file: str | None, site_id: str | None, *, keys: list[Verifier], start: str | None, jobs: int
) -> cabc.Iterator[Verdict]:
    if file is not None:
        source = DumpedLog(Path(file))
        if site_id is not None and site_id != source.site:
            raise click.BadParameter(f"the dump is of '{source.site}'.", param_hint="--site")
        with _Shown(source.site) as progress:
            yield verify_log(source, source.site, keys=keys, start=start, jobs=jobs, progress=progress)
        return
    database, settings = open_database(), open_settings()
    sites = _sites(database)
    if site_id is not None and site_id not in sites:
        raise click.BadParameter(f"there is no log of '{site_id}': {', '.join(sites)}.", param_hint="--site")
    if start is not None and site_id is None and len(sites) > 1:
        raise click.UsageError(f"A checkpoint is of one log: say of which --site it is ({', '.join(sites)}).")
    for site in [site_id] if site_id is not None else sites:
        anchors = anchors_of(settings.log_anchor, site, root=settings.root)
        held = [(str(found), f"the anchor {one.place}") for one in anchors.holding if (found := one.read()) is not None]
        with _Shown(site) as progress:
            yield verify_log(
                StoredLog(database, site), site, keys=keys, start=start, held=held, jobs=jobs, progress=progress
            )


def _checkpoint(file: t.BinaryIO) -> str:
    """Return the note in *file*. Lines that are empty at its end are an editor's, or a terminal's."""
    raw = file.read(MAX_LENGTH + 1).rstrip() + b"\n"
    try:
        return str(Note.parse(raw))
    except ProofInvalid as error:
        raise click.BadParameter(f"'{file.name}' is no checkpoint. {error}", param_hint="--from") from error


def _sites(database: Database) -> list[str]:
    with database.unit_of_work(read_only=True) as uow:
        sites = {head.site for head in uow.log_tree.heads()}
    # One that is configured and has lost its head is to be looked at as well.
    with contextlib.suppress(ConfigError):
        sites |= load_sites().keys()
    return sorted(sites)


class _Shown:
    """Says how far it is, on a terminal only."""

    def __init__(self, site: str) -> None:
        self._site = site
        self._shown = sys.stderr.isatty()
        self._said_at = 0.0

    def __enter__(self) -> Progress:
        return self._say

    def __exit__(self, *_: object) -> None:
        if self._said_at:
            click.echo(err=True)

    def _say(self, done: int, total: int) -> None:
        if self._shown and (done == total or time.monotonic() - self._said_at >= _PAUSE):
            self._said_at = time.monotonic()
            click.echo(f"\r{self._site}: {done:,} of {total:,} entries", nl=False, err=True)


def _as_text(verdict: Verdict) -> cabc.Iterator[str]:
    for finding in verdict.findings:
        yield f"{verdict.site}: {_plain(str(finding))}"
    for kind, count in sorted(verdict.counts.items()):
        shown = sum(finding.kind == kind for finding in verdict.findings)
        if count > shown:
            yield f"{verdict.site}: {kind}: and {count - shown} more."
    for remark in verdict.remarks:
        yield f"{verdict.site}: {_plain(remark)}"
    outcome = "holds" if verdict.holds else "DOES NOT HOLD"
    yield (
        f"{verdict.site}: {counted(verdict.size, 'entry')}, {counted(verdict.records, 'record')} recomputed, "
        f"{verdict.erased} erased, {counted(verdict.checkpoints, 'checkpoint')}: the log {outcome}."
    )


def _as_json(verdict: Verdict) -> str:
    members = dataclasses.asdict(verdict)
    members["findings"] = [_finding(finding) for finding in verdict.findings]
    return json.dumps({"holds": verdict.holds, **members}, ensure_ascii=True)


def _finding(finding: Finding) -> dict[str, object]:
    since = None if finding.since is None else finding.since._asdict()
    return {**dataclasses.asdict(finding), "since": since}


def _plain(text: str) -> str:
    """Return what a terminal can be shown: a changed row may hold anything."""
    return "".join(character if character.isprintable() else "?" for character in text)
