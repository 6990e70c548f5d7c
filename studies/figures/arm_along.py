"""Arms in several contexts at a glance: a row each, a column for each context of a loss, by one objective."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from studies.comparison.asked import StatedCell
from studies.comparison.model import ArmComparison, ArmResult, ArmRow
from studies.comparison.words import HOW_WORDS, bounded_mean, labelled, reading, source, span_alike, spread_alike
from studies.figures.arm_table import paper_words
from studies.figures.numbers import NONE
from studies.verdict.wording_numbers import trimmed

ARRIVED = "arrived"


@dataclass(frozen=True, slots=True)
class AlongCell:
    """One arm in one context, as text.

    Attributes:
        mean: over runs; how many of them arrived where most did not.
        sd: deviation over runs, with the decimals of the mean; "" where there is none.
        small: 95 % interval of the difference from the baseline, or how many arrived.
        reading: better, worse or not told apart; "" for the baseline.
        paper: what a paper states; "" where it states nothing.
    """

    mean: str
    sd: str
    small: str
    reading: str
    paper: str


@dataclass(frozen=True, slots=True)
class AlongLine:
    """One arm, measured one way, in every context."""

    title: str
    how: str
    baseline: bool
    cells: tuple[AlongCell, ...]


@dataclass(frozen=True, slots=True)
class AlongTable:
    """Arms by contexts.

    Attributes:
        label: the objective in words, with its unit.
        baseline: title of the arm that the others are compared with.
        field: what the axis of contexts is about; "" where they form none.
        heads: the columns: values of the axis, or names of contexts.
        lines: one an arm and way of measuring.
        with_bound: a mean is a lower bound, or how many arrived stands in its place.
    """

    label: str
    baseline: str
    field: str
    heads: tuple[str, ...]
    lines: tuple[AlongLine, ...]
    with_bound: bool


def along_table(comparison: ArmComparison, loss: str, objective: str | None = None) -> AlongTable | None:
    """The table of one loss; None where it has one context.

    Args:
        comparison: of a study.
        loss: one of those that were trained.
        objective: one of its objectives; None: the design's own.
    """
    by = objective or comparison.objective
    rows = [row for row in comparison.rows if row.loss == loss]
    places = list(dict.fromkeys(row.context for row in rows))
    if len(places) < 2:
        return None
    groups: dict[tuple[str, str], list[ArmRow]] = {}
    for row in rows:
        groups.setdefault((row.arm, row.how), []).append(row)
    lines = tuple(_line(group, by) for group in groups.values())
    firsts = [next(row for row in rows if row.context == place) for place in places]
    fields = {row.field for row in firsts}
    field = firsts[0].field if len(fields) == 1 else ""
    heads = tuple(trimmed(row.at, 4) if field and row.at is not None else row.context for row in firsts)
    return AlongTable(
        label=labelled(by),
        baseline=next(row.title for row in rows if row.baseline),
        field=field,
        heads=heads,
        lines=lines,
        with_bound=any(row.result(by).censored for row in rows),
    )


def _line(rows: Sequence[ArmRow], by: str) -> AlongLine:
    first = rows[0]
    return AlongLine(first.title, HOW_WORDS[first.how], first.baseline, tuple(_cell(row.result(by)) for row in rows))


def _cell(result: ArmResult) -> AlongCell:
    paper = "" if result.paper is None else _stated(result.paper, result.objective)
    if result.mean is None:
        return AlongCell(_arrived(result), "", "", reading(result), paper)
    return AlongCell(bounded_mean(result), spread_alike(result), _small(result), reading(result), paper)


def _small(result: ArmResult) -> str:
    """The interval of the difference; where runs are cut off, how many are not."""
    versus = result.versus
    if result.at_least:
        return _arrived(result)
    if versus is None:
        return ""
    return span_alike(result, versus.difference)


def _arrived(result: ArmResult) -> str:
    if not result.n:
        return NONE
    word = ARRIVED if result.reached is not None else "unbroken"
    return f"{result.n - result.censored} of {result.n} {word}"


def _stated(cell: StatedCell, objective: str) -> str:
    return f"{source(cell).removeprefix('the ')}: {paper_words(cell, objective)}"
