"""Arms of a paired block: which points a document and its runs name, each measured once, at its own place."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from studies.calibration.landscapes import SCENARIOS, Basin
from studies.calibration.simulation import measure
from studies.evidence import evidence
from studies.language.claim import Claim
from studies.language.spec import StudySpec, parse
from studies.plan.arms import ALIKE, block_arms
from studies.plan.procedure import first_plans
from studies.records import Runs
from studies.storage.read_models import SweepSummary
from studies.verdict.model import Evidence
from studies.verdict.rivals import FAR, further_points

TWO_TOPS = replace(SCENARIOS["A"], basin=Basin(-1.5, 0.4, 0.0))


def study(schema: int = 3, claim: dict[str, Any] | None = None, **design: Any) -> StudySpec:
    document = {"schema_version": schema, "name": "planted", "losses": ["golden"], "contexts": [{"name": "planted"}]}
    return parse(document | {"claim": claim or {}, "design": {"kind": "locate", **design}})


def mapped(spec: StudySpec, scenario: Any = TWO_TOPS) -> Evidence:
    """A sweep whose map and zoom alone are measured; the zoom lies where the map does."""
    runs = measure(scenario, np.random.default_rng(5), first_plans(spec)["golden@planted"])
    return _evidence(spec, runs)


def _evidence(spec: StudySpec, runs: Runs) -> Evidence:
    sweep = SweepSummary(0, "golden@planted", "golden", "planted", phases=(), phases_done=("map",), best=None)
    return evidence(spec, sweep, runs)


def labels(spec: StudySpec, measured: Evidence | None = None) -> list[str]:
    assert spec.design.kind == "locate"
    return [arm for _, arm, _, _ in block_arms(spec, spec.design, measured or mapped(spec))]


def gap(first: tuple[float, float], second: tuple[float, float]) -> float:
    return max(abs(math.log(first[0] / second[0])), abs(math.log((1 - first[1]) / (1 - second[1]))))


def test_a_document_of_the_third_version_has_all_arms_and_of_the_second_none_of_the_new() -> None:
    found = labels(study(map_points=128))
    assert found[:4] == ["claim", "best", *found[2:3], "opposite"] and found[2] in ("inside", "outside")
    assert "rival" in found and found[-3:] == ["mate:0", "mate:0.97", "default"]
    assert labels(study(2)) == [*labels(study(2))[:4], "mate:0", "mate:0.97", "default"]
    assert labels(study(2))[3] == "opposite"


def test_arms_that_are_not_asked_for_are_not_planned() -> None:
    found = labels(study(map_points=128, rival=False, likeliest=False, opposite=False, folklore=False, mates=[]))
    assert len(found) == 3


def test_the_rival_is_far_from_the_claim_where_a_second_top_is() -> None:
    spec = study(map_points=256)
    measured = mapped(spec)
    likeliest, rival = further_points(measured)
    assert likeliest is not None and rival is not None
    claim = (spec.claim.eta, spec.claim.alpha)
    assert gap((rival.eta, rival.alpha), claim) >= math.log(FAR) - 1e-9
    assert gap((rival.eta, rival.alpha), (math.exp(-1.5), 1 - math.exp(-0.4))) < 1.0, "it lies at the second top"
    assert further_points(measured) == (likeliest, rival), "equal runs name equal points"


def test_no_runs_name_no_further_points() -> None:
    spec = study()
    nothing = mapped(spec)
    nothing = replace(nothing, runs=nothing.runs.where(np.zeros(len(nothing.runs), dtype=bool)))
    assert further_points(nothing) == (None, None)
    assert labels(spec, nothing) == ["claim", "mate:0", "mate:0.97", "default"], "the best would repeat the claim"


def test_found_points_are_no_near_copies_of_each_other() -> None:
    for seed in range(4):
        spec = study(map_points=64)
        runs = measure(SCENARIOS["A"], np.random.default_rng(seed), first_plans(spec)["golden@planted"])
        arms = block_arms(spec, spec.design, _evidence(spec, runs))  # type: ignore[arg-type]
        points = {arm: (eta, alpha) for _, arm, eta, alpha in arms}
        for arm in {"likeliest", "rival"} & points.keys():
            others = [point for other, point in points.items() if other in ("claim", "best", "inside", "outside")]
            assert min(gap(points[arm], other) for other in others) > ALIKE


def test_mates_lie_on_the_claims_own_ridge_and_named_points_where_the_document_says() -> None:
    spec = study(claim={"eta": 0.1, "alpha": 0.9, "decoys": [{"eta": 0.3, "alpha": 0.5}]}, mates=[0.5])
    points = {arm: (eta, alpha) for _, arm, eta, alpha in block_arms(spec, spec.design, mapped(spec))}  # type: ignore[arg-type]
    assert points["mate:0.5"] == (pytest.approx(0.5), 0.5), "the effective rate is 1"
    assert points["decoy:0"] == (0.3, 0.5) and points["default"] == (0.01, 0.9)
    golden = study(2, claim={"eta": 0.1, "alpha": 0.9}, mates=[0.5])
    old = {arm: eta for _, arm, eta, _ in block_arms(golden, golden.design, mapped(golden))}  # type: ignore[arg-type]
    assert old["mate:0.5"] == pytest.approx(Claim().mate(0.5)), "documents of version 2 keep the golden point's ridge"


def test_an_arm_that_equals_an_earlier_one_is_not_planned_twice() -> None:
    decoys = [{"eta": 0.01, "alpha": 0.9}, {"eta": 0.1, "alpha": 0.5}]
    assert [arm for arm in labels(study(claim={"decoys": decoys})) if ":" in arm or arm == "default"] == [
        *("mate:0", "mate:0.97", "default", "decoy:1")
    ]
