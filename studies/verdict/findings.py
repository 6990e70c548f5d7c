"""Estimates and p-values of a sweep, before anything is concluded from them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from studies.language.phases import PAIRED_PHASES, Phase
from studies.verdict.comparisons import RegretTests, compare_arms, confirm_deviation, regret_tests
from studies.verdict.lately import lately
from studies.verdict.location import Location, locate
from studies.verdict.looks import look_level, read, resolved_level, share, spend
from studies.verdict.margin import best_accuracy, margin_of
from studies.verdict.margin import in_points as points_below
from studies.verdict.model import Comparison, Evidence
from studies.verdict.neighbourhood import prior_share
from studies.verdict.repeated import repeated_comparison, repeated_regret
from studies.verdict.roles import judged_arms
from studies.verdict.rows import ArmRuns, Sample, at_claim, is_constant, pilot_deviation, sample_of
from studies.verdict.sigma import Deviation, pool

LACK_OF_FIT_LEVEL = 0.01
REGRET_FACTOR, PLACE_FACTOR = 2.5, 5.0  # Bonferroni factors of the routes to refutation: 1/2.5 + 1/2.5 + 1/5 = 1
REMEMBERED = 2  # sweeps: a plan's last look and the verdict ask for the same findings


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """Estimates and raw p-values of one sweep and objective; the verdict is a function of these alone."""

    evidence: Evidence
    sigma: float | None
    margin: float | None
    margin_points: float | None
    location: Location
    p_surface_regret: float | None  # H0: no point of the zone beats the claim by more than the margin
    regret: RegretTests
    comparisons: tuple[Comparison, ...]
    prior_inside: float
    diverged_share: float
    claim_diverged_share: float
    constant: bool  # every run gave the same response
    model_fails: bool
    sample: Sample  # all runs, scored
    arms: tuple[ArmRuns, ...]  # of the paired phases, the claim's first; typical runs alone

    @property
    def level(self) -> float:
        """The part of the claim's level that this look may spend: what single, undivided p-values are held against."""
        return look_level(self.evidence.claim, self.evidence.looks)

    def support(self, *, flips: bool = False) -> float | None:
        """p-value against "the optimum lies outside N, or the claim loses by the margin" (intersection-union).

        Divided by this look's share of the level (`looks`), so that it is held against the claim's whole level.
        With `flips`, sign-flip tests stand in for Student's t. None where the surface or the pairs are missing.
        """
        equivalent = self.regret.equivalent_flip if flips else self.regret.equivalent
        return None if self.model_fails else self._spent(_both(self.location.p_in, equivalent))

    def routes(self, *, flips: bool = False) -> tuple[tuple[str, float], ...]:
        """Ways to refute, each as (reason code, p-value times its Bonferroni factor); shares 2 : 2 : 1 of the level.

        Divided by this look's share of the level, as `support` is.

        regret    fresh pairs: the best point beats the claim by more than the margin; valid whatever surface was fitted
        regret    surface and pairs: some point of the zone beats the claim by more than the margin (simultaneous over
                  the zone), and on fresh pairs the best point does beat the claim; closed where those pairs show
                  that it does so by less than the margin, for then they contradict the surface
        location  surface and pairs: no point in N is the optimum, and on fresh pairs the best point outside N beats the
                  best inside
        """
        regret = self.regret
        worse, better, crossed = (
            (regret.worse_flip, regret.better_flip, regret.crossed_flip)
            if flips
            else (regret.worse, regret.better, regret.crossed)
        )
        closed = self.model_fails or self.is_equivalent(flips=flips)
        surface = None if closed else _both(self.p_surface_regret, better)
        place = None if self.model_fails else _both(self.location.p_out, crossed)
        found = (
            ("regret", worse, REGRET_FACTOR),
            ("regret", surface, REGRET_FACTOR),
            ("location", place, PLACE_FACTOR),
        )
        divided = ((code, self._spent(None if p is None else factor * p)) for code, p, factor in found)
        return tuple((code, p) for code, p in divided if p is not None)

    def is_equivalent(self, *, flips: bool = False) -> bool:
        """True where the fresh pairs show that the best point beats the claim by less than the margin."""
        p = self.regret.equivalent_flip if flips else self.regret.equivalent
        return p is not None and p <= self.level

    def refute(self, *, flips: bool = False) -> float | None:
        """p-value against "the optimum lies in N and the claim loses no more than the margin" (Bonferroni)."""
        return min((p for _, p in self.routes(flips=flips)), default=None)

    def _spent(self, p: float | None) -> float | None:
        return spend(p, share(self.evidence.claim, self.evidence.looks))


