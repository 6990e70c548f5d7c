"""What of a study is trained and what is still to come, sweep by sweep."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the records bring numpy, which `golden --help` does without
    from studies.language.spec import StudySpec
    from studies.storage.read_models import StudyDetail, SweepSummary


def sweep_totals(study: StudyDetail) -> dict[str, int]:
    """Runs that each sweep takes, phases that are not planned yet included: at most, until the study is complete."""
    planned = {sweep.name: sum(phase.runs_planned for phase in sweep.phases) for sweep in study.sweeps}
    if study.spec.tabulates or study.summary.state == "complete":
        return planned
    if study.spec.compares:
        return {s.name: max(_of_arm(study.spec, s.context), planned[s.name]) for s in study.sweeps}
    if any(sweep.rounds for sweep in study.sweeps):  # a later look: nothing but it is still to come
        return planned
    added = {sweep.name: _added(sweep) for sweep in study.sweeps}
    share = (study.summary.runs_expected - sum(added.values())) // max(1, len(planned))
    return {name: max(share + added[name], count) for name, count in planned.items()}


def _of_arm(spec: StudySpec, context: str) -> int:
    """Runs of a sweep of a comparison, the measuring after its tuning included."""
    from studies.language.volume import runs_of_sweep

    return runs_of_sweep(spec, spec.context_of(context))


def _added(sweep: SweepSummary) -> int:
    """Runs beyond the design: those in the strip by which a box was widened."""
    return sum(phase.runs_planned for phase in sweep.phases if phase.phase == "widen")


def sweep_done(sweep: SweepSummary) -> int:
    """Runs that a sweep has finished."""
    return sum(phase.runs_done for phase in sweep.phases)


def current_phase(sweep: SweepSummary) -> str:
    """The phase that a sweep is in, "done" when all that were planned are over."""
    return next((phase.phase for phase in sweep.phases if phase.phase not in sweep.phases_done), "done")


def runs_left(study: StudyDetail) -> dict[str, int]:
    """Runs still to come by context, all its sweeps together: at most, until the study is complete."""
    totals, left = sweep_totals(study), Counter[str]()
    for sweep in study.sweeps:
        left[sweep.context] += max(totals[sweep.name] - sweep_done(sweep), 0)
    return dict(left)
