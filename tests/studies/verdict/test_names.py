"""Names of parameters and measures, read off a verdict's own record."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from studies.calibration.plain_scenarios import LINEAR, LOGARITHMIC, plain_scenarios
from studies.calibration.simulation import shipped, simulate
from studies.language.claim import Claim
from studies.language.measure import Measure
from studies.language.objective_names import response_unit
from studies.verdict.answers import Answer, AsGood, OptimumThere, PlaceMatters, Statements
from studies.verdict.decide import decide_sweep
from studies.verdict.model import MeasureRecord, SweepVerdict
from studies.verdict.names import OF_PAPER, Named, judged_by, named_by
from studies.verdict.wording_amounts import amount
from studies.verdict.wording_statements import Terms, said_statements

STATEMENTS = Statements(
    AsGood(Answer.YES, 0.2, None, 0.0, "mate:0.5", 0.01, 1.0),
    OptimumThere(Answer.UNDECIDED, 1.0, 4.0, True, ("depth high",)),
    PlaceMatters(Answer.YES, 0.1, 0.05, 0.12, 3.0, 5.5),
)


@pytest.fixture(scope="module")
def judged() -> dict[str, SweepVerdict]:
    """Verdicts without confirmations: enough for their records."""
    spec = shipped(5, map_points=24, zoom_points=16, confirm_blocks=10)
    found = {key: simulate(plain_scenarios()[key], np.random.default_rng(1), spec) for key in ("plain-in", "linear-in")}
    return {key: decide_sweep(evidence) for key, evidence in found.items()}


@pytest.mark.parametrize(("key", "own"), [("plain-in", LOGARITHMIC), ("linear-in", LINEAR)])
def test_a_record_names_its_parameters_as_its_claim_does(
    key: str, own: object, judged: dict[str, SweepVerdict]
) -> None:
    claim = own.claim(Claim())  # type: ignore[attr-defined]
    assert named_by(judged[key]) == Named.of(claim)
    assert named_by(judged[key]).is_even is (key == "plain-in")


def test_a_record_without_parameters_is_of_the_papers_pair(judged: dict[str, SweepVerdict]) -> None:
    assert named_by(replace(judged["plain-in"], parameters=())) == OF_PAPER
    assert judged_by(judged["plain-in"]) == "accuracy"
    stated = MeasureRecord("loss", "minimize", "real")
    own = judged_by(replace(judged["plain-in"], measure=stated))
    assert own == Measure(name="loss", direction="minimize", kind="real")
    assert (response_unit(own), response_unit("accuracy")) == ("loss", "response units")


def test_distances_from_an_uneven_neighbourhood_are_in_tolerances() -> None:
    terms = Terms.of(LINEAR.claim(Claim()), "accuracy", 0.1, None)
    _, there, matters = said_statements(STATEMENTS, terms)
    assert there.number == "up to over 2 tolerances away"
    assert "It lies up to 2 tolerances from the claimed point" in there.sentence
    assert "inside or outside the claimed tolerance" in there.sentence and "at high depth" in there.sentence
    assert "with depth from 3.00 to 5.50," in matters.sentence
    even = said_statements(STATEMENTS, Terms.of(Claim(), "accuracy", 0.1, None))[1]
    assert "up to a factor 4 from the claimed point" in even.sentence


@pytest.mark.parametrize(
    ("kind", "said"),
    [("real", "0.5 in loss"), ("positive", "65 % in loss")],
)
def test_amounts_are_in_units_of_a_real_measure_and_ratios_of_a_positive_one(kind: str, said: str) -> None:
    measure = Measure.model_validate({"name": "loss", "direction": "minimize", "kind": kind})
    assert amount(0.5, None, measure) == said.replace("0.5", "0.500")
    share = Measure(name="acc", direction="maximize", kind="share", test_size=10)
    assert amount(0.5, 3.0, share) == "3.0 percentage points"
    assert amount(math.log(3.0), None, Measure(name="t", direction="minimize", kind="positive")) == "a factor 3.0 in t"
