"""How a trial of Optuna ended, beyond its state: Optuna keeps neither a nan nor the exception."""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import FrameType
from typing import Any


def told_by(frame: FrameType | None) -> Any:
    """The exception that ended a trial, or else the value that it gave, nan included; Optuna keeps neither.

    Args:
        frame: the caller of `after_trial`. Tests hold the installed Optuna against this; where it is another function,
            nothing is known, and the trial counts as failed.
    """
    if frame is None or frame.f_code.co_name != "_tell_with_warning":
        return None
    outer = frame.f_back
    raised = outer.f_locals.get("func_err") if outer is not None and outer.f_code.co_name == "_run_trial" else None
    return raised if raised is not None else frame.f_locals.get("value_or_values")


def is_nan(told: Any) -> bool:
    """True where a trial gave nan, alone or as the one value of a list."""
    value = told[0] if isinstance(told, Sequence) and len(told) == 1 else told
    try:
        return math.isnan(value)
    except TypeError:
        return False
