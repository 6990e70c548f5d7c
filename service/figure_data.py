"""The data that the figures of one sweep are drawn from, read from the storage."""

from __future__ import annotations

from typing import cast

import numpy as np

from service.arm_figures import MOST_CURVES
from service.verdicts.cache import CachedVerdict
from studies.errors import StudyNotFoundError
from studies.evidence import evidence
from studies.figures.book import FigureData
from studies.figures.curve_choice import ConfirmedArm, CurveChoice, confirmed_arms, require_known, require_none
from studies.figures.curves import ACCURACY, CHOSEN, FAINT_LIMIT, ArmCurves, Curve
from studies.figures.outcome_signs import outcomes_of, sign_of
from studies.figures.scales import even_step
from studies.language.claim import Objective
from studies.language.phases import Phase
from studies.language.trained_words import shown_contexts
from studies.records import Arm, Runs
from studies.storage import results
from studies.storage.engine import Database
from studies.storage.read_models import StudyDetail, SweepSummary
from studies.storage.results import RunCurves
from studies.verdict.model import Evidence

NO_CHOICE = CurveChoice()
CLAIM_LIMIT = 8  # learning curves drawn of the claim's replicates


def choose_sweep(detail: StudyDetail, name: str | None) -> SweepSummary:
    """The sweep of this name, or the first.

    Raises:
        StudyNotFoundError: the study has no such sweep; the message lists those it has.
    """
    for sweep in detail.sweeps:
        if name in (None, sweep.name):
            return sweep
    known = ", ".join(sweep.name for sweep in detail.sweeps)
    raise StudyNotFoundError(f"study {detail.summary.name!r} has no sweep {name!r}; it has {known}")


def read_figure_data(
    db: Database,
    detail: StudyDetail,
    sweep: SweepSummary,
    *,
    cached: CachedVerdict | None,
    with_curves: bool,
    phase: Phase | None = None,
    choice: CurveChoice = NO_CHOICE,
    objective: Objective | None = None,
) -> FigureData:
    """Runs, verdicts and, if asked for, learning curves of one sweep; of all phases or of one, verdicts always of all.

    Args:
        db: where the study is.
        detail: the study.
        sweep: one of its sweeps.
        cached: its verdict; None while there is none.
        with_curves: read learning curves.
        phase: of the trials; None: of all phases.
        choice: arms and trials, of any phase, whose curves stand in front.
        objective: while there is no verdict; None: the claim's.

    Raises:
        SpecError: a chosen arm or trial is not there, or the figure has no curves.
        StorageUnavailableError: the database cannot be reached.
    """
    every = results.runs(db, detail.summary.name, sweep.name)
    runs = every if phase is None else every.where(every.phase == phase.value)
    verdicts = cached.verdict.sweeps if cached else ()
    judged_by = cached.verdict.objective if cached else objective or detail.spec.claim.objective
    found = _evidence(detail, sweep, every, judged_by)
    arms = confirmed_arms(found) if with_curves else ()
    if with_curves:
        require_known(choice, arms, set(every.trial.tolist()))
    else:
        require_none(choice)
    name = detail.summary.name
    return FigureData(
        claim=detail.spec.claim,
        space=detail.space_of(sweep),
        contexts=shown_contexts(detail.spec),
        widest_space=detail.widest_space,
        preregistered=detail.spec.space,
        objective=detail.spec.measure or judged_by,
        runs=runs,
        verdict=next((v for v in verdicts if v.sweep == sweep.name), None),
        verdicts=verdicts,
        trends=cached.verdict.trends if cached else (),
        curves=_curves(db, name, sweep, runs=runs, every=every, choice=choice) if with_curves else (),
        arm_curves=[_arm_curves(db, name, sweep, arm, chosen=arm.name in choice.arms) for arm in arms],
        measured=detail.spec.measure_of(sweep.context) or ACCURACY,
        evidence=found,
    )


def _evidence(detail: StudyDetail, sweep: SweepSummary, every: Runs, judged_by: str) -> Evidence:
    """What the verdict on the sweep is given, of all phases."""
    objective = None if detail.spec.measure else cast(Objective, judged_by)
    return evidence(detail.spec, sweep, every, objective)


def _arm_curves(db: Database, study: str, sweep: SweepSummary, arm: ConfirmedArm, *, chosen: bool) -> ArmCurves:
    """An arm of the confirmation, with the curves of its runs if it is chosen."""
    found = results.curves(db, study, sweep.name, arm.trials[:MOST_CURVES]) if chosen else []
    return ArmCurves(arm.name, arm.title, arm.eta, arm.alpha, tuple(tuple(each.accuracy) for each in found))


def _curves(
    db: Database, study: str, sweep: SweepSummary, *, runs: Runs, every: Runs, choice: CurveChoice
) -> list[Curve]:
    """Mean curves of the chosen trials, else of the claim's and of the best; and of an even choice of the others."""
    front = dict.fromkeys(choice.trials, CHOSEN) if choice else _own_choice(sweep, runs)
    others = np.setdiff1d(runs.trial, list(front))
    step = even_step(len(others), FAINT_LIMIT)
    roles = {**{int(t): "" for t in others[::step]}, **front}
    by_trial: dict[int, list[RunCurves]] = {}
    for found in results.curves(db, study, sweep.name, sorted(roles)):
        by_trial.setdefault(found.trial, []).append(found)
    return [_curve(trial, found, every, role=roles[trial]) for trial, found in by_trial.items()]


def _own_choice(sweep: SweepSummary, runs: Runs) -> dict[int, str]:
    """The roles of the claim's trials and of the best trial, where it is among these runs."""
    claims = [int(t) for t in np.unique(runs.trial[runs.arm == Arm.CLAIM])[:CLAIM_LIMIT]]
    best = [] if sweep.best is None or sweep.best.trial not in runs.trial else [sweep.best.trial]
    return {**dict.fromkeys(claims, "claim"), **dict.fromkeys(best, "best")}


def _curve(trial: int, found: list[RunCurves], runs: Runs, *, role: str) -> Curve:
    row = runs.trial == trial
    epochs = min(len(f.accuracy) for f in found)
    values = np.array([[np.nan if a is None else a for a in f.accuracy[:epochs]] for f in found], dtype=float)
    return Curve(
        trial=trial,
        eta=float(runs.eta[row][0]),
        alpha=float(runs.alpha[row][0]),
        role=role,
        accuracy=tuple(None if np.isnan(a) else float(a) for a in values.mean(axis=0)),
        outcome=sign_of(outcomes_of(runs)[row]),
    )
