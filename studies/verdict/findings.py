"""Everything that a sweep's runs say, before anything is concluded from it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studies.records import Phase
from studies.verdict.comparisons import RegretTests, compare_arms, confirm_deviation, regret_tests
from studies.verdict.location import Location, locate
from studies.verdict.neighbourhood import SLACK, centre, prior_share
from studies.verdict.records import Comparison, Evidence
from studies.verdict.response import response, scored_accuracy
from studies.verdict.rows import paired_arms, pilot_deviation, points_of
from studies.verdict.sigma import pool

LACK_OF_FIT_LEVEL = 0.01
IN_POINTS = ("accuracy", "error")  # objectives whose differences read as percentage points of accuracy


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """Estimates and raw p-values of one sweep and objective; the verdict is a function of these alone."""

    evidence: Evidence
    objective: str
    sigma: float | None
    margin: float | None
    margin_points: float | None
    location: Location
    regret: RegretTests
    comparisons: tuple[Comparison, ...]
    prior_inside: float
    diverged_share: float
    claim_diverged_share: float
    constant: bool  # every run gave the same response
    model_fails: bool

    @property
    def p_location(self) -> float | None:
        """p-value against "the optimum lies in N": surface and fresh pairs must both say so. None if not judged."""
        parts = (self.location.p_out, self.regret.crossed)
        known = [p for p in parts if p is not None]
        return max(known) if len(known) == len(parts) and not self.model_fails else None

    @property
    def p_support(self) -> float | None:
        """p-value against "optimum outside N, or the claim loses by the margin" (intersection-union)."""
        if self.location.p_in is None or self.regret.equivalent is None or self.model_fails:
            return None
        return max(self.location.p_in, self.regret.equivalent)

    @property
    def p_refute(self) -> float | None:
        """p-value against "optimum in N, and the claim loses by no more than the margin" (Bonferroni over both)."""
        return _either(self.regret.worse, self.p_location)

    @property
    def p_support_flip(self) -> float | None:
        """`p_support` with sign flips in place of Student's t."""
        if self.p_support is None or self.regret.equivalent_flip is None or self.location.p_in is None:
            return None
        return max(self.location.p_in, self.regret.equivalent_flip)

    @property
    def p_refute_flip(self) -> float | None:
        """`p_refute` with sign flips in place of Student's t."""
        place, crossed = self.location.p_out, self.regret.crossed_flip
        judged = self.p_location is not None and place is not None and crossed is not None
        return _either(self.regret.worse_flip, max(place or 0.0, crossed or 0.0) if judged else None)


def gather(evidence: Evidence, objective: str) -> Findings:
    """Estimate everything that a verdict on this sweep needs; deterministic by `evidence.seed`, never raising."""
    rng = np.random.default_rng(evidence.seed)
    arms = paired_arms(evidence, objective)
    folds = _folds(evidence)
    deviation = pool([pilot_deviation(evidence, objective), None if folds else confirm_deviation(arms)])
    sigma = deviation.value if deviation is not None else None
    margin = evidence.claim.margin_sigmas * sigma if sigma is not None else None
    location = locate(evidence, objective, rng=rng)
    in_points = objective in IN_POINTS
    at_claim = claim_runs(evidence)
    surface = location.surface
    return Findings(
        evidence=evidence,
        objective=objective,
        sigma=sigma,
        margin=margin,
        margin_points=_points(evidence, at_claim, margin) if in_points and margin is not None else None,
        location=location,
        regret=regret_tests([] if folds else arms, evidence.claim, margin, rng=rng),
        comparisons=compare_arms(arms, margin=margin, folds=folds, in_points=in_points, rng=rng),
        prior_inside=prior_share(evidence.claim, evidence.space),
        diverged_share=_share(evidence.runs.diverged),
        claim_diverged_share=_share(evidence.runs.diverged[at_claim]),
        constant=_constant(evidence, objective),
        model_fails=surface is not None and surface.lack_of_fit is not None and surface.lack_of_fit < LACK_OF_FIT_LEVEL,
    )


def claim_runs(evidence: Evidence) -> NDArray[np.bool_]:
    """Which runs were made at the claim's own point, shape (n,)."""
    distance = np.abs(points_of(evidence.runs) - centre(evidence.claim))
    return np.asarray(np.all(distance <= SLACK, axis=1), dtype=np.bool_)


def _either(first: float | None, second: float | None) -> float | None:
    known = [p for p in (first, second) if p is not None]
    return min(1.0, 2.0 * min(known)) if known else None


def _folds(evidence: Evidence) -> int | None:
    """Runs per trial of a cross-validation that no paired phase accompanies, else None."""
    runs = evidence.runs
    if len(runs) == 0 or np.isin(runs.phase, (Phase.CONFIRM, Phase.CONTROLS)).any():
        return None
    cv = runs.phase == Phase.CV
    return int(runs.run[cv].max()) + 1 if cv.any() else None


def _share(flags: NDArray[np.bool_]) -> float:
    return float(flags.mean()) if len(flags) else 0.0


def _constant(evidence: Evidence, objective: str) -> bool:
    y = response(evidence.runs, objective, classes=evidence.classes, epochs=evidence.epochs)
    return len(y) > 1 and float(np.ptp(y)) <= 1e-9


def _points(evidence: Evidence, at_claim: NDArray[np.bool_], margin: float) -> float | None:
    """Percentage points of accuracy that the margin is worth at the claim's mean accuracy (at the best without it)."""
    accuracy = scored_accuracy(evidence.runs, evidence.classes)
    if len(accuracy) == 0:
        return None
    level = float(accuracy[at_claim].mean()) if at_claim.any() else float(accuracy.max())
    level = min(max(level, 1e-6), 1.0 - 1e-6)
    lower = 1.0 / (1.0 + math.exp(-(math.log(level / (1.0 - level)) - margin)))
    return 100.0 * (level - lower)
