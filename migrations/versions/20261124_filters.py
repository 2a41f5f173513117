"""What the users of the audit view save."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261124_filters"
down_revision = "20261124_rollups"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consentkit_saved_filters",
        sa.Column("account_id", sa.Uuid(), nullable=False, comment="Whose it is."),
        sa.Column("name", sa.Text(), nullable=False, comment="What its owner calls it."),
        sa.Column("query", sa.Text(), nullable=False, comment="The filter, as it stands in an address."),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False, comment="When it was saved last."),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["consentkit_accounts.id"],
            name="fk_consentkit_saved_filters_account_id_consentkit_accounts",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "name", name="pk_consentkit_saved_filters"),
        comment="Filters that the audit view's users keep. No subject and no secret is in them.",
    )


def downgrade() -> None:
    op.drop_table("consentkit_saved_filters")
