"""What the answers of analysis 5 rest on: tests of every arm, the region as the claim sees it, collapse, the good part.

The p-values of `support` and `refute` are divided by this look's share of the claim's level (`looks`), and those of the
ways to refute by each way's share (`levels`), so that all are held against the claim's whole level.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from studies.language.phases import PAIRED_PHASES
from studies.verdict.answers import CollapseTest, OutcomeCounts
from studies.verdict.arm_tests import ArmTest, arm_tests
from studies.verdict.collapse_test import collapse_test
from studies.verdict.findings import REMEMBERED, Findings
from studies.verdict.lately import lately_of
from studies.verdict.levels import ARM, COLLAPSE, PLACE, SURFACE, Levels, levels_of
from studies.verdict.looks import read, share, spend
from studies.verdict.model import UNKNOWN, Interval
from studies.verdict.outcome_counts import outcome_counts
from studies.verdict.rows import at_claim
from studies.verdict.seen_place import Place, place_of


@dataclass(frozen=True, slots=True, eq=False)
class Grounds:
    """Tests and estimates behind the three statements on one sweep."""

    findings: Findings
    levels: Levels
    arms: tuple[ArmTest, ...]
    place: Place | None  # None where the location cannot be tested
    good: Interval  # share of the box within the margin of the best
    good_alpha: tuple[float, float] | None
    collapse: CollapseTest
    outcomes: OutcomeCounts
    claim_outcomes: OutcomeCounts

    @property
    def level(self) -> float:
        """The claim's level, against which every p-value here is held."""
        return self.findings.evidence.claim.level

    @property
    def places(self) -> bool:
        """True where location tests hold: a fixed design, and a polynomial that fits."""
        return self.findings.evidence.fixed_design and not self.findings.model_fails

    def equivalent(self, *, flips: bool = False) -> float | None:
        """p-value of "some arm beats the claim by the margin or more"; None where one cannot be tested, or none was."""
        found = [arm.less(flips=flips) for arm in self.arms]
        known = [p for p in found if p is not None]
        return self._spent(max(known)) if known and len(known) == len(found) else None

    def placed(self) -> float | None:
        """p-value of "the optimum lies outside the neighbourhood"."""
        return self._spent(self.findings.location.p_in) if self.places else None

    def support(self, *, flips: bool = False) -> float | None:
        """p-value of "the optimum lies outside N, or some arm beats the claim by the margin" (intersection-union)."""
        return _both(self.placed(), self.equivalent(flips=flips))

    def routes(self, *, flips: bool = False) -> tuple[tuple[str, float], ...]:
        """Ways to refute, each as (reason code, p-value divided by its share of the level): `levels`.

        The way by surface and pairs is closed where fresh pairs show that the best point beats the claim by less than
        the margin, for then they contradict the surface.
        """
        findings, regret = self.findings, self.findings.regret
        better, crossed = (regret.better_flip, regret.crossed_flip) if flips else (regret.better, regret.crossed)
        closed = not self.places or findings.is_equivalent(flips=flips)
        beaten = min((p for arm in self.arms if (p := arm.greater(flips=flips)) is not None), default=None)
        found = (
            ("collapse", self.collapse.p_more, COLLAPSE),
            ("regret", beaten, ARM),
            ("surface", None if closed else _both(findings.p_surface_regret, better), SURFACE),
            ("location", _both(findings.location.p_out, crossed) if self.places else None, PLACE),
        )
        divided = ((code, self._spent(None if p is None else p / part)) for code, p, part in found)
        return tuple((code, p) for code, p in divided if p is not None)

    def refute(self, *, flips: bool = False) -> float | None:
        """p-value of "the optimum is in N, the claim loses no more than the margin, its runs train as others do"."""
        return min((p for _, p in self.routes(flips=flips)), default=None)

    def _spent(self, p: float | None) -> float | None:
        evidence = self.findings.evidence
        return spend(p, share(evidence.claim, evidence.looks))


def grounds_of(
    findings: Findings, collapse: CollapseTest, outcomes: OutcomeCounts, claim_outcomes: OutcomeCounts
) -> Grounds:
    """The grounds of a sweep, from its findings and from what became of its runs."""
    evidence = findings.evidence
    levels, good = levels_of(evidence), _good(findings)
    paired = bool(set(PAIRED_PHASES) & set(evidence.runs.phase.tolist()))
    arms = arm_tests(findings.arms, evidence, findings.margin) if paired else ()
    usable = evidence.fixed_design and not findings.model_fails and not findings.constant
    place = place_of(findings.location, evidence.claim, evidence.space) if usable else None
    return Grounds(findings, levels, arms, place, *good, collapse, outcomes, claim_outcomes)


@lately_of(REMEMBERED)
def gathered(findings: Findings) -> Grounds:
    """`grounds_of` with the collapse test and the counts of the sweep's own runs."""
    sample = findings.sample
    counts = outcome_counts(sample), outcome_counts(sample, at_claim(sample))
    return grounds_of(findings, collapse_of(findings), *counts)


def collapse_of(findings: Findings) -> CollapseTest:
    """The collapse test of the findings' claim, as the evidence's schedule lets it be read."""
    evidence, levels = findings.evidence, levels_of(findings.evidence)
    found = collapse_test(findings.sample, findings.arms, evidence.claim, levels.whole, margin=findings.margin)
    p = read(evidence, found.p_more)
    return replace(found, p_more=p, refutes=p is not None and p <= levels.collapse)


def _good(findings: Findings) -> tuple[Interval, tuple[float, float] | None]:
    """Share of the box within the margin of the best, and the range of the second parameter over that part.

    Where every run gave the same result, all of the box is good.
    """
    evidence = findings.evidence
    if findings.constant:
        return Interval(1.0, 1.0, 1.0), evidence.space.ends[1]
    part = findings.location.good(findings.margin) if evidence.fixed_design else None
    return (UNKNOWN, None) if part is None else (part.share, part.alpha)


def _both(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else max(first, second)
