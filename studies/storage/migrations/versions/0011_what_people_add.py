"""Notes and tags that people add to studies, and the attempts that ended without a result."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from studies.storage.schema import Id, UtcDateTime

revision = "0011"
down_revision = "0010"

_KNOWN = """
INSERT INTO golden_attempts (study_id, trial_id, attempt, worker, started_at, ended_at, together, given_up, error)
SELECT study_id, id, CASE WHEN attempt > 1 THEN attempt ELSE 1 END,
       CASE WHEN state = 'failed' THEN worker END, CASE WHEN state = 'failed' THEN started_at END,
       CASE WHEN state = 'failed' THEN finished_at END, NULL, state = 'failed', error
FROM golden_trials WHERE error IS NOT NULL AND error <> '' ORDER BY id
"""


def upgrade() -> None:
    """Of attempts before, the latest error of each trial is known; who made it, and when, only where it was the last."""
    op.add_column("golden_studies", sa.Column("notes", sa.Text, nullable=False, server_default=""))
    op.add_column("golden_studies", sa.Column("tags", sa.String(400), nullable=False, server_default=""))
    op.create_table(
        "golden_attempts",
        sa.Column("id", Id, nullable=False),
        sa.Column("study_id", Id, nullable=False),
        sa.Column("trial_id", Id, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("worker", sa.String(200)),
        sa.Column("started_at", UtcDateTime),
        sa.Column("ended_at", UtcDateTime),
        sa.Column("together", sa.Integer),
        sa.Column("given_up", sa.Boolean, nullable=False),
        sa.Column("error", sa.String(2000), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_golden_attempts"),
        sa.ForeignKeyConstraint(
            ["trial_id"], ["golden_trials.id"], name="fk_golden_attempts_trial_id", ondelete="CASCADE"
        ),
        sqlite_autoincrement=True,
    )
    for column in ("study_id", "trial_id"):
        op.create_index(f"ix_golden_attempts_{column}", "golden_attempts", [column])
    op.execute(_KNOWN)
