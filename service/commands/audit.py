"""The `golden events` command."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from service.commands.common import AsJson, StudyArgument, out, show_answer
from service.tables import new_table
from service.terminal import cell
from studies.local_time import local_time

if TYPE_CHECKING:
    from studies.storage.read_models import AuditEntry

app = typer.Typer()


@app.command()
def events(
    study: StudyArgument,
    limit: Annotated[int, typer.Option(min=1, help="Show at most this number of entries.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Show who did what to a study and when, newest first; also for a study that was deleted."""
    show_answer(
        lambda client: list(client.audit(study, limit=limit)),
        lambda entries: out.print(_table(study, entries)),
        as_json=as_json,
    )


def _table(study: str, entries: Iterable[AuditEntry]) -> Table:
    table = new_table(f"{study}: history of changes")
    for title in ("time", "actor", "action", "detail"):
        table.add_column(title, overflow="fold")
    for entry in entries:
        cells = (local_time(entry.at, "seconds"), entry.actor, entry.action, entry.detail)
        table.add_row(*map(cell, cells))
    return table
