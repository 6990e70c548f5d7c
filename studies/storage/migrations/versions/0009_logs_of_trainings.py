"""What trainings of somebody else's program printed last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from studies.storage.schema import Id

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """A table of its own, so that reading measurements reads no log."""
    op.create_table(
        "golden_logs",
        sa.Column("trial_id", Id, nullable=False),
        sa.Column("run", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("trial_id", "run", name="pk_golden_logs"),
        sa.ForeignKeyConstraint(["trial_id"], ["golden_trials.id"], name="fk_golden_logs_trial_id", ondelete="CASCADE"),
    )
