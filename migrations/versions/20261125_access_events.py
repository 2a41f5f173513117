"""Who did what in the audit view, for its own log; and when an account last signed in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261125_access_events"
down_revision = "20261124_access"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consentkit_access_events",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False, comment="UUIDv7: its order is the order of time."),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="When."),
        sa.Column(
            "account_id",
            sa.Uuid(as_uuid=False),
            nullable=True,
            comment="The account; null for a command, and for who has none.",
        ),
        sa.Column(
            "actor", sa.Text(), nullable=False, comment="The account's address as it was then, or the command's."
        ),
        sa.Column("what", sa.Text(), nullable=False, comment="What was done: a word of a closed list."),
        sa.Column("sites", sa.Text(), nullable=False, comment="The sites it reached, as JSON."),
        sa.Column(
            "filter",
            sa.Text(),
            nullable=False,
            comment="What was asked for, as JSON; no id, no secret.",
        ),
        sa.Column("about", sa.Text(), nullable=True, comment="A keyed hash of what it was about."),
        sa.Column("result", sa.Text(), nullable=False, comment="done, refused or failed."),
        sa.Column(
            "part_of",
            sa.Uuid(as_uuid=False),
            nullable=True,
            comment="The event of the download that this is the end of.",
        ),
        sa.Column("salt", sa.LargeBinary(), nullable=False, comment="Hides what the log's entry commits to."),
        sa.PrimaryKeyConstraint("id", name="pk_consentkit_access_events"),
        comment="What people did in the audit view and by commands.",
    )
    op.add_column(
        "consentkit_accounts",
        sa.Column("last_signed_in_at", sa.DateTime(timezone=True), nullable=True, comment="When it last signed in."),
    )


def downgrade() -> None:
    op.drop_column("consentkit_accounts", "last_signed_in_at")
    op.drop_table("consentkit_access_events")
