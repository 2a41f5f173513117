"""``consentkit db``: the schema of the database."""

from __future__ import annotations

import click

from ..storage import migrate
from .context import open_database


@click.group()
def db() -> None:
    """Look after the database's tables.

    SQLite is brought up to date by whatever opens it first; PostgreSQL only by 'db upgrade'.
    """


@db.command()
def upgrade() -> None:
    """Bring the database to the revision that this release needs.

    Safe to run again, from several places at once, and while the release before is still serving. Behind a PgBouncer
    it works as well.
    """
    database = open_database(ready=False)
    before = migrate.current(database)
    migrate.upgrade(database)
    after = migrate.current(database)
    click.echo(f"{after} (nothing to do)" if before == after else f"{before or 'empty'} -> {after}")


@db.command()
@click.pass_context
def current(ctx: click.Context) -> None:
    """Print the revision that the database is at. Exits 1 when it is behind this release."""
    database = open_database(ready=False)
    revision = migrate.current(database)
    ready = migrate.is_ready(revision)
    click.echo(f"{revision or 'empty'}" + ("" if ready else f" (this release needs {migrate.head()})"))
    ctx.exit(0 if ready else 1)
