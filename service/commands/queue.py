"""The `golden queue` command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from service.commands.common import AsJson, out, show_answer
from service.tables import STATES, new_table
from service.terminal import cell
from studies.local_time import local_time

if TYPE_CHECKING:
    from service.queue_bodies import Queue, QueuedStudy

app = typer.Typer()
NOTHING = "Nothing waits: every trial that was planned is being trained or has ended."


@app.command()
def queue(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Show at most this number of studies.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Show what waits to be trained, in the order in which it is taken, and why it waits; and who trains what."""
    show_answer(lambda client: client.queue(limit=limit), _show, as_json=as_json)


def _show(found: Queue) -> None:
    if found.studies:
        out.print(waiting_table(found))
        if found.more:
            out.print(f"And {found.more:,} more; --limit shows up to 1,000.\n", markup=False)
    else:
        out.print(NOTHING, markup=False, soft_wrap=True)
    if found.held:
        out.print(held_table(found))


def waiting_table(found: Queue) -> Table:
    """Studies with waiting trials, the one that is taken next first; each with its state and its reason."""
    table = new_table(f"queue: {found.counts}")
    table.collapse_padding = True  # room for the reasons in 80 columns
    for title in ("place", "study", "priority", "trials\nwaiting", "running"):
        right = title != "study"
        table.add_column(title, justify="right" if right else "left", overflow="fold", no_wrap=right)
    table.add_column("why it waits", overflow="fold")
    for each in found.studies:
        place = "–" if each.place is None else f"{each.place}"
        counts = (f"{each.priority}", f"{each.waiting:,}", f"{each.running:,}")
        table.add_row(place, _named(each), *counts, cell(each.why))
    return table


def _named(each: QueuedStudy) -> Text:
    """Name and state of a study, and whom it waits for where that is no worker."""
    state = cell(each.state, STATES.get(each.state, ""))
    return cell(f"{each.study}\n").append_text(state).append(", own program" if each.external else "")


def held_table(found: Queue) -> Table:
    """What is being trained, and by whom."""
    table = new_table("being trained")
    table.collapse_padding = True
    for title in ("by", "study", "trials", "since", "lease ends,\nunless renewed"):
        table.add_column(title, overflow="fold")
    for held in found.held:
        texts = (held.worker, held.study, held.named)
        table.add_row(*map(cell, (*texts, local_time(held.since, "seconds"), local_time(held.deadline, "seconds"))))
    return table
