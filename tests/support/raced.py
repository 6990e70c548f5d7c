"""A study that compares arms, through to its end on made-up trainings: who wins follows from the points and seeds."""

from __future__ import annotations

import math
import random
from functools import partial

from compared_study import COMPARED, compared
from leases import LEASE
from planning import planned_on

from studies.language.spec import StudySpec
from studies.plan.procedure import expected_runs, first_plans
from studies.records import RunResult
from studies.storage import finishing, queue, studies
from studies.storage.engine import Database
from studies.storage.read_models import ClaimedTrial, FinishedTrial

TITLE = "=plain <b>SGD</b>"
ALONG = 'network = "mlp"\naxis = { width = [8, 16] }'
RACE = COMPARED.replace("plain SGD", TITLE).replace("runs = 3", "runs = 5")
WIDE = (
    RACE.replace('network = "softmax"', ALONG)
    .replace('context = "digits", objective', 'context = "digits-8", objective')
    .replace('name = "arms-on-digits"', 'name = "wide"')
    .replace('objective = "accuracy"\n', 'objective = "epochs_to_target"\n')
)


def race(database: Database, text: str = RACE, *, limit: int = 10_000) -> StudySpec:
    """Submit a study and finish its trials, or `limit` of them, as a worker would."""
    spec = compared(text)
    studies.create(database, spec, first_plans(spec), runs_expected=expected_runs(spec))
    carry_on(database, limit=limit)
    return spec


def carry_on(database: Database, *, limit: int = 10_000) -> None:
    """Finish the trials of a study that was begun, or `limit` of them."""
    done = 0
    while done < limit:
        most = min(32, limit - done)
        batch = planned_on(partial(queue.claim, database, worker="test", limit=most, lease_seconds=LEASE), database)
        if batch is None:
            break
        results = [FinishedTrial(t, tuple(_result(t, r.init_seed) for r in t.replicates)) for t in batch.trials]
        assert all(finishing.finish(database, results))
        done += len(results)


def _result(trial: ClaimedTrial, seed: int) -> RunResult:
    noise = random.Random(seed).gauss(0.0, 0.02)  # the arms of a block share it
    correct = round(100 * min(0.99, max(0.2, 0.9 - 0.03 * abs(math.log(trial.eta / 0.1)) + noise)))
    return result_of(correct / 100)


def result_of(accuracy: float) -> RunResult:
    """A run of this accuracy, in hundredths."""
    return RunResult(
        n_test=100,
        correct=round(100 * accuracy),
        accuracy=accuracy,
        error=1 - accuracy,
        cross_entropy=2.5 - accuracy,
        own_loss=2.5 - accuracy,
        loss_area=1.0 - accuracy / 2,
        epochs_to_target=None if accuracy < 0.8 else 1 if accuracy > 0.88 else 2,
        diverged_at=None,
        divergence=None,
        steps=26,
        seconds=0.01,
        stack="stack-1",
        accuracy_curve=(accuracy / 2, accuracy),
        cross_entropy_curve=(1.6, 2.5 - accuracy),
        loss_curve=(1.3, 1.2),
    )
