"""The decision by the table: every reason from hand-made grounds, real studies, and attacks on the labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from studies.calibration.landscapes import SCENARIOS
from studies.calibration.simulation import shipped, simulate
from studies.records import Runs
from studies.verdict.answer import answers_of, decision_of
from studies.verdict.answers import Answer, OutcomeCounts
from studies.verdict.decide import decide_study, decide_sweep
from studies.verdict.grounds import Grounds
from studies.verdict.model import Evidence, Interval, Outcome, SweepVerdict
from studies.verdict.seen_place import Place
from studies.verdict.sequential import Looks
from studies.verdict.statements import Raised
from tests.studies.verdict.test_statements import BEYOND, INSIDE, SURE, WITHIN, alike, arm, hand_made

GOOD, BAD = (arm(**alike(p_less=SURE)),), (arm(**alike(p_greater=SURE)),)
OUT = {"p_out": SURE, "pi_inside": 0.1}
FLAT = Interval(0.5, 0.4, 0.6)
OPEN = Place(1.0, 9.0, identifiable=True, open_sides=("eta high",))
HOLDS: dict[str, Any] = {"arms": GOOD, "place": WITHIN, "location": INSIDE}
CASES: list[tuple[str, str, dict[str, Any]]] = [
    ("not_specific", "supported", HOLDS),
    ("collapse", "refuted", {**HOLDS, "collapse": {"p_more": SURE, "refutes": True, "hinders": True}}),
    ("regret", "refuted", {"arms": BAD}),
    ("regret", "refuted", {"p_surface_regret": SURE, "regret": alike(better=SURE)}),
    ("near_not_at", "inconclusive", {"arms": BAD, "place": WITHIN, "location": INSIDE}),
    ("location", "refuted", {"place": BEYOND, "location": OUT, "regret": alike(crossed=SURE)}),
    ("location", "refuted", {"arms": GOOD, "place": BEYOND, "location": OUT, "regret": alike(crossed=SURE)}),
    ("model", "inconclusive", {"place": None, "findings": {"model_fails": True}, "arms": GOOD}),
    ("regret", "refuted", {"place": None, "findings": {"model_fails": True}, "arms": BAD}),
    ("adaptive", "inconclusive", {"place": None, "evidence": {"fixed_design": False}, "arms": GOOD}),
    ("collapse", "inconclusive", {**HOLDS, "collapse": {"p_more": 0.04, "hinders": True}}),
    ("flat", "inconclusive", {**HOLDS, "good": FLAT}),
    ("flat", "inconclusive", {"good": FLAT}),
    ("edge", "inconclusive", {"place": OPEN}),
    ("as_good", "inconclusive", {"arms": GOOD}),
    ("as_good", "inconclusive", {"arms": GOOD, "place": BEYOND, "location": OUT}),
    ("power", "inconclusive", {}),
    ("power", "inconclusive", {"place": WITHIN, "location": INSIDE}),
    ("power", "inconclusive", {"place": BEYOND, "location": OUT}),
    ("fragile", "inconclusive", {**HOLDS, "arms": (arm(p_less=SURE),)}),
    ("fragile", "inconclusive", {"arms": (arm(p_greater_flip=SURE),)}),
    ("fragile", "inconclusive", {"place": BEYOND, "location": OUT, "regret": {"crossed": SURE}}),
    ("incomplete", "inconclusive", {**HOLDS, "evidence": {"phases_done": ("map", "zoom")}}),
    ("data", "inconclusive", {**HOLDS, "evidence": {"failed_runs": 9}}),
    ("untrained", "inconclusive", {**HOLDS, "outcomes": OutcomeCounts(0, 0, 6, 5)}),
    ("diverged", "inconclusive", {**HOLDS, "outcomes": OutcomeCounts(0, 0, 5, 6)}),
]


@pytest.mark.parametrize(("code", "outcome", "changes"), CASES)
def test_every_reason_follows_from_its_grounds(
    grounds: Grounds, code: str, outcome: str, changes: dict[str, Any]
) -> None:
    decision = decision_of(hand_made(grounds, **changes))
    assert (decision.codes[0], decision.outcome) == (code, outcome)


def _terms(grounds: Grounds, **terms: Any) -> dict[str, Any]:
    return {"evidence": {"claim": grounds.findings.evidence.claim.model_copy(update=terms)}}


def test_a_claim_that_says_too_little_is_not_supported_and_may_be_refuted(grounds: Grounds) -> None:
    for terms in ({"tolerance_factor": 10.0}, {"level": 0.45}):
        assert decision_of(hand_made(grounds, **HOLDS, **_terms(grounds, **terms))).codes[0] == "vague"
        assert decision_of(hand_made(grounds, arms=BAD, **_terms(grounds, **terms))).outcome is Outcome.REFUTED


def test_an_adjusted_p_value_decides(grounds: Grounds) -> None:
    barely = hand_made(grounds, **{**HOLDS, "arms": (arm(**alike(p_less=0.03)),)})
    assert decision_of(barely).outcome is Outcome.SUPPORTED
    assert decision_of(barely, Raised(support=2.0)).codes[0] == "power"
    refuted = hand_made(grounds, arms=(arm(**alike(p_greater=0.01)),))
    assert decision_of(refuted).outcome is Outcome.REFUTED
    assert decision_of(refuted, Raised(refute=2.0)).outcome is Outcome.INCONCLUSIVE


def test_a_later_look_has_less_to_spend(grounds: Grounds) -> None:
    for look, outcome in ((1, "supported"), (2, "supported"), (3, "inconclusive")):
        arms = (arm(**alike(p_less=0.002)),)
        assert decision_of(hand_made(grounds, **{**HOLDS, "arms": arms}, evidence={"looks": look})).outcome == outcome


def test_all_ways_that_refute_are_named(grounds: Grounds) -> None:
    located = {"place": BEYOND, "location": OUT, "regret": alike(crossed=SURE)}
    failing = {"p_more": SURE, "refutes": True, "hinders": True}
    decision = decision_of(hand_made(grounds, arms=BAD, collapse=failing, **located))
    assert decision.codes == ("collapse", "regret", "location")


def test_an_interval_that_ends_at_the_box_is_said_on_decided_verdicts_too(grounds: Grounds) -> None:
    place = replace(BEYOND, open_sides=("eta high",))
    assert decision_of(hand_made(grounds, arms=BAD, place=place, location=OUT)).codes == ("regret", "open")
    assert decision_of(hand_made(grounds, place=OPEN)).codes == ("edge",), "the deciding reason says so itself"


def test_outcomes_of_the_claims_runs_are_named_whatever_decides(grounds: Grounds) -> None:
    own = OutcomeCounts(trained=30, collapsed=3, untrained=5, diverged=0)
    assert decision_of(hand_made(grounds, arms=BAD, claim_outcomes=own)).codes == ("regret", "untrained", "collapsed")


# Real studies.


def _judged(evidence: Evidence) -> SweepVerdict:
    return decide_sweep(replace(evidence, analysis=5))


def test_a_study_of_the_claims_optimum_is_supported_with_all_three_statements(supported: Evidence) -> None:
    verdict = _judged(supported)
    assert verdict.outcome is Outcome.SUPPORTED
    assert verdict.answers is not None
    found = verdict.answers.statements
    assert (found.as_good.answer, found.there.answer, found.matters.answer) == (Answer.YES,) * 3
    assert found.there.nearest == 1.0
    assert found.there.farthest is not None
    assert found.there.farthest <= 2.0
    assert found.as_good.loses_at_most is not None
    assert verdict.margin is not None
    assert found.as_good.loses_at_most < verdict.margin
    assert {beat.arm for beat in verdict.answers.beats} == {c.arm for c in verdict.comparisons}
    assert verdict == _judged(supported), "the same rows and seed give the same verdict"


def test_a_study_of_another_optimum_is_refuted(refuted: Evidence) -> None:
    verdict = _judged(refuted)
    assert (verdict.outcome, verdict.reasons[0].code) == (Outcome.REFUTED, "regret")
    assert verdict.answers is not None
    assert verdict.answers.statements.as_good.answer is Answer.NO


@pytest.mark.parametrize(("key", "seed", "code"), [("J", 1, "as_good"), ("B", 0, "as_good"), ("D", 1, "power")])
def test_landscapes_that_place_nothing(key: str, seed: int, code: str) -> None:
    verdict = _judged(simulate(SCENARIOS[key], np.random.default_rng([seed, ord(key)]), shipped(4)))
    assert (verdict.outcome, verdict.reasons[0].code) == (Outcome.INCONCLUSIVE, code)


def test_without_a_signal_the_claim_is_good_and_its_place_unknown() -> None:
    verdict = _judged(simulate(SCENARIOS["J"], np.random.default_rng([1, ord("J")]), shipped(4)))
    assert verdict.reasons[0].code == "as_good"
    assert verdict.answers is not None
    found = verdict.answers.statements
    assert (found.as_good.answer, found.there.answer) == (Answer.YES, Answer.UNDECIDED)
    assert found.matters.answer is not Answer.YES
    assert not found.there.identifiable


def test_all_alike_is_flat_and_nothing_but_diverged_runs_decide_nothing(supported: Evidence) -> None:
    runs = supported.runs
    same = _judged(replace(supported, runs=replace(runs, correct=np.full(len(runs), 7_000_000))))
    assert same.reasons[0].code == "flat"
    assert same.answers is not None
    assert same.answers.statements.matters.share == 1.0
    broken = _judged(replace(supported, runs=replace(runs, diverged=np.ones(len(runs), dtype=bool))))
    assert (broken.outcome, broken.reasons[0].code) == (Outcome.INCONCLUSIVE, "diverged")


# Attacks.


def _relabelled(evidence: Evidence, names: dict[str, str]) -> Evidence:
    arms = evidence.runs.arm.astype("<U16")
    swapped = np.array([names.get(name, name) for name in arms.tolist()])
    return replace(evidence, runs=replace(evidence.runs, arm=swapped))


@pytest.fixture(scope="module")
def near_not_at() -> Evidence:
    """A study of a sharp peak inside the neighbourhood that the claim misses by more than the margin."""
    return simulate(SCENARIOS["V"], np.random.default_rng([2, ord("V")]), shipped(4))


SWAPS = [
    {"best": "default", "default": "best"},
    {"best": "mate:0.97", "mate:0.97": "best"},
    {"best": "inside", "inside": "best"},
    {"best": "outside", "outside": "best"},
    {"best": "opposite", "opposite": "best"},
    {"best": "point"},
]


@pytest.mark.parametrize("names", SWAPS, ids=lambda names: "-".join(names))
def test_no_swap_of_labels_makes_a_claim_that_loses_supported(near_not_at: Evidence, names: dict[str, str]) -> None:
    assert _judged(near_not_at).outcome is not Outcome.SUPPORTED
    assert _judged(_relabelled(near_not_at, names)).outcome is not Outcome.SUPPORTED


def test_swapped_default_is_named(refuted: Evidence) -> None:
    verdict = _judged(_relabelled(refuted, {"default": "inside", "inside": "default"}))
    assert verdict.reasons[0].code == "labels"
    assert "default at (η" in verdict.reasons[0].text


def test_labels_that_no_point_contradicts_change_no_margin(near_not_at: Evidence) -> None:
    margin = _judged(near_not_at).margin
    for names in SWAPS:
        assert _judged(_relabelled(near_not_at, names)).margin == pytest.approx(margin), "sigma goes by results"


def test_mates_of_the_golden_ridge_in_older_documents_contradict_nothing(supported: Evidence) -> None:
    claim = supported.claim.model_copy(update={"eta": 0.02, "alpha": 0.85})
    verdict = _judged(replace(supported, claim=claim))
    assert verdict.reasons[0].code != "labels"
    assert not any(comparison.arm.startswith("mate:") for comparison in verdict.comparisons)


def test_the_swap_that_release_0_1_fell_for_leaves_no_best_point(near_not_at: Evidence) -> None:
    swapped = _relabelled(near_not_at, {"best": "default", "default": "best"})
    assert decide_sweep(swapped).outcome is Outcome.SUPPORTED, "analysis 4 went by the label"
    codes = [reason.code for reason in _judged(swapped).reasons]
    assert codes == ["labels"], "the arm at (0.01, 0.9) is the default whatever it is called"


def test_an_arm_that_beats_the_claim_refutes_under_any_label(refuted: Evidence) -> None:
    runs = refuted.runs
    for label in ("rival", "likeliest", "point", "decoy:3"):
        assert _judged(_relabelled(refuted, {"outside": label})).outcome is Outcome.REFUTED
    assert len(runs) == 410


def test_without_the_best_point_or_with_one_arm_alone_nothing_is_decided(
    supported: Evidence, select: Callable[..., Evidence]
) -> None:
    for kept in (("claim", "default", "point"), ("claim", "point"), ("best", "point")):
        found = _judged(select(supported, np.isin(supported.runs.arm, kept)))
        assert (found.outcome, found.reasons[0].code) == (Outcome.INCONCLUSIVE, "incomplete")


def test_any_subset_and_any_divergence_gives_an_answer(supported: Evidence, select: Callable[..., Evidence]) -> None:
    rng = np.random.default_rng(4)
    for share in (0.0, 0.02, 0.2, 0.6, 0.95):
        evidence = select(supported, rng.random(len(supported.runs)) < share)
        runs: Runs = evidence.runs
        verdict = _judged(replace(evidence, runs=replace(runs, diverged=rng.random(len(runs)) < 0.3)))
        assert verdict.answers is not None
        assert verdict.answers.outcomes.total == len(runs)


def test_secondary_losses_share_their_level(refuted: Evidence) -> None:
    others = [replace(refuted, loss=loss, sweep=f"{loss}@planted", analysis=5) for loss in ("sse", "cross_entropy")]
    study = decide_study("s", "hash", [replace(refuted, analysis=5), *others])
    assert study.analysis_version == 5
    for sweep in study.sweeps[1:]:
        assert sweep.p_refute is not None
        assert sweep.p_refute_adjusted == pytest.approx(2 * sweep.p_refute)


def test_what_stands_beside_the_statements(grounds: Grounds) -> None:
    found = answers_of(hand_made(grounds, **_terms(grounds, margin_sigmas=2.0)))
    assert found.terms == ("the margin is 2 seed deviations",)
    assert (found.blocks, found.blocks_planned) == (30, None)
    evidence = replace(grounds.findings.evidence, schedule=Looks((10, 20, 40), located=192, arms=4), looks=2)
    assert answers_of(replace(grounds, findings=replace(grounds.findings, evidence=evidence))).blocks_planned == 80
    assert found.seed_deviation == pytest.approx(0.1, abs=0.03), "planted: 0.12 at the top, 70 % of it a run's own"
    assert found.split_deviation == pytest.approx(0.066, abs=0.04)
