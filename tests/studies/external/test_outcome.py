"""The one rule of results: a value, a broken training, or a failed attempt."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from memory_source import POSITIVE, SHARE

from studies.external.outcome import BROKE, RunEnd, end_of
from studies.language.measure import Measure

REAL = Measure(name="reward", direction="maximize", kind="real")


@pytest.mark.parametrize(
    "result", [0.5, np.float32(0.5), np.array(0.5), Fraction(1, 2), Decimal("0.5"), {"val_acc": 0.5, "epoch": 3}]
)
def test_numbers_of_any_library_are_values(result: Any) -> None:
    assert end_of(result, SHARE) == RunEnd(value=0.5)


@pytest.mark.parametrize(
    "result",
    [float("nan"), float("inf"), -np.inf, 1e301, 10**400, {"diverged": True}, {"val_acc": float("nan")}],
)
def test_what_is_not_finite_broke(result: Any) -> None:
    for measure in (SHARE, POSITIVE, REAL):
        named = {measure.name: result["val_acc"]} if isinstance(result, dict) and "val_acc" in result else result
        assert end_of(named, measure) == BROKE


@pytest.mark.parametrize(
    ("result", "measure", "text"),
    [
        (None, SHARE, "val_acc is missing, which is no number"),
        (True, SHARE, "val_acc is True, which is no number"),
        ("0.5", SHARE, "val_acc is '0.5', which is no number"),
        ([0.5], SHARE, "no number"),
        (np.array([0.5, 0.6]), SHARE, "no number"),
        ({"val_acc": None}, SHARE, "val_acc is missing"),
        ({"val_acc": {"mean": 0.5}}, SHARE, "no number"),
        ({}, SHARE, "has no 'val_acc', it has nothing"),
        ({"acc": 0.5, "diverged": False}, SHARE, "has no 'val_acc', it has acc, diverged"),
        ({"diverged": "no"}, SHARE, "has no 'val_acc'"),
        (93.4, SHARE, "divide percentages by 100"),
        (0.0, POSITIVE, "report a number above 0"),
    ],
)
def test_anything_else_has_failed_with_what_is_wrong_and_the_cure(result: Any, measure: Measure, text: str) -> None:
    end = end_of(result, measure)
    assert end.failed is not None
    assert text in end.failed
    assert (end.value, end.diverged) == (None, False)


def test_a_long_result_is_cut_in_the_text() -> None:
    failed = end_of("x" * 100_000, SHARE).failed
    assert failed is not None
    assert len(failed) < 300
