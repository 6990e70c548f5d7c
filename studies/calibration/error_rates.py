"""A calibration in a few numbers: coverage, false verdicts and power, each a share with its exact interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from studies.calibration.chances import Share
from studies.calibration.landscapes import SCENARIOS, Scenario
from studies.calibration.shares import share
from studies.calibration.verdict_rates import Row


@dataclass(frozen=True, slots=True)
class ErrorRates:
    """Totals over the scenarios that were run.

    coverage: regions that hold the planted optimum, of all regions; nominal 0.95.
    false_supported: supported, of the studies whose optimum lies outside N or is nowhere, or whose claim loses by the
        margin; nominal at most 0.05.
    false_refuted: refuted though the claim loses no more than the margin, of the studies whose optimum lies inside N
        and whose claim loses less than the margin, or that have no optimum; nominal at most 0.05.
    power: right verdicts, of the studies whose optimum is the claim's point or lies outside N by a factor of 3 or more,
        on a curved ridge; no nominal value. A mixture of easy and hard truths, so read `power_by_scenario`.
    power_by_scenario: the same for each of these scenarios that was run.
    """

    coverage: Share
    false_supported: Share
    false_refuted: Share
    power: Share
    power_by_scenario: dict[str, Share]


POWER = ("A", "E", "F")  # scenarios in which a right and decided answer can be expected


def error_rates(rows: Sequence[Row], scenarios: Mapping[str, Scenario] = SCENARIOS) -> ErrorRates:
    """Sum up a calibration.

    Args:
        rows: what `verdict_rates.calibrate` counted.
        scenarios: the rows' truths by key.

    Raises:
        KeyError: a row is of another scenario.
    """
    planted = [(scenarios[row.scenario], row) for row in rows]
    false = [row for scenario, row in planted if not scenario.may_support]
    true = [row for scenario, row in planted if scenario.may_support or scenario.slope <= 0.0]
    right = {
        row.scenario: share(row.supported if scenario.is_inside else row.refuted, row.studies)
        for scenario, row in planted
        if scenario.key in POWER
    }
    return ErrorRates(
        coverage=share(sum(row.covered for row in rows), sum(row.located for row in rows)),
        false_supported=share(sum(row.false_supported for row in false), _studies(false)),
        false_refuted=share(sum(row.false_refuted for row in true), _studies(true)),
        power=share(sum(each.count for each in right.values()), sum(each.n for each in right.values())),
        power_by_scenario=right,
    )


def _studies(rows: Sequence[Row]) -> int:
    return sum(row.studies for row in rows)
