"""``consentkit csp``: the sources that a Content-Security-Policy must allow, and the policies that consent makes."""

from __future__ import annotations

import importlib.resources
import json
import typing as t

import click

from ..consent.site import Site
from ..enforcement.consent_policy import LARGE
from ..enforcement.consent_policy import ConsentPolicies
from ..enforcement.consent_policy import Overlap
from ..enforcement.consent_policy import overlaps
from ..enforcement.csp import inline_scripts
from ..enforcement.csp import own_sources
from .context import load_sites

# Of a site with more purposes only each one's own class, none and all are printed.
_MOST_CLASSES = 16


@click.command()
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option(
    "--hosts/--no-hosts", default=True, show_default=True, help="Name services' hosts, and what follows from them."
)
@click.option("--site", "site_id", help="Only what this site needs.")
def csp(form: str, site_id: str | None, *, hosts: bool) -> None:
    """Print the CSP sources that pages need: consentkit's own, and the hosts of the declared services.

    Then, for each site, the policy of each class of consent, as `[enforcement]` sends it, and the hosts that services
    of different purposes share: no policy can let one through and stop the other. In text, lines that begin with '#'
    are no sources for a policy of your own.

    Pages that embed the tag from another origin allow that origin in script-src and connect-src instead of 'self'.
    """
    found = load_sites()
    if site_id is not None and site_id not in found:
        raise click.BadParameter(f"there is no site '{site_id}'; the sites are: {', '.join(found)}.")
    sites = [site for name, (site, _) in found.items() if site_id in {None, name}]
    # The door beside this one owns the files; their texts are all that is needed here.
    folder = importlib.resources.files("consentkit.web").joinpath("static")
    policy = any(site.enforcement.narrows_pages for site in sites)
    inline = inline_scripts(policy=policy, signals=any(site.signals.enabled for site in sites))
    own = own_sources((folder.joinpath(name).read_text("utf-8") for name in inline), frames=policy)
    services: dict[str, list[str]] = {}
    for service in (service for site in sites for service in site.services if hosts and service.hosts):
        # Two sites may have a service of one name, each with hosts of its own.
        services[service.id] = list(dict.fromkeys([*services.get(service.id, ()), *service.hosts]))
    if form == "json":
        output: dict[str, object] = {"consentkit": own, "services": services}
        if hosts:
            output["policies"] = {site.id: {str(number): text for number, _, text in _policies(site)} for site in sites}
            output["overlaps"] = {site.id: [_plain(one) for one in overlaps(site)] for site in sites}
        click.echo(json.dumps(output, indent=2))
        return
    for directive, values in own.items():
        click.echo(f"{directive} {' '.join(values)}")
    for service_id, names in services.items():
        click.echo(f"# {service_id}: {' '.join(names)}")
    for site in sites if hosts else ():
        _print_policies(site)


def _policies(site: Site) -> t.Iterator[tuple[int, list[str], str]]:
    """Give each class with the purposes that it stands for and its policy, the widest last."""
    policies = ConsentPolicies(site)
    names = [purpose.id for purpose in site.optional_purposes]
    every: t.Iterable[int] = range(1 << len(names))
    if 1 << len(names) > _MOST_CLASSES:
        every = [0, *(1 << i for i in range(len(names))), (1 << len(names)) - 1]
    for number in every:
        yield number, [name for i, name in enumerate(names) if number >> i & 1], policies.of_class(number).text


def _print_policies(site: Site) -> None:
    for number, purposes, text in _policies(site):
        click.echo(f"#\n# {site.id}, class {number} ({', '.join(purposes) or 'nothing optional'}), {len(text)} bytes:")
        click.echo(f"# {text}")
    if len(text) > LARGE:
        click.echo(
            "#\n# That is much for a header. nginx takes 4 KiB for all headers of an answer unless 'proxy_buffer_size' "
            "says otherwise,\n# Varnish and Apache 8 KiB for one. Wildcards make it shorter."
        )
    for one in overlaps(site):
        users = [f"{name} ({', '.join(purposes)})" for name, purposes in one.services.items()]
        users += ["the site itself"] if one.own else []
        click.echo(f"#\n# {one.host} cannot be held apart: {', '.join(users)}.")


def _plain(overlap: Overlap) -> dict[str, t.Any]:
    return {"host": overlap.host, "services": {**overlap.services}, "own": overlap.own}
