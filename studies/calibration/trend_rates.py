"""Calibration of trends: planted powers along an axis of batch sizes, and how often their intervals hold them.

Two levels. Whole studies: five contexts, each a sweep of scenario A from the map to the fresh pairs, their optima moved
by the planted powers. Estimates: the errors and covariances that the procedure has on many sweeps of A, dealt to
contexts whose true optima follow the planted powers; so thousands of studies cost what some tens of sweeps do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from studies.calibration.landscapes import SCENARIOS
from studies.calibration.parallel import in_processes
from studies.calibration.simulation import PLANTED, SHIPPED, reseeded, simulate, sweep_looks
from studies.language.axis import place_on_axis
from studies.language.external import AnyContext
from studies.language.spec import StudySpec
from studies.verdict.drift import Optimum, optimum_of
from studies.verdict.findings import Findings, gather
from studies.verdict.model import LEVEL, TrendLine
from studies.verdict.trend import EFFECTIVE_RATE, trend_lines, trends

FIELD, VALUES = "batch_size", (16, 32, 64, 128, 256)
STILL = SCENARIOS["A"]


@dataclass(frozen=True, slots=True)
class Powers:
    """The planted powers of an axis: of the effective rate eta / (1 - alpha) and of the memory 1 / (1 - alpha)."""

    rate: float
    memory: float

    def of(self, quantity: str) -> float:
        """The power of a quantity of a trend."""
        return {EFFECTIVE_RATE: self.rate, "alpha": self.memory, "eta": self.rate - self.memory}[quantity]

    def at(self, value: float) -> tuple[float, float]:
        """The move of (s, u) at a value of the axis, from its middle one."""
        away = math.log(value / VALUES[len(VALUES) // 2])
        return self.rate * away, self.memory * away


@dataclass(frozen=True, slots=True)
class TrendRow:
    """Counts over the planted studies with a slope, for one quantity."""

    quantity: str
    power: float  # planted
    studies: int
    held: int  # 95 % intervals that hold the planted power
    constant: int  # rejections of "the same at all values"
    bent: int  # rejections of "one power", which is the truth
    mean: float  # of the estimates
    half_width: float  # mean half width of the intervals


def estimates(count: int, seed: int, *, spec: StudySpec = SHIPPED, processes: int | None = None) -> list[Optimum]:
    """Optima of simulated sweeps of scenario A less the true one: errors in (s, u) with their covariances.

    Those that are not located off the box's edge are left out; deterministic by `seed`.
    """
    found = in_processes(_estimate, [(spec, [seed, i]) for i in range(count)], processes)
    return [optimum for optimum in found if optimum is not None]


def trend_rates(powers: Powers, studies: int, seed: int, errors: Sequence[Optimum]) -> tuple[TrendRow, ...]:
    """Rates over planted studies at the level of estimates; deterministic by `seed`.

    Args:
        powers: planted.
        studies: how many.
        seed: of the dealing of errors.
        errors: what `estimates` gives; each study is dealt its own, with replacement.
    """
    rng = np.random.default_rng(seed)
    lines = [_planted(powers, [errors[i] for i in rng.integers(len(errors), size=len(VALUES))]) for _ in range(studies)]
    return _rows(powers, lines)


def whole_rates(
    powers: Powers, studies: int, seed: int, *, spec: StudySpec = SHIPPED, processes: int | None = None
) -> tuple[TrendRow, ...]:
    """Rates over whole simulated studies; deterministic by `seed`. Studies without a slope are not counted.

    Args:
        powers: planted.
        studies: how many.
        seed: of all draws.
        spec: the study, but for its contexts; default: as shipped.
        processes: as of `verdict_rates.calibrate`.
    """
    found = list(in_processes(_whole, [(powers, spec, [seed, i]) for i in range(studies)], processes))
    return _rows(powers, [lines for lines in found if all(line.slope.estimate is not None for line in lines)])


def _estimate(spec: StudySpec, seeds: list[int]) -> Optimum | None:
    found = optimum_of(gather(simulate(STILL, np.random.default_rng(seeds), spec)))
    return None if found is None else replace(found, place=found.place - np.array([STILL.v + STILL.u, STILL.u]))


def _planted(powers: Powers, errors: Sequence[Optimum]) -> tuple[TrendLine, ...]:
    optima = [
        replace(error, place=error.place + np.array(powers.at(value)), context=f"{FIELD}-{value}")
        for error, value in zip(errors, VALUES, strict=True)
    ]
    return trend_lines(optima, VALUES, FIELD, "heavy_ball", errors[0].axes)


def _whole(powers: Powers, spec: StudySpec, seeds: list[int]) -> tuple[TrendLine, ...]:
    axis = {FIELD: [*VALUES]}
    contexts = [PLANTED.model_copy(update={"name": f"b-{b}", FIELD: b, "axis": axis}) for b in VALUES]
    study = reseeded(spec.model_copy(update={"contexts": contexts}), np.random.default_rng(seeds))
    (found,) = trends([_context(context, powers, study, [*seeds, i]) for i, context in enumerate(contexts)])
    return found.lines


def _context(context: AnyContext, powers: Powers, spec: StudySpec, seeds: list[int]) -> Findings:
    place = place_on_axis(spec.contexts, context.name)
    assert place is not None
    s, u = powers.at(place.value)
    truth = replace(STILL, v=STILL.v + s - u, u=STILL.u + u)
    return gather(next(sweep_looks(truth, np.random.default_rng(seeds), spec, context)))


def _rows(powers: Powers, studies: Sequence[tuple[TrendLine, ...]]) -> tuple[TrendRow, ...]:
    return tuple(_row(powers.of(lines[0].quantity), lines) for lines in zip(*studies, strict=True))


def _row(power: float, lines: Sequence[TrendLine]) -> TrendRow:
    slopes = [(line.slope.low, line.slope.estimate, line.slope.high) for line in lines]
    low, middle, high = np.array(slopes, dtype=np.float64).T
    return TrendRow(
        quantity=lines[0].quantity,
        power=power,
        studies=len(lines),
        held=int(((low <= power) & (power <= high)).sum()),
        constant=sum(line.p_constant is not None and line.p_constant <= LEVEL for line in lines),
        bent=sum(line.p_line is not None and line.p_line <= LEVEL for line in lines),
        mean=float(middle.mean()),
        half_width=float((high - low).mean() / 2.0),
    )
