"""Measures: their directions, their kinds, and how their values become an objective's."""

from __future__ import annotations

import math

import pytest

from studies.errors import SpecError
from studies.foreign.measures import (
    MAXIMISED,
    Measure,
    Scoring,
    objective_scoring,
    parse_measure,
    said,
    scoring_of,
    usual_direction,
)
from studies.language.claim import OBJECTIVES


@pytest.mark.parametrize(
    ("text", "measure"),
    [
        ("val_acc", Measure("val_acc")),
        ("reward:maximize", Measure("reward", True)),
        ("val/loss:min", Measure("val/loss", False)),
        ("a:b:minimise:real", Measure("a:b", False, "real")),
        ("val_acc:maximize:share:1000", Measure("val_acc", True, "share", 1000)),
        ("val_acc:1000", Measure("val_acc", None, "share", 1000)),
        ("val_acc:percent", Measure("val_acc", None, "percent")),
    ],
)
def test_a_measure_in_one_line(text: str, measure: Measure) -> None:
    assert parse_measure(text) == measure


@pytest.mark.parametrize("text", ["", ":max", "x:max:min", "x:share:real", "x:maximum", "x:real:1000", "x:5:6"])
def test_what_is_no_measure(text: str) -> None:
    with pytest.raises(SpecError, match="measure"):
        parse_measure(text)


@pytest.mark.parametrize(
    ("name", "maximised"),
    [
        ("val_acc", True),
        ("metrics/Accuracy", True),
        ("mean_test_score", True),
        ("mean_test_neg_log_loss", True),
        ("val_loss", False),
        ("eval/perplexity", False),
        ("error", False),
        ("epochs_to_target", False),
        ("value", None),
        ("metric", None),
        ("acc_loss", None),
    ],
)
def test_usual_directions(name: str, maximised: bool | None) -> None:
    assert usual_direction(name) is maximised


SHARES, LOSSES, BOTH, NEGATIVE = [0.1, 0.5, 0.9], [0.2, 1.5, 7.0], [-3.0, 0.0, 4.0], [-0.2, -0.4, -3.0]


@pytest.mark.parametrize(
    ("measure", "values", "objective", "kind", "order"),
    [
        (Measure("val_acc", True), SHARES, "accuracy", "share", 1),
        (Measure("error", False), SHARES, "error", "share", 1),
        (Measure("val_loss", False), SHARES, "own_loss", "positive", 1),
        (Measure("val_loss", False), LOSSES, "own_loss", "positive", 1),
        (Measure("cross_entropy", False), LOSSES, "cross_entropy", "positive", 1),
        (Measure("reward", True), LOSSES, "own_loss", "positive", -1),
        (Measure("reward", True), BOTH, "own_loss", "real", -1),
        (Measure("gap", False), BOTH, "own_loss", "real", 1),
        (Measure("neg_log_loss", True), NEGATIVE, "own_loss", "positive", -1),
        (Measure("minus_acc", False), [-0.9, -0.5, -0.1], "accuracy", "share", -1),
        (Measure("cost", False), NEGATIVE, "own_loss", "positive", 1),
        (Measure("acc", True, "percent"), [90.0, 95.0], "accuracy", "percent", 1),
    ],
)
def test_kinds_follow_direction_and_values(
    measure: Measure, values: list[float], objective: str, kind: str, order: int
) -> None:
    scoring = scoring_of(measure, values)
    assert (scoring.objective, scoring.kind, scoring.maximised) == (objective, kind, measure.maximised)
    scored = [scoring.value(value) for value in sorted(values)]
    assert scored == sorted(scored, reverse=order < 0)
    assert all(0.0 <= value <= 1e12 for value in scored)
    best = max(values) if measure.maximised else min(values)
    picks = max if objective in MAXIMISED else min
    assert picks(values, key=scoring.value) == best, "the best value stays the best"


def test_percentages_are_not_taken_for_anything_else() -> None:
    with pytest.raises(SpecError, match="val_acc:maximize:percent, else val_acc:maximize:positive"):
        scoring_of(Measure("val_acc", True), [97.0, 55.0, 0.9])


def test_one_odd_value_does_not_make_another_kind() -> None:
    assert scoring_of(Measure("val_acc", True), [0.5] * 20 + [93.0]).kind == "share"


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("maximised", [True, False, None])
def test_an_objective_against_a_direction(objective: str, maximised: bool | None) -> None:
    own = objective in MAXIMISED
    if maximised in (None, own):
        assert objective_scoring(objective, maximised, SHARES, stated="") == Scoring(objective, own)  # type: ignore[arg-type]
    else:
        with pytest.raises(
            SpecError, match=rf"objective: the study m..imises, and (an? )?{objective.replace('_', ' ')} is"
        ):
            objective_scoring(objective, maximised, SHARES, stated="")  # type: ignore[arg-type]
        turned = objective_scoring(objective, maximised, NEGATIVE, stated="")  # type: ignore[arg-type]
        assert (turned.negated, turned.value(-0.25)) == (True, 0.25)


def test_an_infinite_value_is_the_worst_on_one_side_only() -> None:
    for maximised in (True, False):
        scoring = scoring_of(Measure("m", maximised), LOSSES)
        assert scoring.is_worst(-math.inf if maximised else math.inf)
        assert not scoring.is_worst(math.inf if maximised else -math.inf)


def test_a_sentence_says_what_is_judged() -> None:
    assert said("f1", scoring_of(Measure("f1", True), SHARES)) == (
        "f1 is judged by the rule for accuracy, larger values are better."
    )
    assert "its reciprocal is judged" in said("reward", scoring_of(Measure("reward", True), LOSSES))
    assert "so -value is judged" in said("neg", scoring_of(Measure("neg", True), NEGATIVE))
    assert "real numbers" in said("gap", scoring_of(Measure("gap", False), BOTH))
