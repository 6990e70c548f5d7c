"""Runs as JSON columns: written and read back without a change, refused where a column does not fit."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from studies.calibration.landscapes import SCENARIOS
from studies.calibration.simulation import simulate
from studies.records import Runs
from studies.report.columns import NAMES, columns_of, runs_of


@pytest.fixture(scope="module")
def runs() -> Runs:
    return simulate(SCENARIOS["A"], np.random.default_rng(0)).runs


def test_runs_come_back_to_the_last_digit(runs: Runs) -> None:
    text = json.dumps(columns_of(runs), allow_nan=False)
    again = runs_of(json.loads(text))
    for name in NAMES:
        before, after = getattr(runs, name), getattr(again, name)
        assert after.dtype.kind == before.dtype.kind
        np.testing.assert_array_equal(after, before, err_msg=name)


def test_numbers_that_are_not_finite_become_null(runs: Runs) -> None:
    columns = columns_of(runs)
    name = next(name for name in NAMES if getattr(runs, name).dtype.kind == "f")
    changed = getattr(runs, name).copy()
    changed[0] = math.inf
    assert columns_of(runs_of({**columns, name: changed}))[name][0] is None


@pytest.mark.parametrize(
    "spoil",
    [
        lambda columns: {name: column for name, column in columns.items() if name != "phase"},
        lambda columns: {**columns, "correct": columns["correct"][1:]},
        lambda columns: {**columns, "block": ["first"] * len(columns["block"])},
    ],
    ids=["missing", "shorter", "of another kind"],
)
def test_columns_that_do_not_fit_are_refused(
    runs: Runs, spoil: Callable[[dict[str, list[Any]]], dict[str, list[Any]]]
) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        runs_of(spoil(columns_of(runs)))


def test_the_cause_is_a_column_under_later_analyses_alone(runs: Runs) -> None:
    assert "cause" not in columns_of(runs, with_cause=False)
    assert tuple(columns_of(runs)) == (*columns_of(runs, with_cause=False), "cause")
    assert tuple(columns_of(runs, with_value=True)) == (*columns_of(runs), "value")
    assert (
        tuple(columns_of(runs, with_value=True, with_cpu=True)) == NAMES == (*columns_of(runs), "value", "cpu_seconds")
    )


def test_processor_time_is_a_column_only_where_it_is_asked_for(runs: Runs) -> None:
    timed = replace(runs, cpu_seconds=np.arange(len(runs)) / 8.0)
    assert runs_of(columns_of(timed, with_cpu=True)).cpu_seconds.tolist() == timed.cpu_seconds.tolist()
    assert columns_of(timed) == columns_of(runs)
    assert np.isnan(runs_of(columns_of(timed)).cpu_seconds).all()


def test_rows_without_causes_come_back_with_unknown_ones(runs: Runs) -> None:
    failed = np.arange(len(runs)) % 3 == 0
    runs = replace(runs, diverged=failed, cause=np.where(failed, "untrained", ""))
    back = runs_of(columns_of(runs, with_cause=False))
    assert back.cause.tolist() == ["chance" if one else "" for one in failed.tolist()]
    assert runs_of(columns_of(runs)).cause.tolist() == runs.cause.tolist()
