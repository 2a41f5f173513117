"""What is done in the audit view: verifications of the logs that officers asked for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261124_access"
down_revision = "20261124_people"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consentkit_log_verifications",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False, comment="UUIDv7: its order is the order of time."),
        sa.Column("site", sa.Text(), nullable=False, comment="The site's id."),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False, comment="When it was asked for."),
        sa.Column("started_by", sa.Text(), nullable=False, comment="The account that asked for it, by its address."),
        sa.Column(
            "alive_until",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="Until when whoever runs it is believed to be there, unless they say so again.",
        ),
        sa.Column("done", sa.BigInteger(), nullable=False, comment="How many entries are checked."),
        sa.Column("total", sa.BigInteger(), nullable=False, comment="How many there are to check."),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True, comment="When it ended."),
        sa.Column("outcome", sa.Text(), nullable=True, comment="What was found; absent where it ended before its end."),
        sa.PrimaryKeyConstraint("id", name="pk_consentkit_log_verifications"),
        comment="Verifications of the logs that officers asked for. Nothing about a reader.",
    )
    op.create_index("ix_consentkit_log_verifications_site_id", "consentkit_log_verifications", ["site", "id"])
    op.create_index(
        "uq_consentkit_log_verifications_site",
        "consentkit_log_verifications",
        ["site"],
        unique=True,
        sqlite_where=sa.text("finished_at IS NULL"),
        postgresql_where=sa.text("finished_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("consentkit_log_verifications")
