"""Adaptive points: inside the box, repeatable, better than chance, and asked for by the claim."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from studies.coordinates import to_su
from studies.language.space import SearchSpace
from studies.plan.points import fixed_points
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
