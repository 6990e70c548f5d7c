"""Power before paying: how likely a locate design is to decide, by simulating it on a landscape that is assumed.

Hypothetical truths: the optimum at the claim's point (a right verdict says supported), four times the memory along the
ridge, and 4.5 times the effective rate (refuted); without a ridge, three tolerances away in either parameter. The
surface is `landscapes`' LINEX ridge with the assumed noise and curvatures. No error rate is controlled: these are
estimates with exact binomial intervals (Clopper & Pearson 1934), and as good as the assumptions. Units: logit of
accuracy, ln units of eta and of memory.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from studies.calibration.chances import MARGIN, Assumptions, Chance, Power
from studies.calibration.judging import verdict_on
from studies.calibration.landscapes import Own, Scenario
from studies.calibration.shares import share
from studies.calibration.simulation import simulate
from studies.language.claim import Claim
from studies.language.design import LocateDesign
from studies.language.objective_names import SHARES
from studies.language.parameters import PAPER
from studies.language.spec import StudySpec
from studies.verdict.findings import gather
from studies.verdict.model import Outcome, SweepVerdict
from studies.verdict.neighbourhood import centre, in_box, limits

ALONG, ACROSS = math.log(4.0), math.log(4.5)  # how far off the hypothetical optima lie
MOST_POINTS = 512  # of map and zoom together: beyond, one simulated study takes too long
FEWEST_NODES = 12  # of a pilot's map in its region, below which no curvature is read off
NEAR_TOP = 2.0  # deviations of a run; the curvature across then comes out within a quarter in A, B, C and E
LEAST_CURVATURE = 1e-3


def power(
    spec: StudySpec,
    assumptions: Assumptions,
    *,
    studies: int,
    seed: int,
    margin: float = 0.0,
    stop: Callable[[], bool] = lambda: False,
) -> Power | None:
    """Simulate a study under each hypothetical truth; None where it locates nothing or is too large to simulate.

    Args:
        spec: the study, of one loss in one planted context.
        assumptions: noise and curvatures.
        studies: simulated studies per truth, at most.
        seed: same seed, same numbers, unless stopped.
        margin: a truth is simulated no further once the interval of its share reaches no farther to either side.
        stop: asked before each study; ends the simulation early, with a smaller n.
    """
    design = spec.design
    if not isinstance(design, LocateDesign) or design.map_points + design.zoom_points > MOST_POINTS:
        return None
    truths = _truths(spec, assumptions)
    right, tried = [0] * len(truths), [0] * len(truths)
    for i in range(studies):
        for j, (_, outcome, scenario) in enumerate(truths):
            if share(right[j], tried[j]).is_within(margin):
                continue
            if stop():
                break
            right[j] += _verdict(spec, scenario, np.random.default_rng([seed, j, i])) is outcome
            tried[j] += 1
    found = zip(truths, right, tried, strict=True)
    chances = tuple(Chance(text, outcome, share(k, n)) for (text, outcome, _), k, n in found)
    return Power(assumptions, chances, settled=all(chance.share.is_within(MARGIN) for chance in chances))


def assumptions_from(sweep: SweepVerdict) -> Assumptions | None:
    """Noise and curvatures of an earlier study's sweep: its sigma, and a quadratic through its map inside the region.

    None where the sweep has no surface, no noise estimate, or no top. The quadratic is least squares over the fitted
    response where it lies within NEAR_TOP deviations of a run below its top, so it speaks of that optimum alone:
    farther off a landscape is no quadratic, and a wider part of it looks flatter.
    """
    region = sweep.region
    if sweep.parameters and sweep.effective_rate.estimate is None:  # no ridge along which to take the curvatures
        return None
    if region is None or sweep.sigma is None or sweep.sigma <= 0.0 or sweep.objective not in SHARES:
        return None
    p, z = np.array(region.p, dtype=np.float64), np.array(region.mean, dtype=np.float64)
    v, u = np.meshgrid(region.v, region.u)
    at = np.isfinite(p) & np.isfinite(z)
    if int(at.sum()) < FEWEST_NODES:
        return None
    at &= z >= min(z[at].max() - NEAR_TOP * sweep.sigma, np.sort(z[at])[-FEWEST_NODES])
    s, t = (v + u)[at], u[at]
    s, t = s - s.mean(), t - t.mean()
    design = np.column_stack([np.ones(len(s)), s, t, s * s, s * t, t * t])
    beta = np.linalg.lstsq(design, z[at], rcond=None)[0]
    across, along = -2.0 * float(beta[3]), max(-2.0 * float(beta[5]), LEAST_CURVATURE)
    return None if across < LEAST_CURVATURE else Assumptions(sweep.sigma, across, along, sweep.sweep)


def by_accuracy(claim: Claim) -> Claim:
    """The claim as a simulation judges it: planted runs have an accuracy, whatever a trainer would report."""
    if claim.measure is None:
        return claim
    return claim.model_copy(update={"objective": "accuracy"}).bound(claim.axes, None)


def _truths(spec: StudySpec, assumed: Assumptions) -> list[tuple[str, Outcome, Scenario]]:
    v, u = (float(axis) for axis in centre(spec.claim))
    if not spec.axes.ridge:
        return _plain_truths(spec, assumed, v, u)
    side = 1.0 if in_box(spec.space, np.array([[v - ALONG, u + ALONG]]))[0] else -1.0
    up = 1.0 if in_box(spec.space, np.array([[v + ACROSS, u]]))[0] else -1.0

    def at(text: str, right: Outcome, dv: float, du: float) -> tuple[str, Outcome, Scenario]:
        scenario = Scenario("power", text, v + dv, u + du, assumed.along, slope=assumed.across, sigma=assumed.sigma)
        return text, right, replace(scenario, own=_own(spec))

    memory, rate = ("4 x the claim's" if side > 0 else "1/4 of the claim's"), ("4.5 x" if up > 0 else "1/4.5 of")
    return [
        at("at the claim's point", Outcome.SUPPORTED, 0.0, 0.0),
        at(f"on the same ridge, memory {memory}", Outcome.REFUTED, -side * ALONG, side * ALONG),
        at(f"at an effective rate {rate} the claim's", Outcome.REFUTED, up * ACROSS, 0.0),
    ]


def _plain_truths(spec: StudySpec, assumed: Assumptions, v: float, u: float) -> list[tuple[str, Outcome, Scenario]]:
    """The claim's point, and a move of each parameter alone by three of the claim's half-widths, into the box."""
    box, widths = limits(spec.space), spec.claim.half_widths
    moves = [
        3.0 * width if at + 3.0 * width <= high else -3.0 * width
        for at, width, (_, high) in zip((v, u), widths, box, strict=True)
    ]
    planted = Scenario(
        "power", "", v, u, assumed.along, slope=assumed.across, sigma=assumed.sigma, ridge=0.0, own=_own(spec)
    )
    first, second = spec.axes.names
    return [
        ("at the claim's point", Outcome.SUPPORTED, planted),
        (f"3 tolerances away in {first}", Outcome.REFUTED, replace(planted, v=v + moves[0])),
        (f"3 tolerances away in {second}", Outcome.REFUTED, replace(planted, u=u + moves[1])),
    ]


def _own(spec: StudySpec) -> Own | None:
    """The study's own parameters; None for the paper's pair."""
    claim = spec.claim
    return None if spec.axes == PAPER else Own(spec.axes, (claim.first, claim.second), claim.tolerance)


def _verdict(spec: StudySpec, scenario: Scenario, rng: np.random.Generator) -> Outcome:
    return verdict_on(gather(replace(simulate(scenario, rng, spec), objective="accuracy")))[0]
