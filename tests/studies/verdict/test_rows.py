"""Rows of a sweep: which runs each step reads, how they are paired, and what the pilot's noise is taken from."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from studies import golden
from studies.language.phases import Phase
from studies.records import Arm
from studies.verdict.model import Evidence
from studies.verdict.response import logit
from studies.verdict.rows import (
    arm_levels,
    at_claim,
    complete_table,
    is_constant,
    located_rows,
    map_rows,
    open_table,
    paired_arms,
    paired_rows,
    paired_values,
    pilot_deviation,
    sample_of,
)

ByHand = Callable[[list[Any]], Evidence]
CLAIM = (golden.ETA, golden.ALPHA)
PHASES = ("map", "widen", "search", "zoom", "confirm", "controls", "cv")


def _one_of_each() -> list[Any]:
    return [(phase, "point", 0, 0, 0.01 * (i + 1), 0.5, 900 - i, False) for i, phase in enumerate(PHASES)]


def test_a_sample_scores_every_run_once_in_the_evidences_objective(by_hand: ByHand) -> None:
    evidence = by_hand([*_one_of_each(), ("map", "point", 0, 0, 0.5, 0.5, 995, True)])
    sample = sample_of(evidence)
    assert sample.y == pytest.approx(logit([900, 899, 898, 897, 896, 895, 894, 100], 1000))
    assert sample.accuracy.tolist()[-2:] == [0.894, 0.1]
    assert sample.chance.tolist() == [False] * 7 + [True]
    assert sample.points[0] == pytest.approx((math.log(0.01), math.log(2.0)))
    area = sample_of(replace(evidence, objective="loss_area"))
    assert area.y[0] == pytest.approx(-math.log(0.1))
    with pytest.raises(ValueError, match="objective"):
        sample_of(replace(evidence, objective="speed"))


def test_each_step_reads_its_own_phases(by_hand: ByHand) -> None:
    sample = sample_of(by_hand(_one_of_each()))
    chosen = {
        "zone": map_rows(sample),
        "place": located_rows(sample),
        "pairs": paired_rows(sample),
    }
    phases = {name: [PHASES[sample.y.tolist().index(y)] for y in rows.y.tolist()] for name, rows in chosen.items()}
    assert phases == {
        "zone": ["map", "widen", "search"],
        "place": ["map", "widen", "search", "zoom"],
        "pairs": ["confirm", "controls"],
    }


def test_runs_at_the_claims_coordinates_are_the_claims_whatever_their_arm(by_hand: ByHand) -> None:
    evidence = by_hand(
        [
            ("confirm", "best", 0, 0, 0.03, 0.8, 950, False),
            ("confirm", "inside", 0, 0, *CLAIM, 940, False),
            ("confirm", "best", 1, 0, 0.03, 0.8, 951, False),
            ("confirm", "inside", 1, 0, *CLAIM, 500, True),
            ("controls", "mate:0.5", 1, 0, golden.ridge_mate(0.5), 0.5, 930, False),
        ]
    )
    sample = sample_of(evidence)
    assert at_claim(sample).tolist() == [False, True, False, True, False]
    claim, best, mate = paired_arms(sample)
    assert [claim.arm, best.arm, mate.arm] == [Arm.CLAIM, Arm.BEST, "mate:0.5"]
    assert claim.keys.tolist() == [[0, 0], [1, 0]]
    assert claim.accuracy.tolist() == [0.94, 0.1], "divergence scores at chance"
    difference, points = paired_values(best, claim)
    assert difference == pytest.approx(logit([950, 951], 1000) - logit([940, 100], 1000))
    assert points == pytest.approx([1.0, 85.1])
    assert paired_values(mate, claim)[1] == pytest.approx([83.0]), "on the one block that both have"


def test_cross_validation_pairs_only_where_no_paired_phase_is(by_hand: ByHand) -> None:
    cv = [("cv", "claim", 0, 0, *CLAIM, 940, False), ("cv", "point", 0, 0, 0.03, 0.8, 950, False)]
    assert [arm.arm for arm in paired_arms(sample_of(by_hand(cv)))] == [Arm.CLAIM, Arm.POINT]
    confirm = [("confirm", "best", 0, 0, 0.1, 0.8, 950, False)]
    assert [arm.arm for arm in paired_arms(sample_of(by_hand([*cv, *confirm])))] == [Arm.BEST]


def test_a_run_that_is_stored_twice_counts_once(by_hand: ByHand) -> None:
    rows = [("confirm", "best", 3, 0, 0.03, 0.8, correct, False) for correct in (950, 960)]
    (best,) = paired_arms(sample_of(by_hand(rows)))
    assert (best.keys.tolist(), best.accuracy.tolist()) == ([[3, 0]], [0.95])


def test_one_short_arm_does_not_empty_the_complete_table(by_hand: ByHand) -> None:
    rows = [("confirm", "claim", block, 0, *CLAIM, 940 + block, False) for block in range(5)]
    rows += [("confirm", "best", block, 0, 0.03, 0.8, 950 + block, False) for block in range(1, 5)]
    rows += [("confirm", "outside", 0, 0, 0.2, 0.8, 900, False)]
    points, table = complete_table(paired_arms(sample_of(by_hand(rows))))
    assert points.shape == (2, 2)
    assert table[:, 0] == pytest.approx(logit([941, 942, 943, 944], 1000))
    assert table[:, 1] == pytest.approx(logit([951, 952, 953, 954], 1000))
    assert [part.shape for part in complete_table([])] == [(0, 2), (0, 0)]


def test_an_arm_that_left_early_keeps_its_place_in_the_open_table(by_hand: ByHand) -> None:
    rows = [("confirm", "claim", block, 0, *CLAIM, 940 - 20 * block, False) for block in range(6)]
    rows += [("confirm", "best", block, 0, 0.03, 0.8, 950 - 20 * block, False) for block in range(6)]
    rows += [("controls", "default", block, 0, 0.01, 0.9, 930 - 20 * block, False) for block in range(2)]
    sample = sample_of(replace(by_hand(rows), analysis=5))
    arms = paired_arms(sample)
    points, table = open_table(arms)
    assert np.isfinite(table).sum(axis=0).tolist() == [6, 6, 2]
    assert points.shape == (3, 2)
    _, levels, counts = arm_levels(sample, arms)
    assert counts.tolist() == [6.0, 6.0, 2.0]
    assert levels[1] > levels[0] > levels[2], "although its two blocks are the easiest"
    early = sample_of(by_hand(rows))
    assert arm_levels(early, paired_arms(early))[2].tolist() == [6.0, 6.0], "complete blocks alone under analysis 4"
    assert [len(part) for part in open_table([])] == [0, 0]
    assert [len(part) for part in arm_levels(sample, [])] == [0, 0, 0]


def test_the_pilots_noise_is_that_of_points_repeated_in_a_block(by_hand: ByHand) -> None:
    pair = [("map", "claim", 0, 0, *CLAIM, correct, False) for correct in (900, 920)]
    found = pilot_deviation(sample_of(by_hand(pair)))
    assert found is not None
    assert found.value == pytest.approx(np.std(logit([900, 920], 1000), ddof=1))
    apart = [(phase, arm, block, *rest) for block, (phase, arm, _, *rest) in enumerate(pair)]
    assert pilot_deviation(sample_of(by_hand(apart))) == found, "taken together where each has a block of its own"
    confirmed = [(Phase.CONFIRM.value, *rest) for _, *rest in pair]
    assert pilot_deviation(sample_of(by_hand(confirmed))) is None


def test_responses_are_constant_up_to_rounding() -> None:
    assert is_constant(np.empty(0))
    assert is_constant(np.array([0.5, 0.5 + 1e-12]))
    assert not is_constant(np.array([0.5, 0.5 + 1e-6]))
