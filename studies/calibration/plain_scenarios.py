"""Scenarios of kind `plain`: two parameters without a ridge, both on logarithmic scales, or one of them linear.

Tops lie along the axes of the two parameters, so that nothing is gained by fitting across a ridge. Claims are at
(lr 0.001, weight_decay 0.001) within a factor 2, and at (lr 0.001, depth 4) within a factor 2 and two layers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from studies.calibration.landscapes import Basin, Own, Scenario
from studies.language.parameters import Axes, Parameter

RATE = Parameter(name="lr", scale="log", low=1e-5, high=0.1)
DECAY = Parameter(name="weight_decay", scale="log", low=1e-6, high=0.1)
DEPTH = Parameter(name="depth", scale="linear", low=1.0, high=12.0)
LOGARITHMIC = Own(Axes(RATE, DECAY, ridge=False), (1e-3, 1e-3))
LINEAR = Own(Axes(RATE, DEPTH, ridge=False), (1e-3, 4.0), {"depth": 2.0})
SLOPE, CURVATURE = 0.5, 0.5  # along the first and the second parameter, logit per squared unit of the coordinates


def plain_scenarios() -> dict[str, Scenario]:
    """Scenarios by key."""
    return {scenario.key: scenario for scenario in (*_logarithmic(), *_linear())}


def _logarithmic() -> Iterator[Scenario]:
    yield _planted("plain-in", "two logarithmic parameters, at the claim", LOGARITHMIC, 1e-3, 1e-3)
    yield _planted("plain-near", "the same, just outside N", LOGARITHMIC, 2.7e-3, 3.7e-4)
    yield _planted("plain-out", "the same, weight_decay 0.005", LOGARITHMIC, 1e-3, 5e-3)
    yield _planted("plain-flat", "the same, no signal", LOGARITHMIC, 1e-3, 1e-3, curvature=0.0, slope=0.0)
    v, u = LOGARITHMIC.axes.coordinates(1e-2, 1.2e-2)
    second = Basin(float(v), float(u), depth=0.0)
    yield _planted("plain-tie", "the same, a second top as high outside N", LOGARITHMIC, 1e-3, 1e-3, basin=second)


def _linear() -> Iterator[Scenario]:
    yield _planted("linear-in", "one linear parameter, at the claim", LINEAR, 1e-3, 4.0)
    yield _planted("linear-near", "the same, depth 7", LINEAR, 1e-3, 7.0)
    yield _planted("linear-out", "the same, depth 8", LINEAR, 1e-3, 8.0)
    yield _planted("linear-flat", "the same, no signal", LINEAR, 1e-3, 4.0, curvature=0.0, slope=0.0)


def _planted(
    key: str,
    text: str,
    own: Own,
    first: float,
    second: float,
    *,
    curvature: float = CURVATURE,
    slope: float = SLOPE,
    basin: Basin | None = None,
) -> Scenario:
    """A top at these values of the two parameters."""
    v, u = own.axes.coordinates(first, second)
    shape = Scenario(key, text, float(v), float(u), curvature, slope=slope, ridge=0.0, basin=basin)
    return replace(shape, own=own, kind="plain")
