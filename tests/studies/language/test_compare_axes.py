"""A trial of an arm has two values: those that the arm names, filled up with eta and alpha."""

from __future__ import annotations

import json
from typing import Any

import pytest

from studies.errors import SpecError
from studies.language.compare_axes import published_point
from studies.language.roles import pair_of, scales, trained
from studies.language.spec import StudySpec, canonical_json, parse
from studies.learning import backward_rules, update_rules
from studies.learning.entry import UpdateRule
from tests.studies.language.test_compare_expansion import DIGITS, ETA, SGD, YAMADAM, study

ALPHA = {"name": "alpha", "scale": "log_one_minus", "low": 0.1, "high": 0.9}
A = {"name": "a", "scale": "log", "low": 0.1, "high": 1.0}
EPSILON = {"name": "epsilon", "scale": "log", "low": 1e-10, "high": 1.0}
RHO1 = {"name": "beta1", "scale": "log_one_minus", "low": 0.1, "high": 0.9}
RHO = {"name": "rho", "scale": "log_one_minus", "low": 0.5, "high": 0.99}


def arm(**fields: Any) -> StudySpec:
    return study(DIGITS, arms=[{"name": "mine", **fields}, SGD])


CASES: list[tuple[dict[str, Any], tuple[str, str], Any, tuple[float, float]]] = [
    ({"update_rule": "sgd", "space": [ETA]}, ("eta", "alpha"), ((0.01, 1.0), (0.0, 0.0)), (1.0, 0.0)),
    ({"space": [ETA], "at": {"eta": 0.1, "alpha": 0.9}}, ("eta", "alpha"), ((0.01, 1.0), (0.9, 0.9)), (0.1, 0.9)),
    ({"space": [ALPHA, ETA]}, ("alpha", "eta"), ((0.1, 0.9), (0.01, 1.0)), (0.0, 1.0)),
    (
        {"update_rule": "rmsprop", "space": [RHO, ETA], "at": {"eta": 0.02, "rho": 0.9}},
        ("rho", "eta"),
        ((0.5, 0.99), (0.01, 1.0)),
        (0.9, 0.02),
    ),
    (
        {"update_rule": "rmsprop", "space": [ETA], "at": {"rho": 0.9, "eta": 0.02}},
        ("eta", "rho"),
        ((0.01, 1.0), (0.9, 0.9)),
        (0.02, 0.9),
    ),
]


@pytest.mark.parametrize(("fields", "names", "ends", "published"), CASES)
def test_an_arms_parameters_come_first_and_what_is_not_tuned_has_one_value(
    fields: dict[str, Any], names: tuple[str, str], ends: Any, published: tuple[float, float]
) -> None:
    spec = arm(**fields)
    assert spec.axes_in("digits-mine").names == names and spec.space_in("digits-mine").ends == ends
    found = spec.arm_of("digits-mine")
    assert found is not None and published_point(found, spec.built_in_of("digits-mine").rule) == published
    assert not spec.axes_in("digits-mine").ridge


FIXED: list[tuple[dict[str, Any], tuple[str, str], dict[str, float], tuple[float, float], dict[str, float]]] = [
    # arm, names, fixed beside them, (eta, alpha) of the trial (0.5, 0.25), its rule's own
    ({"space": [ETA], "fixed": {"alpha": 0.9}}, ("eta", "alpha"), {}, (0.5, 0.25), {}),
    (
        {"update_rule": "dlr", "space": [ETA, A], "fixed": {"alpha": 0.9}},
        ("eta", "a"),
        {"alpha": 0.9},
        (0.5, 0.9),
        {"a": 0.25},
    ),
    (
        {"update_rule": "adam", "space": [EPSILON, RHO1], "fixed": {"eta": 0.01}},
        ("epsilon", "beta1"),
        {"eta": 0.01},
        (0.01, 0.0),
        {"epsilon": 0.5, "beta1": 0.25},
    ),
]


@pytest.mark.parametrize(("fields", "names", "beside", "pair", "own"), FIXED)
def test_what_is_fixed_beside_the_two_values_reaches_every_training(
    fields: dict[str, Any],
    names: tuple[str, str],
    beside: dict[str, float],
    pair: tuple[float, float],
    own: dict[str, float],
) -> None:
    spec = arm(**fields)
    axes, rule = spec.axes_in("digits-mine"), spec.built_in_of("digits-mine").rule
    assert (axes.names, dict(axes.fixed)) == (names, beside)
    at = trained(axes, rule, 0.5, 0.25)
    assert ((at.eta, at.alpha), dict(at.own)) == (pair, own)
    assert pair_of(axes, 0.5, 0.25) == pair, "by which it is known how far a training went"
    assert parse(json.loads(json.dumps(spec.model_dump(mode="json")))) == spec


def test_a_fixed_momentum_is_the_one_value_of_its_box_and_where_a_schedule_begins() -> None:
    spec = arm(space=[ETA], fixed={"alpha": 0.9}, schedule={"name": "anneal_alpha", "end": 0.8})
    assert spec.space_in("digits-mine").ends == ((0.01, 1.0), (0.9, 0.9))
    full = {"update_rule": "dlr", "space": [ETA, A], "schedule": {"name": "anneal_alpha", "end": 0.8}}
    assert arm(**full, fixed={"alpha": 0.9}).compares
    with pytest.raises(SpecError, match=r"above the momentum weight 0\.7"):
        arm(**full, fixed={"alpha": 0.7})


