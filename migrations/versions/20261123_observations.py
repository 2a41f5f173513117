"""Observations: the cookies and hosts that were seen in the field."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261123_observations"
down_revision = "20261123_accounts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consentkit_observations",
        sa.Column("site", sa.Text(), nullable=False, comment="The site's id."),
        sa.Column("kind", sa.Text(), nullable=False, comment="cookie or host."),
        sa.Column("name", sa.Text(), nullable=False, comment="The cookie's name, or the host."),
        sa.Column(
            "directive",
            sa.Text(),
            nullable=False,
            comment="The CSP directive that a host offends; empty for cookies.",
        ),
        sa.Column(
            "section",
            sa.Text(),
            nullable=False,
            comment="The first segment of the page's path; empty for the front page.",
        ),
        sa.Column(
            "consent_class",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="The purposes agreed to, as a number; -1 if unknown.",
        ),
        sa.Column("outcome", sa.Text(), nullable=False, comment="What became of it."),
        sa.Column("count", sa.BigInteger(), nullable=False, comment="How often."),
        sa.Column(
            "lifetime",
            sa.BigInteger(),
            nullable=True,
            comment="The longest that a cookie was to stay, in seconds; null: until the browser is closed.",
        ),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False, comment="When first."),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False, comment="When last."),
        sa.PrimaryKeyConstraint(
            "site",
            "kind",
            "name",
            "directive",
            "section",
            "consent_class",
            "outcome",
            name="pk_consentkit_observations",
        ),
        comment="Cookies and hosts seen in the field. Aggregates only: no identifier, no address.",
    )
    op.create_index(
        "ix_consentkit_observations_site_kind_last_seen",
        "consentkit_observations",
        ["site", "kind", "last_seen"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_table("consentkit_observations")
