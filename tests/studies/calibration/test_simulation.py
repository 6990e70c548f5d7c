"""Simulated studies hold the trials of real ones: equal points, blocks, arms and looks, planted responses."""

from __future__ import annotations

from collections import Counter

import numpy as np

from studies.calibration.landscapes import SCENARIOS
from studies.calibration.simulation import (
    SHIPPED,
    planted_study,
    reseeded,
    shipped,
    simulate,
    simulate_looks,
)
from studies.language.design import LocateDesign, SearchBeside
from studies.language.phases import Phase
from studies.language.sizes import phase_sizes, runs_per_sweep
from studies.language.spec import parse
from studies.plan.procedure import first_plans
from studies.records import Arm, Runs
from studies.verdict.looks import MOST_LOOKS, blocks_so_far

SWEEP = "golden@planted"
FIXED = shipped(4, map_points=16, claim_replicates=3, zoom_points=5, confirm_blocks=2)
SMALL = planted_study(LocateDesign(map_points=16, claim_replicates=3, zoom_points=5, confirm_blocks=2, mates=[0.5]))


def sizes_of(runs: Runs) -> dict[str, int]:
    return dict(Counter(runs.phase.tolist()))


def test_a_simulated_study_has_the_full_design_as_shipped() -> None:
    evidence = simulate(SCENARIOS["A"], np.random.default_rng(0), shipped(4))
    assert sizes_of(evidence.runs) == {"map": 72, "zoom": 128, "confirm": 120, "controls": 90}
    assert len(evidence.runs) == evidence.planned_runs == runs_per_sweep(shipped(4).design, folds=10) == 410
    assert (evidence.failed_runs, evidence.fixed_design, evidence.looks) == (0, True, 1)


def test_a_simulated_study_of_the_newest_version_ends_its_confirmation_at_one_of_its_looks() -> None:
    evidence = simulate(SCENARIOS["A"], np.random.default_rng(0))
    sizes = sizes_of(evidence.runs)
    assert (sizes["map"], sizes["zoom"]) == (72, 128)
    assert (sizes["confirm"] <= 40 * 6, sizes["controls"] <= 40 * 3) == (True, True)
    assert len(evidence.runs) == evidence.planned_runs <= runs_per_sweep(LocateDesign(), folds=10) == 560
    assert evidence.schedule is not None and blocks_so_far(evidence) in evidence.schedule.blocks
    assert (evidence.failed_runs, evidence.fixed_design, evidence.looks, evidence.analysis) == (0, True, 1, 5)


def test_the_calibrated_map_is_the_shipped_map_with_the_claim_dealt_among_its_blocks() -> None:
    """The trials of the map, as `first_plans` of an equal study document has them."""
    seeded = reseeded(SHIPPED, np.random.default_rng(4))
    runs = simulate(SCENARIOS["A"], np.random.default_rng(4)).runs
    runs = runs.where(runs.phase == Phase.MAP)
    context = {"name": "planted"}
    document = {"name": "another-name", "losses": ["golden"], "contexts": [context], "seed": seeded.seed}
    plans = first_plans(parse(document))[SWEEP]
    planned = [(plan.phase, plan.arm, plan.block, plan.eta, plan.alpha) for plan in plans]
    columns = (runs.phase, runs.arm, runs.block, runs.eta, runs.alpha)
    assert list(zip(*(column.tolist() for column in columns), strict=True)) == planned
    assert runs.trial.tolist() == list(range(72))
    assert Counter(runs.block.tolist()) == {0: 32, 1: 32, 2: 8}
    assert Counter(runs.block[runs.arm == Arm.CLAIM].tolist()) == {0: 4, 1: 4}, "at places 0, 9, 18, ..."


def test_zoom_and_confirmation_have_the_blocks_of_real_studies() -> None:
    runs = simulate(SCENARIOS["A"], np.random.default_rng(1), shipped(4)).runs
    zoom, paired = runs.where(runs.phase == Phase.ZOOM), runs.where(np.isin(runs.phase, ["confirm", "controls"]))
    assert Counter(zoom.block.tolist()) == {1000: 32, 1001: 32, 1002: 32, 1003: 32}
    assert set(Counter(paired.block.tolist()).values()) == {7}
    assert sorted(set(paired.block.tolist())) == list(range(10_000, 10_030))


def test_a_design_of_ones_own_is_planned_and_a_search_beside_it_left_out() -> None:
    assert isinstance(SMALL.design, LocateDesign)
    beside = planted_study(SMALL.design.model_copy(update={"search": SearchBeside(trials=4)}))
    for spec in (SMALL, beside):
        runs = simulate(SCENARIOS["A"], np.random.default_rng(0), spec).runs
        assert runs_per_sweep(SMALL.design, folds=10) - len(runs) in (0, 2, 4), "points that coincide, two blocks each"
        assert "mate:0.5" in runs.arm
        assert "search" not in runs.phase


def test_later_looks_grow_as_planned_until_they_are_used_up() -> None:
    looks = list(simulate_looks(SCENARIOS["A"], np.random.default_rng(2), FIXED))
    assert [evidence.looks for evidence in looks] == list(range(1, MOST_LOOKS + 1))
    for evidence in looks:
        sizes = phase_sizes(FIXED.design, folds=10, looks=evidence.looks)
        grown = {phase: count for phase, count in sizes_of(evidence.runs).items() if phase != Phase.WIDEN}
        assert grown == {phase.value: size.runs for phase, size in sizes.items()}
        assert evidence.runs.trial.tolist() == list(range(len(evidence.runs)))
        assert len(np.unique(looks[0].runs.arm)) == len(np.unique(evidence.runs.arm))


def test_a_box_that_is_too_small_is_widened_as_in_a_study() -> None:
    beyond = SCENARIOS["O"]
    found = [simulate(beyond, np.random.default_rng(seed)) for seed in range(4)]
    wider = [evidence for evidence in found if evidence.is_widened]
    assert wider, "an optimum on the box's edge presses on it"
    for evidence in wider:
        assert evidence.space.eta.high > SHIPPED.search_space.eta.high
        strip = evidence.runs.where(evidence.runs.phase == Phase.WIDEN)
        assert set(strip.block.tolist()) <= {0, 1, 2}, "the strip's points join the map's blocks"


def test_the_same_generator_gives_the_same_study_and_another_one_another() -> None:
    first, again, other = (simulate(SCENARIOS["E"], np.random.default_rng(seed), SMALL) for seed in (3, 3, 4))
    assert first.seed == again.seed != other.seed
    np.testing.assert_array_equal(first.runs.cross_entropy, again.runs.cross_entropy)
    assert not np.isin(other.runs.eta[other.runs.arm == "point"], first.runs.eta).any()


def test_divergence_is_planted_as_divergence() -> None:
    runs = simulate(SCENARIOS["T"], np.random.default_rng(1), SMALL).runs
    mapped = runs.where(runs.phase == Phase.MAP)
    assert 0.1 < mapped.diverged.mean() < 0.6
    assert set(runs.accuracy[runs.diverged]) == {0.1}
