"""The one rule that says what a training's result is: a value, a run that diverged, or a failed attempt.

a number of the measure, or a mapping with the measure's name           trained, with this value
nan, an infinity, a magnitude beyond its measure, {"diverged": true}    diverged: a result, never a failure
anything else: no number, none of the measure, nothing at all           failed: the trial is tried again
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

from studies.errors import cut
from studies.language.measure import LARGEST, Measure

MOST_TEXT = 1_800  # characters of a failure; the storage keeps a few more
DIVERGED = "diverged"  # key of a result that declares it


@dataclass(frozen=True, slots=True)
class RunEnd:
    """The end of one run.

    Attributes:
        value: the measure; None where it diverged or failed.
        diverged: the training broke.
        failed: why there is no result; None where there is one.
        error: what was raised, where the training ran in this process.
        log: what it printed last, where it is a process that does.
    """

    value: float | None = None
    diverged: bool = False
    failed: str | None = None
    error: BaseException | None = None
    log: str = field(default="", compare=False)


BROKE = RunEnd(diverged=True)


def end_of(result: Any, measure: Measure) -> RunEnd:
    """The end of a run that gave a result.

    Args:
        result: a number, or a mapping with the measure's name or with `diverged`.
        measure: what it is to be.
    """
    if isinstance(result, Mapping):
        if result.get(DIVERGED) is True:
            return BROKE
        if measure.name not in result:
            return RunEnd(failed=_lacks(result, measure))
        result = result[measure.name]
    number = _number(result)
    if number is None:
        return RunEnd(failed=f"{measure.name} is {_shown(result)}, which is no number; {_cure(measure)}")
    if not abs(number) <= max(LARGEST[measure.kind], LARGEST["real"]):
        return BROKE
    if fault := measure.fault_of(number):
        return RunEnd(failed=fault)
    return RunEnd(value=number)


def _number(value: Any) -> float | None:
    """A number of any library as a float; None where it is none."""
    if isinstance(value, bool | str | bytes) or value is None:
        return None
    if not isinstance(value, Real) and not hasattr(value, "__float__"):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf
    except Exception:  # an array of several numbers, say
        return None


def _lacks(result: Mapping[Any, Any], measure: Measure) -> str:
    names = ", ".join(cut(str(name), 40) for name in list(result)[:10]) or "nothing"
    return f"the result has no {measure.name!r}, it has {names}; {_cure(measure)}"


def _shown(value: Any) -> str:
    return "missing" if value is None else cut(repr(value), 60)


def _cure(measure: Measure) -> str:
    return f'give {measure.name} as a number, or "diverged": true where the training broke'
