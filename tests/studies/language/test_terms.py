from __future__ import annotations

import math

import pytest
from own_trainers import document

from studies.cost import preview
from studies.language.claim import Claim
from studies.language.measure import Measure
from studies.language.space import AlphaRange, EtaRange, SearchSpace
from studies.language.spec import parse
from studies.language.terms import TERMS, share_of_box, terms_of, vague, vague_note


def test_the_usual_claim_has_no_terms_to_name_and_says_enough() -> None:
    assert terms_of(Claim()) == ()
    assert vague(Claim(), SearchSpace()) is None


def test_every_term_that_is_not_the_default_is_named() -> None:
    loose = Claim(tolerance_factor=10.0, margin_sigmas=10.0, level=0.45, first_look=0.5, objective="cross_entropy")
    said = "; ".join(terms_of(loose))
    for part in ("factor 10", "10 seed deviations", "level is 0.45", "50 % of the level", "cross entropy"):
        assert part in said
    assert len(terms_of(loose)) == 5


def test_point_title_and_primary_loss_are_no_terms() -> None:
    assert terms_of(Claim(title="mine", eta=0.1, alpha=0.9, curve="none", primary_loss=None)) == ()


def test_every_field_of_the_claim_is_a_term_or_what_is_claimed() -> None:
    claimed = {"title", "eta", "alpha", "at", "curve", "primary_loss", "decoys", "tolerance"}
    assert set(Claim.model_fields) <= set(TERMS) | claimed


@pytest.mark.parametrize(("level", "is_vague"), [(0.1, False), (0.1 + 1e-6, True), (0.45, True)])
def test_a_level_above_a_tenth_says_too_little(level: float, is_vague: bool) -> None:
    assert (vague(Claim(level=level), SearchSpace()) is not None) is is_vague


@pytest.mark.parametrize(("share", "is_vague"), [(0.2, False), (0.2 + 1e-6, True), (1.0, True)])
def test_a_neighbourhood_above_a_fifth_of_the_box_says_too_little(share: float, is_vague: bool) -> None:
    """The claim in the middle of a box that is 1 / share times as long as its neighbourhood, and as high."""
    width, low = math.log(2.0), 1.0 - 0.126
    half = math.exp(width / share)
    eta = EtaRange(low=0.0159 / half, high=0.0159 * half)
    space = SearchSpace(eta=eta, alpha=AlphaRange(low=1.0 - 2 * (1 - low), high=1.0 - (1 - low) / 2))
    claim = Claim(eta=0.0159, alpha=low)
    assert share_of_box(claim, space) == pytest.approx(share)
    assert (vague(claim, space) is not None) is is_vague


def test_both_faults_are_named_with_their_limits() -> None:
    said = vague(Claim(tolerance_factor=10.0, level=0.45), SearchSpace())
    assert said is not None
    assert "54 % of the search space (limit 20 %)" in said
    assert "0.45 (limit 0.1)" in said


@pytest.mark.parametrize(("floor", "words"), [(None, ()), (0.05, ()), (0.0, ("the margin is at least 0 (logarithm)",))])
def test_the_usual_floor_of_a_margin_is_no_term_of_its_own(floor: float | None, words: tuple[str, ...]) -> None:
    assert terms_of(Claim(margin_floor=floor)) == words


def test_the_floor_of_a_real_measures_margin_is_said_in_its_own_unit() -> None:
    measure = Measure(name="elbo", direction="maximize", kind="real")
    stated = Claim(margin_floor=250.0, objective="measure")
    claim = stated.bound(stated.axes, measure)
    assert terms_of(claim) == ("the margin is at least 250 in elbo",)


def test_a_claim_that_cannot_be_supported_is_noted_before_any_training() -> None:
    wide = parse(document(claim={"tolerance_factor": 9.0}))
    said = vague_note(wide)
    assert said == (
        f"as it stands the claim says too little to be supported: {vague(wide.claim, wide.space)}; "
        "state a smaller tolerance (or level), or search wider ranges"
    )
    assert preview(wide, None).notes[0] == said
    assert vague_note(parse(document())) == ""
    earlier = parse({"name": "old", "schema_version": 1, "losses": ["golden"], "claim": {"tolerance_factor": 9.0}})
    assert vague_note(earlier) == "", "analysis 4 knows no such claim"
