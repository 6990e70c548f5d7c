"""The columns of a table that are read."""

from __future__ import annotations

import pytest

from studies.errors import SpecError
from studies.foreign.choosing import Chosen, chosen, stated_objective
from studies.foreign.dialect import csv_records
from studies.foreign.measures import Measure


def choose(text: str, measure: str | None = None, objective: str | None = None) -> Chosen:
    return chosen(csv_records(text.encode()), Measure(measure) if measure else None, objective, None)


@pytest.mark.parametrize(
    ("header", "measure", "objective", "value"),
    [
        ("eta,alpha,value,accuracy", None, None, "value"),
        ("eta,alpha,accuracy,error", None, None, "accuracy"),
        ("eta,alpha,accuracy,error", None, "error", "error"),
        ("eta,alpha,error", None, None, "error"),
        ("lr,momentum,metrics.val_acc,val_loss", "val_acc", None, "metrics.val_acc"),
        ("lr,momentum,VAL_ACC", "val_acc", None, "VAL_ACC"),
        ("lr,momentum,train/acc,val/acc", "val/acc", None, "val/acc"),
    ],
)
def test_the_column_of_the_value(header: str, measure: str | None, objective: str | None, value: str) -> None:
    assert choose(f"{header}\n0.1,0.5,0.9,0.1\n", measure, objective).value.written == value


@pytest.mark.parametrize(
    ("text", "measure", "words"),
    [
        (
            "lr,momentum,train/acc,val/acc\n.1,.5,.9,.8",
            "acc",
            "acc could be train/acc, val/acc; write one of them in full",
        ),
        ("lr,momentum,x\n.1,.5,.9", "acc", "there is no column acc; columns with numbers are lr, momentum, x"),
        ("eta,alpha,value,eta\n.1,.5,.9,.1", None, "column eta: is named twice"),
        ("eta,alpha,value,fold,fold\n.1,.5,.9,1,1", None, "column fold: is named twice"),
        ("eta,alpha,value,a\u202eb\n.1,.5,.9,1", None, r"column a\\u202eb: has characters that are not shown"),
    ],
)
def test_what_cannot_be_chosen(text: str, measure: str | None, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        choose(text, measure)


def test_a_name_that_nobody_reads_may_be_there_twice() -> None:
    assert choose("eta,alpha,value,note,note\n.1,.5,.9,x,y").ignored == ("note",)


def test_slips_are_suspected_only_in_tables_that_are_called_as_ours() -> None:
    with pytest.raises(SpecError, match="column blocks: is unknown; did you mean `block`"):
        choose("eta,alpha,value,blocks\n.1,.5,.9,3")
    assert choose("lr,momentum,value,blocks\n.1,.5,.9,3").ignored == ("blocks",)


@pytest.mark.parametrize(
    ("options", "objective"),
    [
        ({}, None),
        ({"objective": "error"}, "error"),
        ({"document": {"claim": {"objective": "own_loss"}}}, "own_loss"),
        ({"document": {}}, "accuracy"),
        ({"document": 3}, None),
        ({"document": {"claim": 3}, "objective": "error"}, "error"),
    ],
)
def test_an_objective_is_stated_by_name_or_by_the_document(options: dict[str, object], objective: str | None) -> None:
    assert stated_objective(options) == objective
