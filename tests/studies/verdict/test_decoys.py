"""Decoys: other points by the claim's own terms, on the same trials."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from studies.language.claim import Decoy
from studies.verdict.answers import Answer
from studies.verdict.decide import decide_sweep
from studies.verdict.decoys import decoy_points, seen_from
from studies.verdict.findings import gather
from studies.verdict.grounds import Grounds, gathered
from studies.verdict.model import Evidence, Outcome
from studies.verdict.rows import at_claim
from studies.verdict.sequential import Looks


def _with_decoys(evidence: Evidence, names: dict[str, str]) -> Evidence:
    arms = np.array([names.get(arm, arm) for arm in evidence.runs.arm.tolist()])
    return replace(evidence, runs=replace(evidence.runs, arm=arms), analysis=5)


def test_seen_from_its_own_point_the_claim_is_judged_as_it_is(grounds: Grounds) -> None:
    claim = grounds.findings.evidence.claim
    again = seen_from(grounds, claim.eta, claim.alpha)
    assert again.equivalent() == grounds.equivalent()
    assert again.findings.location.pi_inside == grounds.findings.location.pi_inside
    assert again.place == grounds.place
    assert again.findings.location.p_in == pytest.approx(grounds.findings.location.p_in, abs=0.03)


def test_a_decoy_without_runs_is_placed_but_not_compared(grounds: Grounds) -> None:
    seen = seen_from(grounds, 0.5, 0.05)
    assert (seen.arms, seen.equivalent(), seen.support()) == ((), None, None)
    assert seen.place is not None
    assert seen.place.nearest > 2.0
    assert not at_claim(seen.findings.sample).any()


def test_a_decoy_is_compared_with_every_arm_the_claims_too(supported: Evidence) -> None:
    evidence = _with_decoys(supported, {"mate:0": "decoy:0", "outside": "decoy:1"})
    seen = gathered(gather(evidence))
    points = decoy_points(seen.findings)
    assert len(points) == 2
    assert points[0][1] == 0.0
    found = seen_from(seen, *points[0])
    assert found.findings.arms[0].arm == "claim"
    assert (found.findings.arms[0].eta, found.findings.arms[0].alpha) == points[0]
    claim = evidence.claim
    assert (claim.eta, claim.alpha) in {(arm.eta, arm.alpha) for arm in found.arms}


def test_a_decoy_at_another_arms_point_keeps_its_pairs(supported: Evidence) -> None:
    """The plan runs each point once: a decoy at the default's point has the default's arm."""
    claim = supported.claim.model_copy(update={"decoys": [Decoy(eta=0.5, alpha=0.05), Decoy(eta=0.01, alpha=0.9)]})
    default = next(arm for arm in gather(supported).arms if arm.arm == "default")
    verdict = decide_sweep(replace(supported, claim=claim, analysis=5))
    assert verdict.answers is not None
    unmeasured, found = verdict.answers.decoys
    assert (found.eta, found.alpha) == (default.eta, default.alpha)
    assert found.statements.as_good.loses_at_most is not None
    assert (unmeasured.supported, unmeasured.statements.as_good.loses_at_most) == (False, None)


def test_the_verdict_says_how_many_decoys_the_terms_support(supported: Evidence) -> None:
    evidence = _with_decoys(supported, {"mate:0": "decoy:0", "best": "decoy:1", "inside": "best", "outside": "best"})
    verdict = decide_sweep(evidence)
    assert verdict.outcome is Outcome.SUPPORTED
    assert verdict.answers is not None
    far, near = verdict.answers.decoys
    assert (far.supported, far.statements.there.answer) == (False, Answer.NO)
    assert near.statements.matters == verdict.answers.statements.matters
    count = int(far.supported) + int(near.supported)
    said = f"The same terms also support {count} of 2 decoys." if count else "support none of 2 decoys"
    assert said in verdict.sentence
    assert [reason.code for reason in verdict.reasons][-1] == "decoys"


def test_decoys_bear_on_no_verdict(supported: Evidence) -> None:
    plain = decide_sweep(replace(supported, analysis=5))
    with_decoy = decide_sweep(_with_decoys(supported, {"mate:0": "decoy:0"}))
    assert (with_decoy.outcome, with_decoy.p_support) == (plain.outcome, plain.p_support)
    assert plain.answers is not None
    assert plain.answers.decoys == ()


def test_seen_from_the_claim_itself_the_tests_are_the_claims_also_where_looks_are_paid_for(grounds: Grounds) -> None:
    scheduled = replace(grounds.findings.evidence, schedule=Looks((10, 20, 30, 40), located=192, arms=4))
    own = gathered(gather(scheduled))
    seen = seen_from(own, scheduled.claim.eta, scheduled.claim.alpha)
    assert seen.collapse == own.collapse
    assert (seen.findings.regret.worse, seen.findings.regret.equivalent) == (
        own.findings.regret.worse,
        own.findings.regret.equivalent,
    )
    plain = gathered(gather(replace(scheduled, schedule=None)))
    assert (own.findings.regret.equivalent or 0.0) > (plain.findings.regret.equivalent or 1.0), "a look costs something"
