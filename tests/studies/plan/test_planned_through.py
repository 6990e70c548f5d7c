"""Every document that the door lets in can be planned through all of its phases, whatever its trainings give."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planned_through import RESULTS, plan_through

from studies.errors import SpecError
from studies.language.ranges import HIGHEST_ALPHA, HIGHEST_ETA, LEAST_RATIO, LOWEST_ETA
from studies.language.spec import parse

BARE = {"kind": "locate", "map_points": 16, "claim_replicates": 2, "confirm_blocks": 2, "mates": [], "folklore": False}
NARROW = LEAST_RATIO * (1.0 + 1e-9)


def _between(low: float, high: float, share: float) -> float:
    return min(max(low * (high / low) ** share, low), high)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Studies in boxes of any place and width, the borderline ones often; not all of them acceptable."""
    low = draw(st.sampled_from([LOWEST_ETA, 1e-6, 0.0158, 90.0]) | st.floats(-12.0, 1.9).map(lambda x: 10.0**x))
    wide = draw(st.sampled_from([NARROW, 1.02, 1e3, 1e14]) | st.floats(0.01, 6.0).map(lambda x: 10.0**x))
    eta = {"low": low, "high": draw(st.sampled_from([min(low * wide, HIGHEST_ETA), 99.99999999, HIGHEST_ETA]))}
    most = draw(st.sampled_from([1.0, 1.0 - 1e-9, 0.5, 1e-8]) | st.floats(-8.0, 0.0).map(lambda x: 10.0**x))
    least = max(most / draw(st.sampled_from([NARROW, 1.02, 100.0, 1e9])), 1.0 - HIGHEST_ALPHA)
    alpha = {"low": 1.0 - most, "high": 1.0 - least}
    place = draw(st.sampled_from([0.0, 1.0, 0.3])), draw(st.sampled_from([0.0, 1.0, 0.3]))
    claim = {
        "eta": _between(eta["low"], eta["high"], place[0]),
        "alpha": 1.0 - _between(1.0 - alpha["high"], 1.0 - alpha["low"], place[1]),
        "tolerance_factor": draw(st.sampled_from([LEAST_RATIO, 1.1, 2.0, 10.0])),
        "objective": draw(st.sampled_from(["accuracy", "own_loss", "epochs_to_target"])),
    }
    located = {
        "sampler": draw(st.sampled_from(["sobol", "grid", "random"])),
        "zoom_points": draw(st.sampled_from([0, 1, 8])),
        "opposite": draw(st.booleans()),
    }
    search = {"kind": "search", "sampler": "tpe", "trials": 3, "claim_replicates": 2, "confirm_blocks": 2}
    return {
        "name": "x",
        "losses": ["golden"],
        "claim": claim,
        "search_space": {"eta": eta, "alpha": alpha},
        "design": draw(st.sampled_from([{**BARE, **located}, {**BARE, **located}, search])),
        "contexts": [{"dataset": "digits", "epochs": 2}],
        "replication": {"folds": 3},
    }


@settings(max_examples=25)
@given(documents(), st.sampled_from(sorted(RESULTS)), st.integers(0, 2**32))
def test_whatever_the_door_lets_in_is_planned_to_its_end(document: dict[str, Any], kind: str, seed: int) -> None:
    try:
        spec = parse(document)
    except SpecError:
        return
    phases = plan_through(spec, kind, seed, looks=1)
    assert phases[-1] in {"confirm", "controls"}


@pytest.mark.parametrize("kind", ["edge", "low edge"])
@pytest.mark.parametrize("high", [99.9999999, 99.9999, HIGHEST_ETA])
def test_a_box_near_the_highest_rate_is_widened_by_a_strip_that_holds_points(kind: str, high: float) -> None:
    space = {"eta": {"low": 1.0, "high": high}, "alpha": {"low": 0.0, "high": 0.99}}
    document = {"name": "x", "losses": ["golden"], "claim": {"eta": 10.0, "alpha": 0.5}, "search_space": space}
    spec = parse({**document, "design": {**BARE, "zoom_points": 4}, "contexts": [{"dataset": "digits"}]})
    assert "confirm" in plan_through(spec, kind, looks=1)


def test_a_neighbourhood_between_the_nodes_of_the_grid_has_candidates_of_its_own() -> None:
    space = {"eta": {"low": 0.01, "high": 0.0101}, "alpha": {"low": 0.0, "high": HIGHEST_ALPHA}}
    claim = {"eta": math.sqrt(0.01 * 0.0101), "alpha": 0.93, "tolerance_factor": 1.1}
    document = {"name": "x", "losses": ["golden"], "claim": claim, "search_space": space, "design": BARE}
    plan_through(parse({**document, "contexts": [{"dataset": "digits"}]}), "hill", looks=1)
