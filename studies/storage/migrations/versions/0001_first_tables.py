"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from studies.storage.schema import UtcDateTime

revision = "0001"
down_revision = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "golden_counters",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_golden_counters")),
    )
    op.create_table(
        "golden_events",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("study", sa.String(length=63), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("detail", sa.String(length=1000), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_golden_events")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_golden_events_study"), "golden_events", ["study"], unique=False)
    op.create_table(
        "golden_idempotency_keys",
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("spec_hash", sa.String(length=64), nullable=False),
        sa.Column("study", sa.String(length=63), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_golden_idempotency_keys")),
    )
    op.create_index(
        op.f("ix_golden_idempotency_keys_created_at"), "golden_idempotency_keys", ["created_at"], unique=False
    )
    op.create_table(
        "golden_studies",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(length=63), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("spec", sa.Text(), nullable=False),
        sa.Column("spec_hash", sa.String(length=64), nullable=False),
        sa.Column("claim_hash", sa.String(length=64), nullable=False),
        sa.Column("objective", sa.String(length=32), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("max_failed_share", sa.Double(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("note", sa.String(length=1000), server_default="", nullable=False),
        sa.Column("submitted_by", sa.String(length=200), server_default="", nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("runs_expected", sa.Integer(), server_default="0", nullable=False),
        sa.Column("runs_done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("runs_diverged", sa.Integer(), server_default="0", nullable=False),
        sa.Column("trials_total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("trials_running", sa.Integer(), server_default="0", nullable=False),
        sa.Column("trials_failed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'paused', 'complete', 'cancelled', 'failed')",
            name=op.f("ck_golden_studies_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_golden_studies")),
        sa.UniqueConstraint("name", name=op.f("uq_golden_studies_name")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_golden_studies_state", "golden_studies", ["state"], unique=False)
    op.create_table(
        "golden_workers",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(length=200), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("drain", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        sa.Column("study", sa.String(length=63), nullable=True),
        sa.Column("lanes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("stack_limit", sa.Integer(), server_default="0", nullable=False),
        sa.Column("runs_done", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("trainings_per_second", sa.Double(), nullable=True),
        sa.Column("memory_bytes", sa.BigInteger(), nullable=True),
        sa.Column("images_per_second", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_golden_workers")),
    )
    op.create_table(
        "golden_sweeps",
        sa.Column("id", ID, nullable=False),
        sa.Column("study_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("loss", sa.String(length=32), nullable=False),
        sa.Column("context", sa.String(length=63), nullable=False),
        sa.Column("optuna_study_id", sa.Integer(), nullable=False),
        sa.Column("phases", sa.Text(), nullable=False),
        sa.Column("closed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("trials", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["study_id"], ["golden_studies.id"], name=op.f("fk_golden_sweeps_study_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_golden_sweeps")),
        sa.UniqueConstraint("study_id", "name", name=op.f("uq_golden_sweeps_study_id_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "golden_trials",
        sa.Column("id", ID, nullable=False),
        sa.Column("study_id", ID, nullable=False),
        sa.Column("sweep_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("context", sa.String(length=63), nullable=False),
        sa.Column("phase", sa.String(length=16), nullable=False),
        sa.Column("arm", sa.String(length=40), nullable=False),
        sa.Column("block", sa.Integer(), nullable=False),
        sa.Column("eta", sa.Double(), nullable=True),
        sa.Column("alpha", sa.Double(), nullable=True),
        sa.Column("replicates", sa.Text(), nullable=False),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), server_default="waiting", nullable=False),
        sa.Column("token", sa.Integer(), server_default="0", nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("worker", sa.String(length=200), nullable=True),
        sa.Column("deadline", UtcDateTime(), nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("runs_diverged", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.String(length=2000), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'complete', 'failed', 'cancelled')", name=op.f("ck_golden_trials_state")
        ),
        sa.ForeignKeyConstraint(
            ["study_id"], ["golden_studies.id"], name=op.f("fk_golden_trials_study_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["sweep_id"], ["golden_sweeps.id"], name=op.f("fk_golden_trials_sweep_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_golden_trials")),
        sa.UniqueConstraint("sweep_id", "number", name=op.f("uq_golden_trials_sweep_id_number")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_golden_trials_leased",
        "golden_trials",
        ["deadline"],
        unique=False,
        postgresql_where=sa.text("state = 'running'"),
        sqlite_where=sa.text("state = 'running'"),
    )
    op.create_index("ix_golden_trials_listed", "golden_trials", ["study_id", "sweep_id", "number"], unique=False)
    op.create_index(
        "ix_golden_trials_open",
        "golden_trials",
        ["sweep_id"],
        unique=False,
        postgresql_where=sa.text("state IN ('waiting', 'running')"),
        sqlite_where=sa.text("state IN ('waiting', 'running')"),
    )
    op.create_index(
        "ix_golden_trials_stackable",
        "golden_trials",
        ["study_id", "context", "block", "number", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
        sqlite_where=sa.text("state = 'waiting'"),
    )
    op.create_index("ix_golden_trials_value", "golden_trials", ["sweep_id", "value"], unique=False)
    op.create_index(
        "ix_golden_trials_waiting",
        "golden_trials",
        ["study_id", "number", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
        sqlite_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "golden_curves",
        sa.Column("trial_id", ID, nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("accuracy", sa.Text(), nullable=False),
        sa.Column("cross_entropy", sa.Text(), nullable=False),
        sa.Column("loss", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["trial_id"], ["golden_trials.id"], name=op.f("fk_golden_curves_trial_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("trial_id", "run", name=op.f("pk_golden_curves")),
    )
    op.create_table(
        "golden_runs",
        sa.Column("trial_id", ID, nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("split", sa.BigInteger(), nullable=False),
        sa.Column("fold", sa.Integer(), nullable=False),
        sa.Column("order_seed", sa.BigInteger(), nullable=False),
        sa.Column("init_seed", sa.BigInteger(), nullable=False),
        sa.Column("n_test", sa.Integer(), nullable=False),
        sa.Column("correct", sa.Integer(), nullable=False),
        sa.Column("accuracy", sa.Double(), nullable=False),
        sa.Column("error", sa.Double(), nullable=False),
        sa.Column("cross_entropy", sa.Double(), nullable=False),
        sa.Column("own_loss", sa.Double(), nullable=False),
        sa.Column("loss_area", sa.Double(), nullable=False),
        sa.Column("epochs_to_target", sa.Integer(), nullable=True),
        sa.Column("diverged_at", sa.Integer(), nullable=True),
        sa.Column("divergence", sa.String(length=16), nullable=True),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("stack", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["trial_id"], ["golden_trials.id"], name=op.f("fk_golden_runs_trial_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("trial_id", "run", name=op.f("pk_golden_runs")),
    )
