"""Simulated studies: the plans of a real study, scored on a planted landscape instead of trained.

Every trial is one that `plan.procedure` and `plan.later_looks` plan: blocks, the claim's replicates dealt among the
map, the zoom, the widening of the box, the confirmed arms and later looks are those of a study that a user submits.
Only the training is simulated.

Noise: in confirm and controls 30 % of a run's variance belongs to its block and is shared by the block's arms; all
other runs are independent. No effect of a block is planted in map and zoom.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from studies.calibration.landscapes import NOISE, Scenario
from studies.coordinates import to_vu
from studies.evidence import evidence
from studies.language.claim import Claim
from studies.language.context import Context
from studies.language.design import LocateDesign
from studies.language.phases import PAIRED_PHASES, Phase
from studies.language.space import SearchSpace
from studies.language.spec import StudySpec, sweep_name
from studies.plan.later_looks import later_step
from studies.plan.procedure import first_plans, next_step
from studies.records import Cause, Runs, Step, TrialPlan
from studies.storage.read_models import PhaseProgress, SweepSummary
from studies.verdict.model import Evidence

FloatArray = NDArray[np.float64]
BLOCK_SHARE = 0.3  # of the variance in confirm and controls
PEAK = 3.0  # logit at the optimum: about 95 % accuracy
IMAGES = 10_000_000  # test images per run, so that the planted noise is seen and not the binomial
BAD_RUN_SIGMAS = 6.0
PLANTED = Context(name="planted")
SHIPPED = StudySpec(name="planted", losses=["golden"], contexts=[PLANTED])  # every default as shipped


def planted_study(design: LocateDesign, claim: Claim | None = None, space: SearchSpace | None = None) -> StudySpec:
    """A study of one loss in one planted context, with the shipped claim and box where none is given.

    Claim, box and design are not validated against each other here; a submitted study's have been.
    """
    given = {"claim": claim, "search_space": space}
    return SHIPPED.model_copy(update={"design": design, **{k: v for k, v in given.items() if v is not None}})


def simulate(scenario: Scenario, rng: np.random.Generator, spec: StudySpec = SHIPPED) -> Evidence:
    """A study's first sweep at its first look: map, zoom, confirmation and controls complete.

    Args:
        scenario: the truth.
        rng: draws the study's seed, from which the points follow, and the noise.
        spec: the study; its own seed is replaced by a drawn one.
    """
    return next(simulate_looks(scenario, rng, spec))


def simulate_looks(scenario: Scenario, rng: np.random.Generator, spec: StudySpec = SHIPPED) -> Iterator[Evidence]:
    """The same study look after look, whatever its verdicts, until its looks are used up."""
    seeded = reseeded(spec, rng)
    return sweep_looks(scenario, rng, seeded, seeded.contexts[0])


def reseeded(spec: StudySpec, rng: np.random.Generator) -> StudySpec:
    """The study with a drawn seed."""
    return spec.model_copy(update={"seed": int(rng.integers(2**53))})


def sweep_looks(scenario: Scenario, rng: np.random.Generator, spec: StudySpec, context: Context) -> Iterator[Evidence]:
    """The sweep of the study's first loss in one context, look after look, as `simulate_looks`."""
    name = sweep_name(spec.losses[0], context.name)
    # A search beside the map is never evidence.
    plans = [plan for plan in first_plans(spec)[name] if plan.phase is not Phase.SEARCH]
    sweep = SimulatedSweep(name, spec, context, measure(scenario, rng, plans))
    while True:
        found = sweep.evidence()
        step = next_step(spec, context, found)
        if step is None:
            yield found
            step = later_step(spec, context, found)
        if step is None:
            return
        sweep = sweep.after(step, measure(scenario, rng, step.plans))


