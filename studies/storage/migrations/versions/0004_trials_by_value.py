"""Trials of a whole study in the order of their values, a page at a time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """An index of the trials that have a value: waiting ones cost nothing."""
    measured = sa.text("value IS NOT NULL")
    op.create_index(
        "ix_golden_trials_ranked",
        "golden_trials",
        ["study_id", "value", "sweep_id", "number"],
        postgresql_where=measured,
        sqlite_where=measured,
    )
