"""The verdict by every objective, for `golden verdict --all-objectives`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from service.formats import number
from service.tables import new_table, outcome, two_names
from service.terminal import cell

if TYPE_CHECKING:
    from service.schemas import ObjectiveVerdict, ObjectiveVerdicts, SweepAnswer


def objectives_table(found: ObjectiveVerdicts) -> Table:
    """A line per objective under each sweep: outcome, reasons, and the optimum's location; fits 80 columns."""
    made = new_table(f"{found.study}: the same trials by every objective")
    named = (place.name for sweep in found.objectives[0].sweeps[:1] for place in sweep.parameters)
    first_name, second_name = two_names(named)
    for title in ("objective", "verdict", "why", f"optimum {first_name}", f"optimum {second_name}"):
        made.add_column(title, no_wrap=title != "why", justify="right" if title.startswith("optimum") else "left")
    for i, first in enumerate(found.objectives[0].sweeps):
        made.add_row(cell(first.sweep, "bold"))
        for by in found.objectives:
            made.add_row(*_cells(by, by.sweeps[i]))
        made.add_section()
    return made


def _cells(by: ObjectiveVerdict, sweep: SweepAnswer) -> tuple[str | Text, ...]:
    return (
        f"  {by.objective}",
        outcome(sweep.outcome),
        ", ".join(reason.code for reason in sweep.reasons),
        number(sweep.eta.estimate, 3),
        number(sweep.alpha.estimate, 3),
    )


def caution(found: ObjectiveVerdicts) -> str:
    """A sentence that says which of these verdicts was asked for in advance."""
    claimed = next(by.objective for by in found.objectives if by.claimed)
    return f"Only {claimed} was fixed in advance; the others show how much hangs on the measure."
