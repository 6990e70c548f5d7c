"""A report as an executed notebook. Only this module imports nbformat, nbclient and jupyter_client."""

from __future__ import annotations

import base64
import gzip
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import Any

from studies.errors import GoldenError, cut

NEEDED = ("nbformat", "nbclient", "ipykernel")
MOST_SHOWN = 300  # characters of a reason
SECONDS = 900  # for a cell; recomputing a large report takes half a minute
READ = """import gzip, json
from base64 import b64decode
from pathlib import Path

beside = Path({file!r})  # one that lies beside this notebook is read in place of the packed one
report = json.loads(beside.read_text("utf-8") if beside.is_file() else gzip.decompress(b64decode(PACKED)))
{{sweep["name"]: sweep["rows"] for sweep in report["sweeps"]}}  # runs of each sweep"""
PICTURE = """from IPython.display import SVG
from studies.report.picture import render_picture

SVG(render_picture(report))"""
FIGURES = """import plotly.io
from studies.report.figures import report_figure

plotly.io.renderers.default = "plotly_mimetype"  # JupyterLab and VS Code draw it; no script is put into this file
for sweep in {sweeps!r}:
    for kind in {kinds!r}:
        figure = report_figure(report, kind, sweep)
        figure.update_layout(title=f"{{sweep}}: {{kind}}")
        figure.show()"""
TABLE = """from IPython.display import SVG
from studies.report.stated import stated_detail
from studies.report.table1_page import reported_points

table = reported_points(stated_detail(report), report)
print(table.sentence, *table.departing, sep="\\n")
for row in table.rows:
    paper = "" if row.paper_mean is None else f"; the paper {row.paper_mean} ± {row.paper_sd}"
    print(f"{row.loss:>8} eta {row.eta:.4f} alpha {row.alpha:.3f}: {row.mean:.2f} ± {row.sd_runs or 0:.2f}, "
          f"{row.runs} runs{paper}")
SVG(table.image)"""
VERIFY = """from studies.report.document import verify_report  # what `golden verify` calls

differences = verify_report(report)
assert not differences, differences
{said}"""
SAID = "print(f\"{report['verdict']['outcome']}: {report['verdict']['sentence']}\")"
TABULATED = 'print("Every row, and every number that follows from them, is as the report has it.")'
COMPARED = r'print("\n".join(report["comparison"]["sentences"]))'


class NotebooksMissingError(GoldenError, RuntimeError):
    """A notebook is asked for where what writes and runs one is not installed."""

    def __str__(self) -> str:
        return (
            "a notebook needs nbformat, nbclient and ipykernel, which are not all installed; "
            "install golden-study[notebook], or ask for html or json"
        )


def require_notebooks() -> None:
    """Check that notebooks can be written and run.

    Raises:
        NotebooksMissingError: they cannot.
    """
    if any(find_spec(name) is None for name in NEEDED):
        raise NotebooksMissingError


def written(report: Mapping[str, Any]) -> bytes:
    """The notebook of a report with the outputs of its cells, which are run here.

    Args:
        report: what `studies.report.document` made.

    Raises:
        NotebooksMissingError: what writes and runs notebooks is not installed.
        GoldenError: a cell failed, as where the verdict does not follow from the rows.
    """
    require_notebooks()
    import nbformat
    from nbclient.exceptions import CellControlSignal, CellTimeoutError, DeadKernelError

    made = nbformat.v4.new_notebook(cells=list(_cells(report)), metadata={"language_info": {"name": "python"}})
    try:
        with tempfile.TemporaryDirectory() as folder:
            _execute(made, folder)
    except (CellControlSignal, CellTimeoutError, DeadKernelError) as error:
        raise GoldenError(f"the notebook of {report['study']} could not be run: {_reason(error)}") from None
    return str(nbformat.writes(made)).encode()


def _reason(error: BaseException) -> str:
    """Why a cell failed, on one line and without the colours of a traceback."""
    name, value = getattr(error, "ename", type(error).__name__), getattr(error, "evalue", str(error))
    return cut(" ".join(f"{name}: {value}".split()), MOST_SHOWN)


def _execute(made: Any, folder: str) -> None:
    """Run the cells by this very Python, whatever kernels the user has installed."""
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

    class ThisPython(KernelSpecManager):  # type: ignore[misc]
        def get_kernel_spec(self, kernel_name: str) -> Any:
            argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
            return KernelSpec(argv=argv, display_name="Python 3", language="python")

    class OwnKernel(AsyncKernelManager):  # type: ignore[misc]
        def __init__(self, **given: Any) -> None:  # sockets in a folder of our own, where no other user reaches them
            private = {"transport": "ipc", "connection_file": f"{folder}/kernel.json"} if os.name == "posix" else {}
            super().__init__(kernel_spec_manager=ThisPython(), **private, **given)

    at = {"metadata": {"path": folder}}
    NotebookClient(made, timeout=SECONDS, kernel_name="python3", kernel_manager_class=OwnKernel, resources=at).execute()
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}


def _cells(report: Mapping[str, Any]) -> Iterator[Any]:
    from nbformat.v4 import new_code_cell, new_markdown_cell

    compares, kind = "comparison" in report, report["spec"]["design"]["kind"]
    title = report["spec"].get("title") or report["study"]
    packed = base64.b64encode(gzip.compress(json.dumps(report).encode(), mtime=0)).decode()
    yield new_markdown_cell(
        f"# {title}\n\nThe report of the study `{report['study']}`, with all its rows, its figures and its "
        "recomputation. Every cell runs again where `golden-study` is installed; no service and no network is needed."
    )
    yield new_code_cell(
        f"# The report, packed: read by the next cell.\nPACKED = {packed!r}",
        metadata={"jupyter": {"source_hidden": True}, "collapsed": True},
    )
    yield new_code_cell(READ.format(file=f"{report['study']}-report.json"))
    if kind != "cross_validation":
        yield new_markdown_cell("## The answer as a picture")
        yield new_code_cell(PICTURE)
    yield new_markdown_cell("## Table 1" if kind == "cross_validation" else "## The main figures")
    kinds = ("arms",) if compares else ("landscape", "paired")
    yield new_code_cell(TABLE if kind == "cross_validation" else FIGURES.format(kinds=kinds, sweeps=_sweeps(report)))
    yield new_markdown_cell(
        "## Recomputed\n\nThe plan is replayed and the answer made anew from the rows; a difference ends the cell."
    )
    yield new_code_cell(VERIFY.format(said=_said(kind)))


def _said(kind: str) -> str:
    """What the last cell prints, by the kind of the design: a verdict only where there is one."""
    return {"compare": COMPARED, "cross_validation": TABULATED}.get(kind, SAID)


def _sweeps(report: Mapping[str, Any]) -> list[str]:
    """Names of the sweeps whose figures differ: of a comparison's arms in one context under one loss, the first."""
    from studies.language.spec import restored  # brings pydantic's models, which most commands do without

    spec = restored(report["spec"])
    first: dict[tuple[str, str], str] = {}
    for sweep in report["sweeps"]:
        arm = spec.built_in_of(sweep["context"]).arm if spec.compares else None
        first.setdefault((arm.context if arm else sweep["context"], sweep["loss"]), sweep["name"])
    return list(first.values())
