"""A comparison as flat rows: one for each row and objective, for spreadsheets and data frames."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from service.csv_cells import cell
from studies.comparison.model import ArmComparison, ArmResult, ArmRow, WidthRow
from studies.language.compare_axes import WIDTH


def flat_rows(comparison: ArmComparison) -> Iterator[dict[str, Any]]:
    """Each objective of each row, then the smallest widths of each axis, every record with the same fields.

    None stands where there is no value. The smallest widths lead where the study is about them.
    """
    widths = [{**_width_row(row, comparison.baseline), **_result(row.result)} for row in comparison.widths]
    if comparison.widths_first:
        yield from widths
    for row in comparison.rows:
        for result in row.results:
            yield {**_row(row), **_result(result)}
    if not comparison.widths_first:
        yield from widths


def to_csv(comparison: ArmComparison) -> str:
    """CSV with a header line; texts that a spreadsheet would run are quoted with '."""
    buffer = io.StringIO(newline="")
    writer: csv.DictWriter[str] | None = None
    for record in flat_rows(comparison):
        if writer is None:
            writer = csv.DictWriter(buffer, list(record))
            writer.writeheader()
        writer.writerow({name: cell(value) for name, value in record.items()})
    return buffer.getvalue()


def _row(row: ArmRow) -> dict[str, Any]:
    names = ("context", "loss", "arm", "title", "how", "baseline")
    point = " ".join(f"{name}={value!r}" for name, value in row.point.items())
    placed = {"axis": row.axis, "field": row.field, "at": row.at}
    tuned = {"tunings": row.tunings, "selection": row.selection, "diverged": row.diverged}
    return {**{name: getattr(row, name) for name in names}, "point": point, **placed, **tuned}


def _width_row(row: WidthRow, baseline: str) -> dict[str, Any]:
    """The fields of `_row`; the axis stands for the context, and what differs between its contexts is not known."""
    placed = {"context": row.axis, "loss": row.loss, "arm": row.arm, "title": row.title, "how": row.how}
    apart = dict.fromkeys(("tunings", "selection", "diverged"))
    return {
        **placed,
        "baseline": row.arm == baseline,
        "point": "",
        "axis": row.axis,
        "field": WIDTH,
        "at": None,
        **apart,
    }


def _result(result: ArmResult) -> dict[str, Any]:
    names = ("objective", "n", "censored", "reached", "mean", "at_least", "sd", "median", "low", "high")
    versus, paper = result.versus, result.paper
    return {
        **{name: getattr(result, name) for name in names},
        "against": None if versus is None else f"{versus.arm}, {versus.how}",
        "pairs": None if versus is None else versus.pairs,
        "difference": None if versus is None else versus.difference.estimate,
        "difference_low": None if versus is None else versus.difference.low,
        "difference_high": None if versus is None else versus.difference.high,
        "better": None if versus is None else versus.better.estimate,
        "better_low": None if versus is None else versus.better.low,
        "better_high": None if versus is None else versus.better.high,
        "test": None if versus is None else versus.test,
        "p": None if versus is None else versus.p,
        "p_adjusted": None if versus is None else versus.p_adjusted,
        "paper_mean": None if paper is None else paper.mean,
        "paper_sd": None if paper is None else paper.sd,
        "paper_n": None if paper is None else paper.n,
        "paper_differs": None if paper is None else paper.differs,
        "paper_is_theory": None if paper is None else paper.theory,
    }
