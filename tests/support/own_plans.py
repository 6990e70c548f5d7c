"""Sweeps of one's own that need no service: documents, planted values, and runs that are made of a plan."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from studies.external.brief import document_of
from studies.external.measured import runs_of
from studies.external.wanted import Wanted, wanted
from studies.language.spec import StudySpec, parse
from studies.records import Replicate, ReportedRun, TrialPlan
from studies.verdict.looks import MOST_LOOKS

CLAIM, SPACE, MEASURE = "lr=0.016,beta1=0.874", "lr=1e-4..1,beta1=0.0..0.99", "val_acc:share:100000"
DESIGN: dict[str, Any] = {
    "kind": "locate",
    "map_points": 40,
    "claim_replicates": 8,
    "zoom_points": 32,
    "confirm_blocks": 24,
    "mates": [],
    "widen": False,
}
Results = dict[tuple[int, int], ReportedRun]
Height = Callable[[float, float], float]


def own_study(claim: str = CLAIM, **fields: Any) -> StudySpec:
    """A small study of two parameters that nothing but the document knows."""
    return parse(document_of(claim, SPACE, MEASURE, **{"design": DESIGN, **fields}))


def peaked(first: float, second: float) -> Height:
    """A landscape in logits with its top at a point."""

    def height(lr: float, beta1: float) -> float:
        v, u = math.log(lr / first), math.log((1.0 - beta1) / (1.0 - second))
        return 3.0 - 0.3 * v**2 - 0.3 * u**2

    return height


def flat(lr: float, beta1: float) -> float:
    """A landscape without a top."""
    return 3.0


def share_of(lr: float, beta1: float, order_seed: int, init_seed: int, height: Height, noise: float = 0.05) -> float:
    """The share that a training yields: a pure function of its point and its seeds."""
    drawn = float(np.random.default_rng([order_seed, init_seed]).standard_normal())
    logit = height(lr, beta1) + noise * drawn
    return round(100_000 / (1.0 + math.exp(-max(logit, -4.0)))) / 100_000


def value_of(plan: TrialPlan, replicate: Replicate, height: Height, noise: float = 0.05) -> float:
    """The share of a planned run."""
    assert plan.eta is not None and plan.alpha is not None
    return share_of(plan.eta, plan.alpha, replicate.order_seed, replicate.init_seed, height, noise)


def filled(todo: str, height: Height, noise: float = 0.05) -> list[str]:
    """The rows of a table of trials, each with its result."""
    header, *lines = todo.splitlines()
    names = header.split(",")
    done = []
    for line in lines:
        row = dict(zip(names, line.split(","), strict=True))
        at, seeds = (float(row["lr"]), float(row["beta1"])), (int(row["order_seed"]), int(row["init_seed"]))
        done.append(line + repr(share_of(*at, *seeds, height, noise)))
    return done


def trained(plans: Sequence[TrialPlan], numbers: Iterable[int], height: Height, noise: float = 0.05) -> Results:
    """Results of all runs of some planned trials."""
    return {
        (number, run): ReportedRun(value_of(plans[number], replicate, height, noise))
        for number in numbers
        for run, replicate in enumerate(plans[number].replicates)
    }


def work_off(
    spec: StudySpec, height: Height, *, portion: int = 10**6, noise: float = 0.05, looks: int = MOST_LOOKS
) -> tuple[Wanted, Results]:
    """Run what is wanted, at most so many trials at a time, until nothing is."""
    results: Results = {}
    found = wanted(spec, runs_of(spec, (), results), looks=looks)
    while not found.finished:
        results |= trained(found.plans, found.missing[:portion], height, noise)
        found = wanted(spec, runs_of(spec, found.plans, results), looks=looks, before=found)
    return found, results
