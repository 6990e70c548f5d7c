"""Trials measured elsewhere: a table of points and values becomes evidence, and gets a verdict without any training.

What such a table can say: where the optimum seems to lie, how noisy single runs are (where points repeat), and how the
claim's point compares with others on shared (repeat, fold) pairs. What it cannot: confirm. Its pairs were not drawn
after the points were chosen, and the claim was not frozen before them, so the location tests are shown and the
verdict stays inconclusive.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field, ValidationError, model_validator

from studies.claim import STRICT, Claim, Objective
from studies.errors import SpecError
from studies.records import Arm, Phase, Runs
from studies.space import AlphaRange, EtaRange, SearchSpace
from studies.spec import SAFE_TEXT, canonical_json
from studies.verdict.decide import decide_study, decide_sweep
from studies.verdict.records import Evidence, Reason, StudyVerdict, SweepVerdict

MAX_ROWS = 5_000
MAX_POINTS = 600  # distinct points of one loss: the Gaussian process' cost grows with their cube
MAX_LOSSES = 5
MOST_COMPARED = 8  # best other points that are compared with the claim's
SNAP = 0.01  # ln units: a point so near to the claim's is the claim's, written with fewer digits
LEAST_WIDTH = math.log(2.0)  # of the box, ln units either way
LOWEST_ETA, HIGHEST_ETA, HIGHEST_ALPHA = 1e-12, 100.0, 1.0 - 1e-9
SHARES = ("accuracy", "error")
Points = Literal["fixed", "adaptive"]


class Measurement(BaseModel):
    """One training measured elsewhere."""

    model_config = STRICT

    eta: Annotated[float, Field(ge=LOWEST_ETA, le=HIGHEST_ETA)]
    alpha: Annotated[float, Field(ge=0.0, le=HIGHEST_ALPHA)]
    value: float | None = Field(default=None, description="of the table's objective; may lack where the run diverged")
    loss: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 _.-]{0,39}$")] = "unnamed"
    fold: Annotated[int, Field(ge=0, le=10_000)] | None = None
    repeat: Annotated[int, Field(ge=0, le=10_000)] | None = None
    diverged: bool = False


class TrialTable(BaseModel):
    """A table of trainings and what to judge it by."""

    model_config = STRICT

    name: Annotated[str, Field(min_length=1, max_length=100, pattern=SAFE_TEXT)] = "trials"
    claim: Claim = Claim()
    objective: Objective = Field(default="accuracy", description="what `value` is; accuracy and error as shares")
    points: Points = Field(default="fixed", description="adaptive: chosen after looking at earlier values")
    images: Annotated[int, Field(ge=2, le=10_000_000)] = Field(default=10_000, description="test images per run")
    classes: Annotated[int, Field(ge=2, le=10_000)] = 10
    rows: Annotated[list[Measurement], Field(min_length=1, max_length=MAX_ROWS)]

    @model_validator(mode="after")
    def _measured(self) -> Self:
        problems = [
            f"rows.{i}.value: {text}"
            for i, row in enumerate(self.rows)
            if (text := _value_problem(row, self.objective))
        ]
        if problems:
            raise ValueError("; ".join(problems[:10]))
        losses = _by_loss(self.rows)
        if len(losses) > MAX_LOSSES:
            raise ValueError(f"rows: {len(losses)} losses are more than {MAX_LOSSES}; send several tables")
        for loss, rows in losses.items():
            points = len({(row.eta, row.alpha) for row in rows})
            if points > MAX_POINTS:
                raise ValueError(f"rows: {loss} has {points} points, more than {MAX_POINTS}; send fewer")
        return self


def table_of(document: Mapping[str, Any]) -> TrialTable:
    """A table from JSON values.

    Raises:
        SpecError: it is not acceptable; each field is named.
    """
    try:
        return TrialTable.model_validate_json(json.dumps(dict(document), default=str))
    except ValidationError as error:
        raise SpecError([problem for e in error.errors() for problem in _problems(e)]) from None


def judge_table(table: TrialTable) -> StudyVerdict:
    """The verdict on a table: the same estimates as on a study's own runs, and what is missing for a decision. Pure."""
    claim, losses = _claim(table), _by_loss(table.rows)
    evidence = [_evidence(table, claim, loss, rows, paired=False) for loss, rows in losses.items()]
    whole = decide_study(table.name, _hash(claim), evidence, table.objective)
    pairs = zip(whole.sweeps, losses.values(), strict=True)
    sweeps = tuple(_completed(table, claim, sweep, rows) for sweep, rows in pairs)
    first = next((sweep for sweep in sweeps if sweep.loss == claim.primary_loss), None)
    sentence = whole.sentence if first is None else first.sentence
    return replace(whole, sentence=sentence, sweeps=sweeps)


