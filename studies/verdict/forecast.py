"""Forecast of a decision: the answer to expect if more of the same data came, and how much of it that takes.

A plug-in forecast: it takes the fitted surface, the measured noise and the mean paired differences for the truth and
asks what the tests would say with `factor` times the data: the surface's covariance divided by the factor, paired t
statistics times its square root, posterior draws drawn together likewise. Held at the level that the look then has.
No error rate is controlled; the tests that decide are run again on the new data.

First the looks that are left to the study are tried, each with twice the data of the one before. Where none decides, a
larger new study at the first look's level. Units: as in `findings`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from studies.language.phases import PAIRED_PHASES, Phase
from studies.language.sizes import data_factor
from studies.verdict.findings import PLACE_FACTOR, REGRET_FACTOR, Findings
from studies.verdict.looks import look_level, looks_left
from studies.verdict.model import Needed, Outcome, SweepVerdict
from studies.verdict.neighbourhood import SLACK, beyond, inside, on_edge
from studies.verdict.region import (
    coefficient_draws,
    largest_ratios,
    location_p_values,
    resolution,
    resolved_p_values,
)
from studies.verdict.rules import CURABLE, EDGE_MASS, REFUTE_INSIDE, SUPPORT_INSIDE, Decision
from studies.verdict.surface import Surface
from studies.verdict.tails import t_point, t_tail

FloatArray = NDArray[np.float64]
Expect = Callable[[float, float], Outcome]
NEW_STUDY = (2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0)  # sizes of a new study that are tried, in present data
FLAT = "the response is too flat to tell a best place"
BY_FORECAST = ("flat", "as_good")  # reasons for which more data help only where the forecast says so
HARDEST = 6  # points of each side of N's border that are asked: those that the present data exclude least


@dataclass(frozen=True, slots=True)
class _Amount:
    """One amount of data to forecast for: times the present data, at a level."""

    factor: float
    level: float


def needed(findings: Findings, decision: Decision) -> Needed | None:
    """Further data that would decide a sweep that is inconclusive for want of data, under analysis 4.

    None where a verdict was reached, or where more of the same is not what is missing.
    """
    if decision.outcome is not Outcome.INCONCLUSIVE or decision.codes[0] not in CURABLE or findings.constant:
        return None
    return first_deciding(findings, partial(expected, findings), partial(hopeless, findings, FLAT))


def first_deciding(findings: Findings, expect: Expect, why: Callable[[], str]) -> Needed:
    """The least data, of the looks left and then of a new study, for which a decision is to be expected.

    Args:
        findings: of the sweep.
        expect: the answer with `factor` times the data, tests held at `level`.
        why: the reason why none may decide, as a clause.
    """
    evidence = findings.evidence
    extendable = Phase.MAP in evidence.phases_done
    left = looks_left(evidence.claim, evidence.looks) if extendable else 0
    later = [evidence.looks + step for step in range(1, left + 1)]
    steps = [
        _Amount(data_factor(look) / data_factor(evidence.looks), look_level(evidence.claim, look)) for look in later
    ]
    found = _first(expect, steps)
    if found is not None:
        return _needed(findings, found, by_extension=True)
    fresh = look_level(evidence.claim, 1)
    found = _first(expect, [_Amount(factor, fresh) for factor in NEW_STUDY])
    return _never(why()) if found is None else _needed(findings, found, by_extension=False)


def worth_another_look(verdict: SweepVerdict) -> bool:
    """True where more of the same data may decide a sweep; for `BY_FORECAST`, only if the forecast says so.

    The forecast is no bar elsewhere: more data also mend the surface that it takes for the truth.
    """
    return verdict.needed is not None and more_may_decide(verdict.reasons[0].code, verdict.needed)


def more_may_decide(code: str, found: Needed | None) -> bool:
    """The same, from the deciding reason's code and the forecast."""
    return found is not None and (code not in BY_FORECAST or found.by_extension)


