"""The `golden demo` command."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from service.commands.common import out

app = typer.Typer()


@app.command()
def demo(
    data: Annotated[Path, typer.Option(help="Folder for the database, logs and report.")] = Path("data/demo"),
    study: Annotated[str, typer.Option(help="Catalogue study to run.")] = "quickstart",
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Port to serve on; taken: the next free one.")] = 8000,
    keep: Annotated[
        bool | None, typer.Option("--keep/--exit", help="Go on serving afterwards [where a terminal is attached].")
    ] = None,
) -> None:
    """From nothing to a verdict on this machine: database, service, worker, a study over HTTP, its report."""
    from service.demo import run

    attached = sys.stdin.isatty() and sys.stdout.isatty()
    previous = signal.signal(signal.SIGTERM, _interrupt)  # so that children are stopped then too
    try:
        code = run(data, study, port=port, keep=attached if keep is None else keep, console=out)
    finally:
        signal.signal(signal.SIGTERM, previous)
    raise typer.Exit(code)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
