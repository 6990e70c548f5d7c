"""The three statements on a claim, each yes, no or undecided, each with its number.

    statement                        yes                                    no
    as good as the best              every arm's lead is shown to stay      some arm's lead is shown to exceed the
                                     below the margin, on fresh pairs       margin: by fresh pairs, or by surface and
                                                                            pairs together
    the optimum is there             the 95 % region lies in N, and the     no part of the 95 % region lies in N, and
                                     process agrees                         the process agrees
    the place matters                less than a fifth of the box is as     more than a fifth of it is
                                     good as its best, up to the margin

An answer is held at the level that this look and Holm's adjustment leave (`grounds`, `Raised`); the numbers beside it
hold at 95 % over all looks. So a number may lie on one side of its limit while the answer is still undecided.

Statement 1 speaks of runs that train and of the points that were run. Its bound is the largest of the arms' upper
one-sided 95 % bounds: the best arm's own is one of them, so the largest misses the best arm's lead in at most 5 %.
Statement 2 spends no error beyond the region's. Statement 3: a fifth of the box is the cut beyond which a claim's own
neighbourhood says too little, too (`language.terms`). Where more than that is as good as the best, a claim about a
place would be as good wherever it were made, in more than one case of five.

Error rates: each "yes" and each "no" false with at most the level's probability; "no" to the first shares its level
with the other ways to refute. References: Hsu (1984), Ann. Stat. 12; Lakens, Scheel & Isager (2018), Adv. Methods
Pract. Psychol. Sci. 1; Berger (1982), Technometrics 24 (intersection-union).
"""

from __future__ import annotations

from dataclasses import dataclass

from studies.language.terms import MOST_SHARE
from studies.records import Arm
from studies.verdict.answers import Answer, AsGood, OptimumThere, PlaceMatters, Statements
from studies.verdict.arm_tests import ArmTest
from studies.verdict.findings import points_worth
from studies.verdict.grounds import Grounds
from studies.verdict.rules import EDGE_MASS, REFUTE_INSIDE, SUPPORT_INSIDE
from studies.verdict.seen_place import Place


@dataclass(frozen=True, slots=True)
class Raised:
    """Factors by which Holm's adjustment raised a sweep's two p-values; 1 where the sweep is primary or alone."""

    support: float = 1.0
    refute: float = 1.0

    @staticmethod
    def of(support: tuple[float | None, float | None], refute: tuple[float | None, float | None]) -> Raised:
        """From each p-value before and after the adjustment."""
        return Raised(_factor(*support), _factor(*refute))


def _factor(before: float | None, after: float | None) -> float:
    return after / before if before and after is not None else 1.0


ALONE = Raised()


def statements_of(grounds: Grounds, raised: Raised = ALONE, *, blocked: bool = False) -> Statements:
    """The three statements of a sweep. Where Student's t and sign flips answer the first differently, it is undecided.

    Args:
        grounds: of the sweep.
        raised: by Holm's adjustment.
        blocked: the measurements decide nothing yet: every answer is undecided, the numbers stand.
    """
    by_t, by_flips = (as_good_answer(grounds, raised, flips=flips) for flips in (False, True))
    first = by_t if by_t is by_flips else Answer.UNDECIDED
    there, matters = there_answer(grounds, raised), matters_answer(grounds)
    if blocked:
        first = there = matters = Answer.UNDECIDED
    return Statements(_as_good(grounds, first, raised), _there(grounds, there), _matters(grounds, matters))


def as_good_answer(grounds: Grounds, raised: Raised, *, flips: bool) -> Answer:
    """Is the claimed point as good as the best, by Student's t or by sign flips?"""
    if _reaches(grounds.equivalent(flips=flips), raised.support, grounds.level):
        return Answer.YES
    beaten = [p for code, p in grounds.routes(flips=flips) if code in ("regret", "surface")]
    return Answer.NO if _reaches(min(beaten, default=None), raised.refute, grounds.level) else Answer.UNDECIDED


