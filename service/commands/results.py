"""Commands about results: report, verify, export; and the catalogue, the schema and the workers."""

from __future__ import annotations

import io
import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, TypeVar, cast

import typer

from service import notebook
from service.client_errors import ExitCode
from service.commands.common import AsJson, StudyArgument, UsageError, connect, out, print_json, show_answer
from service.commands.completion import catalogue_names, files, worker_names
from service.commands.files import GZIP, read_file, shown_path, unpacked, write_file
from service.commands.offline import advisor
from service.tables import catalogue_table, worker_table
from service.terminal import SafeBytes, write_text
from studies.errors import SpecError
from studies.text import escaped_json

if TYPE_CHECKING:
    from service.client import Client

app = typer.Typer()
MAX_REPORT_BYTES = 512 * 2**20  # above that of the largest study
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
    SVG = "svg"
    NOTEBOOK = "notebook"


ENDINGS = {"ipynb": "notebook"}  # of files that are not called as their form is

_Named = TypeVar("_Named", bound=StrEnum)


@app.command()
def report(
    study: StudyArgument,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="File, packed where its name ends in .gz; default STUDY-report.<form>.",
            autocompletion=files,
        ),
    ] = None,
    form: Annotated[
        ReportForm | None,
        typer.Option(
            "--format",
            help="html: one file for people; json; svg: the answer as a picture; notebook: figures and recomputation "
            "as an executed Jupyter notebook. Default: by FILE, else html.",
        ),
    ] = None,
    without_plotly: Annotated[
        bool,
        typer.Option("--without-plotly", help="html without figures that can be zoomed: 0.1 to 0.3, not 5 MB."),
    ] = False,
    force: Force = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Write the report: verdict, figures, rows, and everything needed to recompute it."""
    form = form or _by_name(ReportForm, output) or ReportForm.HTML
    if without_plotly and (as_json or form is not ReportForm.HTML):
        raise UsageError("--without-plotly is about the html form alone; leave it out")
    if form is ReportForm.NOTEBOOK:
        notebook.require_notebooks()  # before the report is fetched
    with connect() as client:
        if as_json:
            print_json(client.json.report(study))
            return
        path = output or Path(f"{study}-report.{'ipynb' if form is ReportForm.NOTEBOOK else form}")
        content = _content(client, study, form, without_plotly=without_plotly)
        write_file(path, content, force=force)
    out.print(str(path), markup=False, soft_wrap=True)


def _content(client: Client, study: str, form: ReportForm, *, without_plotly: bool) -> bytes:
    if form is ReportForm.NOTEBOOK:
        return notebook.written(json.loads(client.report_bytes(study)))
    if form is ReportForm.HTML:
        return client.report_page(study, plotly=not without_plotly)
    return client.report_bytes(study) if form is ReportForm.JSON else client.report_picture(study)


def _by_name(forms: type[_Named], file: Path | None) -> _Named | None:
    """The form that a file's ending names, None where it names none."""
    if file is not None and file.suffix.lower() == GZIP:
        file = file.with_suffix("")
    ending = "" if file is None else file.suffix.removeprefix(".").lower()
    return next((form for form in forms if form.value == ENDINGS.get(ending, ending)), None)


@app.command()
def verify(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="A report as JSON, from `golden report --format json`; gzip or plain.",
            autocompletion=files,
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Recompute a report's verdict or comparison from its own rows; exit code 1 if it differs. Needs no service."""
    from studies.report.document import caution, verify_report

    report = read_report(file)
    differences = verify_report(report)
    said = "" if differences else caution(report)
    if as_json:
        print_json({"report": str(file), "differences": differences, "caution": said})
    else:
        what = "comparison" if "comparison" in report else "verdict"
        held = [] if "comparison" in report else [f"{report['verdict']['outcome']}: {report['verdict']['sentence']}"]
        lines = differences or [f"{file}: the {what} follows from its rows", *held, *([said] if said else [])]
        out.print("\n".join(lines), markup=False, soft_wrap=True)
    if differences:
        raise typer.Exit(ExitCode.FAILED)


@app.command()
def export(
    study: StudyArgument,
    form: Annotated[
        Form | None, typer.Option("--format", help="csv, json or parquet; default: by FILE's name, else csv.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File; default: standard output.", autocompletion=files)
    ] = None,
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
        elif form is Form.PARQUET:
            client.export(study, form, sys.stdout.buffer)
            sys.stdout.buffer.flush()
        else:
            with SafeBytes(sys.stdout.buffer, as_json=form is Form.JSON) as target:
                client.export(study, form, cast(BinaryIO, target))


@app.command()
def catalogue(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="One entry, printed as TOML.", autocompletion=catalogue_names)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the ready-made studies, or print one to start from: this program's own, or with --server a service's."""
    with advisor() as answers:
        if as_json:
            print_json(answers.json.catalogue() if name is None else answers.json.catalogue_study(name))
        elif name is None:
            out.print(catalogue_table(answers.catalogue()))
        else:
            write_text(answers.catalogue_study(name).toml)


@app.command()
def schema(
    openapi: Annotated[
        bool, typer.Option("--openapi", help="The OpenAPI document of this program's API; needs no service.")
    ] = False,
    rules: Annotated[
        bool, typer.Option("--rules", help="Networks, update rules, schedules and backward rules, as Markdown tables.")
    ] = False,
) -> None:
    """Print the JSON Schema of a study document, for editors: this program's own, or with --server a service's."""
    if rules:
        from studies.learning.markdown import tables

        write_text(tables())
        return
    if openapi:
        from service.openapi import document

        write_text(escaped_json(document()))
        return
    with advisor() as answers:
        print_json(answers.json.schema())


@app.command()
def workers(
    drain: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Ask this worker to finish and stop.", autocompletion=worker_names),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the worker processes, or ask one to stop."""
    if drain is None:
        show_answer(lambda client: client.workers(), lambda rows: out.print(worker_table(rows)), as_json=as_json)
        return
    text = f"{drain} finishes what it holds, then stops"
    show_answer(lambda client: client.drain(drain), lambda _: out.print(text, markup=False), as_json=as_json)


def read_report(file: Path) -> dict[str, Any]:
    """A report's values.

    Raises:
        UsageError: the file cannot be read, or holds no report.
    """
    from studies.language.reading import read

    content = unpacked(read_file(file, MAX_REPORT_BYTES), MAX_REPORT_BYTES)
    try:
        report = read(content, "json", max_bytes=MAX_REPORT_BYTES)
    except SpecError as error:
        raise UsageError(f"{shown_path(file)} holds no report: {error.problem_list.listed[0]}") from None
    if not isinstance(report, dict):
        raise UsageError(f"{shown_path(file)} holds no report")
    return report
