"""A document planned through all of its phases by the real planners, on results of a given kind; nothing is trained."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from studies.calibration.simulation import SimulatedSweep
from studies.coordinates import to_vu
from studies.cost import preview
from studies.figures.numbers import number
from studies.judgement import verdict_from
from studies.language.phases import Phase
from studies.language.spec import StudySpec, sweep_name
from studies.outcomes import unknown_causes
from studies.plan.later_looks import later_step, next_looks, runs_to_decide
from studies.plan.procedure import expected_runs, first_plans, next_step
from studies.records import Arm, Runs, TrialPlan
from studies.storage.sampling import ask
from studies.verdict.exchange import to_json
from studies.verdict.neighbourhood import centre

Values = Callable[[np.random.Generator, np.ndarray, np.ndarray], np.ndarray]  # scores in [0, 1] of points (v, u)
HUGE = 1e300


def _random(rng: np.random.Generator, v: np.ndarray, u: np.ndarray) -> np.ndarray:
    return rng.random(len(v))


def _hill(rng: np.random.Generator, v: np.ndarray, u: np.ndarray) -> np.ndarray:
    middle = np.median(v), np.median(u)
    return 0.95 * np.exp(-0.05 * ((v - middle[0]) ** 2 + (u - middle[1]) ** 2)) + 0.01 * rng.random(len(v))


def _edge(rng: np.random.Generator, v: np.ndarray, u: np.ndarray) -> np.ndarray:
    rank = (v - v.min()) / max(np.ptp(v), 1e-300) + (u - u.min()) / max(np.ptp(u), 1e-300)
    return 0.1 + 0.4 * rank + 0.001 * rng.random(len(v))


def _low_edge(rng: np.random.Generator, v: np.ndarray, u: np.ndarray) -> np.ndarray:
    return 1.0 - _edge(rng, v, u)


def _equal(rng: np.random.Generator, v: np.ndarray, u: np.ndarray) -> np.ndarray:
    return np.full(len(v), 0.5)


def _one(rng: np.random.Generator, v: np.ndarray, u: np.ndarray) -> np.ndarray:
    values = np.full(len(v), 0.1)
    values[rng.integers(len(v))] = 1.0
    return values


RESULTS: dict[str, Values] = {
    "random": _random,
    "hill": _hill,
    "edge": _edge,
    "low edge": _low_edge,
    "all equal": _equal,
    "one far best": _one,
    "all diverged": _equal,
    "half diverged": _hill,
    "huge losses": _random,
    "perfect": lambda rng, v, u: np.ones(len(v)),
    "nothing right": lambda rng, v, u: np.zeros(len(v)),
}


def results(kind: str, rng: np.random.Generator, plans: Sequence[TrialPlan], classes: int, n_test: int) -> Runs:
    """Results of these trials, one row per replicate, trials numbered from 0; every number finite."""
    rows = [(number, run, plan) for number, plan in enumerate(plans) for run in range(len(plan.replicates))]
    eta = np.array([plan.eta for *_, plan in rows], dtype=np.float64)
    alpha = np.array([plan.alpha for *_, plan in rows], dtype=np.float64)
    v, u = to_vu(eta, alpha)
    score = np.clip(RESULTS[kind](rng, v, u), 0.0, 1.0)
    diverged = np.full(len(rows), kind == "all diverged")
    if kind == "half diverged":
        diverged = v > np.median(v)
    correct = np.rint(np.where(diverged, 1.0 / classes, score) * n_test).astype(np.int64)
    loss = HUGE * rng.random(len(rows)) if kind == "huge losses" else np.where(diverged, np.log(classes), 1.0 - score)
    return Runs(
        trial=np.array([number for number, *_ in rows], dtype=np.int64),
        run=np.array([run for _, run, _ in rows], dtype=np.int64),
        phase=np.array([plan.phase.value for *_, plan in rows]),
        arm=np.array([str(plan.arm) for *_, plan in rows]),
        block=np.array([plan.block for *_, plan in rows], dtype=np.int64),
        eta=eta,
        alpha=alpha,
        n_test=np.full(len(rows), n_test),
        correct=correct,
        accuracy=correct / n_test,
        error=1.0 - correct / n_test,
        cross_entropy=loss,
        own_loss=loss,
        loss_area=loss,
        epochs_to_target=np.where(score > 0.5, 1.0, np.nan),
        diverged=diverged,
        cause=unknown_causes(diverged),
    )


def placed(spec: StudySpec, plans: Sequence[TrialPlan], rng: np.random.Generator) -> list[TrialPlan]:
    """The plans with points for those that a sampler is still to be asked for."""
    from dataclasses import replace

    missing = [plan for plan in plans if plan.eta is None]
    if not missing:
        return list(plans)
    design = spec.design
    sampler = getattr(design, "sampler", None) if design.kind == "search" else design.search.sampler  # type: ignore[union-attr]
    known = [(plan.eta, plan.alpha, float(rng.random())) for plan in plans if plan.eta is not None]
    points = iter(
        ask(spec.search_space, sampler, seed=1, history=known, running=[], count=min(4, len(missing)), maximise=True)
    )
    cycle: list[tuple[float, float]] = list(points)
    return [
        replace(plan, eta=cycle[i % len(cycle)][0], alpha=cycle[i % len(cycle)][1]) if plan.eta is None else plan
        for i, plan in enumerate(plans)
    ]


def plan_through(spec: StudySpec, kind: str, seed: int = 0, *, looks: int = 2) -> list[str]:
    """Preview, plan and judge a study's first sweep until nothing is left to plan; returns the phases it went through.

    Every plan is checked: distinct arms, points inside the box in force.
    """
    rng = np.random.default_rng(seed)
    assert preview(spec, None).runs == expected_runs(spec)
    context, loss = spec.contexts[0], spec.losses[0]
    n_test = max(1, context.image_count // spec.replication.folds)
    name = sweep_name(loss, context.name)
    plans = placed(spec, first_plans(spec)[name], rng)
    if spec.design.kind == "locate":
        plans = [plan for plan in plans if plan.phase is not Phase.SEARCH]
    sweep = SimulatedSweep(name, spec, context, results(kind, rng, plans, context.classes, n_test))
    while True:
        found = sweep.evidence()
        _check(spec, sweep, plans)
        step = next_step(spec, context, found)
        if step is None:
            verdict = verdict_from(spec, {name: found})
            to_json(verdict)
            runs_to_decide(spec, verdict)
            next_looks(spec, {name: found}, verdict, 10**9)
            if sweep.rounds + 1 >= looks:
                return list(found.phases_done)
            step = later_step(spec, context, found)
        if step is None:
            return list(found.phases_done)
        assert step.plans, f"nothing is planned after {found.phases_done}"
        plans = list(step.plans)
        sweep = sweep.after(step, results(kind, rng, plans, context.classes, n_test))


def _check(spec: StudySpec, sweep: SimulatedSweep, plans: Sequence[TrialPlan]) -> None:
    space = sweep.space or spec.search_space
    for plan in plans:
        assert plan.eta is not None and plan.alpha is not None
        assert space.contains(plan.eta, plan.alpha), f"{number(plan.eta, 6)}, {plan.alpha} lies outside {space}"
    for plan in plans:
        point = np.column_stack(to_vu(plan.eta, plan.alpha))
        distance = float(np.abs(point - centre(spec.claim)).max())
        beyond = distance - math.log(spec.claim.tolerance_factor)
        stands_for_all = distance < 1e-6  # the claim does, where the runs are too few
        if plan.arm in (Arm.INSIDE, Arm.OUTSIDE) and abs(beyond) > 1e-6 and not stands_for_all:
            assert (beyond < 0.0) == (plan.arm == Arm.INSIDE), f"{plan} is on the wrong side of N"
    blocks = [(plan.block, plan.phase, plan.arm) for plan in plans if plan.phase in (Phase.CONFIRM, Phase.CONTROLS)]
    assert len(set(blocks)) == len(blocks), "an arm appears twice in a block"
