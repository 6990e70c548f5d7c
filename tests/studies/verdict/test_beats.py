from __future__ import annotations

import numpy as np
import pytest

from studies.verdict.beats import beats, share_interval
from studies.verdict.rows import ArmRuns


def _arm(label: str, y: list[float]) -> ArmRuns:
    keys = np.column_stack([np.arange(len(y)), np.zeros(len(y), dtype=np.int64)])
    return ArmRuns(label, 0.01, 0.8, keys, np.array(y, dtype=np.float64), np.full(len(y), 0.9))


def test_wins_count_and_ties_count_half() -> None:
    claim, other = _arm("claim", [0.0, 0.0, 0.0, 0.0]), _arm("best", [1.0, -1.0, 0.0, 2.0])
    (found,) = beats([claim, other])
    assert (found.arm, found.pairs, found.probability) == ("best", 4, pytest.approx(2.5 / 4))
    assert 0.0 < found.low < found.probability < found.high < 1.0


def test_one_collapsed_run_hardly_moves_it_though_it_turns_the_mean() -> None:
    claim = _arm("claim", [0.0] * 20)
    other = _arm("default", [0.1] * 19 + [-5.0])
    (found,) = beats([claim, other])
    assert found.probability == pytest.approx(0.95)
    assert np.mean(other.y) < 0.0


def test_interval_is_agresti_and_coulls() -> None:
    """18 of 26: (18 + 1.92) / (26 + 3.84) = 0.6675, plus or minus 1.96 sqrt(0.6675 x 0.3325 / 29.84)."""
    assert share_interval(18.0, 26) == (pytest.approx(0.4985, abs=2e-4), pytest.approx(0.8365, abs=2e-4))
    assert share_interval(0.0, 5)[0] == 0.0
    assert share_interval(5.0, 5)[1] == 1.0


def test_the_interval_covers_at_least_about_95_percent() -> None:
    for share in (0.1, 0.5, 0.75, 0.95):
        wins = np.random.default_rng(int(100 * share)).binomial(30, share, 2000)
        ends = np.array([share_interval(float(k), 30) for k in wins])
        assert np.mean((ends[:, 0] <= share) & (share <= ends[:, 1])) >= 0.935


def test_without_the_claim_or_a_shared_run_there_is_nothing_to_say() -> None:
    assert beats([]) == ()
    assert beats([_arm("best", [0.0])]) == ()
    apart = ArmRuns("best", 0.01, 0.8, np.array([[7, 0]]), np.zeros(1), np.zeros(1))
    assert beats([_arm("claim", [0.0]), apart]) == ()
