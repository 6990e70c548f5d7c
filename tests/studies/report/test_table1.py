"""Table 1's means and deviations, by hand-computed values, and over HTTP."""

from __future__ import annotations

import numpy as np
import pytest

from studies import golden
from studies.language import catalogue
from studies.records import Runs
from studies.report.table1 import TableRow, table_rows

SHARES = np.array([[0.90, 0.92], [0.94, 0.96]])  # repeats x folds


def _runs(*, phase: str = "cv", diverged: bool = False) -> Runs:
    count = SHARES.size
    nothing = np.full(count, np.nan)
    return Runs(
        trial=np.repeat([0, 1], 2),
        run=np.tile([0, 1], 2),
        phase=np.array([phase] * count),
        arm=np.array(["claim"] * count),
        block=np.repeat([100_000, 100_001], 2),
        eta=np.full(count, golden.ETA),
        alpha=np.full(count, golden.ALPHA),
        n_test=np.full(count, 1000),
        correct=np.rint(1000 * SHARES.ravel()).astype(np.int64),
        accuracy=SHARES.ravel(),
        error=1 - SHARES.ravel(),
        cross_entropy=nothing,
        own_loss=nothing,
        loss_area=nothing,
        epochs_to_target=nothing,
        diverged=np.array([diverged, False, False, False]),
        cause=np.array(["chance" if diverged else "", "", "", ""]),
    )


def _row(runs: Runs, loss: str = "golden") -> TableRow:
    (row,) = table_rows(catalogue.load("table-1"), "paper", loss, runs)
    return row


def test_mean_and_deviations_equal_values_by_hand() -> None:
    row = _row(_runs())
    assert row.mean == pytest.approx(93.0)
    assert row.sd_runs == pytest.approx(np.sqrt(20.0 / 3.0))  # of 90, 92, 94, 96
    assert row.sd_folds == pytest.approx(np.sqrt(2.0))  # of 92, 94
    assert row.sd_repeats == pytest.approx(np.sqrt(8.0))  # of 91, 95
    assert (row.paper_mean, row.paper_sd) == (99.4, 0.1)


def test_diverged_runs_count_at_chance() -> None:
    row = _row(_runs(diverged=True))
    assert (row.diverged, row.mean) == (1, pytest.approx((10 + 92 + 94 + 96) / 4))


def test_rows_that_the_paper_lacks_stand_alone() -> None:
    assert _row(_runs(), loss="cross_entropy").paper_mean is None
    assert _row(_runs(), loss="sse").paper_mean == 98.9


def test_other_phases_make_no_rows() -> None:
    assert table_rows(catalogue.load("table-1"), "paper", "golden", _runs(phase="map")) == []
