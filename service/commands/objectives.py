"""The verdict by every objective, for `golden verdict --all-objectives`."""

from __future__ import annotations

from typing import Any

from rich.table import Table
from rich.text import Text

from service.tables import new_table, number, outcome


def objectives_table(answer: dict[str, Any]) -> Table:
    """A line per objective under each sweep: the answer and why, and where the optimum lies; fits 80 columns."""
    made = new_table(f"{answer['study']}: the same trials by every objective")
    for title in ("objective", "verdict", "why", "optimum η", "optimum α"):
        made.add_column(title, no_wrap=title != "why", justify="right" if title.startswith("optimum") else "left")
    for i, first in enumerate(answer["objectives"][0]["sweeps"]):
        made.add_row(Text(first["sweep"], style="bold"))
        for by in answer["objectives"]:
            made.add_row(*_cells(by, by["sweeps"][i]))
        made.add_section()
    return made


def _cells(by: dict[str, Any], sweep: dict[str, Any]) -> tuple[str | Text, ...]:
    return (
        f"  {by['objective']}",
        outcome(sweep["outcome"]),
        ", ".join(reason["code"] for reason in sweep["reasons"]),
        number(sweep["eta"]["estimate"], 3),
        number(sweep["alpha"]["estimate"], 3),
    )


def caution(answer: dict[str, Any]) -> str:
    """Which of these answers was asked for in advance."""
    claimed = next(by["objective"] for by in answer["objectives"] if by["claimed"])
    return f"Only {claimed} was fixed in advance; the others show how much hangs on the measure."
