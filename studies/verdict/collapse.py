"""Runs that collapsed: they train, but end far below the runs around them. Found apart in two kinds of data.

Map and zoom: `collapsed_alone`. A Gaussian process of the responses, floored FLOOR_DEPTH below their 90th percentile,
predicts each run from all others. r is the response minus that prediction, centred at its median. The process must not
give way to what it is to find: a run that lies more than 2 s off is drawn to 2 s, one that collapsed to its prediction,
and the process is fitted anew, at most ROUNDS times (pseudo-values, Huber 1981, section 7.8). A run collapsed if

    r < -max(3.5 s w, 0.4)   and   it is no part of a cliff

s is the noise by the residuals above the median, where collapsed runs do not reach (the scale of both sides gives way
together with the process); it grows with the drop below the top where those residuals do. w is the prediction's
deviation in units of the noise, above 1 where few runs are near. A cliff is a place, not a chance: at least 3 of the 5
nearest runs are nearer to the run's response than to its prediction (of the replicates of one point, three quarters).

Paired blocks: `collapsed_in_pairs`. Median polish of the table of blocks by arms. An arm's centre is its upper mode:
the median of what is left once runs far below are taken out. r is what blocks and arms leave, and a run collapsed if
r < -max(3.5 s, 0.4), s the larger of the calmest arms' scale and its own arm's scale above its centre. An arm that
fails in more than three quarters of its runs is a cliff: its usual run is low. With two or three arms a block cannot
say which of them is low where half of an arm's runs are; then none is sorted out, and the pairs show it.

Units: responses are logarithms for every objective but a real measure, so 0.4 means the same everywhere, a factor of
1.5: in the odds of an error (accuracy, error), in the loss (cross_entropy, own_loss, loss_area), or in the epochs taken
(epochs_to_target). At 98 % accuracy that is 97.0 %, at a loss of 0.10 it is 0.15, in place of 10 epochs it is 15. With
0.5, half of the runs that end 0.5 low would stay in. Responses by a real measure come in units of its map, each of
which stands for a logarithm (`unit`).

Deterministic; equal or few responses give no collapse. No error rate is controlled: these rules sort runs, and what is
tested on them is tested elsewhere. On normal noise one run in 4,300 lies 3.5 s low.

References: Rasmussen & Williams (2006), section 5.4.2 (leave-one-out); Tukey (1977), chapter 11 (median polish).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studies.verdict.gaussian_process import Process, fit_process
from studies.verdict.lately import lately
from studies.verdict.quantiles import median, quantile, quantiles, upper_medians

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]
LEAST_DROP = 0.4  # response units: a run less far below its prediction did not collapse
SCALES = 3.5  # as above
FLOOR_QUANTILE, FLOOR_DEPTH = 0.9, 2.5  # of responses in the process: how deep a run lies no longer matters there
FEWEST_RUNS = 12  # below, a prediction from the others says too little
SMALLEST = 1e-12
ROUNDS = 6
NEIGHBOURS, LOW_NEIGHBOURS = 5, 3
FEWEST_REPLICATES, CLIFF_SHARE = 3, 0.75  # further runs at one point from which on they alone say what is usual there
UPPER = 0.8413447  # one deviation above the median of normal values
UPPER_TAIL, UPPER_TAIL_DEVIATIONS, QUARTILE_DEVIATIONS = 0.95, 1.6449, 0.6745  # normal quantiles
WITHIN_ONE = 0.6826895  # share of normal values within one deviation
MOST_GROWTH = 12.0  # of the noise, away from the top
FIT_ROWS, PIECE_ROWS = 256, 600  # rows that settle hyperparameters; rows that are predicted from one another at once
PULL, CLOSE = 2.0, 0.05  # deviations to which a run far from its prediction is drawn near; change that ends the rounds
HALF_NORMAL_MEAN = 0.79788  # of the absolute value of a standard normal
REMEMBERED = 16  # masks, a byte a run: a sweep's map alone, and its map with the zoom, are asked for at every look


@lately(REMEMBERED)
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
        floor = quantile(y, FLOOR_QUANTILE) - FLOOR_DEPTH
        place = np.unique(np.round(x, 9), axis=0, return_inverse=True)[1].ravel().astype(np.int64)
        return cls(x, np.maximum(y, floor), blocks, floor, place)

    def found(self) -> BoolArray:
        """Mask of the collapsed runs."""
        pulled, process, low = self.y, None, np.zeros(len(self.y), dtype=np.bool_)
        for step in range(ROUNDS):
            process = self._fit(pulled, process, settled=step % 2 == 1)
            residual, deviation = process.leave_one_out()
            predicted = pulled - residual
            r, scale = self._sizes(predicted)
            cliff = self._cliff(np.flatnonzero(r < -PULL * scale), predicted, process)
            wider = deviation / max(process.noise, SMALLEST)  # where few runs are near, a prediction says less
            low = (r < -np.maximum(SCALES * scale * np.maximum(wider, 1.0), LEAST_DROP)) & ~cliff
            before, reach = pulled, np.where(cliff, np.inf, np.where(low, 0.0, PULL * scale))
            pulled = self.y - r + np.clip(r, -reach, reach)
            if float(np.max(np.abs(pulled - before) / scale)) <= CLOSE:
                break
        return np.asarray(low, dtype=np.bool_)

    def _fit(self, y: FloatArray, before: Process | None, *, settled: bool) -> Process:
        """The process of these responses; `settled`: with the hyperparameters of the one before."""
        if settled or len(y) <= FIT_ROWS:
            return fit_process(self.x, y, blocks=self.blocks, near=before, fixed=settled)
        some = np.random.default_rng(len(y)).permutation(len(y))[:FIT_ROWS]
        near = fit_process(self.x[some], y[some], blocks=self.blocks[some], near=before)
        return fit_process(self.x, y, blocks=self.blocks, near=near, fixed=True)

    def _centred(self, values: FloatArray) -> tuple[FloatArray, float]:
        """Values less the median of the runs above the floor, and those runs' scale above it."""
        above = self.y > self.floor
        kept = values[above] if int(above.sum()) >= FEWEST_RUNS else values
        centre, upper = quantiles(kept, 0.5, UPPER)
        return values - centre, max(upper - centre, SMALLEST)

    def _sizes(self, predicted: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Centred residuals, and the deviation of the noise at each run, which may grow with the drop below the top.

        The latter from the residuals above the median, whose mean is 0.8 deviations for normal noise.
        """
        r, usual = self._centred(self.y - predicted)
        above, drop = (r > 0.0) & (self.y > self.floor), float(predicted.max()) - predicted
        if int(above.sum()) >= FEWEST_RUNS and float(np.ptp(drop[above])) > 0.0:
            slope, level = np.polynomial.polynomial.polyfit(drop[above], r[above], 1)[::-1]
            if slope > 0.0 and level > 0.0:
                grown = np.minimum(1.0 + slope / level * np.maximum(drop, 0.0), MOST_GROWTH)
                return r, np.asarray(level / HALF_NORMAL_MEAN * grown, dtype=np.float64)
        return r, np.full(len(r), usual)

    def _cliff(self, suspects: IntArray, predicted: FloatArray, process: Process) -> BoolArray:
        """Mask of the suspects whose neighbours are low as well, shape (n,)."""
        scaled = self.x / np.exp(process.log_parameters[:2])
        found = np.zeros(len(self.y), dtype=np.bool_)
        for i in suspects:
            alike = self.y < (self.y[i] + predicted[i]) / 2.0
            same = np.flatnonzero(self.place == self.place[i])
            same = same[same != i]
            if len(same) >= FEWEST_REPLICATES:
                found[i] = float(alike[same].mean()) >= CLIFF_SHARE
                continue
            distance = np.sum((scaled - scaled[i]) ** 2, axis=1)
            distance[i] = np.inf
            nearest = np.argsort(distance, kind="stable")[:NEIGHBOURS]
            found[i] = int(alike[nearest].sum()) >= LOW_NEIGHBOURS
        return found


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
    blocks = upper_medians(inner)
    for _ in range(ROUNDS):
        arms = np.array([[_upper_mode(column) for column in (inner - blocks).T]])
        blocks = upper_medians(inner - arms)
    left[np.ix_(rows, columns)] = inner - blocks - np.array([[_upper_mode(column) for column in (inner - blocks).T]])
    return np.asarray(left, dtype=np.float64)


def _upper_mode(values: FloatArray) -> float:
    """Centre of an arm's usual runs: the median of what is left once runs far below its upper part are taken out."""
    values = values[np.isfinite(values)]
    quartile, upper = quantiles(values, 0.75, UPPER_TAIL)
    scale = (upper - quartile) / (UPPER_TAIL_DEVIATIONS - QUARTILE_DEVIATIONS)
    centre = quartile - QUARTILE_DEVIATIONS * scale
    for _ in range(ROUNDS):
        before = centre
        centre = median(values[values >= before - max(SCALES * scale, LEAST_DROP)])
        scale = _upper_scale(values - centre)
        if centre == before:
            break
    return centre


def _upper_scale(residual: FloatArray) -> float:
    """Deviation of centred values by those above zero alone, which collapsed runs do not reach; 0 without any."""
    above = residual[residual >= 0.0]
    return quantile(above, WITHIN_ONE) if len(above) else 0.0


def _arm_scales(residual: FloatArray) -> FloatArray:
    """Scale of each arm from what lies above its centre, at least that of the calmest arms; shape (arms,)."""
    own = np.array([_upper_scale(column[np.isfinite(column)]) for column in residual.T])
    calmest = quantile(own[own > 0.0], 0.25) if (own > 0.0).any() else 0.0
    return np.asarray(np.maximum(own, calmest), dtype=np.float64)
