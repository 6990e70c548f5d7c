"""Checks of a report's measurements against each other: numbers of one run that determine or bound one another."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from studies.language.measure import Measure
from studies.language.phases import Phase
from studies.records import Cause
from studies.report.columns import CAUSE
from studies.report.differences import MOST
from studies.reported import reported_differences

ROUNDING = 1e-9


def measurement_differences(
    sweep: Mapping[str, Any], *, epochs: int, spread: int, within_epochs: bool = False, official: bool = False
) -> list[str]:
    """One line for each measurement that another one of the same run, or the data set, contradicts; at most 20.

    Args:
        sweep: of the report.
        epochs: length of a training.
        spread: test images by which the folds of the context's data set may differ.
        within_epochs: looks lie within epochs as well, so that a target may be reached after a fraction of one.
        official: runs are tested on the data set's own test part, but for tuning that is judged by held-out images.
    """
    runs, path = sweep["runs"], f"sweeps.{sweep['name']}.runs"
    found = [f"{path}.{column}.{i}: {text}" for i in range(sweep["rows"]) for column, text in _row(runs, i)]
    found += [
        f"{path}.epochs_to_target.{i}: {text}"
        for i in range(sweep["rows"])
        for text in _reached(runs, i, epochs, within_epochs)
    ]
    for sizes in _test_sizes(runs, official):
        if max(sizes) - min(sizes) > spread:
            text = f"is {min(sizes)} to {max(sizes)}; folds of one data set differ by at most {spread}"
            found.append(f"{path}.n_test: {text}")
    return found[:MOST]


def value_differences(sweep: Mapping[str, Any], measure: Measure) -> list[str]:
    """One line for each reported value that cannot be, and for each column that contradicts it; at most 20.

    Args:
        sweep: of the report, of an external context.
        measure: what its trainers report.
    """
    runs, path = sweep["runs"], f"sweeps.{sweep['name']}.runs"
    off = [f"{path}.{column}.{i}: {text}" for i, column, text in reported_differences(runs, measure)]
    causes = [f"{path}.{column}.{i}: {text}" for i in range(sweep["rows"]) for column, text in _cause(runs, i)]
    return [*off, *causes][:MOST]


def _row(runs: Mapping[str, Any], i: int) -> Iterator[tuple[str, str]]:
    """Contradictions within one run, each with its column."""
    correct, total, accuracy, error = (runs[name][i] for name in ("correct", "n_test", "accuracy", "error"))
    if not 0 <= correct <= total:
        yield "correct", f"is {correct}, of {total} test images"
    elif not math.isclose(accuracy, correct / total, abs_tol=ROUNDING):
        yield "accuracy", f"is {accuracy}, but {correct} of {total} test images were correct"
    if not math.isclose(error, 1.0 - accuracy, abs_tol=ROUNDING):
        yield "error", f"is {error}, but the accuracy is {accuracy}"
    # An image that was classified wrongly had at most half of the probability on its own class.
    least, cross_entropy = (1.0 - accuracy) * math.log(2.0), runs["cross_entropy"][i]
    if cross_entropy is not None and not runs["diverged"][i] and cross_entropy < least - ROUNDING:
        yield "cross_entropy", f"is {cross_entropy}, but at this accuracy it is at least {least:.6g}"
    yield from _cause(runs, i)


def _reached(runs: Mapping[str, Any], i: int, epochs: int, within_epochs: bool) -> Iterator[str]:
    """An epoch that the run does not have."""
    reached = runs["epochs_to_target"][i]
    if reached is None:
        return
    if within_epochs and not 0 < reached <= epochs:
        yield f"is {reached}, but a training has {epochs} epochs"
    elif not within_epochs and reached not in range(1, epochs + 1):
        yield f"is {reached}, but a training has the epochs 1 to {epochs}"


def _cause(runs: Mapping[str, Any], i: int) -> Iterator[tuple[str, str]]:
    """Contradictions between a run's cause and its failure; reports of analysis 4 state no cause."""
    if CAUSE not in runs:
        return
    cause, failed = runs[CAUSE][i], runs["diverged"][i]
    if cause not in frozenset(Cause):
        yield CAUSE, f"is {cause}; there are {', '.join(repr(known.value) for known in Cause)}"
    elif (cause == Cause.NONE) == failed:
        yield CAUSE, f"is {cause!r}, but the run {'failed' if failed else 'ended above chance'}"


def _test_sizes(runs: Mapping[str, Any], official: bool) -> list[list[int]]:
    """Test images of the runs that were tested on parts of one kind."""
    if not official:
        return [runs["n_test"]] if runs["n_test"] else []
    tuned = [phase == Phase.TUNE for phase in runs["phase"]]
    kinds = ([n for n, own in zip(runs["n_test"], tuned, strict=True) if own is kind] for kind in (False, True))
    return [sizes for sizes in kinds if sizes]
