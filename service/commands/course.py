"""The `golden course` command."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from service.commands.common import AsJson, StudyArgument, UsageError, connect, out, print_json
from service.commands.completion import files
from service.commands.files import write_file
from service.tables import new_table
from service.terminal import cell, write_text
from studies.errors import GoldenError

if TYPE_CHECKING:
    from service.rate_courses import ArmCourses
    from studies.learning.mean_course import MeanCourse

app = typer.Typer()
MOST_LINES = 20  # of the table that is shown; files have every time


@app.command()
def course(
    study: StudyArgument,
    context: Annotated[
        str | None, typer.Option(metavar="NAME", help="Context, such as h-100; default: the first with such an arm.")
    ] = None,
    arm: Annotated[str | None, typer.Option(metavar="NAME", help="Arm that trains by DLR; default: the first.")] = None,
    weighted: Annotated[
        bool, typer.Option("--weighted", help="Count each weight by the mean size of its input.")
    ] = False,
    as_toml: Annotated[
        bool, typer.Option("--toml", help="Print the fit as a schedule for an arm that replays it.")
    ] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV: a line for each layer and time.")] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="PATH", help="Write the picture, as SVG.", autocompletion=files),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show DLR's mean learning rate of each layer over time, and its fit by a exp(b t^(1/3) + c t) + d.

    The mean is over the measured runs of an arm, as tuned where it was, at times that half of them reached.
    """
    if as_toml + as_csv + as_json > 1:
        raise UsageError("--toml, --csv and --json print different forms; keep one")
    from service import rate_courses  # brings numpy, which `golden --help` does without

    found = _found(study, context, arm, weighted=weighted)
    if output is not None:
        from studies.figures.rate_course import rate_course_image

        write_file(output, rate_course_image(found.title, found.layers).encode(), force=force)
    if as_json:
        print_json(rate_courses.to_json(found))
    elif as_csv or as_toml:
        write_text(rate_courses.to_csv(found) if as_csv else rate_courses.to_toml(found))
    else:
        _show(found)


def _found(study: str, context: str | None, arm: str | None, *, weighted: bool) -> ArmCourses:
    """The courses, from what the service has.

    Raises:
        UsageError: no such arm, or one that has no mean course.
        GoldenError: nothing is measured yet.
    """
    from service.rate_courses import arm_context, courses

    with connect() as client:
        detail = client.study(study)
        spec = detail.spec
        try:
            chosen = arm_context(spec, context, arm)
        except ValueError as error:
            raise UsageError(str(error)) from None
        sweep = next(each.name for each in detail.sweeps if each.context == chosen.name)
        try:
            return courses(spec, chosen, client.runs(study, sweep=sweep), weighted=weighted)
        except ValueError as error:  # a `CourseError` is one
            raise GoldenError(str(error)) from None


def _show(found: ArmCourses) -> None:
    from service.rate_courses import fit_words

    out.print(_table(found))
    for layer in found.layers:
        out.print(f"{layer.layer}: {fit_words(layer)}", markup=False, soft_wrap=True)
    if found.left_out:
        out.print(f"Runs that failed are left out: {found.left_out}.", markup=False, soft_wrap=True)


def _table(found: ArmCourses) -> Table:
    """The courses at no more than `MOST_LINES` times, the first and the last with them."""
    table = new_table(found.title)
    table.add_column("epochs", justify="right")
    for layer in found.layers:
        for heading in (f"{layer.layer}\nrate", "fit", "residual"):
            table.add_column(heading, justify="right")
    count = len(found.layers[0].times)
    step = math.ceil((count - 1) / (MOST_LINES - 1)) or 1
    for row in sorted({*range(0, count, step), count - 1}):
        cells = [f"{found.layers[0].times[row]:g}"]
        for layer in found.layers:
            cells += _cells(layer, row)
        table.add_row(*map(cell, cells))
    return table


def _cells(layer: MeanCourse, row: int) -> list[str]:
    rate, fitted = float(layer.rates[row]), layer.fitted
    if fitted is None:
        return [f"{rate:.4g}", "–", "–"]
    return [f"{rate:.4g}", f"{fitted[row]:.4g}", f"{rate - fitted[row]:+.1e}"]
