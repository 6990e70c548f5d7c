"""Widened boxes and later looks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add what a sweep's widened box and a study's further rounds are kept in."""
    op.add_column("golden_studies", sa.Column("runs_granted", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("golden_sweeps", sa.Column("rounds", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("golden_sweeps", sa.Column("space", sa.Text(), nullable=True))
