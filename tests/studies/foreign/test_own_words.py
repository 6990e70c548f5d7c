"""Claims about any two parameters: their scales by name and range, odd points, and what a linear one needs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from studies.errors import SpecError
from studies.foreign.asked import asked_of
from studies.foreign.csv_text import read_csv
from studies.foreign.judgement import JudgedTable, answer_to
from studies.foreign.own_words import usual_scale
from studies.foreign.table import OwnTable, table_of

POINTS = [(lr, decay) for lr in (1e-4, 3e-4, 1e-3, 3e-3, 1e-2) for decay in (1e-5, 1e-4, 1e-3, 1e-2, 0.1)]


def table(rows: list[tuple[float, float]], names: str = "lr,weight_decay", more: str = "") -> bytes:
    rng = np.random.default_rng(3)

    def value(first: float, second: float) -> float:
        bowl = 0.2 * math.log(max(first, 1e-9) / 1e-3) ** 2 + 0.1 * math.log(max(second, 1e-9) / 1e-3) ** 2
        return 1.0 / (1.0 + math.exp(-3.0 + bowl + 0.02 * rng.standard_normal()))

    lines = [f"{first:g},{second:g},{value(first, second):.6f}" for first, second in rows for _ in range(2)]
    return "\n".join([f"{names},val_acc", *lines, *([more] if more else [])]).encode()


def judged(content: bytes, **options: Any) -> JudgedTable:
    return answer_to(read_csv(content, *asked_of({"measure": "val_acc", "points": "fixed", **options})))


@pytest.mark.parametrize(
    ("name", "low", "high", "scale"),
    [
        ("optimizer.lr", 1e-3, 2e-3, "log"),
        ("weight_decay", 0.0, 0.1, "linear"),
        ("beta2", 0.9, 0.9999, "log_one_minus"),
        ("momentum", 0.0, 1.2, "linear"),
        ("alpha", 1e-6, 0.1, "log"),
        ("depth", 2.0, 8.0, "linear"),
        ("width", 8.0, 512.0, "log"),
        ("shift", -1.0, 1.0, "linear"),
    ],
)
def test_a_scale_follows_from_name_and_range(name: str, low: float, high: float, scale: str) -> None:
    assert usual_scale(name, low, high) == scale


def test_two_rates_are_both_logarithmic_and_found_where_they_are_planted() -> None:
    found = judged(table(POINTS), claim="lr=1e-3,weight_decay=1e-3").sweeps[0]
    assert [(p.name, p.scale) for p in found.parameters] == [("lr", "log"), ("weight_decay", "log")]
    for place in found.parameters:
        assert place.estimate == pytest.approx(1e-3, rel=0.3)
    assert found.effective_rate.estimate is None, "no ridge was declared"
    assert "α" not in found.sentence
    assert "lr = 0.001, weight_decay = 0.001" in found.sentence


def test_a_learning_rate_and_a_momentum_are_the_papers_pair_as_ever() -> None:
    rows = [(lr, momentum) for lr in (1e-3, 1e-2, 0.1) for momentum in (0.0, 0.5, 0.9)]
    read = read_csv(table(rows, "lr,momentum"), *asked_of({"measure": "val_acc", "claim": "lr=0.01,momentum=0.9"}))
    assert not isinstance(read.table, OwnTable)


def test_adams_memory_is_no_momentum_and_has_no_ridge() -> None:
    rows = [(lr, beta1) for lr in (1e-4, 1e-3, 1e-2) for beta1 in (0.5, 0.8, 0.9, 0.99)]
    found = judged(table(rows, "lr,beta1"), claim="lr=1e-3,beta1=0.9").sweeps[0]
    assert [(p.name, p.scale) for p in found.parameters] == [("lr", "log"), ("beta1", "log_one_minus")]
    assert found.effective_rate.estimate is None
    assert "α" not in found.sentence


def test_a_point_off_a_scale_is_left_out_and_counted() -> None:
    found = judged(table(POINTS, more="0,0.001,0.5\n-1,0.001,0.5"), claim="lr=1e-3,weight_decay=1e-3")
    assert found.left_out == {"off the scale of a parameter": 2}
    assert found.sweeps[0].parameters[0].scale == "log"


def test_a_linear_parameter_needs_a_tolerance() -> None:
    rows = [(lr, depth) for lr in (1e-4, 1e-3, 1e-2) for depth in (2, 4, 6, 8)]
    with pytest.raises(SpecError, match=r"tolerance: is missing: depth is on a linear scale") as refused:
        judged(table(rows, "lr,depth"), claim="lr=1e-3,depth=4")
    assert [problem.field for problem in refused.value.problems] == ["tolerance"]
    found = judged(table(rows, "lr,depth"), claim="lr=1e-3,depth=4", tolerance="depth=1").sweeps[0]
    assert [(p.scale, p.near_low, p.near_high) for p in found.parameters][1] == ("linear", 3.0, 5.0)


@pytest.mark.parametrize(
    ("rows", "claim", "field", "said"),
    [
        ([(1e-3, 0.1)] * 8, "lr=1e-3,weight_decay=0.1", "column lr", "is 0.001 in all rows and in the claim"),
        (POINTS, "lr=1e-3,weight_decay=0", "claim.at.weight_decay", "which the scale log does not have"),
        (POINTS, "lr=1e-3,decay=0.1", "line 1, column decay", "is missing"),
    ],
)
def test_what_cannot_be_judged_is_named(rows: list[tuple[float, float]], claim: str, field: str, said: str) -> None:
    with pytest.raises(SpecError) as refused:
        judged(table(rows), claim=claim)
    assert any(problem.field == field and said in problem.text for problem in refused.value.problems)


@pytest.mark.parametrize("text", ["depth", "depth=0", "=1", "depth=x", "depth=-1"])
def test_a_tolerance_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(SpecError, match=r"tolerance: .* write NAME=NUMBER"):
        asked_of({"claim": "lr=1e-3,depth=4", "tolerance": text})


def test_a_tolerance_beside_the_papers_pair_is_refused() -> None:
    with pytest.raises(SpecError, match=r"tolerance: is for a claim about parameters of your own"):
        asked_of({"claim": "lr=0.1,momentum=0.9", "tolerance": "lr=2"})


def test_json_rows_have_the_point_by_the_parameters_names() -> None:
    parameters = [
        {"name": "lr", "scale": "log", "low": 1e-4, "high": 1e-2},
        {"name": "depth", "scale": "linear", "low": 2.0, "high": 8.0},
    ]
    rows = [{"lr": lr, "depth": depth, "value": 0.5} for lr in (1e-4, 1e-3) for depth in (2.0, 4.0, 8.0)]
    claim = {"at": {"lr": 1e-3, "depth": 4.0}, "tolerance": {"depth": 1.0}}
    made = table_of({"parameters": parameters, "claim": claim, "rows": rows})
    assert [(row.eta, row.alpha) for row in made.rows][:2] == [(1e-4, 2.0), (1e-4, 4.0)]
    with pytest.raises(SpecError, match=r"rows\.0\.eta: 0 has no place on the scale log of lr"):
        table_of({"parameters": parameters, "claim": claim, "rows": [{**rows[0], "lr": 0.0}]})
