"""Studies that somebody else's program trains, and a trainer whose results follow from points and seeds alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from planning import planned_on

from studies.language.spec import StudySpec, parse
from studies.plan.procedure import expected_runs, first_plans
from studies.records import ReportedRun
from studies.storage import external, studies
from studies.storage.engine import Database
from studies.storage.external import Ending
from studies.storage.read_models import ClaimedTrial

SHARE = {"name": "val_acc", "direction": "maximize", "kind": "share", "test_size": 1000}
PEAK = (0.016, 0.874)
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


def share_of(eta: float, alpha: float, *, order_seed: int, init_seed: int) -> float:
    """The share that a training at this point with these seeds yields: a planted optimum, and noise of the seeds."""
    noise = float(np.random.default_rng([order_seed, init_seed]).standard_normal())
    v, u = math.log(eta / PEAK[0]), math.log((1.0 - alpha) / (1.0 - PEAK[1]))
    logit = 3.0 - 0.3 * (v - u) ** 2 - 0.2 * u**2 + 0.05 * noise
    return round(1000 / (1.0 + math.exp(-max(logit, -6.0)))) / 1000


def results_of(trial: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The runs of a leased trial, as they are reported."""
    at = trial["parameters"]
    return [
        {"run": run["run"], "value": share_of(**at, order_seed=run["order_seed"], init_seed=run["init_seed"])}
        for run in trial["runs"]
    ]


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
