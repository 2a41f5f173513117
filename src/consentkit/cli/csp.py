"""``consentkit csp``: the sources that a Content-Security-Policy must allow."""

from __future__ import annotations

import importlib.resources
import json

import click

from ..enforcement.csp import inline_scripts
from ..enforcement.csp import own_sources
from .context import load_sites


@click.command()
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--hosts/--no-hosts", default=True, show_default=True, help="Name services' hosts too.")
@click.option("--site", "site_id", help="Only what this site needs.")
def csp(form: str, site_id: str | None, *, hosts: bool) -> None:
    """Print the CSP sources that pages need: consentkit's own, and the hosts of the declared services.

    Pages that embed the tag from another origin allow that origin in script-src and connect-src instead of 'self'.
    """
    found = load_sites()
    if site_id is not None and site_id not in found:
        raise click.BadParameter(f"there is no site '{site_id}'; the sites are: {', '.join(found)}.")
    sites = [site for name, (site, _) in found.items() if site_id in {None, name}]
    # The door beside this one owns the files; their texts are all that is needed here.
    folder = importlib.resources.files("consentkit.web").joinpath("static")
    inline = inline_scripts(signals=any(site.signals.enabled for site in sites))
    own = own_sources(folder.joinpath(name).read_text("utf-8") for name in inline)
    services: dict[str, list[str]] = {}
    for service in (service for site in sites for service in site.services if hosts and service.hosts):
        # Two sites may have a service of one name, each with hosts of its own.
        services[service.id] = list(dict.fromkeys([*services.get(service.id, ()), *service.hosts]))
    if form == "json":
        click.echo(json.dumps({"consentkit": own, "services": services}, indent=2))
        return
    for directive, values in own.items():
        click.echo(f"{directive} {' '.join(values)}")
    for service_id, names in services.items():
        click.echo(f"# {service_id}: {' '.join(names)}")
