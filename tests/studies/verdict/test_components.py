from __future__ import annotations

import numpy as np
import pytest

from studies.verdict.components import deviations
from studies.verdict.rows import ArmRuns


def _arms(table: np.typing.NDArray[np.float64], labels: tuple[str, ...]) -> list[ArmRuns]:
    keys = np.column_stack([np.arange(len(table)), np.zeros(len(table), dtype=np.int64)])
    return [
        ArmRuns(name, 0.01, 0.5 + i / 100, keys, column, np.full(len(table), 0.9))
        for i, (name, column) in enumerate(zip(labels, table.T, strict=True))
    ]


def test_planted_deviations_come_back_apart() -> None:
    rng = np.random.default_rng(1)
    table = rng.normal(0.0, 0.3, (4000, 1)) + rng.normal(0.0, 0.1, (4000, 3)) + np.array([0.0, 0.2, -0.1])
    found = deviations(_arms(table, ("claim", "best", "inside")))
    assert found == (pytest.approx(0.1, rel=0.03), pytest.approx(0.3, rel=0.03))


def test_no_effect_of_blocks_is_no_negative_variance() -> None:
    table = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    found = deviations(_arms(table, ("claim", "best")))
    assert found is not None
    assert found[1] == 0.0


def test_noisy_arms_far_below_are_left_out_whatever_they_are_called() -> None:
    rng = np.random.default_rng(2)
    near, far = rng.normal(0.0, 0.1, (400, 3)), rng.normal(-3.0, 1.0, (400, 2))
    for labels in (("claim", "best", "inside", "default", "mate:0"), ("claim", "default", "mate:0", "best", "inside")):
        found = deviations(_arms(np.hstack([near, far]), labels))
        assert found is not None
        assert found[0] == pytest.approx(0.1, rel=0.1)


def test_too_few_blocks_or_arms_give_nothing() -> None:
    table = np.random.default_rng(2).normal(size=(10, 2))
    assert deviations(_arms(table[:1], ("claim", "best"))) is None
    assert deviations(_arms(table[:, :1], ("claim",))) is None
    assert deviations([]) is None
