"""What a sweep's plans and verdict are made from: its spec, its progress and its runs, gathered in one record."""

from __future__ import annotations

from studies.context import Context
from studies.design import SearchDesign
from studies.records import Runs
from studies.seeds import derive
from studies.spec import StudySpec
from studies.storage.records import SweepSummary
from studies.verdict.records import Evidence

ADAPTIVE_SAMPLERS = ("tpe", "gp", "cmaes")


def evidence(spec: StudySpec, sweep: SweepSummary, runs: Runs) -> Evidence:
    """All that the verdict on one sweep depends on."""
    context = context_of(spec, sweep.context)
    adaptive = isinstance(spec.design, SearchDesign) and spec.design.sampler in ADAPTIVE_SAMPLERS
    return Evidence(
        sweep=sweep.name,
        loss=sweep.loss,
        context=sweep.context,
        claim=spec.claim,
        space=sweep.space or spec.search_space,
        classes=context.classes,
        epochs=context.epochs,
        runs=runs,
        planned_runs=sum(p.runs_planned for p in sweep.phases),
        failed_runs=_failed_runs(sweep),
        phases_done=sweep.phases_done,
        fixed_design=not adaptive,
        seed=derive(spec.seed, "verdict", sweep.name),
        looks=sweep.rounds + 1,
    )


def _failed_runs(sweep: SweepSummary) -> int:
    """Runs that a finished phase still misses."""
    done = set(sweep.phases_done)
    return sum(p.runs_planned - p.runs_done for p in sweep.phases if p.phase in done)


def context_of(spec: StudySpec, name: str) -> Context:
    """The context of this name."""
    return next(c for c in spec.contexts if c.name == name)