def test_an_arm_tunes_both_weights_of_its_backward_rule_at_a_fixed_learning_rate() -> None:
    weight = {"scale": "linear", "low": -5.0, "high": 5.0}
    searched = {
        "name": "mine",
        "update_rule": "adadelta",
        "backward_rule": {"name": "substitute_network", "layer": "first"},
        "space": [{**weight, "name": "w1"}, {**weight, "name": "w2"}],
        "fixed": {"eta": 0.01},
    }
    spec = study({**DIGITS, "network": "mlp"}, arms=[searched, SGD])
    axes, context = spec.axes_in("digits-mine"), spec.built_in_of("digits-mine")
    assert spec.space_in("digits-mine").ends == ((-5.0, 5.0), (-5.0, 5.0))
    at = trained(axes, context.rule, -1.5, 0.25)
    assert (at.eta, at.alpha, dict(at.own)) == (0.01, 0.0, {"w1": -1.5, "w2": 0.25})
    assert set(context.model_dump(mode="json")["backward_rule"]) == {"name", "layer"}, "each trial has its own weights"
    assert parse(json.loads(json.dumps(spec.model_dump(mode="json")))) == spec


def test_a_rule_without_parameters_has_the_values_that_stand_for_none() -> None:
    spec = study(DIGITS, arms=[YAMADAM, SGD])
    assert spec.axes_in("digits-yamadam").names == ("eta", "alpha")
    assert spec.space_in("digits-yamadam").ends == ((1.0, 1.0), (0.0, 0.0))
    assert spec.arm_of("digits-yamadam").ways(16) == ("plain",)  # type: ignore[union-attr]


@pytest.mark.parametrize("at", [{"eta": 0.1, "alpha": 0.9}, {"alpha": 0.9, "eta": 0.1}])
def test_a_point_means_the_same_as_it_was_written_and_as_it_is_stored(at: dict[str, float]) -> None:
    """A stored document has the names of a table by the alphabet; its trials were planned from the one submitted."""
    written = study(DIGITS, arms=[{"name": "mine", "at": at}, {**SGD, "space": [], "at": {"eta": 0.1}}], tuning=0)
    stored = StudySpec.model_validate_json(canonical_json(written.model_dump(mode="json")))
    for spec in (written, stored):
        axes, rule = spec.axes_in("digits-mine"), spec.built_in_of("digits-mine").rule
        assert axes.names == ("alpha", "eta")
        found = spec.arm_of("digits-mine")
        assert found is not None
        assert pair_of(axes, *published_point(found, rule)) == (0.1, 0.9)


def _own(rule: UpdateRule) -> list[str]:
    return [parameter.name for parameter in rule.own]


@pytest.mark.parametrize(
    ("rule", "name"), [(rule, name) for rule in update_rules.ENTRIES if rule.eta for name in _own(rule)]
)
def test_every_parameter_of_every_rule_can_be_part_of_a_point_and_reaches_the_training(
    rule: UpdateRule, name: str
) -> None:
    value = float(next(p.default for p in rule.own if p.name == name))
    spec = arm(update_rule=rule.name, space=[ETA], at={"eta": 0.1, name: value})
    axes, context = spec.axes_in("digits-mine"), spec.built_in_of("digits-mine")
    at = trained(axes, rule, *published_point(spec.arm_of("digits-mine"), rule))  # type: ignore[arg-type]
    assert (at.eta, dict(at.own)) == (0.1, {name: value})
    assert name not in context.model_dump()["update_rule"], "the trial has it, not the context"


def test_other_designs_have_one_pair_of_parameters_and_one_box() -> None:
    spec = parse({"name": "x", "contexts": [DIGITS]})
    assert spec.axes_in("digits") is spec.axes and spec.space_in("digits") == spec.space
    assert spec.arm_of("digits") is None and not spec.compares and spec.compared is None


def test_every_parameter_of_a_backward_rule_can_be_tuned_beside_a_fixed_learning_rate() -> None:
    for entry in backward_rules.ENTRIES:
        for parameter in (each for each in entry.parameters if each.varies):
            ends = {"low": max(parameter.lowest, 0.1), "high": min(parameter.highest, 0.9)}
            space = [{"name": parameter.name, "scale": scales(parameter)[0], **ends}]
            mine = {"name": "mine", "backward_rule": entry.name, "space": space, "fixed": {"eta": 0.01}}
            spec = study({**DIGITS, "network": "mlp"}, arms=[mine, SGD])
            axes, context = spec.axes_in("digits-mine"), spec.built_in_of("digits-mine")
            assert axes.names == (parameter.name, "eta") and spec.space_in("digits-mine").ends[1] == (0.01, 0.01)
            at = trained(axes, context.rule, 0.5, 0.01)
            assert (at.eta, dict(at.own)) == (0.01, {parameter.name: 0.5})
            assert parameter.name not in context.model_dump()["backward_rule"], "the trial has it, not the context"
            assert parse(json.loads(json.dumps(spec.model_dump(mode="json")))) == spec
