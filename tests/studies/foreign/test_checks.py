"""Checks of a table of trials: each fault is a problem at its row and column."""

from __future__ import annotations

from typing import Any

import pytest
from planted_study import LOCATE

from studies.errors import Problem, SpecError
from studies.foreign.checks import document_problems, row_problems, sweep_problems
from studies.foreign.rows import Measurement
from studies.foreign.table import table_of
from studies.language.claim import Claim
from studies.language.spec import parse

CONFIRM = [
    {"eta": eta, "alpha": alpha, "value": 0.9, "phase": "confirm", "arm": arm, "block": block}
    for block in range(4)
    for arm, eta, alpha in (("claim", 0.015868, 0.874032), ("best", 0.1, 0.5))
]


def changed(place: int, **changes: Any) -> list[dict[str, Any]]:
    rows = [dict(row) for row in CONFIRM]
    rows[place].update(changes)
    return rows


@pytest.mark.parametrize(
    ("rows", "place", "words"),
    [
        (changed(1, phase="confrim"), "rows.1.phase", "'confrim' is no phase; write map"),
        (changed(1, arm="winner"), "rows.1.arm", "'winner' is no arm; write claim, best"),
        (changed(1, block=1.5), "rows.1.block", "integer"),
        (changed(1, block=None), "rows.1.block", "need the number of the block"),
        (changed(3, block=0), "rows.3.block", "block 0 has two runs 0 of the arm best; number them by `run`"),
        (CONFIRM[1::2], "rows.0.arm", "no confirm row of unnamed has the arm claim"),
        (changed(0, eta=0.03), "rows.0.arm", "the claim's point is (0.01587, 0.874)"),
        (changed(1, eta=0.2), "rows.3.arm", "best has 2 points"),
        (changed(1, correct=11, n_test=10), "rows.1.correct", "11 exceeds n_test (10)"),
        (changed(1, divergd=True), "rows.1.divergd", "did you mean `diverged`?"),
        (changed(1, cause="untrained"), "rows.1.cause", "is untrained, but the run is not marked as diverged; mark it"),
        (changed(1, cause="", diverged=True), "rows.1.cause", "is empty, but the run is marked as diverged; leave"),
        (
            changed(1, cause="bad luck", diverged=True),
            "rows.1.cause",
            "is no cause; write diverged, untrained or chance",
        ),
        ([{**row, "trial": 7} for row in CONFIRM], "rows.1.trial", "trial 7 has two runs 0"),
        ([{**row, "state": "PRUNED"} for row in CONFIRM], "rows", "none is complete"),
    ],
)
def test_rows_that_cannot_be_a_confirmation_are_refused(rows: list[dict[str, Any]], place: str, words: str) -> None:
    with pytest.raises(SpecError) as caught:
        table_of({"rows": rows})
    assert caught.value.problems[0].field == place
    assert words in caught.value.problems[0].text


@pytest.mark.parametrize(
    ("change", "place", "words"),
    [
        ({"loss": "mse"}, "rows.0.loss", "not among the document's losses (golden, sse)"),
        ({"context": "paper"}, "rows.0.context", "not among the document's contexts (digits)"),
        ({"eta": 50.0, "arm": "best"}, "rows.0.eta", "outside the document's search_space"),
    ],
)
def test_rows_that_are_not_the_documents_are_refused(change: dict[str, Any], place: str, words: str) -> None:
    with pytest.raises(SpecError) as caught:
        table_of(
            {"document": LOCATE, "rows": [{**CONFIRM[0], "loss": "golden", "phase": "map", "arm": None, **change}]}
        )
    assert caught.value.problems[0].field == place
    assert words in caught.value.problems[0].text


def test_one_row_can_have_several_faults() -> None:
    row = Measurement.model_validate_json('{"eta": 0.1, "alpha": 0.5, "value": 93, "phase": "confirm", "correct": 3}')
    assert list(row_problems([(4, row)], "accuracy", may_be_missing=False)) == [
        Problem("rows.4.value", "93 is no share between 0 and 1; divide percentages by 100, or name another objective"),
        Problem("rows.4.correct", "3 exceeds n_test (none); give both as counted"),
        Problem("rows.4.block", "is missing; confirm rows need the number of the block they were paired in"),
    ]


@pytest.mark.parametrize(("may_be_missing", "faults"), [(False, 1), (True, 0)])
def test_a_value_may_be_missing_where_a_target_was_never_reached(may_be_missing: bool, faults: int) -> None:
    row = Measurement(eta=0.1, alpha=0.5)
    assert len(list(row_problems([(0, row)], "epochs_to_target", may_be_missing=may_be_missing))) == faults


def test_a_loss_is_no_share_and_has_a_range_of_its_own() -> None:
    row = Measurement(eta=0.1, alpha=0.5, value=-1.0)
    (problem,) = row_problems([(0, row)], "cross_entropy", may_be_missing=False)
    assert problem.text == "-1 is no cross entropy; it lies between 0 and 1e12"


def test_sound_rows_have_no_faults() -> None:
    rows = list(enumerate(table_of({"rows": CONFIRM}).rows))
    assert list(row_problems(rows, "accuracy", may_be_missing=False)) == []
    assert list(sweep_problems(rows, Claim())) == []


def test_a_document_with_several_contexts_needs_rows_that_name_theirs() -> None:
    contexts = [{"name": name, "dataset": "digits"} for name in ("a", "b")]
    spec = parse({**LOCATE, "contexts": contexts})
    (problem,) = document_problems([(2, Measurement(eta=0.016, alpha=0.874, value=0.9, loss="golden"))], spec)
    assert problem == Problem("rows.2.context", "is missing; the document has 2 contexts, name one of them")
