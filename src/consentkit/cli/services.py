"""``consentkit services``: what a site declares, held against what was seen of it."""

from __future__ import annotations

import collections.abc as cabc
import datetime as dt
import json

import click

from ..clock import SystemClock
from ..consent.places import quoted
from ..operations.take_stock import UNSEEN_DAYS
from ..operations.take_stock import Entry
from ..operations.take_stock import Standing
from ..operations.take_stock import Stock
from ..operations.take_stock import stock_to_json
from ..operations.take_stock import take_stock
from .context import load_sites
from .context import open_database
from .context import protected_cookies
from .moments import Moment

_HEADINGS = {
    Standing.UNDECLARED: "Seen and not declared",
    Standing.DECLARED: "Declared",
    Standing.OWN: "The site's own, nothing to declare",
}


@click.group()
def services() -> None:
    """Work with what the sites declare."""


@services.command()
@click.option("--site", "site_id", help="Only this site.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "toml"]),
    default="text",
    show_default=True,
    help="A list to read, everything for programs, or entries to append to the site's file.",
)
@click.option("--since", type=Moment(), help="Only what was seen at this time or later (ISO 8601; UTC if no zone).")
@click.option(
    "--at-least",
    default=1,
    show_default=True,
    type=click.IntRange(1),
    metavar="N",
    help="Leave out what was seen less than N times and is not declared.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 when something was seen that no service declares.")
@click.pass_context
def observed(
    ctx: click.Context, site_id: str | None, form: str, since: dt.datetime | None, at_least: int, *, strict: bool
) -> None:
    """Show which cookies and hosts were seen, which of them no service declares, and how to declare those.

    Cookies are those that the site's responses set; hosts are those that browsers reported. Anybody can send reports:
    counts and times say how much they are worth.
    """
    sites = load_sites()
    if site_id is not None and site_id not in sites:
        raise click.BadParameter(f"there is no site '{site_id}'; the sites are: {', '.join(sites)}.")
    with open_database().unit_of_work(read_only=True) as uow:
        stocks = [
            take_stock(
                uow, site, now=SystemClock().now(), protected=protected_cookies(), since=since, at_least=at_least
            )
            for name, (site, _) in sites.items()
            if site_id in {None, name}
        ]
    if form == "json":
        click.echo(json.dumps({"sites": [stock_to_json(stock) for stock in stocks]}, ensure_ascii=True, indent=2))
    else:
        write = _text if form == "text" else _toml
        click.echo("\n".join(line for stock in stocks for line in write(stock, head=len(stocks) > 1)))
    if strict and any(stock.undeclared for stock in stocks):
        ctx.exit(1)


def _toml(stock: Stock, *, head: bool) -> cabc.Iterator[str]:
    if head:
        yield f"# ── {stock.site} ──\n"
    yield stock.proposals.toml or "# Nothing was seen that is not declared."


def _text(stock: Stock, *, head: bool) -> cabc.Iterator[str]:
    if head:
        yield f"── {stock.site} ──"
    for standing, heading in _HEADINGS.items():
        entries = [entry for entry in stock.entries if entry.standing is standing]
        if entries or standing is Standing.UNDECLARED:
            yield f"{heading}: {len(entries) or 'nothing'}"
            yield from (f"  {_line(stock, entry)}" for entry in entries)
            yield ""
    if stock.proposals.entries:
        yield "'consentkit services observed --format toml' prints entries for what is not declared."


def _line(stock: Stock, entry: Entry) -> str:
    parts = [f"{entry.kind.value:6} {quoted(entry.name)[1:-1]}"]
    if entry.declared:
        parts.append(", ".join(f"{one.service} ({', '.join(one.purposes)})" for one in entry.declared))
    elif entry.provider or entry.known:
        parts.append(_guess(entry))
    if entry.inseparable:
        names = ", ".join(name or "the site itself" for name in entry.inseparable)
        parts.append(f"one host for different purposes, which no policy can part: {names}")
    if entry.first_seen and entry.last_seen:
        counts = ", ".join(f"{count} {outcome.value}" for outcome, count in entry.counts.items())
        parts.append(f"{counts}; {entry.first_seen:%Y-%m-%d} to {entry.last_seen:%Y-%m-%d}")
    if stock.is_unseen(entry):
        parts.append(f"not seen in {UNSEEN_DAYS} days")
    return " · ".join(parts)


def _guess(entry: Entry) -> str:
    names = [entry.provider] if entry.provider else [f"{row.platform} ({row.category})" for row in entry.known[:3]]
    return f"perhaps {quoted(', '.join(names))[1:-1]}"
