"""A worker that trains nothing: it scores every trial on a planted surface whose optimum and noise are known."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
from leases import LEASE
from planning import planned_on

from studies.records import Replicate, RunResult
from studies.storage import finishing, queue
from studies.storage.engine import Database
from studies.storage.read_models import ClaimedTrial, FinishedTrial


@dataclass(frozen=True)
class Planted:
    """A quadratic in (ln eta, ln(1 - alpha)) with its top at `peak` and normal noise, both in logits of accuracy."""

    peak: tuple[float, float]
    noise: float = 0.05
    images: int = 100_000  # on which each run is scored

    def finish(self, trial: ClaimedTrial) -> FinishedTrial:
        """The trial's results: the same whenever and wherever it is asked for."""
        return FinishedTrial(trial, tuple(self._run(trial, replicate) for replicate in trial.replicates))

    def work_off(self, database: Database) -> int:
        """Claim, finish and advance until nothing waits and nothing is due; returns the number of trials finished."""
        done = 0
        claim = partial(queue.claim, database, worker="planted", limit=100, lease_seconds=LEASE)
        while (batch := planned_on(claim, database)) is not None:
            assert all(finishing.finish(database, [self.finish(trial) for trial in batch.trials]))
            done += len(batch.trials)
        return done

    def _run(self, trial: ClaimedTrial, replicate: Replicate) -> RunResult:
        rng = np.random.default_rng([replicate.init_seed, replicate.order_seed])
        dv = math.log(trial.eta / self.peak[0])
        du = math.log((1 - trial.alpha) / (1 - self.peak[1]))
        logit = 3.0 - 0.3 * (dv - du) ** 2 - 0.2 * du**2 + self.noise * float(rng.standard_normal())
        correct = round(self.images / (1 + math.exp(-max(logit, -2.0))))
        accuracy = correct / self.images
        return RunResult(
            n_test=self.images,
            correct=correct,
            accuracy=accuracy,
            error=1 - accuracy,
            cross_entropy=math.exp(-logit),
            own_loss=math.exp(-logit),
            loss_area=0.5,
            epochs_to_target=1,
            diverged_at=None,
            divergence=None,
            steps=10,
            seconds=0.1,
            stack="stack",
            accuracy_curve=(0.5, accuracy),
            cross_entropy_curve=(1.0, 0.5),
            loss_curve=(1.0, 0.5),
        )
