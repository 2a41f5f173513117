"""The daily rollups that the overview reads. Of records from before, ``consentkit rollups rebuild`` makes them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261124_rollups"
down_revision = "20261123_log"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consentkit_rollups",
        sa.Column("site", sa.Text(), nullable=False, comment="The site's id."),
        sa.Column(
            "dimension",
            sa.Text(),
            nullable=False,
            comment="By what it is counted, such as locale; empty for all decisions.",
        ),
        sa.Column("day", sa.Date(), nullable=False, comment="The day, in UTC."),
        sa.Column("value", sa.Text(), nullable=False, comment="The dimension's value; empty where a record has none."),
        sa.Column("action", sa.Text(), nullable=False, comment="What was decided."),
        sa.Column(
            "sample",
            sa.Boolean(),
            nullable=False,
            comment="Whether these are records made up for a demonstration.",
        ),
        sa.Column("count", sa.BigInteger(), nullable=False, comment="How many decisions."),
        sa.PrimaryKeyConstraint("site", "dimension", "day", "value", "action", "sample", name="pk_consentkit_rollups"),
        comment="Decisions by day, as the log's writer counted them. Aggregates only: no identifier, no record.",
    )


def downgrade() -> None:
    op.drop_table("consentkit_rollups")
