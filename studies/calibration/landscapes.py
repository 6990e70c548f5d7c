"""Planted landscapes: response surfaces whose optimum is known, for calibrating the procedure.

    z(v, u) = -(b / k^2) (e^(k x) - k x - 1) - C (u - u0)^2 / 2,   x = (v - v0) + r (u - u0),   never below -3

LINEX in x, steeper on the hot side (Varian 1975), along a ridge of slope -r: r = 1 is the ridge of constant effective
rate, r = 2 the golden curve. One run's noise has deviation sigma (1 + g min(-z, 3)); sigma = 0.12, g = 1 unless said.
Units: v, u in ln units; z in logit of accuracy; C in logit per squared ln unit.

This module has the scenario record and the landscapes that were published first (A to V); `scenarios` has all kinds.

Both halves of support can be false: "the optimum lies in N" where it lies outside (D to G, I, L, N, O, Q, S, U), and
"the claim loses less than the margin" where it lies inside on a peak so sharp that the claim loses more (V).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from studies import golden
from studies.calibration.collapse import Collapse
from studies.calibration.highest import Place
from studies.calibration.shapes import Shape
from studies.coordinates import to_vu
from studies.language.claim import FOLKLORE, Claim
from studies.language.parameters import PAPER, Axes

FloatArray = NDArray[np.float64]
STEEPNESS = 0.35  # b
NOISE = 0.12  # deviation of one run at the optimum, logit
FLOOR = -3.0
GOLDEN_V, GOLDEN_U = math.log(golden.ETA), -math.log1p(-golden.ALPHA)
IMAGES = 10_000_000  # test images per run, so that the planted noise is seen and not the binomial


@dataclass(frozen=True, slots=True)
class Basin:
    """A second, lower top: where it is, how far it lies below the first (logit) and how wide it is (ln units)."""

    v: float
    u: float
    depth: float
    width: float = 0.7


@dataclass(frozen=True, slots=True)
class Own:
    """Two parameters of a scenario's own, and the claim that its studies make of them."""

    axes: Axes
    claimed: tuple[float, float]
    tolerance: Mapping[str, float] | None = field(default=None, hash=False)  # of linear parameters

    def claim(self, terms: Claim) -> Claim:
        """The claim on these parameters, by the terms of another one."""
        place = {"eta": None, "alpha": None, "at": self.axes.named(*self.claimed), "curve": "none"}
        tolerance = None if self.tolerance is None else dict(self.tolerance)
        return terms.model_copy(update={**place, "tolerance": tolerance}).bound(self.axes, None)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A planted landscape: its optimum in (v, u) and its shape."""

    key: str
    text: str
    v: float
    u: float
    curvature: float  # C
    sharpness: float = 0.8  # k
    bad_runs: float = 0.0  # share of runs that end 6 sigma lower
    slope: float = STEEPNESS  # b
    ridge: float = 1.0  # r
    growth: float = 1.0  # g
    sigma: float = NOISE  # deviation of one run at the optimum, logit
    diverges: float = math.inf  # runs with x beyond this diverge, ln units
    basin: Basin | None = None
    bend: float = 0.0  # of the ridge: adds bend (u - u0)^2 / 2 to x
    shape: Shape | None = None  # heights of its own, in place of the formula above
    collapse: Collapse | None = None
    untrained: float = -math.inf  # runs with ln(effective rate) below this stay at chance, too slow
    images: int = IMAGES  # test images of a run
    tails: float | None = None  # degrees of freedom of Student's t; None: normal noise
    located_effect: float = 0.0  # deviation of the effects of map and zoom blocks, logit
    paired_effect: float = 0.0  # deviation of the paired blocks' effects beside their share of the noise, logit
    own: Own | None = None  # parameters of its own, with v and u their coordinates; None: the paper's pair
    kind: str = "published"
    twin: str = ""  # scenario of equal surface and noise without what is planted on top; both draw the same numbers

    @property
    def stream(self) -> int:
        """Seed of the scenario's random numbers, equal for twins."""
        key = self.twin or self.key
        return ord(key[0]) if len(key) == 1 or key[1] in "+-" else crc32(key.encode())

    @property
    def axes(self) -> Axes:
        """The parameters whose coordinates v and u are."""
        return PAPER if self.own is None else self.own.axes

    @property
    def tops(self) -> tuple[Place, ...]:
        """Planted places of the highest tops in (v, u); none where there is no signal."""
        if self.shape is not None:
            return self.shape.tops
        if self.slope <= 0.0:
            return ()
        tie = self.basin is not None and self.basin.depth <= 0.0
        return ((self.v, self.u), (self.basin.v, self.basin.u)) if tie and self.basin else ((self.v, self.u),)

    def study(self, seed: int, number: int) -> Scenario:
        """The landscape of one simulated study: always this one (`random_landscapes` has one for each study)."""
        return self

    def across(self, v: FloatArray, u: FloatArray) -> FloatArray:
        """Signed distance x from the ridge, ln units of eta."""
        along = u - self.u
        return np.asarray((v - self.v) + self.ridge * along + 0.5 * self.bend * along**2, dtype=np.float64)

    def height(self, v: FloatArray, u: FloatArray) -> FloatArray:
        """Expected response minus the optimum's, logit, within [-3, 0]."""
        if self.shape is not None:
            return np.asarray(np.maximum(self.shape.height(v, u), FLOOR), dtype=np.float64)
        x, k = self.across(v, u), self.sharpness
        fall = self.slope / k**2 * (np.exp(np.minimum(k * x, 50.0)) - k * x - 1.0)
        z = -fall - 0.5 * self.curvature * (u - self.u) ** 2
        if self.basin is not None:
            gap = ((v - self.basin.v) ** 2 + (u - self.basin.u) ** 2) / (2.0 * self.basin.width**2)
            z = np.maximum(z, -self.basin.depth - 0.35 * gap)
        return np.asarray(np.maximum(z, FLOOR), dtype=np.float64)

    def noise(self, height: FloatArray) -> FloatArray:
        """Deviation of one run where the expected response is `height`, logit."""
        return np.asarray(self.sigma * (1.0 + self.growth * np.minimum(-height, 3.0)), dtype=np.float64)

    def diverged(self, v: FloatArray, u: FloatArray) -> NDArray[np.bool_]:
        """The runs that diverge, as a mask."""
        return np.asarray(self.across(v, u) > self.diverges, dtype=np.bool_)


