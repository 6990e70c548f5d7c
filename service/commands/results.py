"""Commands about what was found: verdict, report, export; and the catalogue, the schema and the workers."""

from __future__ import annotations

import io
import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from service.client import ExitCode, save
from service.commands.common import AsJson, StudyArgument, UsageError, connect, out, print_json
from service.commands.foreign import judge_file, judge_optuna, read_document
from service.commands.objectives import caution, objectives_table
from service.tables import catalogue_table, forecast_lines, verdict_table, worker_table
from studies.errors import GoldenError

app = typer.Typer()
Force = Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")]


class Form(StrEnum):
    """Forms of an export."""

    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


class ReportForm(StrEnum):
    """Forms of a report."""

    HTML = "html"
    JSON = "json"


_Named = TypeVar("_Named", bound=StrEnum)


@app.command()
def verdict(
    study: Annotated[str | None, typer.Argument(metavar="[STUDY]", help="The study's name.")] = None,
    objective: Annotated[str | None, typer.Option(help="Judge by another measure than the claim's.")] = None,
    all_objectives: Annotated[
        bool, typer.Option("--all-objectives", help="Judge a study's trials by every measure, side by side.")
    ] = False,
    source: Annotated[
        Path | None, typer.Option("--from", metavar="CSV", help="Judge trials in a file; `golden export` writes such.")
    ] = None,
    optuna: Annotated[
        str | None, typer.Option("--from-optuna", metavar="URL", help="Judge an Optuna study in this database.")
    ] = None,
    optuna_study: Annotated[str | None, typer.Option("--study", metavar="NAME", help="With --from-optuna.")] = None,
    document: Annotated[
        Path | None,
        typer.Option("--document", metavar="FILE", help="The study document of those trials: claim, box, seed, data."),
    ] = None,
    points: Annotated[str | None, typer.Option(help="How those trials' points were chosen: fixed or adaptive.")] = None,
    images: Annotated[int | None, typer.Option(help="Test images behind each value of those trials [10000].")] = None,
    looks: Annotated[
        int | None, typer.Option(help="How often those trials were judged, this time included [1].")
    ] = None,
    failed_as_diverged: Annotated[
        bool, typer.Option("--failed-as-diverged", help="Count those trials that failed (state FAIL) as diverged.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Tell whether the optimum lies where the claim says: supported, refuted or inconclusive, per sweep.

    Trials measured elsewhere (--from, --from-optuna) have columns eta, alpha, value and, optionally, loss, context,
    fold, repeat, diverged, state. They can be supported or refuted if phase (confirm), arm (claim, best) and block
    mark fresh paired runs, as in an export of a whole study; without these they stay inconclusive.
    """
    if sum(given is not None for given in (study, source, optuna)) != 1:
        raise UsageError("name a study, or a file with --from, or a database with --from-optuna; one of them")
    foreign = {"document": document, "points": points, "images": images, "looks": looks}
    foreign = {name: value for name, value in foreign.items() if value is not None}
    if failed_as_diverged:
        foreign["failed_as_diverged"] = True
    _check_options(study, optuna, optuna_study, foreign)
    if all_objectives:
        _by_every_objective(study, objective, as_json=as_json)
    elif study is not None:
        _own(study, objective, as_json=as_json)
    else:
        _foreign(source, optuna, optuna_study, {**foreign, **({"objective": objective} if objective else {})}, as_json)


def _check_options(study: str | None, optuna: str | None, optuna_study: str | None, foreign: dict[str, Any]) -> None:
    """Refuse options that would be ignored."""
    if optuna_study is not None and optuna is None:
        raise UsageError("--study names a study in the database of --from-optuna; leave it out, or give that too")
    if study is not None and foreign:
        names = " and ".join(f"--{name.replace('_', '-')}" for name in foreign)
        raise UsageError(f"{names} belong to trials measured elsewhere (--from, --from-optuna); leave them out")


def _own(study: str, objective: str | None, *, as_json: bool) -> None:
    """The verdict on a study of the service, with what would decide it."""
    advice: list[str] = []
    with connect() as client:
        answer = client.verdict(study, objective=objective)
        if not as_json and any(sweep["needed"] for sweep in answer["sweeps"]):
            advice = forecast_lines(client.forecast(study))
    _show(answer, [answer["caution"]] if answer.get("caution") else [], advice, as_json=as_json)


def _foreign(
    source: Path | None, optuna: str | None, optuna_study: str | None, options: dict[str, Any], as_json: bool
) -> None:
    """The verdict on trials measured elsewhere, with what was not read of them."""
    if "document" in options:
        options = {**options, "document": read_document(options["document"])}
    answer = judge_file(source, options) if source else judge_optuna(str(optuna), optuna_study, options)
    _show(answer, answer["notes"], [], as_json=as_json)


def _show(answer: dict[str, Any], notes: list[str], advice: list[str], *, as_json: bool) -> None:
    if as_json:
        print_json(answer)
        return
    out.print(verdict_table(answer))
    for sentence in (*notes, answer["sentence"], *(drift["sentence"] for drift in answer["drift"]), *advice):
        out.print(sentence, markup=False)


def _by_every_objective(study: str | None, objective: str | None, *, as_json: bool) -> None:
    if study is None or objective is not None:
        raise UsageError("--all-objectives takes the name of a study, and no --objective")
    with connect() as client:
        answer = client.objectives(study)
    if as_json:
        print_json(answer)
        return
    out.print(objectives_table(answer))
    out.print(caution(answer), markup=False)


@app.command()
def report(
    study: StudyArgument,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File; default STUDY-report.<form>.")] = None,
    form: Annotated[
        ReportForm | None,
        typer.Option("--format", help="One HTML file for people, or JSON; default: by FILE's name, else html."),
    ] = None,
    force: Force = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Write the report: verdict, figures, rows, and everything needed to recompute it."""
    form = form or _by_name(ReportForm, output) or ReportForm.HTML
    with connect() as client:
        if as_json:
            print_json(client.report(study))
            return
        path = output or Path(f"{study}-report.{form}")
        content = client.report_page(study) if form is ReportForm.HTML else client.report_bytes(study)
        write_file(path, content, force=force)
    out.print(str(path), markup=False, soft_wrap=True)


def _by_name(forms: type[_Named], file: Path | None) -> _Named | None:
    """The form that a file's ending names, None where it names none."""
    ending = "" if file is None else file.suffix.removeprefix(".").lower()
    return next((form for form in forms if form.value == ending), None)


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A report as JSON, from `golden report --format json`.")],
    as_json: AsJson = False,
) -> None:
    """Recompute a report's verdict from its own rows; exit code 1 if anything differs. Needs no service."""
    from studies.report.document import verify_report

    differences = verify_report(_read_report(file))
    if as_json:
        print_json({"report": str(file), "differences": differences})
    for line in () if as_json else differences or [f"{file}: the verdict follows from its rows"]:
        out.print(line, markup=False, soft_wrap=True)
    if differences:
        raise typer.Exit(ExitCode.FAILED)


@app.command()
def export(
    study: StudyArgument,
    form: Annotated[
        Form | None, typer.Option("--format", help="csv, json or parquet; default: by FILE's name, else csv.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File; default: standard output.")] = None,
    force: Force = False,
) -> None:
    """Write all runs of a study with their points, replicates, results and curves."""
    form = form or _by_name(Form, output) or Form.CSV
    with connect() as client:
        if output is not None:
            buffer = io.BytesIO()
            client.export(study, form, buffer)
            write_file(output, buffer.getvalue(), force=force)
        elif form is Form.PARQUET and sys.stdout.isatty():
            raise UsageError("parquet is not for terminals; name a file with --output")
        else:
            client.export(study, form, sys.stdout.buffer)
            sys.stdout.buffer.flush()


@app.command()
def catalogue(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One entry, printed as TOML.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the ready-made studies, or print one to start from."""
    with connect() as client:
        if name is None:
            items = client.catalogue()
            if as_json:
                print_json(items)
            else:
                out.print(catalogue_table(items))
            return
        entry = client.catalogue_study(name)
    if as_json:
        print_json(entry)
    else:
        sys.stdout.write(entry["toml"])


@app.command()
def schema(
    openapi: Annotated[
        bool, typer.Option("--openapi", help="The OpenAPI document of this program's API; needs no service.")
    ] = False,
) -> None:
    """Print the JSON Schema of a study document, for editors."""
    if openapi:
        from service.openapi import document

        sys.stdout.write(document())
        return
    with connect() as client:
        print_json(client.schema())


@app.command()
def workers(
    drain: Annotated[str | None, typer.Option(metavar="NAME", help="Ask this worker to finish and stop.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the worker processes, or ask one to stop."""
    with connect() as client:
        if drain is not None:
            answer = client.drain(drain)
            if as_json:
                print_json(answer)
            else:
                out.print(f"{drain} finishes what it holds, then stops", markup=False)
            return
        rows = client.workers()
    if as_json:
        print_json(rows)
    else:
        out.print(worker_table(rows))


def _read_report(file: Path) -> dict[str, Any]:
    try:
        report = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"cannot read a report from {str(file)!r}: {error}") from None
    if not isinstance(report, dict):
        raise UsageError(f"{str(file)!r} holds no report")
    return report


def write_file(path: Path, content: bytes, *, force: bool) -> None:
    """Write a file whole or not at all.

    Raises:
        GoldenError: it is there already, or cannot be written; the message says which.
    """
    try:
        save(content, path, force=force)
    except FileExistsError as error:
        raise GoldenError(str(error)) from None
    except OSError as error:
        raise GoldenError(f"cannot write {str(path)!r}: {error.strerror}") from None
