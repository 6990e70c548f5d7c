"""Records of analysis 5."""

from __future__ import annotations

from studies.verdict.answers import OutcomeCounts


def test_failed_are_all_that_did_not_train() -> None:
    counts = OutcomeCounts(trained=80, collapsed=4, untrained=2, diverged=3)
    assert (counts.total, counts.failed) == (89, 9)
