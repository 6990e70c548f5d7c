"""Trials of an Optuna study whose sampler is a `LocateSampler`, as attempts at planned runs. Does not load Optuna.

Attributes of a trial: `golden_run` (trial and run of the plan, when it was taken, whether that is settled), `trial`,
`run`, `phase`, `arm`, `block`, `split`, `fold`, `order_seed`, `init_seed` and `seed`, which is the last one modulo
2**32; where it applies `diverged`,
`interrupted` (by a user: no failed attempt) and `golden_spare` (it counts for nothing: it was silent for too long, or
another result of the run was there first). The study
has the document, as JSON, in `golden_study`, and in `golden_study_looks` the most analyses of complete data.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Protocol

from studies.external.attempts import Attempt, AttemptState, RunKey, Standing, standing
from studies.external.measured import own_measure, runs_of
from studies.external.outcome import RunEnd, end_of
from studies.external.wanted import Wanted, wanted
from studies.language.spec import StudySpec, restored
from studies.records import ReportedRun, TrialPlan
from studies.verdict.looks import MOST_LOOKS

DOCUMENT, LOOKS = "golden_study", "golden_study_looks"  # of a study: its document, and the most looks at it
RUN, SPARE, INTERRUPTED, DIVERGED = "golden_run", "golden_spare", "interrupted", "diverged"
SAME_VALUE = 1e-9  # relative: rounding at the edge of a box
LEAST_PATIENCE, FIRST_PATIENCE = 600.0, 86_400.0  # seconds; the second while too few trainings have ended
LONGEST, FEW = 10.0, 3  # times the longest of at least so many trainings: whoever is silent for longer is dead
SEEDS = 2**32  # `seed` is below: NumPy and scikit-learn want no larger ones


class State(Protocol):
    """A state of Optuna."""

    @property
    def name(self) -> str:
        """COMPLETE, FAIL, PRUNED, RUNNING or WAITING."""


class FinishedTrial(Protocol):
    """What is read of Optuna's `FrozenTrial`."""

    number: int
    state: Any

    @property
    def params(self) -> dict[str, Any]:
        """Suggested values."""

    @property
    def values(self) -> Sequence[float] | None:
        """One for each objective."""

    @property
    def user_attrs(self) -> dict[str, Any]:
        """Attributes."""

    @property
    def duration(self) -> timedelta | None:
        """From its start to its end."""


def key_of(attributes: Mapping[str, Any]) -> RunKey | None:
    """Trial and run that a trial of Optuna holds; None where it holds none."""
    held = attributes.get(RUN)
    if not isinstance(held, list) or len(held) < 2 or not all(type(part) is int and part >= 0 for part in held[:2]):
        return None
    return held[0], held[1]


def is_dead(trial: FinishedTrial, *, now: float, patience: float) -> bool:
    """True where a trial has held a run for longer than the patience and has not ended.

    Args:
        trial: any.
        now: seconds since 1970.
        patience: seconds.
    """
    if trial.state.name != "RUNNING" or key_of(trial.user_attrs) is None or trial.user_attrs.get(SPARE) is True:
        return False
    held = trial.user_attrs[RUN]
    return len(held) < 3 or not isinstance(held[2], int | float) or now - held[2] > patience


def is_settled(attributes: Mapping[str, Any]) -> bool:
    """True where the holder has looked round after it took the run."""
    held = attributes.get(RUN)
    return isinstance(held, list) and len(held) > 3 and held[3] is True


def attempts_of(spec: StudySpec, plans: Sequence[TrialPlan], trials: Iterable[FinishedTrial]) -> list[Attempt]:
    """The attempts among a study's trials; those that hold no run, or were interrupted, are none."""
    return [attempt for trial in trials if (attempt := _attempt(spec, plans, trial)) is not None]


def attributes_of(plan: TrialPlan, key: RunKey) -> dict[str, Any]:
    """What a trial of Optuna is told about its run."""
    seeds = plan.replicates[key[1]]
    named = {name: getattr(seeds, name) for name in ("split", "fold", "order_seed", "init_seed")}
    return {
        "trial": key[0],
        "run": key[1],
        "phase": plan.phase.value,
        "arm": str(plan.arm),
        "block": plan.block,
        **named,
        "seed": seeds.init_seed % SEEDS,
    }


