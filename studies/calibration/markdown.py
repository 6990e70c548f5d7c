"""The tables of `docs/calibration.md`: verdicts, regions and margins, statements; beside a base line if there is one.

Shares are percentages with exact 95 % intervals (Clopper-Pearson). A dash stands where nothing was measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from studies.calibration.goals import missed
from studies.calibration.scenarios import KINDS
from studies.calibration.shares import share
from studies.calibration.verdict_rates import Row

NONE = "–"
STATEMENTS = {"as_good": "as good", "there": "optimum there", "matters": "place matters"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its title and a row's cell, from the row and the same scenario's row of the base line, if any."""

    title: str
    cell: Callable[[Row, Row | None], str]
    is_number: bool = True


def tables(rows: Sequence[Row], base: Mapping[str, Row] | None = None) -> str:
    """All tables as Markdown, each with the scenarios by kind.

    Args:
        rows: what `verdict_rates.calibrate` counted.
        base: counts of another analysis by scenario, for the columns "before"; None: no such columns.
    """
    twins = {row.scenario: row for row in rows}
    parts = [
        ("Verdicts", _verdicts(twins, base is not None)),
        ("Regions, margins and trainings", _regions(twins, base is not None)),
        *([("Statements", _statements())] if any(row.statements for row in rows) else []),
    ]
    lines = [line for title, columns in parts for line in _table(title, columns, rows, base or {})]
    return "\n".join([*lines, *(_goals(rows, base) if base is not None else [])])


def _goals(rows: Sequence[Row], base: Mapping[str, Row]) -> Iterator[str]:
    """The goals that are not reached, one a line."""
    found = missed(rows, base)
    yield "### Goals that are not reached\n"
    yield from (f"- {each}" for each in found)
    if not found:
        yield "None."


def _table(title: str, columns: Sequence[Column], rows: Sequence[Row], base: Mapping[str, Row]) -> Iterator[str]:
    yield f"### {title}\n"
    yield _line([column.title for column in columns])
    yield _line(["---:" if column.is_number else "---" for column in columns])
    for kind in KINDS:
        for row in rows:
            if row.kind == kind:
                yield _line([column.cell(row, base.get(row.scenario)) for column in columns])
    yield ""


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _verdicts(twins: Mapping[str, Row], compares: bool) -> list[Column]:
    before = [
        Column("supported before", lambda _, base: _of(base, lambda row: _percent(row.supported, row.studies))),
        Column("refuted before", lambda _, base: _of(base, lambda row: _percent(row.refuted, row.studies))),
        Column("right before", lambda _, base: _of(base, _power)),
    ]
    return [
        *_heads(),
        Column("n", lambda row, _: str(row.studies)),
        Column("supported", lambda row, _: _percent(row.supported, row.studies)),
        Column("refuted", lambda row, _: _percent(row.refuted, row.studies)),
        Column("undecided, by reason", lambda row, _: _codes(row), is_number=False),
        Column("right", lambda row, _: _power(row)),
        Column("right / without collapses", lambda row, _: _kept(row, twins.get(row.twin))),
        *(before if compares else []),
        Column("false supported", lambda row, _: _false(row.false_supported, row.unsupportable)),
        Column("false refuted", lambda row, _: _false(row.false_refuted, row.irrefutable)),
    ]


def _regions(twins: Mapping[str, Row], compares: bool) -> list[Column]:
    before = [
        Column("covered before", lambda _, base: _of(base, lambda row: _percent(row.covered, row.located))),
        Column("median area before", lambda _, base: _of(base, lambda row: _area(row.median_area))),
        Column("margin before", lambda _, base: _of(base, lambda row: _number(row.margin))),
    ]
    return [
        *_heads(),
        Column("covered", lambda row, _: _covered(row)),
        Column("all tops of a tie", lambda row, _: _percent(row.covered_all, row.tied)),
        Column("median area", lambda row, _: _area(row.median_area)),
        Column("mean area", lambda row, _: _area(row.mean_area)),
        Column("margin", lambda row, _: _number(row.margin)),
        Column("true margin", lambda row, _: _number(row.true_margin)),
        Column("margin / without collapses", lambda row, _: _ratio(row, twins.get(row.twin))),
        *(before if compares else []),
        Column("trainings", lambda row, _: NONE if row.runs is None else f"{row.runs:.0f}"),
    ]


def _statements() -> list[Column]:
    return [
        *_heads(),
        *(column for name, words in STATEMENTS.items() for column in _statement(name, words)),
        Column("share held", lambda row, _: _percent(row.shares_held, row.shares)),
        Column("collapse refutes", lambda row, _: NONE if row.collapses is None else str(row.collapses.refuted)),
        Column("falsely", lambda row, _: _falsely_collapsed(row)),
    ]


def _statement(name: str, words: str) -> list[Column]:
    def answers(row: Row, _: Row | None) -> str:
        found = row.statements.get(name)
        return NONE if found is None else f"{found.yes} / {found.no} / {found.undecided}"

    def false(row: Row, _: Row | None) -> str:
        found = row.statements.get(name)
        if found is None:
            return NONE
        return f"{_false(found.false_yes, found.may_not_yes)}; {_false(found.false_no, found.may_not_no)}"

    return [Column(f"{words}: yes / no / undecided", answers), Column("false yes; false no", false)]


def _heads() -> list[Column]:
    return [
        Column("", lambda row, _: row.scenario, is_number=False),
        Column("truth", lambda row, _: row.text, is_number=False),
    ]


def _of(row: Row | None, cell: Callable[[Row], str]) -> str:
    return NONE if row is None else cell(row)


def _percent(count: int, n: int) -> str:
    return f"{100 * count / n:.3g} %" if n else NONE


def _power(row: Row) -> str:
    found = share(row.right, row.decidable)
    if found.estimate is None or found.low is None or found.high is None:
        return NONE
    return f"{100 * found.estimate:.3g} % ({100 * found.low:.0f} to {100 * found.high:.0f})"


def _covered(row: Row) -> str:
    found = share(row.covered, row.located)
    if found.estimate is None or found.low is None or found.high is None:
        return NONE
    return f"{100 * found.estimate:.3g} % ({100 * found.low:.0f} to {100 * found.high:.0f})"


def _false(count: int, n: int) -> str:
    """A count of false answers with its n; a dash where none could be false."""
    return f"{count} of {n}" if n else NONE


def _falsely_collapsed(row: Row) -> str:
    return NONE if row.collapses is None else _false(row.collapses.false_refuted, row.collapses.alike)


def _kept(row: Row, twin: Row | None) -> str:
    """Share of right verdicts over that of the same studies without what is planted on top."""
    if twin is None or not twin.right or not row.decidable:
        return NONE
    return f"{(row.right / row.decidable) / (twin.right / twin.decidable):.2f}"


def _ratio(row: Row, twin: Row | None) -> str:
    if twin is None or row.margin is None or not twin.margin:
        return NONE
    return f"{row.margin / twin.margin:.2f}"


def _codes(row: Row) -> str:
    return ", ".join(f"{code} {count}" for code, count in row.inconclusive.items())


def _area(value: float | None) -> str:
    return NONE if value is None else f"{100 * value:.2g} %"


def _number(value: float | None) -> str:
    return NONE if value is None else f"{value:.3g}"
