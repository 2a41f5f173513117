"""``consentkit receipt``: check what a reader kept. It needs no database, no site and no network."""

from __future__ import annotations

import json
import typing as t

import click

from ..clock import SystemClock
from ..errors import ProofInvalid
from ..ledger import jws
from ..ledger.notes import Verifier
from ..ledger.receipts import MAX_LENGTH
from ..ledger.receipts import Check
from ..ledger.receipts import Finding
from ..ledger.receipts import Outcome
from ..ledger.receipts import Receipt
from ..ledger.receipts import check
from ..ledger.receipts import holds
from ..ledger.receipts import parse
from .verifier_keys import VerifierKeys

_WORDS = {Outcome.HOLDS: "holds", Outcome.FAILS: "FAILS", Outcome.ABSENT: "absent"}
_MAX_SHOWN = 200


@click.group()
def receipt() -> None:
    """Work with the receipts that readers keep."""


@receipt.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option(
    "--key",
    "keys",
    type=VerifierKeys(),
    required=True,
    multiple=True,
    help="The verifier key line of the site's log, or a file of such lines. From the site or, better, from elsewhere.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people, or for programs.",
)
def verify(file: str, keys: tuple[list[Verifier], ...], form: str) -> None:
    """Check a receipt offline: its signature, its record, its notice, and its place in the site's log.

    FILE is the receipt as JSON, or its Kantara form; '-' is the standard input. Exits 1 where something does not hold.
    """
    trusted = [key for some in keys for key in some]
    if not trusted:
        raise click.BadParameter("there is no key in it.", param_hint="--key")
    # One byte more than is read, so that what is too long is told from what is cut.
    with click.open_file(file, "rb") as source:
        raw = source.read(MAX_LENGTH + 1)
    facts: dict[str, t.Any] = {}
    try:
        if raw.lstrip()[:1] == b"{":
            found = parse(raw)
            facts, findings = _facts(found), check(found, trusted)
        else:
            facts, findings = _open_kantara(raw, trusted)
    except ProofInvalid as error:
        # In JSON too, a program must not have to tell this from a crash.
        findings = [Finding(Check.SIGNATURE, Outcome.FAILS, str(error))]
    click.echo(_as_json(facts, findings) if form == "json" else "\n".join(_as_text(facts, findings)))
    if not holds(findings):
        click.get_current_context().exit(1)


def _open_kantara(raw: bytes, keys: list[Verifier]) -> tuple[dict[str, t.Any], list[Finding]]:
    token = raw.strip().decode("ascii", "replace")
    if len(raw) > MAX_LENGTH or not token.startswith("eyJ"):
        raise ProofInvalid("This is no receipt: expected JSON, or a JSON Web Token.")
    payload, key = jws.open_compact(token, keys, kind=jws.KANTARA)
    try:
        facts = {"record": json.loads(payload)["consentReceiptID"], "signed_by": jws.key_id(key)}
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ProofInvalid("This is no receipt: the token holds something else.") from None
    return facts, [Finding(Check.SIGNATURE, Outcome.HOLDS, f"{jws.key_id(key)} signed exactly this.")]


def _facts(found: Receipt) -> dict[str, t.Any]:
    record = found.record
    purposes = record.get("purposes")
    answers = purposes if isinstance(purposes, dict) else {}
    return {
        "record": record["id"],
        "site": record.get("site"),
        "decided_at": record.get("decided_at"),
        "action": record.get("action"),
        "agreed": sorted(name for name, allowed in answers.items() if allowed is True),
        "refused": sorted(name for name, allowed in answers.items() if allowed is not True),
        "state": found.log.state.value,
        "overdue": found.log.by is not None and found.log.by < SystemClock().now(),
    }


def _as_json(facts: dict[str, t.Any], findings: list[Finding]) -> str:
    checks = [{"check": one.check.value, "outcome": one.outcome.value, "text": one.text} for one in findings]
    return json.dumps({"holds": holds(findings), **facts, "checks": checks}, ensure_ascii=True, indent=2)


def _as_text(facts: dict[str, t.Any], findings: list[Finding]) -> t.Iterator[str]:
    for name, value in facts.items():
        if name != "overdue":
            shown = ", ".join(value) if isinstance(value, list) else str(value)
            yield f"{name.replace('_', ' '):<11} {_plain(shown) or '-'}"
    yield ""
    for one in findings:
        yield f"{_WORDS[one.outcome]:<7} {one.check.value:<11} {_plain(one.text)}"
    yield ""
    if facts.get("overdue"):
        yield "That time is over. Ask for the receipt again, and if it is not in the log then, ask why."
    yield "The receipt holds." if holds(findings) else "The receipt does not hold."


def _plain(text: str) -> str:
    """Return what a terminal can be shown: a receipt may hold anything, and some of it gives orders to terminals."""
    shown = "".join(character if character.isprintable() else "?" for character in text[:_MAX_SHOWN])
    return shown + ("…" if len(text) > _MAX_SHOWN else "")
