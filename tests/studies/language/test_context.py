"""A context: the images and classes that its data set gives it, and its bounds."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from pydantic import ValidationError

from studies.errors import SpecError
from studies.language.context import DATASET_SHAPES, Context, Dataset
from studies.language.rule_schema import OFFICIAL
from studies.language.spec import parse


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


PROTOCOL: dict[str, Any] = {
    "split": "official",
    "evaluate_every": 600,
    "stop_at_target": True,
    "patience": 5,
    "targets": "offset",
}


def test_the_usual_protocol_is_not_written_out() -> None:
    assert not set(PROTOCOL) & set(Context().model_dump())
    stated = {"dataset": "mnist", "network": "logistic", "batch_size": 1, **PROTOCOL}
    assert PROTOCOL.items() <= Context.model_validate(stated).model_dump().items()


def test_the_official_split_tests_on_its_own_part() -> None:
    assert Context.model_validate({"dataset": "mnist", "split": "official"}).tested(5) == 10_000
    assert Context.model_validate({"dataset": "mnist", "split": "official", "images": 7_000}).tested(5) == 1_000
    assert Context.model_validate({"dataset": "mnist"}).tested(5) == 14_000
    assert all(OFFICIAL[name] < DATASET_SHAPES[name][0] for name in OFFICIAL)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"split": "official", "dataset": "digits"}, "split: is official, and digits has no training and test part"),
        ({"evaluate_every": 100}, "evaluate_every: is 100 images, fewer than the minibatch has (`batch_size` 128)"),
        ({"targets": "offset"}, "targets: is offset, and the outputs of fig3 are a softmax"),
        (
            {"network": "logistic", "backward_rule": "substitute"},
            "backward_rule.layer: is first, and the layer of logistic",
        ),
        (
            {"backward_rule": {"name": "substitute", "layer": "output"}},
            "backward_rule.layer: is output, and the layer of fig3",
        ),
        (
            {"network": "logistic", "backward_rule": "feedback_alignment"},
            "is feedback_alignment, and the network logistic",
        ),
        (
            {"network": "logistic"},
            "network: is logistic, which sse alone trains, and `losses` has golden and cross_entropy",
        ),
    ],
)
def test_a_protocol_that_does_not_fit_is_refused_in_one_sentence(change: dict[str, Any], text: str) -> None:
    with pytest.raises(SpecError) as refused:
        parse({"name": "x", "contexts": [change]})
    (problem,) = refused.value.problems
    assert text in f"{problem.field}: {problem.text}"


def test_a_logistic_network_is_trained_by_sse() -> None:
    backward = {"name": "substitute", "layer": "output", "derivative": "identity"}
    stated = {"network": {"name": "logistic", "width": 100}, "batch_size": 1, "backward_rule": backward}
    stated["initialisation"] = {"name": "normal"}
    spec = parse({"name": "x", "claim": {"primary_loss": None}, "losses": ["sse"], "contexts": [stated]})
    assert parse(spec.model_dump(mode="json")) == spec
    context = spec.built_in[0]
    assert (context.width, context.choice("initialisation").settings) == (100, (("sd", 0.01),))
