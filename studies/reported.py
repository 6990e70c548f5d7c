"""Reported values as the columns of a verdict: what follows from one number of a run and from what it measures.

A share of n cases is k of n right, k rounded, so that it is judged as an accuracy (or an error) of our own engine.
Of the other kinds nothing but the value is known: such runs have no test cases.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from studies.language.measure import Measure

DERIVED = ("n_test", "correct", "accuracy", "error")  # columns of `Runs` that follow from a share
UNKNOWN = ("cross_entropy", "own_loss", "loss_area", "epochs_to_target")  # columns that no trainer reports


def derived_columns(values: ArrayLike, measure: Measure) -> Mapping[str, NDArray[Any]]:
    """The columns `DERIVED` and `UNKNOWN` of reported runs.

    Args:
        values: as reported, shape (n,); nan where a run broke and its measure has no worst value.
        measure: what they are values of.
    """
    reported = np.asarray(values, dtype=np.float64)
    unknown = np.full(len(reported), np.nan)
    found: dict[str, NDArray[Any]] = dict.fromkeys(UNKNOWN, unknown)
    if not measure.is_share or measure.test_size is None:
        none = np.zeros(len(reported), dtype=np.int64)
        return {**found, "n_test": none, "correct": none, "accuracy": unknown, "error": unknown}
    share = reported if measure.maximised else 1.0 - reported
    correct = np.rint(np.nan_to_num(share) * measure.test_size).astype(np.int64)
    accuracy = correct / measure.test_size
    n_test = np.full(len(reported), measure.test_size, dtype=np.int64)
    return {**found, "n_test": n_test, "correct": correct, "accuracy": accuracy, "error": 1.0 - accuracy}


def reported_differences(runs: Mapping[str, Sequence[Any]], measure: Measure) -> list[tuple[int, str, str]]:
    """Columns that contradict the reported value of their run, as (row, column, what is wrong).

    Args:
        runs: columns as a report has them: plain values, null for nan.
        measure: of the study.
    """
    values = np.array([np.nan if value is None else value for value in runs["value"]], dtype=np.float64)
    expected = derived_columns(values, measure)
    found = [
        (i, "value", text)
        for i, value in enumerate(values.tolist())
        if np.isfinite(value) and (text := measure.fault_of(value))
    ]
    found += [
        (i, "value", "is missing, and the run did not break")
        for i, (value, broke) in enumerate(zip(values.tolist(), runs["diverged"], strict=True))
        if not np.isfinite(value) and not broke
    ]
    for name in (*DERIVED, *UNKNOWN):
        stated = np.array([np.nan if value is None else value for value in runs[name]], dtype=np.float64)
        off = ~np.isclose(stated, expected[name].astype(np.float64), rtol=0.0, atol=1e-9, equal_nan=True)
        found += [(int(i), name, "does not follow from the reported value") for i in np.flatnonzero(off)]
    return found
