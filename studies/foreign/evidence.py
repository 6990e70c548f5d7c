"""From the rows of a table to the evidence that a verdict is made from.

Rows that name no phase count as a map, measured where somebody thought fit. Rows of a whole study, judged with that
study's document, give the very evidence that the study has itself.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studies.foreign.rows import Measurement, at_claim
from studies.foreign.table import TrialTable
from studies.language.axis import place_on_axis
from studies.language.claim import Claim
from studies.language.design import CrossValidationDesign, LocateDesign, asked_sampler
from studies.language.measure import Measure
from studies.language.phases import Phase
from studies.language.ranges import HIGHEST_ETA
from studies.language.sizes import data_factor, is_open_ended, phase_sizes
from studies.language.space import AlphaRange, EtaRange, OwnSpace, SearchSpace
from studies.language.spec import StudySpec, sweep_name
from studies.outcomes import unknown_causes
from studies.plan.rounds import planned_runs
from studies.records import Arm, Cause, Runs
from studies.reported import derived_columns
from studies.seeds import derive
from studies.verdict.looks import MOST_LOOKS
from studies.verdict.model import Evidence
from studies.verdict.sequential import planned_looks
from studies.verdict.widening import replayed

LEAST_WIDTH = math.log(2.0)  # of a box that was not stated, ln units either way


def evidence_of(table: TrialTable, claim: Claim, context: str, loss: str, rows: Sequence[Measurement]) -> Evidence:
    """The evidence in one sweep of a table, its rows in the phases that they name."""
    found = _plain(table, claim, context, loss, _without_search(table, rows))
    return found if table.document is None else _of_study(table.document, found)


def paired_by_fold(table: TrialTable, claim: Claim, context: str, loss: str, rows: Sequence[Measurement]) -> Evidence:
    """Rows that share (repeat, fold) pairs, as runs of a cross-validation: compared in pairs, never confirming."""
    found = _plain(table, claim, context, loss, rows)
    fold, repeat = (np.array([key[i] for key in map(fold_key, rows)], dtype=np.int64) for i in (1, 0))
    runs = replace(found.runs, run=fold, block=repeat, phase=np.full(len(rows), Phase.CV.value))
    return replace(found, runs=runs, phases_done=(Phase.CV.value,))


def fold_key(row: Measurement) -> tuple[int, int]:
    """The pair (repeat, fold) of a row."""
    return row.repeat or 0, row.fold or 0


def _without_search(table: TrialTable, rows: Sequence[Measurement]) -> list[Measurement]:
    """Rows in order of their trials; a search beside a map is no evidence."""
    mapped = any(row.phase == Phase.MAP for row in rows)
    kept = [row for row in rows if not (mapped and row.phase == Phase.SEARCH)]
    if any(row.trial is None for row in kept):
        return kept
    return sorted(kept, key=lambda row: (row.trial or 0, row.run or 0))


def _plain(table: TrialTable, claim: Claim, context: str, loss: str, rows: Sequence[Measurement]) -> Evidence:
    """The evidence without a document: the box is the range of the rows, and nothing planned is missing."""
    columns = _columns(claim, rows)
    runs = _runs(table, columns, rows, classes=table.classes_in(context))
    taken = table.measure == "epochs_to_target" and bool(np.isfinite(columns.value).any())
    return Evidence(
        sweep=loss if rows[0].context is None else sweep_name(loss, context),
        loss=loss,
        context=context,
        claim=claim,
        space=_box(columns, claim) if table.axes.is_paper else OwnSpace.of(table.axes),
        classes=table.classes_in(context),
        epochs=math.ceil(min(float(np.nanmax(columns.value)), 1e9)) if taken else 1,
        runs=runs,
        planned_runs=len(rows),
        failed_runs=0,
        phases_done=tuple(dict.fromkeys(runs.phase.tolist())),
        fixed_design=table.is_fixed,
        seed=0,
        looks=table.looks,
        objective=table.measure,
        analysis=table.own_analysis,
    )


def _of_study(spec: StudySpec, found: Evidence) -> Evidence:
    """The same with what the study's document says: box, seed, what was planned, and how often it was looked at."""
    sweep, locates = sweep_name(found.loss, found.context), isinstance(spec.design, LocateDesign)
    looks = max(found.looks, _looks(spec, found.runs))
    counts = Counter(found.runs.phase.tolist())
    planned = _planned(spec, counts, looks)
    place = place_on_axis(spec.contexts, found.context)
    found = replace(found, schedule=planned_looks(spec.design), axis=place)
    if is_open_ended(spec.design) and isinstance(spec.design, LocateDesign):
        planned |= planned_runs(spec.design, found)
    known = replace(
        found,
        sweep=sweep,
        epochs=spec.context_of(found.context).epochs or 1,
        space=spec.space,
        planned_runs=max(sum(planned.values()), len(found.runs)),
        failed_runs=sum(max(0, count - counts[phase]) for phase, count in planned.items()),
        fixed_design=locates or asked_sampler(spec.design) is None,
        seed=derive(spec.seed, "verdict", sweep),
        looks=looks,
    )
    wider = replayed(known, spec.space) if known.is_widened else None
    return known if wider is None else replace(known, space=wider)


