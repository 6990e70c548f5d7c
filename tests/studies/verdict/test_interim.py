"""Looks at a confirmation: when it ends, what it waits for, and which arms rest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from studies.calibration.judging import generator
from studies.calibration.scenarios import every_scenario
from studies.calibration.simulation import shipped, simulate
from studies.plan.rounds import looks_taken
from studies.records import Arm
from studies.verdict.arm_tests import ArmTest
from studies.verdict.comparisons import SOUGHT
from studies.verdict.interim import AS_GOOD, FUTILE, FUTILE_AS_GOOD, SUPPORT, Look, least_power, look, settling
from studies.verdict.model import Evidence, Outcome
from studies.verdict.sequential import Looks

SCHEDULE = Looks((10, 15, 20, 25, 30), 192, 4)


def first_blocks(evidence: Evidence, count: int) -> Evidence:
    """The evidence of a full study as it was after so many blocks."""
    paired = np.isin(evidence.runs.phase, ("confirm", "controls"))
    kept = ~paired | (evidence.runs.block - evidence.runs.block[paired].min() < count)
    return replace(evidence, runs=evidence.runs.where(np.asarray(kept)), schedule=SCHEDULE)


def test_a_confirmation_of_fixed_size_has_no_looks(supported: Evidence) -> None:
    with pytest.raises(ValueError, match="fixed size"):
        look(supported)


def test_an_answer_ends_it(refuted: Evidence) -> None:
    found = next(one for n in SCHEDULE.blocks if (one := look(first_blocks(refuted, n))).ends)
    assert (found.ends, found.outcome) == ("decided", Outcome.REFUTED)
    assert found.blocks < 30, "a rate of 4.5 times the claim's is seen early"
    assert any(way.reached for way in found.ways if way.name in ("regret", "surface", "location"))


def test_the_last_look_ends_it_and_before_it_goes_on_while_something_may_come(supported: Evidence) -> None:
    for blocks in SCHEDULE.blocks:
        found = look(first_blocks(supported, blocks))
        assert found.blocks == blocks
        if found.ends == "":
            waits = [way for way in found.ways if way.name != AS_GOOD or not way.reached]
            assert any(way.power >= (FUTILE_AS_GOOD if way.name == AS_GOOD else FUTILE) for way in waits)
        if blocks == 30:
            assert found.ends in ("decided", "last")


def test_settled_arms_rest_and_the_best_never_does(supported: Evidence) -> None:
    found = look(first_blocks(supported, 20))
    assert found.resting and all(arm.arm not in (Arm.BEST, Arm.CLAIM) for arm in found.resting)
    level = next(way.level for way in found.ways if way.name == AS_GOOD)
    assert all(arm.p is not None for arm in found.resting)
    assert any(arm.p <= level for arm in found.resting if arm.p is not None)


def test_an_arm_that_sign_flips_leave_open_is_measured_further() -> None:
    arm = ArmTest("rival", 0.1, 0.5, 10, -0.3, 0.0, -0.6, 0.1, 0.002, 1.0, 0.09, 1.0)
    assert settling(arm) == 0.09, "it would keep the verdict fragile for good"
    assert settling(replace(arm, p_less=None)) is None


def _looks(scenario: str, number: int = 2) -> list[Look]:
    """The looks that the whole procedure takes at the same simulated study of a scenario."""
    planted = every_scenario()[scenario]
    evidence = simulate(planted.study(2031, number), generator(planted, 2031, number), shipped(5))
    return list(looks_taken(shipped(5), evidence))


def test_support_waits_for_the_last_block_while_the_claims_runs_fail_more_often() -> None:
    calm, low = _looks("A"), _looks("A-two")
    assert (calm[-1].outcome, calm[-1].ends) == (Outcome.SUPPORTED, "decided")
    assert calm[-1].blocks < 40 and all(one.outcome is Outcome.INCONCLUSIVE for one in calm[:-1])
    waited = [one for one in low if one.outcome is Outcome.SUPPORTED and not one.ends]
    assert waited, "some of the claim's runs collapse in this study"
    assert all(arm.arm not in SOUGHT for one in waited for arm in one.resting), (
        "rivals are what its failures are held against"
    )
    assert low[-1].blocks == 40 and low[-1].ends == "decided"


def test_what_is_waited_for() -> None:
    assert [least_power(SUPPORT, blocks / 40) for blocks in (10, 20, 40)] == [FUTILE / 4, FUTILE / 2, FUTILE]
    assert least_power("location", 0.25) == least_power("collapse", 1.0) == FUTILE
    assert least_power(AS_GOOD, 0.25) == FUTILE_AS_GOOD


def test_support_is_not_given_up_for_the_least_of_many_early_estimates() -> None:
    looks = _looks("A-half", 44)
    first = next(way for way in looks[0].ways if way.name == SUPPORT)
    assert FUTILE / 4 <= first.power < FUTILE and all(way.power < FUTILE for way in looks[0].ways if way is not first)
    assert (looks[-1].outcome, looks[-1].ends) == (Outcome.SUPPORTED, "decided")


def test_a_family_of_sweeps_shares_the_level(supported: Evidence) -> None:
    alone, shared = (look(first_blocks(supported, 15), family=family) for family in (1, 4))
    assert [way.level for way in shared.ways] == pytest.approx([way.level / 4 for way in alone.ways])
    assert all(one.power >= other.power for one, other in zip(alone.ways, shared.ways, strict=True))


def test_equal_evidence_gives_equal_looks(refuted: Evidence) -> None:
    assert look(first_blocks(refuted, 10)) == look(first_blocks(refuted, 10))
