"""Paired comparisons of a sequential confirmation: p-values and intervals that hold whenever it ends.

p-values pay for all looks (`looks.read`), each for as many blocks as its own arm was measured on. Intervals become
repeated confidence intervals: 95 % at all looks together, two-sided (Jennison & Turnbull 1989). Where the confirmation
has a fixed size, everything stays as it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from studies.verdict.comparisons import RegretTests
from studies.verdict.looks import read, resolved_level
from studies.verdict.model import LEVEL, Comparison, Evidence, Interval
from studies.verdict.tails import t_point

COMPARED = ("p_equivalent", "p_worse", "p_permutation", "p_alike", "p_loses")
REGRET = ("equivalent", "worse", "better", "crossed")
TESTS = (*REGRET, *(f"{name}_flip" for name in REGRET))


def repeated_comparison(comparison: Comparison, evidence: Evidence) -> Comparison:
    """The comparison as the evidence's schedule lets it be read."""
    if evidence.schedule is None:
        return comparison
    pairs = comparison.pairs
    return replace(
        comparison,
        difference=repeated_interval(comparison.difference, evidence, pairs),
        difference_points=repeated_interval(comparison.difference_points, evidence, pairs),
        **_read(comparison, COMPARED, evidence),
    )


def repeated_regret(tests: RegretTests, evidence: Evidence) -> RegretTests:
    """The tests on the regret as the evidence's schedule lets them be read."""
    if evidence.schedule is None:
        return tests
    difference = repeated_interval(tests.difference, evidence, tests.pairs)
    return replace(tests, difference=difference, **_read(tests, TESTS, evidence))


def repeated_interval(interval: Interval, evidence: Evidence, pairs: int) -> Interval:
    """A two-sided 95 % t-interval of a paired mean, widened so that it holds at all looks together.

    Args:
        interval: on pairs - 1 degrees of freedom.
        evidence: whose schedule it is.
        pairs: blocks behind it.
    """
    if interval.estimate is None or interval.low is None or interval.high is None or pairs < 2:
        return interval
    each = resolved_level(evidence, LEVEL / 2, pairs=pairs)
    wider = t_point(each, pairs - 1) / t_point(LEVEL / 2, pairs - 1)
    middle = interval.estimate
    return Interval(middle, middle - wider * (middle - interval.low), middle + wider * (interval.high - middle))


def _read(record: Comparison | RegretTests, names: tuple[str, ...], evidence: Evidence) -> dict[str, Any]:
    return {name: read(evidence, getattr(record, name), pairs=record.pairs) for name in names}
