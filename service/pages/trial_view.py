"""The data of the page of one trial."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from service.figure_data import choose_sweep
from studies.errors import TrialNotFoundError
from studies.figures.curves import ACCURACY, Curve, curves_figure, curves_info
from studies.figures.outcome_signs import outcomes_of
from studies.figures.theme import DARK, LIGHT
from studies.language.measure import Measure
from studies.language.trained_words import choice_words
from studies.outcomes import ADVICE
from studies.records import Replicate, Runs, TrialState
from studies.storage import attempts, external, listing, overview, results
from studies.storage.attempts import Attempt
from studies.storage.engine import Database
from studies.storage.read_models import StudyDetail, SweepSummary, TrialRow
from studies.verdict.answers import RunOutcome

TRAINED = RunOutcome.TRAINED.value
_NO_RUN = {
    TrialState.WAITING: "No run of this trial has finished: it waits for a worker.",
    TrialState.RUNNING: "No run of this trial has finished: it is being trained.",
    TrialState.COMPLETE: "No run of this trial is stored.",
    TrialState.FAILED: "No run of this trial has finished: every attempt failed.",
    TrialState.CANCELLED: "No run of this trial has finished: it was cancelled.",
}


@dataclass(frozen=True, slots=True)
class ImplicitRate:
    """What a changed backward pass did in a run, at the end of its first and last epoch that were measured."""

    run: int
    first: float | None  # median factor on the learning rate of a unit; None: all units were silent
    last: float | None
    harmful: float | None  # share of units that learn where their derivative is 0, at the end


@dataclass(frozen=True, slots=True)
class ChosenRate:
    """The rate that a schedule which measures chose in a run, of one layer or of all."""

    run: int
    layer: str  # "all layers", "before the last layer" or "last layer"
    first: float  # in the first epoch
    last: float  # in the last epoch that was trained
    falls: int  # epochs that began with a lower rate than the one before


@dataclass(frozen=True, slots=True)
class LayerRate:
    """A layer's mean learning rate in a run under DLR, as a share of eta, at the start and when last measured."""

    run: int
    layer: str
    start: float | None
    end: float | None
    used: float | None  # weighted by use, when last measured
    epochs: float | None  # trained by then


@dataclass(frozen=True, slots=True)
class TrialView:
    """One trial's point, runs and learning curves (plotly JSON, one per theme)."""

    detail: StudyDetail
    sweep: SweepSummary
    row: TrialRow  # its point, state, attempts and error, in every state
    runs: tuple[dict[str, Any], ...]
    causes: tuple[str, ...]  # why runs of our own engine failed, each once
    figures: dict[str, Any]
    measure: Measure | None = None  # what a trainer of the user's own reports; None: our own engine trained
    latest: dict[int, tuple[int, float]] = field(default_factory=dict)  # by run: the last step reported, and its value
    logs: tuple[tuple[int, str], ...] = ()  # by run: what a trainer of the user's own printed last
    implicit: tuple[ImplicitRate, ...] = ()  # by run, under a backward rule in place of the activation's derivative
    backward: str = ""  # that rule in words
    chosen: tuple[ChosenRate, ...] = ()  # by run and layer, under a schedule that measures
    rates: tuple[LayerRate, ...] = ()  # by run and layer, under DLR
    replicates: tuple[Replicate, ...] = ()  # split, fold and seeds of each run, planned or trained
    attempts: tuple[Attempt, ...] = ()  # those that ended without a result

    @property
    def stamp(self) -> tuple[object, ...]:
        """Changes whenever the page could; values on the way change no study, nor does a first attempt."""
        return (self.detail.summary.revision, self.row.state, self.row.attempts, tuple(self.latest.items()))

    @property
    def seconds(self) -> float | None:
        """How long the last attempt took; of a stack, all of its trials together; None while it has not ended."""
        began, ended = self.row.started_at, self.row.finished_at
        return None if began is None or ended is None else max((ended - began).total_seconds(), 0.0)

    @property
    def changes(self) -> tuple[str, ...]:
        """What was other in each attempt that failed than in the one before it; "" for the first."""
        return ("", *(_changed(before, after) for before, after in pairwise(self.attempts)))

    @property
    def open_runs(self) -> str:
        """Why no run of the trial has a result, as a sentence."""
        return _NO_RUN[self.row.state]


