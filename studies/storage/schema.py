"""Our tables, all named `golden_*`; Optuna's lie beside them in the same database and are Optuna's.

A study (what was submitted) has sweeps (one loss in one context), a sweep has trials (one point each), a trial has runs
(one training each). Counters on a study are kept by the transaction that changes what they count.

Study states and their transitions
    queued     no trial was ever claimed         -> running (first claim), paused, cancelled, failed
    running                                      -> complete (last sweep closed), paused, cancelled, failed
    paused     nothing is claimed; held trials   -> queued or running (resume), cancelled, failed
               finish as usual
    complete   every sweep is closed             -> running (extend)
    cancelled  final
    failed     final: too many trials failed

Trial states and their transitions
    waiting    may be claimed                    -> running (claim: token + 1, attempt + 1), cancelled,
                                                    complete (finish under the token of the latest claim)
    running    leased until `deadline`           -> complete (finish), waiting (fail, release, lease ran out),
                                                    failed (the same, attempts exhausted), cancelled
    complete, failed, cancelled                  final

Locks are taken in this order, rows of a kind by ascending id: trials, sweeps, Optuna studies, studies,
verdicts.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from studies.records import DeliveryState, StudyState, TrialState


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """Aware UTC datetimes: `timestamptz` on PostgreSQL, sortable UTC text on SQLite."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Refuse naive times; SQLite gets them without the zone it would drop."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"expected an aware datetime, got {value!r}")
        stamp = value.astimezone(UTC)
        return stamp.replace(tzinfo=None) if dialect.name == "sqlite" else stamp

    def process_result_value(self, value: datetime | None, _dialect: sa.Dialect) -> datetime | None:
        """Aware again."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Big = sa.BigInteger()
Real: sa.types.TypeEngine[float] = sa.Double()

# Partial indexes serve a query only where it repeats their condition as a literal, never as a parameter.
WAITING = sa.text("state = 'waiting'")
RUNNING = sa.text("state = 'running'")
OPEN = sa.text("state IN ('waiting', 'running')")
MEASURED = sa.text("value IS NOT NULL")
UNDISPATCHED = sa.text("NOT dispatched")

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _one_of(column: str, values: type[StrEnum]) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"{column} IN ({', '.join(repr(value.value) for value in values)})", name=column)


def _parent(table: str) -> Any:
    return sa.ForeignKey(f"{table}.id", ondelete="CASCADE")


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, server_default="0")


studies = sa.Table(
    "golden_studies",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("name", sa.String(63), nullable=False, unique=True),
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("spec", sa.Text, nullable=False),  # canonical JSON, as hashed
    sa.Column("spec_hash", sa.String(64), nullable=False),
    sa.Column("claim_hash", sa.String(64), nullable=False),
    sa.Column("objective", sa.String(32), nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),  # in force: the document's until somebody changes it
    sa.Column("max_attempts", sa.Integer, nullable=False),
    sa.Column("max_failed_share", Real, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("note", sa.String(1000), nullable=False, server_default=""),  # the system's: why it failed or waits
    sa.Column("notes", sa.Text, nullable=False, server_default=""),  # from here: what people add (`editing`)
    sa.Column("tags", sa.String(400), nullable=False, server_default=""),  # " a b ": each between spaces
    sa.Column("submitted_by", sa.String(200), nullable=False, server_default=""),
    sa.Column("revision", Big, nullable=False, server_default="1"),  # + 1 with every visible change
    _count("runs_expected"),
    _count("runs_granted"),  # what `extend --until-decided` may still plan
    _count("runs_done"),
    _count("runs_diverged"),  # ended at chance or broke, whatever the cause
    _count("runs_cause_diverged"),  # of these, as `studies.outcomes` has it; the rest: cause not known
    _count("runs_cause_untrained"),
    _count("trials_total"),
    _count("trials_running"),
    _count("trials_failed"),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("started_at", UtcDateTime),
    sa.Column("finished_at", UtcDateTime),
    _one_of("state", StudyState),
    sa.Index("ix_golden_studies_state", "state"),
    sqlite_autoincrement=True,
)

sweeps = sa.Table(
    "golden_sweeps",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("study_id", Id, _parent("golden_studies"), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),  # order within the study
    sa.Column("name", sa.String(128), nullable=False),  # <loss>@<context>
    sa.Column("loss", sa.String(32), nullable=False),
    sa.Column("context", sa.String(63), nullable=False),
    sa.Column("optuna_study_id", sa.Integer, nullable=False),  # no foreign key: the table is Optuna's
    sa.Column("phases", sa.Text, nullable=False),  # JSON list: phases planned so far, in order of appearance
    sa.Column("closed", sa.Boolean, nullable=False, server_default=sa.false()),  # nothing more will be planned
    _count("trials"),  # planned so far; the next trial's number
    _count("rounds"),  # later looks planned: further zoom points and blocks after a verdict
    sa.Column("space", sa.Text),  # JSON of the box once it was widened; null: the study's own
    sa.Column("external", sa.Boolean, nullable=False, server_default=sa.false()),  # trained by somebody else's program
    sa.UniqueConstraint("study_id", "name"),
    sqlite_autoincrement=True,
)

trials = sa.Table(
    "golden_trials",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("study_id", Id, _parent("golden_studies"), nullable=False),
    sa.Column("sweep_id", Id, _parent("golden_sweeps"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),  # 0, 1, ... within its sweep, in the order planned
    sa.Column("context", sa.String(63), nullable=False),  # the sweep's; with block it says what may share a stack
    sa.Column("external", sa.Boolean, nullable=False, server_default=sa.false()),  # the sweep's: who may claim it
    sa.Column("phase", sa.String(16), nullable=False),
    sa.Column("arm", sa.String(40), nullable=False),
    sa.Column("block", sa.Integer, nullable=False),
    sa.Column("eta", Real),  # null until the sampler is asked
    sa.Column("alpha", Real),
    sa.Column("replicates", sa.Text, nullable=False),  # JSON [[split, fold, order_seed, init_seed], ...]
    sa.Column("runs", sa.Integer, nullable=False),  # how many replicates
    sa.Column("state", sa.String(16), nullable=False, server_default=TrialState.WAITING.value),
    _count("token"),  # claims so far: fences off the writes of earlier claimants
    _count("attempt"),  # claims that count against max_attempts
    sa.Column("worker", sa.String(200)),
    sa.Column("deadline", UtcDateTime),  # end of the lease; null unless running
    sa.Column("lease_seconds", Real),  # length of the latest lease
    sa.Column("started_at", UtcDateTime),  # of the latest claim
    sa.Column("finished_at", UtcDateTime),
    sa.Column("value", Real),  # mean of the claim's objective over the runs; null unless complete
    _count("runs_diverged"),  # ended at chance or broke, whatever the cause
    _count("runs_cause_diverged"),  # of these, as `studies.outcomes` has it; the rest: cause not known
    _count("runs_cause_untrained"),
    sa.Column("error", sa.String(2000)),  # why the latest attempt failed
    _one_of("state", TrialState),
    sa.UniqueConstraint("sweep_id", "number"),
    sa.Index(
        "ix_golden_trials_waiting",
        "study_id",
        "external",
        "number",
        "id",
        postgresql_where=WAITING,
        sqlite_where=WAITING,
    ),
    sa.Index(
        "ix_golden_trials_stackable",
        "study_id",
        "context",
        "block",
        "number",
        "id",
        postgresql_where=WAITING,
        sqlite_where=WAITING,
    ),
    sa.Index("ix_golden_trials_leased", "deadline", postgresql_where=RUNNING, sqlite_where=RUNNING),
    sa.Index("ix_golden_trials_open", "sweep_id", postgresql_where=OPEN, sqlite_where=OPEN),
    sa.Index("ix_golden_trials_value", "sweep_id", "value"),
    sa.Index(
        "ix_golden_trials_ranked",
        "study_id",
        "value",
        "sweep_id",
        "number",
        postgresql_where=MEASURED,
        sqlite_where=MEASURED,
    ),
    sa.Index("ix_golden_trials_listed", "study_id", "sweep_id", "number"),
    sqlite_autoincrement=True,
)

runs = sa.Table(
    "golden_runs",
    metadata,
    sa.Column("trial_id", Id, _parent("golden_trials"), primary_key=True),
    sa.Column("run", sa.Integer, primary_key=True),  # index of its replicate within the trial
    sa.Column("split", Big, nullable=False),
    sa.Column("fold", sa.Integer, nullable=False),
    sa.Column("order_seed", Big, nullable=False),
    sa.Column("init_seed", Big, nullable=False),
    sa.Column("n_test", sa.Integer),  # from here to stack: null where somebody else's program trained, unless said
    sa.Column("correct", sa.Integer),
    sa.Column("accuracy", Real),
    sa.Column("error", Real),
    sa.Column("cross_entropy", Real),
    sa.Column("own_loss", Real),
    sa.Column("loss_area", Real),
    sa.Column("epochs_to_target", Real),  # a fraction where looks lie within epochs; null: never reached
    sa.Column("diverged_at", sa.Integer),  # step; null: it did not; 0 where an external trainer said that it did
    sa.Column("divergence", sa.String(16)),
    sa.Column("steps", sa.Integer),
    sa.Column("seconds", Real),  # of an external training: as reported
    sa.Column("stack", sa.String(64)),
    sa.Column("value", Real),  # what an external trainer reported; null where it broke, and of our own trainings
    sa.Column("cpu_seconds", Real),  # null where it was not measured
)

attempts = sa.Table(  # those that ended without a result (`attempts`)
    "golden_attempts",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("study_id", Id, nullable=False, index=True),  # the trial's
    sa.Column("trial_id", Id, _parent("golden_trials"), nullable=False, index=True),
    sa.Column("attempt", sa.Integer, nullable=False),  # 1, 2, ... of its trial
    sa.Column("worker", sa.String(200)),  # null, with the two times, where an earlier release did not keep them
    sa.Column("started_at", UtcDateTime),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("together", sa.Integer),  # attempts that one worker began and lost at the same time, this one included
    sa.Column("given_up", sa.Boolean, nullable=False),  # it was the trial's last
    sa.Column("error", sa.String(2000), nullable=False),
    sqlite_autoincrement=True,
)

# Apart from golden_runs, so that reading the measurements of 50,000 runs reads no curve.
curves = sa.Table(
    "golden_curves",
    metadata,
    sa.Column("trial_id", Id, _parent("golden_trials"), primary_key=True),
    sa.Column("run", sa.Integer, primary_key=True),
    sa.Column("accuracy", sa.Text, nullable=False),  # JSON lists, one number or null an epoch
    sa.Column("cross_entropy", sa.Text, nullable=False),
    sa.Column("loss", sa.Text, nullable=False),  # an object where there are rare curves, see `stored_curves`
)

steps = sa.Table(  # what external trainers report on the way: shown, never evidence; bounded by run (`external`)
    "golden_steps",
    metadata,
    sa.Column("trial_id", Id, _parent("golden_trials"), primary_key=True),
    sa.Column("run", sa.Integer, primary_key=True),
    sa.Column("step", Big, primary_key=True, autoincrement=False),
    sa.Column("value", Real, nullable=False),
)

logs = sa.Table(  # what external trainings printed last, as far as their trainers send it (`external`)
    "golden_logs",
    metadata,
    sa.Column("trial_id", Id, _parent("golden_trials"), primary_key=True),
    sa.Column("run", sa.Integer, primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
)

workers = sa.Table(
    "golden_workers",
    metadata,
    sa.Column("name", sa.String(200), primary_key=True),
    sa.Column("host", sa.String(255), nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("device", sa.String(200), nullable=False),
    sa.Column("version", sa.String(64), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),  # idle, training, draining, refused, gone
    sa.Column("drain", sa.Boolean, nullable=False, server_default=sa.false()),  # an operator asked it to stop
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("last_seen_at", UtcDateTime, nullable=False),
    sa.Column("study", sa.String(63)),
    _count("lanes"),
    _count("stack_limit"),
    sa.Column("runs_done", Big, nullable=False, server_default="0"),
    sa.Column("trainings_per_second", Real),
    sa.Column("memory_bytes", Big),
    sa.Column("images_per_second", Real),
    sa.Column("speeds", sa.Text),
)

events = sa.Table(  # who did what to which study, and provenance notes (`audit`); outlives the study
    "golden_events",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("study", sa.String(63), nullable=False, index=True),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("action", sa.String(32), nullable=False),
    sa.Column("detail", sa.String(1000), nullable=False),
    sqlite_autoincrement=True,
)

idempotency_keys = sa.Table(
    "golden_idempotency_keys",
    metadata,
    sa.Column("key", sa.String(255), primary_key=True),
    sa.Column("spec_hash", sa.String(64), nullable=False),
    sa.Column("study", sa.String(63), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False, index=True),
    sa.Column("answer", sa.Text),  # JSON [[trial's id, token], ...] of a lease, which its repetition is given again
)

notices = sa.Table(  # what became of studies, for those who asked to hear of it; outlives the study
    "golden_notices",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("key", sa.String(40), nullable=False, unique=True),  # the same whenever and wherever it is delivered
    sa.Column("event", sa.String(16), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("study_id", Big, nullable=False),
    sa.Column("study", sa.String(63), nullable=False),
    sa.Column("facts", sa.Text, nullable=False),  # JSON: the study as it was
    sa.Column("verdict", sa.Text),  # JSON, once judged; "null": it was too late to judge
    sa.Column("dispatched", sa.Boolean, nullable=False, server_default=sa.false()),  # its deliveries are made out
    sa.Index("ix_golden_notices_undispatched", "id", postgresql_where=UNDISPATCHED, sqlite_where=UNDISPATCHED),
    sa.Index("ix_golden_notices_at", "at"),
    sqlite_autoincrement=True,
)

webhooks = sa.Table(  # when a service first knew a webhook: it hears of nothing that happened before
    "golden_webhooks",
    metadata,
    sa.Column("name", sa.String(63), primary_key=True),
    sa.Column("since", UtcDateTime, nullable=False),
)

deliveries = sa.Table(
    "golden_deliveries",
    metadata,
    sa.Column("notice_id", Id, _parent("golden_notices"), primary_key=True, autoincrement=False),
    sa.Column("webhook", sa.String(63), primary_key=True),
    sa.Column("study_id", Big, nullable=False),
    sa.Column("state", sa.String(16), nullable=False, server_default=DeliveryState.WAITING.value),
    _count("attempts"),  # claims so far: fences off the outcome of earlier ones
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False),  # of the next attempt; while one is made: end of its lease
    sa.Column("finished_at", UtcDateTime),
    sa.Column("status", sa.Integer),  # HTTP status of the latest answer
    sa.Column("error", sa.String(300), nullable=False, server_default=""),  # why the latest attempt failed
    _one_of("state", DeliveryState),
    sa.Index(
        "ix_golden_deliveries_waiting",
        "webhook",
        "study_id",
        "notice_id",
        postgresql_where=WAITING,
        sqlite_where=WAITING,
    ),
)

verdicts = sa.Table(  # on ended studies, with what they depend on (`storage.verdicts`); without a row it is made anew
    "golden_verdicts",
    metadata,
    sa.Column("study_id", Id, _parent("golden_studies"), primary_key=True, autoincrement=False),
    sa.Column("objective", sa.String(32), primary_key=True),
    sa.Column("judged_revision", Big, nullable=False),  # of the study, as it was judged
    sa.Column("claim_hash", sa.String(64), nullable=False),
    sa.Column("analysis_version", sa.Integer, nullable=False),
    sa.Column("looks", sa.Integer, nullable=False),  # of all sweeps together
    sa.Column("digest", sa.String(64), nullable=False),  # SHA-256 of the body
    sa.Column("body", sa.Text, nullable=False),  # JSON
)

# retired_revisions: what deleted studies had added to the sum of all revisions; retired_highest: the largest of theirs;
# release: the one in force (`release`); data-...: digests of data sets (`fingerprints`)
counters = sa.Table(
    "golden_counters",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("value", Big, nullable=False),
)