def point_of(spec: StudySpec, plan: TrialPlan) -> dict[str, float]:
    """The parameters of a planned trial by name."""
    assert plan.eta is not None and plan.alpha is not None  # no sampler is asked
    return spec.named(plan.eta, plan.alpha)


def is_at(spec: StudySpec, plan: TrialPlan, params: Mapping[str, Any]) -> bool:
    """True where the suggested values are those of the plan."""
    due = point_of(spec, plan)
    return params.keys() == due.keys() and all(
        isinstance(params[name], float) and math.isclose(params[name], value, rel_tol=SAME_VALUE, abs_tol=1e-12)
        for name, value in due.items()
    )


def patience_of(trials: Iterable[FinishedTrial]) -> float:
    """Seconds to wait for a silent trial, by how long trainings took; those that diverged may have ended early."""
    lengths = [
        trial.duration.total_seconds()
        for trial in trials
        if trial.state.name == "COMPLETE" and trial.duration is not None and all(map(math.isfinite, trial.values or ()))
    ]
    return max(LEAST_PATIENCE, LONGEST * max(lengths)) if len(lengths) >= FEW else FIRST_PATIENCE


def document_text(spec: StudySpec) -> str:
    """The document as it is kept with a study."""
    return json.dumps(spec.model_dump(mode="json"), sort_keys=True)


def end_of_trial(spec: StudySpec, trial: FinishedTrial) -> RunEnd:
    """The end of a trial that has ended."""
    if trial.user_attrs.get(DIVERGED) is True:
        return RunEnd(diverged=True)
    if trial.state.name != "COMPLETE" or not trial.values:
        return RunEnd(failed=f"the trial is {trial.state.name.lower()}")
    return end_of(trial.values[0], own_measure(spec))


def advanced(spec: StudySpec, found: Wanted, trials: Sequence[FinishedTrial], *, looks: int) -> tuple[Wanted, Standing]:
    """The plan by all trials, which goes on where a phase is over, and what has become of its runs.

    Args:
        spec: the study.
        found: the plan so far.
        trials: of the Optuna study.
        looks: the most analyses of complete data.
    """
    while True:
        stand = standing(attempts_of(spec, found.plans, trials))
        lost = frozenset(n for n in stand.given_up(spec.limits.max_attempts) if n < len(found.plans))
        if found.finished or (stand.open_runs(found.plans, lost) and lost == found.given_up):
            return found, stand
        runs = runs_of(spec, found.plans, stand.results)
        found = wanted(spec, runs, given_up=lost, looks=looks, before=found)


def kept_document(attributes: Mapping[str, Any]) -> StudySpec | None:
    """The document that an Optuna study was begun with; None where it has none.

    Raises:
        SpecError: what stands in its place is none.
    """
    text = attributes.get(DOCUMENT)
    return restored(json.loads(text)) if isinstance(text, str) else None


def kept_looks(attributes: Mapping[str, Any]) -> int:
    """The most analyses of complete data that an Optuna study was begun with."""
    looks = attributes.get(LOOKS)
    return looks if type(looks) is int else MOST_LOOKS


def _attempt(spec: StudySpec, plans: Sequence[TrialPlan], trial: FinishedTrial) -> Attempt | None:
    key, attributes = key_of(trial.user_attrs), trial.user_attrs
    if key is None or attributes.get(INTERRUPTED) is True:
        return None
    if key[0] < len(plans) and key[1] >= len(plans[key[0]].replicates):
        return None
    if attributes.get(SPARE) is True:
        return Attempt(trial.number, key, AttemptState.FAILED)
    if trial.state.name in ("RUNNING", "WAITING"):
        return Attempt(trial.number, key, AttemptState.RUNNING)
    end = end_of_trial(spec, trial)
    elsewhere = key[0] < len(plans) and not is_at(spec, plans[key[0]], trial.params)
    if end.failed is not None or elsewhere:
        return Attempt(trial.number, key, AttemptState.FAILED)
    return Attempt(trial.number, key, AttemptState.COMPLETE, ReportedRun(end.value, end.diverged))
