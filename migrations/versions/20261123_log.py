"""The consent log: what waits for its place, the tree, the checkpoints, keys and statements; and records held back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261123_log"
down_revision = "20261123_observations"
branch_labels = None
depends_on = None

# How many records from before the log are queued in one transaction.
_BATCH = 10_000

# Whatever inserts a record, be it of the release before, queues it in the same statement: none can be forgotten.
_SQLITE_TRIGGER = """
CREATE TRIGGER consentkit_records_queue AFTER INSERT ON consentkit_records WHEN NOT NEW.sample
BEGIN
    INSERT INTO consentkit_log_queue (site, item_id, kind) VALUES (NEW.site, NEW.id, 1);
END
"""
_POSTGRESQL_FUNCTION = """
CREATE FUNCTION consentkit_queue_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO consentkit_log_queue (site, item_id, kind) VALUES (NEW.site, NEW.id, 1);
    RETURN NULL;
END
$$
"""
_POSTGRESQL_TRIGGER = """
CREATE TRIGGER consentkit_records_queue AFTER INSERT ON consentkit_records
FOR EACH ROW WHEN (NOT NEW.sample) EXECUTE FUNCTION consentkit_queue_record()
"""


def upgrade() -> None:
    op.create_table(
        "consentkit_log_queue",
        sa.Column("site", sa.Text(), nullable=False, comment="The site's id."),
        sa.Column("item_id", sa.Uuid(), nullable=False, comment="The record's or the statement's id."),
        sa.Column("kind", sa.SmallInteger(), nullable=False, comment="1: a record; else the type of the statement."),
        sa.PrimaryKeyConstraint("site", "item_id", name="pk_consentkit_log_queue"),
        comment="What is stored and has no place in the log yet. A trigger on the records fills it.",
    )
    op.create_table(
        "consentkit_log_heads",
        sa.Column("site", sa.Text(), nullable=False, comment="The site's id."),
        sa.Column("origin", sa.Text(), nullable=False, comment="The log's name: where it can be read."),
        sa.Column("size", sa.BigInteger(), nullable=False, comment="How many entries are integrated."),
        sa.Column("root", sa.LargeBinary(), nullable=False, comment="The root over them (RFC 6962, 2.1)."),
        sa.Column("fence", sa.BigInteger(), nullable=False, comment="Counts the leases: an older writer is refused."),
        sa.Column("holder", sa.Text(), nullable=True, comment="The process that has the lease."),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True, comment="Until when."),
        sa.Column(
            "trouble", sa.Text(), nullable=True, comment="Why nothing is signed any more; null when all is well."
        ),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False, comment="When the log began."),
        sa.PrimaryKeyConstraint("site", name="pk_consentkit_log_heads"),
        comment="The log of each site: how far it is, and who writes it.",
    )
    op.create_table(
        "consentkit_log_leaves",
        sa.Column("site", sa.Text(), nullable=False, comment="The site's id."),
        sa.Column("leaf_index", sa.BigInteger(), autoincrement=False, nullable=False, comment="The place, from 0."),
        sa.Column("item_id", sa.Uuid(), nullable=False, comment="The record or the statement that has it."),
        sa.PrimaryKeyConstraint("site", "leaf_index", name="pk_consentkit_log_leaves"),
        comment="Which record has which place in the log. Erasure removes the row; the entry stays in the tiles.",
    )
    op.create_index("ix_consentkit_log_leaves_item_id", "consentkit_log_leaves", ["item_id"], unique=True)
    op.create_table(
        "consentkit_log_tiles",
        sa.Column("site", sa.Text(), nullable=False, comment="The site's id."),
        sa.Column(
            "level", sa.SmallInteger(), autoincrement=False, nullable=False, comment="The level; -1 for the entries."
        ),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False, comment="The number from the left."),
        sa.Column("data", sa.LargeBinary(), nullable=False, comment="Up to 256 hashes, or entries (C2SP tlog-tiles)."),
        sa.PrimaryKeyConstraint("site", "level", "number", name="pk_consentkit_log_tiles"),
        comment="The tree. A full tile never changes; the last one of a level grows at its end.",
    )
    op.create_table(
        "consentkit_log_checkpoints",
        sa.Column("site", sa.Text(), nullable=False, comment="The site's id."),
        sa.Column("origin", sa.Text(), nullable=False, comment="The log's name at that time."),
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False, comment="How many entries it covers."),
        sa.Column("note", sa.Text(), nullable=False, comment="The signed note (C2SP tlog-checkpoint)."),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False, comment="When it was signed."),
        sa.PrimaryKeyConstraint("site", "origin", "size", name="pk_consentkit_log_checkpoints"),
        comment="The signed heads of the logs.",
    )
    op.create_index(
        "ix_consentkit_log_checkpoints_site_published_at",
        "consentkit_log_checkpoints",
        ["site", "published_at"],
        unique=False,
    )
    op.create_table(
        "consentkit_log_statements",
        sa.Column("site", sa.Text(), nullable=False, comment="The site's id."),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7: its order is the order of time."),
        sa.Column("kind", sa.SmallInteger(), nullable=False, comment="The type of its entry."),
        sa.Column("note", sa.Text(), nullable=False, comment="The signed note that the entry commits to."),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="When it was made."),
        sa.PrimaryKeyConstraint("site", "id", name="pk_consentkit_log_statements"),
        comment="What the log says of itself: erasures, keys that took over. Nothing about anybody.",
    )
    op.create_table(
        "consentkit_log_keys",
        sa.Column("site", sa.Text(), nullable=False, comment="The site's id."),
        sa.Column("verifier", sa.Text(), nullable=False, comment="The public key as a verifier key line (C2SP)."),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False, comment="When it began to sign."),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True, comment="When another one took over."),
        sa.PrimaryKeyConstraint("site", "verifier", name="pk_consentkit_log_keys"),
        comment="The public keys of the logs. The private ones are never in the database.",
    )
    # One key signs at a time, whatever two processes that start at once may think.
    op.create_index(
        "uq_consentkit_log_keys_site",
        "consentkit_log_keys",
        ["site"],
        unique=True,
        sqlite_where=sa.text("retired_at IS NULL"),
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.create_table(
        "consentkit_holds",
        sa.Column("site", sa.Text(), nullable=False, comment="The site's id."),
        sa.Column("record_id", sa.Uuid(), nullable=False, comment="The record that must not be erased."),
        sa.Column("reason", sa.Text(), nullable=False, comment="The legal claim (GDPR Art. 17(3)(e))."),
        sa.Column("held_by", sa.Text(), nullable=False, comment="Who said so."),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False, comment="When."),
        sa.PrimaryKeyConstraint("site", "record_id", name="pk_consentkit_holds"),
        comment="Records that are kept for a legal claim, whatever their age and whoever asks.",
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(_SQLITE_TRIGGER)
        op.execute(_queue_after())
        return
    op.execute(_POSTGRESQL_FUNCTION)
    op.execute(_POSTGRESQL_TRIGGER)
    with op.get_context().autocommit_block():
        _queue_in_batches()


def _queue_after(last: str | None = None, *, limit: str = "") -> str:
    """Return the statement that queues records from before the log, those after *last* first."""
    after = "" if last is None else f"AND records.id > '{last}'"
    return (
        "INSERT INTO consentkit_log_queue (site, item_id, kind) "  # noqa: S608 - an id from the database itself
        f"SELECT records.site, records.id, 1 FROM consentkit_records AS records WHERE NOT records.sample {after} "
        f"ORDER BY records.id {limit} ON CONFLICT DO NOTHING"
    )


def _queue_in_batches() -> None:
    bind = op.get_bind()
    last: str | None = None
    while True:
        # The trigger is there already: what is inserted meanwhile is queued by it.
        after = "" if last is None else f"AND id > '{last}'"
        chunk = f"SELECT id FROM consentkit_records WHERE NOT sample {after} ORDER BY id LIMIT {_BATCH}"  # noqa: S608
        end = bind.exec_driver_sql(f"SELECT max(id::text) FROM ({chunk}) AS chunk").scalar()  # noqa: S608
        if end is None:
            return
        bind.exec_driver_sql(_queue_after(last, limit=f"LIMIT {_BATCH}"))
        last = end


def downgrade() -> None:
    op.execute(
        "DROP TRIGGER consentkit_records_queue"
        if op.get_bind().dialect.name == "sqlite"
        else "DROP TRIGGER consentkit_records_queue ON consentkit_records"
    )
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION consentkit_queue_record()")
    for table in ("queue", "heads", "leaves", "tiles", "checkpoints", "statements", "keys"):
        op.drop_table(f"consentkit_log_{table}")
    op.drop_table("consentkit_holds")
