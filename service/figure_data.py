"""The data that the figures of one sweep are drawn from, read from the storage."""

from __future__ import annotations

import math
from typing import cast

import numpy as np

from service.verdicts.cache import CachedVerdict
from studies.errors import StudyNotFoundError
from studies.evidence import evidence
from studies.figures.book import FigureData
from studies.figures.curves import ACCURACY, FAINT_LIMIT, Curve
from studies.figures.outcome_signs import outcomes_of, sign_of
from studies.language.claim import Objective
from studies.language.phases import Phase
from studies.language.trained_words import shown_contexts
from studies.records import Arm, Runs
from studies.storage import results
from studies.storage.engine import Database
from studies.storage.read_models import StudyDetail, SweepSummary
from studies.storage.results import RunCurves
from studies.verdict.model import Evidence

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
    cached: CachedVerdict,
    with_curves: bool,
    phase: Phase | None = None,
) -> FigureData:
    """Runs, verdicts and, if asked for, learning curves of one sweep; of all phases or of one, verdicts always of all.

    Raises:
        StorageUnavailableError: the database cannot be reached.
    """
    every = results.runs(db, detail.summary.name, sweep.name)
    runs = every if phase is None else every.where(every.phase == phase.value)
    verdicts = cached.verdict.sweeps
    return FigureData(
        claim=detail.spec.claim,
        space=detail.space_of(sweep),
        contexts=shown_contexts(detail.spec),
        widest_space=detail.widest_space,
        preregistered=detail.spec.space,
        objective=detail.spec.measure or cached.verdict.objective,
        runs=runs,
        verdict=next((v for v in verdicts if v.sweep == sweep.name), None),
        verdicts=verdicts,
        trends=cached.verdict.trends,
        curves=_curves(db, detail.summary.name, sweep, runs=runs) if with_curves else (),
        measured=detail.spec.measure_of(sweep.context) or ACCURACY,
        evidence=_evidence(detail, sweep, every, cached),
    )


def _evidence(detail: StudyDetail, sweep: SweepSummary, every: Runs, cached: CachedVerdict) -> Evidence:
    """What the verdict on the sweep is given, of all phases."""
    objective = None if detail.spec.measure else cast(Objective, cached.verdict.objective)
    return evidence(detail.spec, sweep, every, objective)


def _curves(db: Database, study: str, sweep: SweepSummary, *, runs: Runs) -> list[Curve]:
    """Mean curves of the claim's trials, of the best trial, and of an even choice of the others."""
    claims = [int(t) for t in np.unique(runs.trial[runs.arm == Arm.CLAIM])[:CLAIM_LIMIT]]
    best = [] if sweep.best is None else [sweep.best.trial]
    others = np.setdiff1d(runs.trial, [*claims, *best])
    step = max(1, math.ceil(len(others) / FAINT_LIMIT))
    roles = {**{int(t): "" for t in others[::step]}, **dict.fromkeys(claims, "claim"), **dict.fromkeys(best, "best")}
    by_trial: dict[int, list[RunCurves]] = {}
    for found in results.curves(db, study, sweep.name, sorted(roles)):
        by_trial.setdefault(found.trial, []).append(found)
    return [_curve(trial, found, runs, role=roles[trial]) for trial, found in by_trial.items()]


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
