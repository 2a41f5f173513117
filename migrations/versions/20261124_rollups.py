"""The daily rollups that the overview reads."""

from __future__ import annotations

revision = "20261124_rollups"
down_revision = "20261123_log"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
