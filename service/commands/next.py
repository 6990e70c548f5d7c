"""`golden next`: the trials that are still to be run, for people who run them by themselves. Needs no service."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.commands.common import UsageError, err
from service.commands.completion import documents, files
from service.commands.files import read_file, shown_path
from service.terminal import write_text
from studies.errors import Problem, SpecError
from studies.text import printable

if TYPE_CHECKING:
    from studies.external.filled import Match
    from studies.external.filled_table import FilledTable
    from studies.external.measured import Results
    from studies.external.wanted import Wanted
    from studies.language.spec import StudySpec

MOST_NAMED = 10  # rows that are no trial of the plan
WORDS = ("claim", "space", "measure")
app = typer.Typer()


@app.command(name="next")
def next_(
    runs: Annotated[
        Path | None,
        typer.Argument(
            metavar="[RUNS]",
            help="The filled tables of trials so far, one below the other; it may be missing at first.",
            autocompletion=files,
        ),
    ] = None,
    claim: Annotated[str | None, typer.Option(metavar="POINT", help="Such as lr=3e-4,beta1=0.9.")] = None,
    space: Annotated[
        str | None, typer.Option(metavar="RANGES", help="Such as lr=1e-5..0.1,beta1=0.5..0.999:log_one_minus.")
    ] = None,
    measure: Annotated[
        str | None, typer.Option(metavar="NAME", help="Such as val_acc:maximize:share:1000, or loss.")
    ] = None,
    study: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="The study document, in place of these three.", autocompletion=documents),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=2**53 - 1, help="Of the points and of all runs [20200607].")
    ] = None,
) -> None:
    """Write the trials that are still to be run as a table: train each row, fill its last column, append it to RUNS.

    `golden next runs.csv --claim lr=3e-4,beta1=0.9 --space lr=1e-5..0.1,beta1=0.5..0.999 --measure val_acc:share:1000`
    gives the map first, then the zoom, then pairs on fresh seeds, each once the one before has all of its results. No
    rows are left once the claim is decided, or cannot be decided by more of the same. Write `diverged` for a run that
    broke, and `failed` for one that is to be tried again.
    """
    from studies.external.todo import planned_with, progress_lines, todo_columns, todo_csv

    spec = _document(study, {"claim": claim, "space": space, "measure": measure}, seed)
    todo_columns(spec)
    table = _filled(runs, spec)
    found, match, results = planned_with(spec, table.rows)
    write_text(todo_csv(spec, found, results))
    for line in (*table.notes, *_notes(found, match, results)):
        _say(line)
    for line in [found.sentence] if found.finished else progress_lines(found, results):
        _say(line)


def _document(study: str | None, words: dict[str, str | None], seed: int | None) -> StudySpec:
    """The document in a file, or the one that the options say.

    Raises:
        UsageError: options are missing, or contradict each other.
        SpecError: it is not acceptable; each field is named.
    """
    given = [f"--{name}" for name, text in words.items() if text is not None]
    if study is not None:
        if given or seed is not None:
            also = " and ".join([*given, *(["--seed"] if seed is not None else [])])
            raise UsageError(f"the document of --study says that itself; leave out {also}")
        from service.commands.documents import read_study
        from service.commands.offline import Offline

        return read_study(study, [], client=Offline())
    if len(given) < len(WORDS):
        missing = " and ".join(f"--{name}" for name in WORDS if words[name] is None)
        from studies.external.first_study import ranges_hint

        hint = ranges_hint(words["claim"], words["space"])
        raise UsageError(f"{missing} missing; name --claim, --space and --measure, or a document with --study{hint}")
    return stated_document(words, seed)


def stated_document(words: dict[str, Any], seed: int | None = None) -> StudySpec:
    """The document of a claim, a space and a measure in words.

    Args:
        words: the three, by the names of their options.
        seed: None: the usual one.

    Raises:
        SpecError: it is not acceptable; each option is named.
    """
    from studies.external.brief import document_of
    from studies.language.spec import parse

    fields: dict[str, Any] = {**words, **({} if seed is None else {"seed": seed})}
    try:
        return parse(document_of(**fields))
    except SpecError as error:
        problems = [Problem(f"--{field}" if field in WORDS else field, text) for field, text in error.problems]
        raise SpecError(problems, unlisted=error.unlisted) from None


def _filled(path: Path | None, spec: StudySpec) -> FilledTable:
    from studies.external.filled_table import FilledTable, read_filled
    from studies.foreign.dialect import MAX_BYTES

    if path is None:
        return FilledTable()
    if not path.exists() and not path.is_symlink():
        return FilledTable(notes=(f"{shown_path(path)} is not there yet, so no run has a result.",))
    return read_filled(read_file(path, MAX_BYTES), spec)


def _notes(found: Wanted, match: Match, results: Results) -> list[str]:
    """What of the rows does not count, and why."""
    notes = []
    if match.strays:
        shown = [str(problem) for problem in match.strays[:MOST_NAMED]]
        more = len(match.strays) - len(shown)
        rows = "1 row is" if len(match.strays) == 1 else f"{len(match.strays):,} rows are"
        notes += [f"{rows} no trial of the plan, and nothing reads them:", *(f"  {line}" for line in shown)]
        notes += [f"  and {more:,} more"] if more else []
    if match.copies:
        notes.append(f"{match.copies:,} rows repeat a result that an earlier row has; each counts once.")
    again = sum(trial not in found.given_up and key not in results for key in match.failures for trial in key[:1])
    if again:
        notes.append(f"{again:,} runs failed, and are wanted again.")
    if found.given_up:
        trials = ", ".join(map(str, sorted(found.given_up)[:MOST_NAMED]))
        notes.append(f"{len(found.given_up):,} trials failed too often and are given up, such as {trials}.")
    return notes


def _say(line: str) -> None:
    err.print(printable(line), markup=False, soft_wrap=True)
