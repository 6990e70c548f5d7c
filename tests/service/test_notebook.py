"""Reports as executed notebooks: run for real, with their outputs in the file, and refused in one sentence."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from service import notebook
from studies.errors import GoldenError

RESULTS = Path(__file__).parents[2] / "docs/results"
PLOTLY = "application/vnd.plotly.v1+json"
LARGEST = 1_500_000  # bytes: no script is in the file


def _report(name: str) -> dict[str, Any]:
    content = (RESULTS / name).read_bytes()
    values: dict[str, Any] = json.loads(gzip.decompress(content) if name.endswith(".gz") else content)
    return values


def _outputs(content: bytes) -> list[dict[str, Any]]:
    cells = json.loads(content)["cells"]
    assert all(cell["execution_count"] for cell in cells if cell["cell_type"] == "code"), "every cell was run"
    return [output for cell in cells for output in cell.get("outputs", [])]


def _said(outputs: list[dict[str, Any]]) -> str:
    return "".join(text for output in outputs if output["output_type"] == "stream" for text in output["text"])


def test_a_verdict_is_redrawn_and_recomputed_in_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    report = _report("rotated-mnist.json")
    content = notebook.written(report)
    outputs = _outputs(content)
    drawn = [output["data"][PLOTLY] for output in outputs if PLOTLY in output.get("data", {})]
    assert [figure["layout"]["title"]["text"] for figure in drawn] == [
        "golden@paper: landscape",
        "golden@paper: paired",
    ]
    assert all(figure["data"] for figure in drawn)
    assert any("image/svg+xml" in output.get("data", {}) for output in outputs)
    assert report["verdict"]["sentence"] in _said(outputs)
    assert len(content) < LARGEST


def test_a_comparison_and_a_table_are_shown_as_what_they_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    outputs = _outputs(notebook.written(_report("annealing.json.gz")))
    assert sum(PLOTLY in output.get("data", {}) for output in outputs) == 3, "one for each context"
    table = _outputs(notebook.written(_report("table-1-full-rotated-mnist.json")))
    assert "93.51 ± 1.85, 100 runs; the paper 99.4 ± 0.1" in _said(table)
    assert "inconclusive" not in _said(table).lower()
    assert any("image/svg+xml" in output.get("data", {}) for output in table)


def test_a_verdict_that_does_not_follow_from_its_rows_makes_no_notebook(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    report = _report("table-1-full-rotated-mnist.json")
    report["verdict"]["sentence"] = "Supported."
    with pytest.raises(GoldenError, match="could not be run: AssertionError"):
        notebook.written(report)


def test_without_the_extra_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notebook, "NEEDED", ("nbformat", "a_package_that_is_not_there"))
    with pytest.raises(notebook.NotebooksMissingError, match=r"install golden-study\[notebook\], or ask for html"):
        notebook.written({})