def trial_view(db: Database, name: str, sweep: str, number: int) -> TrialView:
    """Read a trial for its page.

    Raises:
        StudyNotFoundError: there is no such study, sweep or trial.
        StorageUnavailableError: the database cannot be reached.
    """
    detail = overview.get(db, name)
    chosen = choose_sweep(detail, sweep)
    if not 0 <= number < 2**31:
        raise TrialNotFoundError(f"sweep {sweep!r} of study {name!r} has no trial {number}")
    row = listing.trial(db, name, sweep, number)
    curves = results.curves(db, name, sweep, [number])
    found = results.runs(db, name, sweep)
    rows = found.where(found.trial == number)
    outcomes = dict(zip(rows.run.tolist(), outcomes_of(rows).tolist(), strict=True))
    steps = external.steps_of(db, name, sweep, number)
    drawn = {c.run: c.accuracy for c in curves}
    for run in {run for run, _, _ in steps}:  # until a whole curve is there
        drawn[run] = drawn.get(run) or tuple(value for of, _, value in steps if of == run)
    measure = detail.spec.measure_of(chosen.context)
    info = curves_info(
        [Curve(number, 0.0, 0.0, "chosen", c, outcomes.get(r, TRAINED)) for r, c in sorted(drawn.items())],
        measure or ACCURACY,
    )
    return TrialView(
        detail=detail,
        sweep=chosen,
        row=row,
        runs=tuple(_run(rows, i) for i in range(len(rows))),
        causes=tuple(name for name in ADVICE if name in rows.cause) if measure is None else (),
        figures={p.name: json.loads(curves_figure(info, p).to_json()) for p in (LIGHT, DARK)},
        measure=measure,
        latest={run: (step, value) for run, step, value in steps},
        logs=tuple(external.logs_of(db, name, sweep, number)),
        implicit=tuple(_implicit(c) for c in curves if c.harmful),
        backward=_backward(detail, chosen.context),
        rates=tuple(rate for c in curves for rate in _rates(c)),
        chosen=tuple(rate for c in curves for rate in _chosen(c)),
        replicates=listing.replicates(db, name, sweep, number),
        attempts=attempts.of_trial(db, name, sweep, number),
    )


def _changed(before: Attempt, after: Attempt) -> str:
    """Worker, company and error of an attempt against those of the one before, in words."""
    said = []
    if before.worker and after.worker:
        said.append("the same worker" if before.worker == after.worker else "another worker")
    if before.together and after.together and before.together != after.together:
        company = "alone" if after.together == 1 else f"{after.together:,} trials together"
        said.append(f"{company} instead of {before.together:,}")
    said.append("the same error" if before.error == after.error else "another error")
    return ", ".join(said)


def _chosen(curves: results.RunCurves) -> list[ChosenRate]:
    own = "before the last layer" if curves.eta_last else "all layers"
    found = []
    for layer, curve in ((own, curves.eta), ("last layer", curves.eta_last)):
        known = [rate for rate in curve if rate is not None]
        if known:
            falls = sum(after < before for before, after in pairwise(known))
            found.append(ChosenRate(curves.run, layer, known[0], known[-1], falls))
    return found


def _rates(curves: results.RunCurves) -> Iterator[LayerRate]:
    named = {"first": (curves.first_rate, curves.first_used_rate), "last": (curves.last_rate, curves.last_used_rate)}
    for layer, (plain, used) in named.items():
        if plain and used and curves.rate_epochs:
            yield LayerRate(curves.run, layer, plain[0], plain[-1], used[-1], curves.rate_epochs[-1])


def _implicit(curves: results.RunCurves) -> ImplicitRate:
    rates = [rate for rate in curves.implicit_rate if rate is not None]
    harmful = [share for share in curves.harmful if share is not None]
    first, last = (rates[0], rates[-1]) if rates else (None, None)
    return ImplicitRate(curves.run, first, last, harmful[-1] if harmful else None)


def _backward(detail: StudyDetail, name: str) -> str:
    """The backward rule of a built-in context in words; "" of another."""
    context = next((context for context in detail.spec.built_in if context.name == name), None)
    return choice_words(context, "backward_rule") if context else ""


def _run(rows: Runs, i: int) -> dict[str, Any]:
    epochs = float(rows.epochs_to_target[i])
    return {
        "run": int(rows.run[i]),
        "correct": int(rows.correct[i]),
        "n_test": int(rows.n_test[i]),
        "accuracy": float(rows.accuracy[i]),
        "cross_entropy": float(rows.cross_entropy[i]),
        "own_loss": float(rows.own_loss[i]),
        "loss_area": float(rows.loss_area[i]),
        "epochs_to_target": None if np.isnan(epochs) else f"{epochs:g}",
        "cpu_seconds": None if np.isnan(rows.cpu_seconds[i]) else float(rows.cpu_seconds[i]),
        "cause": str(rows.cause[i]),
        "value": None if np.isnan(rows.value[i]) else float(rows.value[i]),
    }
