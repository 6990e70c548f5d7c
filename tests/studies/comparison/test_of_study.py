"""The comparison that a document asks for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from compared_study import COMPARED, compared
from measured_arms import cell, joined, runs_of

from studies.comparison.of_study import asked_of, comparison
from studies.language import catalogue
from studies.language.spec import parse, sweep_name


def test_arms_their_rows_and_the_papers_cells() -> None:
    asked = asked_of(compared())
    assert (asked.study, asked.objective, asked.baseline, asked.runs) == ("arms-on-digits", "accuracy", "sgd", 3)
    sgd, heavy, adam, adadelta = asked.arms
    assert [arm.hows for arm in asked.arms] == [("published", "tuned")] * 4
    assert (sgd.title, heavy.title) == ("plain SGD", "heavy-ball")
    assert (sgd.names, sgd.shown["tuned"]) == (("eta", "alpha"), ("eta",))
    assert (adam.names, adam.shown["published"]) == (("eta", "epsilon"), ("eta", "epsilon"))
    assert adadelta.shown["tuned"] == ("eta", "rho")
    assert (sgd.tunings, sgd.selection) == (4, "validation")
    assert sgd.paper == {("digits", "accuracy"): cell(0.9, 0.01, 5)}
    (place,) = asked.places
    assert (place.name, place.epochs, place.classes, place.axis) == ("digits", 2, 10, None)
    assert place.contexts == {name: f"digits-{name}" for name in ("sgd", "heavy-ball", "adam", "adadelta")}


def test_a_number_of_a_closed_form_is_no_number_of_a_paper() -> None:
    text = COMPARED.replace('objective = "accuracy", mean', 'objective = "accuracy", origin = "theory", mean')
    (stated,) = asked_of(compared(text)).arms[0].paper.values()
    assert stated.theory and text != COMPARED
    assert compared(COMPARED).claim_hash == compared(COMPARED.replace("mean", 'origin = "paper", mean')).claim_hash


def test_contexts_of_an_axis_have_their_places_on_it() -> None:
    text = COMPARED.replace('network = "softmax"', 'network = "mlp"\naxis = { width = [8, 16, 32] }')
    text = text.replace('context = "digits", objective', 'context = "digits-8", objective')
    asked = asked_of(compared(text))
    assert [place.name for place in asked.places] == ["digits-8", "digits-16", "digits-32"]
    assert [(p.axis.axis, p.axis.field, p.axis.value) for p in asked.places if p.axis] == [
        ("digits", "width", 8.0),
        ("digits", "width", 16.0),
        ("digits", "width", 32.0),
    ]


def test_a_study_of_smallest_widths_leads_with_them_and_with_the_papers_cells() -> None:
    text = COMPARED.replace('network = "softmax"', 'network = "mlp"\naxis = { width = [8, 16] }')
    text = text.replace('objective = "accuracy"\nruns', 'objective = "smallest_width"\nruns')
    text = text.replace('objective = "accuracy", mean', 'objective = "smallest_width", differs = "more epochs", mean')
    spec = compared(text)
    asked = asked_of(spec)
    assert (asked.objective, asked.widths_first) == ("epochs_to_target", True)
    found = comparison(spec, {sweep_name("cross_entropy", context.name): runs_of() for context in spec.contexts})
    assert found.widths_first and found.objectives[0] == "epochs_to_target"
    assert found.widths[1].result.paper == replace(cell(0.9, 0.01, 5), differs="more epochs")
    assert found.widths[2].result.paper is None and not any(r.paper for row in found.rows for r in row.results)
    assert not asked_of(compared()).widths_first


def test_an_untuned_study_has_its_published_rows_alone() -> None:
    asked = asked_of(compared(COMPARED.replace("tuning = 4", "tuning = 0")))
    assert {arm.hows for arm in asked.arms} == {("published",)}
    assert {(arm.tunings, arm.selection) for arm in asked.arms} == {(0, "")}


def test_the_runs_of_a_study_become_its_rows() -> None:
    spec = compared()
    runs = {sweep_name("cross_entropy", context.name): runs_of() for context in spec.contexts}
    runs["cross_entropy@digits-adam"] = joined(
        runs_of([1.0, 1.0], how="published", point=(0.001, 1e-8)), runs_of([1.0], how="tuned", point=(0.01, 1e-9))
    )
    found = comparison(spec, runs)
    adam = [row for row in found.rows if row.arm == "adam"]
    assert [row.point for row in adam] == [{"eta": 0.001, "epsilon": 1e-8}, {"eta": 0.01, "epsilon": 1e-9}]
    assert [row.results[0].n for row in adam] == [2, 1]


def test_a_study_that_states_a_verdict_compares_no_arms() -> None:
    with pytest.raises(ValueError, match="study plain compares no arms"):
        asked_of(parse({"name": "plain"}))


def test_the_document_in_the_documentation_is_one() -> None:
    text = (Path(__file__).parents[3] / "docs" / "compare.md").read_text("utf-8")
    asked = asked_of(parse(text.partition("```toml\n")[2].partition("```")[0], form="toml"))
    assert [arm.hows for arm in asked.arms] == [("published", "tuned"), ("tuned",)]


def test_an_arm_that_trains_by_a_reconstruction_is_called_one() -> None:
    titles = {arm.name: arm.title for arm in asked_of(catalogue.load("mi-decay")).arms}
    assert titles["mi-decay"] == "SGD, decay by information (reconstruction)"
    assert titles["mi-decay-layers"].endswith("(reconstruction)")
    assert [name for name, title in titles.items() if "reconstruction" in title] == ["mi-decay", "mi-decay-layers"]
    searched = [arm.title for arm in asked_of(catalogue.load("b-functions-search")).arms]
    assert [title.count("reconstruction") for title in searched] == [1, 0]
