"""Adaptive points: inside the box, repeatable, better than chance, and asked for by the claim."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from storage_farm import claim_some, drain, make_spec, results_of

from studies.coordinates import to_su
from studies.language.space import SearchSpace
from studies.plan.points import fixed_points
from studies.records import Arm, Phase, Replicate, TrialPlan
from studies.storage import finishing, queue, results, studies
from studies.storage.engine import Database
from studies.storage.sampling import ask

BOX = SearchSpace()
GOAL = (0.03, 0.9)
SAMPLERS = ["tpe", "cmaes", pytest.param("gp", marks=pytest.mark.slow)]
needs = pytest.mark.skipif(
    importlib.util.find_spec("cmaes") is None,
    reason="needs the worker extra",
)


def height(eta: float, alpha: float) -> float:
    """A single hill on the ridge, highest at GOAL."""
    (s, u), (s0, u0) = to_su(eta, alpha), to_su(*GOAL)
    return float(-((s - s0) ** 2) - 0.1 * (u - u0) ** 2)


def history(count: int) -> list[tuple[float, float, float]]:
    points = zip(*fixed_points(BOX, "random", count, seed=8), strict=True)
    return [(float(e), float(a), height(float(e), float(a))) for e, a in points]


@needs
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_points_are_in_the_box_repeatable_and_better_than_chance(sampler: str) -> None:
    past = history(40)
    running = [(0.5, 0.5), (0.001, 0.0)]
    points = ask(BOX, sampler, seed=4, history=past, running=running, count=8, maximise=True)
    assert points == ask(BOX, sampler, seed=4, history=past, running=running, count=8, maximise=True)
    assert len(set(points)) == 8
    assert all(BOX.contains(*point) for point in points)
    assert np.median([height(*p) for p in points]) > np.median([value for _, _, value in past])


@needs
@pytest.mark.parametrize("sampler", ["tpe", "cmaes"])
@pytest.mark.parametrize("known", [0, 1, 12])
def test_short_histories_are_enough(sampler: str, known: int) -> None:
    points = ask(BOX, sampler, seed=2**40 + 1, history=history(12)[:known], running=[], count=5, maximise=False)
    assert all(BOX.contains(*point) for point in points)


def test_direction_matters() -> None:
    past = history(60)
    high, low = (ask(BOX, "tpe", seed=1, history=past, running=[], count=8, maximise=m) for m in (True, False))
    assert np.median([height(*p) for p in high]) > np.median([height(*p) for p in low])


def test_fixed_designs_are_not_asked_for() -> None:
    with pytest.raises(ValueError, match="expected tpe, gp or cmaes but got 'sobol'"):
        ask(BOX, "sobol", seed=1, history=[], running=[], count=1, maximise=True)


def submit_search(database: Database) -> None:
    spec = make_spec("search", design={"kind": "search", "sampler": "tpe", "trials": 12})
    replicate = (Replicate(0, 0, 1, 2),)
    claims = [TrialPlan(Phase.SEARCH, Arm.CLAIM, 0, replicate, eta=0.016, alpha=0.87)]
    open_points = [TrialPlan(Phase.SEARCH, Arm.POINT, i // 4, replicate) for i in range(1, 13)]
    plans = {sweep: claims + open_points for sweep, _, _ in studies.sweep_names(spec)}
    studies.create(database, spec, plans, runs_expected=26)


def test_claim_asks_for_missing_points_and_keeps_them(database: Database) -> None:
    submit_search(database)
    batch = claim_some(database)
    assert len(batch.trials) == 8
    points = {(t.loss, t.number): (t.eta, t.alpha) for t in batch.trials}
    assert points[("sse", 0)] == points[("golden", 0)] == (0.016, 0.87)
    assert len(set(points.values())) == 7
    assert all(batch.spec.search_space.contains(*point) for point in points.values())
    queue.release(database, batch.trials)
    again = claim_some(database)
    assert {(t.loss, t.number): (t.eta, t.alpha) for t in again.trials} == points
    assert all(finishing.finish(database, results_of(again.trials)))
    assert drain(database) == 18
    assert len(results.runs(database, "search", "sse@paper")) == 13
