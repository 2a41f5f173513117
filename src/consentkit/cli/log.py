"""``consentkit log``: the consent log."""

from __future__ import annotations

import json

import click

from ..clock import SystemClock
from ..consent.record_ids import is_record_id
from ..errors import NotFound
from ..operations.anchors import anchors_of
from ..operations.issue_receipt import issue_receipt
from ..operations.open_log import continue_log
from ..operations.signing_keys import SigningKeys
from .context import load_sites
from .context import open_database
from .context import open_settings
from .log_verify import dump
from .log_verify import verify
from .log_witness import witness


@click.group()
def log() -> None:
    """Look after the consent log, a tree over all records that nobody can change unseen."""


@log.command()
@click.option("--site", "site_id", metavar="ID", help="Only this site.")
@click.pass_context
def checkpoint(ctx: click.Context, site_id: str | None) -> None:
    """Print the last checkpoint of each log: its name, its size, the hash over all entries, signatures.

    Exits 1 if a log has none, or stands still; what is the matter is said on the other stream.
    """
    well, printed = True, False
    with open_database().unit_of_work(read_only=True) as uow:
        for name in [site_id] if site_id is not None else list(load_sites()):
            head = uow.log_tree.head(name)
            latest = uow.checkpoints.largest(name, head.origin) if head is not None else None
            if latest is not None:
                # As it was signed, to the letter: with one log, what is printed is what verification takes.
                click.echo(f"\n{latest.note}" if printed else latest.note, nl=False)
                printed = True
            if head is None or latest is None or head.trouble:
                well = False
                trouble = head.trouble if head is not None and head.trouble else "no checkpoint is published yet."
                click.echo(f"{name}: {trouble}", err=True)
    ctx.exit(0 if well else 1)


@log.command("prove")
@click.argument("record_id")
def prove_record(record_id: str) -> None:
    """Print the receipt of a record: what was recorded, and, once it is published, the proof of its place in the log.

    It holds personal data: it is for its reader, or for who may ask the controller for proof.
    """
    settings = open_settings()
    with open_database().unit_of_work(read_only=True) as uow:
        record = uow.records.get(record_id) if is_record_id(record_id) else None
        if record is None:
            raise NotFound(f"There is no record '{record_id[:80]}'.")
        body = issue_receipt(
            uow, record, prefix=settings.url_prefix, signers=SigningKeys(settings), clock=SystemClock()
        )
    click.echo(json.dumps(body, ensure_ascii=False, indent=2))


@log.command("continue")
@click.option("--site", "site_id", metavar="ID", required=True, help="The site.")
@click.option("--reason", required=True, help="What happened, in words. It is published: no personal data.")
def begin_anew(site_id: str, reason: str) -> None:
    """Let a log go on under a new name, with a new key.

    For when its database was restored from a backup, or its key is lost: then nothing is signed any more under the old
    name. All entries that are there stay; a signed entry says what became of the log before.
    """
    settings = open_settings()
    name = continue_log(
        open_database(),
        site_id,
        reason=reason,
        keys=SigningKeys(settings),
        anchors=anchors_of(settings.log_anchor, site_id, root=settings.root),
        clock=SystemClock(),
    )
    click.echo(f"The log goes on as {name}. Tell those who have its key: 'consentkit keys list --site {site_id}'.")


log.add_command(dump)
log.add_command(verify)
log.add_command(witness)
