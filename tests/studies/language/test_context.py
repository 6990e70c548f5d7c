"""A context: the images and classes that its data set gives it, and its bounds."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from pydantic import ValidationError

from studies.language.context import DATASET_SHAPES, Context, Dataset
from studies.language.validation import problems_of


def test_every_data_set_has_a_shape() -> None:
    assert set(get_args(Dataset)) == set(DATASET_SHAPES)
    assert all(min(shape) >= 1 for shape in DATASET_SHAPES.values())


@pytest.mark.parametrize(
    ("dataset", "images", "expected"),
    [("digits", None, 1_797), ("digits", 500, 500), ("digits", 70_000, 1_797), ("mnist", None, 70_000)],
)
def test_a_context_uses_all_images_or_fewer(dataset: Any, images: int | None, expected: int) -> None:
    context = Context(dataset=dataset, images=images)
    assert (context.image_count, context.classes) == (expected, 10)


def test_the_usual_precision_is_not_written_out() -> None:
    assert "precision" not in Context().model_dump()
    assert Context(precision="bf16").model_dump()["precision"] == "bf16"


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Has Space"},
        {"name": "-a"},
        {"images": 99},
        {"batch_size": 8193},
        {"epochs": 0},
        {"weight_decay": -1e-4},
        {"target_accuracy": 1.0},
        {"drop_last": 1},
    ],
)
def test_a_context_refuses_what_cannot_be_trained(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Context.model_validate(change)


def table(**stated: Any) -> dict[str, Any]:
    """A context of three epochs whose rates are a table."""
    return {"epochs": 3, "schedule": {"name": "table", **stated}}


@pytest.mark.parametrize(
    ("stated", "field", "text"),
    [
        ({"shares": [1, 0.5]}, "shares", "has 2 numbers, and the training takes 3; state one for each epoch"),
        ({"last": [1]}, "last", "has 1 number, and the training takes 3; state one for each epoch"),
        (
            {"shares": [1] * 5, "per_epoch": 2},
            "shares",
            "has 5 numbers, and the training takes 6; state `per_epoch` numbers for each epoch",
        ),
        (
            {"shares": [1] * 5, "per_epoch": 5_000},
            "shares",
            "has 5 numbers, and the training takes 15,000; a list has 10,000 at most, so lower `per_epoch` or the "
            "epochs",
        ),
    ],
)
def test_a_table_shorter_than_the_training_is_refused(stated: dict[str, Any], field: str, text: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Context.model_validate(table(**stated))
    assert [tuple(each) for each in problems_of(caught.value.errors())] == [(f"schedule.{field}", text)]


def test_a_table_of_a_layer_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValidationError) as caught:
        Context.model_validate({**table(first=[1, 1, 1], last=[1, 1, 1]), "network": "softmax"})
    ((field, text),) = problems_of(caught.value.errors())
    assert (field, text) == ("schedule.first", "is stated, and the network softmax has no such layer; remove it")


def test_a_table_moves_eta_alone() -> None:
    with pytest.raises(ValidationError, match="moves eta"):
        Context.model_validate({**table(), "update_rule": "yamadam"})


def test_a_table_at_least_as_long_as_the_training_is_kept_as_it_is() -> None:
    written = Context.model_validate(table(shares=[1, 0.5, 0, 2], per_epoch=1)).model_dump(mode="json")
    assert written["schedule"] == {
        "name": "table",
        "shares": [1.0, 0.5, 0.0, 2.0],
        "first": [],
        "last": [],
        "per_epoch": 1,
    }
    assert Context.model_validate(written).model_dump(mode="json") == written
