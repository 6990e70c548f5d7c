"""A context: the images and classes that its data set gives it, and its bounds."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from studies.errors import Problem, SpecError
from studies.language.context import DATASET_SHAPES, Context, Dataset
from studies.language.rule_schema import OFFICIAL
from studies.language.spec import json_schema, parse
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


SMALL = "choose rotated-digits, mnist, rotated-mnist, synthetic-digits, fashion-mnist, kmnist or cifar10"
MISFITS: list[tuple[dict[str, Any], Problem | None]] = [
    ({"network": "simplenet", "dataset": "mnist"}, None),
    (
        {"network": "simplenet", "dataset": "digits"},
        Problem(
            "dataset",
            "is digits, whose images have 8x8 pixels, and the network simplenet needs 16x16; "
            f"{SMALL}, or another network",
        ),
    ),
    ({"dataset": "two-gaussians", "network": "chain"}, None),
    ({"dataset": "two-gaussians", "network": {"name": "mlp", "width": 5}}, None),
    (
        {"dataset": "two-gaussians"},
        Problem(
            "dataset",
            "is two-gaussians, whose images have 1x2 pixels, and the network fig3 needs 5x5; "
            f"{SMALL.replace('rotated-digits', 'digits, rotated-digits', 1)}, or another network",
        ),
    ),
    ({"network": "mlp2", "precision": "fp32"}, None),
    (
        {"network": "mlp2", "precision": "bf16"},
        Problem("precision", "is bf16, and the network mlp2 is trained in fp32 alone; choose fp32 here"),
    ),
    ({"network": "chain", "backward_rule": {"name": "substitute", "layer": "second"}}, None),
    ({"network": "chain", "backward_rule": "substitute"}, None),
    ({"network": "simplenet", "backward_rule": {"name": "substitute", "layer": "conv13"}}, None),
    (
        {"network": "mlp", "backward_rule": {"name": "substitute", "layer": "second"}},
        Problem(
            "backward_rule.layer",
            "is second, and the layer of mlp whose derivative can be replaced is first; state that",
        ),
    ),
    (
        {"network": "simplenet", "backward_rule": "substitute"},
        Problem(
            "backward_rule.layer",
            "is first, and the layer of simplenet whose derivative can be replaced is "
            f"{', '.join(f'conv{n}' for n in range(1, 13))} or conv13; state that",
        ),
    ),
    (
        {"network": "chain", "backward_rule": "feedback_alignment"},
        Problem(
            "backward_rule",
            "is feedback_alignment, and the network chain does not fit it; choose fig3 or mlp, or backpropagation here",
        ),
    ),
    ({"network": "simplenet", "backward_rule": {"name": "substitute_network", "layer": "conv2", "w1": 2.0}}, None),
    ({"network": "chain", "backward_rule": {"name": "substitute_network", "layer": "second"}}, None),
    (
        {"network": "simplenet", "backward_rule": "substitute_network"},
        Problem(
            "backward_rule.layer",
            "is first, and the layer of simplenet whose derivative can be replaced is "
            f"{', '.join(f'conv{n}' for n in range(1, 13))} or conv13; state that",
        ),
    ),
    ({"network": "mlp2", "initialisation": "he_normal"}, None),
    (
        {"network": "mlp", "initialisation": "he_normal"},
        Problem(
            "initialisation",
            "is he_normal, and the network mlp does not fit it; "
            "choose mlp2, chain or simplenet, or glorot_uniform here",
        ),
    ),
]


@pytest.mark.parametrize(("change", "problem"), MISFITS)
def test_what_a_network_does_not_take_is_refused_by_program_and_schema(
    change: dict[str, Any], problem: Problem | None
) -> None:
    validator = Draft202012Validator(json_schema())
    assert validator.is_valid({"name": "x", "contexts": [change]}) == (problem is None)
    if problem is None:
        Context.model_validate(change)
        return
    with pytest.raises(ValidationError) as caught:
        Context.model_validate(change)
    assert [Problem(*found) for found in problems_of(caught.value.errors())] == [problem]


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
