"""What the filters of the audit view need: indexes, and what its users save."""

from __future__ import annotations

revision = "20261124_filters"
down_revision = "20261124_rollups"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
