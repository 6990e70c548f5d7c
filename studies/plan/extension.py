"""Extensions: the trials that a larger design of the same kind would have beyond those already planned."""

from __future__ import annotations

from collections.abc import Mapping

from studies.errors import Problem, SpecError, StateError
from studies.language.design import CrossValidationDesign, LocateDesign, SearchDesign
from studies.language.phases import GROWING_PHASES, Phase
from studies.language.sizes import claim_trials, phase_sizes
from studies.language.spec import StudySpec, restored
from studies.plan.procedure import first_plans
from studies.records import TrialPlan
from studies.storage.read_models import StudyDetail, SweepSummary

Plans = Mapping[str, list[TrialPlan]]


def extension(detail: StudyDetail, more: int) -> tuple[Plans, int]:
    """Trials to append to each sweep, and the runs they take.

    Args:
        detail: the study as it is, earlier extensions included.
        more: further trials per sweep of a search, or further repeats of a cross-validation.

    Raises:
        StateError: the design has a fixed size, or the study has begun to confirm.
        SpecError: the study would grow beyond the limits of a study document.
    """
    spec = detail.spec
    if spec.compares:
        raise StateError(
            "a study that compares arms has a fixed size: more runs after a look at its results would bend its "
            "intervals; submit another study with more `design.runs` and another seed"
        )
    if any(phase.phase == Phase.CONFIRM for sweep in detail.sweeps for phase in sweep.phases):
        raise StateError("the study has begun to confirm what its search found; submit another study to search further")
    planned = {sweep.name: _planned(sweep) for sweep in detail.sweeps}
    size = _size(spec, max(planned.values()))
    larger = first_plans(_enlarged(spec, size + more))
    plans = {name: larger[name][count:] for name, count in planned.items()}
    return plans, sum(len(plan.replicates) for added in plans.values() for plan in added)


def first_plans_of(spec: StudySpec, sweep: str, trials: int) -> list[TrialPlan]:
    """Trials of a sweep's first phase, at least `trials` of them where the design can be extended to so many.

    Raises:
        SpecError: no study document has so many trials.
    """
    plans = first_plans(spec)[sweep]
    if trials <= len(plans) or isinstance(spec.design, LocateDesign):
        return plans
    return first_plans(_enlarged(spec, _size(spec, trials)))[sweep]


def _planned(sweep: SweepSummary) -> int:
    """Trials that a sweep's first phase has."""
    growing = [p for p in sweep.phases if p.phase in GROWING_PHASES]
    return sum(p.waiting + p.running + p.complete + p.failed + p.cancelled for p in growing)


def _size(spec: StudySpec, trials: int) -> int:
    """Present size of the design in its own unit, given the trials of its first phase."""
    design = spec.design
    if isinstance(design, CrossValidationDesign):
        sizes = (phase_sizes(design, folds=spec.replication.folds, loss=loss) for loss in spec.losses)
        per_repeat = max(size[Phase.CV].trials for size in sizes) // design.repeats
        return trials // per_repeat
    if isinstance(design, SearchDesign) and design.sampler != "grid":
        return trials - claim_trials(design)
    raise StateError(
        "a study that locates, or searches a grid, has a fixed size: more of it after a look at its results would "
        "bend the verdict; extend a complete `locate` study `until_decided`, which shares the error rate among the "
        "looks, or submit another study with another seed"
    )


def _enlarged(spec: StudySpec, size: int) -> StudySpec:
    unit = "repeats" if isinstance(spec.design, CrossValidationDesign) else "trials"
    document = spec.model_dump(mode="json")
    document["design"][unit] = size
    try:
        return restored(document)
    except SpecError as error:
        raise SpecError([Problem("more", f"the study would grow too large: {error}")]) from None
