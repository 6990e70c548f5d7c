"""The rule: from p-values to one of three answers; the first condition that applies decides.

    condition                                                               outcome       reason codes
    phases unfinished, or no paired blocks                                  inconclusive  incomplete
    every run diverged                                                      inconclusive  diverged
    more than 2 % of the planned runs missing                               inconclusive  data
    Student's t and sign flips decide differently                           inconclusive  fragile
    p_support <= level, pi_inside >= 0.9, edge mass < 0.1                   supported     specific | not_specific
    p_refute <= level, pi_inside <= 0.5 (or unknown)                        refuted       regret and/or location
    p_refute <= level, pi_inside > 0.5                                      inconclusive  near_not_at
    no polynomial fits (`adequacy` below 0.01 at the highest degree)         inconclusive  model
    points came from an adaptive sampler                                    inconclusive  adaptive
    p_equivalent <= level and the surface was fitted                        inconclusive  flat
    edge mass >= 0.1                                                        inconclusive  edge
    otherwise                                                               inconclusive  power

p_support = max(p_in, p_equivalent); p_refute = the least of three routes, each times its Bonferroni factor
(`Findings.routes`); both are divided by this look's share of the level (`looks`). The location tests and the regret
tests are those of `location` and `comparisons`.

Where no polynomial fits, or points are adaptive, the location tests are void and only fresh pairs may refute: a named
point that beats the claim by more than the margin does so whatever surface was fitted. `alpha_not_identified`,
`diverged` (the claim's own runs) and `adaptive` are added where they hold.

Error rates: supported while the optimum lies outside N or the claim loses by the margin, at most `level`; refuted while
the optimum lies in N and the claim loses by no more than the margin, at most `level` (each over Holm's family and
over all looks at a study that is extended until it decides).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from studies.language.claim import FOLKLORE
from studies.language.phases import Phase
from studies.records import Arm
from studies.verdict.findings import Findings
from studies.verdict.model import Comparison, Evidence, Outcome

MATE = "mate:"  # how the names of ridge mates begin
SAME_POINT = 1e-6  # ln units: rounding between machines, or a point written with fewer digits
MISSING_SHARE = 0.02
SUPPORT_INSIDE, REFUTE_INSIDE = 0.9, 0.5  # posterior shares in N that a verdict must agree with
EDGE_MASS = 0.1
FEWEST_PAIRS = 2
CURABLE = ("power", "flat", "fragile")  # reasons that more of the same data may remove
DIVERGED_SHARE = 0.5  # of the claim's own runs: worth a reason of its own


@dataclass(frozen=True, slots=True)
class Decision:
    """An outcome and the codes of its reasons, the deciding one first."""

    outcome: Outcome
    codes: tuple[str, ...]


def decide(findings: Findings, *, p_support: float | None, p_refute: float | None) -> Decision:
    """The answer for one sweep.

    Args:
        findings: from `gather`.
        p_support: `findings.support()`, Holm-adjusted where the sweep is secondary.
        p_refute: `findings.refute()`, likewise.
    """
    main = _decide(findings, p_support, p_refute)
    extra = [code for code in _extra(findings, main) if code not in main.codes]
    return Decision(main.outcome, (*main.codes, *extra))


def _decide(findings: Findings, p_support: float | None, p_refute: float | None) -> Decision:
    blocked = blocked_by(findings)
    if blocked is not None:
        return _inconclusive(blocked)
    level = findings.evidence.claim.level
    support, refute = _Holm(findings.support(), p_support), _Holm(findings.refute(), p_refute)
    supported, refuted = _supported(findings, p_support), _reaches(p_refute, level)
    if supported != _supported(findings, support.raised(findings.support(flips=True))):
        return _inconclusive("fragile")
    if refuted != _reaches(refute.raised(findings.refute(flips=True)), level):
        return _inconclusive("fragile")
    if supported:
        return Decision(Outcome.SUPPORTED, ("specific" if is_specific(findings) else "not_specific",))
    if refuted:
        inside = findings.location.pi_inside
        if inside is not None and inside > REFUTE_INSIDE:
            return _inconclusive("near_not_at")
        return Decision(Outcome.REFUTED, _refuting(findings, refute))
    return _inconclusive(_undecided(findings))


def blocked_by(findings: Findings) -> str | None:
    """The reason code for which the measurements decide nothing yet; None where they may."""
    evidence = findings.evidence
    present = set(evidence.runs.phase.tolist())
    finished = present <= set(evidence.phases_done) and Phase.CONFIRM in evidence.phases_done
    if len(evidence.runs) and bool(evidence.runs.diverged.all()):
        return "diverged"
    if not finished or findings.regret.pairs < FEWEST_PAIRS:
        return "incomplete"
    return "data" if too_many_missing(evidence) else None


def too_many_missing(evidence: Evidence) -> bool:
    """True where a larger share of the planned runs than MISSING_SHARE was lost: such a sweep decides nothing."""
    return evidence.failed_runs / max(evidence.planned_runs, 1) > MISSING_SHARE


@dataclass(frozen=True, slots=True)
class _Holm:
    """A sweep's p-value by Student's t before and after Holm's adjustment, the same where the sweep is primary.

    Holm orders the sweeps by their t-tests. Sign flips and single routes to refutation have no order of their own: each
    is raised by the factor by which its sweep's t-test was.
    """

    before: float | None
    after: float | None

    def raised(self, p: float | None) -> float | None:
        """Another p-value of the sweep, raised by the same factor."""
        return None if p is None else p * self._factor

    @property
    def _factor(self) -> float:
        return self.after / self.before if self.before and self.after is not None else 1.0


def _reaches(p: float | None, level: float) -> bool:
    return p is not None and p <= level


def _supported(findings: Findings, p: float | None) -> bool:
    location = findings.location
    agrees = location.pi_inside is not None and location.pi_inside >= SUPPORT_INSIDE
    edge = location.edge_mass is not None and location.edge_mass >= EDGE_MASS
    return _reaches(p, findings.evidence.claim.level) and agrees and not edge


def _refuting(findings: Findings, refute: _Holm) -> tuple[str, ...]:
    """Codes of the routes that refute, each once."""
    level = findings.evidence.claim.level
    return tuple(dict.fromkeys(code for code, p in findings.routes() if _reaches(refute.raised(p), level)))


def _undecided(findings: Findings) -> str:
    location = findings.location
    if findings.model_fails:
        return "model"
    if not findings.evidence.fixed_design:
        return "adaptive"
    if findings.constant or (location.p_in is not None and findings.is_equivalent()):
        return "flat"
    if location.edge_mass is not None and location.edge_mass >= EDGE_MASS:
        return "edge"
    return "power"


def _extra(findings: Findings, decision: Decision) -> list[str]:
    codes = []
    if not findings.evidence.fixed_design:
        codes.append("adaptive")
    if findings.claim_diverged_share >= DIVERGED_SHARE:
        codes.append("diverged")
    if findings.model_fails and decision.outcome is Outcome.REFUTED:
        codes.append("model")
    if decision.outcome is not Outcome.REFUTED and "incomplete" not in decision.codes and not_identified(findings):
        codes.append("alpha_not_identified")
    return codes


def mates(findings: Findings) -> list[Comparison]:
    """Comparisons with the claim's ridge mates, by rising alpha.

    An arm is a mate by its name; where mates lie on the claim's own ridge, by its point as well.
    """
    claim, own = findings.evidence.claim, findings.evidence.method.own_ridge
    named = [c for c in findings.comparisons if c.arm.startswith(MATE)]
    found = [c for c in named if not own or _lies_at(c, claim.mate(c.alpha), c.alpha)]
    return sorted(found, key=lambda c: c.alpha)


def everyday_default(findings: Findings) -> Comparison | None:
    """The comparison with everyone's default; None where it was not measured, or lies elsewhere than its name says."""
    own = findings.evidence.method.own_ridge
    named = (c for c in findings.comparisons if c.arm == Arm.DEFAULT)
    return next((c for c in named if not own or _lies_at(c, *FOLKLORE)), None)


