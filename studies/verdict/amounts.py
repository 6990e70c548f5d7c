"""Amounts turned back into a real measure's own unit, for the record of a verdict and for its sentences.

Everything is judged in the unit of the responses (`unit`). What is shown, stored and said speaks in the measure's.
Where the responses are logarithms the two are one, and records are handed on as they are.
"""

from __future__ import annotations

from dataclasses import replace

from studies.verdict.answers import Answers, Statements
from studies.verdict.findings import Findings
from studies.verdict.model import Interval, RegionMap
from studies.verdict.place import Location
from studies.verdict.region import Regret
from studies.verdict.unit import ONE, Unit


def in_measure(findings: Findings) -> Findings:
    """The findings with every amount that is shown in the measure's unit: to be worded and recorded, no more judged."""
    unit = findings.sample.unit
    if unit == ONE:
        return findings
    compared = (replace(found, difference=_interval(found.difference, unit)) for found in findings.comparisons)
    return replace(
        findings,
        sigma=unit.amount(findings.sigma),
        margin=unit.amount(findings.margin),
        comparisons=tuple(compared),
        location=_location(findings.location, unit),
    )


def answers_in_measure(answers: Answers, unit: Unit) -> Answers:
    """The answers with every amount in the measure's unit."""
    if unit == ONE:
        return answers
    return replace(
        answers,
        statements=_statements(answers.statements, unit),
        decoys=tuple(replace(decoy, statements=_statements(decoy.statements, unit)) for decoy in answers.decoys),
        seed_deviation=unit.amount(answers.seed_deviation),
        split_deviation=unit.amount(answers.split_deviation),
    )


def _statements(statements: Statements, unit: Unit) -> Statements:
    good = statements.as_good
    most, least = unit.amount(good.loses_at_most), unit.amount(good.loses_at_least)
    return replace(statements, as_good=replace(good, loses_at_most=most, loses_at_least=least))


def _location(location: Location, unit: Unit) -> Location:
    """The place, what is lost on the way to it, and the fitted response as a value of which larger ones are better."""
    regret, region = location.regret, location.region
    return replace(
        location,
        regret=None if regret is None else _regret(regret, unit),
        region=None if region is None else region_in_measure(region, unit),
        ridge_drops=tuple(replace(found, drop=_interval(found.drop, unit)) for found in location.ridge_drops),
    )


def _regret(regret: Regret, unit: Unit) -> Regret:
    return Regret(*(unit.amount(x) or 0.0 for x in (regret.estimate, regret.low, regret.high)))


def region_in_measure(region: RegionMap, unit: Unit) -> RegionMap:
    """The map with the fitted response as a value of which larger ones are better."""
    mean = (tuple(None if x is None else unit.level(x) for x in row) for row in region.mean)
    return replace(region, mean=tuple(mean))


def _interval(interval: Interval, unit: Unit) -> Interval:
    return Interval(*(unit.amount(x) for x in (interval.estimate, interval.low, interval.high)))
