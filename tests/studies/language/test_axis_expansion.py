"""An axis becomes a context of each value; faults are named by their place as the user wrote them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from studies.errors import SpecError
from studies.language.axis_expansion import folded
from studies.language.spec import StudySpec, parse, restored

BATCHES = {"batch_size": [16, 32, 64]}
MEASURE = {"name": "val_acc", "direction": "maximize", "kind": "share", "test_size": 1000}
MINE = {"trainer": "external"}


def study(*contexts: Any, **more: Any) -> StudySpec:
    return parse({"name": "x", "contexts": list(contexts), **more})


def problems(*contexts: Any, **more: Any) -> list[str]:
    with pytest.raises(SpecError) as refused:
        study(*contexts, **more)
    assert refused.value.unlisted == 0
    return [str(problem) for problem in refused.value.problems]


def names(spec: StudySpec) -> list[str]:
    return [context.name for context in spec.contexts]


DOCUMENTS: list[tuple[list[Any], dict[str, Any]]] = [
    ([{"axis": BATCHES}], {}),
    ([{"axis": {"weight_decay": [1, 0.5, 1e-4]}}, {"name": "other"}], {}),
    ([{"name": "a", "axis": BATCHES}, {"name": "b", "axis": BATCHES}], {}),
    ([{"images": None, "axis": {"images": [1000, 2000]}}], {}),
    ([{**MINE, "axis": {"batch": [1, 2.5, 3]}}], {"measure": MEASURE}),
    ([{**MINE, "axis": {"settings": {"epochs": [1, 2]}}, "settings": {"optimizer": "adam"}}], {"measure": MEASURE}),
    ([{**MINE, "axis": {"epochs": [1, 2]}}], {"measure": MEASURE}),
]


@pytest.mark.parametrize(("contexts", "more"), DOCUMENTS)
def test_a_parsed_document_reads_back_as_itself(contexts: list[Any], more: dict[str, Any]) -> None:
    spec = study(*contexts, **more)
    document = json.loads(json.dumps(spec.model_dump(mode="json")))
    assert parse(document) == restored(document) == spec == StudySpec.model_validate_json(json.dumps(document))
    assert parse(document).spec_hash == spec.spec_hash
    assert parse(folded(document)) == spec
    assert len(folded(document)["contexts"]) == len(contexts)


def test_each_value_has_a_context_that_carries_the_axis() -> None:
    spec = study({"name": "a", "epochs": 3, "axis": BATCHES}, {"name": "b"})
    assert names(spec) == ["a-16", "a-32", "a-64", "b"]
    assert [context.batch_size for context in spec.built_in] == [16, 32, 64, 128]
    assert [context.epochs for context in spec.built_in] == [3, 3, 3, 30]
    assert [context.axis for context in spec.built_in] == [BATCHES, BATCHES, BATCHES, None]


def test_a_setting_of_an_external_context_is_set_beside_the_others() -> None:
    spec = study({**MINE, "axis": {"width": [64, 128]}, "settings": {"optimizer": "adam"}}, measure=MEASURE)
    assert [context.settings for context in spec.contexts] == [  # type: ignore[union-attr]
        {"optimizer": "adam", "width": 64},
        {"optimizer": "adam", "width": 128},
    ]
    assert names(spec) == ["external-64", "external-128"]


def test_names_are_free_and_legal_however_long() -> None:
    assert names(study({"name": "a", "axis": BATCHES}, {"name": "a-16"}, {"name": "a-16-2"}))[0] == "a-16-3"
    long = names(study({"name": "a" * 63, "axis": BATCHES}))
    assert [len(name) for name in long] == [63] * 3
    assert long[0].endswith("a-16")
    twins = names(study({"name": "a" * 61 + "-b", "axis": BATCHES}, {"name": "a" * 61 + "-c", "axis": BATCHES}))
    assert len({*twins}) == 6


def test_documents_without_an_axis_keep_their_hash() -> None:
    assert "axis" not in study({}).model_dump(mode="json")["contexts"][0]
    assert study({"axis": None}).spec_hash == study({}).spec_hash


def test_an_axis_that_was_changed_in_one_place_is_not_folded() -> None:
    document = study({"axis": BATCHES}).model_dump(mode="json")
    document["contexts"][1]["name"] = "renamed"
    assert folded(parse(document).model_dump(mode="json")) == document


FIELD = "contexts.0.axis.batch_size"


@pytest.mark.parametrize(
    ("contexts", "said"),
    [
        ([{"axis": BATCHES, "batch_size": 16}], f"{FIELD}: is a number that the context fixes itself, at 16; remove"),
        ([{"axis": {"batch_size": [1, 2], "epochs": [1, 2]}}], "contexts.0.axis: runs over `batch_size` and `epochs`"),
        ([{"axis": {}}], "contexts.0.axis: is empty; name one field"),
        ([{"axis": 3}], "contexts.0.axis: is 3; name one field"),
        ([{"axis": {"batch_size": 16}}], f"{FIELD}: is 16; give a list of two or more numbers"),
        ([{"axis": {"batch_size": [16]}}], f"{FIELD}: has 1 value; give 2 to 64 different ones"),
        ([{"axis": {"batch_size": []}}], f"{FIELD}: has 0 values; give 2 to 64"),
        ([{"axis": {"batch_size": [16, 32, 16.0]}}], f"{FIELD}.2: is 16.0, as an earlier value"),
        ([{"axis": {"batch_size": [16, "32"]}}], f"{FIELD}.1: must be a number, got '32'"),
        ([{"axis": {"batch_size": [16, True]}}], f"{FIELD}.1: must be a number, got True"),
        ([{"axis": {"batch_size": [16, 0]}}], f"{FIELD}.1: must be a finite number above 0, got 0"),
        ([{"axis": {"weight_decay": [0.1, float("inf")]}}], "contexts.0.axis.weight_decay.1: must be a finite number"),
        ([{"axis": {"batch_size": [16, 9000]}}], f"{FIELD}.1: input should be less than or equal to 8192, got 9000"),
        ([{"axis": {"batch_size": [16, 2.5]}}], f"{FIELD}.1: input should be a valid integer, got 2.5"),
        ([{"dataset": "digits", "axis": {"batch_size": [16, 2000]}}], f"{FIELD}.1: is 2000, more than the 1617"),
        ([{"axis": {"dataset": [1, 2]}}], "contexts.0.axis.dataset: is not a number of a context; an axis runs over"),
        ([{"axis": {"batchsize": [1, 2]}}], "contexts.0.axis.batchsize: is no field of a context; an axis runs over"),
        (
            [{"axis": {"width": [1, 2]}}],
            "contexts.0.axis.width: is a number of the networks mlp, logistic",
        ),
        ([{"axis": {"epochs": list(range(1, 66))}}], "contexts.0.axis.epochs: has 65 values; give 2 to 64"),
        ([{"axis": {"epochs": list(range(1, 65))}}, {"name": "b"}], "contexts: are 65 with each value of every axis"),
        ([{"axis": BATCHES, "epochs": 0}], "contexts.0.epochs: input should be greater than or equal to 1, got 0"),
        ([{"axis": BATCHES, "nonsense": 0}], "contexts.0.nonsense: unknown field"),
        ([{"axis": BATCHES, "name": "Bad Name"}], "contexts.0.name: must be 1 to 63 lower-case letters"),
        ([{"axis": BATCHES, "name": 3}], "contexts.0.name: input should be a valid string, got 3"),
        ([{"axis": BATCHES}, {"name": "b", "epochs": 0}], "contexts.1.epochs: input should be greater than or equal"),
        ([{"axis": BATCHES}, {"axis": BATCHES}], "contexts.1.name: is 'synthetic-digits', as an earlier context's"),
        ([{**MINE, "axis": {"test_size": [1, 2]}}], "contexts.0.axis.test_size: is no number that an axis runs over"),
        ([{**MINE, "axis": {"b": [1, 2]}, "settings": {"b": 1}}], "contexts.0.axis.b: is a number that the context"),
        ([{**MINE, "axis": {"b": [1, 2]}, "settings": 3}], "contexts.0.settings: input should be an object, got 3"),
        ([{**MINE, "axis": {"b": [1, 2]}}], "contexts.0.test_size: is missing"),
    ],
)
def test_a_fault_is_one_sentence_with_the_place_as_it_was_written(contexts: list[Any], said: str) -> None:
    assert [found[: len(said)] for found in problems(*contexts)] == [said]


def test_an_axis_is_of_the_third_version() -> None:
    assert problems({"axis": BATCHES}, schema_version=2) == [
        "contexts.0.axis: is not known in `schema_version` 2; set that to 3"
    ]


def test_an_axis_that_is_written_out_has_all_its_values_and_contexts_that_are_otherwise_alike() -> None:
    a, b, c = study({"name": "a", "axis": BATCHES}).model_dump(mode="json")["contexts"]
    assert names(study(a, {**b, "name": "other"}, c)) == ["a-16", "other", "a-64"]
    assert "has 3 values, and its contexts have 16, 32; write a context of each" in problems(a, b)[0]
    assert "has 3 values, and its contexts have 16, 64, 32" in problems(a, c, b)[0]
    assert problems(a, {**b, "epochs": 3}, c) == [
        "contexts.1.epochs: differs from the first context of its axis, `contexts.0`; state it alike in all of them"
    ]
    assert len(problems(a, b, {**c, "axis": {"batch_size": [64, 128]}})) == 2


def test_odd_contexts_are_refused_as_without_an_axis() -> None:
    assert problems(3, {"axis": BATCHES})[0].startswith("contexts.0: ")
    with pytest.raises(SpecError, match="contexts"):
        parse({"name": "x", "contexts": {"axis": BATCHES}})
    for dataset in ({}, 3, "Big Digits"):
        assert problems({"axis": BATCHES, "dataset": dataset})[0].startswith("contexts.0.")
    assert problems({"axis": {"width": [1, 2]}, "network": ["mlp"]})[0].startswith("contexts.0.axis.width: ")
    assert problems({"axis": {"batch_size": [16, float("nan")]}})[0].endswith("own context")
    assert len(problems(*[{"name": f"c{i}", "axis": {"epochs": [1, 2]}} for i in range(33)])) == 1
