"""Verdicts on ended studies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from studies.storage.schema import Id

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """A verdict for each study and objective, with what it depends on; empty at first, filled by the service."""
    op.create_table(
        "golden_verdicts",
        sa.Column("study_id", Id, autoincrement=False, nullable=False),
        sa.Column("objective", sa.String(32), nullable=False),
        sa.Column("judged_revision", sa.BigInteger, nullable=False),
        sa.Column("claim_hash", sa.String(64), nullable=False),
        sa.Column("analysis_version", sa.Integer, nullable=False),
        sa.Column("looks", sa.Integer, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("study_id", "objective", name="pk_golden_verdicts"),
        sa.ForeignKeyConstraint(
            ["study_id"], ["golden_studies.id"], name="fk_golden_verdicts_study_id", ondelete="CASCADE"
        ),
    )
