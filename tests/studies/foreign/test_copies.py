"""Copied blocks are seen, chance agreements of coarse values are not taken for copies."""

from __future__ import annotations

import numpy as np
import pytest

from studies.foreign.copies import copies
from studies.foreign.rows import Measurement
from studies.language.phases import Phase

ARMS = {"claim": (0.016, 0.874), "best": (0.02, 0.9), "default": (0.01, 0.9)}


def table(blocks: int, *, digits: int, seed: int, first: int = 0) -> list[Measurement]:
    """Paired rows of three arms whose accuracies are rounded to so many digits."""
    rng = np.random.default_rng(seed)
    return [
        Measurement(
            eta=eta, alpha=alpha, value=float(np.round(rng.normal(0.9, 0.01), digits)),
            phase=Phase.CONFIRM, arm=arm, block=first + block,
        )
        for block in range(blocks)
        for arm, (eta, alpha) in ARMS.items()
    ]  # fmt: skip


@pytest.mark.parametrize("times", [2, 3, 5])
def test_copies_are_seen_also_where_one_block_is_left_out(times: int) -> None:
    rows = [row for copy in range(times) for row in table(30, digits=6, seed=1, first=1_000 * copy)]
    assert copies(rows) == (times, "the blocks")
    assert copies(rows[:-3]) == (times, "the blocks")


def test_runs_of_one_arm_that_are_copied_into_other_blocks_are_seen() -> None:
    rows = table(30, digits=6, seed=1) + [
        row if row.arm == "claim" else other
        for row, other in zip(
            table(30, digits=6, seed=1, first=1_000), table(30, digits=6, seed=2, first=1_000), strict=True
        )
    ]
    assert copies(rows) == (2, "the runs of the arm claim")


@pytest.mark.parametrize("digits", [1, 2, 3, 6])
def test_chance_agreements_are_no_copies(digits: int) -> None:
    assert [seed for seed in range(200) if copies(table(35, digits=digits, seed=seed))] == []


def test_nothing_is_said_of_rows_that_are_not_paired() -> None:
    assert copies([Measurement(eta=0.01, alpha=0.5, value=0.9)] * 40) is None
