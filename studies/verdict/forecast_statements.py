"""Forecast of a decision under analysis 5: what the printed table would say with more of the same data.

The plug-in forecast of `forecast`: the surface's covariance is divided by the factor, the t statistics of every arm are
multiplied by its square root, posterior draws are drawn together, and the region is left where both methods leave it
(`likely`). What does not change with data of the same kind is
taken as it is: a vague claim, and a place that does not matter. No error rate is controlled.
"""

from __future__ import annotations

from functools import partial

from studies.language.terms import vague
from studies.verdict.answers import Answer
from studies.verdict.forecast import FLAT, Scaled, contracted, first_deciding, hopeless, scaled_p
from studies.verdict.grounds import Grounds
from studies.verdict.levels import ARM, PLACE, SURFACE
from studies.verdict.model import Needed, Outcome
from studies.verdict.rules import EDGE_MASS, REFUTE_INSIDE, SUPPORT_INSIDE, Decision
from studies.verdict.statements import matters_answer

CURABLE = ("power", "as_good", "flat", "fragile")  # reasons that more of the same data may remove
JOINED_INSIDE = 0.975  # of the posterior, where the region joins polynomial and process: what lies beyond is excluded
UNCLEAR = "the best place cannot be told from others at this noise"


def needed_by_statements(grounds: Grounds, decision: Decision) -> Needed | None:
    """Further data that would decide a sweep that is inconclusive for want of data.

    None where a verdict was reached, or where more of the same is not what is missing. A region that reaches the box's
    edge may shrink with more data where little of the posterior lies on the edge itself.
    """
    findings, code = grounds.findings, decision.codes[0]
    edge = findings.location.edge_mass
    curable = code in CURABLE or (code == "edge" and edge is not None and edge < EDGE_MASS)
    if decision.outcome is not Outcome.INCONCLUSIVE or not curable or findings.constant:
        return None
    flat = matters_answer(grounds) is Answer.NO
    return first_deciding(
        findings,
        partial(expected_by_statements, grounds),
        lambda: FLAT if flat else hopeless(findings, UNCLEAR),
    )


def expected_by_statements(grounds: Grounds, factor: float, level: float) -> Outcome:
    """The answer with `factor` times the data if the present estimates were the truth, tests held at `level`."""
    findings = grounds.findings
    share, edge = contracted(findings, factor)
    surface = Scaled.of(findings, factor, level) if grounds.places else None
    joined = findings.evidence.method.union_region
    most, least = (JOINED_INSIDE, 1.0 - JOINED_INSIDE) if joined else (SUPPORT_INSIDE, REFUTE_INSIDE)
    near = surface is not None and share >= most and edge < EDGE_MASS
    good = _may_support(grounds) and _equivalent(grounds, factor) <= level
    bad = _beaten(grounds, factor) <= ARM * level or _shown(grounds, surface, factor, level)
    there = near and (good or bad) and surface is not None and surface.excludes_outside(level)
    if there and good:
        return Outcome.SUPPORTED
    if (bad and not there) or (share <= least and _crossed(grounds, factor, level)):
        return Outcome.REFUTED
    return Outcome.INCONCLUSIVE


def _may_support(grounds: Grounds) -> bool:
    evidence = grounds.findings.evidence
    clear = vague(evidence.claim, evidence.space) is None
    return clear and not grounds.collapse.hinders and matters_answer(grounds) is not Answer.NO


def _equivalent(grounds: Grounds, factor: float) -> float:
    """The largest p-value of the arms' equivalence."""
    return max((scaled_p(arm.p_less, arm.pairs, factor) for arm in grounds.arms), default=1.0)


def _beaten(grounds: Grounds, factor: float) -> float:
    """The least p-value of the arms that beat the claim, each divided by its weight."""
    return min((scaled_p(arm.p_greater, arm.pairs, factor) / arm.weight for arm in grounds.arms), default=1.0)


def _shown(grounds: Grounds, surface: Scaled | None, factor: float, level: float) -> bool:
    """True where surface and pairs together would show a loss of more than the margin."""
    regret = grounds.findings.regret
    better, equivalent = (scaled_p(p, regret.pairs, factor) for p in (regret.better, regret.equivalent))
    paired = equivalent > level and better <= SURFACE * level
    return paired and surface is not None and surface.shows_regret(grounds.findings.margin, SURFACE * level)


def _crossed(grounds: Grounds, factor: float, level: float) -> bool:
    """True where location and pairs together would refute; they have the least share of the level, so finer draws."""
    findings, least = grounds.findings, PLACE * level
    crossed = scaled_p(findings.regret.crossed, findings.regret.pairs, factor)
    if crossed > least or not grounds.places:
        return False
    surface = Scaled.of(findings, factor, level / 2)
    return surface is not None and surface.excludes_inside(least)
