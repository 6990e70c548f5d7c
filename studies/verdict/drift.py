"""Drift: tests that one loss has the same optimum in all contexts, and the sizes of the differences.

Each context's optimum is the mean of the posterior draws of its argmax, in (s, u) = (ln effective rate, ln memory),
with their covariance plus the grid's rounding. Contexts are independent: each has data splits and seeds of its own.
The posterior is wider than the estimates scatter from study to study, so the tests err on the side of "no drift".

    heterogeneity   Cochran's Q, joint in (s, u), and for s and u alone
    pooled          inverse-variance mean of the optima; a common optimum is assumed
    differences     of every pair, Holm-adjusted, with the ratio of effective rates and of memories

Without a ridge the axes are the two parameters' own: the tests that are named after rate and memory are those of the
first and of the second parameter, and ratios of a linear parameter, which has none, are unknown.

References: Cochran (1954), Biometrics 10; Hedges & Olkin (1985) chapter 6; Holm (1979).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from studies.language.loss_names import phrase
from studies.language.parameters import PAPER, Axes, Parameter
from studies.late_scipy import chi2
from studies.verdict.findings import Findings
from studies.verdict.holm import holm
from studies.verdict.model import LEVEL, QUANTILE, UNKNOWN, Drift, DriftPair, Interval
from studies.verdict.rules import EDGE_MASS

FloatArray = NDArray[np.float64]
HALF_WIDTH = QUANTILE
OUTLINE = 720  # points on an ellipse's outline
FROM_SU = np.array([[1.0, -1.0], [0.0, 1.0]])  # (s, u) to (v, u)


@dataclass(frozen=True, slots=True, eq=False)
class Optimum:
    """A context's optimum in (s, u), ln units: estimate (2,) and covariance (2, 2)."""

    context: str
    place: FloatArray
    covariance: FloatArray
    axes: Axes = PAPER


@dataclass(frozen=True, slots=True, eq=False)
class Heterogeneity:
    """Cochran's Q with its degrees of freedom and p-value, and the pooled place with its covariance."""

    q: float
    df: int
    p_value: float
    place: FloatArray
    covariance: FloatArray


def drift(found: Sequence[Findings]) -> tuple[Drift, ...]:
    """Moves of each loss' optimum over the contexts; empty where no loss has two contexts with a located optimum.

    Hypothesis of each p-value: all contexts share one optimum (joint), one effective rate, one momentum memory.
    Assumptions: independent contexts, posteriors roughly normal with covariances taken as known; a context whose
    posterior leans on the box's edge is left out. Error rate: each test at its own level; pairs by Holm within a loss.
    """
    losses = dict.fromkeys(findings.evidence.loss for findings in found)
    return tuple(answer for loss in losses if (answer := _of_loss(loss, found)) is not None)


def _of_loss(loss: str, found: Sequence[Findings]) -> Drift | None:
    own = [findings for findings in found if findings.evidence.loss == loss]
    optima = [optimum for findings in own if (optimum := optimum_of(findings)) is not None]
    if len(optima) < 2:
        return None
    joint, rate, memory = (heterogeneity(optima, axes) for axes in ((0, 1), (0,), (1,)))
    inside, axes = {optimum.context for optimum in optima}, optima[0].axes
    return Drift(
        loss=loss,
        contexts=tuple(optimum.context for optimum in optima),
        left_out=tuple(f.evidence.context for f in own if f.evidence.context not in inside),
        q=joint.q,
        df=joint.df,
        p_joint=joint.p_value,
        p_effective_rate=rate.p_value,
        p_memory=memory.p_value,
        eta=_pooled(joint, (1.0, -1.0)) if axes.ridge else _valued(joint, 0, axes.first),
        alpha=_momentum(_pooled(joint, (0.0, 1.0))) if axes.ridge else _valued(joint, 1, axes.second),
        effective_rate=_pooled(joint, (1.0, 0.0)) if axes.ridge else UNKNOWN,
        pairs=_pairs(optima),
        sentence=_sentence(loss, optima, joint, rate, memory),
    )


def optimum_of(findings: Findings) -> Optimum | None:
    """The optimum's place by its posterior; None where it is unknown, or may lie beyond the box."""
    location = findings.location
    if location.argmaxes is None or location.region is None or findings.constant:
        return None
    if location.edge_mass is not None and location.edge_mass >= EDGE_MASS:
        return None
    draws = location.axes.to_fit(location.argmaxes)
    steps = [axis[1] - axis[0] for axis in (location.region.v, location.region.u)]
    rounding = np.array([[steps[0] ** 2 + steps[1] ** 2, steps[1] ** 2], [steps[1] ** 2] * 2]) / 12.0
    if not location.axes.ridge:
        rounding = np.diag([step**2 for step in steps]) / 12.0
    covariance = np.cov(draws, rowvar=False) + rounding
    return Optimum(findings.evidence.context, draws.mean(axis=0), covariance, location.axes)


