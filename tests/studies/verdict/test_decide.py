from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from studies import golden
from studies.language.claim import OBJECTIVES
from studies.verdict.decide import decide_study, decide_sweep, overall
from studies.verdict.exchange import to_json
from studies.verdict.model import Evidence, Outcome, Sentence

REST = 1 - golden.ALPHA
Select = Callable[[Evidence, NDArray[np.bool_]], Evidence]


def _codes(evidence: Evidence) -> list[str]:
    return [reason.code for reason in decide_sweep(evidence).reasons]


def test_planted_golden_optimum_is_supported(supported: Evidence) -> None:
    verdict = decide_sweep(supported)
    assert verdict.outcome is Outcome.SUPPORTED
    assert verdict.eta.low is not None
    assert verdict.eta.high is not None
    assert verdict.eta.low <= supported.claim.eta <= verdict.eta.high
    assert verdict.ridge_slope.estimate == pytest.approx(-1.0, abs=0.3)
    assert verdict.bayes_factor is not None
    assert verdict.bayes_factor > 100.0
    assert [drop.alpha for drop in verdict.ridge_drops] == pytest.approx([1 - 2 * REST, 1 - REST / 2])
    narrow, wide = verdict.other_widths
    assert (narrow.factor, wide.factor) == (math.sqrt(2.0), math.sqrt(10.0))
    assert verdict.pi_inside is not None and verdict.prior_inside is not None
    assert 10 * narrow.prior_inside < narrow.pi_inside <= verdict.pi_inside <= wide.pi_inside
    assert narrow.prior_inside == pytest.approx(verdict.prior_inside / 4)
    assert verdict.alpha.estimate is not None
    away = math.log((1 - verdict.alpha.estimate) / REST)  # of the estimate, from which the drops are taken
    for drop in verdict.ridge_drops:
        assert drop.drop.low is not None and drop.drop.high is not None
        assert drop.drop.low < 0.2 / 2 * (math.log(2) ** 2 - away**2) < drop.drop.high, "the planted curvature"


def test_planted_distant_optimum_is_refuted(refuted: Evidence) -> None:
    verdict = decide_sweep(refuted)
    assert verdict.outcome is Outcome.REFUTED
    assert verdict.regret.low is not None
    assert verdict.margin is not None
    assert verdict.regret.low > verdict.margin
    assert verdict.bayes_factor is not None
    assert verdict.bayes_factor < 0.1


def test_same_rows_and_seed_give_the_same_verdict(supported: Evidence) -> None:
    assert decide_sweep(supported) == decide_sweep(supported)


def test_rows_order_within_the_sweep_does_not_matter_to_the_answer(refuted: Evidence) -> None:
    order = np.random.default_rng(1).permutation(len(refuted.runs))
    one, other = decide_sweep(refuted), decide_sweep(replace(refuted, runs=refuted.runs.where(order)))
    assert (one.outcome, one.runs) == (other.outcome, other.runs)
    assert one.p_refute == pytest.approx(other.p_refute)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 6, 7, 12, 24, 30, 72, 100, 200, 210])
def test_any_number_of_first_runs_gives_an_incomplete_verdict(supported: Evidence, select: Select, count: int) -> None:
    evidence = select(supported, np.arange(len(supported.runs)) < count)
    evidence = replace(evidence, phases_done=tuple(p for p in evidence.phases_done if p != "confirm"))
    verdict = decide_sweep(evidence)
    assert (verdict.outcome, verdict.reasons[0].code) == (Outcome.INCONCLUSIVE, "incomplete")
    assert (verdict.eta.estimate is not None) is (count >= 6)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_every_objective_is_judged(supported: Evidence, objective: str) -> None:
    verdict = decide_sweep(replace(supported, objective=objective))
    assert verdict.objective == objective
    if objective == "epochs_to_target":  # no planted run reaches one
        assert (verdict.reasons[0].code, verdict.pi_inside) == ("flat", None)
    else:
        assert f"The {objective.replace('_', ' ')} seems best near" in verdict.sentence
        assert verdict.outcome is Outcome.SUPPORTED


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32 - 1), share=st.floats(0.0, 1.0), diverged=st.sampled_from([0.0, 0.3, 1.0]))
def test_no_subset_of_runs_and_no_divergence_raises(
    supported: Evidence, select: Select, seed: int, share: float, diverged: float
) -> None:
    rng = np.random.default_rng(seed)
    evidence = select(supported, rng.random(len(supported.runs)) < share)
    flags = rng.random(len(evidence.runs)) < diverged
    verdict = decide_sweep(replace(evidence, runs=replace(evidence.runs, diverged=flags)))
    for p in (verdict.p_in, verdict.p_out, verdict.p_support, verdict.p_refute, verdict.pi_inside):
        assert p is None or 0.0 <= p <= 1.0
    json.dumps(to_json(verdict), allow_nan=False)


def test_constant_response_is_flat(supported: Evidence) -> None:
    runs = supported.runs
    assert _codes(replace(supported, runs=replace(runs, correct=np.full(len(runs), 7)))) == ["flat"]


def test_everything_diverged(supported: Evidence) -> None:
    runs = supported.runs
    assert _codes(replace(supported, runs=replace(runs, diverged=np.ones(len(runs), dtype=bool)))) == ["diverged"]


def test_diverging_claim_far_from_the_optimum_is_refuted(refuted: Evidence) -> None:
    runs = refuted.runs
    verdict = decide_sweep(replace(refuted, runs=replace(runs, diverged=runs.arm == "claim")))
    assert verdict.outcome is Outcome.REFUTED
    assert [reason.code for reason in verdict.reasons][-1] == "diverged"


