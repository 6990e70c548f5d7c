"""A table of trials: what it takes from its document, which rows count, and every fault a problem of its own."""

from __future__ import annotations

from typing import Any

import pytest
from planted_study import LOCATE

from studies.errors import Problem, SpecError
from studies.foreign.judgement import answer
from studies.foreign.table import MAX_POINTS, MAX_ROWS, table_of

ROW: dict[str, Any] = {"eta": 0.1, "alpha": 0.5, "value": 0.9}


def problems_of(**table: Any) -> list[Problem]:
    with pytest.raises(SpecError) as caught:
        table_of(table)
    return list(caught.value.problems)


def test_each_fault_of_a_table_is_a_problem_with_its_own_field() -> None:
    rows = [{**ROW, "value": 93.0}, {**ROW, "arm": "claim"}, {**ROW, "trial": 1}, {**ROW, "trial": 1}]
    assert [problem.field for problem in problems_of(rows=rows)] == ["rows.0.value", "rows.1.arm", "rows.3.trial"]


def test_twenty_problems_are_listed_and_the_rest_is_counted() -> None:
    with pytest.raises(SpecError) as caught:
        table_of({"rows": [{**ROW, "value": 93.0}] * 25})
    found = caught.value.problem_list
    assert (len(caught.value.problems), len(found.listed), found.unlisted) == (25, 20, 5)
    assert str(caught.value).endswith("; and 5 more")


def test_the_faults_of_its_document_are_named_within_it() -> None:
    document = {**LOCATE, "losses": ["sse", "sse"], "claim": {"primary_loss": "golden"}}
    found = problems_of(rows=[ROW], document=document)
    assert [problem.field for problem in found] == ["document.losses", "document.claim.primary_loss"]
    found = problems_of(rows=[ROW], document={**LOCATE, "design": {"kind": "locate", "mates": [2.0], "x": 1}})
    assert [problem.field for problem in found] == ["document.design.mates.0", "document.design.x"]
    assert found[0].text == "input should be less than 1, got 2.0"


@pytest.mark.parametrize(
    ("table", "field", "words"),
    [
        ({}, "rows", "field required"),
        ({"rows": []}, "rows", "at least 1 item"),
        ({"rows": [ROW], "beta": 1}, "beta", "unknown field"),
        ({"rows": [ROW], "name": "a\u202eb"}, "name", "text-direction overrides"),
        ({"rows": [{**ROW, "width": 1}]}, "rows.0.width", "is no column; there are eta, alpha, value"),
        ({"rows": [{**ROW, "blok": 1}]}, "rows.0.blok", "did you mean `block`?"),
        ({"rows": [ROW], "images": 1}, "images", "greater than or equal to 2, got 1"),
        ({"rows": [ROW] * (MAX_ROWS + 1)}, "rows", "at most 5000 items"),
    ],
)
def test_unacceptable_fields_are_named(table: dict[str, Any], field: str, words: str) -> None:
    (problem,) = problems_of(**table)
    assert problem.field == field
    assert words in problem.text


def test_too_many_points_are_refused() -> None:
    rows = [{"eta": 0.001 * (i + 1), "alpha": 0.5, "value": 0.5} for i in range(MAX_POINTS + 1)]
    with pytest.raises(SpecError, match="send fewer"):
        table_of({"rows": rows})


def test_what_the_document_states_is_not_stated_twice() -> None:
    row = {**ROW, "loss": "golden"}
    with pytest.raises(SpecError) as caught:
        table_of({"document": LOCATE, "rows": [row], "claim": {}, "points": "fixed"})
    assert [field for field, _ in caught.value.problems] == ["claim", "points"]


def test_failed_trials_are_left_out_and_reported_or_count_as_diverged() -> None:
    rows = [{**ROW, "eta": eta, "value": 0.9 + i / 100} for eta in (0.1, 0.2) for i in range(4)]
    rows += [{"eta": 0.9, "alpha": 0.9, "state": state} for state in ("FAIL", "FAIL", "PRUNED")]
    without = answer(table_of({"rows": rows}))
    assert without.left_out == {"FAIL": 2, "PRUNED": 1}
    assert (without.sweeps[0].runs, without.sweeps[0].diverged_share) == (8, 0.0)
    assert "2 FAIL, 1 PRUNED" in without.notes[0] and "--failed-as-diverged" in without.notes[0]
    counted = answer(table_of({"rows": rows, "failed_as_diverged": True}), left_out={"FAIL": 1})
    assert counted.left_out == {"FAIL": 1, "PRUNED": 1}
    assert (counted.sweeps[0].runs, counted.sweeps[0].diverged_share) == (10, 0.2)


def test_failed_trials_may_state_why_and_what_says_that_they_trained_is_ignored() -> None:
    stated = [None, "untrained", ""]
    rows = [ROW, *({"eta": 0.9, "alpha": 0.9, "state": "FAIL", "trial": i, "cause": c} for i, c in enumerate(stated))]
    (found,) = table_of({"rows": rows, "failed_as_diverged": True}).sweeps.values()
    assert [row.cause for row in found] == [None, None, "untrained", None]


def test_sweeps_follow_the_documents_order() -> None:
    rows = [{**ROW, "loss": loss} for loss in ("sse", "golden")]
    assert list(table_of({"rows": rows}).sweeps) == [("trials", "sse"), ("trials", "golden")]
    known = table_of({"rows": rows, "document": LOCATE})
    assert list(known.sweeps) == [("digits", "golden"), ("digits", "sse")]
    assert (known.classes_in("digits"), known.measure) == (10, "accuracy")
