"""A calibration in a few numbers: coverage, false verdicts and power, each a share with its exact interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from studies.calibration.chances import Share
from studies.calibration.shares import share
from studies.calibration.verdict_rates import STATEMENTS, Row

POOLED = ("A", "E", "F")  # scenarios in which a right and decided answer can be expected


@dataclass(frozen=True, slots=True)
class StatementRates:
    """One statement's false answers: false "yes" where the truth is another, false "no" likewise."""

    false_yes: Share
    false_no: Share


@dataclass(frozen=True, slots=True)
class ErrorRates:
    """Totals over the scenarios that were run.

    coverage: regions that hold a planted highest top, of all regions; nominal 0.95.
    false_supported: supported, of the studies with a top outside N or none, or whose claim loses by the margin or
        collapses more often than its rivals; nominal at most 0.05.
    false_refuted: refuted, of the studies with a top in N or none, whose claim loses less than the margin and collapses
        no more often; nominal at most 0.05.
    power: right verdicts in A, E and F; no nominal value. A mixture of easy and hard truths, so read
        `power_by_scenario`.
    power_by_scenario: right verdicts of the studies in which one decided verdict is right, by scenario.
    statements: false answers to each statement; empty under analysis 4.
    collapse: refuted by collapse, of the studies whose claim collapses no more often than its rivals; None likewise.
    """

    coverage: Share
    false_supported: Share
    false_refuted: Share
    power: Share
    power_by_scenario: dict[str, Share]
    statements: dict[str, StatementRates]
    collapse: Share | None


def error_rates(rows: Sequence[Row]) -> ErrorRates:
    """Sum up a calibration: `rows` is what `verdict_rates.calibrate` counted."""
    pooled = [row for row in rows if row.scenario in POOLED]
    tests = [row.collapses for row in rows if row.collapses is not None]
    return ErrorRates(
        coverage=share(sum(row.covered for row in rows), sum(row.located for row in rows)),
        false_supported=share(sum(row.false_supported for row in rows), sum(row.unsupportable for row in rows)),
        false_refuted=share(sum(row.false_refuted for row in rows), sum(row.irrefutable for row in rows)),
        power=share(sum(row.right for row in pooled), sum(row.decidable for row in pooled)),
        power_by_scenario={row.scenario: share(row.right, row.decidable) for row in rows if row.decidable},
        statements=_statements(rows),
        collapse=share(sum(t.false_refuted for t in tests), sum(t.alike for t in tests)) if tests else None,
    )


def _statements(rows: Sequence[Row]) -> dict[str, StatementRates]:
    found = {name: [row.statements[name] for row in rows if name in row.statements] for name in STATEMENTS}
    return {
        name: StatementRates(
            share(sum(said.false_yes for said in counts), sum(said.may_not_yes for said in counts)),
            share(sum(said.false_no for said in counts), sum(said.may_not_no for said in counts)),
        )
        for name, counts in found.items()
        if counts
    }
