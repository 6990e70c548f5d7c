"""Evidence of a sweep: its spec, its progress and its runs, gathered in the record that plans and verdicts need."""

from __future__ import annotations

import numpy as np

from studies.errors import Problem, SpecError
from studies.language.axis import place_on_axis
from studies.language.claim import Objective
from studies.language.design import LocateDesign, asked_sampler
from studies.language.phases import Phase
from studies.language.spec import StudySpec
from studies.language.trained_words import shown_context
from studies.records import Runs
from studies.seeds import derive
from studies.storage.read_models import PhaseProgress, SweepSummary
from studies.verdict.model import Evidence
from studies.verdict.sequential import planned_looks


def evidence(
    spec: StudySpec,
    sweep: SweepSummary,
    runs: Runs,
    objective: Objective | None = None,
    analysis: int | None = None,
) -> Evidence:
    """All that the verdict on one sweep depends on. A search beside a locate design is left out.

    Args:
        spec: the study.
        sweep: the sweep's progress.
        runs: all runs of the sweep.
        objective: in which the runs are judged; None: the claim's.
        analysis: version by which they are judged; None: the document's own.

    Raises:
        SpecError: an objective is asked for that the runs do not report.
    """
    if objective is not None and spec.measure is not None:
        text = f"is {objective}, and the runs of this study report `{spec.measure.name}` alone; leave it out"
        raise SpecError([Problem("objective", text)])
    context = spec.context_of(sweep.context)
    locates = isinstance(spec.design, LocateDesign)
    phases = [p for p in sweep.phases if not (locates and p.phase == Phase.SEARCH)]
    done = tuple(p.phase for p in phases if p.phase in sweep.phases_done)
    return Evidence(
        sweep=sweep.name,
        loss=sweep.loss,
        context=sweep.context,
        shown_context=shown_context(spec, sweep.context),
        claim=spec.claim,
        space=sweep.space or spec.space,
        classes=context.classes,
        epochs=context.epochs or 1,
        runs=runs.where(np.asarray(runs.phase != Phase.SEARCH, dtype=np.bool_)) if locates else runs,
        planned_runs=sum(p.runs_planned for p in phases),
        failed_runs=_failed_runs(phases, done),
        phases_done=done,
        fixed_design=locates or asked_sampler(spec.design) is None,
        seed=derive(spec.seed, "verdict", sweep.name),
        looks=sweep.rounds + 1,
        objective=objective or spec.claim.objective,
        analysis=analysis or spec.analysis_version,
        schedule=planned_looks(spec.design),
        axis=place_on_axis(spec.contexts, sweep.context),
    )


def _failed_runs(phases: list[PhaseProgress], done: tuple[str, ...]) -> int:
    """Runs that a finished phase still misses."""
    return sum(p.runs_planned - p.runs_done for p in phases if p.phase in done)
