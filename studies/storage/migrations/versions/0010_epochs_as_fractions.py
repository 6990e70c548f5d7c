"""Epochs to the target as fractions, and the processor time of trainings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Whole epochs stay the numbers that they were. SQLite copies the table of runs: a second for 100,000 runs."""
    with op.batch_alter_table("golden_runs") as runs:
        runs.alter_column("epochs_to_target", existing_type=sa.Integer(), type_=sa.Double(), existing_nullable=True)
        runs.add_column(sa.Column("cpu_seconds", sa.Double))