def _looks(spec: StudySpec, runs: Runs) -> int:
    """Analyses so far, by the number of paired blocks: look k has `data_factor(k)` times the first one's."""
    if not isinstance(spec.design, LocateDesign):
        return 1
    blocks, first = len(np.unique(runs.block[runs.phase == Phase.CONFIRM])), spec.design.confirm_blocks
    return next((look for look in range(1, MOST_LOOKS) if first * data_factor(look) >= blocks), MOST_LOOKS)


def _planned(spec: StudySpec, counts: Mapping[str, int], looks: int) -> dict[Phase, int]:
    """Runs of each phase up to the last that the table has; what widened a box is taken as planned."""
    if isinstance(spec.design, CrossValidationDesign):
        return {}
    sizes = phase_sizes(spec.design, folds=spec.replication.folds, looks=looks)
    if isinstance(spec.design, LocateDesign):
        sizes.pop(Phase.SEARCH, None)  # a search beside a map is no evidence
    confirmed = bool(counts.get(Phase.CONFIRM))
    return {phase: size.runs for phase, size in sizes.items() if counts.get(phase) or confirmed}


@dataclass(frozen=True, slots=True, eq=False)
class _Columns:
    eta: NDArray[np.float64]
    alpha: NDArray[np.float64]
    value: NDArray[np.float64]
    diverged: NDArray[np.bool_]
    at_claim: NDArray[np.bool_]


def _columns(claim: Claim, rows: Sequence[Measurement]) -> _Columns:
    near = np.array([at_claim(claim, row) for row in rows])
    return _Columns(
        eta=np.where(near, claim.first, [row.eta for row in rows]),
        alpha=np.where(near, claim.second, [row.alpha for row in rows]),
        value=np.array([np.nan if row.value is None else row.value for row in rows], dtype=np.float64),
        diverged=np.array([row.diverged for row in rows], dtype=np.bool_),
        at_claim=near,
    )


def _runs(table: TrialTable, columns: _Columns, rows: Sequence[Measurement], *, classes: int) -> Runs:
    if table.own_measure is not None:
        return _reported_runs(table.own_measure, columns, rows)
    nothing = np.full(len(rows), np.nan)
    measure, named = table.measure, {table.measure: columns.value}
    n_test = np.array([row.n_test or table.images for row in rows], dtype=np.int64)
    value = columns.value
    shares = {"accuracy": value, "error": 1.0 - value}.get(measure, _counted(rows))
    correct = np.rint(np.nan_to_num(np.where(columns.diverged, 1.0 / classes, shares)) * n_test).astype(np.int64)
    return Runs(
        **_places(columns, rows),
        n_test=n_test,
        correct=correct,
        accuracy=correct / n_test,
        error=1.0 - correct / n_test,
        cross_entropy=named.get("cross_entropy", nothing),
        own_loss=named.get("own_loss", nothing),
        loss_area=named.get("loss_area", nothing),
        epochs_to_target=named.get("epochs_to_target", nothing),
        diverged=columns.diverged,
        cause=_causes(rows),
    )


