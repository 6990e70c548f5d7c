"""A look at a sequential confirmation: which answer is there, which can still come, and which arms are settled.

    ends       where
    decided    the rule gives an answer, or the statements are answered and allow none
    futile     no way to a verdict has a predictive power that is waited for (`least_power`), nor has "as good"
    last       all blocks are measured
    ""         it goes on

An answer is waited for while its predictive power is `FUTILE` or more; support, early on, at less: it needs all its
tests at once, up to ten, and of ten estimates by ten pairs each the least is low by chance. So its limit grows with the
share of the blocks that are measured.

Support waits for the last block while the claim's runs failed more often than its rivals', shown or not: few runs say
little about rare failures, and support would end the confirmation before they are found. Meanwhile no rival rests.

Deciding early costs no error: every p-value pays for all looks (`sequential`). Ending for futility and letting arms
rest only forgo rejections, so that they need no adjustment either.

An arm rests while it is settled: shown to lead the claim by less than the margin, at this look's level, by Student's t
and by sign flips. The claim and the best point never rest. The best point on the other side of N's border is measured
while the place may still decide; so are the arms around it (`PLACED`), whose runs say most about the place, while
support may come and the place is not shown. A control also rests after `CONTROL_BLOCKS` where it will hardly settle.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from studies.language.phases import Phase
from studies.records import Arm
from studies.verdict.answers import Answer
from studies.verdict.arm_tests import ArmTest
from studies.verdict.comparisons import SOUGHT
from studies.verdict.findings import Findings, gather
from studies.verdict.grounds import Grounds, gathered
from studies.verdict.judge import decision
from studies.verdict.lately import lately
from studies.verdict.levels import ARM, COLLAPSE, PLACE, SURFACE
from studies.verdict.looks import blocks_so_far
from studies.verdict.model import Evidence, Outcome
from studies.verdict.rules import Decision
from studies.verdict.sequential import Kind, Looks, predictive_power
from studies.verdict.statements import matters_answer

FUTILE = 0.1  # predictive power below which an answer is not waited for; of support at the last block
FUTILE_AS_GOOD = 0.2  # the same of "as good as every arm", once no verdict is to be expected
SUPPORT = "support"
CONTROL_BLOCKS = 15  # after which controls leave that are no rivals
AS_GOOD = "as_good"
REMEMBERED = 64  # records of looks: who replays a study's plan takes the same ones several times
PLACED = (Arm.INSIDE, Arm.OUTSIDE, Arm.OPPOSITE, Arm.LIKELIEST)  # whose runs say most about the optimum's place
ANSWERED = ("near_not_at", "vague")  # reasons for which the statements are answered, and more blocks change nothing
ACROSS = (Arm.INSIDE, Arm.OUTSIDE)  # the best point on the other side of N's border is one of these


@dataclass(frozen=True, slots=True)
class Way:
    """A way to an answer: tests that must all be at or below its level."""

    name: str
    level: float
    p: float | None  # the largest of its tests' p-values, valid at all looks; None where one is missing
    power: float  # predictive: the chance to get there by the last look

    @property
    def reached(self) -> bool:
        """True where the tests all reject."""
        return self.p is not None and self.p <= self.level

    @property
    def distance(self) -> float:
        """How far p is from the level: |ln(p / level)|; infinite without a p-value."""
        return math.inf if self.p is None or self.p <= 0.0 else abs(math.log(self.p / self.level))


@dataclass(frozen=True, slots=True)
class Resting:
    """An arm that is not measured in the next blocks, and the p-value of "it beats the claim by the margin or more"."""

    arm: str
    eta: float
    alpha: float
    p: float | None


@dataclass(frozen=True, slots=True)
class Look:
    """The record of a look."""

    blocks: int
    outcome: Outcome
    ends: str  # "decided", "futile", "last" or "": it goes on
    ways: tuple[Way, ...]
    resting: tuple[Resting, ...]

    @property
    def distance(self) -> float:
        """The least distance of a p-value to its level: below 0.001, another machine's rounding might decide."""
        return min((way.distance for way in self.ways), default=math.inf)


def decided(grounds: Findings | Grounds, family: int) -> Decision:
    """The rule's decision at a look, the level shared with the other sweeps of the family (Bonferroni)."""
    support, refute = (None if p is None else min(1.0, family * p) for p in (grounds.support(), grounds.refute()))
    return decision(grounds, support, refute)


@lately(REMEMBERED)
def look(evidence: Evidence, *, family: int = 1) -> Look:
    """Look at a sequential confirmation whose present blocks are complete.

    Args:
        evidence: the sweep's, with its schedule.
        family: sweeps that share the level; Holm's adjustment asks no more of any of them.

    Raises:
        ValueError: the evidence has no schedule.
    """
    if evidence.schedule is None:
        raise ValueError("a confirmation of fixed size has no looks")
    grounds, blocks = gathered(gather(evidence)), blocks_so_far(evidence)
    ways = tuple(_ways(grounds, evidence.schedule, blocks, family))
    found = decided(grounds, family)
    elapsed = blocks / evidence.schedule.blocks[-1]
    waits = found.outcome is Outcome.SUPPORTED and grounds.collapse.more and elapsed < 1.0
    resting = tuple(_resting(grounds, evidence.schedule, blocks, ways, kept=SOUGHT if waits else ()))
    return Look(blocks, found.outcome, "" if waits else _ends(found, ways, elapsed), ways, resting)


