"""Accounts: the people who may sign in to the audit view, and their sessions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261123_accounts"
down_revision = "20261123_first_schema"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consentkit_accounts",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False, comment="Random."),
        sa.Column("email", sa.Text(), nullable=False, comment="Trimmed and in lower case."),
        sa.Column("role", sa.Text(), nullable=False, comment="What the account may do."),
        sa.Column("password_hash", sa.Text(), nullable=False, comment="Argon2id, in the PHC string format."),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="When it was made."),
        sa.Column(
            "disabled_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="Since when signing in is barred; null for an account in use.",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_consentkit_accounts"),
        sa.UniqueConstraint("email", name="uq_consentkit_accounts_email"),
        comment="The people who may sign in to the audit view.",
    )
    op.create_table(
        "consentkit_account_sessions",
        sa.Column(
            "token_hash",
            sa.Text(),
            nullable=False,
            comment="SHA-256 of the cookie's token, hexadecimal. The token itself is not stored.",
        ),
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=False, comment="Whose it is."),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="When it was signed in."),
        sa.Column(
            "last_seen_at", sa.DateTime(timezone=True), nullable=False, comment="When it was last used, roughly."
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, comment="When it ends at the latest."),
        sa.Column(
            "locale",
            sa.Text(),
            nullable=True,
            comment="The language chosen; null as long as the browser's is followed.",
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["consentkit_accounts.id"],
            name="fk_consentkit_account_sessions_account_id_consentkit_accounts",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_hash", name="pk_consentkit_account_sessions"),
        comment="Who is signed in to the audit view. Signing out removes the row.",
    )
    op.create_index(
        "ix_consentkit_account_sessions_account_id", "consentkit_account_sessions", ["account_id"], unique=False
    )
    op.create_index(
        "ix_consentkit_account_sessions_expires_at", "consentkit_account_sessions", ["expires_at"], unique=False
    )


def downgrade() -> None:
    op.drop_table("consentkit_account_sessions")
    op.drop_table("consentkit_accounts")