def _completed(table: TrialTable, claim: Claim, verdict: SweepVerdict, rows: Sequence[Measurement]) -> SweepVerdict:
    """The sweep's verdict with its paired comparisons, and with the reasons that fit a table."""
    pairs = _paired(table, claim, rows)
    if pairs:
        paired = decide_sweep(_evidence(table, claim, verdict.loss, pairs, paired=True), table.objective)
        verdict = replace(verdict, comparisons=paired.comparisons)
    if verdict.reasons[0].code != "incomplete":
        return verdict
    text = _missing(table, claim, rows, verdict)
    old = verdict.reasons[0].text
    reasons = (Reason("incomplete", text), *verdict.reasons[1:])
    return replace(verdict, reasons=reasons, sentence=verdict.sentence.replace(old, text, 1))


def _missing(table: TrialTable, claim: Claim, rows: Sequence[Measurement], verdict: SweepVerdict) -> str:
    """What these trials lack for a decision, in one sentence each."""
    at_claim = sum(_at_claim(claim, row) for row in rows)
    parts = [
        "These trials were measured elsewhere: they can point, but a verdict needs fresh paired runs of the claimed"
    ]
    parts[0] += " and the best point, chosen before those runs and with the claim frozen first."
    if at_claim == 0:
        parts.append(f"The claimed point ({claim.eta:.3g}, {claim.alpha:.3g}) was not measured at all.")
    if verdict.sigma is None:
        parts.append("No point was measured twice, so the noise of a single run is unknown.")
    if verdict.eta.estimate is None:
        parts.append("Six or more runs with different values are needed to say where the optimum lies.")
    if table.points == "adaptive":
        parts.append(
            "The points followed earlier values, so no confidence region can be given, only a rough posterior."
        )
    return " ".join(parts)


def _claim(table: TrialTable) -> Claim:
    """The claim with a primary loss that the table has, none where it cannot be told."""
    losses = list(_by_loss(table.rows))
    named = table.claim.primary_loss
    primary = named if named in losses else (losses[0] if len(losses) == 1 else None)
    return table.claim.model_copy(update={"primary_loss": primary, "objective": table.objective})


def _hash(claim: Claim) -> str:
    return hashlib.sha256(canonical_json(claim.model_dump(mode="json")).encode()).hexdigest()


def _by_loss(rows: Sequence[Measurement]) -> dict[str, list[Measurement]]:
    grouped: dict[str, list[Measurement]] = {}
    for row in rows:
        grouped.setdefault(row.loss, []).append(row)
    return grouped


def _at_claim(claim: Claim, row: Measurement) -> bool:
    gaps = math.log(row.eta / claim.eta), math.log1p(-row.alpha) - math.log1p(-claim.alpha)
    return max(abs(gap) for gap in gaps) <= SNAP


def _paired(table: TrialTable, claim: Claim, rows: Sequence[Measurement]) -> list[Measurement]:
    """Rows of the claim's point and of the best others that share (repeat, fold) pairs with it; none where too few."""
    keyed = [row for row in rows if row.fold is not None or row.repeat is not None]
    own = {_key(row) for row in keyed if _at_claim(claim, row)}
    shared: dict[tuple[float, float], list[Measurement]] = {}
    for row in keyed:
        if not _at_claim(claim, row) and _key(row) in own:
            shared.setdefault((row.eta, row.alpha), []).append(row)
    enough = {point: found for point, found in shared.items() if len({_key(row) for row in found}) >= 2}
    if not enough:
        return []
    best = sorted(enough.values(), key=lambda found: _badness(table, found))[:MOST_COMPARED]
    return [row for row in keyed if _at_claim(claim, row)] + [row for found in best for row in found]


def _badness(table: TrialTable, rows: Sequence[Measurement]) -> float:
    """Mean value, smaller where better."""
    known = [row.value for row in rows if row.value is not None and not row.diverged]
    sign = -1.0 if table.objective == "accuracy" else 1.0
    return sign * sum(known) / len(known) if known else math.inf


def _key(row: Measurement) -> tuple[int, int]:
    return row.repeat or 0, row.fold or 0


@dataclass(frozen=True, slots=True, eq=False)
class _Columns:
    eta: NDArray[np.float64]
    alpha: NDArray[np.float64]
    value: NDArray[np.float64]
    diverged: NDArray[np.bool_]
    at_claim: NDArray[np.bool_]


