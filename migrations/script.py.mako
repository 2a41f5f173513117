"""${message}

A migration runs while the release before it still serves readers, and on PostgreSQL some time before the new release
does. So what it leaves must work with both. A change that cannot is spread over three releases:

    expand      add the column (with a default or nullable), the table, the index; write both, read the old
    backfill    fill it in batches that each take well under a second; read the new
    contract    drop the old one, when no release that uses it can be running any more

Rules:

- The file is named YYYYMMDD_slug.py and `revision` is that name without `.py`, at most 32 characters.
- It imports nothing of the package: the package goes on changing, this file does not.
- `downgrade` undoes `upgrade`. tests/integration/storage/test_migrations.py runs each of them up, down and up again with
  a row in every table, on SQLite and PostgreSQL. It also fails when the tables of consentkit/storage and what the
  migrations build differ.
- An index on a table that has rows is built concurrently on PostgreSQL:

      with op.get_context().autocommit_block():
          op.create_index(…, postgresql_concurrently=True, if_not_exists=True)

  On SQLite that block must be left out: ask op.get_bind().dialect.name.
- A table is altered through `with op.batch_alter_table(…)`, which SQLite needs.
- Every table and column has a comment. Text is `sa.Text()` here and `base.Text` there.
- A new table's repository becomes an attribute of UnitOfWork, in consentkit/storage/unit_of_work.py. Importing its
  module there is also what puts the table into the metadata.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
