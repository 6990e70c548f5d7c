"""One row of a table: rows at the claim's point, and names that look like a column's."""

from __future__ import annotations

import math

import pytest
from pydantic import ValidationError

from studies import golden
from studies.foreign.rows import COLUMNS, Measurement, at_claim, meant
from studies.language.claim import Claim


@pytest.mark.parametrize(
    ("eta", "alpha", "arm", "expected"),
    [
        (golden.ETA, golden.ALPHA, None, True),
        (0.0159, 0.874, None, True),
        (0.0159, 0.874, "claim", True),
        (0.0159, 0.874, "best", False),
        (golden.ETA, golden.ALPHA, "best", True),
        (golden.ETA * math.exp(0.011), golden.ALPHA, None, False),
        (golden.ETA, 1.0 - (1.0 - golden.ALPHA) * math.exp(0.011), None, False),
    ],
)
def test_a_row_is_the_claims_within_the_digits_that_it_was_written_with(
    eta: float, alpha: float, arm: str | None, expected: bool
) -> None:
    assert at_claim(Claim(), Measurement(eta=eta, alpha=alpha, value=0.9, arm=arm)) is expected


@pytest.mark.parametrize(
    ("name", "column"),
    [("divergd", "diverged"), ("is_diverged", "diverged"), ("repeats", "repeat"), ("blok", "block"), ("width", None)],
)
def test_a_name_stands_for_the_column_that_it_is_like(name: str, column: str | None) -> None:
    assert meant(name, ()) == column


def test_a_column_that_is_present_is_never_meant() -> None:
    assert meant("blok", COLUMNS) is None
    assert meant("trail", ()) is None, "`trial` is too like other words"


@pytest.mark.parametrize("change", [{"eta": 0.0}, {"alpha": 1.0}, {"arm": "winner"}, {"loss": "=1+1"}, {"extra": 1}])
def test_a_row_refuses_what_no_training_has(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Measurement.model_validate({"eta": 0.1, "alpha": 0.5, **change})
