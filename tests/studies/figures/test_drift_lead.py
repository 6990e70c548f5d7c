"""Whether the optimum moves, in a word: each word where it is shown and nowhere else, and the numbers beside it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from studies.figures.drift_lead import DriftLead, Move, drift_lead, move_of
from studies.language.claim import Claim
from studies.verdict.drift import distance_interval
from studies.verdict.model import Drift, DriftPair, Interval, Outcome, StudyVerdict, SweepVerdict

MakeVerdict = Callable[..., SweepVerdict]
SPAN = Interval(0.1, 0.05, 0.2)
CLAIM = Claim(primary_loss="golden")
NEAR = Interval(0.1, 0.0, 0.5)  # of a distance: within ln 2
FAR = Interval(1.2, 0.8, 1.6)


def pair(distance: Interval, *, p: float = 0.5, rate: Interval | None = None, first: str = "a") -> DriftPair:
    return DriftPair(first, "z", rate or Interval(1.1, 0.7, 1.6), Interval(1.0, 0.5, 2.0), distance, p, p)


def drift_of(*pairs: DriftPair, p: float, loss: str = "golden", left: tuple[str, ...] = ()) -> Drift:
    contexts = (*dict.fromkeys(each.first for each in pairs), "z")
    return Drift(loss, contexts, left, 1.0, 2, p, 0.5, 0.4, SPAN, SPAN, SPAN, pairs, "In full.")


def study(make_verdict: MakeVerdict, *tests: Drift, losses: tuple[str, ...] = ("golden",)) -> StudyVerdict:
    sweeps = tuple(
        replace(make_verdict(), sweep=f"{loss}@{context}", loss=loss, context=context)
        for loss in losses
        for context in ("a", "z")
    )
    return StudyVerdict("study", Outcome.INCONCLUSIVE, "", "accuracy", "hash", 5, sweeps, (), tests)


def lead(make_verdict: MakeVerdict, *tests: Drift, losses: tuple[str, ...] = ("golden",)) -> DriftLead:
    found = drift_lead(study(make_verdict, *tests, losses=losses), CLAIM)
    assert found is not None
    return found


def test_one_context_leads_with_no_drift(make_verdict: MakeVerdict) -> None:
    alone = StudyVerdict("s", Outcome.REFUTED, "", "accuracy", "hash", 5, (make_verdict(),))
    assert drift_lead(alone, CLAIM) is None


def test_a_rejected_common_point_moves_and_names_the_clearest_pair(make_verdict: MakeVerdict) -> None:
    clear = pair(FAR, p=1e-5, rate=Interval(3.31, 2.2, 5.0), first="b")
    found = lead(make_verdict, drift_of(pair(FAR, p=0.2), clear, p=2e-5))
    assert (found.move, found.word, found.brief) == (Move.MOVES, "It moves", "It moves")
    assert found.about == "between 3 contexts"
    assert found.sentence == (
        "The optima differ by more than chance explains (p < 0.001). "
        "Clearest from b to z: η/(1−α) times 3.3 (95 %: 2.2 to 5.0)."
    )


def test_what_moves_within_the_tolerance_says_so(make_verdict: MakeVerdict) -> None:
    found = lead(make_verdict, drift_of(pair(NEAR, p=0.01), p=0.01))
    assert found.word == "It moves"
    assert found.sentence.endswith("Each pair is within the claim’s tolerance all the same.")
    assert "Clearest" not in found.sentence, "no ratio of the pair is clear of one"


def test_it_stays_only_where_every_pair_is_shown_to_be_close(make_verdict: MakeVerdict) -> None:
    found = lead(make_verdict, drift_of(pair(NEAR), pair(NEAR, first="b"), p=0.6))
    assert (found.move, found.word, found.brief) == (Move.STAYS, "It stays", "It stays")
    assert "shown to lie within the claim’s tolerance of each other (p = 0.600 for a move)" in found.sentence
    unseen = lead(make_verdict, drift_of(pair(NEAR), pair(FAR, first="b"), p=0.6))
    assert (unseen.move, unseen.word, unseen.brief) == (Move.UNSEEN, "No move is seen", "")
    assert "that they are equal is not shown" in unseen.sentence


def test_a_narrow_tolerance_is_the_claims_own() -> None:
    close = drift_of(pair(NEAR), p=0.6)
    assert move_of(close, CLAIM) is Move.STAYS
    assert move_of(close, CLAIM.model_copy(update={"tolerance_factor": 1.5})) is Move.UNSEEN


def test_without_a_test_nothing_is_known(make_verdict: MakeVerdict) -> None:
    found = lead(make_verdict)
    assert (found.move, found.about) == (Move.UNKNOWN, "of 2 contexts")
    assert "nothing can be said yet" in found.sentence


def test_the_other_losses_have_a_line_each_and_the_primary_leads(make_verdict: MakeVerdict) -> None:
    tests = drift_of(pair(FAR), p=0.6, left=("c",)), drift_of(pair(FAR, p=0.001), p=0.001, loss="sse")
    found = lead(make_verdict, *tests, losses=("sse", "golden"))
    assert found.about == "between 2 contexts, 1 left out, under the golden loss"
    assert found.others == ("Squared error: it moves, between 2 contexts.",)


@pytest.mark.parametrize("direction", [0.0, 0.9, 2.4])
def test_a_distance_of_one_tolerance_is_rarely_taken_for_none(direction: float) -> None:
    """Under H0 of "stays", optima a whole tolerance apart, it is said in at most 2.5 % of cases."""
    draw = np.random.default_rng(7)
    covariance = np.diag([0.01, 0.01])
    truth = CLAIM.half_widths[0] * np.array([math.cos(direction), math.sin(direction)])
    seen = draw.multivariate_normal(truth, covariance, size=1500)
    tests = [drift_of(pair(distance_interval(each, covariance, np.eye(2))), p=1.0) for each in seen]
    assert np.mean([move_of(each, CLAIM) is Move.STAYS for each in tests]) <= 0.025
