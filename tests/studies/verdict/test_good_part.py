"""The part of the box that is not worse than the best by a margin, on surfaces of known shape."""

from __future__ import annotations

import math

import numpy as np
import pytest

from studies.language.parameters import PAPER
from studies.verdict.gaussian_process import fit_process
from studies.verdict.good_part import good_part

V, U = np.meshgrid(np.linspace(-6.0, -2.0, 21), np.linspace(0.5, 3.0, 15))
NODES = np.column_stack([V.ravel(), U.ravel()])
RUNS = np.random.default_rng(2).uniform((-6.0, 0.5), (-2.0, 3.0), size=(160, 2))


def _height(points: np.ndarray) -> np.ndarray:
    return -0.3 * (points[:, 0] + 4.0) ** 2 - 0.4 * (points[:, 1] - 1.5) ** 2


@pytest.mark.parametrize("margin", [0.1, 0.3])
def test_the_interval_holds_the_true_share(margin: float) -> None:
    y = _height(RUNS) + np.random.default_rng(6).normal(0.0, 0.05, size=160)
    part = good_part(NODES, fit_process(PAPER.to_fit(RUNS), y), None, None, margin=margin, box_nodes=1000)
    true = np.sum(_height(NODES) > _height(NODES).max() - margin) / 1000
    assert part.share.low is not None and part.share.high is not None
    assert part.share.low <= true <= part.share.high
    assert part.alpha is not None
    width = math.sqrt(margin / 0.4)
    for found, u in zip(part.alpha, (1.5 - width, 1.5 + width), strict=True):
        assert -math.log1p(-found) == pytest.approx(u, abs=0.25)


def test_a_larger_margin_takes_a_larger_part_and_a_huge_one_all() -> None:
    process = fit_process(PAPER.to_fit(RUNS), _height(RUNS) + np.random.default_rng(7).normal(0.0, 0.05, size=160))
    shares = [
        good_part(NODES, process, None, None, margin=m, box_nodes=len(NODES)).share.estimate for m in (0.1, 0.5, 100.0)
    ]
    assert shares == sorted(shares, key=lambda s: s or 0.0) and shares[-1] == 1.0


def test_the_same_surfaces_and_margin_give_the_same_part() -> None:
    process = fit_process(PAPER.to_fit(RUNS), _height(RUNS))
    parts = [good_part(NODES, process, None, None, margin=0.1, box_nodes=500) for _ in range(2)]
    assert parts[0] == parts[1]