def _at(key: str, text: str, eta: float, alpha: float, curvature: float) -> Scenario:
    v, u = to_vu(eta, alpha)
    return Scenario(key, text, float(v), float(u), curvature)


_A = Scenario("A", "golden, curved ridge", GOLDEN_V, GOLDEN_U, 0.2)
_D = Scenario("D", "just outside N", GOLDEN_V + 1.0, GOLDEN_U - 1.0, 0.2)
_F = _at("F", "alpha 0.97, same ridge", golden.ridge_mate(0.97), 0.97, 0.2)

SCENARIOS: dict[str, Scenario] = {
    scenario.key: scenario
    for scenario in (
        _A,
        Scenario("B", "golden, flat ridge", GOLDEN_V, GOLDEN_U, 0.005),
        _at("C", "at (0.01, 0.9)", *FOLKLORE, 0.2),
        _D,
        Scenario("E", "effective rate x 4.5", GOLDEN_V + math.log(4.5), GOLDEN_U, 0.2),
        _F,
        _at("G", "near-flat ridge, optimum at alpha 0", golden.ridge_mate(0.0), 0.0, 0.02),
        replace(_A, key="H", text="golden, cliff", sharpness=2.5),
        replace(_D, key="I", text="cliff, outside N", sharpness=2.5),
        Scenario("J", "no signal", GOLDEN_V, GOLDEN_U, 0.0, slope=0.0),
        replace(_A, key="K", text="golden, 5 % bad runs", bad_runs=0.05),
        replace(_D, key="L", text="outside N, 5 % bad runs", bad_runs=0.05),
        replace(_A, key="M", text="golden, ridge along eta = (1 - alpha)^2", ridge=2.0),
        replace(_F, key="N", text="alpha 0.97, ridge of slope -1/2", ridge=0.5),
        Scenario("O", "optimum on the box's edge, eta = 1", 0.0, GOLDEN_U, 0.2),
        replace(_A, key="P", text="golden, lower second top", basin=Basin(-1.5, 0.4, 0.3)),
        replace(_F, key="Q", text="alpha 0.97, lower second top at golden", basin=Basin(GOLDEN_V, GOLDEN_U, 0.25)),
        replace(_A, key="R", text="golden, noise grows fourfold", growth=4.0),
        replace(_D, key="S", text="just outside N, noise grows fourfold", growth=4.0),
        replace(_A, key="T", text="golden, divergence above 3 x the best rate", diverges=math.log(3.0)),
        replace(_D, key="U", text="just outside N, the same divergence", diverges=math.log(3.0)),
        Scenario("V", "sharp peak in N, the claim loses 1.5 margins", GOLDEN_V + 0.35, GOLDEN_U - 0.35, 3.4, slope=1.0),
    )
}


def displaced(distance: float) -> Scenario:
    """Scenario A with its optimum moved by `distance` ln units along the ridge, towards larger alpha where positive.

    The border of N is met at ln 2 = 0.69: nearer ones should be supported, farther ones refuted.
    """
    text = f"golden, {distance:+g} along the ridge"
    return replace(_A, key=f"A{distance:+g}", text=text, v=GOLDEN_V - distance, u=GOLDEN_U + distance)
