"""What each update rule can be asked: the paper's pair, its own parameters, or fixed points."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from studies.errors import SpecError
from studies.language.context import Context
from studies.language.roles import choices, scales
from studies.language.spec import StudySpec, json_schema, parse, restored
from studies.learning import backward_rules
from studies.learning.entry import UpdateRule
from studies.learning.naming import listed
from studies.learning.schedules import ENTRIES as SCHEDULES
from studies.learning.update_rules import ENTRIES

VALIDATOR = Draft202012Validator(json_schema())
RATE = {"name": "eta", "scale": "log", "low": 1e-4, "high": 0.1}
LR = {**RATE, "name": "lr"}
BETA = {"name": "beta1", "scale": "log_one_minus", "low": 0.0, "high": 0.99}
MOMENTUM = {**BETA, "name": "momentum"}
A = {"name": "a", "scale": "log", "low": 0.01, "high": 10.0}
GOLDEN = {"eta": 0.01586792470492602, "alpha": 0.8740320488976421}
FIXED = 'measure fixed points instead (`design.kind` = "cross_validation")'
by_rule = pytest.mark.parametrize("rule", ENTRIES, ids=lambda rule: rule.name)


def document(rule: Any, *parameters: dict[str, Any], at: tuple[float, float] = (0.001, 0.9), **fields: Any) -> Any:
    """A study of one context under a rule, asked about these parameters or about the paper's pair."""
    contexts = fields.pop("contexts", [{"update_rule": rule}])
    asked: dict[str, Any] = {}
    if parameters:
        names = [parameter["name"] for parameter in parameters]
        asked = {"parameters": list(parameters), "claim": {"at": dict(zip(names, at, strict=True))}}
    return {"name": "x", "contexts": contexts, **asked, **fields}


def fixed(rule: Any, *points: dict[str, Any], **fields: Any) -> Any:
    """A study of fixed points, the first of them the claim's."""
    design = {"kind": "cross_validation", "points": list(points)}
    return document(rule, design=design, claim=points[0], **fields)


def accepted(study: Any) -> StudySpec:
    """The study, which the JSON Schema accepts as well, and whose canonical form reads back as itself."""
    spec = parse(study)
    assert not [error.message for error in VALIDATOR.iter_errors(study)]
    shown = json.loads(spec.model_dump_json())
    assert restored(shown) == spec and parse(shown).spec_hash == restored(shown).spec_hash == spec.spec_hash
    assert parse(shown).claim_hash == spec.claim_hash
    assert VALIDATOR.is_valid(shown)
    return spec


def refusal(study: Any, *, by_schema: bool = True) -> dict[str, str]:
    """Fields and sentences of the refusal; the JSON Schema refuses, too, where it can."""
    with pytest.raises(SpecError) as caught:
        parse(study)
    assert VALIDATOR.is_valid(study) is not by_schema
    return dict(caught.value.problems)  # type: ignore[arg-type]


@by_rule
def test_the_golden_claim_is_put_to_rules_with_the_pair_alone(rule: UpdateRule) -> None:
    if rule.pair:
        assert accepted(document(rule.name)).axes.ridge
        return
    found = refusal(document(rule.name))
    (text,) = found.values()
    assert list(found) == ["ridge" if rule.alpha else "contexts.0.update_rule"]
    assert rule.name in text and FIXED in text
    assert "\n" not in text


@by_rule
def test_fixed_points_are_measured_under_every_rule(rule: UpdateRule) -> None:
    point = {"eta": 0.01 if rule.eta else 1.0, "alpha": 0.5 if rule.alpha else 0.0}
    accepted(fixed(rule.name, point))
    accepted(fixed(rule.name, {"at": point}))
    other = {"eta": 0.02, "alpha": 0.6}
    wrong = {f"design.points.1.{name}" for name in point if not getattr(rule, name)}
    found = refusal(fixed(rule.name, point, other)) if wrong else {}
    assert found.keys() == wrong
    assert all(rule.name in text and "; set it to " in text for text in found.values())


