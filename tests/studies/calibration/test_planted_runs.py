"""Planted results: what is drawn, what is shared, and what becomes of runs."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from studies.calibration.collapse import Collapse
from studies.calibration.landscapes import SCENARIOS, Scenario
from studies.calibration.planted_runs import BLOCK_SHARE, PEAK, measure
from studies.language.phases import Phase
from studies.records import Arm, Replicate, Runs, TrialPlan

A = SCENARIOS["A"]
COUNT = 4000


def planned(phase: Phase, block: int, repeats: int = 1, *, lower: float = 0.0) -> TrialPlan:
    replicate = Replicate(split=0, fold=0, order_seed=0, init_seed=0)
    eta, alpha = float(np.exp(A.v - lower)), float(-np.expm1(-A.u))
    return TrialPlan(phase, Arm.POINT, block, (replicate,) * repeats, eta, alpha)


def responses(runs: Runs) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return -np.log(runs.cross_entropy)


def mapped(scenario: Scenario, *, seed: int = 0, lower: float = 0.0) -> Runs:
    plans = [planned(Phase.MAP, 0, lower=lower) for _ in range(COUNT)]
    return measure(scenario, np.random.default_rng(0), plans, seed=seed)


@pytest.mark.parametrize(("phase", "correlation"), [(Phase.CONFIRM, BLOCK_SHARE), (Phase.MAP, 0.0), (Phase.ZOOM, 0.0)])
def test_runs_of_a_block_share_variance_where_they_are_paired(phase: Phase, correlation: float) -> None:
    plans = [planned(phase, block) for block in range(COUNT) for _ in range(2)]
    noise = responses(measure(A, np.random.default_rng(0), plans)).reshape(COUNT, 2)
    assert noise.std() == pytest.approx(A.sigma, rel=0.03)
    assert np.corrcoef(noise.T)[0, 1] == pytest.approx(correlation, abs=4 / np.sqrt(COUNT))


def test_replicates_of_a_trial_are_runs_of_their_own() -> None:
    runs = measure(A, np.random.default_rng(0), [planned(Phase.SEARCH, 0, 3), planned(Phase.SEARCH, 0)])
    assert (runs.trial.tolist(), runs.run.tolist()) == ([0, 0, 0, 1], [0, 1, 2, 0])
    assert len(np.unique(runs.cross_entropy)) == 4


def test_collapsed_runs_lie_low_and_all_else_is_the_twins() -> None:
    plain, collapsed = mapped(A), mapped(replace(A, collapse=Collapse(0.06, 2.0)))
    fall = responses(plain) - responses(collapsed)
    assert set(fall.round(9)) == {0.0, 2.0}
    assert (fall > 1.0).mean() == pytest.approx(0.06, abs=4 * math.sqrt(0.06 * 0.94 / COUNT))
    assert not collapsed.diverged.any()


def test_deeper_collapse_takes_the_same_runs() -> None:
    half, chance = (mapped(replace(A, collapse=Collapse(0.06, depth))) for depth in (0.5, math.inf))
    fallen = responses(mapped(A)) - responses(half) > 0.25
    assert (chance.diverged == fallen).all()
    assert set(chance.accuracy[chance.diverged]) == {0.1}


def test_other_studies_collapse_in_other_runs() -> None:
    scenario = replace(A, collapse=Collapse(0.06, math.inf))
    assert (mapped(scenario, seed=1).diverged != mapped(scenario, seed=2).diverged).any()


def test_slow_runs_stay_at_chance_and_fast_ones_diverge() -> None:
    scenario = replace(A, untrained=A.v + A.u - 1.0, diverges=1.0)
    assert mapped(scenario, lower=1.1).diverged.all()
    assert not mapped(scenario).diverged.any()
    assert mapped(scenario, lower=-1.1).diverged.all()


def test_a_block_has_one_effect_in_whichever_plans_it_comes() -> None:
    scenario = replace(A, located_effect=10.0, paired_effect=10.0)
    for phase in (Phase.MAP, Phase.CONFIRM):
        first, second = (
            measure(scenario, np.random.default_rng(rng), [planned(phase, 7), planned(phase, 8)], seed=3)
            for rng in (1, 2)
        )
        np.testing.assert_allclose(responses(first), responses(second), atol=1.0)
        assert abs(np.diff(responses(first))[0]) > 1.0, "blocks differ by far more than the noise"


def test_heavy_tails_have_the_same_variance_and_more_outliers() -> None:
    plain, heavy = responses(mapped(A)), responses(mapped(replace(A, tails=3.0)))
    assert heavy.std() == pytest.approx(plain.std(), rel=0.15)
    assert np.abs(heavy).max() > 1.5 * np.abs(plain).max()
    assert (np.argsort(plain) == np.argsort(heavy)).all(), "rank by rank"


def test_few_images_add_their_binomial_noise() -> None:
    runs = mapped(replace(A, images=200, sigma=1e-9))
    share = 1.0 / (1.0 + math.exp(-PEAK))
    assert set(runs.n_test) == {200}
    assert runs.accuracy.std() == pytest.approx(math.sqrt(share * (1.0 - share) / 200), rel=0.05)