def _columns(claim: Claim, rows: Sequence[Measurement]) -> _Columns:
    at_claim = np.array([_at_claim(claim, row) for row in rows])
    return _Columns(
        eta=np.where(at_claim, claim.eta, [row.eta for row in rows]),
        alpha=np.where(at_claim, claim.alpha, [row.alpha for row in rows]),
        value=np.array([np.nan if row.value is None else row.value for row in rows], dtype=np.float64),
        diverged=np.array([row.diverged for row in rows], dtype=np.bool_),
        at_claim=at_claim,
    )


def _evidence(table: TrialTable, claim: Claim, loss: str, rows: Sequence[Measurement], *, paired: bool) -> Evidence:
    columns = _columns(claim, rows)
    runs = _runs(table, columns, rows, paired=paired)
    taken = table.objective == "epochs_to_target" and bool(np.isfinite(columns.value).any())
    return Evidence(
        sweep=loss,
        loss=loss,
        context=table.name,
        claim=claim,
        space=_box(columns, claim),
        classes=table.classes,
        epochs=math.ceil(min(float(np.nanmax(columns.value)), 1e9)) if taken else 1,
        runs=runs,
        planned_runs=len(rows),
        failed_runs=0,
        phases_done=tuple(dict.fromkeys(runs.phase.tolist())),
        fixed_design=table.points == "fixed",
        seed=0,
    )


def _runs(table: TrialTable, columns: _Columns, rows: Sequence[Measurement], *, paired: bool) -> Runs:
    count, nothing = len(rows), np.full(len(rows), np.nan)
    value, named = columns.value, {table.objective: columns.value}
    accuracy = {"accuracy": value, "error": 1.0 - value}.get(table.objective, np.ones(count))
    correct = np.rint(np.nan_to_num(np.where(columns.diverged, 1.0 / table.classes, accuracy)) * table.images)
    points = np.column_stack([columns.eta, columns.alpha])
    fold, repeat = ([_key(row)[i] for row in rows] if paired else [0] * count for i in (1, 0))
    return Runs(
        trial=np.unique(points, axis=0, return_inverse=True)[1].ravel().astype(np.int64),
        run=np.array(fold, dtype=np.int64) if paired else np.arange(count, dtype=np.int64),
        phase=np.array([(Phase.CV if paired else Phase.MAP).value] * count),
        arm=np.where(columns.at_claim, Arm.CLAIM.value, Arm.POINT.value),
        block=np.array(repeat, dtype=np.int64),
        eta=columns.eta,
        alpha=columns.alpha,
        n_test=np.full(count, table.images),
        correct=correct.astype(np.int64),
        accuracy=correct / table.images,
        error=1.0 - correct / table.images,
        cross_entropy=named.get("cross_entropy", nothing),
        own_loss=named.get("own_loss", nothing),
        loss_area=named.get("loss_area", nothing),
        epochs_to_target=named.get("epochs_to_target", nothing),
        diverged=columns.diverged,
    )


def _box(columns: _Columns, claim: Claim) -> SearchSpace:
    """The smallest box, at least a factor of two wide each way, that holds all points and the claim's."""
    v, u = np.log(np.append(columns.eta, claim.eta)), -np.log1p(-np.append(columns.alpha, claim.alpha))
    (v_low, v_high), (u_low, u_high) = (_widened(float(axis.min()), float(axis.max())) for axis in (v, u))
    eta = EtaRange(low=math.exp(v_low), high=min(math.exp(v_high), HIGHEST_ETA))
    return SearchSpace(eta=eta, alpha=AlphaRange(low=max(0.0, -math.expm1(-u_low)), high=-math.expm1(-u_high)))


def _widened(low: float, high: float) -> tuple[float, float]:
    lacking = max(0.0, LEAST_WIDTH - (high - low)) / 2
    return low - lacking - 1e-12, high + lacking + 1e-12


def _value_problem(row: Measurement, objective: str) -> str | None:
    if row.value is None:
        return None if row.diverged else "is missing; give one, or mark the run as diverged"
    if objective in SHARES and not 0.0 <= row.value <= 1.0:
        return f"{row.value:g} is no share between 0 and 1; divide percentages by 100, or name another objective"
    if row.value < 0.0 or row.value > 1e12:
        return f"{row.value:g} is no {objective.replace('_', ' ')}; it lies between 0 and 1e12"
    return None


def _problems(error: Any) -> list[tuple[str, str]]:
    """(field, message) pairs of one pydantic error; those that a validator of the whole table joined are split."""
    text = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] != "value_error" or not text.startswith("rows"):
        return [(".".join(str(part)[:80] for part in error["loc"]), text)]
    pairs = [part.partition(": ") for part in text.split("; rows.")]
    return [(field if field.startswith("rows") else f"rows.{field}", message) for field, _, message in pairs]