def least_power(way: str, elapsed: float) -> float:
    """Predictive power below which a way's answer is not waited for.

    Args:
        way: its name.
        elapsed: blocks measured as a share of the most there can be, in (0, 1].
    """
    if way == SUPPORT:
        return FUTILE * elapsed
    return FUTILE_AS_GOOD if way == AS_GOOD else FUTILE


def _ends(found: Decision, ways: tuple[Way, ...], elapsed: float) -> str:
    if found.outcome is not Outcome.INCONCLUSIVE or found.codes[0] in ANSWERED:
        return "decided"
    if elapsed >= 1.0:
        return "last"
    waited = [way for way in ways if way.name != AS_GOOD or not way.reached]
    return "" if any(way.power >= least_power(way.name, elapsed) for way in waited) else "futile"


def _ways(grounds: Grounds, schedule: Looks, blocks: int, family: int) -> Iterator[Way]:
    """The ways to support and to refutation (`levels`), and to "as good as every arm"."""
    findings = grounds.findings
    location, regret, level = findings.location, findings.regret, findings.level / family
    less = [settling(arm) for arm in grounds.arms] or [None]
    beaten = min((p for arm in grounds.arms if (p := arm.greater()) is not None), default=None)

    def way(name: str, share: float, *, place: float | None = 0.0, pairs: Sequence[float | None]) -> Way:
        held, tests = level * share, [(p, _PAIRS) for p in pairs] + [(place, _LOCATION)]
        known = [p for p, _ in tests if p is not None]
        power = min(_power(schedule, blocks, held, p, kind) for p, kind in tests)
        return Way(name, held, max(known) if len(known) == len(tests) else None, power)

    barred = not grounds.places or matters_answer(grounds) is Answer.NO
    yield way(SUPPORT, 1.0, place=None if barred else location.p_in, pairs=less)
    yield way("collapse", COLLAPSE, pairs=(grounds.collapse.p_more,))
    yield way("regret", ARM, pairs=(beaten,))
    surface = None if not grounds.places or findings.is_equivalent() else findings.p_surface_regret
    yield way("surface", SURFACE, place=surface, pairs=(regret.better,))
    yield way("location", PLACE, place=location.p_out if grounds.places else None, pairs=(regret.crossed,))
    yield way(AS_GOOD, 1.0, pairs=less)


_PAIRS: Kind = "pairs"
_LOCATION: Kind = "location"


def _power(schedule: Looks, blocks: int, level: float, p: float | None, kind: Kind) -> float:
    """Predictive power of one test, from its p-value as valid at all looks; 0 without one, 1 where it rejects."""
    if p is None:
        return 0.0
    if p <= level:
        return 1.0
    critical = schedule.level_at(schedule.blocks[-1], level, kind)
    time = schedule.times(kind)[schedule.place(blocks)]
    return predictive_power(schedule.level_at(blocks, p, kind), critical, time)


def _resting(
    grounds: Grounds, schedule: Looks, blocks: int, ways: tuple[Way, ...], *, kept: Collection[str]
) -> Iterator[Resting]:
    """The arms that rest, of all but those to be kept."""
    findings = grounds.findings
    place, support = (next(way for way in ways if way.name == name) for name in ("location", SUPPORT))
    p_in = findings.location.p_in
    hoped = support.power >= least_power(SUPPORT, blocks / schedule.blocks[-1])
    seeks = hoped and p_in is not None and p_in > findings.level
    runs, level = findings.evidence.runs, findings.level
    at = runs.phase == Phase.CONTROLS
    controls = set(zip(runs.eta[at].tolist(), runs.alpha[at].tolist(), strict=True))
    for arm in grounds.arms:
        if arm.arm in {Arm.BEST, *kept} or (arm.arm in ACROSS and place.power >= FUTILE):
            continue
        if seeks and arm.arm in PLACED:
            continue
        p = settling(arm)
        rests = p is not None and p <= level
        if (arm.eta, arm.alpha) in controls and blocks >= CONTROL_BLOCKS:
            rests = rests or _power(schedule, blocks, level, p, _PAIRS) < FUTILE
        if rests:
            yield Resting(arm.arm, arm.eta, arm.alpha, p)


def settling(arm: ArmTest) -> float | None:
    """p-value of "the arm beats the claim by the margin or more", by Student's t and by sign flips: the larger one.

    An arm that one of them leaves open would make the verdict fragile for good, were it not measured further.
    """
    found = [arm.less(), arm.less(flips=True)]
    known = [p for p in found if p is not None]
    return max(known) if len(known) == len(found) else None