@lately(REMEMBERED)
def gather(evidence: Evidence) -> Findings:
    """Estimate everything that a verdict on this sweep needs; deterministic by `evidence.seed`.

    Raises:
        ValueError: the objective is unknown; thin or odd runs raise nothing.
    """
    return _repeated(_estimated(evidence))


def _repeated(found: Findings) -> Findings:
    """The findings as a sequential confirmation lets them be read: valid whenever it ends; else as they are."""
    if found.evidence.schedule is None:
        return found
    return replace(
        found,
        p_surface_regret=read(found.evidence, found.p_surface_regret, kind="location"),
        regret=repeated_regret(found.regret, found.evidence),
        comparisons=tuple(repeated_comparison(comparison, found.evidence) for comparison in found.comparisons),
    )


def _estimated(evidence: Evidence) -> Findings:
    rng, sample = np.random.default_rng(evidence.seed), sample_of(evidence)
    arms = judged_arms(sample)
    folds = _folds(evidence)
    deviation = _deviation(sample, arms, folds)
    sigma = deviation.value if deviation is not None else None
    level_accuracy = best_accuracy(sample, arms)
    margin = _margin(sample, sigma, level_accuracy)
    location = locate(sample, rng=rng)
    own = at_claim(sample)
    level = resolved_level(evidence, look_level(evidence.claim, evidence.looks))
    regret = regret_tests([] if folds else arms, evidence.claim, margin, rng=rng, level=level)
    compared = compare_arms(arms, margin=margin, folds=folds, in_points=evidence.in_points, rng=rng, level=level)
    return Findings(
        evidence=evidence,
        sigma=sigma,
        margin=margin,
        margin_points=_points(sample, own, margin, level_accuracy) if margin is not None else None,
        location=location,
        p_surface_regret=location.p_regret(margin),
        regret=regret,
        comparisons=compared,
        prior_inside=prior_share(evidence.claim, evidence.space),
        diverged_share=_share(evidence.runs.diverged),
        claim_diverged_share=_share(evidence.runs.diverged[own]),
        constant=len(sample.y) > 1 and is_constant(sample.y),
        model_fails=location.contradicts or _misfits(location),
        sample=sample,
        arms=tuple(arms),
    )


def _both(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else max(first, second)


def _folds(evidence: Evidence) -> int | None:
    """Runs per trial of a cross-validation that no paired phase accompanies, else None."""
    runs = evidence.runs
    if len(runs) == 0 or np.isin(runs.phase, PAIRED_PHASES).any():
        return None
    cv = runs.phase == Phase.CV
    return int(runs.run[cv].max()) + 1 if cv.any() else None


def _share(flags: NDArray[np.bool_]) -> float:
    return float(flags.mean()) if len(flags) else 0.0


def _misfits(location: Location) -> bool:
    """True where the polynomial of the highest degree leaves out what the data show."""
    surface = location.surface
    return surface is not None and surface.lack_of_fit is not None and surface.lack_of_fit < LACK_OF_FIT_LEVEL


def points_worth(findings: Findings, amount: float | None) -> float | None:
    """Percentage points of accuracy that a loss in response units is worth, as for the margin; None without points."""
    if amount is None:
        return None
    sample = findings.sample
    return _points(sample, at_claim(sample), amount, best_accuracy(sample, findings.arms))


def _deviation(sample: Sample, arms: Sequence[ArmRuns], folds: int | None) -> Deviation | None:
    """Sigma: pooled from replicates and pairs; under `method.typical` from the pairs where there are any."""
    if not sample.evidence.method.typical:
        return pool([pilot_deviation(sample), None if folds else confirm_deviation(arms)])
    return (None if folds else confirm_deviation(arms, robust=True)) or pilot_deviation(sample)


def _margin(sample: Sample, sigma: float | None, accuracy: float | None) -> float | None:
    evidence = sample.evidence
    if evidence.method.typical:
        return margin_of(evidence.claim, sigma, objective=evidence.objective, accuracy=accuracy, unit=sample.unit)
    sigmas = evidence.claim.margin_sigmas
    return None if sigmas is None or sigma is None else sigmas * sigma


def _points(sample: Sample, own: NDArray[np.bool_], margin: float, best: float | None) -> float | None:
    """Percentage points of accuracy that the margin is worth; None where the objective has none.

    At the best arm's accuracy; under analysis 4 at the claim's mean accuracy (at the best without it).
    """
    accuracy = sample.accuracy
    if len(accuracy) == 0 or not sample.evidence.in_points:
        return None
    if sample.evidence.method.typical:
        return None if best is None else points_below(margin, best)
    level = float(accuracy[own].mean()) if own.any() else float(accuracy.max())
    level = min(max(level, 1e-6), 1.0 - 1e-6)
    lower = 1.0 / (1.0 + math.exp(-(math.log(level / (1.0 - level)) - margin)))
    return 100.0 * (level - lower)
