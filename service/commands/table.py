"""The `golden table` command."""

from __future__ import annotations

from typing import Any

import typer
from rich import box
from rich.table import Table

from service.commands.common import AsJson, StudyArgument, connect, out, print_json

app = typer.Typer()


@app.command()
def table(study: StudyArgument, as_json: AsJson = False) -> None:
    """Show a cross-validation's accuracies, beside the paper's Table 1 where it has the same row."""
    with connect() as client:
        rows = client.table(study)
    if as_json:
        print_json(rows)
    elif rows:
        out.print(_table(study, rows))
        out.print("Per cent. ±: over all runs, fold means, repeat means; the paper does not say over what.")
    else:
        out.print(f"{study} has no cross-validated runs", markup=False)


def _table(study: str, rows: list[dict[str, Any]]) -> Table:
    shown = Table(title=f"{study}: accuracy", box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for title in ("loss", "η", "α", "runs", "mean", "± runs", "± folds", "± repeats", "paper"):
        shown.add_column(title, justify="left" if title == "loss" else "right")
    for row in rows:
        paper = "–" if row["paper_mean"] is None else f"{row['paper_mean']:g} ± {row['paper_sd']:g}"
        spreads = (_spread(row[name]) for name in ("sd_runs", "sd_folds", "sd_repeats"))
        cells = (f"{row['eta']:.4g}", f"{row['alpha']:.4g}", str(row["runs"]), f"{row['mean']:.2f}")
        shown.add_row(row["loss"], *cells, *spreads, paper)
    return shown


def _spread(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