def test_diverging_claim_amid_good_runs_is_near_but_not_at_the_optimum(supported: Evidence) -> None:
    runs = supported.runs
    assert _codes(replace(supported, runs=replace(runs, diverged=runs.arm == "claim"))) == ["near_not_at", "diverged"]


@pytest.mark.parametrize("arm", ["claim", "best"])
def test_missing_arm_leaves_the_verdict_incomplete(supported: Evidence, select: Select, arm: str) -> None:
    assert _codes(select(supported, supported.runs.arm != arm))[0] == "incomplete"


def test_missing_confirm_runs_beyond_two_percent_spoil_the_data(supported: Evidence) -> None:
    assert _codes(replace(supported, failed_runs=9))[0] == "data"
    assert _codes(replace(supported, failed_runs=8)) == ["not_specific"]


def _as_search(evidence: Evidence, *, fixed: bool) -> Evidence:
    phase = np.where(np.isin(evidence.runs.phase, ("map", "zoom")), "search", evidence.runs.phase)
    done = ("search", "confirm", "controls")
    return replace(evidence, runs=replace(evidence.runs, phase=phase), fixed_design=fixed, phases_done=done)


def test_adaptive_points_never_support(supported: Evidence) -> None:
    verdict = decide_sweep(_as_search(supported, fixed=False))
    assert [reason.code for reason in verdict.reasons] == ["adaptive"]
    assert (verdict.p_in, verdict.p_out, verdict.p_support) == (None, None, None)


def test_adaptive_points_may_be_refuted_by_fresh_pairs(refuted: Evidence) -> None:
    verdict = decide_sweep(_as_search(refuted, fixed=False))
    assert verdict.outcome is Outcome.REFUTED
    assert [reason.code for reason in verdict.reasons] == ["regret", "adaptive"]


def test_fixed_search_counts_as_a_map(supported: Evidence) -> None:
    assert decide_sweep(_as_search(supported, fixed=True)).outcome is Outcome.SUPPORTED


def test_cross_validation_compares_and_places_nothing(supported: Evidence, select: Select) -> None:
    confirm = select(supported, supported.runs.phase == "confirm")
    order = np.arange(len(confirm.runs)) // 4
    runs = replace(confirm.runs, phase=np.full(len(order), "cv"), run=order % 10, block=order // 10)
    verdict = decide_sweep(replace(confirm, runs=runs, phases_done=("cv",)))
    plain = decide_sweep(confirm)
    assert verdict.reasons[0].code == "incomplete"
    assert {c.pairs for c in verdict.comparisons} == {30}
    wider, narrow = (
        next(c.difference.high - c.difference.low for c in v.comparisons if c.difference.high and c.difference.low)
        for v in (verdict, plain)
    )
    assert wider / narrow == pytest.approx(math.sqrt(1 + 30 / 9))


def test_unknown_objective_is_refused(supported: Evidence) -> None:
    with pytest.raises(ValueError, match="objective"):
        decide_sweep(replace(supported, objective="speed"))


def test_primary_loss_stands_alone_and_others_share_their_level(supported: Evidence, refuted: Evidence) -> None:
    others = [replace(refuted, loss=loss, sweep=f"{loss}@planted") for loss in ("sse", "cross_entropy")]
    study = decide_study("s", "hash", [supported, *others])
    assert study.outcome is Outcome.SUPPORTED
    assert study.sentence == study.sweeps[0].sentence
    assert study.sweeps[0].p_support_adjusted == study.sweeps[0].p_support
    for sweep in study.sweeps[1:]:
        assert sweep.p_refute is not None
        assert sweep.p_refute_adjusted == pytest.approx(2 * sweep.p_refute)


def test_each_context_is_a_family_of_its_own(refuted: Evidence) -> None:
    sweeps = [replace(refuted, loss="sse", context=context) for context in ("one", "two")]
    for sweep in decide_study("s", "hash", sweeps).sweeps:
        assert sweep.p_refute_adjusted == sweep.p_refute


def test_without_a_primary_loss_the_sweeps_must_agree(supported: Evidence, refuted: Evidence) -> None:
    claim = supported.claim.model_copy(update={"primary_loss": None})
    one, other = replace(supported, claim=claim), replace(refuted, claim=claim, loss="sse")
    assert decide_study("s", "hash", [one, other]).outcome is Outcome.INCONCLUSIVE
    assert decide_study("s", "hash", [one]).outcome is Outcome.SUPPORTED


def test_unmeasured_primary_loss_and_empty_study_are_inconclusive(refuted: Evidence) -> None:
    unmeasured, empty = decide_study("s", "hash", [replace(refuted, loss="sse")]), decide_study("s", "hash", [])
    assert (unmeasured.outcome, empty.outcome) == (Outcome.INCONCLUSIVE, Outcome.INCONCLUSIVE)
    assert unmeasured.parts == Sentence("", "The primary loss golden was not measured in planted.")
    assert empty.sentence == "The study has no sweeps, so there is nothing to judge."


def test_the_study_speaks_for_the_first_context_by_its_sweeps_parts(supported: Evidence, refuted: Evidence) -> None:
    one, other, elsewhere = (
        decide_sweep(e)
        for e in (supported, replace(supported, loss="sse"), replace(refuted, loss="sse", context="second"))
    )
    outcome, said = overall(None, [one, other, elsewhere])
    assert outcome is Outcome.SUPPORTED
    assert said.text == f"{one.sentence} {other.sentence}"
    assert one.parts is not None
    assert (said.about, said.main) == (one.parts.about, one.parts.main)
    outcome, said = overall(None, [one, replace(elsewhere, context="planted")])
    assert said == Sentence("", "The losses do not agree in planted (golden: supported, sse: refuted).")
    assert outcome is Outcome.INCONCLUSIVE
