"""Goals that the counts of a calibration are held against, and those that they do not reach.

Shares are compared as they were counted, without regard to their intervals: at 200 studies one of 1 % is three studies
at most in 95 of 100 calibrations.

    coverage of a highest top                     at least 95 %; of two tops, the higher 85 %; below 0.35 ln wide none
    both tops of a tie                            at least 60 %
    median area of a region                       at most twice the base line's and half a percent of the box
    false supported                               at most 1 %, 3 % where tops of one height lie on both sides
    false refuted                                 at most 1 %
    "as good as the best" falsely said            at most 2 %
    refuted by collapse, falsely                  at most 2.25 %; rightly at least 60 % at 12 % against 0, 85 % at 25 %
    right verdicts under equal collapse           at least 90 % of those without where those are 80 % or more, else 70 %
    margin under equal collapse                   within 15 % of that without
    right verdicts                                at most 5 points fewer than in the base line
    trainings, mean over the scenarios            at most three quarters of the base line's
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from studies.calibration.verdict_rates import Row

COVERED, HIGHER_COVERED, BOTH_COVERED = 0.95, 0.85, 0.60
AREA_FACTOR, AREA_MORE = 2.0, 0.005
FALSE, FALSE_TIE, FALSE_AS_GOOD, FALSE_COLLAPSE = 0.01, 0.03, 0.02, 0.0225
FOUND = {"A-claim12": 0.60, "A-claim25": 0.85, "A-claim25chance": 0.85}
HIGH, KEPT_OF_HIGH, KEPT = 0.80, 0.90, 0.70
MARGIN_OFF = 0.15
FEWER_RIGHT = 0.05
TRAININGS = 0.75
TWO_TOPS = ("P", "Q", "lower-in", "lower-out")
TOO_NARROW = ("spike-0.1", "spike-0.2")  # no design of this size need see these tops
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Missed:
    """A goal that was not reached."""

    scenario: str  # "" where it is about all of them
    goal: str
    found: float
    limit: float

    def __str__(self) -> str:
        about = f"{self.scenario}: " if self.scenario else ""
        return f"{about}{self.goal} {self.found:.3g}, goal {self.limit:.3g}"


def missed(rows: Sequence[Row], base: Mapping[str, Row] | None = None) -> list[Missed]:
    """The goals that these counts do not reach, by scenario; those against a base line only where there is one."""
    known, before = {row.scenario: row for row in rows}, base or {}
    found = [
        each
        for row in rows
        for each in (
            *_region(row, before.get(row.scenario)),
            *_false(row),
            *_collapse(row, known.get(row.twin)),
            *_power(row, before.get(row.scenario)),
        )
    ]
    return [*found, *_trainings([(row, before[row.scenario]) for row in rows if row.scenario in before])]


def _least(row: Row, goal: str, found: float | None, limit: float) -> Iterator[Missed]:
    if found is not None and found < limit - ROUNDING:
        yield Missed(row.scenario, goal, found, limit)


def _most(row: Row, goal: str, found: float | None, limit: float) -> Iterator[Missed]:
    if found is not None and found > limit + ROUNDING:
        yield Missed(row.scenario, goal, found, limit)


def _share(count: int, n: int) -> float | None:
    return count / n if n else None


def _region(row: Row, base: Row | None) -> Iterator[Missed]:
    if row.scenario not in TOO_NARROW:
        yield from _least(row, "covered", row.coverage, HIGHER_COVERED if row.scenario in TWO_TOPS else COVERED)
    yield from _least(row, "both tops covered", _share(row.covered_all, row.tied), BOTH_COVERED)
    if base is not None and base.median_area is not None:
        yield from _most(row, "median area", row.median_area, AREA_FACTOR * base.median_area + AREA_MORE)


def _false(row: Row) -> Iterator[Missed]:
    limit = FALSE_TIE if row.tied else FALSE
    yield from _most(row, "false supported", _share(row.false_supported, row.unsupportable), limit)
    yield from _most(row, "false refuted", _share(row.false_refuted, row.irrefutable), FALSE)
    said = row.statements.get("as_good")
    if said is not None:
        yield from _most(row, "as good, falsely", _share(said.false_yes, said.may_not_yes), FALSE_AS_GOOD)


def _collapse(row: Row, twin: Row | None) -> Iterator[Missed]:
    test = row.collapses
    if test is None:
        return
    yield from _most(row, "refuted by collapse, falsely", _share(test.false_refuted, test.alike), FALSE_COLLAPSE)
    yield from _least(row, "refuted by collapse", _share(test.refuted, row.studies), FOUND.get(row.scenario, 0.0))
    if twin is not None and test.alike:
        yield from _kept(row, twin)


def _kept(row: Row, twin: Row) -> Iterator[Missed]:
    """Power and margin beside those of the same studies without collapses."""
    without = _share(twin.right, twin.decidable)
    if without is not None:
        limit = (KEPT_OF_HIGH if without >= HIGH else KEPT) * without
        yield from _least(row, "right under collapse", _share(row.right, row.decidable), limit)
    if row.margin is not None and twin.margin:
        yield from _most(row, "margin off by", abs(row.margin / twin.margin - 1.0), MARGIN_OFF)


def _power(row: Row, base: Row | None) -> Iterator[Missed]:
    before = None if base is None else _share(base.right, base.decidable)
    if before is not None:
        yield from _least(row, "right", _share(row.right, row.decidable), before - FEWER_RIGHT)


def _trainings(pairs: Sequence[tuple[Row, Row]]) -> Iterator[Missed]:
    known = [(row.runs, base.runs) for row, base in pairs if row.runs is not None and base.runs]
    if known:
        ratio = sum(now / before for now, before in known) / len(known)
        if ratio > TRAININGS:
            yield Missed("", "trainings, share of the base line's", ratio, TRAININGS)
