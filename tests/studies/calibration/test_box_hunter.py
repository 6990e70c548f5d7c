"""Box and Hunter's region: right where its assumptions hold, silent without rows."""

from __future__ import annotations

import numpy as np

from studies.calibration.box_hunter import box_hunter_p_values


def test_box_hunter_covers_a_quadratics_top_at_its_level() -> None:
    rng, held, studies = np.random.default_rng(3), 0, 400
    for _ in range(studies):
        x = rng.uniform(-2, 2, (40, 2))
        y = -((x[:, 0] - 0.3) ** 2) - 0.5 * (x[:, 1] + 0.2) ** 2 + 0.3 * rng.standard_normal(40)
        p = box_hunter_p_values(x, y, np.array([[0.3, -0.2]]))
        held += p is not None and p[0] > 0.05
    assert abs(held / studies - 0.95) <= 3 * np.sqrt(0.95 * 0.05 / studies)


def test_box_hunter_says_nothing_without_enough_rows() -> None:
    x = np.random.default_rng(0).uniform(size=(6, 2))
    assert box_hunter_p_values(x, x[:, 0], x) is None
    assert box_hunter_p_values(np.zeros((20, 2)), np.zeros(20), x) is None
