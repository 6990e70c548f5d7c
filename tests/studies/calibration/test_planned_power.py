"""From a study document to the simulation of its primary sweep."""

from __future__ import annotations

import pytest

from studies.calibration.chances import MARGIN
from studies.calibration.planned_power import STUDIES, planned_power
from studies.calibration.power import Assumptions, power
from studies.calibration.shares import share
from studies.calibration.simulation import planted_study
from studies.language import catalogue
from studies.language.spec import parse
from studies.verdict.model import Outcome

DESIGN = {"kind": "locate", "map_points": 32, "zoom_points": 32, "confirm_blocks": 5}


def test_a_design_that_locates_nothing_is_not_simulated() -> None:
    assert planned_power(catalogue.load("table-1"), Assumptions()) is None


def test_no_study_is_begun_once_the_time_is_over() -> None:
    found = planned_power(catalogue.load("quickstart"), Assumptions(), seconds=0.0)
    assert found is not None
    assert {chance.share.n for chance in found.chances} == {0}


def test_the_studys_own_design_claim_and_box_are_simulated_under_its_seed() -> None:
    spec = parse({"name": "own", "design": DESIGN, "seed": 11, "claim": {"primary_loss": "sse", "level": 0.1}})
    found = planned_power(spec, Assumptions(), studies=1, seconds=600.0)
    assert found == power(planted_study(spec.design, spec.claim, spec.search_space), Assumptions(), studies=1, seed=11)  # type: ignore[arg-type]


def test_a_chance_is_simulated_until_it_is_known_or_the_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studies.calibration.power._verdict", lambda *_: Outcome.SUPPORTED)
    spec = parse({"name": "own", "design": DESIGN})
    found = planned_power(spec, Assumptions(), seconds=600.0)
    assert found is not None
    assert found.settled
    assert {chance.share.n for chance in found.chances} == {23}  # all of 23, or none: ±15 points
    short = planned_power(spec, Assumptions(), seconds=0.0)
    assert short is not None
    assert not short.settled


def test_as_many_studies_as_are_simulated_settle_every_share() -> None:
    assert all(share(count, STUDIES).is_within(MARGIN) for count in range(STUDIES + 1))
