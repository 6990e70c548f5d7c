"""Decoys: other points that get the claim's own terms on the same trials. They show how much the terms let pass.

A decoy's neighbourhood has the claim's tolerance, its margin is the claim's. As good as the best: by fresh pairs, where
an arm lies at that point, whatever its label; without one it stays undecided. The place and whether it
matters: from the same region, seen from the decoy. "Supported" by the same table. A description: the decoys' answers
spend no part of the claim's level and bear on no verdict.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from studies.language.terms import vague
from studies.records import Arm
from studies.verdict.answers import DecoyAnswer
from studies.verdict.arm_tests import arm_tests
from studies.verdict.comparisons import regret_tests
from studies.verdict.conjunction import first_row
from studies.verdict.facts import facts_of
from studies.verdict.findings import Findings
from studies.verdict.grounds import Grounds, collapse_of
from studies.verdict.location import Location
from studies.verdict.model import Evidence, Outcome
from studies.verdict.neighbourhood import SLACK, beyond, centre, inside
from studies.verdict.repeated import repeated_regret
from studies.verdict.roles import by_point, lies_at
from studies.verdict.rows import ArmRuns
from studies.verdict.seen_place import place_of
from studies.verdict.statements import statements_of

FloatArray = NDArray[np.float64]


def decoy_points(findings: Findings) -> tuple[tuple[float, float], ...]:
    """The decoys (eta, alpha), in their order: the claim's, else those that the labels of a table's arms name.

    A decoy whose point is another arm's too, such as the default's, has no arm of its own: it is known by its point.
    """
    if decoys := findings.evidence.claim.decoys:
        return tuple(decoy.place(findings.evidence.claim.axes) for decoy in decoys)
    arms = [arm for arm in findings.arms if arm.arm.startswith("decoy:")]
    return tuple((arm.eta, arm.alpha) for arm in sorted(arms, key=lambda arm: int(arm.arm.partition(":")[2])))


def decoy_answers(grounds: Grounds, blocked: str | None) -> tuple[DecoyAnswer, ...]:
    """The three statements on every decoy, and whether the table would support it."""
    return tuple(_answer(seen_from(grounds, eta, alpha), blocked) for eta, alpha in decoy_points(grounds.findings))


def _answer(grounds: Grounds, blocked: str | None) -> DecoyAnswer:
    claim, space = grounds.findings.evidence.claim, grounds.findings.evidence.space
    facts = [facts_of(grounds, blocked=blocked, vague=vague(claim, space) is not None, flips=f) for f in (False, True)]
    supported = all(first_row(each).outcome is Outcome.SUPPORTED for each in facts)
    return DecoyAnswer(claim.first, claim.second, statements_of(grounds, blocked=blocked is not None), supported)


def seen_from(grounds: Grounds, eta: float, alpha: float) -> Grounds:
    """The grounds as they would be for a claim of the same terms at another point."""
    findings = grounds.findings
    claim = findings.evidence.claim.moved(eta, alpha)
    evidence = replace(findings.evidence, claim=claim)
    sample, level = replace(findings.sample, evidence=evidence), grounds.levels.whole
    arms, location = _relabelled(findings.arms, evidence), _location(findings.location, evidence)
    rng = np.random.default_rng(evidence.seed)
    moved = replace(
        findings,
        evidence=evidence,
        sample=sample,
        arms=tuple(arms),
        location=location,
        p_surface_regret=None,
        regret=repeated_regret(regret_tests(arms, claim, findings.margin, rng=rng, level=level), evidence),
        comparisons=(),
    )
    return replace(
        grounds,
        findings=moved,
        arms=arm_tests(arms, evidence, findings.margin),
        place=None if grounds.place is None else place_of(location, claim, evidence.space),
        collapse=collapse_of(moved),
    )


def _relabelled(arms: tuple[ArmRuns, ...], evidence: Evidence) -> list[ArmRuns]:
    """The arms with the one at the point in the claim's role, first; the claim's own is an arm like any other."""
    claim = evidence.claim
    named = [
        replace(
            arm,
            arm=Arm.CLAIM.value
            if lies_at(claim.axes, arm, claim.first, claim.second)
            else (Arm.POINT.value if arm.arm == Arm.CLAIM else arm.arm),
        )
        for arm in arms
    ]
    return sorted(by_point(named, claim), key=lambda arm: arm.arm != Arm.CLAIM)


def _location(location: Location, evidence: Evidence) -> Location:
    """The location's tests as seen from the evidence's claim: over the map's nodes, and at the claim's own point."""
    claim, region = evidence.claim, location.region
    own = location.p_at(centre(claim)[None, :])
    changed = replace(location, p_claim=None if own is None else float(own[0]))
    if location.argmaxes is not None:
        changed = replace(changed, pi_inside=float(inside(claim, location.argmaxes).mean()))
    if region is None or location.p_in is None or own is None:
        return changed
    p, u, v = np.array(region.p, dtype=np.float64), np.array(region.u), np.array(region.v)
    nodes = np.column_stack([axis.ravel() for axis in np.meshgrid(v, u)])
    known, distance = np.isfinite(p), beyond(claim, nodes).reshape(p.shape)
    p_in = float(p[known & (distance >= -SLACK)].max(initial=0.0))
    p_out = max(float(own[0]), float(p[known & (distance <= SLACK)].max(initial=0.0)))
    return replace(changed, p_in=p_in, p_out=p_out)
