"""The first schema: records, nonces, and the evidence of what readers saw."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261123_first_schema"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consentkit_configurations",
        sa.Column("site", sa.Text(), nullable=False, comment="The site's id."),
        sa.Column("version", sa.Text(), nullable=False, comment="A hash of the content."),
        sa.Column("content", sa.Text(), nullable=False, comment="The configuration as canonical JSON."),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="When it was first in force."),
        sa.PrimaryKeyConstraint("site", "version", name="pk_consentkit_configurations"),
        comment="Every configuration that was ever in force. Rows never change.",
    )
    op.create_table(
        "consentkit_impressions",
        sa.Column("site", sa.Text(), nullable=False, comment="The site's id."),
        sa.Column("day", sa.Date(), nullable=False, comment="The day, in UTC."),
        sa.Column("notice_version", sa.Text(), nullable=False, comment="What was shown: consentkit_notices.version."),
        sa.Column("layer", sa.Text(), nullable=False, comment="Which layer was shown."),
        sa.Column("count", sa.BigInteger(), nullable=False, comment="How often."),
        sa.PrimaryKeyConstraint("site", "day", "notice_version", "layer", name="pk_consentkit_impressions"),
        comment="How often notices were shown. Aggregates only: no identifier, no record.",
    )
    op.create_table(
        "consentkit_nonces",
        sa.Column("site", sa.Text(), nullable=False, comment="The site's id."),
        sa.Column("nonce", sa.Text(), nullable=False, comment="What the sender chose at random."),
        sa.Column("body_hash", sa.Text(), nullable=False, comment="A hash of the decision as it was sent."),
        sa.Column(
            "record_id",
            sa.Uuid(as_uuid=False),
            nullable=False,
            comment="The record that answered it; no foreign key, see consentkit_records.",
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="When it was used: it counts for 48 hours.",
        ),
        sa.PrimaryKeyConstraint("site", "nonce", name="pk_consentkit_nonces"),
        comment="Decisions that came lately, so that one sent twice is stored once.",
    )
    op.create_index("ix_consentkit_nonces_created_at", "consentkit_nonces", ["created_at"], unique=False)
    op.create_table(
        "consentkit_policies",
        sa.Column("site", sa.Text(), nullable=False, comment="The site's id."),
        sa.Column("kind", sa.Text(), nullable=False, comment="privacy, terms or cookies."),
        sa.Column("locale", sa.Text(), nullable=False, comment="The language that it is in."),
        sa.Column(
            "publication",
            sa.Text(),
            nullable=False,
            comment="Shared by what was published together in several languages.",
        ),
        sa.Column(
            "version",
            sa.Text(),
            nullable=False,
            comment="A hash of the source; the same again when an old text comes back.",
        ),
        sa.Column("title", sa.Text(), nullable=False, comment="The heading."),
        sa.Column("source", sa.Text(), nullable=False, comment="The Markdown, placeholders filled in."),
        sa.Column("html", sa.Text(), nullable=False, comment="The sanitised markup that was shown."),
        sa.Column("effective_on", sa.Date(), nullable=False, comment="From this day on it holds."),
        sa.Column(
            "material", sa.Boolean(), nullable=False, comment="Whether readers who decided before must be asked again."
        ),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False, comment="When it was published."),
        sa.PrimaryKeyConstraint("site", "kind", "locale", "publication", name="pk_consentkit_policies"),
        comment="The texts of policies as published. Rows never change.",
    )
    op.create_table(
        "consentkit_records",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False, comment="UUIDv7: its order is the order of time."),
        sa.Column("site", sa.Text(), nullable=False, comment="The site's id."),
        sa.Column(
            "subject_id",
            sa.Text(),
            nullable=True,
            comment="The pseudonym of the reader's browser; null for who never agreed to anything.",
        ),
        sa.Column(
            "previous_id", sa.Uuid(as_uuid=False), nullable=True, comment="The same subject's record before this one."
        ),
        sa.Column("action", sa.Text(), nullable=False, comment="What the reader or their signal did."),
        sa.Column("purposes", sa.Text(), nullable=False, comment="Every optional purpose: allowed or refused."),
        sa.Column("services", sa.Text(), nullable=False, comment="Every optional service: allowed or refused."),
        sa.Column("regime", sa.Text(), nullable=False, comment="The rule set that applied."),
        sa.Column("country", sa.Text(), nullable=True, comment="ISO 3166-1, two letters, as a trusted proxy told it."),
        sa.Column("locale", sa.Text(), nullable=False, comment="The language of the notice."),
        sa.Column(
            "notice_version", sa.Text(), nullable=False, comment="What the reader saw: consentkit_notices.version."
        ),
        sa.Column(
            "revision",
            sa.Integer(),
            nullable=False,
            comment="What the reader was asked about: consentkit_revisions.number.",
        ),
        sa.Column(
            "config_version",
            sa.Text(),
            nullable=False,
            comment="The configuration in force: consentkit_configurations.version.",
        ),
        sa.Column(
            "policy_versions",
            sa.Text(),
            nullable=False,
            comment="Kind of policy to its version in the reader's language.",
        ),
        sa.Column("layout", sa.Text(), nullable=False, comment="How the first layer lay on the page."),
        sa.Column(
            "layer",
            sa.Text(),
            nullable=True,
            comment="Where it was decided: first or second layer, or the page of preferences.",
        ),
        sa.Column("method", sa.Text(), nullable=False, comment="By which way the decision came in."),
        sa.Column(
            "section",
            sa.Text(),
            nullable=True,
            comment="The first segment of the page's path, or all of it where the site asks for it.",
        ),
        sa.Column("user_agent_family", sa.Text(), nullable=False, comment="The browser's family, without version."),
        sa.Column("device_class", sa.Text(), nullable=False, comment="The class of device, e.g. mobile."),
        sa.Column("gpc", sa.Boolean(), nullable=False, comment="Whether the request carried Sec-GPC: 1."),
        sa.Column("tc_string", sa.Text(), nullable=True, comment="The TCF string that was made."),
        sa.Column("gvl_version", sa.Integer(), nullable=True, comment="The vendor list it was made with."),
        sa.Column("gpp_string", sa.Text(), nullable=True, comment="The GPP string that was made."),
        sa.Column(
            "decided_at", sa.DateTime(timezone=True), nullable=False, comment="The server's time of the decision."
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, comment="When the reader is asked again."),
        sa.Column("sample", sa.Boolean(), nullable=False, comment="Made up for a demonstration; not in the log."),
        sa.Column(
            "leaf_index", sa.BigInteger(), nullable=True, comment="The place in the site's log; null until integrated."
        ),
        sa.Column(
            "salt",
            sa.LargeBinary(),
            nullable=True,
            comment="32 random bytes that keep the log's commitment from being guessed.",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_consentkit_records"),
        comment="The evidence of decisions, one row each. Only erasure changes or removes a row.",
    )
    op.create_index("ix_consentkit_records_site_id", "consentkit_records", ["site", "id"], unique=False)
    op.create_index(
        "ix_consentkit_records_site_subject_id_id",
        "consentkit_records",
        ["site", "subject_id", "id"],
        unique=False,
        sqlite_where=sa.text("subject_id IS NOT NULL"),
        postgresql_where=sa.text("subject_id IS NOT NULL"),
    )
    op.create_table(
        "consentkit_revisions",
        sa.Column("site", sa.Text(), nullable=False, comment="The site's id."),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False, comment="From 1, without gaps."),
        sa.Column(
            "material",
            sa.Text(),
            nullable=False,
            comment="What a change is measured against: purposes, recipients, policies.",
        ),
        sa.Column(
            "changes",
            sa.Text(),
            nullable=False,
            comment="What changed since the number before, as readers are told it.",
        ),
        sa.Column(
            "services_order", sa.Text(), nullable=False, comment="The services by which the cookie's bitmap counts."
        ),
        sa.Column(
            "config_version",
            sa.Text(),
            nullable=False,
            comment="The configuration that brought it: consentkit_configurations.version.",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="Since when it holds."),
        sa.PrimaryKeyConstraint("site", "number", name="pk_consentkit_revisions"),
        comment="When readers had to be asked again, and why. Of a row only the material changes.",
    )
    op.create_table(
        "consentkit_styles",
        sa.Column("hash", sa.Text(), nullable=False, comment="SHA-256 of the text, hexadecimal."),
        sa.Column("style", sa.Text(), nullable=False, comment="The CSS."),
        sa.PrimaryKeyConstraint("hash", name="pk_consentkit_styles"),
        comment="The stylesheets that notices were shown with, each once.",
    )
    op.create_table(
        "consentkit_notices",
        sa.Column("site", sa.Text(), nullable=False, comment="The site's id."),
        sa.Column("version", sa.Text(), nullable=False, comment="16 characters of the hash of the content."),
        sa.Column("locale", sa.Text(), nullable=False, comment="The language that it is in."),
        sa.Column("regime", sa.Text(), nullable=False, comment="The rule set that it was made for."),
        sa.Column("layout", sa.Text(), nullable=False, comment="How the first layer lies on the page."),
        sa.Column("revision", sa.Integer(), nullable=False, comment="What it asks about: consentkit_revisions.number."),
        sa.Column("content", sa.Text(), nullable=False, comment="The canonical JSON that was hashed."),
        sa.Column("html", sa.Text(), nullable=False, comment="The first layer as markup."),
        sa.Column("preferences_html", sa.Text(), nullable=False, comment="The second layer as markup."),
        sa.Column("style_hash", sa.Text(), nullable=False, comment="The stylesheet that it was shown with."),
        sa.Column(
            "first_published_at", sa.DateTime(timezone=True), nullable=False, comment="When it was first stored."
        ),
        sa.ForeignKeyConstraint(
            ["style_hash"], ["consentkit_styles.hash"], name="fk_consentkit_notices_style_hash_consentkit_styles"
        ),
        sa.PrimaryKeyConstraint("site", "version", name="pk_consentkit_notices"),
        comment="What readers saw, exactly: one row for each content. Rows never change.",
    )


def downgrade() -> None:
    op.drop_table("consentkit_notices")
    op.drop_table("consentkit_styles")
    op.drop_table("consentkit_revisions")
    op.drop_index("ix_consentkit_records_site_subject_id_id", table_name="consentkit_records")
    op.drop_index("ix_consentkit_records_site_id", table_name="consentkit_records")
    op.drop_table("consentkit_records")
    op.drop_table("consentkit_policies")
    op.drop_index("ix_consentkit_nonces_created_at", table_name="consentkit_nonces")
    op.drop_table("consentkit_nonces")
    op.drop_table("consentkit_impressions")
    op.drop_table("consentkit_configurations")
