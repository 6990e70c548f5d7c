"""Scenarios of kind `shape`: surfaces on which no polynomial is right, or no design of this size sees the top."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from studies.calibration.highest import Place
from studies.calibration.landscapes import GOLDEN_U, GOLDEN_V, SCENARIOS, Scenario
from studies.calibration.shapes import Cusp, Plateau, Shape, Spike, TwoTops, on_a_hill

WIDTHS = (0.1, 0.2, 0.35, 0.5, 0.7)  # of narrow tops, ln units
_HERE, _NEAR = (GOLDEN_V, GOLDEN_U), (GOLDEN_V + 0.9, GOLDEN_U - 0.9)  # the claim; just outside its neighbourhood
_A, _F = SCENARIOS["A"], SCENARIOS["F"]
_FAR = (_F.v, _F.u)
_SPIKE = (GOLDEN_V + 1.0, GOLDEN_U - 1.4)


def shape_scenarios() -> dict[str, Scenario]:
    """Scenarios by key."""
    found = [*_kinks(), *_two_tops(), *_narrow(), *_ridges(), *_beyond()]
    return {scenario.key: replace(scenario, kind="shape") for scenario in found}


def _shaped(key: str, text: str, shape: Shape) -> Scenario:
    """A scenario with heights of its own; its planted place is the shape's first top."""
    v, u = shape.tops[0]
    return Scenario(key, text, v, u, curvature=0.2, shape=shape)


def _kinks() -> Iterator[Scenario]:
    for place, where, name in ((_HERE, "golden", "in"), (_NEAR, "just outside N", "out"), (_FAR, "alpha 0.97", "far")):
        yield _shaped(f"plateau-{name}", f"{where}, plateau with a cliff", Plateau(*place))
    for place, where, name in ((_HERE, "golden", "in"), (_NEAR, "just outside N", "out")):
        yield _shaped(f"cusp-{name}", f"{where}, cusp", Cusp(*place))


def _two_tops() -> Iterator[Scenario]:
    low = 0.6  # u of a top at alpha 0.45
    yield _shaped("tie", "two equal tops, golden and alpha 0.97", TwoTops(*_HERE, second=_F.u))
    yield _shaped("tie-out", "two equal tops, alpha 0.97 and 0.45", TwoTops(*_FAR, second=low))
    yield _shaped("lower-in", "golden, second top 0.15 lower at alpha 0.97", TwoTops(*_HERE, second=_F.u, lower=0.15))
    yield _shaped(
        "lower-out", "alpha 0.97, second top 0.15 lower at golden", TwoTops(*_FAR, second=GOLDEN_U, lower=0.15)
    )


def _narrow() -> Iterator[Scenario]:
    for width in WIDTHS:
        yield _shaped(
            f"spike-{width:g}", f"outside N, top {width:g} wide on a hill at golden", _spike(_SPIKE, width, _HERE)
        )
    yield _shaped("spike-in", "golden, top 0.35 wide on a hill at alpha 0.97", _spike(_HERE, 0.35, _FAR))


def _spike(place: Place, width: float, hill: Place) -> Spike:
    return on_a_hill(Spike(*place, width=width, hill_v=hill[0], hill_u=hill[1]))


def _ridges() -> Iterator[Scenario]:
    yield replace(_A, key="bend-in", text="golden, ridge bent by 0.5", bend=0.5)
    yield replace(_F, key="bend-out", text="alpha 0.97, ridge bent by 0.5", bend=0.5)
    yield replace(_A, key="slope04-in", text="golden, ridge of slope -0.4", ridge=0.4)
    yield replace(_F, key="slope04-out", text="alpha 0.97, ridge of slope -0.4", ridge=0.4)
    yield replace(_F, key="slope2-out", text="alpha 0.97, ridge of slope -2", ridge=2.0)


def _beyond() -> Iterator[Scenario]:
    yield Scenario("beyond-eta", "optimum beyond the box, eta = 2", math.log(2.0), GOLDEN_U, 0.2)
    memory = -math.log(1.0 - 0.995)
    yield Scenario("beyond-alpha", "optimum beyond the box, alpha = 0.995", GOLDEN_V + GOLDEN_U - memory, memory, 0.2)
