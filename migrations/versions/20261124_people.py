"""Who may do what on which site, invitations, second factors."""

from __future__ import annotations

revision = "20261124_people"
down_revision = "20261124_filters"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
