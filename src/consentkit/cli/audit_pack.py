"""``consentkit audit-pack``: everything an inspector asks for, in one file."""

from __future__ import annotations

import contextlib
import datetime as dt
from pathlib import Path

import click

from ..clock import SystemClock
from ..errors import ConfigError
from ..ledger.events import What
from ..operations import audit_pack as operation
from ..operations.camera import open_camera
from ..operations.keep_access import keep_command
from .context import load_sites
from .context import open_database
from .context import open_settings
from .moments import Moment
from .output import Progress
from .output import opened


@click.command("audit-pack")
@click.option(
    "--since", type=Moment(), required=True, help="Decisions at this time or later (ISO 8601; UTC if no zone)."
)
@click.option("--until", type=Moment(), required=True, help="Decisions before this time.")
@click.option("--site", help="The site, where there are several.")
@click.option(
    "--locale",
    type=click.Choice(["en", "ru", "kk", "ar"]),
    default="en",
    show_default=True,
    help="The language of the pack's own words.",
)
@click.option(
    "--pictures/--no-pictures", default=True, help="Pictures of the notices, where Playwright and Chromium are at hand."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    required=True,
    help="The zip file to write; '-' is the standard output.",
)
def audit_pack(
    *, since: dt.datetime, until: dt.datetime, site: str | None, locale: str, pictures: bool, output: Path
) -> None:
    """Write the records of a period with all that proves them.

    The same period gives the same bytes as long as nothing of it was erased, but for the pictures.
    """
    if since >= until:
        raise click.BadParameter("it must be later than --since.", param_hint="--until")
    period = operation.Period(site=site or _only_site(), since=since, until=until)
    prefix = open_settings().url_prefix
    more = {"since": f"{since:%Y-%m-%d}", "until": f"{until:%Y-%m-%d}"}
    keep_command(open_database(), What.PACK_EXPORT, clock=SystemClock(), sites=(period.site,), filter=more)
    camera = open_camera() if pictures else contextlib.nullcontext(None)
    with camera as photograph, open_database().unit_of_work(read_only=True) as uow, opened(output) as file:
        progress = Progress(file)
        for piece in operation.audit_pack(
            uow,
            period,
            locale=locale,
            prefix=prefix,
            camera=photograph,
        ):
            progress.add(file.write(piece))
        progress.finish()


def _only_site() -> str:
    try:
        sites = sorted(load_sites())
    except ConfigError as error:
        raise click.UsageError("No configuration can be read here, so say '--site'.") from error
    if len(sites) > 1:
        raise click.BadParameter(f"there are several: {', '.join(sites)}.", param_hint="--site")
    return sites[0]
