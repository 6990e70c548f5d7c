"""`golden rejudge`: a report's trainings judged again by another analysis, old and new side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.commands.common import AsJson, out, print_json
from service.commands.completion import files
from service.commands.files import write_file
from service.commands.results import Force, read_report
from service.tables import new_table
from service.terminal import cell

if TYPE_CHECKING:
    from rich.table import Table

    from studies.report.side_by_side import SideBySide, SweepBeside

NEWEST = 5  # analysis
app = typer.Typer()


@app.command()
def rejudge(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="A report as JSON, from `golden report --format json`.", autocompletion=files
        ),
    ],
    analysis: Annotated[int, typer.Option(help="Version of the analysis that judges again.")] = NEWEST,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write the comparison as one HTML file.", autocompletion=files),
    ] = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Judge a report's trainings again by another analysis, and set old and new verdict side by side. Needs no service.

    The study's own verdict is that of the analysis with which it was frozen. `golden verify` checks the report.
    """
    from studies.report.again import judged_again
    from studies.report.side_by_side import render_beside, side_by_side
    from studies.verdict.exchange import to_json

    found = judged_again(read_report(file), analysis)
    beside = side_by_side(found.own, found.again, found.spec.claim)
    if output is not None:
        write_file(output, render_beside(beside, found.spec.title or found.spec.name).encode(), force=force)
    if as_json:
        print_json({"own": to_json(found.own), "again": to_json(found.again)})
        return
    _show(beside)
    if output is not None:
        out.print(str(output), markup=False, soft_wrap=True)


def _show(beside: SideBySide) -> None:
    out.print(beside.said, markup=False)
    for sweep in beside.sweeps:
        out.print(_table(beside, sweep))
        for change in sweep.changes:
            if change.said:
                out.print(f"{change.field}: {change.said}", markup=False)


def _table(beside: SideBySide, sweep: SweepBeside) -> Table:
    """A line per field; fits 80 columns."""
    table = new_table(sweep.new.sweep)
    for title in ("", f"analysis {beside.old.analysis_version}", f"analysis {beside.new.analysis_version}"):
        table.add_column(title, overflow="fold")
    for change in sweep.changes:
        table.add_row(change.field, cell(change.old), cell(change.new, "bold" if change.changed else ""))
    for line in sweep.lines:
        table.add_row(line.question, "not asked", cell(f"{line.answer}: {line.number}"))
    return table
