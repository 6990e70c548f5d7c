"""The studies that page tests look at, and the service that serves them."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from functools import partial
from typing import Any

from answered_site import store_answers
from earlier_version import of_version_2
from leases import LEASE
from planning import planned_on

from studies.language import catalogue
from studies.language.phases import Phase
from studies.language.space import EtaRange, SearchSpace
from studies.language.spec import parse
from studies.plan.procedure import expected_runs, first_plans
from studies.records import Arm, Replicate, RunResult, Step, TrialPlan
from studies.storage import finishing, phases, queue, studies
from studies.storage.engine import Database
from studies.storage.read_models import ClaimedTrial, FinishedTrial

HOSTILE = '<img src=x onerror=alert(1)> & "quotes" <script>alert(2)</script>'
DIGITS = {"dataset": "digits", "epochs": 2}
DESIGN = {"kind": "locate", "map_points": 24, "claim_replicates": 4, "zoom_points": 16, "confirm_blocks": 6}


@dataclass(frozen=True)
class Site:
    """Address at which the service listens, and its database."""

    url: str
    database: Database

    def submit(self, name: str, *, earlier: bool = False, **changes: Any) -> None:
        """Store a small study; `earlier`: one of version 2."""
        document = catalogue.load("quickstart").model_dump(mode="json")
        document |= {"losses": ["golden"], "name": name, "design": DESIGN, **changes}
        spec = parse(of_version_2(document) if earlier else document)
        studies.create(self.database, spec, first_plans(spec), runs_expected=expected_runs(spec))

    def train(self, limit: int = 10_000, *, onwards: bool = True) -> int:
        """Finish waiting trials as a worker would, with a made-up smooth landscape; `onwards`: through all phases."""
        done = 0
        while done < limit:
            claim = partial(queue.claim, self.database, worker="test", limit=min(32, limit - done), lease_seconds=LEASE)
            batch = planned_on(claim, self.database) if onwards else claim()
            if batch is None:
                break
            results = [FinishedTrial(t, tuple(_result(t, r.init_seed) for r in t.replicates)) for t in batch.trials]
            finishing.finish(self.database, results)
            done += len(results)
        return done

    def widen(self, name: str, space: SearchSpace) -> None:
        """Widen the box of a study's first sweep after its map, train what that adds, and end the study there."""
        self.train(onwards=False)
        due = next(key for key in phases.due(self.database) if key.study == name)
        replicate = Replicate(split=1, fold=0, order_seed=1, init_seed=1)
        plans = [TrialPlan(Phase.WIDEN, Arm.POINT, 0, (replicate,), eta, 0.3) for eta in (1.5, 2.5)]
        phases.append(self.database, due.sweep_id, after=due.stage, step=Step(plans, space=space))
        self.train(onwards=False)
        studies.cancel(self.database, name)


def _result(trial: ClaimedTrial, seed: int) -> RunResult:
    u = -math.log1p(-trial.alpha)
    s = math.log(trial.eta) + u
    z = 3.2 - 0.3 * (s - math.log(0.126)) ** 2 - 0.05 * (u - 2.07) ** 2 + random.Random(seed).gauss(0.0, 0.1)
    diverged = s > 1.2
    correct = 60 if diverged else round(600 / (1 + math.exp(-z)))
    accuracy = correct / 600
    return RunResult(
        n_test=600,
        correct=correct,
        accuracy=accuracy,
        error=1 - accuracy,
        cross_entropy=2.3 - 2 * accuracy,
        own_loss=1.1 - accuracy,
        loss_area=1.2 - accuracy / 2,
        epochs_to_target=3 if accuracy > 0.9 else None,
        diverged_at=9 if diverged else None,
        divergence="non-finite" if diverged else None,
        steps=40,
        seconds=0.01,
        stack="stack",
        accuracy_curve=(0.1, (0.1 + accuracy) / 2, accuracy),
        cross_entropy_curve=(2.3, None if diverged else 1.0, None if diverged else 0.5),
        loss_curve=(1.0, None if diverged else 0.5, None if diverged else 0.4),
    )


def fill(site: Site) -> None:
    """Studies: measured, of version 2, answered, of two contexts, with a widened box, with a hostile title, waiting."""
    site.submit("measured")
    site.submit("earlier", earlier=True)
    site.submit("answered", losses=["golden", "sse"])
    site.train()
    store_answers(site.database, "answered")
    site.submit("moving", contexts=[{**DIGITS, "name": "batch", "axis": {"batch_size": [32, 128]}}])
    site.train()
    site.submit("widened")
    site.widen("widened", SearchSpace(eta=EtaRange(low=10**-3.5, high=4.0)))
    site.submit("hostile", title=HOSTILE)
    site.submit("live", title="Live", priority=10)  # claimed before the other
