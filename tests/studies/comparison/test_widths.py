"""The smallest width that still works: counted from the widest on, per run."""

from __future__ import annotations

import numpy as np
import pytest
from measured_arms import arm, asked, runs_of

from studies.comparison.widths import smallest_width, width_axes, width_rows
from studies.records import Runs

WIDTHS = (30.0, 40.0, 50.0)


def test_a_gap_ends_the_row_of_widths_that_work() -> None:
    reached = np.array(
        [[True, True, True], [True, False, True], [False, True, True], [True, True, False], [False, False, False]]
    )
    found = smallest_width(WIDTHS, reached)
    assert found[:3].tolist() == [30.0, 50.0, 40.0]
    assert np.isnan(found[3:]).all()


def _runs(table: dict[str, list[list[float | None]]]) -> dict[str, dict[str, Runs]]:
    """Runs by place and arm, of times by arm and width."""
    return {
        f"h-{width:g}": {name: runs_of(times[i]) for name, times in table.items()} for i, width in enumerate(WIDTHS)
    }


def test_each_run_has_its_smallest_width_and_arms_are_compared_in_pairs() -> None:
    plan = asked(arm("sgd"), arm("dlr"), widths=WIDTHS)
    runs = _runs(
        {
            "sgd": [[None, None, None], [None, 3.0, None], [2.0, 2.0, 2.0]],
            "dlr": [[None, 9.0, None], [4.0, 3.0, 5.0], [2.0, 2.0, 2.0]],
        }
    )
    sgd, dlr = width_rows(plan, "sse", runs)
    assert (sgd.smallest, dlr.smallest) == ((50.0, 40.0, 50.0), (40.0, 30.0, 40.0))
    assert dlr.result.mean == pytest.approx(110 / 3)
    assert (dlr.result.reached, dlr.passed_all, sgd.passed_all) == (3, 1, 0)
    assert sgd.result.versus is None and dlr.result.versus is not None
    assert dlr.result.versus.difference.estimate == -10.0
    assert dlr.result.versus.p_adjusted == pytest.approx(0.25)  # three equal differences


def test_a_run_that_fails_at_the_widest_counts_there_as_a_bound() -> None:
    plan = asked(arm("sgd"), widths=WIDTHS)
    (row,) = width_rows(plan, "sse", _runs({"sgd": [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0], [None, 1.0, 1.0]]}))
    assert row.smallest == (None, 30.0, 30.0)
    assert (row.result.censored, row.result.at_least, row.passed_all) == (1, True, 2)


def test_runs_that_are_missing_at_one_width_wait() -> None:
    plan = asked(arm("sgd"), widths=WIDTHS)
    runs = _runs({"sgd": [[1.0, 1.0], [1.0, 1.0], [1.0]]})
    (row,) = width_rows(plan, "sse", runs)
    assert row.result.n == 1
    runs = _runs({"sgd": [[], [1.0], [1.0]]})
    (row,) = width_rows(plan, "sse", runs)
    assert (row.result.n, row.smallest) == (0, ())


def test_axes_of_something_else_have_no_smallest_width() -> None:
    assert width_axes(asked(arm("sgd")).places) == []
