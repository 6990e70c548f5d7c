"""Fields that name an entry: bare or a table, one canonical form, sentences and bounds from the registry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from studies.language.choice import chosen, model_of
from studies.language.context import Context
from studies.language.validation import problems_of
from studies.learning.chosen import TABLES
from studies.learning.entry import Entry, Kind, Parameter

ENTRIES = [(kind, entry) for kind, entries in TABLES.items() for entry in entries]
EACH = [pytest.param(kind, entry, id=f"{kind} {entry.name}") for kind, entry in ENTRIES]
OWN = [
    pytest.param(kind, entry, parameter, id=f"{entry.name} {parameter.name}")
    for kind, entry in ENTRIES
    for parameter in entry.parameters
]


def context(kind: Kind, value: Any) -> Context:
    """A context as it comes from JSON, beside an update rule and a network that fit."""
    name = value.get("name") if isinstance(value, dict) else value
    fitting = next((entry.networks for entry in TABLES[kind] if entry.name == name and entry.networks), ("fig3",))
    beside = {"update_rule": "heavy_ball", "network": fitting[0], "schedule": "constant"}
    return Context.model_validate_json(json.dumps({**beside, kind: value}))


def refusal(kind: Kind, value: Any) -> list[tuple[str, str]]:
    with pytest.raises(ValidationError) as caught:
        context(kind, value)
    return [tuple(problem) for problem in problems_of(caught.value.errors())]  # type: ignore[misc]


@pytest.mark.parametrize(("kind", "entry"), EACH)
def test_bare_name_and_table_are_one_document(kind: Kind, entry: Entry) -> None:
    defaults = {parameter.name: parameter.default for parameter in entry.parameters}
    as_json = json.loads(json.dumps(defaults))
    forms = [entry.name, {"name": entry.name}, {"name": entry.name, **as_json}]
    written = [context(kind, form).model_dump(mode="json").get(kind, "backpropagation") for form in forms]
    bare = not entry.parameters or kind == "network"
    assert written == [entry.name if bare else {"name": entry.name, **as_json}] * 3
    for form in forms:
        assert context(kind, form).choice(kind).settings == tuple(defaults.items())
        assert hash(context(kind, form)) == hash(context(kind, entry.name))


def odd(parameter: Parameter) -> Iterator[Any]:
    """Values that a parameter cannot have."""
    yield from (None, {}, "nonsense", float("inf"))
    if isinstance(parameter.default, tuple):
        yield from (
            1.0,
            [True],
            ["1"],
            [None],
            [[1.0]],
            [-1],
            [-1e-9],
            [1.0, 1e300],
            [1.0] * (parameter.lengths[1] + 1),
        )
        return
    yield []
    if isinstance(parameter.default, bool):
        yield from (1, 0.5, "true")
    elif isinstance(parameter.default, str):
        yield from (1, True, parameter.default.upper(), f"{parameter.default} ")
    else:
        yield from (
            True,
            str(parameter.default),
            min(-1.0, parameter.lowest - 1.0),
            0 if parameter.lowest > 0 else parameter.lowest - max(1e-9, 1e-9 * abs(parameter.lowest)),
            1e300,
            2 * parameter.highest,
        )
        yield from ([parameter.lowest] if parameter.above else []) + ([parameter.highest] if parameter.below else [])
        yield from (0.5,) if isinstance(parameter.default, int) else ()


@pytest.mark.parametrize(("kind", "entry", "parameter"), OWN)
def test_a_value_out_of_range_is_refused_at_its_field(kind: Kind, entry: Entry, parameter: Parameter) -> None:
    for value in odd(parameter):
        if value == float("inf"):
            continue  # no JSON
        ((field, text),) = refusal(kind, {"name": entry.name, parameter.name: value})
        place = f"{kind}.{parameter.name}"
        assert field == place or (isinstance(value, list) and field.startswith(f"{place}."))
        assert "got" in text and "\n" not in text


@pytest.mark.parametrize(("kind", "entry", "parameter"), OWN)
def test_a_parameter_of_another_entry_is_refused_with_its_owners_name(
    kind: Kind, entry: Entry, parameter: Parameter
) -> None:
    owners = [other.name for other in TABLES[kind] if parameter.name in {own.name for own in other.parameters}]
    for other in TABLES[kind]:
        if other.name not in owners:
            ((field, text),) = refusal(kind, {"name": other.name, parameter.name: parameter.default})
            assert field == f"{kind}.{parameter.name}"
            assert text.startswith("is a parameter of ") and f"not of {other.name}; remove it" in text
            assert all(owner in text for owner in owners)


@pytest.mark.parametrize("kind", TABLES)
@pytest.mark.parametrize(
    ("value", "field", "said"),
    [
        ("nonsense", "", "should be "),
        ("ADAM", "", "should be "),
        ({"name": "nonsense"}, "", "should be "),
        ({"name": "nonsense", "a": 1}, ".name", "should be "),
        ({"name": 3, "a": 1}, ".name", "got 3"),
        ({}, ".name", "is missing; name the "),
        ({"a": 0.4}, ".name", "is missing; name the "),
        (None, "", "must be the name of the "),
        (3, "", "or a table with `name` and its parameters, got 3"),
        (["adam"], "", "must be the name of the "),
        (True, "", "must be the name of the "),
    ],
)
def test_what_names_no_entry_is_refused_with_the_names(kind: Kind, value: Any, field: str, said: str) -> None:
    ((place, text),) = refusal(kind, value)
    assert place == f"{kind}{field}"
    assert said in text
    assert all(entry.name in text for entry in TABLES[kind])


@pytest.mark.parametrize("name", ["eta", "alpha"])
def test_what_a_trial_sets_is_no_parameter_of_a_rule(name: str) -> None:
    ((field, text),) = refusal("update_rule", {"name": "adam", name: 0.1})
    assert field == f"update_rule.{name}"
    assert text.startswith("is what a trial sets")


def test_a_width_of_its_own_is_written_out_and_the_usual_one_is_not() -> None:
    assert context("network", {"name": "mlp", "width": 65}).model_dump()["network"] == {"name": "mlp", "width": 65}
    assert context("network", {"name": "mlp", "width": 64}).network == "mlp"
    assert (context("network", {"name": "mlp", "width": 65}).width, context("network", "mlp").width) == (65, 64)
    assert context("network", "fig3").width is None


def test_a_whole_number_is_a_number() -> None:
    assert context("update_rule", {"name": "adam", "beta1": 0}) == context(
        "update_rule", {"name": "adam", "beta1": 0.0}
    )


def test_models_and_choices_made_in_python_are_taken_as_they_are() -> None:
    made = model_of("update_rule", "adam").model_validate({"name": "adam", "beta1": 0.5})
    assert Context(update_rule=made).choice("update_rule").values["beta1"] == 0.5
    assert chosen("update_rule", "sgd").values == {}
    with pytest.raises(KeyError):
        model_of("update_rule", "nonsense")


def test_the_network_is_a_derivative_of_substitute_as_well() -> None:
    written = context("backward_rule", {"name": "substitute", "derivative": "network", "w1": 2.0})
    assert written == context("backward_rule", {"name": "substitute_network", "w1": 2.0})
    ((field, text),) = refusal("backward_rule", {"name": "substitute", "derivative": "network", "w3": 2.0})
    assert field == "backward_rule.w3" and text.startswith("is no parameter of substitute_network")
