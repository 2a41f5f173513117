"""What is done in the audit view, for its own log."""

from __future__ import annotations

revision = "20261124_access"
down_revision = "20261124_people"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