def _lies_at(compared: Comparison, eta: float, alpha: float) -> bool:
    gaps = math.log(compared.eta / eta), math.log1p(-compared.alpha) - math.log1p(-alpha)
    return max(map(abs, gaps)) <= SAME_POINT


def _outer_mates(findings: Findings) -> tuple[Comparison, Comparison] | None:
    """The mates of lowest and highest alpha, where they lie on either side of the claim."""
    found, alpha = mates(findings), findings.evidence.claim.second
    return (found[0], found[-1]) if len(found) >= 2 and found[0].alpha < alpha < found[-1].alpha else None


def not_identified(findings: Findings) -> bool:
    """True where the claim equals (TOST at the margin) its mates of lowest and highest alpha: alpha does not matter."""
    outer, level = _outer_mates(findings), findings.level
    comparable = outer is not None and not findings.constant and findings.claim_diverged_share < DIVERGED_SHARE
    return (
        comparable and outer is not None and all(mate.p_alike is not None and mate.p_alike <= level for mate in outer)
    )


def is_specific(findings: Findings) -> bool:
    """True where both outer mates lose to the claim by more than the margin, and the everyday default loses to it.

    Tested at this look's part of the level (intersection-union, so no adjustment): mates by paired t against the
    margin, the default by the upper end of its 95 % interval and, two-sided, by sign flips.
    """
    outer, level = _outer_mates(findings), findings.level
    default = everyday_default(findings)
    if outer is None or default is None or default.difference.high is None or default.p_permutation is None:
        return False
    worse = default.difference.high < 0.0 and default.p_permutation <= level
    return worse and all(mate.p_loses is not None and mate.p_loses <= level for mate in outer)


def _inconclusive(code: str) -> Decision:
    return Decision(Outcome.INCONCLUSIVE, (code,))
