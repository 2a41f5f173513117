"""``consentkit policy``: what is published, what the files say now, and publishing it."""

from __future__ import annotations

import collections.abc as cabc
import datetime as dt
import typing as t
from pathlib import Path

import click
import flask

from ..clock import SystemClock
from ..consent.site import Site
from ..operations.publish_policy import WRITTEN_KINDS
from ..operations.publish_policy import publish_policy
from ..operations.publish_policy import unpublished
from ..policies.diff import Change
from ..policies.diff import compare
from ..policies.documents import documents_of
from ..policies.versions import PolicyKind
from ..policies.versions import PolicyVersion
from ..signals import policy_published
from .context import load_sites
from .context import open_database

_MARKS = {Change.KEPT: "  ", Change.ADDED: "+ ", Change.REMOVED: "- "}

_site_option = click.option("--site", "site_id", metavar="ID", help="Only this site.")
_kind_option = click.option("--kind", type=click.Choice(WRITTEN_KINDS), help="Only this policy.")


@click.group()
def policy() -> None:
    """Look after the versions of privacy policies and terms.

    The Markdown files are where they are written; readers see what was published from them. The cookies page needs no
    command: it follows the site's file.
    """


@policy.command("list")
@_site_option
@click.option("--kind", type=click.Choice([kind.value for kind in PolicyKind]), help="Only this policy.")
def list_versions(site_id: str | None, kind: str | None) -> None:
    """List what was published, newest first.

    An asterisk marks what is in force today, an exclamation mark what asks readers again.
    """
    today = SystemClock().now().date()
    with open_database().unit_of_work(read_only=True) as uow:
        for name, (site, _) in _chosen(site_id).items():
            in_force = {(found.kind, found.locale, found.publication) for found in uow.policies.in_force(name, today)}
            for each in PolicyKind:
                for locale in site.locales if kind in {None, each.value} else ():
                    for version in uow.policies.versions(name, each.value, locale):
                        _print_version(version, holds=(each.value, locale, version.publication) in in_force)


def _print_version(version: PolicyVersion, *, holds: bool) -> None:
    marks = ("*" if holds else " ") + ("!" if version.material else " ")
    click.echo(
        f"{marks} {version.site}  {version.kind:<7}  {version.locale:<5}  {version.version}  "
        f"from {version.effective_on}  published {version.published_at:%Y-%m-%d %H:%M} UTC  {version.title}"
    )


@policy.command()
@_site_option
@_kind_option
@click.pass_context
def diff(ctx: click.Context, site_id: str | None, kind: str | None) -> None:
    """Show how the files differ from what was published last. Exits 1 if they do."""
    differs = False
    with open_database().unit_of_work(read_only=True) as uow:
        for site, folder, each in _written(site_id, kind):
            for document in unpublished(uow, site, folder, each):
                differs = True
                latest = next(iter(uow.policies.versions(site.id, each, document.locale)), None)
                before = latest.version if latest else "nothing"
                click.echo(f"{site.id} {each} {document.locale}: {before} -> {document.version}")
                _print_changes(latest.source if latest else "", document.source)
    ctx.exit(1 if differs else 0)


def _print_changes(old: str, new: str) -> None:
    for paragraph in compare(old, new):
        if paragraph.change is Change.SKIPPED:
            click.echo(f"  … {paragraph.count} unchanged …\n")
        else:
            click.echo(f"{_MARKS[paragraph.change]}{paragraph.text}\n")


@policy.command()
@_site_option
@_kind_option
@click.option("--material", is_flag=True, help="The change matters to readers: ask all who decided before again.")
@click.option(
    "--effective",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="The day (UTC) from which it holds. Today, if not given.",
)
def publish(site_id: str | None, kind: str | None, effective: dt.datetime | None, *, material: bool) -> None:
    """Publish what the files say now, where it differs from what was published last.

    Running servers show it within seconds, without a restart. Older versions stay readable.
    """
    clock = SystemClock()
    done: list[PolicyVersion] = []
    with open_database().unit_of_work() as uow:
        for site, folder, each in _written(site_id, kind):
            done += publish_policy(
                uow,
                site,
                each,
                documents_of(site, folder, each),
                clock=clock,
                effective_on=effective.date() if effective else None,
                material=material,
            )
    # After the commit: only now is it true.
    for version in done:
        click.echo(
            f"{version.site} {version.kind} {version.locale}: {version.version} holds from {version.effective_on}"
            + (", readers are asked again" if version.material else "")
        )
    if not done:
        click.echo("Nothing to publish: the files say what was published last.")
    _tell(done)


def _tell(done: cabc.Sequence[PolicyVersion]) -> None:
    """Send the signal, where there is an application whose listeners could hear it."""
    if not flask.has_app_context():
        return
    app = flask.current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - a signal's sender is the application itself
    for site, kind in dict.fromkeys((version.site, version.kind) for version in done):
        versions = {found.locale: found.version for found in done if (found.site, found.kind) == (site, kind)}
        policy_published.send(app, site=site, kind=kind, versions=versions)


def _chosen(site_id: str | None) -> dict[str, tuple[Site, Path]]:
    sites = load_sites()
    if site_id is None:
        return sites
    if site_id not in sites:
        message = f"there is no site '{site_id}'; the sites are: {', '.join(sorted(sites))}."
        raise click.BadParameter(message, param_hint="'--site'")
    return {site_id: sites[site_id]}


def _written(site_id: str | None, kind: str | None) -> cabc.Iterator[tuple[Site, Path, t.Literal["privacy", "terms"]]]:
    for site, folder in _chosen(site_id).values():
        for each in WRITTEN_KINDS:
            if kind in {None, each}:
                yield site, folder, each
