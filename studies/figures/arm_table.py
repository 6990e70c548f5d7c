"""Rows of a comparison as text: the table of the pages, of the report and of the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from studies.comparison.asked import StatedCell
from studies.comparison.model import ArmComparison, ArmResult, ArmRow, WidthRow
from studies.comparison.words import (
    HOW_WORDS,
    LABELS,
    amount,
    bare,
    reading,
    row_name,
    span_alike,
    unit_of,
    with_spread,
)
from studies.figures.numbers import NONE, p_value, percent
from studies.language.compare import LARGER_IS_BETTER
from studies.verdict.model import Interval
from studies.verdict.wording_numbers import trimmed

SYMBOLS = {"eta": "η", "alpha": "α"}  # parameters that are not called by their name
SELECTED = {"validation": "held-out training images", "test": "the test images"}


@dataclass(frozen=True, slots=True)
class ArmLine:
    """One row of a table, every cell as text; a dash where there is nothing."""

    title: str
    how: str  # in words
    point: str
    behind: str  # tuning trainings behind the point
    baseline: bool
    runs: str  # with the number that reached the target
    arrived: str  # how many reached the target, where not all did; else ""
    mean: str  # ± the deviation over runs
    spread: str  # 95 % interval of the mean
    median: str
    difference: str
    difference_span: str
    difference_short: str  # the same with the decimals of the mean, without unit
    better: str
    better_span: str
    p: str
    reading: str  # better, worse or not told apart, by the design's objective
    paper: str
    paper_note: str  # runs behind the paper's cell
    paper_differs: str  # what was otherwise there


@dataclass(frozen=True, slots=True)
class ArmTable:
    """The rows of one context under one loss, by one objective.

    Attributes:
        context, loss: which.
        objective, label: by which, and in words.
        adjusted: the p-values are Holm's; else those of single tests.
        baseline: title of the arm that the others are compared with.
        lines: one a row.
        notes: what to know of cells: lower bounds, rows compared with another one of the baseline, tests.
        sentence: the same in words, by the design's objective.
        with_paper: a paper states a number for one of the rows, or there is one from a closed form.
        stated: heading of these numbers.
    """

    context: str
    loss: str
    objective: str
    label: str
    adjusted: bool
    baseline: str
    lines: tuple[ArmLine, ...]
    notes: tuple[str, ...]
    sentence: str
    with_paper: bool
    stated: str = "Paper"


def arm_tables(comparison: ArmComparison, objective: str | None = None) -> tuple[ArmTable, ...]:
    """A table for each context and loss.

    Args:
        comparison: of a study.
        objective: one of its objectives; None: the design's own.
    """
    by = objective or comparison.objective
    groups: dict[tuple[str, str], list[ArmRow]] = {}
    for row in comparison.rows:
        groups.setdefault((row.context, row.loss), []).append(row)
    return tuple(
        _table(comparison, rows, by, said) for rows, said in zip(groups.values(), comparison.sentences, strict=True)
    )


def width_lines(comparison: ArmComparison) -> tuple[tuple[str, str, tuple[ArmLine, ...]], ...]:
    """The smallest widths as lines, for each axis and loss."""
    groups: dict[tuple[str, str], list[WidthRow]] = {}
    for row in comparison.widths:
        groups.setdefault((row.axis, row.loss), []).append(row)
    return tuple(
        (axis, loss, tuple(_line(r, r.result, r.arm == comparison.baseline) for r in rows))
        for (axis, loss), rows in groups.items()
    )


def paper_differences(lines: Sequence[ArmLine]) -> Iterator[str]:
    """What the paper did otherwise, a sentence for each, with the rows where it is not true of all that have a cell."""
    stated = [line for line in lines if line.paper != NONE]
    for differs in dict.fromkeys(line.paper_differs for line in stated if line.paper_differs):
        titles = [line.title for line in stated if line.paper_differs == differs]
        on = "" if len(titles) == len(stated) else f" for {', '.join(titles)}"
        yield f"The paper did otherwise{on}: {differs}."


def _table(comparison: ArmComparison, rows: Sequence[ArmRow], by: str, said: str) -> ArmTable:
    adjusted = by == comparison.objective
    results = [row.result(by) for row in rows]
    lines = tuple(
        replace(_line(row, result, row.baseline, adjusted=adjusted), point=_point(row), behind=_behind(row))
        for row, result in zip(rows, results, strict=True)
    )
    return ArmTable(
        context=rows[0].context,
        loss=rows[0].loss,
        objective=by,
        label=LABELS[by],
        adjusted=adjusted,
        baseline=next(row.title for row in rows if row.baseline),
        lines=lines,
        notes=tuple(_notes(rows, results)),
        sentence=said,
        with_paper=any(result.paper for result in results),
        stated=_stated([result.paper for result in results if result.paper]),
    )


def _stated(cells: Sequence[StatedCell]) -> str:
    """Heading of numbers that a paper states, that follow from a closed form, or of both kinds."""
    theory = [cell.theory for cell in cells]
    return "Paper" if not any(theory) else "Theory" if all(theory) else "Paper or theory"


def _line(row: ArmRow | WidthRow, result: ArmResult, is_baseline: bool, *, adjusted: bool = True) -> ArmLine:
    by, versus = result.objective, result.versus
    return ArmLine(
        title=row.title,
        how=HOW_WORDS[row.how],
        point="",
        behind="",
        baseline=is_baseline,
        runs=_runs(result),
        arrived=f"{result.reached} of {result.n} arrived" if result.reached not in (None, result.n) else "",
        mean=_mean(result),
        spread=_spread(result),
        median=amount(result.median, by),
        difference=NONE if versus is None else amount(versus.difference.estimate, by, signed=True),
        difference_span=_span(versus.difference, by) if versus else "",
        difference_short=span_alike(result, versus.difference) if versus else "",
        better=NONE if versus is None else percent(versus.better.estimate, 0),
        better_span=_shares(versus.better) if versus else "",
        p=NONE if versus is None else p_value(versus.p_adjusted if adjusted else versus.p),
        reading=reading(result),
        paper=NONE if result.paper is None else paper_words(result.paper, by),
        paper_note="" if result.paper is None else _paper_note(result.paper),
        paper_differs="" if result.paper is None else result.paper.differs,
    )


def _paper_note(cell: StatedCell) -> str:
    if cell.theory:
        return "closed form, ours"
    return "" if cell.n is None else f"n = {cell.n}"


def _runs(result: ArmResult) -> str:
    if result.reached is None:
        return f"{result.n}"
    return f"{result.n}, {'all' if result.reached == result.n else result.reached} reached" if result.n else "0"


def _spread(result: ArmResult) -> str:
    if result.low is None or result.mean is None:
        return ""
    by = result.objective
    if result.high is None:
        return f"from {amount(result.low, by)}"
    return f"{bare(result.low, by)} to {amount(result.high, by)}"


def _span(interval: Interval, by: str) -> str:
    if interval.low is None or interval.high is None:
        return ""
    return f"{bare(interval.low, by, signed=True)} to {amount(interval.high, by, signed=True)}"


def _shares(interval: Interval) -> str:
    return "" if interval.low is None else f"{100 * interval.low:.0f} to {percent(interval.high, 0)}"


def _mean(result: ArmResult) -> str:
    """A mean ± the deviation over runs with its unit, marked where it is a lower bound."""
    return NONE if result.mean is None else f"{with_spread(result)} {unit_of(result.objective)}".rstrip()


def paper_words(cell: StatedCell, by: str) -> str:
    """The paper's cell with the digits that it states."""
    factor = 100.0 if by in LARGER_IS_BETTER else 1.0
    numbers = [f"{factor * value:.6g}".replace("-", "−") for value in (cell.mean, cell.sd) if value is not None]
    return f"{' ± '.join(numbers)} {unit_of(by)}".rstrip()


