"""The paper's Table 1: mean and deviation of accuracy at fixed points over repeated k-fold cross-validation.

The paper prints "77.4 ± 10", "98.9 ± 1" and "99.4 ± 0.1" per cent and does not say over what the deviation was taken.
Three are given: over all runs, over fold means (fold j of every repeat) and over repeat means (all folds of a repeat).
They estimate different things. None is a standard error: training sets overlap.

The paper's numbers stand only beside its own set-up; where ours departs from it in more than the images, which ship
with a commercial product, the row says in what instead.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import numpy as np
from numpy.typing import NDArray

from studies import golden
from studies.language.context import Context
from studies.language.phases import Phase
from studies.language.spec import StudySpec
from studies.language.trained_words import choice_words
from studies.learning.chosen import TABLES
from studies.learning.entry import Kind
from studies.records import Runs
from studies.storage.read_models import StudyDetail
from studies.verdict.response import scored_accuracy
from studies.verdict.tails import t_point

FloatArray = NDArray[np.float64]
STAND_INS = ("synthetic-digits", "rotated-mnist")  # data sets that stand for the paper's images
ASIDE = ("name", "dataset", "target_accuracy", "axis", "arm")  # fields that change no accuracy, or are said apart
FOLDS, REPEATS = 10, 10  # of the paper's protocol
TWO_SIDED = 0.025  # tail on each side of a 95 % interval
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
    mean_low: float | None = None  # 95 % interval of the mean, from repeat means by Student's t: for this data set
    mean_high: float | None = None
    departures: tuple[str, ...] = ()  # of the set-up from the paper's, where the paper has the row


def departing(rows: Sequence[TableRow], named: Callable[[str], str] = str) -> tuple[str, ...]:
    """Why the paper's numbers do not stand beside rows that it has too, a sentence for each context.

    Args:
        rows: of one study.
        named: a context by its name, as it is to be shown; said only where there are several.
    """
    several = len({row.context for row in rows}) > 1
    found = {row.context: "; ".join(row.departures) for row in rows if row.departures}
    return tuple(
        f"The paper’s numbers are not shown, since the set-up{f' in context {named(context)}' if several else ''} "
        f"is not its own: {said}."
        for context, said in found.items()
    )


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
    chosen, departing = runs.where(runs.phase == Phase.CV), departures(spec, context)
    percent = 100.0 * scored_accuracy(chosen, spec.context_of(context).classes, spec.measure)
    points = dict.fromkeys(zip(chosen.eta.tolist(), chosen.alpha.tolist(), strict=True))
    rows = []
    for eta, alpha in points:
        at = (chosen.eta == eta) & (chosen.alpha == alpha)
        values = percent[at]
        stated = _paper(loss, eta, alpha) if spec.axes.is_paper else None
        paper = stated if stated and not departing else (None, None)
        repeats = _means(values, chosen.block[at])
        low, high = _interval(repeats)
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
                sd_repeats=_deviation(repeats),
                paper_mean=paper[0],
                paper_sd=paper[1],
                parameters={} if spec.axes.is_paper else spec.named(eta, alpha),
                mean_low=low,
                mean_high=high,
                departures=departing if stated else (),
            )
        )
    return rows


def departures(spec: StudySpec, name: str) -> tuple[str, ...]:
    """In what a context and its replication depart from the paper's set-up, in words; the images that stand in do not.

    Args:
        spec: the study.
        name: of one of its contexts.
    """
    context = spec.context_of(name)
    if not isinstance(context, Context):
        return ("trained by a program of somebody's own",)
    images = () if context.dataset in STAND_INS else (f"images of {context.dataset}",)
    return (*images, *_fields(context, Context()), *_protocol(spec))


def _fields(ours: Context, papers: Context) -> Iterator[str]:
    for name in Context.model_fields:
        if name not in ASIDE and getattr(ours, name) != getattr(papers, name):
            yield f"{name.replace('_', ' ')} {_worded(ours, name)} instead of {_worded(papers, name)}"


def _worded(context: Context, name: str) -> str:
    if name in TABLES:
        return choice_words(context, cast(Kind, name))
    value = getattr(context, name)
    if isinstance(value, bool):
        return "on" if value else "off"
    if value is None:
        return "all" if name == "images" else "none"
    return f"{value:g}" if isinstance(value, float) else str(value).replace("_", " ")


def _protocol(spec: StudySpec) -> Iterator[str]:
    if spec.replication.folds != FOLDS:
        yield f"{spec.replication.folds} folds instead of {FOLDS}"
    repeats = getattr(spec.design, "repeats", REPEATS)
    if repeats != REPEATS:
        yield f"{repeats} {'repeat' if repeats == 1 else 'repeats'} instead of {REPEATS}"


def _means(values: FloatArray, groups: NDArray[np.int64]) -> FloatArray:
    codes = np.unique(groups, return_inverse=True)[1].ravel()
    return np.asarray(np.bincount(codes, weights=values) / np.bincount(codes), dtype=np.float64)


def _deviation(values: FloatArray) -> float | None:
    return float(np.std(values, ddof=1)) if len(values) > 1 else None


def _interval(means: FloatArray) -> tuple[float | None, float | None]:
    """95 % interval of the mean of independent repeats; None below two of them."""
    spread = _deviation(means)
    if spread is None:
        return None, None
    half = t_point(TWO_SIDED, len(means) - 1) * spread / math.sqrt(len(means))
    middle = float(means.mean())
    return middle - half, middle + half


def _paper(loss: str, eta: float, alpha: float) -> tuple[float, float] | None:
    if not math.isclose(eta, golden.ETA, rel_tol=1e-6):
        return None
    rows = (row for (name, a), row in PAPER.items() if name == loss and math.isclose(alpha, a, rel_tol=1e-6))
    return next(rows, None)