@by_rule
def test_a_rule_is_asked_about_its_learning_rate_and_each_of_its_own(rule: UpdateRule) -> None:
    for parameter in rule.own if rule.eta else ():
        for scale in scales(parameter):
            low, high = (1e-6, 1e-3) if parameter.lowest > 0 else (0.1, 0.9)
            asked = {"name": parameter.name, "scale": scale, "low": low, "high": high}
            near = {"tolerance": {parameter.name: (high - low) / 4}} if scale == "linear" else {}
            for both, at in (((RATE, asked), (0.001, 2 * low)), ((asked, LR), (2 * low, 0.001))):
                study = document(rule.name, *both, at=at)
                study["claim"] |= near
                spec = accepted(study)
                assert not spec.axes.ridge
                assert parameter.name not in spec.model_dump()["contexts"][0]["update_rule"]


@by_rule
def test_a_parameter_that_varies_is_not_stated_and_another_rules_is_not_named(rule: UpdateRule) -> None:
    for parameter in rule.own if rule.eta else ():
        low, high = (1e-6, 1e-3) if parameter.lowest > 0 else (0.1, 0.9)
        asked = {"name": parameter.name, "scale": scales(parameter)[0], "low": low, "high": high}
        at = (0.001, 2 * low)
        table = {"name": rule.name, parameter.name: parameter.default}
        found = refusal(document(table, RATE, asked, at=at))
        assert found.keys() == {f"contexts.0.update_rule.{parameter.name}"}
        for other in ENTRIES:
            if parameter.name not in choices(other):
                assert "contexts.0" in refusal(document(other.name, RATE, asked, at=at))


def test_every_context_has_both_parameters() -> None:
    both = [{"name": "a", "update_rule": "adam"}, {"name": "b", "update_rule": {"name": "adam", "beta2": 0.9}}]
    accepted(document("", RATE, BETA, contexts=both))
    accepted(document("", LR, MOMENTUM, contexts=[{"update_rule": r, "name": r} for r in ("nesterov", "lars", "dlr")]))
    assert list(refusal(document("", RATE, BETA, contexts=[*both, {"name": "c"}]))) == ["contexts.2"]
    assert list(refusal(document("", LR, MOMENTUM, contexts=[*both, {"name": "c"}]))) == ["contexts.0", "contexts.1"]


