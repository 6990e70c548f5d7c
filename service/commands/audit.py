"""The `golden events` command."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from service.commands.common import AsJson, StudyArgument, connect, out, print_json
from service.tables import new_table

app = typer.Typer()


@app.command()
def events(
    study: StudyArgument,
    limit: Annotated[int, typer.Option(min=1, help="At most so many entries.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Show who did what to a study and when, newest first; also of a study that was deleted."""
    with connect() as client:
        entries = list(client.audit(study, limit=limit))
    if as_json:
        print_json(entries)
    else:
        out.print(_table(study, entries))


def _table(study: str, entries: Iterable[dict[str, Any]]) -> Table:
    table = new_table(f"{study}: history of changes")
    for title in ("time (UTC)", "actor", "action", "detail"):
        table.add_column(title, overflow="fold")
    for entry in entries:
        cells = (entry["at"][:19].replace("T", " "), entry["actor"], entry["action"], entry["detail"])
        table.add_row(*(Text(cell) for cell in cells))
    return table
