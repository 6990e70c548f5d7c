"""Arms by contexts as a table."""

from __future__ import annotations

from shown_arms import shown_arms

from studies.figures.arm_along import along_table


def test_a_row_an_arm_and_a_column_a_value_of_the_axis() -> None:
    found = along_table(shown_arms(widths=(45, 100, 300)), "sse")
    assert found is not None
    assert (found.field, found.heads, found.baseline) == ("width", ("45", "100", "300"), "SGD")
    assert (found.label, found.with_bound) == ("epochs to target accuracy", True)
    assert [len(line.cells) for line in found.lines] == [3] * 6
    published, tuned, dlr, adam, late, _ = found.lines
    assert (published.cells[0].mean, published.cells[0].sd, published.cells[0].paper) == (
        "2.43",
        "0.07",
        "paper: 1.14 ± 0.22 epochs",
    )
    assert published.baseline and tuned.cells[0].reading == ""
    assert dlr.cells[0].reading == "better" and dlr.cells[0].small.startswith("−")
    assert (adam.cells[0].mean, adam.cells[0].small) == ("1 of 8 arrived", "")
    assert (late.cells[0].mean[:2], late.cells[0].small) == ("≥ ", "6 of 8 arrived")


def test_one_context_needs_no_such_table() -> None:
    assert along_table(shown_arms(), "sse") is None


def test_another_objective_is_not_read_by_holms_p() -> None:
    found = along_table(shown_arms(widths=(45, 100)), "sse", "accuracy")
    assert found is not None and found.label == "test accuracy, %"
    assert {cell.reading for line in found.lines for cell in line.cells} == {""}
