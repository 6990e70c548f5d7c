"""The JSON Schema and the program accept the same documents: what is required, and what is left out means the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from studies.errors import SpecError
from studies.language.choice import model_of
from studies.language.measure import Measure
from studies.language.spec import json_schema, parse
from studies.language.versions import CLAIM_OF_THIRD, DESIGN_OF_THIRD, SCHEMA_VERSION, THIRD
from studies.learning.chosen import TABLES as ENTRIES
from studies.learning.entry import Entry

SCHEMA = json_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
POINT = {"eta": 0.01586792470492598, "alpha": 0.8740320488976423}
MEASURED = {"name": "val_acc", "direction": "maximize", "kind": "share", "test_size": 1000}
REAL = {"name": "elbo", "direction": "maximize", "kind": "real"}
EXTERNAL = {
    "name": "x",
    "schema_version": 3,
    "contexts": [{"trainer": "external"}],
    "measure": MEASURED,
}
POINT_BESIDE = {"eta": 0.1, "alpha": 0.5}
OWN = {
    "name": "x",
    "schema_version": 3,
    "parameters": [
        {"name": "lr", "scale": "log", "low": 1e-4, "high": 1.0},
        {"name": "momentum", "scale": "log_one_minus", "low": 0.0, "high": 0.99},
    ],
    "claim": {"at": {"lr": 0.01, "momentum": 0.9}},
}
BETA = {"name": "beta1", "scale": "log_one_minus", "low": 0.0, "high": 0.99}
AT_BETA = {"at": {"lr": 0.01, "beta1": 0.9}}
MINE = {"contexts": [{"trainer": "external"}], "measure": MEASURED}
AT_ONE = {"eta": 1.0, "alpha": 0.0}
FIXED: dict[str, Any] = {  # points that every rule but yamadam has
    "claim": {"eta": 0.01, "alpha": 0.0},
    "design": {"kind": "cross_validation", "points": [{"eta": 0.01, "alpha": 0.0}]},
}
ETA_ARM = {"name": "b", "space": [{"name": "eta", "scale": "log", "low": 0.01, "high": 1.0}]}
CELL = {"context": "paper", "objective": "accuracy", "mean": 0.9}
COMPARED: dict[str, Any] = {
    "name": "x",
    "design": {"kind": "compare", "arms": [{"name": "a", "update_rule": "yamadam"}, {**ETA_ARM, "paper": [CELL]}]},
}
ARMED: dict[str, Any] = {
    **COMPARED,
    "contexts": [
        {"name": "c-a", "update_rule": "yamadam", "arm": {"name": "a", "context": "paper"}},
        {"name": "c-b", "arm": {"name": "b", "context": "paper"}},
    ],
}
NEWER = (*CLAIM_OF_THIRD, *DESIGN_OF_THIRD) if SCHEMA_VERSION < THIRD else ()  # no field of a default document


def _network_of(entry: Entry) -> dict[str, str]:
    """A network that an entry fits, where it does not fit all of them."""
    return {"network": entry.networks[0]} if entry.networks else {}


TABLES: dict[str, tuple[dict[str, Any], tuple[str | int, ...]]] = {  # a document with the table, and its place there
    "StudySpec": ({"name": "x"}, ()),
    "Claim": ({"name": "x", "claim": {}}, ("claim",)),
    "Context": ({"name": "x", "contexts": [{}]}, ("contexts", 0)),
    "ExternalContext": (EXTERNAL, ("contexts", 0)),
    "Measure": (EXTERNAL, ("measure",)),
    "SearchSpace": ({"name": "x", "search_space": {}}, ("search_space",)),
    "EtaRange": ({"name": "x", "search_space": {"eta": {}}}, ("search_space", "eta")),
    "AlphaRange": ({"name": "x", "search_space": {"alpha": {}}}, ("search_space", "alpha")),
    "Decoy": ({"name": "x", "schema_version": 3, "claim": {"decoys": [POINT_BESIDE]}}, ("claim", "decoys", 0)),
    "LocateDesign": ({"name": "x", "design": {}}, ("design",)),
    "SearchBeside": ({"name": "x", "design": {"search": {}}}, ("design", "search")),
    "SearchDesign": ({"name": "x", "design": {"kind": "search"}}, ("design",)),
    "CrossValidationDesign": ({"name": "x", "design": {"kind": "cross_validation", "points": [POINT]}}, ("design",)),
    "CompareDesign": (COMPARED, ("design",)),
    "CompareArm": (COMPARED, ("design", "arms", 0)),
    "PaperCell": (COMPARED, ("design", "arms", 1, "paper", 0)),
    "ArmOf": (ARMED, ("contexts", 0, "arm")),
    "FixedPoint": (
        {"name": "x", "design": {"kind": "cross_validation", "points": [POINT]}},
        ("design", "points", 0),
    ),
    "Parameter": (OWN, ("parameters", 0)),
    **{
        model_of(kind, entry.name).__name__: (
            {
                "name": "x",
                "contexts": [{"update_rule": "heavy_ball", **_network_of(entry), kind: {"name": entry.name}}],
                **(FIXED if kind == "update_rule" else {}),
                **({"losses": ["sse"], "claim": {"primary_loss": None}} if getattr(entry, "losses", ()) else {}),
                **(
                    {"claim": AT_ONE, "design": {**FIXED["design"], "points": [AT_ONE]}}
                    if entry.name == "yamadam"
                    else {}
                ),
            },
            ("contexts", 0, kind),
        )
        for kind, entries in ENTRIES.items()
        for entry in entries
    },
    "Replication": ({"name": "x", "replication": {}}, ("replication",)),
    "Limits": ({"name": "x", "limits": {}}, ("limits",)),
}


def definition(name: str) -> dict[str, Any]:
    found: dict[str, Any] = SCHEMA if name == "StudySpec" else SCHEMA["$defs"][name]
    return found


def placed(document: dict[str, Any], place: tuple[str | int, ...], **changes: Any) -> dict[str, Any]:
    """The document with fields of the table at a place set; None takes a field away."""
    if not place:
        merged = {**document, **changes}
        return {key: value for key, value in merged.items() if value is not None}
    first, *rest = place
    inner: Any = document[first]  # type: ignore[index]
    changed = placed(inner, tuple(rest), **changes)
    if isinstance(document, list):
        return [changed if i == first else each for i, each in enumerate(document)]  # type: ignore[return-value]
    return {**document, str(first): changed}


def accepts(document: dict[str, Any]) -> bool:
    try:
        parse(document)
    except SpecError:
        return False
    return True


def variants() -> Iterator[tuple[str, dict[str, Any]]]:
    """Per table: the smallest, each required field taken away, each default written out, and an unknown field."""
    for name, (document, place) in TABLES.items():
        table = definition(name)
        yield f"{name}", document
        for field in table.get("required", ()):
            yield f"{name} without {field}", placed(document, place, **{field: None})
        for field, about in table["properties"].items():
            if about.get("default") is not None and field not in NEWER:
                yield f"{name}.{field} written out", placed(document, place, **{field: about["default"]})
        yield f"{name} with more", placed(document, place, nonsense=1)


def test_every_table_of_the_schema_is_looked_at() -> None:
    tables = {"StudySpec", *(name for name, table in SCHEMA["$defs"].items() if "properties" in table)}
    assert tables == TABLES.keys()


@pytest.mark.parametrize("kind", ["share", "positive", "real", "odd"])
@pytest.mark.parametrize("size", [{}, {"test_size": 100}, {"test_size": 0}, {"test_size": None}])
@pytest.mark.parametrize("more", [{}, {"direction": "upwards"}, {"name": "a b"}, {"nonsense": 1}])
def test_schema_and_program_agree_on_a_measure(kind: str, size: dict[str, Any], more: dict[str, Any]) -> None:
    measure = {"name": "val_acc", "direction": "maximize", "kind": kind, **size, **more}
    try:
        Measure.model_validate_json(json.dumps(measure))
        accepted = True
    except ValidationError:
        accepted = False
    assert Draft202012Validator(SCHEMA["$defs"]["Measure"]).is_valid(measure) == accepted


@pytest.mark.parametrize(("document"), [pytest.param(each, id=name) for name, each in variants()])
def test_schema_and_program_agree(document: dict[str, Any]) -> None:
    assert VALIDATOR.is_valid(document) == accepts(document)


@pytest.mark.parametrize(
    "changes",
    [
        {"claim": "golden"},
        {"claim": "silver"},
        {"claim": "golden", "schema_version": 2},
        {"claim": {"at": {"eta": 0.1, "alpha": 0.5}}},
        {"claim": {"at": {"eta": 0.1, "alpha": 0.5}, "eta": 0.1}},
        {"claim": {"eta": None}},
        {"search_space": None},
        {"ridge": "none"},
        {"ridge": "else"},
        {"ridge": None},
        {"measure": None},
        {"parameters": OWN["parameters"]},
        {"parameters": OWN["parameters"], "claim": OWN["claim"]},
        {"parameters": OWN["parameters"], "claim": OWN["claim"], "search_space": {}},
        {"parameters": OWN["parameters"][:1], "claim": OWN["claim"]},
        {"parameters": OWN["parameters"] * 2, "claim": OWN["claim"]},
        {"parameters": OWN["parameters"], "claim": OWN["claim"], "schema_version": 1},
        {"parameters": [OWN["parameters"][0], BETA], "claim": AT_BETA},
        {"parameters": [OWN["parameters"][0], BETA], "claim": AT_BETA, **MINE},
        {"parameters": [OWN["parameters"][0], BETA], "claim": AT_BETA, **MINE, "ridge": "effective_rate"},
        {"parameters": [BETA, OWN["parameters"][0]], "claim": AT_BETA, **MINE},
        {"claim": "golden", **MINE, "losses": ["adam"]},
        {"measure": MEASURED},
        {**MINE, "contexts": [{"trainer": "external"}, {}]},
        {"claim": {"margin_floor": 10.0}},
        {"claim": {"margin_floor": 10.1}},
        {"claim": {"margin_floor": 10.1}, "measure": None},
        {**MINE, "claim": {"margin_floor": 10.1}},
        {**MINE, "claim": {"margin_floor": 10.1}, "measure": REAL},
        {**MINE, "claim": {"margin_floor": 1e30}, "measure": REAL},
        {**MINE, "claim": {"margin_floor": 1e31}, "measure": REAL},
        {**MINE, "claim": {"margin_floor": -1.0}, "measure": REAL},
        {"design": COMPARED["design"]},
        {"design": COMPARED["design"], "schema_version": 2},
        {"design": COMPARED["design"], "claim": "golden"},
        {"design": COMPARED["design"], "contexts": [{"trainer": "external"}]},
        {"design": COMPARED["design"], "parameters": OWN["parameters"], "claim": OWN["claim"]},
        {"design": COMPARED["design"], "claim": OWN["claim"]},
        {"design": COMPARED["design"], "ridge": "none"},
        {"contexts": ARMED["contexts"]},
    ],
)
def test_schema_and_program_agree_on_documents_in_their_own_words(changes: dict[str, Any]) -> None:
    document = {"name": "x", "schema_version": 3, **changes}
    assert VALIDATOR.is_valid(document) == accepts(document)


WIDE = list(range(1, 66))


@pytest.mark.parametrize(
    "axis",
    [
        None,
        3,
        {},
        [],
        {"batch_size": [16, 32]},
        {"batch_size": [16]},
        {"batch_size": []},
        {"batch_size": 16},
        {"batch_size": {"low": 16}},
        {"batch_size": [16, 16]},
        {"batch_size": [0, 16]},
        {"batch_size": [16, 8193]},
        {"batch_size": [16, 32.5]},
        {"batch_size": [16, True]},
        {"batch_size": [16, "32"]},
        {"batch_size": [16, None]},
        {"epochs": WIDE[:63]},
        {"epochs": WIDE},
        {"epochs": [1, 1001]},
        {"images": [1000, 70_000]},
        {"images": [99, 200]},
        {"weight_decay": [1e-4, 0.5, 1]},
        {"weight_decay": [1e-4, 1.5]},
        {"weight_decay": [0.0, 0.1]},
        {"target_accuracy": [0.5, 0.9]},
        {"drop_last": [1, 2]},
        {"nonsense": [1, 2]},
        {"batch_size": [16, 32], "epochs": [1, 2]},
    ],
    ids=str,
)
@pytest.mark.parametrize("version", [2, 3])
def test_schema_and_program_agree_on_an_axis(axis: Any, version: int) -> None:
    other = {} if isinstance(axis, dict) and "batch_size" in axis else {"batch_size": 16}
    document = {"name": "x", "schema_version": version, "contexts": [{**other, "axis": axis}, {"name": "y"}]}
    small = {"design": {"kind": "locate", "map_points": 32, "zoom_points": 16, "confirm_blocks": 8}}
    assert VALIDATOR.is_valid({**document, **small}) == accepts({**document, **small})


@pytest.mark.parametrize(
    "axis",
    [
        {"lr_decay": [0.1, 1.5]},
        {"lr_decay": [0, 1]},
        {"epochs": [10, 10**6]},
        {"epochs": [10, 10**7]},
        {"epochs": [1.5, 2]},
        {"settings": {"epochs": [1.5, 2]}},
        {"settings.epochs": [1.5, 2]},
        {"settings": {}},
        {"settings": {"a": [1, 2], "b": [1, 2]}},
        {"settings": [1, 2]},
        {"name": [1, 2]},
        {"test_size": [100, 200]},
        {"trainer": [1, 2]},
        {"axis": [1, 2]},
    ],
    ids=str,
)
def test_schema_and_program_agree_on_an_axis_of_an_external_context(axis: Any) -> None:
    document = {**EXTERNAL, "contexts": [{"trainer": "external", "axis": axis}]}
    assert VALIDATOR.is_valid(document) == accepts(document)


def test_what_is_left_out_means_its_default() -> None:
    for document, place in TABLES.values():
        assert parse(placed(document, place)).spec_hash == parse(document).spec_hash
    for name, (document, place) in TABLES.items():
        for field, about in definition(name)["properties"].items():
            if about.get("default") is not None and field not in NEWER:
                written = placed(document, place, **{field: about["default"]})
                assert parse(written).spec_hash == parse(document).spec_hash, f"{name}.{field}"


def test_a_design_without_a_kind_locates_unless_its_fields_say_otherwise() -> None:
    assert parse({"name": "x", "design": {"map_points": 32}}).design.kind == "locate"
    first = parse({"name": "x", "schema_version": 1, "design": {}})
    assert first == parse({"name": "x", "schema_version": 1})
    for field in ("trials", "points", "repeats", "replicates"):
        with pytest.raises(SpecError, match="`kind` is missing"):
            parse({"name": "x", "design": {field: 3}})
    with pytest.raises(SpecError, match=r"design\.map_pionts: unknown field"):
        parse({"name": "x", "design": {"map_pionts": 3}})
