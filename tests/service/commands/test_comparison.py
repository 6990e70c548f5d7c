"""`golden comparison`: tables, CSV and JSON."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from golden_cli import Server, as_json, study_file
from raced import RACE, TITLE
from rich.console import Console
from shown_arms import of_widths, shown_arms

from service.cli import main
from service.client_errors import ExitCode
from service.commands.comparison import tables_of, words_of
from service.comparison_rows import to_csv


def shown(width: int = 150, **options: object) -> str:
    console = Console(record=True, width=width)
    for table in tables_of(shown_arms(widths=(45, 100)), **options):  # type: ignore[arg-type]
        console.print(table)
    return console.export_text()


def test_a_table_for_each_context_and_one_of_the_widths() -> None:
    text = shown()
    assert "race: epochs to target accuracy, h-45, squared error" in text
    assert "race: smallest width along h, squared error" in text
    assert "DLR <presynaptic>" in text and "1.14 ± 0.22" in text and "epochs, [95 %]" in text
    assert "tuned (baseline)" in text


def test_smallest_widths_lead_where_the_study_is_about_them_with_the_papers_cells() -> None:
    found = of_widths()
    first, *_ = tables_of(found)
    console = Console(record=True, width=80)
    console.print(first)
    text = console.export_text()
    assert "race: smallest width along h, squared error" in text and "paper" in text and "36.3 ±" in text
    assert next(iter(words_of(found))).startswith("By smallest width, none of 4 differs from SGD")
    assert "The paper did otherwise: up to 30 epochs." in list(words_of(found))
    asked_for, *_ = tables_of(found, "accuracy")
    assert "test accuracy" in str(asked_for.title)
    rows = list(csv.DictReader(io.StringIO(to_csv(found))))
    assert [row["objective"] for row in rows[:6]] == ["smallest_width"] * 6 and len(rows) == 6 + 2 * 6 * 5
    assert (rows[0]["context"], rows[0]["field"], rows[0]["at"], rows[0]["tunings"]) == ("h", "width", "", "")
    assert (rows[0]["paper_mean"], rows[0]["paper_sd"], rows[0]["paper_differs"]) == ("36.3", "1.2", "up to 30 epochs")
    plain = list(csv.DictReader(io.StringIO(to_csv(shown_arms(widths=(45, 100))))))
    assert [row["objective"] for row in plain[-6:]] == ["smallest_width"] * 6 and plain[-1]["paper_differs"] == ""


def test_by_another_objective_no_p_value_is_adjusted() -> None:
    text = shown(objective="accuracy")
    assert "race: test accuracy, h-45, squared error" in text and "95.00 ± 0.00" in text and "pp, [95 %]" in text


def test_words_say_what_is_behind_a_tuned_row_once() -> None:
    lines = list(words_of(shown_arms(widths=(45, 100))))
    assert lines[0].startswith("H-45: by epochs to target accuracy, better than SGD is DLR <presynaptic>, tuned (−")
    assert lines.count("SGD, tuned: 4 tuning trainings, selected on held-out training images.") == 1
    assert len(lines) == len(set(lines))


def test_csv_has_a_line_for_each_row_and_objective_and_no_formula() -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(shown_arms()))))
    assert len(rows) == 6 * 5
    assert rows[5]["arm"] == "sgd" and rows[5]["point"] == "eta=0.24 alpha=0.0"
    assert (rows[10]["against"], rows[10]["test"], rows[10]["pairs"]) == ("sgd, tuned", "t", "8")
    assert (rows[5]["paper_mean"], rows[10]["paper_mean"]) == ("1.14", "")


def test_the_command_prints_tables_csv_and_json(
    golden: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "race.toml"
    file.write_text(RACE.replace('name = "arms-on-digits"', 'name = "race-cli"'))
    assert main(["submit", str(file)]) == ExitCode.OK
    capsys.readouterr()
    assert main(["comparison", "race-cli"]) == ExitCode.OK
    text = capsys.readouterr().out
    assert "race-cli: test accuracy" in text and "No arm has two runs on the baseline's seeds yet." in text
    assert main(["comparison", "race-cli", "--csv"]) == ExitCode.OK
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert rows[0]["title"] == f"'{TITLE}" and rows[0]["n"] == "0"
    assert as_json(capsys, "comparison", "race-cli")["baseline"] == "sgd"
    capsys.readouterr()
    assert main(["comparison", "race-cli", "--csv", "--json"]) == ExitCode.USAGE
    assert "--csv and --json print different forms; keep one" in capsys.readouterr().err


def test_other_studies_are_refused_in_one_line(
    golden: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["submit", study_file(tmp_path, "no-arms")]) == ExitCode.OK
    capsys.readouterr()
    assert main(["comparison", "no-arms"]) == ExitCode.NOT_FOUND
    assert capsys.readouterr().err == "error: study no-arms compares no arms; see its verdict\n"
