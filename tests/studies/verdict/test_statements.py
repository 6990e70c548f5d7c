"""The three statements: exactly at their thresholds, without data, and under an adjustment."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from studies.verdict.answers import Answer
from studies.verdict.arm_tests import ArmTest
from studies.verdict.grounds import Grounds
from studies.verdict.model import Interval
from studies.verdict.seen_place import Place
from studies.verdict.statements import Raised, as_good_answer, matters_answer, statements_of, there_answer

LEVEL = 0.045  # of the first look
SURE, NEVER = 1e-6, 0.9


def arm(label: str = "best", weight: float = 1.0, **p_values: Any) -> ArmTest:
    """An arm that settles nothing, but for the p-values given."""
    given = {"p_less": NEVER, "p_greater": NEVER, "p_less_flip": NEVER, "p_greater_flip": NEVER} | p_values
    return ArmTest(label, 0.02, 0.85, 30, 0.0, upper=0.05, lower=-0.05, weight=weight, **given)


def alike(**p_values: float) -> dict[str, float]:
    """The same p-value by Student's t and by sign flips."""
    return {f"{name}{tail}": p for name, p in p_values.items() for tail in ("", "_flip")}


def hand_made(grounds: Grounds, *, location: dict[str, Any] | None = None, **changes: Any) -> Grounds:
    """Grounds in which nothing is settled, but for what is given."""
    findings = grounds.findings
    open_tests = dict.fromkeys(
        ("equivalent", "worse", "better", "crossed", "equivalent_flip", "worse_flip", "better_flip", "crossed_flip"),
        NEVER,
    )
    regret = replace(findings.regret, **(open_tests | changes.pop("regret", {})))
    place = {"p_in": NEVER, "p_out": NEVER, "p_claim": NEVER, "pi_inside": 0.7, "edge_mass": 0.0}
    located = replace(findings.location, **(place | (location or {})))
    findings = replace(
        findings,
        location=located,
        regret=regret,
        p_surface_regret=changes.pop("p_surface_regret", NEVER),
        evidence=replace(findings.evidence, **changes.pop("evidence", {})),
        **changes.pop("findings", {}),
    )
    collapse = replace(grounds.collapse, p_more=1.0, refutes=False, hinders=False)
    made: dict[str, Any] = {
        "arms": (arm(),),
        "place": Place(1.0, 4.0, identifiable=True, open_sides=()),
        "good": Interval(0.1, 0.05, 0.15),
        "collapse": replace(collapse, **changes.pop("collapse", {})),
    }
    return replace(grounds, findings=findings, **(made | changes))


INSIDE = {"p_in": SURE, "pi_inside": 0.95}
WITHIN, BEYOND = (Place(n, f, identifiable=True, open_sides=()) for n, f in ((1.0, 1.5), (3.0, 6.0)))


@pytest.mark.parametrize(("p", "answer"), [(LEVEL, "yes"), (LEVEL * 1.0001, "undecided")])
def test_every_arm_must_be_shown_to_lead_by_less_than_the_margin(grounds: Grounds, p: float, answer: str) -> None:
    arms = (arm(**alike(p_less=SURE)), arm("default", **alike(p_less=p)))
    made = hand_made(grounds, arms=arms)
    assert as_good_answer(made, Raised(), flips=False) == answer
    assert statements_of(made).as_good.arm == "default", "the least settled arm"


@pytest.mark.parametrize(("p", "answer"), [(LEVEL / 4 / 2, "no"), (LEVEL / 4 / 2 * 1.0001, "undecided")])
def test_one_arm_of_half_the_weight_refutes_at_an_eighth_of_the_level(grounds: Grounds, p: float, answer: str) -> None:
    arms = (arm(weight=0.5, **alike(p_greater=p)), arm("default", weight=0.5))
    assert as_good_answer(hand_made(grounds, arms=arms), Raised(), flips=False) == answer


def test_default_and_mates_are_rivals_too(grounds: Grounds) -> None:
    arms = (arm(weight=0.5, **alike(p_less=SURE)), arm("mate:0.97", weight=0.5, **alike(p_greater=SURE)))
    found = statements_of(hand_made(grounds, arms=arms)).as_good
    assert (found.answer, found.arm, found.by_surface) == (Answer.NO, "mate:0.97", False)


@pytest.mark.parametrize(("p", "answer"), [(LEVEL / 5, "no"), (LEVEL / 5 * 1.0001, "undecided")])
def test_surface_and_pairs_refute_together_at_a_fifth(grounds: Grounds, p: float, answer: str) -> None:
    made = hand_made(grounds, p_surface_regret=SURE, regret=alike(better=p))
    found = statements_of(made).as_good
    assert (found.answer, found.by_surface) == (answer, answer == "no")
    assert statements_of(hand_made(grounds, p_surface_regret=SURE)).as_good.answer is Answer.UNDECIDED
    closed = hand_made(grounds, p_surface_regret=SURE, regret=alike(better=p, equivalent=SURE))
    assert statements_of(closed).as_good.answer is Answer.UNDECIDED, "pairs that contradict the surface close the way"


def test_where_the_two_tests_differ_the_first_statement_is_undecided(grounds: Grounds) -> None:
    for given in ({"p_less": SURE}, {"p_less_flip": SURE}, {"p_greater": SURE}, {"p_greater_flip": SURE}):
        assert statements_of(hand_made(grounds, arms=(arm(**given),))).as_good.answer is Answer.UNDECIDED


