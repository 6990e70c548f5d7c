"""Each arm of a comparison gets a context of each context; faults are named by their place as the user wrote them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from compared_study import compared

from studies.errors import SpecError
from studies.language.axis import numeric_axes
from studies.language.spec import StudySpec, folded, parse, restored

ETA = {"name": "eta", "scale": "log", "low": 0.01, "high": 1.0}
SGD = {"name": "sgd", "update_rule": "sgd", "at": {"eta": 0.1}, "space": [ETA]}
ADAM = {"name": "adam", "update_rule": "adam", "space": [ETA]}
YAMADAM = {"name": "yamadam", "update_rule": "yamadam"}
OFFSET = {"name": "held", "schedule": {"name": "step", "factor": 0.5}, "space": [ETA]}
DIGITS = {"name": "digits", "dataset": "digits", "network": "softmax"}
WIDTHS = {"name": "h", "dataset": "digits", "network": "mlp", "axis": {"width": [16, 32]}}


def study(*contexts: Any, arms: Any = (SGD, ADAM), **design: Any) -> StudySpec:
    return parse(document(*contexts, arms=arms, **design))


def document(*contexts: Any, arms: Any = (SGD, ADAM), **design: Any) -> dict[str, Any]:
    found = {"name": "x", "losses": ["sse"], "design": {"kind": "compare", "arms": list(arms), **design}}
    return {**found, "contexts": list(contexts)} if contexts else found


def problems(*contexts: Any, **design: Any) -> list[str]:
    with pytest.raises(SpecError) as refused:
        study(*contexts, **design)
    assert refused.value.unlisted == 0
    return [str(problem) for problem in refused.value.problems]


DOCUMENTS: list[tuple[list[Any], list[Any]]] = [
    ([DIGITS], [SGD, ADAM]),
    ([], [SGD, ADAM]),
    ([WIDTHS], [SGD, ADAM, YAMADAM]),
    ([{**WIDTHS, "network": {"name": "mlp"}}, DIGITS, {**WIDTHS, "name": "g"}], [SGD, ADAM]),
    (
        [{**DIGITS, "network": "mlp", "backward_rule": "feedback_alignment"}],
        [{**SGD, "backward_rule": "backpropagation"}, ADAM],
    ),
    ([{**DIGITS, "update_rule": "heavy_ball"}], [{"name": "base", "space": [ETA]}, YAMADAM, OFFSET]),
]


@pytest.mark.parametrize(("contexts", "arms"), DOCUMENTS)
def test_a_parsed_document_reads_back_as_itself(contexts: list[Any], arms: list[Any]) -> None:
    spec = study(*contexts, arms=arms)
    written = json.loads(json.dumps(spec.model_dump(mode="json")))
    assert parse(written) == restored(written) == spec == StudySpec.model_validate_json(json.dumps(written))
    assert parse(written).spec_hash == spec.spec_hash and parse(written).claim_hash == spec.claim_hash
    short = folded(written)
    assert parse(short) == spec
    assert len(short["contexts"]) == max(1, len(contexts)) and "claim" not in short and "search_space" not in short


def test_the_small_study_of_all_tests_reads_back_as_itself() -> None:
    spec = compared()
    assert parse(folded(spec.model_dump(mode="json"))) == spec


def test_each_context_has_one_of_each_arm_that_says_what_it_changes() -> None:
    spec = study(DIGITS, {**DIGITS, "name": "more", "epochs": 3}, arms=[SGD, OFFSET])
    assert [c.name for c in spec.contexts] == ["digits-sgd", "digits-held", "more-sgd", "more-held"]
    assert [(c.arm and (c.arm.name, c.arm.context)) for c in spec.built_in] == [
        ("sgd", "digits"),
        ("held", "digits"),
        ("sgd", "more"),
        ("held", "more"),
    ]
    assert [c.rule.name for c in spec.built_in] == ["sgd", "heavy_ball"] * 2
    assert [c.choice("schedule").name for c in spec.built_in] == ["constant", "step"] * 2
    assert [c.epochs for c in spec.built_in] == [30, 30, 3, 3]


def test_an_axis_stays_whole_in_each_arm() -> None:
    spec = study(WIDTHS)
    assert [c.name for c in spec.contexts] == ["h-16-sgd", "h-32-sgd", "h-16-adam", "h-32-adam"]
    axes = numeric_axes(spec.contexts)
    assert [(axis.name, axis.contexts, axis.values) for axis in axes] == [
        ("h-sgd", ("h-16-sgd", "h-32-sgd"), (16.0, 32.0)),
        ("h-adam", ("h-16-adam", "h-32-adam"), (16.0, 32.0)),
    ]


def test_names_that_would_meet_or_be_too_long_are_made_different() -> None:
    one = {**SGD, "name": "c"}, {**ADAM, "name": "b-c"}
    spec = study({**DIGITS, "name": "a-b"}, {**DIGITS, "name": "a"}, arms=one)
    assert [c.name for c in spec.contexts] == ["a-b-c", "a-b-b-c", "a-c", "a-b-c-2"]
    long = study({**DIGITS, "name": "c" * 63}, arms=[{**SGD, "name": "a" * 62}, {**ADAM, "name": "b" * 63}])
    names = [c.name for c in long.contexts]
    assert len(set(names)) == 2 and all(len(name) <= 63 for name in names)


def test_a_fault_of_a_context_is_said_once_and_where_it_was_written() -> None:
    (found,) = problems({**DIGITS, "batch_size": 0})
    assert found.startswith("contexts.0.batch_size: ")
    (found,) = problems({**WIDTHS, "epochs": 0}, arms=[SGD, ADAM, YAMADAM])
    assert found.startswith("contexts.0.epochs: ")
    (found,) = problems({**WIDTHS, "axis": {"width": [16, 0.5]}})
    assert found.startswith("contexts.0.axis.width.1: ")


def test_a_fault_of_an_arm_is_said_once_and_where_it_was_written() -> None:
    (found,) = problems(DIGITS, arms=[SGD, {**ADAM, "update_rule": {"name": "adam", "beta1": 2}}])
    assert found.startswith("design.arms.1.update_rule.beta1: ")
    (found,) = problems(DIGITS, arms=[SGD, {**ADAM, "schedule": "anneal_alpha"}])
    assert found.startswith("design.arms.1.schedule: "), "adam has no momentum weight to move"


def test_what_an_arm_does_not_change_is_at_fault_in_the_context() -> None:
    found = problems({**DIGITS, "schedule": "anneal_alpha"})
    assert [text.split(": ")[0] for text in found] == ["contexts.0.schedule"] * 2
    assert "the update rule sgd" in found[0] and "the update rule adam" in found[1]


@pytest.mark.parametrize("count", [33, 64])
def test_more_contexts_than_a_study_has_are_refused(count: int) -> None:
    (found,) = problems(*({**DIGITS, "name": f"d{i}"} for i in range(count)))
    assert found.startswith(f"design.arms: are 2, which with {count} contexts make {2 * count}, more than the 64")


def test_contexts_of_one_name_are_refused_before_their_arms_are_made() -> None:
    nameless = {key: value for key, value in DIGITS.items() if key != "name"}
    (found,) = problems(nameless, nameless)
    assert found == "contexts.1.name: is 'digits', as an earlier context's; give each its own name"
    assert [c.arm and c.arm.context for c in study(WIDTHS, {**DIGITS, "name": "h-32"}).built_in][::2] == [
        *("h-16", "h-16", "h-32"),
    ], "an axis gives way to a name that was stated"


def written(**changes: Any) -> dict[str, Any]:
    found = json.loads(json.dumps(study(DIGITS).model_dump(mode="json")))
    found["contexts"][1] |= changes
    return dict(found)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"arm": None}, "contexts.1.arm"),
        ({"arm": {"name": "sgd", "context": "digits"}}, "contexts.0.arm"),
        ({"arm": {"name": "lion", "context": "digits"}}, "contexts.1.arm.name"),
        ({"arm": {"name": "adam", "context": "other"}}, "contexts.0.arm"),
        ({"epochs": 31}, "contexts.1.epochs"),
        ({"update_rule": "rmsprop"}, "contexts.1.update_rule"),
        ({"schedule": "cosine"}, "contexts.1.schedule"),
    ],
)
def test_arms_written_by_hand_that_are_not_the_designs_are_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(SpecError) as refused:
        parse(written(**changes))
    assert refused.value.problems[0].field == field


def test_an_arm_of_a_context_is_for_comparisons() -> None:
    with pytest.raises(SpecError, match=r"contexts\.0\.arm: is for a study that compares arms; remove it"):
        parse({"name": "x", "contexts": [{**DIGITS, "arm": {"name": "sgd", "context": "digits"}}]})