def _point(row: ArmRow) -> str:
    return ", ".join(f"{SYMBOLS.get(name, name)} {trimmed(value)}" for name, value in row.point.items())


def _behind(row: ArmRow) -> str:
    if not row.tunings:
        return ""
    return f"{row.tunings} tuning trainings, selected on {SELECTED.get(row.selection, row.selection)}"


def _notes(rows: Sequence[ArmRow], results: Sequence[ArmResult]) -> Iterator[str]:
    """Notes on cells that are not what a reader would take them for."""
    if any(result.at_least for result in results):
        yield (
            "≥: some runs are known only to lie beyond the end (of the training, or of what unbroken runs measured). "
            "They count there, so the mean is a lower bound; more than half of them, and there is no mean."
        )
    yield from _other_ways(rows, results)
    tests = {result.versus.test for result in results if result.versus is not None and result.versus.test}
    if tests:
        names = {
            "t": "Student’s paired t-test",
            "signed rank": "the exact signed-rank test where a run lies beyond the end",
        }
        yield f"p: {' and '.join(names[test] for test in sorted(tests, reverse=True))}, two-sided."
    failed = sum(row.diverged for row in rows)
    if failed:
        yield f"{failed} run{'s' if failed > 1 else ''} failed to train, and {'are' if failed > 1 else 'is'} counted."


def _other_ways(rows: Sequence[ArmRow], results: Sequence[ArmResult]) -> Iterator[str]:
    """Rows compared with one of the baseline's that was measured another way: a note for each of these."""
    found: dict[str, list[str]] = {}
    for row, result in zip(rows, results, strict=True):
        versus = result.versus
        if versus is not None and versus.how != row.how:
            base = next(each.title for each in rows if each.baseline)
            found.setdefault(row_name(base, versus.how), []).append(row_name(row.title, row.how))
    others = sum(not row.baseline for row in rows)
    for base, names in found.items():
        if len(names) == others > 1:
            yield f"All rows are compared with {base}."
        else:
            yield f"{'; '.join(names)} {'is' if len(names) == 1 else 'are'} compared with {base}."
