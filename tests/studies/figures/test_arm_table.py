"""Cells of a comparison's table as text."""

from __future__ import annotations

from dataclasses import replace

from shown_arms import shown_arms

from studies.comparison.asked import OBJECTIVES, StatedCell
from studies.figures.arm_table import arm_tables, paper_differences, width_lines


def test_a_row_has_its_mean_its_difference_and_the_papers_cell() -> None:
    (table,) = arm_tables(shown_arms())
    published, tuned, dlr, adam, nesterov, yamadam = table.lines
    assert (tuned.title, tuned.how, tuned.baseline, tuned.difference) == ("SGD", "tuned", True, "–")
    assert (tuned.point, tuned.behind) == ("η 0.24, α 0", "4 tuning trainings, selected on held-out training images")
    assert (tuned.paper, tuned.paper_note) == ("1.14 ± 0.22 epochs", "n = 6")
    assert (dlr.runs, dlr.paper, dlr.better) == ("8, all reached", "–", "100 %")
    assert dlr.difference.startswith("−0.9") and " to " in dlr.difference_span
    assert (adam.mean, adam.median, adam.runs, adam.difference, adam.better) == ("–", "–", "8, 1 reached", "–", "0 %")
    assert nesterov.mean.startswith("≥ ") and nesterov.spread.startswith("from ")
    assert (yamadam.how, yamadam.point) == ("nothing to set", "")
    assert (published.point, published.behind) == ("η 0.1, α 0.9", "")
    assert table.adjusted and table.with_paper


def test_numbers_of_a_closed_form_are_headed_and_marked_as_such() -> None:
    found = shown_arms()
    stated = [result for row in found.rows for result in row.results if result.paper]
    assert {table.stated for table in arm_tables(found)} == {"Paper"}
    theory = {
        id(result): replace(result, paper=replace(result.paper, theory=True)) for result in stated if result.paper
    }
    for count, heading in ((len(stated), "Theory"), (1, "Paper or theory")):
        changed = dict(list(theory.items())[:count])
        rows = [replace(row, results=tuple(changed.get(id(r), r) for r in row.results)) for row in found.rows]
        (table,) = arm_tables(replace(found, rows=tuple(rows)))
        assert table.stated == heading
        assert [line.paper_note for line in table.lines].count("closed form, ours") >= 1


def test_notes_say_what_a_reader_would_not_expect() -> None:
    (table,) = arm_tables(shown_arms())
    text = " ".join(table.notes)
    assert "≥: some runs are known only to lie beyond the end" in text
    assert "YAMADAM is compared with SGD, tuned." in text
    assert "ADAM, as published is compared" not in text
    assert "p: Student’s paired t-test and the exact signed-rank test where a run lies beyond the end" in text
    assert "1 run failed to train, and is counted." in text


def test_another_objective_has_p_values_of_single_tests() -> None:
    for objective in OBJECTIVES:
        (table,) = arm_tables(shown_arms(), objective)
        assert table.adjusted == (objective == "epochs_to_target")
        assert len(table.lines) == 6
    (table,) = arm_tables(shown_arms(), "accuracy")
    assert (table.lines[0].mean, table.lines[0].runs, table.lines[2].difference) == ("95.00 ± 0.00 %", "8", "0.00 pp")
    (table,) = arm_tables(shown_arms(), "cpu_seconds")
    assert (table.lines[0].mean, table.lines[0].runs, table.lines[2].difference) == ("–", "0", "–")


def test_each_context_has_its_table_and_widths_have_theirs() -> None:
    found = shown_arms(widths=(45, 100))
    assert [table.context for table in arm_tables(found)] == ["h-45", "h-100"]
    ((axis, loss, lines),) = width_lines(found)
    assert (axis, loss) == ("h", "sse")
    assert (lines[2].mean, lines[2].runs) == ("45.0 ± 0 units", "8, all reached")
    assert lines[3].mean == "–" and lines[4].mean.startswith("58.8 ± 25.5")
    assert width_lines(shown_arms()) == ()


def test_what_the_paper_did_otherwise_is_said_once_and_of_which_rows() -> None:
    found = shown_arms(widths=(45, 100))
    cells = [StatedCell(36.3, 1.2, differs="30 epochs"), None, StatedCell(29.7, differs="30 epochs")]
    stated = [replace(row, result=replace(row.result, paper=c)) for row, c in zip(found.widths, cells, strict=False)]
    ((_, _, lines),) = width_lines(replace(found, widths=tuple(stated)))
    assert [(line.paper, line.paper_differs) for line in lines] == [
        ("36.3 ± 1.2 units", "30 epochs"),
        ("–", ""),
        ("29.7 units", "30 epochs"),
    ]
    assert list(paper_differences(lines)) == ["The paper did otherwise: 30 epochs."]
    several = (replace(lines[0], paper_differs=""), *lines[1:])
    assert list(paper_differences(several)) == ["The paper did otherwise for DLR <presynaptic>: 30 epochs."]
    assert list(paper_differences(lines[1:2])) == []
