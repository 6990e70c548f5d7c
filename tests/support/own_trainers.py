"""Studies that somebody else's program trains, worked off with the results of `own_results`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from own_results import share_of
from planning import planned_on

from studies.language.spec import StudySpec, parse
from studies.plan.procedure import expected_runs, first_plans
from studies.records import ReportedRun
from studies.storage import external, studies
from studies.storage.engine import Database
from studies.storage.external import Ending
from studies.storage.read_models import ClaimedTrial

SHARE = {"name": "val_acc", "direction": "maximize", "kind": "share", "test_size": 1000}
OWN: dict[str, Any] = {  # 118 runs in three phases
    "name": "own",
    "schema_version": 3,
    "contexts": [{"trainer": "external", "name": "mine", "settings": {"network": "r18"}}],
    "measure": SHARE,
    "design": {
        "kind": "locate",
        "map_points": 32,
        "claim_replicates": 4,
        "zoom_points": 12,
        "widen": False,
        "confirmation": "fixed",
        "confirm_blocks": 4,
        "mates": [0.0],
    },
    "replication": {"folds": 1},
    "limits": {"max_attempts": 20},
}


def document(**changes: Any) -> dict[str, Any]:
    """The study with some fields in place of its own; None takes one away."""
    return {name: value for name, value in {**OWN, **changes}.items() if value is not None}


def submit(db: Database, **changes: Any) -> StudySpec:
    """Store the study with its first phase."""
    spec = parse(document(**changes))
    studies.create(db, spec, first_plans(spec), runs_expected=expected_runs(spec))
    return spec


def ending_of(trial: ClaimedTrial, *, of: Callable[..., float | None] = share_of, **changes: Any) -> Ending:
    """The end of a leased trial for the storage; `of` gives a run its value (None: it broke), `changes` more."""
    runs = {}
    for index, r in enumerate(trial.replicates):
        value = of(trial.eta, trial.alpha, order_seed=r.order_seed, init_seed=r.init_seed)
        runs[index] = ReportedRun(**{"value": value, "seconds": 1.5, "diverged": value is None, **changes})
    return Ending(trial.id, trial.token, runs)


def work_off(db: Database, *, owner: str = "alice", limit: int = 100, **changes: Any) -> int:
    """Lease, finish and advance until nothing waits and nothing is due; returns the number of trials finished."""
    done = 0
    lease = partial(external.lease, db, owner=owner, worker="w", limit=limit, seconds=3600.0)
    while (batch := planned_on(lease, db)) is not None:
        assert all(external.finish(db, [ending_of(trial, **changes) for trial in batch.trials], owner=owner))
        done += len(batch.trials)
    return done
