"""Simulated studies: the plans of a real study, scored on a planted landscape instead of trained.

Every trial is one that `plan.procedure` and `plan.later_looks` plan: blocks, the claim's replicates dealt among the
map, the zoom, the widening of the box, the confirmed arms and later looks are those of a study that a user submits.
Only the training is simulated (`planted_runs`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from studies.calibration.landscapes import Scenario
from studies.calibration.planted_runs import measure
from studies.evidence import evidence
from studies.language.claim import Claim
from studies.language.context import Context
from studies.language.design import LocateDesign
from studies.language.external import AnyContext
from studies.language.phases import Phase
from studies.language.space import OwnSpace, SearchSpace, Space
from studies.language.spec import StudySpec, parse, sweep_name
from studies.language.versions import ANALYSIS_OF_SCHEMA
from studies.plan.later_looks import later_step
from studies.plan.procedure import first_plans, next_step
from studies.records import Runs, Step
from studies.storage.read_models import PhaseProgress, SweepSummary
from studies.verdict.model import Evidence

PLANTED = Context(name="planted")
SHIPPED = StudySpec(name="planted", losses=["golden"], contexts=[PLANTED])  # every default as shipped


def planted_study(
    design: LocateDesign, claim: Claim | None = None, space: Space | None = None, schema: int | None = None
) -> StudySpec:
    """A study of one loss in one planted context, with the shipped claim, box and version where none is given.

    Claim, box and design are not validated against each other here; a submitted study's have been.
    """
    given = {k: v for k, v in {"claim": claim, "schema_version": schema}.items() if v is not None}
    over = {} if space is None else _over(space)
    return SHIPPED.model_copy(update={"design": design, **given, **over})


def _over(space: Space) -> dict[str, Any]:
    """The fields of a document that state a box as submitted."""
    if isinstance(space, SearchSpace):
        return {"search_space": space}
    ridge = "effective_rate" if space.axes.ridge else "none"
    return {"parameters": space.axes.both, "ridge": ridge, "search_space": None}


def shipped(analysis: int | None = None, **sizes: int) -> StudySpec:
    """A study with every default as shipped, planned and judged by this analysis (None: that of new documents).

    Args:
        analysis: version of the analysis.
        sizes: fields of the design to set, such as `confirm_blocks`.

    Raises:
        SpecError: the design cannot be planned.
        ValueError: no version of the study document has this analysis.
    """
    versions = [schema for schema, found in ANALYSIS_OF_SCHEMA.items() if analysis in (None, found)]
    if not versions:
        raise ValueError(f"no study document has analysis {analysis}")
    schema = SHIPPED.schema_version if analysis is None else max(versions)
    document = {"schema_version": schema, "name": "planted", "losses": ["golden"], "contexts": [{"name": PLANTED.name}]}
    return parse({**document, "design": {"kind": "locate", **sizes}})


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
    seeded = reseeded(asked_of(scenario, spec), rng)
    return sweep_looks(scenario, rng, seeded, seeded.contexts[0])


def asked_of(scenario: Scenario, spec: StudySpec) -> StudySpec:
    """The study as one of a scenario's own parameters, by the same terms and design but for controls on a ridge."""
    own = scenario.own
    if own is None:
        return spec
    controls = {} if own.axes.ridge else {"mates": [], "folklore": False}
    claim, design = own.claim(spec.claim), spec.design.model_copy(update=controls)
    return spec.model_copy(update={**_over(OwnSpace.of(own.axes)), "claim": claim, "design": design})


def reseeded(spec: StudySpec, rng: np.random.Generator) -> StudySpec:
    """The study with a drawn seed."""
    return spec.model_copy(update={"seed": int(rng.integers(2**53))})


def sweep_looks(
    scenario: Scenario, rng: np.random.Generator, spec: StudySpec, context: AnyContext
) -> Iterator[Evidence]:
    """The sweep of the study's first loss in one context, look after look, as `simulate_looks`."""
    name = sweep_name(spec.losses[0], context.name)
    # A search beside the map is never evidence.
    plans = [plan for plan in first_plans(spec)[name] if plan.phase is not Phase.SEARCH]
    sweep = SimulatedSweep(name, spec, context, measure(scenario, rng, plans, seed=spec.seed))
    while True:
        found = sweep.evidence()
        step = next_step(spec, context, found)
        if step is None:
            yield found
            step = later_step(spec, context, found)
        if step is None:
            return
        sweep = sweep.after(step, measure(scenario, rng, step.plans, seed=spec.seed))


@dataclass(frozen=True, slots=True)
class SimulatedSweep:
    """A simulated sweep, every trial that was planned for it complete."""

    name: str
    spec: StudySpec
    context: AnyContext
    runs: Runs
    space: Space | None = None  # the box once it was widened
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
