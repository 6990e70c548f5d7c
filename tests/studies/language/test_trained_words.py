"""Contexts in words: what they train by, and the word "reconstruction" wherever one shows."""

from __future__ import annotations

from typing import Any

import pytest

from studies.cost import preview
from studies.language.spec import StudySpec, parse
from studies.language.trained_words import choice_words, notes, shown_context, trained_as, trained_in_common
from studies.learning.schedules import ENTRIES as SCHEDULES
from studies.learning.update_rules import ENTRIES as RULES

POINT = {"eta": 1.0, "alpha": 0.0}


def study(**context: Any) -> StudySpec:
    """Fixed points that every rule and schedule has, in one context."""
    design = {"kind": "cross_validation", "points": [POINT]}
    return parse({"name": "x", "claim": POINT, "design": design, "contexts": [{"name": "a", **context}]})


def test_a_usual_context_says_data_network_and_rule() -> None:
    (context,) = study(dataset="digits", epochs=1).built_in
    assert trained_as(context) == [
        ("Data", "digits, 1,797 images"),
        ("Network", "fig3"),
        ("Update rule", "heavy_ball"),
        ("Batch size", "128, 1 epoch"),
    ]


def test_what_is_unusual_is_said_with_every_value() -> None:
    (context,) = study(
        network={"name": "mlp", "width": 96},
        update_rule={"name": "dlr", "side": "post", "warm_start": False},
        schedule="anneal_eta",
        backward_rule={"name": "substitute", "derivative": "tanh"},
    ).built_in
    assert dict(trained_as(context))["Network"] == "mlp, width 96"
    assert dict(trained_as(context))["Update rule"] == "dlr, side post, a 0.4, warm_start off"
    assert dict(trained_as(context))["Schedule"] == "anneal_eta (reconstruction), end 0, share 0.25"
    assert dict(trained_as(context))["Backward rule"] == "substitute, layer first, derivative tanh"


def test_what_all_contexts_share_is_said_once() -> None:
    contexts = [{"name": "plain"}, {"name": "cosine", "schedule": "cosine"}, {"name": "again", "batch_size": 64}]
    shared, own = trained_in_common(parse({"name": "x", "contexts": contexts}))
    assert [label for label, _ in shared] == ["Data", "Network", "Update rule"]
    assert own == {
        "plain": [("Batch size", "128, 30 epochs")],
        "cosine": [("Schedule", "cosine, end 0"), ("Batch size", "128, 30 epochs")],
        "again": [("Batch size", "64, 30 epochs")],
    }


def test_one_context_shares_all_it_has() -> None:
    shared, own = trained_in_common(parse({"name": "x"}))
    assert len(shared) == 4
    assert list(own.values()) == [[]]


def test_a_list_is_said_with_its_numbers_and_a_long_one_with_its_ends() -> None:
    table = {"name": "table", "shares": [1, 0.5, 0.25], "last": [1] * 9 + [0.125]}
    (context,) = study(schedule=table, epochs=3).built_in
    said = "table, shares 1 0.5 0.25, first none, last 1 1 1 ... 0.125 (10 numbers), per_epoch 1"
    assert choice_words(context, "schedule") == said


def test_a_1_1_1_network_is_called_a_reconstruction_wherever_it_shows() -> None:
    spec = study(backward_rule={"name": "substitute_network", "w1": 2})
    said = dict(trained_as(spec.built_in[0]))["Backward rule"]
    assert said == "substitute_network (reconstruction), layer first, w1 2, w2 1"
    assert shown_context(spec, "a") == "a (reconstruction)"
    assert any("logistic function" in note for note in notes(spec))


def test_what_the_study_varies_is_said_to_vary() -> None:
    parameters = [
        {"name": "eta", "scale": "log", "low": 1e-4, "high": 0.1},
        {"name": "beta1", "scale": "log_one_minus", "low": 0.0, "high": 0.99},
    ]
    claim = {"at": {"eta": 0.001, "beta1": 0.9}}
    spec = parse({"name": "x", "contexts": [{"update_rule": "adam"}], "parameters": parameters, "claim": claim})
    assert choice_words(spec.built_in[0], "update_rule") == "adam, beta1 varies, beta2 0.999, epsilon 1e-08"


def test_a_network_and_data_of_which_no_source_gives_all_are_called_so() -> None:
    for context in ({"network": "chain", "dataset": "digits"}, {"network": "mlp", "dataset": "two-gaussians"}):
        assert shown_context(study(**context), "a") == "a (reconstruction)"
    (both,) = study(network="chain", dataset="two-gaussians").built_in
    assert dict(trained_as(both))["Data"] == "two-gaussians (reconstruction), 2,000 images"
    assert dict(trained_as(both))["Network"] == "chain (reconstruction), width 64, trained second"
    assert shown_context(study(network="mlp2", dataset="digits"), "a") == "a"


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda schedule: schedule.name)
def test_a_context_that_trains_by_a_reconstruction_is_called_one(schedule: Any) -> None:
    spec = study(schedule=schedule.name)
    assert shown_context(spec, "a") == ("a (reconstruction)" if schedule.reconstruction else "a")
    assert any("no source gives all of it" in note for note in notes(spec)) == schedule.reconstruction
    assert all(f"{schedule.name} (reconstruction)" in note for note in notes(spec)) or not schedule.reconstruction


def test_a_name_that_carries_the_word_is_left_as_it_is() -> None:
    spec = study(name="my-reconstruction", schedule="anneal_eta")
    assert shown_context(spec, "my-reconstruction") == "my-reconstruction"
    assert shown_context(spec, "another") == "another"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_preview_says_what_to_know_of_a_rule(rule: Any) -> None:
    found = preview(study(update_rule=rule.name), None).notes
    assert found == ((f"{rule.name}: {rule.note}.",) if rule.note else ())
    assert rule.name != "dlr" or "its eta is eta_0" in found[0]
