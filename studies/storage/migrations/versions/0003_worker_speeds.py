"""Speeds that workers measured of themselves, for previews."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """A column for it."""
    op.add_column("golden_workers", sa.Column("speeds", sa.Text(), nullable=True))
