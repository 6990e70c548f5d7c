"""Laws hold for their field and their update rules alone."""

from __future__ import annotations

import pytest

from studies.verdict.scaling_laws import laws_of


@pytest.mark.parametrize(
    ("field", "rule", "slopes"),
    [
        ("batch_size", "heavy_ball", [1.0, 0.5]),
        ("batch_size", "nesterov", [1.0, 0.5]),
        ("batch_size", "adam", []),
        ("width", "adam", [-1.0]),
        ("width", "heavy_ball", []),
        ("epochs", "heavy_ball", []),
        ("batch_size", "", []),
    ],
)
def test_laws_of_a_field_under_a_rule(field: str, rule: str, slopes: list[float]) -> None:
    assert [law.slope for law in laws_of(field, rule)] == slopes
