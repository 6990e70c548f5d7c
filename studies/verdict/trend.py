"""Trends: along an axis of contexts, the power with which one loss' optimum grows or falls.

Each context's optimum is that of the drift test: the mean of its posterior draws and their covariance. Contexts are
independent, so that generalised least squares of ln optimum on ln axis is a least-squares line with weights of one over
the variance. Each quantity has its own line: the first parameter, 1 / (1 - value) for a second one on that scale, and
with a ridge the effective rate.

    slope       its deviation follows from the variances, taken as known; 95 % by the normal quantile
    line        lack of fit, chi-squared with k - 2 degrees of freedom: one power describes all values
    constant    `drift.heterogeneity` over the axis' contexts, jointly and along each quantity

Posteriors are not normal where they are cut by the box or bend with the ridge. Those that lean on the box's edge are
left out; of the others mean and covariance stand for the whole. The posterior is wider than its estimates scatter, so
intervals cover more than they state (`calibration.trend_rates`).

Reference: Hedges & Olkin (1985) chapter 8, weighted regression with known variances.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studies.language.axis import AxisPlace
from studies.language.parameters import LEARNING_RATES, Axes
from studies.late_scipy import chi2
from studies.verdict import wording_trend as wording
from studies.verdict.drift import HALF_WIDTH, Optimum, heterogeneity, optimum_of
from studies.verdict.findings import Findings
from studies.verdict.model import UNKNOWN, Interval, ScalingLaw, Trend, TrendLine
from studies.verdict.scaling_laws import laws_of

FloatArray = NDArray[np.float64]
FEWEST = 3  # located optima that a slope takes: with two, no line could fail to fit
EFFECTIVE_RATE = "effective_rate"
MOMENTUM = "heavy_ball"  # the rule of a document that declares the ridge and names none


@dataclass(frozen=True, slots=True)
class Quantity:
    """What is followed along an axis: a direction in the coordinates of the fit, along which it is a logarithm."""

    name: str
    direction: tuple[float, float]
    is_rate: bool  # a learning rate, of which scaling laws speak


@dataclass(frozen=True, slots=True)
class Line:
    """A weighted least-squares line through (x, y): its slope with deviation, its middle, and its lack of fit."""

    slope: float
    deviation: float
    middle: float
    level: float
    lack_of_fit: float  # chi-squared
    p_value: float


def trends(found: Sequence[Findings]) -> tuple[Trend, ...]:
    """Trends of each loss along each axis; empty for a study without an axis.

    Hypotheses: `p_constant`, `p_joint` and `p_line` as above. Assumptions: as of `drift.drift`. Error rate: each test
    and each interval at its own 5 %.
    """
    groups: dict[tuple[str, str], list[tuple[AxisPlace, Findings]]] = {}
    for findings in found:
        place = findings.evidence.axis
        if place is not None:
            groups.setdefault((findings.evidence.loss, place.axis), []).append((place, findings))
    return tuple(_trend(loss, sorted(group, key=lambda each: each[0].value)) for (loss, _), group in groups.items())


def line_of(x: FloatArray, y: FloatArray, variances: FloatArray) -> Line:
    """The least-squares line through three or more points (x, y), each weighed by one over its variance.

    H0 of the p-value: the points lie on a line, apart from normal errors of these variances.
    """
    weights = 1.0 / variances
    middle, level = (float(weights @ values / weights.sum()) for values in (x, y))
    spread = float(weights @ (x - middle) ** 2)
    slope = float(weights @ ((x - middle) * (y - level))) / spread
    left = float(weights @ (y - level - slope * (x - middle)) ** 2)
    return Line(slope, 1.0 / math.sqrt(spread), middle, level, left, float(chi2.sf(left, len(x) - 2)))


def quantities(axes: Axes) -> tuple[Quantity, ...]:
    """What can be followed for two parameters: those on a logarithmic scale and, with a ridge, the effective rate."""
    rates = tuple(each.name in LEARNING_RATES for each in axes.both)
    if axes.ridge:
        rate = Quantity(EFFECTIVE_RATE, (1.0, 0.0), is_rate=True)
        first, second = axes.names
        return Quantity(first, (1.0, -1.0), is_rate=True), Quantity(second, (0.0, 1.0), is_rate=False), rate
    pairs = zip(axes.both, ((1.0, 0.0), (0.0, 1.0)), rates, strict=True)
    return tuple(Quantity(each.name, way, is_rate=rate) for each, way, rate in pairs if each.is_logarithmic)


def trend_lines(
    optima: Sequence[Optimum], values: Sequence[float], field: str, rule: str, axes: Axes
) -> tuple[TrendLine, ...]:
    """The line of each quantity through optima at some values of a field; without slopes where they are too few.

    Args:
        optima: one at each value.
        values: of the field, positive.
        field: that the axis runs over.
        rule: the update rule, for the laws about it.
        axes: the two parameters.
    """
    return tuple(_line(quantity, optima, values, field, rule, axes) for quantity in quantities(axes))


def _trend(loss: str, group: Sequence[tuple[AxisPlace, Findings]]) -> Trend:
    located = [(place, o) for place, findings in group if (o := optimum_of(findings)) is not None]
    inside = {optimum.context for _, optimum in located}
    place, axes = group[0][0], group[0][1].evidence.claim.axes
    optima, values = [optimum for _, optimum in located], tuple(at.value for at, _ in located)
    rule = place.rule or (MOMENTUM if axes.ridge else "")
    lines = trend_lines(optima, values, place.field, rule, axes)
    joint = heterogeneity(optima).p_value if len(optima) >= FEWEST else None
    return Trend(
        loss=loss,
        axis=place.axis,
        field=place.field,
        contexts=tuple(optimum.context for optimum in optima),
        values=values,
        left_out=tuple(f.evidence.context for _, f in group if f.evidence.context not in inside),
        p_joint=joint,
        lines=lines,
        sentence=wording.trend_sentence(loss, place.field, values, len(group), lines, joint),
    )


def _line(
    quantity: Quantity, optima: Sequence[Optimum], values: Sequence[float], field: str, rule: str, axes: Axes
) -> TrendLine:
    along = [_along(optimum, quantity) for optimum in optima]
    spans = tuple(_spans(along))
    if len(along) < FEWEST:
        return TrendLine(quantity.name, spans, UNKNOWN, None, None, None, None, (), "")
    y, variances = (np.array(each) for each in zip(*((o.place[0], o.covariance[0, 0]) for o in along), strict=True))
    line = line_of(np.log(np.array(values)), y, variances)
    half = HALF_WIDTH * line.deviation
    slope = Interval(line.slope, line.slope - half, line.slope + half)
    laws = laws_of(field, rule) if quantity.is_rate else ()
    compared = tuple(ScalingLaw(law.name, law.source, law.slope, abs(law.slope - line.slope) <= half) for law in laws)
    return TrendLine(
        quantity=quantity.name,
        optima=spans,
        slope=slope,
        middle=math.exp(line.middle),
        level=math.exp(line.level),
        p_constant=heterogeneity(along, (0,)).p_value,
        p_line=line.p_value,
        laws=compared,
        sentence=wording.line_sentence(wording.symbol(quantity.name, axes), field, slope, line.p_value, compared),
    )


def _along(optimum: Optimum, quantity: Quantity) -> Optimum:
    """The optimum along one quantity, ln units."""
    way = np.array(quantity.direction)
    variance = float(way @ optimum.covariance @ way)
    return Optimum(optimum.context, np.array([float(way @ optimum.place)]), np.array([[variance]]), optimum.axes)


def _spans(along: Sequence[Optimum]) -> Iterator[Interval]:
    for optimum in along:
        middle, half = float(optimum.place[0]), HALF_WIDTH * math.sqrt(float(optimum.covariance[0, 0]))
        yield Interval(*(math.exp(at) for at in (middle, middle - half, middle + half)))
