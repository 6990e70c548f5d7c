"""Trials that somebody else's program trains."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from studies.storage.schema import Id

revision = "0008"
down_revision = "0007"

COUNTS = ("n_test", "correct", "steps")
REALS = ("accuracy", "error", "cross_entropy", "own_loss", "loss_area", "seconds")


def upgrade() -> None:
    """Sweeps and trials say who trains them; runs have room for what an external trainer reports, and its steps too.

    SQLite copies the table of runs, since it cannot change a column in place: a second for 100,000 runs.
    """
    for table in ("golden_sweeps", "golden_trials"):
        op.add_column(table, sa.Column("external", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("golden_trials", sa.Column("lease_seconds", sa.Double))
    op.add_column("golden_idempotency_keys", sa.Column("answer", sa.Text))
    waiting = sa.text("state = 'waiting'")
    op.drop_index("ix_golden_trials_waiting", "golden_trials")
    op.create_index(
        "ix_golden_trials_waiting",
        "golden_trials",
        ["study_id", "external", "number", "id"],
        postgresql_where=waiting,
        sqlite_where=waiting,
    )
    with op.batch_alter_table("golden_runs") as runs:
        for name in COUNTS:
            runs.alter_column(name, existing_type=sa.Integer(), nullable=True)
        for name in REALS:
            runs.alter_column(name, existing_type=sa.Double(), nullable=True)
        runs.alter_column("stack", existing_type=sa.String(64), nullable=True)
        runs.add_column(sa.Column("value", sa.Double))
    op.create_table(
        "golden_steps",
        sa.Column("trial_id", Id, nullable=False),
        sa.Column("run", sa.Integer, nullable=False),
        sa.Column("step", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("value", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("trial_id", "run", "step", name="pk_golden_steps"),
        sa.ForeignKeyConstraint(
            ["trial_id"], ["golden_trials.id"], name="fk_golden_steps_trial_id", ondelete="CASCADE"
        ),
    )
