"""The fields of the submit form."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from compared_study import compared

from service.pages.forms import form_fields
from studies.language import catalogue
from studies.language.context import Loss
from studies.language.spec import folded, parse
from studies.language.versions import DEFAULTS as VERSIONS
from studies.language.versions import THIRD
from studies.learning.chosen import DEFAULTS, TABLES
from studies.learning.entry import Kind


@pytest.mark.parametrize("entry", catalogue.entries(), ids=lambda e: e.name)
def test_form_fields_stand_for_the_document(entry: catalogue.CatalogueEntry) -> None:
    document = entry.spec.model_dump(mode="json")
    fields = [f for _, group in form_fields(document) for f in group]
    assert len({f.path for f in fields}) == len(fields)
    for field in fields:
        node: Any = document
        for part in field.path.split("."):
            node = node[int(part)] if isinstance(node, list) else node.get(part)
        assert field.value == node
        if field.kind == "choice":
            assert node in field.options
        if field.kind == "choices":
            assert {*node, *get_args(Loss)} == {*field.options}, "every loss can be chosen"
    assert parse(json.loads(json.dumps(document))) == entry.spec


@pytest.mark.parametrize("version", VERSIONS)
def test_the_form_shows_the_fields_that_the_documents_version_has(version: int) -> None:
    document = parse({"name": "x", "schema_version": version}).model_dump(mode="json")
    fields = {field.path: field for _, group in form_fields(document) for field in group}
    margins = {"claim.margin_points", "claim.margin_error_share", "claim.margin_floor"}
    assert margins & fields.keys() == (margins if version >= THIRD else set())
    assert ("design.confirmation" in fields) == (version >= THIRD)
    assert ("design.opposite" in fields) == (version >= 2)
    if version >= THIRD:
        assert fields["claim.margin_points"].nullable
        assert fields["design.confirmation"].options == ("sequential", "fixed")


@pytest.mark.parametrize("kind", [kind for kind, entries in TABLES.items() if len(entries) > 1])
def test_every_entry_can_be_chosen_with_its_own_parameters(kind: Kind) -> None:
    document = parse({"name": "x"}).model_dump(mode="json")
    fields = {field.path: field for _, group in form_fields(document) for field in group}
    field = fields[f"contexts.0.{kind}"]
    assert (field.kind, field.chosen) == ("entry", DEFAULTS[kind])
    assert {each.name for each in field.entries} == {entry.name for entry in TABLES[kind]} == {*field.options}
    for each, entry in zip(field.entries, TABLES[kind], strict=True):
        assert ("reconstruction" in each.shown) == entry.reconstruction
        assert {own.label: own.value for own in each.fields} == {
            p.name: "" if p.default == () else p.default for p in entry.parameters
        }
        assert all(own.help and (own.kind != "choice" or own.value in own.options) for own in each.fields)


def test_a_documents_own_values_stand_in_the_form() -> None:
    context = {"update_rule": {"name": "dlr", "side": "post", "a": 0.7, "warm_start": False}}
    document = parse({"name": "x", "contexts": [context]}).model_dump(mode="json")
    fields = {field.path: field for _, group in form_fields(document) for field in group}
    rule = fields["contexts.0.update_rule"]
    (dlr,) = [each for each in rule.entries if each.name == rule.chosen]
    assert [(own.label, own.kind, own.value) for own in dlr.fields] == [
        ("side", "choice", "post"),
        ("a", "number", 0.7),
        ("warm_start", "flag", False),
    ]


def test_a_number_that_an_axis_runs_over_is_left_to_the_document() -> None:
    document = parse({"name": "x", "contexts": [{"axis": {"batch_size": [16, 32]}}]}).model_dump(mode="json")
    for shown in (document, folded(document)):
        fields = {field.path: field for _, group in form_fields(shown) for field in group}
        assert fields["contexts.0.batch_size"].help == "runs over 16, 32: see `axis` in the document"
        assert "axis" not in fields["contexts.0.epochs"].help
    assert (fields["contexts.0.batch_size"].value, fields["contexts.0.batch_size"].nullable) == (None, True)
    cleared = folded(document)
    cleared["contexts"][0]["batch_size"] = None  # what the form sends of an empty field
    assert parse(cleared) == parse(document)


def test_a_document_of_own_parameters_has_a_form_without_eta_and_alpha() -> None:
    parameters = [
        {"name": "lr", "scale": "log", "low": 1e-4, "high": 1.0},
        {"name": "momentum", "scale": "log_one_minus", "low": 0.0, "high": 0.99},
    ]
    claim = {"at": {"lr": 0.01, "momentum": 0.9}}
    document = parse({"name": "x", "parameters": parameters, "claim": claim}).model_dump(mode="json")
    groups = dict(form_fields(document))
    assert "Search space" not in groups
    paths = {field.path for fields in groups.values() for field in fields}
    assert not {"claim.eta", "claim.alpha"} & paths
    assert {"claim.margin_sigmas", "contexts.0.batch_size", "design.map_points"} <= paths


def test_a_comparison_has_a_form_of_its_design_without_a_claim() -> None:
    groups = dict(form_fields(folded(compared().model_dump(mode="json"))))
    assert list(groups) == ["Study", "Context", "Design: compare"]
    fields = {field.path: field for field in groups["Design: compare"]}
    assert list(fields) == [
        *("design.objective", "design.runs", "design.tuning", "design.sampler", "design.baseline"),
        "replication.folds",
    ]
    assert (fields["design.runs"].value, fields["design.runs"].low, fields["design.runs"].high) == (3, 2, 1000)
    assert fields["design.objective"].kind == "choice" and "cpu_seconds" in fields["design.objective"].options


def test_a_list_of_numbers_stands_in_one_input() -> None:
    table = {"name": "table", "shares": [1, 0.5, 0.125], "last": [2, 1, 1e-6]}
    document = parse({"name": "x", "contexts": [{"schedule": table, "epochs": 3}]}).model_dump(mode="json")
    fields = {field.path: field for _, group in form_fields(document) for field in group}
    (shown,) = (each for each in fields["contexts.0.schedule"].entries if each.name == "table")
    assert [(own.label, own.kind, own.value) for own in shown.fields] == [
        ("shares", "numbers", "1, 0.5, 0.125"),
        ("first", "numbers", ""),
        ("last", "numbers", "2, 1, 1e-06"),
        ("per_epoch", "integer", 1),
    ]
