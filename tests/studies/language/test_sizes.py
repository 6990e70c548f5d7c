"""The counted sizes are those of the plans: for every kind of design, at every look, with and without a wider box.

Of paired phases that are open-ended (arms coincide, rest, or end early) they are upper bounds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studies.calibration.landscapes import SCENARIOS
from studies.calibration.planted_runs import measure
from studies.calibration.simulation import planted_study, simulate_looks
from studies.cost import preview
from studies.language import catalogue
from studies.language.design import LocateDesign
from studies.language.phases import PAIRED_PHASES, Phase
from studies.language.sizes import PhaseSize, claim_trials, data_factor, is_open_ended, phase_sizes, runs_per_sweep
from studies.language.spec import StudySpec, parse
from studies.plan.later_looks import round_runs
from studies.plan.procedure import expected_runs, first_plans, next_step
from studies.records import TrialPlan
from studies.verdict.looks import MOST_LOOKS
from studies.verdict.model import Evidence
from studies.verdict.widening import most_points

CONTEXTS = [{"name": "planted", "dataset": "digits"}]
ALPHAS = st.lists(st.sampled_from([0.0, 0.5, 0.97]), max_size=3, unique=True)
LOCATE = {
    "kind": st.just("locate"),
    "sampler": st.sampled_from(["sobol", "grid", "random"]),
    "map_points": st.integers(16, 40),
    "claim_replicates": st.integers(2, 9),
    "zoom_points": st.sampled_from([0, 1, 33]),
    "confirm_blocks": st.integers(2, 4),
    "opposite": st.booleans(),
    "mates": ALPHAS,
    "folklore": st.booleans(),
    "widen": st.booleans(),
    "search": st.none() | st.fixed_dictionaries({"trials": st.integers(1, 9)}),
}
NO_FURTHER_ARMS = {"likeliest": st.just(False), "rival": st.just(False)}
EXACT = st.tuples(st.just(2), st.fixed_dictionaries(LOCATE)) | st.tuples(
    st.just(3), st.fixed_dictionaries({**LOCATE, "confirmation": st.just("fixed"), **NO_FURTHER_ARMS})
)
OPEN_ENDED = st.fixed_dictionaries(
    {
        **LOCATE,
        "confirm_blocks": st.sampled_from([2, 4, 13, 18]),  # up to three looks within the first
        "confirmation": st.sampled_from(["sequential", "fixed"]),
        "likeliest": st.booleans(),
        "rival": st.booleans(),
    }
)
SEARCH = st.fixed_dictionaries(
    {
        "kind": st.just("search"),
        "sampler": st.sampled_from(["sobol", "grid", "random", "tpe"]),
        "trials": st.integers(1, 20),
        "replicates": st.integers(1, 4),
        "claim_replicates": st.integers(2, 9),
        "confirm_blocks": st.integers(0, 3),
        "mates": ALPHAS,
        "folklore": st.booleans(),
    }
)
POINTS = st.lists(st.sampled_from([None, "golden", "sse"]), max_size=4)
PROPERTY = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def counted(plans: Sequence[TrialPlan]) -> dict[Phase, PhaseSize]:
    """Trials and runs that were really planned, phase by phase."""
    trials = Counter(plan.phase for plan in plans)
    runs = Counter(plan.phase for plan in plans for _ in plan.replicates)
    return {phase: PhaseSize(trials[phase], runs[phase]) for phase in trials}


def study(design: dict[str, Any], **changes: Any) -> StudySpec:
    return parse({"name": "sized", "losses": ["golden"], "contexts": CONTEXTS, "design": design, **changes})


def in_order(sizes: dict[Phase, PhaseSize]) -> dict[Phase, PhaseSize]:
    return dict(sorted(sizes.items()))


def runs_of(evidence: Evidence) -> Counter[Phase]:
    """Measured runs by phase, those of a wider box left out."""
    found = Counter(Phase(phase) for phase in evidence.runs.phase.tolist())
    del found[Phase.WIDEN]
    return found


@PROPERTY
@given(versioned=EXACT, key=st.sampled_from(["A", "O"]), seed=st.integers(0, 2**20))
def test_a_fixed_confirmation_plans_what_is_counted_at_every_look(
    versioned: tuple[int, dict[str, Any]], key: str, seed: int
) -> None:
    version, design = versioned
    spec = study(design, seed=seed, schema_version=version)
    assert isinstance(spec.design, LocateDesign)
    beside = {Phase.SEARCH} if spec.design.search else set()
    first = counted(first_plans(spec)["golden@planted"])
    for evidence in simulate_looks(SCENARIOS[key], np.random.default_rng(spec.seed), spec):
        sizes = phase_sizes(spec.design, folds=10, looks=evidence.looks)
        assert {phase: sizes[phase] for phase in first} == first
        assert runs_of(evidence) == {phase: size.runs for phase, size in sizes.items() if phase not in beside}
        assert all(size.trials == size.runs for size in sizes.values())
        strip = int((evidence.runs.phase == Phase.WIDEN).sum())
        box = spec.search_space
        most = most_points(box, map_points=spec.design.map_points, zoom_points=spec.design.zoom_points)
        assert bool(strip) == evidence.is_widened
        assert strip <= (most if spec.design.widen else 0)
        if evidence.looks < MOST_LOOKS:
            after = phase_sizes(spec.design, folds=10, looks=evidence.looks + 1)
            total = sum(size.runs for size in after.values()) - sum(size.runs for size in sizes.values())
            assert round_runs(spec.design, evidence.looks) == total
    assert evidence.looks == MOST_LOOKS


@PROPERTY
@given(design=OPEN_ENDED, key=st.sampled_from(["A", "O"]), seed=st.integers(0, 2**20))
def test_an_open_ended_confirmation_never_plans_more_than_is_counted(
    design: dict[str, Any], key: str, seed: int
) -> None:
    spec = study(design, seed=seed, schema_version=3)
    assert is_open_ended(spec.design)
    for evidence in simulate_looks(SCENARIOS[key], np.random.default_rng(spec.seed), spec):
        sizes = phase_sizes(spec.design, folds=10, looks=evidence.looks)
        assert_within(runs_of(evidence), {phase: size for phase, size in sizes.items() if phase != Phase.SEARCH})
        if design["confirmation"] == "fixed":  # every arm has all blocks; arms that coincide are the only ones missing
            blocks = data_factor(evidence.looks) * design["confirm_blocks"]
            assert sizes[Phase.CONFIRM].runs - runs_of(evidence)[Phase.CONFIRM] in (0, blocks, 2 * blocks)
    assert evidence.looks == MOST_LOOKS


def assert_within(runs: Counter[Phase], sizes: dict[Phase, PhaseSize]) -> None:
    """Paired phases have at most the runs counted, all others exactly so many."""
    assert runs.keys() <= sizes.keys()
    for phase, size in sizes.items():
        if phase in PAIRED_PHASES:
            assert runs[phase] <= size.runs
        else:
            assert runs[phase] == size.runs


@PROPERTY
@given(design=SEARCH, seed=st.integers(0, 2**20))
def test_a_search_plans_what_is_counted(design: dict[str, Any], seed: int) -> None:
    spec = study(design, seed=seed)
    plans = list(first_plans(spec)["golden@planted"])
    sizes = phase_sizes(spec.design, folds=10)
    assert counted(plans) == {Phase.SEARCH: sizes[Phase.SEARCH]}
    assert sum(plan.arm == "claim" for plan in plans) == claim_trials(spec.design)  # type: ignore[arg-type]
    step = next_step(spec, spec.context_of("planted"), searched(spec, plans))
    found = counted([*plans, *(step.plans if step else ())])
    assert_within(Counter({phase: size.runs for phase, size in found.items()}), sizes)
    coinciding = step.runs_added if step else 0  # of arms that are one, such as a best point that is the claim
    assert sum(size.runs for size in found.values()) == sum(size.runs for size in sizes.values()) + coinciding
    assert coinciding or in_order(found) == in_order(sizes)
    assert phase_sizes(spec.design, folds=10, looks=3) == sizes, "a search has no later looks"


def searched(spec: StudySpec, plans: Sequence[TrialPlan]) -> Evidence:
    """A search's evidence, points that a sampler is still asked for placed at random."""
    rng = np.random.default_rng(spec.seed)
    asked = [plan if plan.eta is not None else replace(plan, eta=0.1 * rng.random(), alpha=0.9) for plan in plans]
    return Evidence(
        sweep="golden@planted",
        loss="golden",
        context="planted",
        claim=spec.claim,
        space=spec.search_space,
        classes=10,
        epochs=30,
        runs=measure(SCENARIOS["A"], rng, asked),
        planned_runs=0,
        failed_runs=0,
        phases_done=(Phase.SEARCH,),
        fixed_design=False,
        seed=0,
    )