def _first(expect: Expect, amounts: list[_Amount]) -> tuple[_Amount, Outcome] | None:
    """The first amount of data that decides, and the answer then."""
    for amount in amounts:
        outcome = expect(amount.factor, amount.level)
        if outcome is not Outcome.INCONCLUSIVE:
            return amount, outcome
    return None


def expected(findings: Findings, factor: float, level: float) -> Outcome:
    """The answer with `factor` times the data if the present estimates were the truth, tests held at `level`."""
    pairs, regret = findings.regret.pairs, findings.regret
    equivalent, worse, better, crossed = (
        scaled_p(p, pairs, factor) for p in (regret.equivalent, regret.worse, regret.better, regret.crossed)
    )
    share, edge = contracted(findings, factor)
    surface = Scaled.of(findings, factor, level)
    agrees = share >= SUPPORT_INSIDE and edge < EDGE_MASS
    if agrees and equivalent <= level and surface is not None and surface.excludes_outside(level):
        return Outcome.SUPPORTED
    by_pairs = REGRET_FACTOR * worse <= level
    contradicted = equivalent <= level
    by_surface = (
        surface is not None
        and not contradicted
        and REGRET_FACTOR * better <= level
        and surface.shows_regret(findings.margin, level / REGRET_FACTOR)
    )
    by_place = surface is not None and PLACE_FACTOR * crossed <= level and surface.excludes_inside(level / PLACE_FACTOR)
    return Outcome.REFUTED if share <= REFUTE_INSIDE and (by_pairs or by_surface or by_place) else Outcome.INCONCLUSIVE


def scaled_p(p: float | None, pairs: int, factor: float) -> float:
    """One-sided p-value of a paired t-test whose mean and spread stay as they are while the pairs multiply."""
    if p is None or pairs < 2:
        return 1.0
    statistic = t_point(p, pairs - 1)
    return t_tail(statistic * math.sqrt(factor), max(1, round(factor * pairs) - 1))


@dataclass(frozen=True, slots=True, eq=False)
class Scaled:
    """The fitted surface with the covariance that more data would give it, and what its tests would say."""

    surface: Surface
    points: FloatArray  # (n, 2) in (s, u); the claim's last
    distance: FloatArray  # (n,) from N's border, ln units, negative inside
    draws: FloatArray
    beta: float

    @staticmethod
    def of(findings: Findings, factor: float, level: float) -> Scaled | None:
        """None where no surface fits."""
        location, claim = findings.location, findings.evidence.claim
        if location.surface is None or location.challengers is None or findings.model_fails:
            return None
        surface = replace(location.surface, covariance=location.surface.covariance / factor)
        beta, count = resolution(level)
        draws = coefficient_draws(surface, count=count, rng=np.random.default_rng(findings.evidence.seed))
        distance = beyond(claim, location.challengers)
        return Scaled(surface, location.axes.to_fit(location.challengers), distance, draws, beta)

    def excludes_outside(self, level: float) -> bool:
        """True where p_in would be at most `level`."""
        return self._excludes(self.distance >= -SLACK, level)

    def excludes_inside(self, level: float) -> bool:
        """True where p_out would be at most `level`."""
        return self._excludes(self.distance <= SLACK, level)

    def shows_regret(self, margin: float | None, level: float) -> bool:
        """True where the surface would put the claim's loss beyond the margin."""
        if margin is None:
            return False
        p = location_p_values(self.surface, self.points[-1:], self.points, self.draws, margin=margin, beta=self.beta)
        return bool(p[0] <= level)

    def _excludes(self, side: NDArray[np.bool_], level: float) -> bool:
        """True where the points of one side that are hardest to exclude would all be; tested coarsely first."""
        at = self.points[side]
        if len(at) == 0:
            return True
        ratios = largest_ratios(self.surface, at, self.points)
        hardest = at[np.argsort(ratios, kind="stable")[:HARDEST]]
        return bool(
            resolved_p_values(self.surface, hardest[:1], self.points, self.draws, beta=self.beta)[0] <= level
            and resolved_p_values(self.surface, hardest, self.points, self.draws, beta=self.beta).max() <= level
        )


