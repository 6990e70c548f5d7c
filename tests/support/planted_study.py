"""A small locate study on a planted landscape, and a worker that is a loop: from the map to the verdict in seconds."""

from __future__ import annotations

from typing import Any

import numpy as np

from studies.advance import advance
from studies.records import Replicate, RunResult
from studies.spec import StudySpec, parse
from studies.storage import queue
from studies.storage.engine import Database
from studies.storage.records import ClaimedTrial, FinishedTrial

LOCATE: dict[str, Any] = {
    "name": "tiny",
    "losses": ["golden", "sse"],
    "contexts": [{"name": "digits", "dataset": "digits", "epochs": 2}],
    "design": {
        "kind": "locate",
        "map_points": 40,
        "claim_replicates": 8,
        "zoom_points": 24,
        "confirm_blocks": 6,
        "mates": [0.0, 0.97],
    },
    "replication": {"folds": 3},
}


def make(**changes: Any) -> StudySpec:
    return parse({**LOCATE, **changes})


def measured(trial: ClaimedTrial, *, peak: tuple[float, float]) -> FinishedTrial:
    """A noisy quadratic in (ln eta, ln(1 - alpha)) with its optimum at `peak`, scored on 1,000 test images."""

    def run(replicate: Replicate) -> RunResult:
        rng = np.random.default_rng([replicate.init_seed, replicate.order_seed])
        dv = np.log(trial.eta / peak[0])
        du = np.log((1 - trial.alpha) / (1 - peak[1]))
        logit = 3.0 - 0.3 * (dv - du) ** 2 - 0.2 * du**2 + 0.05 * rng.standard_normal()
        correct = round(1000 / (1 + np.exp(-logit)))
        return RunResult(
            n_test=1000,
            correct=correct,
            accuracy=correct / 1000,
            error=1 - correct / 1000,
            cross_entropy=float(np.exp(-logit)),
            own_loss=float(np.exp(-logit)),
            loss_area=0.5,
            epochs_to_target=1,
            diverged_at=None,
            divergence=None,
            steps=10,
            seconds=0.1,
            stack="stack",
            accuracy_curve=(0.5, correct / 1000),
            cross_entropy_curve=(1.0, 0.5),
            loss_curve=(1.0, 0.5),
        )

    return FinishedTrial(trial, tuple(run(r) for r in trial.replicates))


def work_off(db: Database, *, peak: tuple[float, float]) -> int:
    """Play the worker until nothing waits and nothing is due; returns the number of trials finished."""
    done = 0
    while True:
        batch = queue.claim(db, worker="test", limit=100, lease_seconds=60)
        if batch is not None:
            assert all(queue.finish(db, [measured(t, peak=peak) for t in batch.trials]))
            done += len(batch.trials)
        elif advance(db) == 0:
            return done