def there_answer(grounds: Grounds, raised: Raised) -> Answer:
    """Is the optimum there? The region decides; the process' posterior must agree, and for "yes" keep off the edge."""
    place, location, claim = grounds.place, grounds.findings.location, grounds.findings.evidence.claim
    inside, edge = location.pi_inside, location.edge_mass
    if place is None or inside is None:
        return Answer.UNDECIDED
    if place.is_inside(claim) and _reaches(grounds.placed(), raised.support, grounds.level):
        kept = inside >= SUPPORT_INSIDE and (edge is None or edge < EDGE_MASS)
        return Answer.YES if kept else Answer.UNDECIDED
    excluded = location.p_out is not None and location.p_out * raised.refute <= grounds.levels.whole
    return Answer.NO if place.is_outside(claim) and excluded and inside <= REFUTE_INSIDE else Answer.UNDECIDED


def matters_answer(grounds: Grounds) -> Answer:
    """Does the place matter? By the interval of the share of the box that is as good as the best."""
    low, high = grounds.good.low, grounds.good.high
    if high is not None and high < MOST_SHARE:
        return Answer.YES
    return Answer.NO if low is not None and low > MOST_SHARE else Answer.UNDECIDED


def _reaches(p: float | None, factor: float, level: float) -> bool:
    return p is not None and p * factor <= level


def _as_good(grounds: Grounds, answer: Answer, raised: Raised) -> AsGood:
    arms, findings = grounds.arms, grounds.findings
    upper, lower = ([bound for bound in bounds if bound is not None] for bounds in _bounds(arms))
    most = max(0.0, *upper) if upper and len(upper) == len(arms) else None
    least = max(0.0, *lower) if lower else None
    routes = dict(grounds.routes())
    by_pairs = _reaches(routes.get("regret"), raised.refute, grounds.level)
    beaten = [p for p in (routes.get("regret"), routes.get("surface")) if p is not None]
    by_surface = answer is Answer.NO and not by_pairs
    deciding = next((a for a in arms if a.arm == Arm.BEST), None) if by_surface else _deciding(arms, answer)
    return AsGood(
        answer=answer,
        loses_at_most=most,
        loses_at_most_points=points_worth(findings, most),
        loses_at_least=least,
        arm=None if deciding is None else deciding.arm,
        p_yes=grounds.equivalent(),
        p_no=min(beaten, default=None),
        loses_at_least_points=points_worth(findings, least),
        by_surface=by_surface,
    )


def _bounds(arms: tuple[ArmTest, ...]) -> tuple[list[float | None], list[float | None]]:
    return [arm.upper for arm in arms], [arm.lower for arm in arms]


def _deciding(arms: tuple[ArmTest, ...], answer: Answer) -> ArmTest | None:
    """The arm on which the answer hangs: for "no" the one that beats the claim most clearly, else the least settled."""
    if answer is Answer.NO:
        known = [(p, arm.arm, arm) for arm in arms if (p := arm.greater()) is not None]
        return min(known, key=lambda row: row[:2], default=(0.0, "", None))[2]
    open_ones = [(-(p if (p := arm.less()) is not None else 1.0), -arm.lead, arm.arm, arm) for arm in arms]
    return min(open_ones, key=lambda row: row[:3], default=(0.0, 0.0, "", None))[3]


def _there(grounds: Grounds, answer: Answer) -> OptimumThere:
    place = grounds.place
    if place is None:
        return OptimumThere(answer, None, None, identifiable=True)
    doubt = "" if answer is not Answer.UNDECIDED else _doubt(grounds, place)
    return OptimumThere(answer, place.nearest, place.farthest, place.identifiable, place.open_sides, doubt)


def _doubt(grounds: Grounds, place: Place) -> str:
    """The reason for which a region that lies on one side of N's border does not answer."""
    location, claim = grounds.findings.location, grounds.findings.evidence.claim
    inside, edge = location.pi_inside or 0.0, location.edge_mass or 0.0
    if not place.is_inside(claim) and not place.is_outside(claim):
        return ""
    agrees = inside >= SUPPORT_INSIDE and edge < EDGE_MASS if place.is_inside(claim) else inside <= REFUTE_INSIDE
    return "but the level of this look asks for more" if agrees else "but the second method does not agree"


def _matters(grounds: Grounds, answer: Answer) -> PlaceMatters:
    good, alpha = grounds.good, grounds.good_alpha or (None, None)
    return PlaceMatters(answer, good.estimate, good.low, good.high, *alpha)
