"""Runs the migrations on the connection that :mod:`consentkit.storage.migrate` gives."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context

#: How long a statement may wait for a lock on PostgreSQL. Everybody who comes later queues behind one that waits, so
#: it gives up soon and is tried again by hand at a quieter moment.
LOCK_TIMEOUT = "4s"

#: How long a statement may take on PostgreSQL. What needs longer is a backfill, and goes in batches.
STATEMENT_TIMEOUT = "60s"


def _limit(connection: sa.Connection) -> None:
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
    connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{STATEMENT_TIMEOUT}'")


def run() -> None:
    """Run what Alembic was asked for."""
    connection: sa.Connection = context.config.attributes["connection"]
    sqlite = connection.dialect.name == "sqlite"
    if not sqlite:
        sa.event.listen(connection, "begin", _limit)
    context.configure(
        connection=connection,
        version_table=context.config.attributes["version_table"],
        # On SQLite all of it is inside the one transaction that holds the lock. On PostgreSQL each migration has its
        # own, so that locks are short, and an index can be built concurrently outside of any.
        transactional_ddl=True,
        transaction_per_migration=not sqlite,
        render_as_batch=sqlite,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
