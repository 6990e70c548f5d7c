"""The paper's Table 1: mean and deviation of accuracy at fixed points over repeated k-fold cross-validation.

The paper prints "77.4 ± 10", "98.9 ± 1" and "99.4 ± 0.1" per cent and does not say over what the deviation was taken.
Three are given: over all runs, over fold means (fold j of every repeat) and over repeat means (all folds of a repeat).
They estimate different things. None is a standard error: training sets overlap.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from studies import golden
from studies.language.phases import Phase
from studies.language.spec import StudySpec
from studies.records import Runs
from studies.storage.read_models import StudyDetail
from studies.verdict.response import scored_accuracy

FloatArray = NDArray[np.float64]
PAPER = {  # (loss, alpha) at the golden learning rate: mean and deviation, per cent
    ("sse", 0.0): (77.4, 10.0),
    ("sse", golden.ALPHA): (98.9, 1.0),
    ("golden", golden.ALPHA): (99.4, 0.1),
}


@dataclass(frozen=True, slots=True)
class TableRow:
    """Accuracy at one point under one loss, per cent; deviations are None below two values."""

    context: str
    loss: str
    eta: float
    alpha: float
    runs: int
    diverged: int  # runs that diverged, counted at chance level
    mean: float
    sd_runs: float | None  # over all runs
    sd_folds: float | None  # over fold means
    sd_repeats: float | None  # over repeat means
    paper_mean: float | None  # where the paper has this row
    paper_sd: float | None
    parameters: dict[str, float] = field(default_factory=dict)  # the point by name; empty for the paper's pair


def table_of_study(detail: StudyDetail, runs: Mapping[str, Runs]) -> tuple[TableRow, ...]:
    """Rows of all cross-validated points of a study, by sweep, then in order of measurement.

    Args:
        detail: the study.
        runs: runs of each sweep, by its name.
    """
    return tuple(
        row for sweep in detail.sweeps for row in table_rows(detail.spec, sweep.context, sweep.loss, runs[sweep.name])
    )


def table_rows(spec: StudySpec, context: str, loss: str, runs: Runs) -> list[TableRow]:
    """Rows of one sweep; empty where it was not cross-validated. Pure."""
    chosen = runs.where(runs.phase == Phase.CV)
    percent = 100.0 * scored_accuracy(chosen, spec.context_of(context).classes, spec.measure)
    points = dict.fromkeys(zip(chosen.eta.tolist(), chosen.alpha.tolist(), strict=True))
    rows = []
    for eta, alpha in points:
        at = (chosen.eta == eta) & (chosen.alpha == alpha)
        values = percent[at]
        paper = _paper(loss, eta, alpha) if spec.axes.is_paper else (None, None)
        rows.append(
            TableRow(
                context=context,
                loss=loss,
                eta=eta,
                alpha=alpha,
                runs=len(values),
                diverged=int(chosen.diverged[at].sum()),
                mean=float(values.mean()),
                sd_runs=_deviation(values),
                sd_folds=_deviation(_means(values, chosen.run[at])),
                sd_repeats=_deviation(_means(values, chosen.block[at])),
                paper_mean=paper[0],
                paper_sd=paper[1],
                parameters={} if spec.axes.is_paper else spec.named(eta, alpha),
            )
        )
    return rows


def _means(values: FloatArray, groups: NDArray[np.int64]) -> FloatArray:
    codes = np.unique(groups, return_inverse=True)[1].ravel()
    return np.asarray(np.bincount(codes, weights=values) / np.bincount(codes), dtype=np.float64)


def _deviation(values: FloatArray) -> float | None:
    return float(np.std(values, ddof=1)) if len(values) > 1 else None


def _paper(loss: str, eta: float, alpha: float) -> tuple[float | None, float | None]:
    if not math.isclose(eta, golden.ETA, rel_tol=1e-6):
        return None, None
    found = [row for (name, a), row in PAPER.items() if name == loss and math.isclose(alpha, a, rel_tol=1e-6)]
    return found[0] if found else (None, None)
