"""What a document that compares cannot say: one sentence each, with the field and the cure."""

from __future__ import annotations

from typing import Any

import pytest

from studies.errors import SpecError
from studies.language.spec import parse, restored
from tests.studies.language.test_compare_expansion import ADAM, DIGITS, ETA, SGD, YAMADAM, document, problems, study

ALPHA = {"name": "alpha", "scale": "log_one_minus", "low": 0.0, "high": 0.9}
A = {"name": "a", "scale": "log", "low": 0.1, "high": 1.0}
DLR = {"name": "dlr", "update_rule": "dlr", "at": {"eta": 0.5, "a": 0.4}, "space": [ETA, A]}
W1 = {"name": "w1", "scale": "linear", "low": -5.0, "high": 5.0}
SEARCHED = {
    "name": "searched",
    "update_rule": "adadelta",
    "backward_rule": {"name": "substitute_network", "layer": "first"},
    "fixed": {"eta": 0.01},
    "space": [W1, {**W1, "name": "w2"}],
}
BETA = {"name": "beta1", "scale": "log_one_minus", "low": 0.1, "high": 0.9}

SCALE = "design.arms.1.space.0.scale"

FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({**DLR, "name": "sgd"}, "design.arms.1.name", "earlier arm's"),
    ({**DLR, "at": {"eta": 0.5, "rho": 0.4}}, "design.arms.1.at.rho", "no parameter of dlr"),
    ({**DLR, "space": [ETA, BETA], "at": None}, "design.arms.1.space.1.name", "no parameter of dlr"),
    ({**DLR, "space": [ETA, ETA]}, "design.arms.1.space.1.name", "name each parameter once"),
    ({**DLR, "space": [{**ETA, "name": "lr"}, A]}, "design.arms.1.space.0.name", "eta, alpha and a"),
    ({**DLR, "at": {"eta": 2.0, "a": 0.4}}, "design.arms.1.at.eta", "outside the arm's `space`"),
    ({**DLR, "at": {"eta": 0.5}}, "design.arms.1.at.a", "the space tunes it"),
    ({**DLR, "at": {"eta": 0.5, "a": -1.0}}, "design.arms.1.at.a", "lies between"),
    ({**DLR, "space": []}, "design.arms.1.space", "every arm with parameters is tuned, on 16 trainings each"),
    ({**DLR, "space": [], "at": None}, "design.arms.1.space", "and so is `at`"),
    ({**DLR, "space": [A], "at": {"a": 0.4}}, "design.arms.1.at.eta", "has a learning rate"),
    ({**DLR, "space": [A], "at": None}, "design.arms.1.space.eta", "has a learning rate"),
    ({**DLR, "at": {"alpha": 0.5}}, "design.arms.1.at", "a trial has two values"),
    ({**DLR, "space": [ETA, {**A, "scale": "log_one_minus", "high": 0.9}]}, "design.arms.1.space.1.scale", "set that"),
    ({**DLR, "space": [{**ETA, "low": 2.0}, A]}, "design.arms.1.space.0.low", "must be below `high`"),
    ({**DLR, "update_rule": {"name": "dlr", "a": 0.3}}, "design.arms.1.update_rule.a", "remove one of the two"),
    (
        {**DLR, "paper": [{"context": "h", "objective": "accuracy", "mean": 1}]},
        "design.arms.1.paper.0.context",
        "digits",
    ),
    ({**DLR, "fixed": {"eta": 0.1}}, "design.arms.1.fixed.eta", "named by `space` or `at`"),
    ({**DLR, "fixed": {"alpha": 1.5}}, "design.arms.1.fixed.alpha", "lies between"),
    ({**DLR, "fixed": {"a": 0.1}}, "design.arms.1.fixed.a", "neither eta nor alpha"),
    ({**ADAM, "fixed": {"alpha": 0.5}}, "design.arms.1.fixed.alpha", "has no momentum weight"),
    ({**YAMADAM, "fixed": {"eta": 0.5}}, "design.arms.1.fixed.eta", "has no learning rate"),
    ({**YAMADAM, "at": {"eta": 0.1}}, "design.arms.1.at.eta", "no parameter of yamadam"),
    ({**ADAM, "colour": 1}, "design.arms.1.colour", "unknown field"),
]


@pytest.mark.parametrize(("arm", "field", "words"), FAULTS)
def test_a_fault_of_an_arm_names_its_field_and_the_cure(arm: dict[str, Any], field: str, words: str) -> None:
    found = problems(DIGITS, arms=[SGD, arm])
    assert found[0].startswith(f"{field}: ") and words in found[0], found


SEARCH_FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({**SEARCHED, "fixed": {}}, "design.arms.1.space.eta", "has a learning rate; state it here, or in `fixed`"),
    ({**SEARCHED, "space": [{**W1, "high": 1e7}]}, "design.arms.1.space.0.high", "w1 lies between -1e+06 and 1000000"),
    ({**SEARCHED, "space": [{**W1, "scale": "log_one_minus", "low": 0.0, "high": 0.9}]}, SCALE, "on linear or log"),
    ({**SEARCHED, "space": [W1, {**W1, "name": "w3"}]}, "design.arms.1.space.1.name", "eta, rho, epsilon, w1 and w2"),
    ({**SEARCHED, "backward_rule": None}, "design.arms.1.space.0.name", "is no parameter of adadelta"),
    (
        {**SEARCHED, "backward_rule": {"name": "substitute_network", "layer": "first", "w2": 2.0}},
        "design.arms.1.backward_rule.w2",
        "the arm searched has it in `space` or `at`; remove one of the two",
    ),
]


