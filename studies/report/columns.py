"""Runs as JSON columns and back, without losing a digit; what is not a number becomes null.

The two parameters' columns have the parameters' names. The rows of external contexts have a column more, `value`: what
their trainers reported.

Reports of analysis 4 have no column `cause`: their failed runs come back with the cause "chance", which is not known.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, NotRequired, TypedDict

import numpy as np

from studies.outcomes import unknown_causes
from studies.records import Runs

CAUSE, VALUE, CPU = "cause", "value", "cpu_seconds"
PAIR = ("eta", "alpha")
_KINDS: dict[str, type[np.generic]] = {
    **dict.fromkeys(("trial", "run", "block", "n_test", "correct"), np.int64),
    **dict.fromkeys(("phase", "arm", CAUSE), np.str_),
    "diverged": np.bool_,
}
NAMES = tuple(f.name for f in fields(Runs))


class Layout(TypedDict):
    """The columns that a study's rows have: the arguments of `column_names`."""

    with_cause: bool
    with_value: bool
    with_cpu: NotRequired[bool]
    parameters: tuple[str, str]


def column_names(
    *, with_cause: bool, with_value: bool = False, with_cpu: bool = False, parameters: tuple[str, str] = PAIR
) -> dict[str, str]:
    """The columns of a report's runs, in the order of `Runs`, each with the field that it is.

    Args:
        with_cause: under analysis 5 and later; the rows of analysis 4 stay as they were published.
        with_value: for the sweeps of external contexts.
        with_cpu: the processor time of each run; no verdict reads it, and reports of verdicts leave it out.
        parameters: names of the two parameters.
    """
    left_out = {name for name, there in ((CAUSE, with_cause), (VALUE, with_value), (CPU, with_cpu)) if not there}
    renamed = dict(zip(PAIR, parameters, strict=True))
    return {renamed.get(name, name): name for name in NAMES if name not in left_out}


def columns_of(
    runs: Runs,
    *,
    with_cause: bool = True,
    with_value: bool = False,
    with_cpu: bool = False,
    parameters: tuple[str, str] = PAIR,
) -> dict[str, list[Any]]:
    """One list per column of `column_names`."""
    names = column_names(with_cause=with_cause, with_value=with_value, with_cpu=with_cpu, parameters=parameters)
    return {column: [_plain(value) for value in getattr(runs, name).tolist()] for column, name in names.items()}


def runs_of(columns: Mapping[str, Any], parameters: tuple[str, str] = PAIR) -> Runs:
    """The runs that `columns_of` wrote.

    Args:
        columns: by name.
        parameters: names of the two parameters.

    Raises:
        KeyError, TypeError, ValueError: the columns are not complete, not of one length or not of their kinds.
    """
    there = {f"with_{word}": name in columns for word, name in (("cause", CAUSE), ("value", VALUE), ("cpu", CPU))}
    stated = column_names(**there, parameters=parameters)
    arrays = {name: np.array(columns[at], dtype=_KINDS.get(name, np.float64)) for at, name in stated.items()}
    arrays.setdefault(CAUSE, unknown_causes(arrays["diverged"]))
    if len({array.shape for array in arrays.values()}) != 1:
        raise ValueError("the columns differ in length")
    return Runs(**arrays)


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
