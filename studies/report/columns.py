"""Runs as JSON columns and back, without losing a digit; what is not a number becomes null.

Reports of analysis 4 have no column `cause`: their failed runs come back with the cause "chance", which is not known.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from studies.outcomes import unknown_causes
from studies.records import Runs

CAUSE = "cause"
_KINDS: dict[str, type[np.generic]] = {
    **dict.fromkeys(("trial", "run", "block", "n_test", "correct"), np.int64),
    **dict.fromkeys(("phase", "arm", CAUSE), np.str_),
    "diverged": np.bool_,
}
NAMES = tuple(f.name for f in fields(Runs))


def column_names(*, with_cause: bool) -> tuple[str, ...]:
    """The columns of a report's runs, in the order of `Runs`.

    Args:
        with_cause: under analysis 5 and later; the rows of analysis 4 stay as they were published.
    """
    return NAMES if with_cause else tuple(name for name in NAMES if name != CAUSE)


def columns_of(runs: Runs, *, with_cause: bool = True) -> dict[str, list[Any]]:
    """One list per column of `column_names`."""
    names = column_names(with_cause=with_cause)
    return {name: [_plain(value) for value in getattr(runs, name).tolist()] for name in names}


def runs_of(columns: Mapping[str, Any]) -> Runs:
    """The runs that `columns_of` wrote.

    Raises:
        KeyError, TypeError, ValueError: the columns are not complete, not of one length or not of their kinds.
    """
    stated = column_names(with_cause=CAUSE in columns)
    arrays = {name: np.array(columns[name], dtype=_KINDS.get(name, np.float64)) for name in stated}
    arrays.setdefault(CAUSE, unknown_causes(arrays["diverged"]))
    if len({array.shape for array in arrays.values()}) != 1:
        raise ValueError("the columns differ in length")
    return Runs(**arrays)


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
