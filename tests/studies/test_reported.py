"""What follows from reported values, and what contradicts them."""

from __future__ import annotations

import numpy as np
import pytest

from studies.language.measure import Measure
from studies.reported import DERIVED, UNKNOWN, derived_columns, reported_differences

RISES = Measure(name="acc", direction="maximize", kind="share", test_size=200)
FALLS = Measure(name="err", direction="minimize", kind="share", test_size=200)
REAL = Measure(name="elbo", direction="maximize", kind="real")


def test_a_share_is_counted_on_its_cases() -> None:
    found = derived_columns([0.0, 0.123, 1.0], RISES)
    assert found["correct"].tolist() == [0, 25, 200]
    assert found["n_test"].tolist() == [200] * 3
    assert found["accuracy"].tolist() == [0.0, 0.125, 1.0]
    assert np.isnan(found["cross_entropy"]).all()


def test_a_share_that_falls_is_an_error() -> None:
    found = derived_columns([0.0, 0.25, 1.0], FALLS)
    assert found["correct"].tolist() == [200, 150, 0]
    assert found["error"].tolist() == pytest.approx([0.0, 0.25, 1.0])


def test_of_other_measures_nothing_follows() -> None:
    found = derived_columns([-3.0, np.nan], REAL)
    assert found["n_test"].tolist() == found["correct"].tolist() == [0, 0]
    assert np.isnan([found["accuracy"], found["error"]]).all()


@pytest.mark.parametrize("measure", [RISES, FALLS, REAL])
def test_a_report_that_was_bent_is_found_out(measure: Measure) -> None:
    values = [0.5, 0.91, measure.worst]
    columns = derived_columns([np.nan if v is None else v for v in values], measure)
    runs = {name: [None if np.isnan(x) else x for x in columns[name].tolist()] for name in (*DERIVED, *UNKNOWN)}
    runs |= {"value": values, "diverged": [False, False, True]}
    assert reported_differences(runs, measure) == []
    for name in (*DERIVED, *UNKNOWN):
        bent = {**runs, name: [0.3, *runs[name][1:]]}
        assert (0, name) in [(i, column) for i, column, _ in reported_differences(bent, measure)], name
    assert [(i, c) for i, c, _ in reported_differences({**runs, "diverged": [False] * 3}, measure)] == (
        [] if measure.is_share else [(2, "value")]
    )
    if measure.kind == "share":
        assert "value" in {column for _, column, _ in reported_differences({**runs, "value": [93, 0.91, 0]}, measure)}
