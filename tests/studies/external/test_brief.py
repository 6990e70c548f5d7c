"""Documents from a few words: what each line means, and the sentence for one that means nothing."""

from __future__ import annotations

from typing import Any

import pytest

from studies.errors import SpecError
from studies.external.brief import claim_of, document_of, measure_of, parameter_of, space_of
from studies.language.parameters import Parameter


def test_a_document_has_the_claims_order_and_scales() -> None:
    made = document_of("beta1=0.9, lr=3e-4", "lr=1e-5..0.1,beta1=0.5..0.999", "val_acc:share:1000", seed=7)
    assert made["claim"] == {"at": {"beta1": 0.9, "lr": 3e-4}}
    assert [(p["name"], p["scale"]) for p in made["parameters"]] == [("beta1", "log_one_minus"), ("lr", "log")]
    assert made["measure"] == {"name": "val_acc", "direction": "maximize", "kind": "share", "test_size": 1000}
    assert (made["contexts"], made["seed"]) == ([{"trainer": "external"}], 7)
    for parameter in made["parameters"]:
        Parameter.model_validate(parameter)


def test_tolerances_are_one_factor_or_one_figure_each() -> None:
    words = "lr=1e-3,depth=4", {"lr": (1e-5, 0.1), "depth": (1, 9, "linear")}, "loss"
    assert document_of(*words, tolerance=3.0)["claim"]["tolerance_factor"] == 3.0
    assert document_of(*words, tolerance={"depth": 1.0})["claim"]["tolerance"] == {"depth": 1.0}


@pytest.mark.parametrize(
    ("name", "given", "scale"),
    [
        ("lr", (1e-5, 0.1), "log"),
        ("optimizer.momentum", (0.0, 0.99), "log_one_minus"),
        ("momentum", (0.0, 1.5), "linear"),
        ("depth", (2, 12), "linear"),
        ("l2", (0.0, 0.1), "linear"),
        ("beta2", (0.9, 0.9999, "linear"), "linear"),
    ],
)
def test_a_range_without_a_scale_has_the_usual_one(name: str, given: Any, scale: str) -> None:
    assert parameter_of(name, given)["scale"] == scale


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("val_loss", {"name": "val_loss", "direction": "minimize", "kind": "positive"}),
        ("reward:max", {"name": "reward", "direction": "maximize", "kind": "real"}),
        ("regret:min:real", {"name": "regret", "direction": "minimize", "kind": "real"}),
        ("error:500", {"name": "error", "direction": "minimize", "kind": "share", "test_size": 500}),
    ],
)
def test_measures(text: str, expected: dict[str, Any]) -> None:
    assert measure_of(text) == expected


@pytest.mark.parametrize(
    ("read", "text", "said"),
    [
        (claim_of, "lr=3e-4", "is not two parameters"),
        (claim_of, "lr=3e-4,lr=1", "names lr twice"),
        (claim_of, "lr=fast,beta1=0.9", "'fast' is no number"),
        (claim_of, "lr=1_0,beta1=0.9", "'1_0' is no number"),
        (space_of, "lr=0.1,beta1=0..1", "'0.1' is no range"),
        (space_of, "lr=1..2:cubic,beta1=0..1", "'cubic' is no scale"),
        (space_of, "", "is not two parameters"),
        (measure_of, "thing", "which way 'thing' is better"),
        (measure_of, "acc:up", "'up' is no part"),
        (measure_of, "acc:max:min", "direction twice"),
        (measure_of, "acc:１０", "is no part"),
    ],
)
def test_a_line_that_means_nothing_gets_one_sentence_with_the_cure(read: Any, text: str, said: str) -> None:
    with pytest.raises(SpecError, match=r"such as|write") as refused:
        read(text)
    (problem,) = refused.value.problems
    assert said in problem.text
    assert problem.field in ("claim", "space", "measure")


def test_claim_and_space_are_of_the_same_parameters() -> None:
    with pytest.raises(SpecError, match="names lr and beta2, and the claim lr and beta1"):
        document_of("lr=1e-3,beta1=0.9", "lr=1e-5..1,beta2=0.5..0.9", "loss")
