from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from studies.verdict.model import Evidence
from studies.verdict.outcome_counts import outcome_counts
from studies.verdict.rows import at_claim, sample_of


def test_every_run_is_counted_once(by_hand: Callable[[list[Any]], Evidence]) -> None:
    rows = [
        ("confirm", arm, block, 0, eta, 0.8, 100 if failed else 950, failed)
        for block in range(12)
        for arm, eta in (("best", 0.03), ("inside", 0.02), ("outside", 0.1))
        if (failed := arm == "best" and block == 3) or True
    ]
    rows[0] = (*rows[0][:6], 700, False)
    for analysis, expected in ((5, (34, 1, 0, 1)), (4, (35, 0, 0, 1))):
        sample = sample_of(replace(by_hand(rows), analysis=analysis))
        found = outcome_counts(sample)
        assert (found.trained, found.collapsed, found.untrained, found.diverged) == expected
        assert found.total == 36
        assert outcome_counts(sample, at_claim(sample)).total == 0
