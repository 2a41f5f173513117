"""``consentkit embeds``: the providers that are known, and how to declare one."""

from __future__ import annotations

import click

from ..embeds.catalogue import catalogue
from ..embeds.catalogue import declaration


@click.command()
@click.argument("provider", nargs=-1)
@click.option("--purpose", default="embeds", show_default=True, help="The purpose that the provider is declared for.")
def embeds(provider: tuple[str, ...], purpose: str) -> None:
    """List the providers of embeds that are known, or print the [[services]] entry of a PROVIDER to paste.

    Read what is printed before you use it: who receives your readers' data may be another company in your country.
    """
    known = catalogue().providers
    unknown = [name for name in provider if name not in known]
    if unknown:
        raise click.BadParameter(f"there is no provider '{unknown[0]}'; there are: {', '.join(known)}.")
    if not provider:
        for one in known.values():
            click.echo(f"{one.id:16} {one.name:16} {one.kind.value:6} {one.company}, {one.country}")
    for name in provider:
        click.echo(f"\n{declaration(known[name], purpose)}", nl=False)