@dataclass(frozen=True, slots=True)
class SimulatedSweep:
    """A simulated sweep, every trial that was planned for it complete."""

    name: str
    spec: StudySpec
    context: Context
    runs: Runs
    space: SearchSpace | None = None  # the box once it was widened
    rounds: int = 0  # later looks

    def after(self, step: Step, more: Runs) -> SimulatedSweep:
        """The sweep with a step's runs, numbered on."""
        more = replace(more, trial=more.trial + int(self.runs.trial[-1]) + 1)
        both = {f.name: np.concatenate([getattr(self.runs, f.name), getattr(more, f.name)]) for f in fields(Runs)}
        return replace(
            self, runs=Runs(**both), space=step.space or self.space, rounds=self.rounds + int(step.later_look)
        )

    def evidence(self) -> Evidence:
        """Evidence for planners and verdict, gathered as for a stored sweep."""
        phases = tuple(self._progress(phase) for phase in dict.fromkeys(self.runs.phase.tolist()))
        summary = SweepSummary(
            id=0,
            name=self.name,
            loss=self.spec.losses[0],
            context=self.context.name,
            phases=phases,
            phases_done=tuple(progress.phase for progress in phases),
            best=None,
            rounds=self.rounds,
            space=self.space,
        )
        return evidence(self.spec, summary, self.runs)

    def _progress(self, phase: str) -> PhaseProgress:
        at = self.runs.phase == phase
        return PhaseProgress(
            phase=phase,
            waiting=0,
            running=0,
            complete=len(np.unique(self.runs.trial[at])),
            failed=0,
            cancelled=0,
            runs_planned=int(at.sum()),
            runs_done=int(at.sum()),
            diverged=int(self.runs.diverged[at].sum()),
        )


def measure(scenario: Scenario, rng: np.random.Generator, plans: Sequence[TrialPlan]) -> Runs:
    """Planted results of these trials, one row per replicate, trials numbered from 0.

    Args:
        scenario: the truth.
        rng: draws the noise.
        plans: trials with points of their own.
    """
    rows = [(number, run, plan) for number, plan in enumerate(plans) for run in range(len(plan.replicates))]
    eta = np.array([plan.eta for *_, plan in rows], dtype=np.float64)
    alpha = np.array([plan.alpha for *_, plan in rows], dtype=np.float64)
    phase = np.array([plan.phase.value for *_, plan in rows])
    block = np.array([plan.block for *_, plan in rows], dtype=np.int64)
    v, u = to_vu(eta, alpha)
    height = scenario.height(v, u)
    y = height + scenario.noise(height) * _noise(rng, phase, block) + _bad(scenario, rng, len(rows))
    diverged = scenario.diverged(v, u)
    accuracy = np.where(diverged, 1.0 / PLANTED.classes, 1.0 / (1.0 + np.exp(-(y + PEAK))))
    correct = np.clip(np.rint(accuracy * IMAGES), 0, IMAGES).astype(np.int64)
    return Runs(
        trial=np.array([number for number, *_ in rows], dtype=np.int64),
        run=np.array([run for _, run, _ in rows], dtype=np.int64),
        phase=phase,
        arm=np.array([str(plan.arm) for *_, plan in rows]),
        block=block,
        eta=eta,
        alpha=alpha,
        n_test=np.full(len(rows), IMAGES),
        correct=correct,
        accuracy=correct / IMAGES,
        error=1.0 - correct / IMAGES,
        cross_entropy=np.exp(-y),
        own_loss=np.exp(-y),
        loss_area=np.exp(-y),
        epochs_to_target=np.full(len(rows), np.nan),
        diverged=diverged,
        cause=np.where(diverged, Cause.DIVERGED.value, Cause.NONE.value),
    )


def _noise(rng: np.random.Generator, phase: NDArray[np.str_], block: NDArray[np.int64]) -> FloatArray:
    """Standard normal noise, shape (n,), correlated within the blocks of the paired phases."""
    own = rng.standard_normal(len(phase))
    paired = np.isin(phase, PAIRED_PHASES)
    blocks, of = np.unique(block[paired], return_inverse=True)
    shared = rng.standard_normal(len(blocks))
    own[paired] = math.sqrt(BLOCK_SHARE) * shared[of] + math.sqrt(1.0 - BLOCK_SHARE) * own[paired]
    return own


def _bad(scenario: Scenario, rng: np.random.Generator, count: int) -> FloatArray:
    return np.where(rng.random(count) < scenario.bad_runs, -BAD_RUN_SIGMAS * NOISE, 0.0)
