"""The `golden table` command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from rich.table import Table

from service.commands.common import AsJson, StudyArgument, connect, out, print_json
from service.formats import number
from service.tables import new_table, two_names

if TYPE_CHECKING:
    from studies.report.table1 import TableRow

app = typer.Typer()


@app.command()
def table(study: StudyArgument, as_json: AsJson = False) -> None:
    """Show a cross-validation's accuracies, beside the paper's Table 1 where it has the same row."""
    from studies.report.table1 import departing

    with connect() as client:
        if as_json:
            print_json(client.json.table(study))
            return
        rows = client.table(study)
    if rows:
        out.print(table_of(study, rows))
        out.print("Per cent. ±: over all runs, fold means, repeat means; the paper does not say over what.")
        for line in departing(rows):
            out.print(line, markup=False, soft_wrap=True)
    else:
        out.print(f"{study} has no cross-validated runs", markup=False)


def table_of(study: str, rows: list[TableRow]) -> Table:
    """A row per point: accuracy in per cent, its three deviations, and the paper's value."""
    shown = new_table(f"{study}: accuracy")
    names = two_names(rows[0].parameters)
    for title in ("loss", *names, "runs", "mean", "± runs", "± folds", "± repeats", "paper"):
        shown.add_column(title, justify="left" if title == "loss" else "right")
    for row in rows:
        paper = "–" if row.paper_mean is None else f"{row.paper_mean:g} ± {row.paper_sd:g}"
        spreads = map(_spread, (row.sd_runs, row.sd_folds, row.sd_repeats))
        cells = (number(row.eta, 4), number(row.alpha, 4), str(row.runs), f"{row.mean:.2f}")
        shown.add_row(row.loss, *cells, *spreads, paper)
    return shown


def _spread(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
