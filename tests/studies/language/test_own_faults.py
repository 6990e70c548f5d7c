"""Documents whose parameters, points, tolerances or measure contradict each other, refused with field and cure."""

from __future__ import annotations

from typing import Any

import pytest

from studies.errors import SpecError
from studies.language.spec import parse

RATE = {"name": "lr", "scale": "log", "low": 1e-5, "high": 1.0}
MOMENTUM = {"name": "momentum", "scale": "log_one_minus", "low": 0.0, "high": 0.99}
DEPTH = {"name": "momentum", "scale": "linear", "low": 1.0, "high": 10.0}
AT = {"lr": 3e-4, "momentum": 0.9}
SHARE = {"name": "acc", "direction": "maximize", "kind": "share", "test_size": 100}


def refusal(**fields: Any) -> str:
    document = {"name": "x", "schema_version": 3, "parameters": [RATE, MOMENTUM], "claim": {"at": AT}, **fields}
    with pytest.raises(SpecError) as caught:
        parse({key: value for key, value in document.items() if value is not ...})
    return str(caught.value)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"claim": ...}, "claim: is missing; a document with `parameters` states its own claim"),
        ({"search_space": {}}, "search_space: is stated beside `parameters`"),
        ({"parameters": [RATE]}, "parameters.1: field required"),
        ({"parameters": [RATE, MOMENTUM, RATE]}, "parameters: "),
        ({"parameters": {}}, "parameters: "),
        ({"parameters": None}, "parameters: "),
        ({"parameters": [RATE, {**MOMENTUM, "name": "LR"}]}, "parameters.1.name: is 'LR', as the first's"),
        ({"ridge": "other"}, "ridge: input should be 'effective_rate' or 'none'"),
        ({"parameters": [MOMENTUM, RATE], "ridge": "effective_rate"}, "ridge: is for a parameter on the scale log"),
        ({"claim": {"at": {**AT, "beta": 1.0}}}, "claim.at: "),
        ({"claim": {"at": {"lr": 1e-3, "beta": 0.9}}}, "claim.at.beta: is no parameter of this study"),
        ({"claim": {"at": {"lr": 1e-3}}}, "claim.at.momentum: is missing; give both parameters"),
        ({"claim": {"at": {"lr": -1.0, "momentum": 0.9}}}, "claim.at.lr: is -1, which the scale log does not have"),
        ({"claim": {"at": {"lr": 2.0, "momentum": 0.9}}}, "lies outside `parameters`; widen the space or move"),
        ({"claim": {"at": AT, "eta": 0.1}}, "claim.eta: is stated beside `at`"),
        ({"claim": {}}, "claim.at: is missing; name the point by lr and momentum"),
        ({"claim": {"at": "here"}}, "claim.at: "),
        ({"claim": {"at": AT, "curve": "eta=(1-alpha)^2"}}, "claim.curve: is a curve of eta and alpha"),
        ({"claim": {"at": AT, "decoys": [{"at": AT}]}}, "claim.decoys.0: is the claim's own point; remove it"),
        ({"claim": {"at": AT, "decoys": [{"eta": 0.1, "alpha": 0.5}]}}, "claim.decoys.0.at: is missing"),
        ({"claim": {"at": AT, "decoys": [{"at": {"lr": 1.0}}]}}, "claim.decoys.0.at.momentum: is missing"),
        ({"claim": {"at": AT, "decoys": [{}]}}, "claim.decoys.0.eta: is missing; state the point by"),
        ({"claim": {"at": AT, "tolerance": {"beta": 2.0}}}, "claim.tolerance.beta: is no parameter; they are lr and"),
        ({"claim": {"at": AT, "tolerance": {"lr": 1.0}}}, "claim.tolerance.lr: is a factor on the scale log"),
        ({"claim": {"at": AT, "tolerance": {}}}, "claim.tolerance: "),
        ({"design": {"mates": [0.5]}}, "design.mates: lie on a ridge, which is not declared"),
        ({"design": {"folklore": True}}, "design.folklore: is the default (0.01, 0.9) of momentum SGD"),
        ({"measure": SHARE}, "contexts.0: is built in and reports no measure of its own"),
        ({"measure": SHARE, "claim": {"at": AT, "objective": "error"}}, "claim.objective: is error, and the document"),
        ({"claim": {"at": AT, "objective": "measure"}}, "claim.objective: is `measure`, and the document states none"),
        ({"measure": {**SHARE, "kind": "real"}}, "measure.test_size: is for shares only"),
        (
            {
                "measure": {"name": "f", "direction": "minimize", "kind": "real"},
                "claim": {"at": AT, "margin_points": 1.0},
            },
            "claim.margin_points: is for shares only, and `f` is real",
        ),
        ({"claim": {"at": AT, "margin_floor": 11.0}}, "claim.margin_floor: is 11, and the margin is a difference of"),
        (
            {
                "measure": {"name": "f", "direction": "minimize", "kind": "positive"},
                "claim": {"at": AT, "margin_floor": 11.0},
            },
            "claim.margin_floor: is 11, and the margin is a difference of logarithms; lower it to 10 at most",
        ),
        ({"parameters": [RATE, {**MOMENTUM, "name": "dropout"}]}, "contexts.0: is built in and trains by"),
        ({"parameters": [RATE, DEPTH], "claim": {"at": {"lr": 0.1, "momentum": 4.0}}}, "claim.tolerance.momentum: is"),
        (
            {
                "parameters": [RATE, DEPTH],
                "claim": {"at": {"lr": 0.1, "momentum": 4.0}, "tolerance": {"momentum": 20.0}},
            },
            "claim.tolerance.momentum: must lie between 9e-06 and the range's 9, got 20",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_field_and_cure(fields: dict[str, Any], said: str) -> None:
    assert said in refusal(**fields)


def test_the_papers_table_takes_no_names_but_its_own() -> None:
    fields: dict[str, Any] = {"parameters": ..., "claim": {"at": {"lr": 0.1, "alpha": 0.5}}}
    assert "claim.at.lr: is no parameter of this study; its parameters are eta and alpha" in refusal(**fields)
    assert "search_space: is null" in refusal(parameters=..., claim={}, search_space=None)


def test_a_cross_validation_measures_points_by_name() -> None:
    design = {"kind": "cross_validation", "points": [{"at": AT}, {"at": {"lr": 0.1, "momentum": 0.5}}]}
    spec = parse(
        {"name": "x", "schema_version": 3, "parameters": [RATE, MOMENTUM], "claim": {"at": AT}, "design": design}
    )
    assert [point.place(spec.axes) for point in spec.design.points] == [(3e-4, 0.9), (0.1, 0.5)]  # type: ignore[union-attr]
    assert "design.points: the claim's point (0.0003, 0.9) is missing" in refusal(
        design={**design, "points": design["points"][1:]}
    )
    assert "design.points.0.at.beta: is no parameter" in refusal(
        design={**design, "points": [{"at": {"lr": 0.1, "beta": 1.0}}]}
    )
