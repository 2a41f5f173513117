"""Who may do what on which site, invitations, second factors.

The release before goes on working: it reads ``consentkit_accounts.role``, which stays. An account that is not for all
sites has a role there that it does not know, so that it lets nobody see more than they may.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261124_people"
down_revision = "20261124_filters"
branch_labels = None
depends_on = None

_ACCOUNTS = "consentkit_accounts"
_SESSIONS = "consentkit_account_sessions"


def _of_account(name: str, *, unique: bool = False) -> list[sa.SchemaItem]:
    column = sa.Column("account_id", sa.Uuid(), nullable=False, comment="Whose it is.")
    foreign = sa.ForeignKeyConstraint(
        ["account_id"], [f"{_ACCOUNTS}.id"], ondelete="CASCADE", name=f"fk_{name}_account_id_{_ACCOUNTS}"
    )
    return [column, foreign, *((sa.PrimaryKeyConstraint("account_id", name=f"pk_{name}"),) if unique else ())]


def upgrade() -> None:
    op.create_table(
        "consentkit_grants",
        *_of_account("consentkit_grants"),
        sa.Column("site", sa.Text(), nullable=False, comment="The site's id, or * for all of them."),
        sa.Column("role", sa.Text(), nullable=False, comment="What the account may do there."),
        sa.PrimaryKeyConstraint("account_id", "site", name="pk_consentkit_grants"),
        comment="What each account may do on which site. What is not here is not allowed.",
    )
    op.execute(f"INSERT INTO consentkit_grants (account_id, site, role) SELECT id, '*', role FROM {_ACCOUNTS}")  # noqa: S608
    op.create_table(
        "consentkit_invitations",
        sa.Column(
            "token_hash",
            sa.Text(),
            nullable=False,
            comment="SHA-256 of the link's token, hexadecimal. The token itself is not stored.",
        ),
        sa.Column("email", sa.Text(), nullable=False, comment="Whom it is for, trimmed and in lower case."),
        sa.Column("grants", sa.Text(), nullable=False, comment="JSON: site, or * for all, to role."),
        sa.Column("invited_by", sa.Text(), nullable=False, comment="An account's address, or the command line."),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="When it was made."),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, comment="Until when it can be used."),
        sa.PrimaryKeyConstraint("token_hash", name="pk_consentkit_invitations"),
        comment="Invitations that nobody has used. Using one removes the row.",
    )
    op.create_table(
        "consentkit_second_factors",
        *_of_account("consentkit_second_factors", unique=True),
        sa.Column(
            "secret", sa.Text(), nullable=False, comment="The TOTP secret, encrypted with the site's secret key."
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="When it was made."),
        sa.Column(
            "confirmed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When a code of it was shown; null as long as it is not asked for.",
        ),
        sa.Column("last_step", sa.BigInteger(), nullable=False, comment="The step of the last code that was taken."),
        comment="The second factors of accounts (RFC 6238).",
    )
    op.create_table(
        "consentkit_recovery_codes",
        *_of_account("consentkit_recovery_codes"),
        sa.Column("code_hash", sa.Text(), nullable=False, comment="SHA-256 of the code, hexadecimal."),
        sa.PrimaryKeyConstraint("account_id", "code_hash", name="pk_consentkit_recovery_codes"),
        comment="Recovery codes that were not used. Using one removes the row.",
    )
    op.add_column(_ACCOUNTS, sa.Column("locale", sa.Text(), nullable=True, comment="The language that was chosen."))
    op.add_column(_ACCOUNTS, sa.Column("time_zone", sa.Text(), nullable=True, comment="IANA name; null is UTC."))
    op.add_column(
        _ACCOUNTS,
        sa.Column(
            "second_factor_required",
            sa.Boolean(),
            server_default=sa.false(),
            nullable=False,
            comment="Whether it must have a second factor.",
        ),
    )
    op.add_column(
        _SESSIONS,
        sa.Column("device", sa.Text(), nullable=True, comment="The browser's family and kind."),
    )


def downgrade() -> None:
    op.drop_column(_SESSIONS, "device")
    for column in ("second_factor_required", "time_zone", "locale"):
        op.drop_column(_ACCOUNTS, column)
    for table in ("recovery_codes", "second_factors", "invitations", "grants"):
        op.drop_table(f"consentkit_{table}")
