"""Results that do not vary: trainings that seem to ignore their seed, or the parameters. Noticed, never decided by.

Equal results of one point on different seeds can be honest, where a result has few steps: shares of few test cases, or
numbers that are printed with few decimals. How likely they are hangs on the noise in steps. With a normal noise of c
steps the chance that k results fall into one step is about (2 pi c^2)^(-(k - 1) / 2) / sqrt(k); equal results count as
odd where that is at most `ODD` for the least noise that a seed has by rule of thumb: of a share of n cases, that a
fifth of the errors fall on other cases; of any other number, a hundredth of what the parameters change.

Not odd at all: 0 and 1 of a share, a whole number that is the best or the worst of all, such as the most points of a
game, and a result that other points have as well, such as chance level. There the measure ends, or a training does.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from studies.language.measure import Measure

FEWEST = 3  # results of one point
FEWEST_POINTS = 8  # that all have one result
ODD = 1e-4
CHURN = 0.2  # of the errors, that fall on other cases with another seed
NOISE_SHARE = 0.01  # of the range of results
WHOLE = 1e-6  # of a case: rounding

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Seen:
    """A result.

    Attributes:
        point: of the two parameters.
        value: as reported; None where the training broke.
        seed: what sets it apart from others of its point.
        part: of the data that it was tested on; results of different parts may well differ.
    """

    point: Point
    value: float | None
    seed: Hashable
    part: Hashable = 0


@dataclass(frozen=True, slots=True)
class Same:
    """Results of one point that are all the same."""

    point: Point
    value: float
    count: int

    def sentence(self, names: Sequence[str]) -> str:
        """What is odd, in words."""
        at = ", ".join(f"{name} = {value:.4g}" for name, value in zip(names, self.point, strict=True))
        return (
            f"all {self.count} trainings at {at} came to {self.value:.6g}, on different seeds: the training seems to "
            "ignore the seed, and without noise no test means anything"
        )


def same_on_all_seeds(seen: Iterable[Seen], measure: Measure) -> Same | None:
    """The point whose results are all the same, although their seeds are not; None where none is odd."""
    found = list(seen)
    values = [each.value for each in found if each.value is not None]
    holders = _holders(found)
    for (point, _), group in _by_point(found).items():
        value, seeds = group[0].value, {each.seed for each in group}
        if value is None or len(seeds) < FEWEST or any(each.value != value for each in group):
            continue
        ends = len(holders[value]) > 1 or _is_end(value, values, measure)
        if not ends and _is_odd(len(seeds), value, values, measure):
            return Same(point, value, len(seeds))
    return None


def constant_result(seen: Iterable[Seen]) -> float | None:
    """The one result of all trainings, at many points; None where there are two, or some broke."""
    found = list(seen)
    values = {each.value for each in found}
    if len(values) != 1 or len({each.point for each in found}) < FEWEST_POINTS:
        return None
    return values.pop()


def constant_sentence(value: float, names: Sequence[str]) -> str:
    """That all results are one, in words."""
    return (
        f"every training returned {value:.6g}: the program seems to ignore {' and '.join(names)}, or the measure "
        "cannot tell its trainings apart"
    )


def _by_point(found: Iterable[Seen]) -> Mapping[tuple[Point, Hashable], list[Seen]]:
    groups = defaultdict(list)
    for each in found:
        groups[each.point, each.part].append(each)
    return groups


def _holders(found: Iterable[Seen]) -> Mapping[float, set[Point]]:
    holders = defaultdict(set)
    for each in found:
        if each.value is not None:
            holders[each.value].add(each.point)
    return holders


def _is_end(value: float, values: Sequence[float], measure: Measure) -> bool:
    """True where a measure may end at a value, so that trainings meet there."""
    if measure.is_share:
        return value in (0.0, 1.0)
    return value == round(value) and value in (min(values), max(values))


def _is_odd(count: int, value: float, values: Sequence[float], measure: Measure) -> bool:
    steps = _noise_steps(value, values, measure)
    if steps <= 0.0:
        return False
    chance = -0.5 * (count - 1) * math.log(2.0 * math.pi * steps**2) - 0.5 * math.log(count)
    return chance <= math.log(ODD)


def _noise_steps(value: float, values: Sequence[float], measure: Measure) -> float:
    """The least noise that a seed has by rule of thumb, in steps of the results."""
    cases = measure.test_size
    if measure.is_share and cases is not None and all(abs(v * cases - round(v * cases)) < WHOLE for v in values):
        return math.sqrt(CHURN * cases * min(value, 1.0 - value))
    decimals = max(-int(Decimal(repr(v)).normalize().as_tuple().exponent) for v in values)
    return NOISE_SHARE * (max(values) - min(values)) * 10.0 ** min(decimals, 300)
