"""The `golden init` command: a commented study document from five answers, asked on a terminal or given as options."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.commands.common import UsageError, err, lines_of, out, say_if_vague
from service.commands.completion import files
from service.commands.files import shown_path, write_file
from service.terminal import write_text
from studies.errors import GoldenError, Problem, SpecError
from studies.text import is_safe_line

if TYPE_CHECKING:
    from studies.external.first_study import Answers, Question

app = typer.Typer()
STANDARD_OUTPUT = "-"
MOST_NAME = 63  # characters of a study's name


@app.command()
def init(
    file: Annotated[
        Path, typer.Argument(metavar="[FILE]", help="A .toml file, or - for standard output.", autocompletion=files)
    ] = Path("study.toml"),
    claim: Annotated[
        str | None,
        typer.Option("--claim", metavar="POINT", help="The point that is claimed to be best, e.g. lr=3e-4,beta1=0.9."),
    ] = None,
    space: Annotated[
        str | None,
        typer.Option("--space", metavar="RANGES", help="The ranges to search, e.g. lr=1e-5..0.1,beta1=0.5..0.999."),
    ] = None,
    measure: Annotated[
        str | None,
        typer.Option(
            "--measure", metavar="MEASURE", help="What a training is judged by, e.g. val_acc:maximize:share:1000."
        ),
    ] = None,
    trainer: Annotated[
        str | None,
        typer.Option(
            "--trainer", metavar="WHO", help="own, or a data set that the built-in trainer knows: digits, ..."
        ),
    ] = None,
    size: Annotated[str | None, typer.Option("--size", metavar="SIZE", help="small, standard or large.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Take the usual answer where there is one.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
) -> None:
    """Write a study document, with a comment on every line, by asking five questions.

    Claim, ranges, who trains, what a training is judged by, and how large the study is; an answer that cannot be is
    asked again. Options answer without being asked; where no terminal is attached, as in a pipe, give --claim and
    --measure with --yes. Nothing runs: `golden preview`, `golden run` and `golden submit`
    come next, and the file says how.
    """
    from studies.external.first_study import bare_share, document_from
    from studies.external.study_file import next_commands, study_text
    from studies.language.spec import parse

    _require_place(file, force=force)
    given = {"claim": claim, "space": space, "trainer": trainer, "measure": measure, "size": size}
    answers = _answered(_name_of(file), given, yes=yes)
    document = document_from(answers)
    text = study_text(document, file=str(file) if str(file) != STANDARD_OUTPUT else "study.toml")
    spec = parse(text, form="toml")
    say_if_vague(spec)
    if bare := bare_share(spec):
        err.print(f"note: {bare}", markup=False, soft_wrap=True)
    if str(file) == STANDARD_OUTPUT:
        write_text(text)
        return
    write_file(file, text.encode(), force=force)
    out.print(f"{file} is written. Next:", markup=False, soft_wrap=True)
    for command in next_commands(document, str(file)):
        out.print(f"  {command}", markup=False, soft_wrap=True)


def _require_place(file: Path, *, force: bool) -> None:
    """See that the file can be written before anybody is asked anything.

    Raises:
        UsageError: it has another ending, it is a folder, or its folder is not there.
        GoldenError: it exists and `force` is not set.
    """
    if str(file) == STANDARD_OUTPUT:
        return
    if not is_safe_line(str(file)):
        raise UsageError(f"{shown_path(file)} has characters that no line of text holds; name another file")
    if file.suffix != ".toml":
        raise UsageError(f"{shown_path(file)} does not end in .toml, which is what is written; name such a file")
    if file.is_dir():
        raise UsageError(f"{shown_path(file)} is a folder; name a file")
    if not file.parent.is_dir():
        raise UsageError(f"there is no folder {shown_path(file.parent)}; make it first")
    if file.exists() and not force:
        raise GoldenError(f"{shown_path(file)} exists; add --force to overwrite it")


def _name_of(file: Path) -> str:
    """A study's name from that of its file."""
    name = re.sub(r"[^a-z0-9]+", "-", file.stem.lower())[:MOST_NAME].strip("-")
    return name or "study"


def _answered(name: str, given: Mapping[str, str | None], *, yes: bool) -> Answers:
    """The five answers: given, else usual where `yes`, else asked. On a terminal a wrong one is asked for as well.

    Raises:
        UsageError: one is missing, and there is no terminal to ask on.
        SpecError: one is not acceptable, and there is no terminal.
    """
    from studies.external.first_study import QUESTIONS, Answers, with_answer

    answers = Answers(name)
    for question in QUESTIONS:
        answer = given[question.name]
        if answer is None and yes:
            answer = question.usual(answers)
        try:
            if answer is None:
                answers = _asked(question, answers, given, yes=yes)
            else:
                answers = with_answer(answers, question.name, answer)
        except SpecError as error:
            if not _is_terminal():
                raise _of_option(question.name, error) from None
            _say(error)
            answers = _asked(question, answers, given, yes=yes)
    return answers


def _asked(question: Question, answers: Answers, given: Mapping[str, str | None], *, yes: bool) -> Answers:
    """The answers with that to a question, which is asked until the answer is acceptable."""
    from studies.external.first_study import QUESTIONS, bare_share, document_from, with_answer
    from studies.language.spec import parse

    if not _is_terminal():
        raise UsageError(_missing(question, given, yes=yes))
    number = QUESTIONS.index(question) + 1
    err.print(f"{number} of {len(QUESTIONS)}. {question.text}", markup=False, soft_wrap=True)
    err.print(f"   {question.example(answers)}", markup=False, soft_wrap=True)
    asked_again = False
    while True:
        answer = typer.prompt("  ", default=question.usual(answers), prompt_suffix="> ", err=True)
        try:
            found = with_answer(answers, question.name, answer)
        except SpecError as error:
            _say(error)
            continue
        note = bare_share(parse(document_from(found))) if question.name == "measure" else ""
        if not note or asked_again:
            return found
        asked_again = True
        err.print(f"   {note}, or give the same answer again", markup=False, soft_wrap=True)


def _missing(question: Question, given: Mapping[str, str | None], *, yes: bool) -> str:
    """The sentence about options without which nothing can be written where nobody can be asked."""
    from studies.external.first_study import QUESTIONS, Answers

    known = Answers("study", trainer=given["trainer"])
    absent = [each for each in QUESTIONS if given[each.name] is None]
    unusual = [each for each in absent if each.name == "claim" or (each.name == "measure" and not each.usual(known))]
    if yes:
        return f"no terminal is attached to ask on; give {_listed(dict.fromkeys([question, *unusual]))}"
    few = f"{_listed(unusual)} with --yes for the rest" if unusual else "--yes for the usual answers"
    return f"no terminal is attached to ask on; give {_listed(absent)}, or {few}"


def _listed(questions: Iterable[Question]) -> str:
    """Options by name: "--claim, --space and --size"."""
    names = [f"--{question.name}" for question in questions]
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _of_option(name: str, error: SpecError) -> SpecError:
    """The problems of an answer as those of the option that gave it."""
    problems = [
        Problem(f"--{name}", text if field == name else str(Problem(field, text))) for field, text in error.problems
    ]
    return SpecError(problems, unlisted=error.unlisted)


def _say(error: SpecError) -> None:
    for line in lines_of(error):
        err.print(f"   {line}", markup=False, soft_wrap=True)


def _is_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()
