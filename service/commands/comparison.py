"""The `golden comparison` command."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from service.commands.common import AsJson, StudyArgument, UsageError, connect, out, print_json
from service.tables import new_table
from service.terminal import cell, write_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studies.comparison.model import ArmComparison
    from studies.figures.arm_table import ArmLine, ArmTable

app = typer.Typer()
WIDE, WIDE_WITH_PAPER = 80, 96  # columns of a terminal from which an arm's name is kept whole


class By(StrEnum):
    """Objectives that every comparison has."""

    ACCURACY = "accuracy"
    CROSS_ENTROPY = "cross_entropy"
    LOSS_AREA = "loss_area"
    EPOCHS_TO_TARGET = "epochs_to_target"
    CPU_SECONDS = "cpu_seconds"


@app.command()
def comparison(
    study: StudyArgument,
    objective: Annotated[By | None, typer.Option(help="Default: the one that the study's design names.")] = None,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print CSV: a line for each row and objective, every number in full.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show the arms of a study side by side: means, differences on the same seeds, and the paper's numbers."""
    if as_csv and as_json:
        raise UsageError("--csv and --json print different forms; keep one")
    with connect() as client:
        if as_json:
            print_json(client.json.comparison(study))
            return
        found = client.comparison(study)
    if as_csv:
        from service.comparison_rows import to_csv  # brings the records, which `golden --help` does without

        write_text(to_csv(found))
        return
    for table in tables_of(found, objective):
        out.print(table)
    for line in words_of(found, objective):
        out.print(line, markup=False, soft_wrap=True)


def tables_of(found: ArmComparison, objective: str | None = None) -> list[Table]:
    """A table for each context and loss, and one of the smallest widths for each axis of widths.

    Smallest widths lead where the study is about them and no other objective is asked for.
    """
    from studies.figures.arm_table import arm_tables, width_lines
    from studies.language.loss_names import label

    shown = [_table(f"{found.study}: {t.label}, {_place(t)}", t.lines, t) for t in arm_tables(found, objective)]
    widths = [
        _table(f"{found.study}: smallest width along {axis}, {label(loss)}", lines, None)
        for axis, loss, lines in width_lines(found)
    ]
    return widths + shown if found.widths_first and objective is None else shown + widths


def words_of(found: ArmComparison, objective: str | None = None) -> Iterator[str]:
    """The sentences of the comparison, then the notes on its cells, each once."""
    from studies.comparison.width_words import all_sentences
    from studies.figures.arm_table import arm_tables, paper_differences, width_lines

    for said in all_sentences(found):
        yield f"{said[:1].upper()}{said[1:]}"
    tables = arm_tables(found, objective)
    for table in tables[:1]:
        yield from dict.fromkeys(f"{line.title}, {line.how}: {line.behind}." for line in table.lines if line.behind)
    yield from dict.fromkeys(note for table in tables for note in table.notes)
    shown = [*(lines for _, _, lines in width_lines(found)), *(table.lines for table in tables)]
    yield from dict.fromkeys(said for lines in shown for said in paper_differences(lines))


def _place(table: ArmTable) -> str:
    from studies.language.loss_names import label

    return f"{table.context}, {label(table.loss)}"


def _table(title: str, lines: tuple[ArmLine, ...], about: ArmTable | None) -> Table:
    from studies.comparison.words import unit_of
    from studies.figures.numbers import NONE

    table = new_table(title)
    by = about.objective if about else "smallest_width"
    unit, step = unit_of(by), unit_of(by, signed=True)
    p = "p, Holm" if about is None or about.adjusted else "p"
    mean, difference = (f"{name}\n{_of(its)}[95 %]" for name, its in (("mean ± sd", unit), ("difference", step)))
    headings = ("arm", mean, "runs", difference, "P(better)", p)
    with_paper = any(line.paper != NONE for line in lines)
    stated = about.stated.lower() if about else "paper"
    for heading in headings + ((stated,) if with_paper else ()):
        is_arm = heading == "arm"
        table.add_column(
            heading,
            justify="left" if is_arm else "right",
            overflow="fold",
            min_width=12 if is_arm and out.width >= (WIDE_WITH_PAPER if with_paper else WIDE) else 0,
        )
    for line in lines:
        head = "\n".join(filter(None, (line.title, f"{line.how}{' (baseline)' if line.baseline else ''}", line.point)))
        cells = [
            head,
            _two(line.mean, line.spread, unit),
            line.runs,
            _two(line.difference, line.difference_span, step),
            line.better,
            line.p,
        ]
        cells += [_two(line.paper, line.paper_note, unit)] if with_paper else []
        table.add_row(*map(cell, cells))
    return table


def _two(value: str, span: str, unit: str = "") -> str:
    """A value above its interval, without the unit that the heading names."""
    bare, its = (text.removesuffix(f" {unit}") if unit else text for text in (value, span))
    return f"{bare}\n[{its}]" if its else bare


def _of(unit: str) -> str:
    return f"{unit}, " if unit else ""
