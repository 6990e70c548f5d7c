"""The sweep that speaks for a study."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from studies.verdict.decide import overall
from studies.verdict.leading import leading
from studies.verdict.model import Outcome, SweepVerdict

NAMES = [("golden", "first"), ("sse", "first"), ("sse", "second")]


@pytest.mark.parametrize(
    ("outcomes", "primary", "expected"),
    [
        ("srr", "golden", 0),
        ("srr", "sse", 1),
        ("srr", "own", None),
        ("srr", None, None),
        ("rrs", None, 0),
        ("", None, None),
        ("", "golden", None),
    ],
)
def test_the_sweep_that_leads_has_the_studys_outcome(
    make_verdict: Callable[..., SweepVerdict], outcomes: str, primary: str | None, expected: int | None
) -> None:
    meant = {"s": Outcome.SUPPORTED, "r": Outcome.REFUTED}
    sweeps = [
        replace(make_verdict(), loss=loss, context=context, outcome=meant[outcome])
        for (loss, context), outcome in zip(NAMES, outcomes, strict=False)
    ]
    found = leading(sweeps, primary)
    assert found == (None if expected is None else sweeps[expected])
    assert overall(primary, sweeps)[0] == (Outcome.INCONCLUSIVE if found is None else found.outcome)
