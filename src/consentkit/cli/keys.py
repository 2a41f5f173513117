"""``consentkit keys``: the keys that sign the consent log."""

from __future__ import annotations

from pathlib import Path

import click

from ..clock import SystemClock
from ..consent.site import Site
from ..errors import KeyUnavailable
from ..ledger.notes import LocalSigner
from ..ledger.notes import Verifier
from ..ledger.notes import is_name
from ..ledger.origins import first_origin
from ..operations.durable_files import locked
from ..operations.durable_files import replace
from ..operations.open_log import open_log
from ..operations.open_log import rotate_key
from ..operations.signing_keys import SigningKeys
from .context import load_sites
from .context import open_database
from .context import open_settings

_site_option = click.option("--site", "site_id", metavar="ID", help="Only this site.")


@click.group()
def keys() -> None:
    """Look after the keys that sign the consent log, one for each site.

    The private halves lie where CONSENTKIT_LOG_KEY says, else beside the database, and never in it.
    """


@keys.command()
@_site_option
@click.option(
    "--name", help="The key's name, with --print or -o. The name that the site's log begins with, if not given."
)
@click.option(
    "--print", "printed", is_flag=True, help="Print the private half, for an environment variable, and keep nothing."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Add the private half to this file, which CONSENTKIT_LOG_KEY can then name.",
)
def generate(site_id: str | None, name: str | None, *, printed: bool, output: Path | None) -> None:
    """Make the key of each site that has none yet, and print the public halves.

    Servers do so by themselves when they start. With --print or -o a new key is made for later: for a rotation, or for
    CONSENTKIT_LOG_KEY.
    """
    settings = open_settings()
    if printed or output is not None:
        if name is not None and not is_name(name):
            raise click.BadParameter("a name has no spaces and no plus signs.", param_hint="'--name'")
        names = [name] if name else [_name(site, settings.url_prefix) for site in _chosen(site_id).values()]
        for signer in map(LocalSigner.generate, names):
            if output is not None:
                _add(output, signer)
            click.echo(signer.private_line if printed else str(signer.verifier))
        return
    if name is not None:
        raise click.UsageError("'--name' goes with '--print' or '-o'.")
    store = SigningKeys(settings)
    database = open_database()
    for site in _chosen(site_id).values():
        verifier = open_log(database, site.id, origin=_name(site, settings.url_prefix), keys=store, clock=SystemClock())
        store.signer(verifier)
        click.echo(str(verifier))
    click.echo(f"The private halves lie in {store.place}. Keep a copy where the database's backups are not.", err=True)


@keys.command()
@click.option("--site", "site_id", metavar="ID", required=True, help="The site.")
def rotate(site_id: str) -> None:
    """Let a new key take over from the one that signs. Running servers go on with it.

    The log gets an entry in which both keys say so. The old private half is removed from its file.
    """
    old, new = rotate_key(open_database(), site_id, keys=SigningKeys(open_settings()), clock=SystemClock())
    click.echo(f"{old} has signed for the last time\n{new} signs from now on")


@keys.command("list")
@_site_option
def list_keys(site_id: str | None) -> None:
    """List the keys of each site's log, oldest first.

    An asterisk marks the one that signs. Exits 1 if the private half of one that signs is not here.
    """
    store = SigningKeys(open_settings())
    missing = False
    with open_database().unit_of_work(read_only=True) as uow:
        for name in _chosen(site_id):
            for key in uow.log_keys.all(name):
                until = f"until {key.retired_at:%Y-%m-%d %H:%M} UTC" if key.retired_at else ""
                mark = " " if key.retired_at else "*"
                try:
                    store.signer(Verifier.parse(key.verifier))
                except KeyUnavailable:
                    missing = missing or key.retired_at is None
                    until = until or "its private half is not here"
                click.echo(f"{mark} {key.verifier}  since {key.since:%Y-%m-%d %H:%M} UTC  {until}".rstrip())
    click.get_current_context().exit(1 if missing else 0)


def _add(path: Path, signer: LocalSigner) -> None:
    try:
        with locked(path):
            before = path.read_text("utf-8") if path.exists() else ""
            replace(path, f"{before}{signer.private_line}\n", mode=0o600)
    except OSError as error:
        raise click.FileError(str(path), error.strerror) from None


def _name(site: Site, prefix: str) -> str:
    return first_origin(next(iter(site.site.origins), None), prefix, site.id)


def _chosen(site_id: str | None) -> dict[str, Site]:
    sites = {name: site for name, (site, _) in load_sites().items()}
    if site_id is not None and site_id not in sites:
        message = f"there is no site '{site_id}'; the sites are: {', '.join(sorted(sites))}."
        raise click.BadParameter(message, param_hint="'--site'")
    return sites if site_id is None else {site_id: sites[site_id]}
