"""Every arm against the claim: p-values by t and by flips, bounds, weights; error rates by simulation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from studies.verdict.arm_tests import ArmTest, arm_tests
from studies.verdict.levels import levels_of
from studies.verdict.model import Evidence
from studies.verdict.paired import mean_test, sign_flip_p_value
from studies.verdict.rows import ArmRuns

MARGIN = 0.1


def _arm(label: str, y: np.typing.NDArray[np.float64]) -> ArmRuns:
    keys = np.column_stack([np.arange(len(y)), np.zeros(len(y), dtype=np.int64)])
    return ArmRuns(label, 0.01, 0.8, keys, y, np.full(len(y), 0.9))


def _tests(evidence: Evidence, *leads: tuple[str, np.typing.NDArray[np.float64]]) -> tuple[ArmTest, ...]:
    claim = _arm("claim", np.zeros(len(leads[0][1])))
    return arm_tests([claim, *(_arm(label, y) for label, y in leads)], evidence, MARGIN)


@pytest.mark.parametrize("pairs", [5, 12, 13, 30])
def test_p_values_are_those_of_the_paired_tests(supported: Evidence, pairs: int) -> None:
    d = np.random.default_rng(pairs).normal(0.0, 0.1, pairs)
    (found,) = _tests(supported, ("best", d))
    test = mean_test(d)
    assert (found.p_less, found.p_greater) == (test.p_less(MARGIN), test.p_greater(MARGIN))
    assert found.p_greater_flip == found.p_greater, "far from every level"
    flip = sign_flip_p_value(d, alternative="less", bound=MARGIN, rng=np.random.default_rng(1))
    assert found.p_less_flip == pytest.approx(flip, abs=1e-12 if pairs <= 12 else 0.01)


def test_bounds_hold_at_the_looks_share_and_at_the_arms_weight(supported: Evidence) -> None:
    d = np.random.default_rng(3).normal(0.05, 0.1, 30)
    best, other = _tests(supported, ("best", d), ("inside", d))
    test, level = mean_test(d), levels_of(supported).shown
    assert best.upper == pytest.approx(test.interval(1.0 - 2 * level)[1])
    assert best.lower == pytest.approx(test.interval(1.0 - level)[0]), "half of the level, one-sided"
    assert (best.weight, other.weight, best.lower) == (0.5, 0.5, other.lower)
    later = arm_tests([_arm("claim", 0 * d), _arm("best", d)], replace(supported, looks=3), MARGIN)[0]
    assert later.upper is not None
    assert best.upper is not None
    assert later.upper > best.upper, "repeated bounds: a later look has less of the level"


def test_a_bound_meets_the_margin_exactly_where_the_test_meets_its_level(supported: Evidence) -> None:
    d = np.random.default_rng(3).normal(0.0, 0.1, 30)
    upper = _tests(supported, ("best", d))[0].upper
    assert upper is not None
    moved = _tests(supported, ("best", d + MARGIN - upper))[0]
    assert moved.p_less == pytest.approx(levels_of(supported).whole)


@pytest.mark.parametrize(("pairs", "known"), [(0, False), (1, False), (2, True)])
def test_fewer_than_two_pairs_test_nothing(supported: Evidence, pairs: int, known: bool) -> None:
    full, short = np.linspace(0.0, 0.1, 10), np.linspace(0.0, 0.1, pairs)
    found = _tests(supported, ("best", full), ("inside", short))[1]
    assert (found.p_less is not None, found.upper is not None, found.less(flips=True) is not None) == (known,) * 3


def test_all_alike_is_what_sign_flips_would_say(supported: Evidence) -> None:
    same = _tests(supported, ("best", np.zeros(10)))[0]
    assert (same.p_less, same.p_less_flip) == (2.0**-10, 2.0**-10)
    assert arm_tests([_arm("claim", np.zeros(10)), _arm("best", np.zeros(10))], supported, None)[0].p_less is None
    assert arm_tests([_arm("best", np.zeros(10))], supported, MARGIN) == ()


def test_a_fourth_look_can_still_refute_by_an_arm_of_little_weight(supported: Evidence) -> None:
    late = replace(supported, looks=4, analysis=5)
    rng = np.random.default_rng(5)
    leads = [(label, rng.normal(0.4, 0.1, 60)) for label in ("best", "a", "b", "c", "d", "e", "f")]
    found = _tests(late, *leads)[-1].greater(flips=True)
    assert found is not None
    assert found <= levels_of(late).arm


def test_some_arm_that_leads_by_the_margin_is_seldom_passed_over_and_seldom_blamed(supported: Evidence) -> None:
    """At the border of both hypotheses, with seven arms, each answer is false at no more than its level."""
    rng, level, equivalent, beaten = np.random.default_rng(9), 0.045, 0, 0
    names = ["best", "inside", "opposite", "default", "mate:0", "mate:0.97", "rival"]
    for _ in range(400):
        block = rng.normal(0.0, 0.1, 20)
        claim = _arm("claim", block + rng.normal(0.0, 0.1, 20))
        arms = [_arm(name, block + rng.normal(MARGIN, 0.1, 20)) for name in names]
        found = [(arm.less() or 0.0, arm.greater() or 0.0) for arm in arm_tests([claim, *arms], supported, MARGIN)]
        equivalent += max(p for p, _ in found) <= level
        beaten += min(p for _, p in found) <= level
    assert equivalent / 400 <= level + 0.02
    assert beaten / 400 <= level + 0.02
