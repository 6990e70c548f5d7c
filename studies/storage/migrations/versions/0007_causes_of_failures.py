"""Failed runs by cause, counted as results come in."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import Any

import sqlalchemy as sa
from alembic import op

from studies.outcomes import cause_of

revision = "0007"
down_revision = "0006"

COLUMNS = {"diverged": "runs_cause_diverged", "untrained": "runs_cause_untrained"}
FAILED = sa.text(  # no curve is read of a run that became non-finite
    """
    SELECT t.study_id, t.id, t.eta, t.alpha, r.divergence, r.own_loss, r.cross_entropy, r.loss_area, r.steps,
           c.loss AS loss_curve, c.cross_entropy AS nats_curve
    FROM golden_runs r JOIN golden_trials t ON t.id = r.trial_id
    LEFT JOIN golden_curves c ON c.trial_id = r.trial_id AND c.run = r.run AND r.divergence = 'chance'
    WHERE r.diverged_at IS NOT NULL
    """
)
PIECE = 1000  # rows read, and trials written, at a time


def upgrade() -> None:
    """Add the counters, and count what is stored by the rule that counts new results."""
    for table in ("golden_studies", "golden_trials"):
        for column in COLUMNS.values():
            op.add_column(table, sa.Column(column, sa.Integer(), nullable=False, server_default="0"))
    by_trial: dict[int, Counter[str]] = defaultdict(Counter)
    by_study: dict[int, Counter[str]] = defaultdict(Counter)
    for row in op.get_bind().execute(FAILED.execution_options(yield_per=PIECE)):
        cause = _cause(row)
        if cause in COLUMNS:
            by_trial[row.id][cause] += 1
            by_study[row.study_id][cause] += 1
    _write("golden_trials", by_trial)
    _write("golden_studies", by_study)


def _cause(row: sa.Row[Any]) -> str:
    return cause_of(
        row.divergence or "chance",  # a row that says when, but not how
        _curve(row.loss_curve),
        _curve(row.nats_curve),
        own_loss=row.own_loss,
        cross_entropy=row.cross_entropy,
        loss_area=row.loss_area,
        eta=row.eta,
        alpha=row.alpha,
        steps=row.steps,
    ).value


def _curve(text: str | None) -> list[float | None]:
    found: list[float | None] = [] if text is None else json.loads(text)
    return found


def _write(table: str, counts: dict[int, Counter[str]]) -> None:
    assigned = ", ".join(f"{column} = :{cause}" for cause, column in COLUMNS.items())
    statement = sa.text(f"UPDATE {table} SET {assigned} WHERE id = :id")  # noqa: S608 - of this file's own names
    rows = [{"id": i, **{cause: found[cause] for cause in COLUMNS}} for i, found in sorted(counts.items())]
    for start in range(0, len(rows), PIECE):
        op.get_bind().execute(statement, rows[start : start + PIECE])
