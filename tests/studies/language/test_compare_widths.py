"""Smallest widths as what a comparison is about: refused without an axis, which the paper's cell names as well."""

from __future__ import annotations

from typing import Any

import pytest

from studies.language.compare_axes import names_of_width_axes
from studies.language.spec import parse, restored
from tests.studies.language.test_compare_expansion import ADAM, DIGITS, SGD, document, problems, study

WIDE = {**DIGITS, "network": "mlp", "axis": {"width": [8, 16]}}
CELL = {"context": "digits", "objective": "smallest_width", "mean": 36.3, "sd": 1.2}


def with_cell(**fields: Any) -> list[dict[str, Any]]:
    return [{**SGD, "paper": [{**CELL, **fields}]}, ADAM]


def test_a_study_of_smallest_widths_tunes_by_the_time_to_the_target() -> None:
    design = study(WIDE, objective="smallest_width").compared
    assert design is not None
    assert (design.objective, design.tuned_by, design.maximises) == ("smallest_width", "epochs_to_target", False)
    assert study(WIDE, objective="smallest_width").metric == "epochs_to_target"
    assert study(DIGITS, objective="accuracy").compared.tuned_by == "accuracy"  # type: ignore[union-attr]


@pytest.mark.parametrize("context", [DIGITS, {**DIGITS, "axis": {"batch_size": [16, 32]}}])
def test_without_an_axis_of_widths_there_is_no_smallest(context: dict[str, Any]) -> None:
    (found,) = problems(context, objective="smallest_width")
    assert found.startswith("design.objective: is smallest_width, and no context has an axis of widths")
    assert found.endswith("state `axis = { width = [...] }` in a context, or choose epochs_to_target")
    (cell,) = problems(context, arms=with_cell())
    assert cell.startswith("design.arms.0.paper.0.context: is 'digits', and no context has an axis of widths")
    assert cell.endswith("or remove the cell")


def test_a_cell_of_a_smallest_width_names_the_axis_and_others_a_context() -> None:
    assert study(WIDE, arms=with_cell()).compares
    (found,) = problems(WIDE, arms=with_cell(context="digits-8"))
    cure = "the cell states a smallest width along an axis; the axis of widths is digits"
    assert found == f"design.arms.0.paper.0.context: is 'digits-8', and {cure}"
    (other,) = problems(WIDE, arms=with_cell(objective="accuracy"))
    assert other.startswith("design.arms.0.paper.0.context: is 'digits', which is no context; they are digits-8 and")


def test_an_objective_of_nothing_known_lists_all() -> None:
    (found,) = problems(WIDE, objective="narrowest")
    assert "cpu_seconds" in found and "smallest_width" in found


def test_the_axes_have_the_names_that_all_arms_share() -> None:
    other = {**WIDE, "name": "wider", "axis": {"width": [32, 64]}}
    beside = {**DIGITS, "name": "batches", "axis": {"batch_size": [16, 32]}}
    assert names_of_width_axes(study(WIDE, other, beside).built_in) == ("digits", "wider")


def test_what_the_paper_did_otherwise_is_kept_and_left_out_where_nothing_is_said() -> None:
    plain = study(WIDE, arms=with_cell())
    assert "differs" not in plain.model_dump(mode="json")["design"]["arms"][0]["paper"][0]
    said = study(WIDE, arms=with_cell(differs="up to 30 epochs"))
    assert said.compared.arms[0].paper[0].differs == "up to 30 epochs"  # type: ignore[union-attr]
    assert (
        restored(said.model_dump(mode="json"))
        == said
        == parse(document(WIDE, arms=with_cell(differs="up to 30 epochs")))
    )
    (found,) = problems(WIDE, arms=with_cell(differs="two\nlines"))
    assert found.startswith("design.arms.0.paper.0.differs: ")