def contracted(findings: Findings, factor: float) -> tuple[float, float]:
    """Shares of the posterior in N and on the box's edge, its draws contracted towards the estimate."""
    location, evidence = findings.location, findings.evidence
    if location.argmaxes is None or location.region is None or location.eta.estimate is None:
        return findings.prior_inside, 0.0
    middle = location.axes.points(location.eta.estimate, location.alpha.estimate or 0.0)[0]
    drawn = middle + (location.argmaxes - middle) / math.sqrt(factor)
    step = np.array([axis[1] - axis[0] for axis in (location.region.v, location.region.u)])
    return float(inside(evidence.claim, drawn).mean()), float(on_edge(evidence.space, drawn, step).mean())


def _needed(findings: Findings, found: tuple[_Amount, Outcome], *, by_extension: bool) -> Needed:
    amount, outcome = found
    zoomed, blocks, arms, rest = _present(findings)
    if by_extension:
        zoom, pairs = round((amount.factor - 1) * zoomed), round(amount.factor * _full(findings, blocks)) - blocks
        runs = zoom + pairs * arms
        text = (
            f"If the fitted surface is the truth, {zoom} more zoom points and {pairs} more paired blocks "
            f"({runs:,} runs) would decide it: {outcome}."
        )
    else:
        zoom, pairs = round(amount.factor * zoomed), round(amount.factor * blocks)
        runs = rest + zoom + pairs * arms
        text = (
            f"If the fitted surface is the truth, a new study on other seeds with {zoom} zoom points and {pairs} "
            f"paired blocks ({runs:,} runs) would decide it: {outcome}."
        )
    return Needed(amount.factor, zoom, pairs, runs, outcome, by_extension, text)


def _never(why: str) -> Needed:
    text = f"More of the same, up to {NEW_STUDY[-1]:.0f} times the data, would not be expected to decide it: {why}."
    return Needed(None, None, None, None, None, False, text)


def hopeless(findings: Findings, why: str) -> str:
    """The reason why no amount of data is expected to decide: by where the best place seems to lie, else `why`."""
    location, claim = findings.location, findings.evidence.claim
    if location.surface is None:
        why = "no surface could be fitted, so the map needs more points first"
    elif location.eta.estimate is not None:
        gap = float(beyond(claim, location.axes.points(location.eta.estimate, location.alpha.estimate or 0.0))[0])
        if gap > 0.0:
            why = (
                "the best place seems to lie outside the neighbourhood, but too little is lost at its border to show it"
            )
        elif gap > -0.5 * min(claim.half_widths):
            why = (
                "the best place seems to lie near the neighbourhood's border, which no amount of data tells apart soon"
            )
    return why


def _full(findings: Findings, blocks: int) -> int:
    """Blocks that the present look might have had: a later look makes up for those that an early end saved."""
    schedule, looks = findings.evidence.schedule, findings.evidence.looks
    return blocks if schedule is None else schedule.most(looks)


def _present(findings: Findings) -> tuple[int, int, int, int]:
    """Zoom runs, blocks, arms of a block, and the other runs of the sweep."""
    runs = findings.evidence.runs
    paired = runs.where(np.isin(runs.phase, PAIRED_PHASES))
    zoomed = int((runs.phase == Phase.ZOOM).sum())
    last = paired if findings.evidence.schedule is None else paired.where(paired.block == paired.block.max(initial=0))
    arms = len(set(zip(last.arm.tolist(), last.eta.tolist(), last.alpha.tolist(), strict=True)))
    blocks = len(np.unique(paired.block))
    return zoomed, blocks, arms, len(runs) - zoomed - len(paired)