@pytest.mark.parametrize(
    ("study", "field", "said"),
    [
        (
            document("sgd"),
            "contexts.0.update_rule",
            "which has a learning rate alone: a claim about one parameter is a claim",
        ),
        (
            document("adam"),
            "contexts.0.update_rule",
            "name eta and another of its parameters in `parameters` (eta, beta1",
        ),
        (document("yamadam"), "contexts.0.update_rule", "which has neither a learning rate nor a momentum weight"),
        (
            document("lars", ridge="none"),
            "claim",
            "is the golden one, in eta and alpha of Eq. 4, which lars of contexts.0",
        ),
        (
            document("sgd", RATE, MOMENTUM),
            "contexts.0",
            "is built in and trains by sgd, which has a learning rate alone",
        ),
        (
            document("adam", BETA, {**BETA, "name": "beta2"}, at=(0.5, 0.9)),
            "contexts.0",
            "name two of them, `eta` (or `lr`",
        ),
        (document("adam", RATE, LR, at=(0.001, 0.002)), "contexts.0", "name two of them, `eta`"),
        (
            document("adam", RATE, {**BETA, "name": "Beta1"}),
            "contexts.0",
            "`eta`, `beta1`, `beta2` and `epsilon`; name two",
        ),
        (document("dlr", {**BETA, "name": "alpha"}, A, at=(0.5, 1.0)), "contexts.0", "name two of them"),
        (
            document("yamadam", RATE, {**A, "name": "epsilon", "high": 1.0}, at=(0.01, 0.1)),
            "contexts.0",
            "which has neither",
        ),
        (document("adam", RATE, BETA, ridge="effective_rate"), "ridge", "is a line of equal eta / (1 - alpha)"),
        (
            document("lars", LR, MOMENTUM, ridge="effective_rate"),
            "ridge",
            "is that of momentum SGD (Eq. 4), which lars",
        ),
        (
            document("adam", {**RATE, "scale": "linear"}, BETA),
            "parameters.0.scale",
            "eta varies on the scale log; set that",
        ),
        (
            document("adam", RATE, {**BETA, "scale": "log", "low": 0.1}),
            "parameters.1.scale",
            "on log_one_minus or linear",
        ),
        (
            document("dlr", RATE, {**A, "low": 1e-13}, at=(0.01, 1.0)),
            "parameters.1.low",
            "dlr's a lies between 1e-12 and",
        ),
        (document("dlr", RATE, {**A, "high": 1e13}, at=(0.01, 1.0)), "parameters.1.high", "move it there"),
        (fixed("sgd", GOLDEN), "claim.alpha", "is 0.874032, and sgd of contexts.0 has no momentum weight; set it to 0"),
        (fixed("sgd", {"at": {"eta": 0.1, "alpha": 0.5}}), "claim.alpha", "has no momentum weight; set it to 0"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_reason(study: Any, field: str, said: str) -> None:
    assert said in refusal(study)[field]


@pytest.mark.parametrize("at", [{}, {"eta": 0.1}, {"alpha": 0.0}, {"lr": 0.1, "alpha": 0.0}, {"x": 1.0}])
@pytest.mark.parametrize("rule", ["sgd", "yamadam", "lars"])
def test_a_point_by_other_names_is_refused_for_its_names_alone(rule: str, at: dict[str, float]) -> None:
    study = fixed(rule, {"eta": 1.0, "alpha": 0.0}, {"at": at})
    with pytest.raises(SpecError) as caught:
        parse(study)
    assert {problem.field.rpartition(".at")[0] for problem in caught.value.problems} == {"design.points.1"}
    with pytest.raises(SpecError, match=r"claim\.at"):
        parse({**study, "claim": {"at": at}})


def test_the_golden_point_is_no_claim_under_a_rule_without_the_pair() -> None:
    assert "is the golden one" in refusal(fixed("lars", GOLDEN), by_schema=False)["claim"]
    accepted(document("lars", ridge="none", claim={"eta": 0.1, "alpha": 0.9}))


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda schedule: schedule.name)
@by_rule
def test_a_schedule_moves_what_the_rule_has(rule: UpdateRule, schedule: Any) -> None:
    point = {"eta": 0.01 if rule.eta else 1.0, "alpha": 0.5 if rule.alpha else 0.0}
    study = fixed("", point, contexts=[{"update_rule": rule.name, "schedule": schedule.name}])
    if not schedule.moves or getattr(rule, schedule.moves):
        accepted(study)
    else:
        assert f"which moves {schedule.moves}, and the update rule {rule.name}" in refusal(study)["contexts.0.schedule"]


def test_an_annealing_ends_no_higher_than_the_study_begins() -> None:
    def annealed(end: float, rule: str = "heavy_ball") -> list[dict[str, Any]]:
        return [{"update_rule": rule, "schedule": {"name": "anneal_alpha", "end": end}}]

    accepted(document("", contexts=annealed(0.0)))
    accepted(document("", contexts=annealed(0.5), search_space={"alpha": {"low": 0.5}}, design={"mates": []}))
    accepted(fixed("", {"eta": 0.1, "alpha": 0.5}, contexts=annealed(0.5)))
    said = "is 0.5, above the momentum weight 0 that the study begins with; lower it, or raise the lowest alpha"
    assert refusal(document("", contexts=annealed(0.5)), by_schema=False) == {"contexts.0.schedule.end": said}
    lower = fixed("", {"eta": 0.1, "alpha": 0.5}, {"eta": 0.1, "alpha": 0.4}, contexts=annealed(0.5))
    assert "above the momentum weight 0.4" in refusal(lower, by_schema=False)["contexts.0.schedule.end"]
    unvaried = document("", RATE, A, at=(0.01, 1.0), contexts=annealed(0.1, "dlr"))
    assert "above the momentum weight 0 " in refusal(unvaried, by_schema=False)["contexts.0.schedule.end"]


def test_bounds_of_a_schedule_lie_one_below_the_other() -> None:
    def decaying(**bounds: float) -> dict[str, Any]:
        return fixed("", {"eta": 0.1, "alpha": 0.5}, contexts=[{"schedule": {"name": "mi_decay", **bounds}}])

    accepted(decaying(lo=0.0, hi=0.001))
    for bounds, said in (
        ({"lo": 0.5, "hi": 0.5}, "is 0.5, not below hi, 0.5; lower lo or raise hi"),
        ({"hi": 0.001}, "is 0.01, not below hi, 0.001; lower lo or raise hi"),
    ):
        assert refusal(decaying(**bounds), by_schema=False) == {"contexts.0.schedule.lo": said}


def test_a_box_of_one_alpha_is_a_claim_on_a_line() -> None:
    found = refusal(document("heavy_ball", search_space={"alpha": {"low": 0.5, "high": 0.5}}), by_schema=False)
    assert "a claim on a line, and the procedure judges two parameters" in found["search_space.alpha"]


@pytest.mark.parametrize("rule", ["substitute", "feedback_alignment"])
def test_a_backward_rule_needs_a_hidden_layer(rule: str) -> None:
    accepted(document("", contexts=[{"backward_rule": rule, "network": "mlp"}]))
    assert "backward_rule" in accepted(document("", contexts=[{"backward_rule": rule}])).model_dump()["contexts"][0]
    found = refusal(document("", contexts=[{"backward_rule": rule, "network": "softmax"}]))
    fitting = listed(backward_rules.by_name(rule).networks)
    said = f"is {rule}, and the network softmax has no activation; choose {fitting}, or backpropagation here"
    assert found == {"contexts.0.backward_rule": said}


def test_what_varies_changes_the_claim_and_what_is_left_of_the_table_does_too() -> None:
    usual, other = (document({"name": "adam", "beta2": beta}, RATE, BETA) for beta in (0.999, 0.99))
    assert accepted(usual).claim_hash != accepted(other).claim_hash
    assert accepted(usual).claim_hash == accepted(document("adam", RATE, BETA)).claim_hash
    context = accepted(usual).contexts[0]
    assert isinstance(context, Context)
    assert context.choice("update_rule").values == {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}


NETWORK = {"backward_rule": "substitute_network"}
W1 = {"name": "w1", "scale": "linear", "low": 0.0, "high": 8.0}


@pytest.mark.parametrize("name", ["w1", "w2"])
@pytest.mark.parametrize("rule", ["heavy_ball", "sgd", "adam", "dlr"])
def test_a_backward_rule_is_asked_about_its_own_weights_beside_the_learning_rate(rule: str, name: str) -> None:
    for scale, low, high in (("linear", -2.0, 4.0), ("log", 0.5, 4.0)):
        asked = {"name": name, "scale": scale, "low": low, "high": high}
        near = {"tolerance": {name: 1.0}} if scale == "linear" else {}
        for both, at in (((RATE, asked), (0.001, 1.0)), ((asked, LR), (1.0, 0.001))):
            study = document("", *both, at=at, contexts=[{"update_rule": rule, **NETWORK}])
            study["claim"] |= near
            (context,) = accepted(study).built_in
            assert name not in context.model_dump()["backward_rule"]
            assert context.choice("backward_rule").values[name] == 1.0


@pytest.mark.parametrize(
    ("context", "field"),
    [
        ({}, "contexts.0"),
        ({"backward_rule": {"name": "substitute", "derivative": "tanh"}}, "contexts.0"),
        ({"update_rule": "yamadam", **NETWORK}, "contexts.0"),
        ({"backward_rule": {"name": "substitute_network", "w1": 2.0}}, "contexts.0.backward_rule.w1"),
    ],
)
def test_weights_that_a_context_does_not_have_or_states_do_not_vary(context: dict[str, Any], field: str) -> None:
    study = document("", RATE, W1, at=(0.001, 1.0), contexts=[context])
    study["claim"] |= {"tolerance": {"w1": 1.0}}
    assert field in refusal(study)


def test_the_paper_s_pair_is_asked_under_a_network_as_under_any_backward_rule() -> None:
    table = {"name": "substitute_network", "layer": "first", "w1": 3.0, "w2": -0.5}
    (context,) = accepted(document("", contexts=[{"backward_rule": table}])).built_in
    assert context.model_dump(mode="json")["backward_rule"] == table
