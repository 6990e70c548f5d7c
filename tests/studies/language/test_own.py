"""Documents in their own words: what they leave out follows from them, not from the golden point."""

from __future__ import annotations

import math
from typing import Any

import pytest

from studies import golden
from studies.errors import SpecError
from studies.language.spec import StudySpec, json_schema, parse, restored

RATE = {"name": "lr", "scale": "log", "low": 1e-5, "high": 1.0}
MOMENTUM = {"name": "momentum", "scale": "log_one_minus", "low": 0.0, "high": 0.99}
PAIR = [{**RATE, "name": "eta"}, {**MOMENTUM, "name": "alpha"}]


def study(**fields: Any) -> StudySpec:
    return parse({"name": "x", "schema_version": 3, **fields})


def own(**fields: Any) -> StudySpec:
    return study(**{"parameters": [RATE, MOMENTUM], "claim": {"at": {"lr": 3e-4, "momentum": 0.9}}, **fields})


def test_a_claim_of_ones_own_has_nothing_of_the_golden_point() -> None:
    spec = own()
    assert (spec.claim.title, spec.claim.curve, spec.claim.primary_loss) == (
        "lr = 0.0003, momentum = 0.9",
        "none",
        None,
    )
    assert (spec.claim.first, spec.claim.second, spec.claim.eta, spec.claim.alpha) == (3e-4, 0.9, None, None)
    assert [parameter.name for parameter in spec.parameters] == ["lr", "momentum"]
    assert spec.named(1.0, 0.5) == {"lr": 1.0, "momentum": 0.5}
    assert spec.search_space is None and spec.space.ends == ((1e-5, 1.0), (0.0, 0.99))
    assert not spec.ridge and not spec.design.mates and not spec.design.folklore  # type: ignore[union-attr]
    assert own(losses=["sse"]).claim.primary_loss == "sse", "the only loss is the primary one"


def test_with_a_ridge_there_are_mates_on_it() -> None:
    spec = own(ridge="effective_rate", claim={"at": {"lr": 0.02, "momentum": 0.9}})
    assert spec.axes.ridge and list(spec.design.mates) == [0.0, 0.97]  # type: ignore[union-attr]
    assert spec.claim.mate(0.0) == pytest.approx(0.2)


def test_the_preset_by_name_is_the_preset_left_out() -> None:
    assert study(claim="golden") == study() == study(claim={})
    assert (study().claim.eta, study().contexts[0].name) == (golden.ETA, "paper")
    elsewhere = study(claim={"eta": 0.1, "alpha": 0.9})
    assert (elsewhere.claim.title, elsewhere.claim.curve) == ("eta = 0.1, alpha = 0.9", "none")


def test_the_papers_pair_written_out_is_the_papers_pair() -> None:
    written = study(parameters=PAIR, claim={"at": {"eta": 0.1, "alpha": 0.5}})
    box = {"eta": {"low": 1e-5, "high": 1.0}, "alpha": {"low": 0.0, "high": 0.99}}
    assert written == study(search_space=box, claim={"eta": 0.1, "alpha": 0.5})
    assert "parameters" not in written.model_dump() and written.axes.ridge
    assert [parameter.low for parameter in written.parameters] == [1e-5, 0.0]


def test_contexts_are_called_after_their_data() -> None:
    named = study(contexts=[{"dataset": "digits"}, {"name": "mine", "dataset": "mnist"}])
    assert [context.name for context in named.contexts] == ["digits", "mine"]
    earlier = parse({"name": "x", "schema_version": 2, "contexts": [{"dataset": "digits"}]})
    assert earlier.contexts[0].name == "paper", "documents of earlier versions mean what they meant"


def test_tolerances_are_half_widths_of_each_parameter() -> None:
    assert own().claim.half_widths == (math.log(2.0), math.log(2.0))
    claim = {"at": {"lr": 3e-4, "momentum": 0.9}, "tolerance_factor": 3.0, "tolerance": {"momentum": 1.5}}
    assert own(claim=claim).claim.half_widths == (math.log(3.0), math.log(1.5))


def test_a_document_reads_back_as_it_was_and_its_hash_holds_its_parameters() -> None:
    for spec in (own(), own(ridge="effective_rate", claim={"at": {"lr": 0.02, "momentum": 0.9}}), study(ridge="none")):
        again = restored(spec.model_dump(mode="json"))
        assert again == spec and again.spec_hash == spec.spec_hash
        assert again.claim.axes == spec.claim.axes
    other = own(parameters=[{**RATE, "low": 1e-6}, MOMENTUM])
    assert other.claim_hash != own().claim_hash


def test_the_order_of_the_parameters_survives_a_table_that_has_none() -> None:
    at = {"momentum": 0.9, "lr": 3e-4}
    assert own(claim={"at": at}).claim_hash == own().claim_hash
    assert (own(claim={"at": at}).claim.first, own(claim={"at": at}).claim.second) == (3e-4, 0.9)


def test_the_schema_knows_the_preset_and_that_parameters_take_the_boxs_place() -> None:
    schema = json_schema()
    assert {"const": "golden"} in schema["properties"]["claim"]["anyOf"]
    assert any(rule.get("if") == {"required": ["parameters"]} for rule in schema["allOf"])


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(
    "fields",
    [
        {"parameters": [RATE, MOMENTUM]},
        {"ridge": "none"},
        {"measure": {}},
        {"claim": {"at": {"eta": 0.1, "alpha": 0.5}}},
    ],
)
def test_documents_of_earlier_versions_have_none_of_it(version: int, fields: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match="is not known in `schema_version`"):
        parse({"name": "x", "schema_version": version, **fields})
