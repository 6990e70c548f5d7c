"""Studies whose trainings somebody else's program does: what their documents say, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from studies.errors import SpecError
from studies.language.context import Context
from studies.language.external import NO_GUESSING, ExternalContext
from studies.language.spec import StudySpec, json_schema, parse, restored

SHARE = {"name": "val_acc", "direction": "maximize", "kind": "share", "test_size": 1000}
VALIDATOR = Draft202012Validator(json_schema())


def mine(**fields: Any) -> dict[str, Any]:
    return {"trainer": "external", "name": "my-resnet", **fields}


def own(**fields: Any) -> dict[str, Any]:
    """A study with one external context, and the given fields in place of its own; None takes one away."""
    whole = {"name": "x", "schema_version": 3, "contexts": [mine()], "measure": SHARE, **fields}
    return {name: value for name, value in whole.items() if value is not None}


def test_a_study_of_ones_own_needs_two_fields() -> None:
    spec = parse(own())
    assert (spec.losses, spec.claim.primary_loss, spec.claim.objective) == (["own"], "own", "measure")
    (context,) = spec.contexts
    assert isinstance(context, ExternalContext)
    assert (context.settings, context.epochs, context.classes) == ({}, None, NO_GUESSING)
    assert (spec.metric, spec.maximises, spec.built_in) == ("val_acc", True, ())
    measure = spec.measure_of("my-resnet")
    assert measure is not None
    assert measure.model_dump() == SHARE
    with pytest.raises(TypeError, match="is external"):
        spec.built_in_of("my-resnet")


def test_settings_are_frozen_with_the_claim() -> None:
    bare, full = parse(own()), parse(own(contexts=[mine(settings={"net": "r18", "widths": [64, 128.5, None, True]})]))
    assert bare.claim_hash != full.claim_hash
    assert restored(full.model_dump(mode="json")) == full
    assert restored(full.model_dump(mode="json")).spec_hash == full.spec_hash


def test_documents_without_trainers_of_ones_own_keep_their_hash() -> None:
    dumped = parse({"name": "x", "schema_version": 3}).model_dump(mode="json")
    assert "measure" not in dumped
    assert "trainer" not in dumped["contexts"][0]
    assert isinstance(parse({"name": "x"}).contexts[0], Context)


def test_losses_and_folds_of_ones_own() -> None:
    spec = parse(own(losses=["adam", "sgd_nesterov"], replication={"folds": 1}))
    assert spec.claim.primary_loss is None, "none of several is the primary one"
    assert parse(own(losses=["golden", "other"])).claim.primary_loss == "golden"
    assert parse(own(losses=["a", "b"], claim={"primary_loss": "b"})).claim.primary_loss == "b"
    points = [{"eta": 0.01586792470492598, "alpha": 0.8740320488976423, "loss": "adam"}]
    with pytest.raises(SpecError, match=r"the claim's point .* is missing for sgd_nesterov"):
        parse(own(losses=["adam", "sgd_nesterov"], design={"kind": "cross_validation", "points": points}))


def test_a_study_may_mix_both_kinds() -> None:
    mixed = [{"name": "ours", "dataset": "digits"}, mine(test_size=500)]
    spec = parse(own(contexts=mixed, measure=None, claim={"objective": "error"}))
    assert spec.losses == ["golden", "sse", "cross_entropy"]
    measure = spec.measure_of("my-resnet")
    assert measure is not None
    assert (measure.name, measure.direction, measure.test_size) == ("error", "minimize", 500)
    assert spec.measure_of("ours") is None
    assert [context.name for context in spec.built_in] == ["ours"]
    assert spec.built_in_of("ours").dataset == "digits"


DEEP: dict[str, Any] = {"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": 1}}}}}}}}
REFUSED = [
    (own(contexts=[{**mine(), "trainer": "torch"}]), "contexts.0.trainer", "should be 'external'"),
    (own(contexts=[{"trainer": "external"}] * 2), "contexts.1.name", "is 'external', as an earlier context's"),
    (own(contexts=[mine(dataset="mnist")]), "contexts.0.dataset", "unknown field"),
    (own(contexts=[mine(settings=[1])]), "contexts.0.settings", "should be an object"),
    (own(contexts=[mine(settings={"a": DEEP})]), "contexts.0.settings.a.a.b.c.d.e.f.g", "more than 8 levels"),
    (own(contexts=[mine(settings={"a": "x" * 4_000})]), "contexts.0.settings", "more than the 4,000"),
    (own(contexts=[mine(settings={"a": [float("nan")]})]), "contexts.0.settings.a.0", "finite numbers"),
    (own(contexts=[mine(settings={"a": float("inf")})]), "contexts.0.settings.a", "finite numbers"),
    (own(contexts=[mine(settings={"a": "\u202e"})]), "contexts.0.settings.a", "must not hold control characters"),
    (own(contexts=[mine(settings={"\x1b[2J": 1})]), "contexts.0.settings", "has the key"),
    (own(contexts=[mine(settings={"a": "\ud800"})]), "contexts.0.settings.a", "half of a surrogate"),
    (own(contexts=[mine(settings={"a": 10**40})]), "contexts.0.settings.a", "more than 30 digits"),
    (own(contexts=[mine(epochs=0)]), "contexts.0.epochs", "greater than or equal to 1"),
    (own(contexts=[mine(), mine()]), "contexts.1.name", "as an earlier context's"),
    (own(contexts=[mine(test_size=10)]), "contexts.0.test_size", "beside `measure`"),
    (own(measure=None), "contexts.0.test_size", "is missing"),
    (own(measure=None, contexts=[mine(test_size=9)], claim={"objective": "own_loss"}), "claim.objective", "own_loss"),
    (own(claim={"objective": "error"}), "claim.objective", "leave it out"),
    (own(contexts=[mine(), {"name": "ours"}]), "contexts.1", "each external context's `test_size`"),
    (own(contexts=[mine(test_size=9), {"name": "ours"}], measure=None, losses=["own"]), "losses.0", "'golden', 'sse'"),
    (own(losses=["Own"]), "losses.0", "lower-case"),
    (own(losses=["x" * 33]), "losses.0", "1 to 32"),
    (own(losses=["own", "own"]), "losses", "more than once"),
    (own(replication={"folds": 0}), "replication.folds", "greater than or equal to 1"),
    ({"name": "x", "replication": {"folds": 1}}, "replication.folds", "where a context is built in"),
    ({"name": "x", "losses": ["own"]}, "losses.0", "where a context is built in"),
    (own(schema_version=2), "measure", "is not known in `schema_version` 2"),
    (own(schema_version=1, measure=None), "contexts.0.trainer", "is not known in `schema_version` 1"),
]


@pytest.mark.parametrize(("document", "field", "text"), REFUSED)
def test_what_is_not_acceptable_is_refused_with_field_and_cure(document: Any, field: str, text: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse(document)
    found = [problem for problem in caught.value.problems if problem.field == field]
    assert found, caught.value
    assert text in found[0].text


@pytest.mark.parametrize(
    ("document", "valid"),
    [
        (own(), True),
        (own(losses=["mine"], replication={"folds": 1}), True),
        (own(schema_version=2), False),
        (own(schema_version=2, measure=None), False),
        ({"name": "x", "losses": ["mine"]}, False),
        ({"name": "x", "contexts": [{}], "replication": {"folds": 1}}, False),
        (own(contexts=[mine(), {"name": "ours"}], losses=["mine"]), False),
        (own(contexts=[mine(trainer="torch")]), False),
    ],
)
def test_the_schema_says_the_same(document: dict[str, Any], valid: bool) -> None:
    assert VALIDATOR.is_valid(document) == valid


def test_what_was_stored_is_read_whatever_texts_it_holds() -> None:
    odd = parse(own()).model_dump(mode="json")
    odd["contexts"][0]["settings"] = {"a": "\u202e"}
    assert isinstance(restored(odd), StudySpec)