@given(extra=POINTS, repeats=st.integers(1, 5), folds=st.integers(2, 12))
def test_a_cross_validation_plans_what_is_counted(extra: list[str | None], repeats: int, folds: int) -> None:
    claim = StudySpec(name="any").claim
    points = [{"eta": claim.eta, "alpha": claim.alpha}]
    points += [{"eta": 0.01 * (i + 1), "alpha": 0.5, "loss": loss} for i, loss in enumerate(extra)]  # type: ignore[dict-item]
    design = {"kind": "cross_validation", "points": points, "repeats": repeats}
    spec = study(design, losses=["golden", "sse"], replication={"folds": folds})
    plans = first_plans(spec)
    for loss in spec.losses:
        assert counted(plans[f"{loss}@planted"]) == phase_sizes(spec.design, folds=folds, loss=loss)
    assert expected_runs(spec) == sum(len(plan.replicates) for found in plans.values() for plan in found)
    assert expected_runs(spec) <= 2 * runs_per_sweep(spec.design, folds)
    assert preview(spec, None).trials == sum(map(len, plans.values()))


@pytest.mark.parametrize("name", [entry.name for entry in catalogue.entries()])
def test_shipped_studies_plan_what_is_counted(name: str) -> None:
    spec = catalogue.load(name)
    folds = spec.replication.folds
    for context in spec.contexts:
        for loss in spec.losses:
            first = counted(first_plans(spec)[f"{loss}@{context.name}"])
            arm = spec.arm_of(context.name)
            sizes = phase_sizes(spec.design, folds=folds, loss=loss, arm=None if arm is None else arm.name)
            assert {phase: sizes[phase] for phase in first} == first
    if isinstance(spec.design, LocateDesign):
        planted = planted_study(spec.design, spec.claim, spec.search_space)
        *_, last = simulate_looks(SCENARIOS["A"], np.random.default_rng(0), planted)
        assert_within(runs_of(last), phase_sizes(spec.design, folds=folds, looks=MOST_LOOKS))
    assert sum(preview(spec, None).runs_by_phase.values()) == expected_runs(spec)


def test_the_order_of_the_phases_and_the_doubling_of_looks() -> None:
    design = LocateDesign.model_validate({"search": {"trials": 5}})
    assert list(phase_sizes(design, folds=10)) == ["map", "zoom", "confirm", "controls", "search"]
    assert [data_factor(look) for look in (1, 2, 3, 4)] == [1, 2, 4, 8]
    none = LocateDesign(zoom_points=0, mates=[], folklore=False)
    assert list(phase_sizes(none, folds=10)) == ["map", "confirm"], "phases without trials are left out"
    assert runs_per_sweep(LocateDesign(), 10) == 64 + 8 + 128 + 40 * 9
