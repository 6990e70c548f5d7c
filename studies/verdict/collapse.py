"""Runs that collapsed: they train, but end far below the runs around them. Found apart in two kinds of data.

Map and zoom: `collapsed_alone`. A Gaussian process of the responses, floored FLOOR_DEPTH below their 90th percentile,
predicts each run from all others. With r the response minus that prediction (centred at its median), a run collapsed if

    r < -max(4 s, 0.5)   and   r < -3.5 deviations of its prediction   and   it is no part of a cliff

s is the 84th percentile of r less its median, where collapsed runs do not reach; it grows with the drop below the top
where the residuals above the prediction do. A cliff is a place, not a chance: at least 3 of the 5 nearest runs are
nearer to the run's response than to its prediction (of the replicates of one point, three quarters). The worst half of
the suspects leaves the fit, the process is fitted anew, at most ROUNDS times.

Paired blocks: `collapsed_in_pairs`. Median polish of the table of blocks by arms. An arm's centre is its upper mode:
the median of what is left once runs far below its upper quartile are taken out. r is what blocks and arms leave, and a
run collapsed if r < -max(4 s, 0.5), s the larger of the calmest arms' scale and its own arm's scale above its centre.
An arm that fails in more than three quarters of its runs is a cliff: its usual run is low.

Units: responses are logarithms for every objective, so 0.5 means the same everywhere, a factor of 1.65: in the odds of
an error (accuracy, error), in the loss (cross_entropy, own_loss, loss_area), or in the epochs taken
(epochs_to_target). At 98 % accuracy that is 96.8 %, at a loss of 0.10 it is 0.165, after 10 epochs it is the 17th.

Deterministic; equal or few responses give no collapse. No error rate is controlled: these rules sort runs, and what is
tested on them is tested elsewhere. On normal noise about one run in 30,000 is sorted out wrongly.

References: Rasmussen & Williams (2006), section 5.4.2 (leave-one-out); Tukey (1977), chapter 11 (median polish).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studies.verdict.gaussian_process import Process, fit_process

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]
LEAST_DROP = 0.5  # response units (logarithms): a run less far below its prediction did not collapse
SCALES, DEVIATIONS = 4.0, 3.5  # as above
FLOOR_QUANTILE, FLOOR_DEPTH = 0.9, 2.5  # of responses in the process: how deep a run lies no longer matters there
FEWEST_RUNS = 12  # below, a prediction from the others says too little
ROUNDS = 6
NEIGHBOURS, LOW_NEIGHBOURS = 5, 3
FEWEST_REPLICATES, CLIFF_SHARE = 3, 0.75  # further runs at one point from which on they alone say what is usual there
UPPER = 0.8413447  # one deviation above the median of normal values
WITHIN_ONE = 0.6826895  # share of normal values within one deviation
UPPER_TAIL, UPPER_TAIL_DEVIATIONS, QUARTILE_DEVIATIONS = 0.95, 1.6449, 0.6745  # normal quantiles
MOST_GROWTH = 4.0  # of the noise, away from the top
FIT_ROWS, PIECE_ROWS = 256, 600  # rows that settle hyperparameters; rows that are predicted from one another at once
HARDLY = 1e-6  # weight, in runs, of a run that was taken out


def collapsed_alone(x: FloatArray, y: FloatArray, blocks: IntArray) -> BoolArray:
    """Mask of the collapsed runs among single runs at points of their own and replicates, shape (n,).

    Args:
        x: (n, 2) coordinates of fits (s, u).
        y: (n,) responses, finite.
        blocks: (n,) block of each run.
    """
    low = np.zeros(len(y), dtype=np.bool_)
    if len(y) < FEWEST_RUNS or float(np.ptp(y)) <= LEAST_DROP:
        return low
    pieces = _pieces(len(y))
    for piece in pieces:
        low[piece] = _Alone.of(x[piece], y[piece], blocks[piece]).found()
    return low


def _pieces(count: int) -> list[IntArray]:
    """Rows by pieces of at most PIECE_ROWS, dealt at random, always alike."""
    order = np.random.default_rng(count).permutation(count).astype(np.int64)
    return np.array_split(order, math.ceil(count / PIECE_ROWS)) if count > PIECE_ROWS else [np.arange(count)]


@dataclass(frozen=True, slots=True, eq=False)
class _Alone:
    """Single runs with floored responses, and which of them lie at one point."""

    x: FloatArray
    y: FloatArray
    blocks: IntArray
    floor: float
    place: IntArray  # code of the run's point

    @classmethod
    def of(cls, x: FloatArray, y: FloatArray, blocks: IntArray) -> _Alone:
        floor = float(np.quantile(y, FLOOR_QUANTILE)) - FLOOR_DEPTH
        place = np.unique(np.round(x, 9), axis=0, return_inverse=True)[1].ravel().astype(np.int64)
        return cls(x, np.maximum(y, floor), blocks, floor, place)

    def found(self) -> BoolArray:
        low, process = np.zeros(len(self.y), dtype=np.bool_), None
        for _ in range(ROUNDS):
            process = self._fit(low, process)
            excess = self._excess(process, low)
            new = np.flatnonzero((excess > 0.0) & ~low)
            if len(new) == 0:
                return low & (excess > 0.0)
            low[new[np.argsort(-excess[new], kind="stable")[: math.ceil(len(new) / 2)]]] = True
        return low

    def _fit(self, low: BoolArray, before: Process | None) -> Process:
        repeats = np.where(low, HARDLY, 1.0)
        if len(self.y) <= FIT_ROWS:
            return fit_process(self.x, self.y, repeats=repeats, blocks=self.blocks, near=before)
        some = np.random.default_rng(len(self.y)).permutation(len(self.y))[:FIT_ROWS]
        near = fit_process(self.x[some], self.y[some], repeats=repeats[some], blocks=self.blocks[some], near=before)
        return fit_process(self.x, self.y, repeats=repeats, blocks=self.blocks, near=near, fixed=True)

    def _excess(self, process: Process, low: BoolArray) -> FloatArray:
        """By how many times its limit each run lies too low, less one; negative where it did not collapse."""
        residual, deviation = process.leave_one_out()
        predicted = self.y - residual
        kept = ~low & (self.y > self.floor)
        kept = kept if int(kept.sum()) >= FEWEST_RUNS else ~low
        centre, upper = np.quantile(residual[kept], [0.5, UPPER])
        r = residual - float(centre)
        growth = _growth(r[kept], predicted, kept)
        limit = np.maximum(SCALES * float(upper - centre) * growth, LEAST_DROP)
        limit = np.maximum(limit, DEVIATIONS * deviation * np.where(low, 1.0, growth))
        excess = -r / limit - 1.0
        suspects = np.flatnonzero(excess > 0.0)
        excess[suspects[self._cliff(suspects, predicted, process)]] = -1.0
        return np.asarray(excess, dtype=np.float64)

    def _cliff(self, suspects: IntArray, predicted: FloatArray, process: Process) -> BoolArray:
        """Mask of the suspects whose neighbours are low as well."""
        scaled = self.x / np.exp(process.log_parameters[:2])
        found = np.zeros(len(suspects), dtype=np.bool_)
        for k, i in enumerate(suspects):
            alike = self.y < (self.y[i] + predicted[i]) / 2.0
            same = np.flatnonzero(self.place == self.place[i])
            same = same[same != i]
            if len(same) >= FEWEST_REPLICATES:
                found[k] = float(alike[same].mean()) >= CLIFF_SHARE
                continue
            distance = np.sum((scaled - scaled[i]) ** 2, axis=1)
            distance[i] = np.inf
            nearest = np.argsort(distance, kind="stable")[:NEIGHBOURS]
            found[k] = int(alike[nearest].sum()) >= LOW_NEIGHBOURS
        return found


def _growth(r: FloatArray, predicted: FloatArray, kept: BoolArray) -> FloatArray:
    """Deviation of every run relative to that at the top, shape (n,), from the residuals above their prediction."""
    drop = float(predicted[kept].max()) - predicted
    above = r > 0.0
    if int(above.sum()) < FEWEST_RUNS or float(np.ptp(drop[kept][above])) <= 0.0:
        return np.ones(len(predicted))
    slope, level = np.polynomial.polynomial.polyfit(drop[kept][above], r[above], 1)[::-1]
    if slope <= 0.0 or level <= 0.0:
        return np.ones(len(predicted))
    relative = 1.0 + slope / level * np.maximum(drop, 0.0)
    usual = max(float(np.median(relative[kept])), 1.0)  # at which the common scale was taken
    return np.asarray(np.clip(relative / usual, 1.0 / usual, MOST_GROWTH), dtype=np.float64)


def collapsed_in_pairs(table: FloatArray) -> BoolArray:
    """Mask of the collapsed runs in a table of blocks by arms, shape (blocks, arms); missing cells are nan.

    A table of one arm, or of one block, has nothing to compare with: no run in it collapsed.
    """
    nothing = np.zeros(table.shape, dtype=np.bool_)
    if table.ndim != 2 or min(table.shape) < 2 or not np.isfinite(table).any():
        return nothing
    residual = polished(table)
    limits = np.maximum(SCALES * _arm_scales(residual), LEAST_DROP)
    with np.errstate(invalid="ignore"):
        return np.asarray(residual < -limits, dtype=np.bool_)


def polished(table: FloatArray) -> FloatArray:
    """What blocks and arms leave of a table, shape (blocks, arms); nan where it has no cell.

    A block's effect is the upper median of its arms' residuals, an arm's centre its upper mode, so that low runs bear
    on neither unless they are the rule.
    """
    present = np.isfinite(table)
    rows, columns = present.any(axis=1), present.any(axis=0)
    left = np.full(table.shape, np.nan)
    inner = table[np.ix_(rows, columns)]
    blocks = np.zeros((len(inner), 1))
    for _ in range(ROUNDS):
        arms = np.array([[_upper_mode(column) for column in (inner - blocks).T]])
        blocks = np.nanquantile(inner - arms, 0.5, axis=1, keepdims=True, method="higher")
    left[np.ix_(rows, columns)] = inner - blocks - np.array([[_upper_mode(column) for column in (inner - blocks).T]])
    return left


def _upper_mode(values: FloatArray) -> float:
    """Centre of an arm's usual runs: the median of what is left once runs far below its upper part are taken out."""
    values = values[np.isfinite(values)]
    quartile, upper = np.quantile(values, [0.75, UPPER_TAIL])
    scale = float(upper - quartile) / (UPPER_TAIL_DEVIATIONS - QUARTILE_DEVIATIONS)
    centre = float(quartile) - QUARTILE_DEVIATIONS * scale
    for _ in range(ROUNDS):
        before = centre
        centre = float(np.median(values[values >= before - max(SCALES * scale, LEAST_DROP)]))
        scale = _upper_scale(values - centre)
        if centre == before:
            break
    return centre


def _upper_scale(residual: FloatArray) -> float:
    """Deviation of centred values by those above zero alone, which collapsed runs do not reach; 0 without any."""
    above = residual[residual >= 0.0]
    return float(np.quantile(above, WITHIN_ONE)) if len(above) else 0.0


def _arm_scales(residual: FloatArray) -> FloatArray:
    """Scale of each arm from what lies above its centre, at least that of the calmest arms; shape (arms,)."""
    own = np.array([_upper_scale(column[np.isfinite(column)]) for column in residual.T])
    calmest = float(np.quantile(own[own > 0.0], 0.25)) if (own > 0.0).any() else 0.0
    return np.asarray(np.maximum(own, calmest), dtype=np.float64)