@pytest.mark.parametrize("arms", [(), (arm(p_less=None, p_less_flip=None, p_greater=None, p_greater_flip=None),)])
def test_without_pairs_nothing_is_said(grounds: Grounds, arms: tuple[ArmTest, ...]) -> None:
    untested = tuple(replace(each, upper=None, lower=None) for each in arms)
    made = hand_made(grounds, arms=untested, p_surface_regret=None)
    found = statements_of(made).as_good
    assert (found.answer, found.loses_at_most, found.p_yes, found.p_no) == (Answer.UNDECIDED, None, None, None)


def test_one_arm_without_pairs_forbids_yes_and_a_bound(grounds: Grounds) -> None:
    missing = replace(arm("rival", p_less=None, p_less_flip=None), upper=None, lower=None)
    found = statements_of(hand_made(grounds, arms=(arm(**alike(p_less=SURE)), missing))).as_good
    assert (found.answer, found.loses_at_most) == (Answer.UNDECIDED, None)


def test_bounds_are_the_largest_of_the_arms_and_never_below_zero(grounds: Grounds) -> None:
    arms = (replace(arm(), upper=0.02, lower=-0.3), replace(arm("default"), upper=0.07, lower=0.01))
    found = statements_of(hand_made(grounds, arms=arms)).as_good
    assert (found.loses_at_most, found.loses_at_least) == (0.07, 0.01)
    assert found.loses_at_most_points is not None
    assert found.loses_at_most_points > 0.0
    behind = statements_of(hand_made(grounds, arms=(replace(arm(), upper=-0.2, lower=-0.3),))).as_good
    assert (behind.loses_at_most, behind.loses_at_most_points) == (0.0, pytest.approx(0.0, abs=1e-12))


@pytest.mark.parametrize(("farthest", "answer"), [(2.0, "yes"), (2.0001, "undecided")])
def test_the_region_must_lie_in_the_neighbourhood(grounds: Grounds, farthest: float, answer: str) -> None:
    place = Place(1.0, farthest, identifiable=True, open_sides=())
    assert there_answer(hand_made(grounds, place=place, location=INSIDE), Raised()) == answer


@pytest.mark.parametrize(("nearest", "answer"), [(2.0001, "no"), (2.0, "undecided")])
def test_no_part_of_the_region_may_lie_in_it_for_no(grounds: Grounds, nearest: float, answer: str) -> None:
    place, located = Place(nearest, 6.0, identifiable=True, open_sides=()), {"p_out": SURE, "pi_inside": 0.1}
    assert there_answer(hand_made(grounds, place=place, location=located), Raised()) == answer


@pytest.mark.parametrize(
    ("place", "located", "doubt"),
    [
        (WITHIN, {**INSIDE, "pi_inside": 0.899}, "second method"),
        (WITHIN, {**INSIDE, "edge_mass": 0.1}, "second method"),
        (WITHIN, {**INSIDE, "p_in": LEVEL * 1.01}, "level of this look"),
        (BEYOND, {"p_out": SURE, "pi_inside": 0.51}, "second method"),
        (BEYOND, {"p_out": LEVEL * 1.01, "pi_inside": 0.1}, "level of this look"),
    ],
)
def test_a_region_that_is_not_borne_out_says_why(
    grounds: Grounds, place: Place, located: dict[str, Any], doubt: str
) -> None:
    found = statements_of(hand_made(grounds, place=place, location=located)).there
    assert found.answer is Answer.UNDECIDED
    assert doubt in found.doubt


def test_where_no_location_test_holds_the_place_is_not_told(grounds: Grounds) -> None:
    for given in ({"findings": {"model_fails": True}}, {"evidence": {"fixed_design": False}}):
        made = hand_made(grounds, place=None, location=INSIDE, **given)
        assert statements_of(made).there.answer is Answer.UNDECIDED
        assert made.support() is None


@pytest.mark.parametrize(
    ("low", "high", "answer"),
    [
        (0.05, 0.1999, "yes"),
        (0.05, 0.2, "undecided"),
        (0.2, 0.4, "undecided"),
        (0.2001, 0.4, "no"),
        (None, None, "undecided"),
    ],
)
def test_a_fifth_of_the_box_is_where_the_place_ceases_to_matter(
    grounds: Grounds, low: float | None, high: float | None, answer: str
) -> None:
    assert matters_answer(hand_made(grounds, good=Interval(low, low, high))) == answer


def test_holms_adjustment_raises_each_side_by_its_own_factor(grounds: Grounds) -> None:
    made = hand_made(grounds, arms=(arm(**alike(p_less=LEVEL / 1.5)),), place=WITHIN, location=INSIDE)
    assert statements_of(made, Raised(support=1.5)).as_good.answer is Answer.YES
    assert statements_of(made, Raised(support=1.6)).as_good.answer is Answer.UNDECIDED
    assert statements_of(made, Raised(refute=9.0)).as_good.answer is Answer.YES
    assert Raised.of((0.01, 0.02), (None, None)) == Raised(2.0, 1.0)
    assert Raised.of((0.0, 0.0), (0.5, None)) == Raised(1.0, 1.0)


def test_measurements_that_decide_nothing_leave_numbers_without_answers(grounds: Grounds) -> None:
    made = hand_made(grounds, arms=(arm(**alike(p_less=SURE)),), place=WITHIN, location=INSIDE)
    found = statements_of(made, blocked=True)
    assert {found.as_good.answer, found.there.answer, found.matters.answer} == {Answer.UNDECIDED}
    assert (found.there.farthest, found.matters.share, found.as_good.loses_at_most) == (1.5, 0.1, 0.05)