@pytest.mark.parametrize(("arm", "field", "words"), SEARCH_FAULTS)
def test_so_does_a_fault_of_an_arm_that_searches_its_backward_rule(arm: dict[str, Any], field: str, words: str) -> None:
    found = problems({**DIGITS, "network": "mlp"}, arms=[SGD, arm])
    assert found[0].startswith(f"{field}: ") and words in found[0], found


def test_a_cell_of_the_paper_is_stated_once() -> None:
    cell = {"context": "digits", "objective": "accuracy", "mean": 0.9}
    (found,) = problems(DIGITS, arms=[{**SGD, "paper": [cell, {**cell, "sd": 1.0}]}, ADAM])
    assert found.startswith("design.arms.0.paper.1: is that of paper.0 again (accuracy in digits)")


def test_a_baseline_that_is_no_arm_is_refused() -> None:
    assert problems(DIGITS, baseline="lion") == ["design.baseline: is 'lion', which is no arm; the arms are sgd, adam"]
    spec = study(DIGITS, baseline="adam")
    assert spec.compared is not None and spec.compared.base.name == "adam"
    assert study(DIGITS).compared.base.name == "sgd"  # type: ignore[union-attr]


def test_without_tuning_an_arm_needs_its_point() -> None:
    (found,) = problems(DIGITS, tuning=0)
    assert found.startswith("design.arms.1.at: is missing, and `design.tuning` is 0")
    assert study(DIGITS, arms=[{**DLR, "space": []}, YAMADAM], tuning=0).compares


def test_cmaes_is_not_asked_for_one_parameter() -> None:
    found = problems(DIGITS, sampler="cmaes")
    assert len(found) == 2 and "the sampler cmaes needs two" in found[0]
    assert study(DIGITS, arms=[DLR, YAMADAM], sampler="cmaes").compares


def test_no_sampler_learns_from_cpu_time() -> None:
    (found,) = problems(DIGITS, sampler="tpe", objective="cpu_seconds")
    assert found.startswith("design.sampler: is tpe, which learns from single values")
    assert study(DIGITS, sampler="random", objective="cpu_seconds").metric == "cpu_seconds"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"claim": {"eta": 0.2}}, "claim.eta"),
        ({"claim": {"at": {"eta": 0.2, "alpha": 0.5}}}, "claim.at"),
        ({"claim": {"decoys": [{"eta": 0.1, "alpha": 0.5}]}}, "claim.decoys"),
        ({"claim": {"objective": "error"}}, "claim.objective"),
        ({"parameters": [ETA, ALPHA]}, "parameters"),
        ({"search_space": {"eta": {"low": 0.1, "high": 0.9}}}, "search_space"),
        ({"ridge": "none"}, "ridge"),
        ({"measure": {"name": "acc", "direction": "maximize", "kind": "share"}}, "measure"),
        ({"contexts": [{"trainer": "external"}]}, "contexts.0"),
    ],
)
def test_what_belongs_to_a_claim_is_refused_with_a_reason(more: dict[str, Any], field: str) -> None:
    with pytest.raises(SpecError) as refused:
        parse({**document(DIGITS), **more})
    assert refused.value.problems[0].field == field
    assert any(word in refused.value.problems[0].text for word in ("remove", "describe a built-in context"))


def test_a_claim_of_its_defaults_changes_nothing() -> None:
    assert parse({**document(DIGITS), "claim": "golden"}) == parse({**document(DIGITS), "claim": {}}) == study(DIGITS)


def test_a_stored_comparison_is_read_whatever_its_claim_was() -> None:
    stored = study(DIGITS).model_dump(mode="json")
    stored["claim"]["tolerance_factor"] = 3.0  # as a later release may have another default
    assert restored(stored).compares
    with pytest.raises(SpecError, match=r"claim\.tolerance_factor"):
        parse(stored)


def test_a_schedule_anneals_from_the_arms_own_momentum() -> None:
    anneals = {"name": "anneal_alpha", "end": 0.5}
    arms = [{"name": "a", "at": {"eta": 0.1, "alpha": 0.9}, "space": [ETA], "schedule": anneals}, SGD]
    assert study(DIGITS, arms=arms).compares
    arms[0] = {**arms[0], "at": {"eta": 0.1, "alpha": 0.4}}
    (found,) = problems(DIGITS, arms=arms)
    assert found.startswith("design.arms.0.schedule.end: is 0.5, above the momentum weight 0.4")


def test_earlier_versions_do_not_compare() -> None:
    with pytest.raises(SpecError, match=r"design\.kind: is not known in `schema_version` 2"):
        parse({**document(DIGITS), "schema_version": 2})


def test_a_design_that_has_arms_and_no_kind_is_asked_for_it() -> None:
    found = document(DIGITS)
    del found["design"]["kind"]
    with pytest.raises(SpecError, match="`kind` is missing; set it to locate, search, cross_validation or compare"):
        parse(found)
