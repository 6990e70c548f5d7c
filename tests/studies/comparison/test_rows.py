"""Rows of one context: who is compared with whom, Holm's family, the paper's cell, and points by name."""

from __future__ import annotations

import pytest
from measured_arms import arm, asked, cell, joined, runs_of

from studies.comparison.asked import OBJECTIVES
from studies.comparison.model import ArmRow
from studies.comparison.rows import rows_of
from studies.records import Runs
from studies.verdict.holm import holm


def rows(plan: object, runs: dict[str, Runs]) -> tuple[ArmRow, ...]:
    return rows_of(plan, plan.places[0], "sse", runs)  # type: ignore[attr-defined, arg-type]


def test_a_row_is_compared_with_the_baselines_row_of_the_same_kind() -> None:
    plan = asked(arm("sgd", "published", "tuned"), arm("adam", "published", "tuned"))
    runs = {
        "sgd": joined(runs_of([4.0, 5.0], how="published"), runs_of([2.0, 3.0], how="tuned")),
        "adam": joined(runs_of([3.0, 3.0], how="published"), runs_of([2.5, 1.0], how="tuned")),
    }
    found = rows(plan, runs)
    assert [(row.arm, row.how, row.baseline) for row in found] == [
        ("sgd", "published", True),
        ("sgd", "tuned", True),
        ("adam", "published", False),
        ("adam", "tuned", False),
    ]
    published, tuned = (row.result("epochs_to_target").versus for row in found[2:])
    assert published is not None and (published.how, published.difference.estimate) == ("published", -1.5)
    assert tuned is not None and (tuned.how, tuned.difference.estimate) == ("tuned", -0.75)
    assert all(row.result("epochs_to_target").versus is None for row in found[:2])


def test_a_row_without_its_kind_is_compared_with_the_tuned_baseline() -> None:
    plan = asked(arm("sgd", "published", "tuned"), arm("yamadam", "plain"))
    sgd = joined(runs_of([4.0, 5.0], how="published"), runs_of([2.0, 3.0], how="tuned"))
    *_, row = rows(plan, {"sgd": sgd, "yamadam": runs_of([3.0, 3.0], how="plain")})
    versus = row.results[0].versus
    assert versus is not None and versus.how == "tuned"
    assert (row.point, row.tunings, row.selection) == ({}, 0, "")
    plan = asked(arm("yamadam", "plain"), arm("sgd", "published"))
    *_, row = rows(plan, {"yamadam": runs_of([3.0, 3.0], how="plain"), "sgd": runs_of([2.0, 1.0], how="published")})
    assert row.results[0].versus is not None and row.results[0].versus.how == "plain"


def test_holm_adjusts_over_every_row_of_the_context_by_the_designs_objective_alone() -> None:
    plan = asked(arm("sgd"), arm("adam", "published", "tuned"), arm("dlr"))
    runs = {
        "sgd": runs_of([2.0, 3.0, 4.0]),
        "adam": joined(runs_of([1.0, 2.5, 2.0], how="published"), runs_of([0.9, 1.8, 3.1], how="tuned")),
        "dlr": runs_of([2.1, 2.8, 4.3]),
    }
    _, *others = rows(plan, runs)
    versus = [row.result("epochs_to_target").versus for row in others]
    assert [each and each.p_adjusted for each in versus] == holm([each and each.p for each in versus])
    assert {row.result("accuracy").versus.p_adjusted for row in others} == {None}  # type: ignore[union-attr]


def test_every_objective_is_there_the_designs_own_first() -> None:
    plan = asked(arm("sgd"), objective="loss_area")
    (row,) = rows(plan, {"sgd": runs_of([1.0])})
    assert row.results[0].objective == "loss_area"
    assert sorted(each.objective for each in row.results) == sorted(OBJECTIVES)
    with pytest.raises(KeyError):
        row.result("speed")


def test_the_papers_cell_stands_beside_its_context_and_objective() -> None:
    paper = {("digits", "epochs_to_target"): cell(0.77, 0.1, 5), ("elsewhere", "accuracy"): cell(0.9)}
    plan = asked(arm("sgd", "published", "tuned", paper=paper))
    runs = joined(runs_of([4.0], how="published"), runs_of([2.0], how="tuned"))
    for row in rows(plan, {"sgd": runs}):
        assert row.result("epochs_to_target").paper == cell(0.77, 0.1, 5)
        assert row.result("accuracy").paper is None


def test_tuning_runs_are_not_measured() -> None:
    plan = asked(arm("sgd", "tuned"))
    runs = joined(runs_of([1.0, 1.0], how="point", phase="tune"), runs_of([2.0], point=(0.3, 0.0)))
    (row,) = rows(plan, {"sgd": runs})
    assert (row.results[0].n, row.results[0].mean, row.point) == (1, 2.0, {"eta": 0.3, "alpha": 0.0})
    assert (row.tunings, row.selection) == (4, "validation")


def test_rows_are_there_before_their_runs() -> None:
    plan = asked(arm("sgd"), arm("adam"))
    first, second = rows(plan, {"sgd": runs_of(), "adam": runs_of([1.0])})
    assert (first.results[0].n, first.point, first.diverged) == (0, {}, 0)
    assert (second.results[0].n, second.results[0].versus) == (1, None)


def test_failed_runs_are_counted() -> None:
    (row,) = rows(asked(arm("sgd")), {"sgd": runs_of([1.0, None], diverged=[False, True])})
    assert (row.diverged, row.results[0].n, row.results[0].reached) == (1, 2, 1)