def heterogeneity(optima: Sequence[Optimum], axes: tuple[int, ...] = (0, 1)) -> Heterogeneity:
    """Cochran's Q of two or more optima along some axes of (s, u).

    H0: all optima are equal along these axes. Q = sum (x_i - x)' W_i (x_i - x) with W_i the inverse covariances and x
    their weighted mean is chi-squared with (k - 1) len(axes) degrees of freedom under it, for normal estimates with
    known covariances. Type-I error: the level at which the p-value is read.
    """
    places = np.array([optimum.place[list(axes)] for optimum in optima])
    weights = np.array([np.linalg.inv(optimum.covariance[np.ix_(axes, axes)]) for optimum in optima])
    covariance = np.linalg.inv(weights.sum(axis=0))
    place = covariance @ np.einsum("kij,kj->i", weights, places)
    gaps = places - place
    q = float(np.einsum("ki,kij,kj->", gaps, weights, gaps))
    df = (len(optima) - 1) * len(axes)
    return Heterogeneity(q, df, float(chi2.sf(q, df)), place, covariance)


def distance_interval(difference: FloatArray, covariance: FloatArray, to_vu: FloatArray = FROM_SU) -> Interval:
    """Distance of two optima in (ln eta, -ln(1 - alpha)), with its 95 % interval.

    `to_vu` turns the coordinates of the fit into those; the identity where there is no ridge.

    The interval is the range of lengths over the joint 95 % ellipse of the difference (2,) in (s, u), so it covers at
    least 95 %; it begins at zero exactly where the ellipse holds no difference at all.
    """
    root = np.linalg.cholesky(covariance) * math.sqrt(float(chi2.isf(LEVEL, 2)))
    angles = np.linspace(0.0, 2.0 * math.pi, OUTLINE, endpoint=False)
    outline = difference + np.column_stack([np.cos(angles), np.sin(angles)]) @ root.T
    lengths = np.linalg.norm(outline @ to_vu.T, axis=1)
    holds_none = float(difference @ np.linalg.solve(covariance, difference)) <= float(chi2.isf(LEVEL, 2))
    return Interval(
        float(np.linalg.norm(to_vu @ difference)), 0.0 if holds_none else float(lengths.min()), float(lengths.max())
    )


def _pairs(optima: Sequence[Optimum]) -> tuple[DriftPair, ...]:
    pairs = list(combinations(optima, 2))
    p_values = [heterogeneity(pair).p_value for pair in pairs]
    return tuple(_pair(*pair, p, q) for pair, p, q in zip(pairs, p_values, holm(p_values), strict=True))


def _pair(first: Optimum, second: Optimum, p_value: float, adjusted: float | None) -> DriftPair:
    difference, covariance = second.place - first.place, first.covariance + second.covariance
    halves = HALF_WIDTH * np.sqrt(np.diag(covariance))
    ratios = [
        Interval(*(math.exp(x) for x in (d, d - half, d + half))) if parameter.is_logarithmic else UNKNOWN
        for d, half, parameter in zip(difference, halves, first.axes.both, strict=True)
    ]
    return DriftPair(
        first=first.context,
        second=second.context,
        rate_ratio=ratios[0],
        memory_ratio=ratios[1],
        distance=distance_interval(difference, covariance, FROM_SU if first.axes.ridge else np.eye(2)),
        p_value=p_value,
        p_adjusted=adjusted if adjusted is not None else p_value,
    )


def _pooled(joint: Heterogeneity, direction: tuple[float, float]) -> Interval:
    """Exponential of the pooled place along a direction, with its 95 % interval."""
    weights = np.array(direction)
    middle = float(joint.place @ weights)
    half = HALF_WIDTH * math.sqrt(float(weights @ joint.covariance @ weights))
    return Interval(math.exp(middle), math.exp(middle - half), math.exp(middle + half))


def _valued(joint: Heterogeneity, axis: int, parameter: Parameter) -> Interval:
    """The pooled place along one parameter, in its own unit, with its 95 % interval."""
    middle, half = float(joint.place[axis]), HALF_WIDTH * math.sqrt(float(joint.covariance[axis, axis]))
    return Interval(*parameter.value([middle, middle - half, middle + half]).tolist())


def _momentum(memory: Interval) -> Interval:
    """alpha = 1 - 1 / memory, from a memory in steps; never below zero."""
    assert memory.estimate is not None and memory.low is not None and memory.high is not None
    return Interval(*(max(0.0, 1.0 - 1.0 / x) for x in (memory.estimate, memory.low, memory.high)))


def _sentence(
    loss: str, optima: Sequence[Optimum], joint: Heterogeneity, rate: Heterogeneity, memory: Heterogeneity
) -> str:
    count = f"{len(optima)} contexts"
    if joint.p_value > LEVEL:
        return (
            f"For {phrase(loss)}, the optima of {count} are compatible with one common point "
            f"(Q = {joint.q:.3g} on {joint.df} degrees of freedom, p = {joint.p_value:.2g}); "
            "that they are equal is not shown."
        )
    axes = optima[0].axes
    first, second = ("effective rate", "momentum" if axes.is_paper else axes.names[1]) if axes.ridge else axes.names
    named = [name for name, test in ((first, rate), (second, memory)) if test.p_value <= LEVEL]
    what = (
        f" The {' and the '.join(named)} differ." if len(named) == 2 else f" The {named[0]} differs." if named else ""
    )
    return (
        f"For {phrase(loss)}, the optimum moves between {count} (Q = {joint.q:.3g} on {joint.df} degrees of freedom, "
        f"p = {joint.p_value:.2g}): it is no constant.{what}{_span(optima)}"
    )


def _span(optima: Sequence[Optimum]) -> str:
    """How far the optima lie apart across the ridge, as a sentence; "" without one."""
    if not optima[0].axes.ridge:
        return ""
    rates = [math.exp(float(optimum.place[0])) for optimum in optima]
    return f" Effective rates span a factor of {max(rates) / min(rates):.2g}."
