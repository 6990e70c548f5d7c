"""Runs as JSON columns and back, without losing a digit; what is not a number becomes null."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from studies.records import Runs

_KINDS: dict[str, type[np.generic]] = {
    **dict.fromkeys(("trial", "run", "block", "n_test", "correct"), np.int64),
    **dict.fromkeys(("phase", "arm"), np.str_),
    "diverged": np.bool_,
}
NAMES = tuple(f.name for f in fields(Runs))


def columns_of(runs: Runs) -> dict[str, list[Any]]:
    """One list per column, in the order of `Runs`."""
    return {name: [_plain(value) for value in getattr(runs, name).tolist()] for name in NAMES}


def runs_of(columns: Mapping[str, Any]) -> Runs:
    """The runs that `columns_of` wrote.

    Raises:
        KeyError, TypeError, ValueError: the columns are not complete, not of one length or not of their kinds.
    """
    arrays = {name: np.array(columns[name], dtype=_KINDS.get(name, np.float64)) for name in NAMES}
    if len({array.shape for array in arrays.values()}) != 1:
        raise ValueError("the columns differ in length")
    return Runs(**arrays)


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