def _reported_runs(measure: Measure, columns: _Columns, rows: Sequence[Measurement]) -> Runs:
    """Runs of which a trainer of the user's own reported one number; a broken one counts as the worst there is."""
    worst = np.nan if measure.worst is None else measure.worst
    value = np.where(columns.diverged, worst, columns.value)
    found = derived_columns(value, measure)
    return Runs(**_places(columns, rows), **found, diverged=columns.diverged, cause=_causes(rows), value=value)


def _places(columns: _Columns, rows: Sequence[Measurement]) -> dict[str, Any]:
    """Columns that say which run of which trial a row is, and at which point."""
    return {
        "trial": _trials(columns, rows),
        "run": np.array([_run(i, row) for i, row in enumerate(rows)], dtype=np.int64),
        "phase": np.array([(row.phase or Phase.MAP).value for row in rows]),
        "arm": np.array([_arm(row, near) for row, near in zip(rows, columns.at_claim.tolist(), strict=True)]),
        "block": np.array([row.block or 0 for row in rows], dtype=np.int64),
        "eta": columns.eta,
        "alpha": columns.alpha,
    }


def _causes(rows: Sequence[Measurement]) -> NDArray[np.str_]:
    """Causes as stated, shape (n,); where none is, of failed runs "chance"."""
    unknown = unknown_causes(np.array([row.diverged for row in rows], dtype=np.bool_))
    stated = [
        Cause(known) if row.cause is None else row.cause for row, known in zip(rows, unknown.tolist(), strict=True)
    ]
    return np.array([cause.value for cause in stated], dtype=np.str_)


def _counted(rows: Sequence[Measurement]) -> NDArray[np.float64]:
    """Shares of correct test images; 1 where they were not counted, so that nothing counts as chance level."""
    return np.array([1.0 if row.correct is None or row.n_test is None else row.correct / row.n_test for row in rows])


def _trials(columns: _Columns, rows: Sequence[Measurement]) -> NDArray[np.int64]:
    if all(row.trial is not None for row in rows):
        return np.array([row.trial for row in rows], dtype=np.int64)
    points = np.column_stack([columns.eta, columns.alpha])
    return np.unique(points, axis=0, return_inverse=True)[1].ravel().astype(np.int64)


def _run(place: int, row: Measurement) -> int:
    """Index of a run: as stated; in a block the first; elsewhere any number of its own."""
    if row.run is not None:
        return row.run
    return place if row.block is None else 0


def _arm(row: Measurement, near: bool) -> str:
    return Arm.CLAIM.value if near else row.arm or Arm.POINT.value


def _box(columns: _Columns, claim: Claim) -> SearchSpace:
    """The smallest box, at least a factor of two wide each way, that holds all points and the claim's."""
    v, u = np.log(np.append(columns.eta, claim.first)), -np.log1p(-np.append(columns.alpha, claim.second))
    (v_low, v_high), (u_low, u_high) = (_widened(float(axis.min()), float(axis.max())) for axis in (v, u))
    eta = EtaRange(low=math.exp(v_low), high=min(math.exp(v_high), HIGHEST_ETA))
    return SearchSpace(eta=eta, alpha=AlphaRange(low=max(0.0, -math.expm1(-u_low)), high=-math.expm1(-u_high)))


def _widened(low: float, high: float) -> tuple[float, float]:
    lacking = max(0.0, LEAST_WIDTH - (high - low)) / 2
    return low - lacking - 1e-12, high + lacking + 1e-12
