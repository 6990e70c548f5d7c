"""Notices of what became of studies, and their deliveries to webhooks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from studies.storage.schema import Id, UtcDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """An outbox: a notice is written with the change that it is about, a delivery for each webhook that wants it."""
    op.create_table(
        "golden_notices",
        sa.Column("id", Id, nullable=False),
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("event", sa.String(16), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("study_id", sa.BigInteger, nullable=False),
        sa.Column("study", sa.String(63), nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text),
        sa.Column("dispatched", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.PrimaryKeyConstraint("id", name="pk_golden_notices"),
        sa.UniqueConstraint("key", name="uq_golden_notices_key"),
        sqlite_autoincrement=True,
    )
    waiting = sa.text("NOT dispatched")
    op.create_index(
        "ix_golden_notices_undispatched",
        "golden_notices",
        ["id"],
        postgresql_where=waiting,
        sqlite_where=waiting,
    )
    op.create_index("ix_golden_notices_at", "golden_notices", ["at"])
    op.create_table(
        "golden_webhooks",
        sa.Column("name", sa.String(63), nullable=False),
        sa.Column("since", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_golden_webhooks"),
    )
    op.create_table(
        "golden_deliveries",
        sa.Column("notice_id", Id, autoincrement=False, nullable=False),
        sa.Column("webhook", sa.String(63), nullable=False),
        sa.Column("study_id", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(16), nullable=False, server_default="waiting"),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("due_at", UtcDateTime, nullable=False),
        sa.Column("finished_at", UtcDateTime),
        sa.Column("status", sa.Integer),
        sa.Column("error", sa.String(300), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("notice_id", "webhook", name="pk_golden_deliveries"),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["golden_notices.id"], name="fk_golden_deliveries_notice_id", ondelete="CASCADE"
        ),
        sa.CheckConstraint("state IN ('waiting', 'delivered', 'given_up')", name="ck_golden_deliveries_state"),
    )
    open_ = sa.text("state = 'waiting'")
    op.create_index(
        "ix_golden_deliveries_waiting",
        "golden_deliveries",
        ["webhook", "study_id", "notice_id"],
        postgresql_where=open_,
        sqlite_where=open_,
    )
