"""`golden table`: a cross-validation beside the paper's Table 1."""

from __future__ import annotations

from pathlib import Path

import pytest
from golden_cli import Server, as_json, study_file
from rich.console import Console

from service.cli import main
from service.client_errors import ExitCode
from service.commands.table import table_of
from studies import golden as golden_point
from studies.report.table1 import TableRow

ROW = TableRow("paper", "sse", golden_point.ETA, 0.0, 100, 0, 77.5, 9.5, 3.25, None, 77.4, 10.0)


def shown(*rows: TableRow) -> str:
    console = Console(record=True, width=120)
    console.print(table_of("table-1", list(rows)))
    return console.export_text()


def test_a_row_has_three_deviations_and_the_papers_value() -> None:
    (line,) = [line for line in shown(ROW).splitlines() if line.split()[:1] == ["sse"]]
    assert line.split() == ["sse", "0.01587", "0", "100", "77.50", "9.50", "3.25", "–", "77.4", "±", "10"]


def test_a_row_that_the_paper_does_not_have() -> None:
    row = TableRow("paper", "golden", 0.05, 0.95, 10, 0, 99.0, 0.1, 0.1, 0.1, None, None)
    (line,) = [line for line in shown(row).splitlines() if line.split()[:1] == ["golden"]]
    assert line.split()[1:4] == ["0.05000", "0.9500", "10"]
    assert line.split()[-1] == "–"


def test_other_designs_have_no_rows(golden: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["submit", study_file(tmp_path, "tableless")]) == ExitCode.OK
    capsys.readouterr()
    assert main(["table", "tableless"]) == ExitCode.OK
    assert capsys.readouterr().out == "tableless has no cross-validated runs\n"
    assert as_json(capsys, "table", "tableless") == []
