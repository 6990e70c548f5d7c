"""The tables that schedules are made of."""

from __future__ import annotations

import numpy as np
import pytest

from worker.training.rates import Length, falling, steady


def test_a_steady_rate_is_the_same_at_every_step() -> None:
    table = steady(0.1, Length(7, 2))
    assert table.dtype == np.float64
    assert table.tolist() == [0.1] * 7


@pytest.mark.parametrize(
    ("share", "steps", "expected"),
    [
        (1.0, 5, [1.0, 0.75, 0.5, 0.25, 0.0]),
        (0.5, 6, [1.0, 1.0, 1.0, 1.0, 0.5, 0.0]),
        (0.1, 10, [1.0] * 9 + [0.0]),  # one step long: only the last
        (1e-9, 3, [1.0, 1.0, 0.0]),
        (0.3, 10, [1.0] * 8 + [0.5, 0.0]),  # 0.3 * 10 is 3 steps, whatever its rounding
        (1.0, 1, [0.0]),
    ],
)
def test_the_line_takes_the_last_share_of_the_steps(share: float, steps: int, expected: list[float]) -> None:
    np.testing.assert_allclose(falling(1.0, 0.0, share, Length(steps, 1)), expected, rtol=0, atol=1e-15)


@pytest.mark.parametrize("share", [0.0, -0.1, 1.1, float("nan")])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="`share` must lie above 0"):
        falling(1.0, 0.0, share, Length(5, 5))
