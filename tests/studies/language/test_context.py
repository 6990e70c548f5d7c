"""A context: the images and classes that its data set gives it, and its bounds."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from pydantic import ValidationError

from studies.language.context import DATASET_SHAPES, Context, Dataset


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
