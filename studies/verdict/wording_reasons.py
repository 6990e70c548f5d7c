"""A sentence or two per reason code of analysis 5. Each says what the evidence said, and no more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from studies.records import Arm
from studies.verdict.answers import Answer, Answers, DecoyAnswer
from studies.verdict.arm_labels import misplaced
from studies.verdict.findings import Findings, points_worth
from studies.verdict.grounds import Grounds
from studies.verdict.model import Comparison, Outcome
from studies.verdict.rows import ArmRuns
from studies.verdict.rules import MATE, Decision
from studies.verdict.sentences import text_of
from studies.verdict.wording_amounts import amount, claimed, comparison_with, gap, margin, point
from studies.verdict.wording_outcomes import KINDS, collapse_text, outcome_text
from studies.verdict.wording_place import open_ends, remedy

DEFAULT = "the everyday default"
ALIKE = ("incomplete", "data", "fragile", "model", "adaptive", "alpha_not_identified")  # worded as in analysis 4


@dataclass(frozen=True, slots=True)
class Case:
    """A decided sweep, as its sentences read it."""

    grounds: Grounds
    decision: Decision
    answers: Answers


def reason_text(code: str, case: Case) -> str:
    """The sentences on a reason."""
    if code in ALIKE:
        return text_of(code, case.grounds.findings)
    return outcome_text(code, case.grounds) if code in KINDS else _TEXTS[code](case)


def _specific(case: Case) -> str:
    return f"{_holds(case)}; its ridge mates and the everyday default do worse."


def _not_specific(case: Case) -> str:
    findings = case.grounds.findings
    arms = [found.arm for found in findings.comparisons]
    controls = [name for name, runs in (("ridge mates", _has_mates(arms)), (DEFAULT, Arm.DEFAULT in arms)) if runs]
    if not controls:
        return f"{_holds(case)}; no other point of the neighbourhood was set beside it to tell the two apart."
    return (
        f"{_holds(case)}, but the data do not single that point out: that {' and '.join(controls)} do worse is not "
        "shown of all."
    )


def _has_mates(arms: Sequence[str]) -> bool:
    return any(arm.startswith(MATE) for arm in arms)


def _holds(case: Case) -> str:
    findings = case.grounds.findings
    return (
        f"The optimum lies inside the claimed neighbourhood, and no point that was run beats {claimed(findings)} by as "
        f"much as {margin(findings)}"
    )


def _regret(case: Case) -> str:
    findings, as_good = case.grounds.findings, case.answers.statements.as_good
    found = comparison_with(findings, as_good.arm)
    where = "another point" if found is None else f"the point {_point(case, found)}"
    measured = "" if found is None else f" ({gap(found, findings.evidence.judged)})"
    if as_good.by_surface:
        return (
            f"On fresh seeds {where} beats {claimed(findings)}{measured}, and the fitted surface puts the loss at "
            f"{_surface_loss(findings)}more than {margin(findings)}."
        )
    return f"On fresh seeds {where} beats {claimed(findings)} by more than {margin(findings)}{measured}."


def _surface_loss(findings: Findings) -> str:
    """What the surface says is lost at the least, where that alone exceeds the margin; "" elsewhere."""
    regret, least = findings.location.regret, findings.margin
    if regret is None or regret.low is None or least is None or regret.low <= least:
        return ""
    return f"{amount(regret.low, points_worth(findings, regret.low), findings.evidence.judged)} at the least (95 %), "


def _point(case: Case, arm: Comparison | ArmRuns) -> str:
    return point(case.grounds.findings.evidence.claim.axes.symbols, arm.eta, arm.alpha)


def _near_not_at(case: Case) -> str:
    return f"The optimum lies inside the claimed neighbourhood, yet not at the claimed point. {_regret(case)}"


def _location(case: Case) -> str:
    return (
        "The optimum lies outside the claimed neighbourhood: no part of the 95 % region lies in it, and on fresh seeds "
        "the best point outside beats the best inside."
    )


def _collapse(case: Case) -> str:
    return collapse_text(case.grounds, refutes=case.decision.outcome is Outcome.REFUTED)


def _vague(case: Case) -> str:
    return (
        f"The claim says too little to be tested: {case.answers.vague}. What it says is borne out, and so would many "
        "other claims be."
    )


def _flat(case: Case) -> str:
    findings, share = case.grounds.findings, case.answers.statements.matters.share
    if findings.constant:
        return "Every run gave the same result, so no point can be told from another."
    part = f"{100 * (share or 0.0):.0f} % of the search space"
    if case.answers.statements.as_good.answer is Answer.YES:
        return (
            f"{_capital(claimed(findings))} is a good point, among {part}: so much of it is as good as its best within "
            f"{margin(findings)}, and the response is too flat to place the optimum."
        )
    return f"The response is too flat to place the optimum: {part} is as good as its best within {margin(findings)}."


def _edge(case: Case) -> str:
    if not case.answers.statements.there.identifiable:
        return _spread(case)
    return (
        f"The optimum may lie beyond the search space: its 95 % region reaches the edge ({open_ends(case.grounds)}). "
        f"{_capital(remedy(case.grounds.findings.evidence))}."
    )


def _spread(case: Case) -> str:
    findings, where = case.grounds.findings, open_ends(case.grounds)
    text = (
        f"here the optimum lies cannot be told: its 95 % region reaches from end to end of the search space ({where})."
    )
    if case.answers.statements.as_good.answer is not Answer.YES:
        return f"W{text}"
    return f"No point that was run beats {claimed(findings)} by as much as {margin(findings)}, but w{text}"


def _open(case: Case) -> str:
    where = open_ends(case.grounds)
    return f"The 95 % region ends at the search space's edge ({where}), so the optimum may lie beyond it."


def _as_good(case: Case) -> str:
    findings = case.grounds.findings
    good = f"No point that was run beats {claimed(findings)} by as much as {margin(findings)}"
    if case.answers.statements.there.answer is Answer.NO:
        return f"{good}; the optimum's 95 % region lies elsewhere, but fresh pairs show no better point there."
    return f"{good}; where the optimum lies is not settled."


def _power(case: Case) -> str:
    findings, there = case.grounds.findings, case.answers.statements.there.answer
    if findings.location.p_in is None:
        return "Too few runs in the promising part of the search space to place the optimum; measure more points."
    if there is Answer.YES:
        return "The optimum lies inside the claimed neighbourhood, but what the claimed point loses is not settled."
    if there is Answer.NO:
        return (
            "The optimum's 95 % region lies outside the claimed neighbourhood, but fresh pairs settle neither that a "
            "point there is better nor what the claimed point loses."
        )
    return "The data neither place the optimum nor settle what the claimed point loses."


def decoys_sentence(decoys: Sequence[DecoyAnswer]) -> str:
    """How many decoys the claim's own terms would support; "" without decoys."""
    count, every = sum(decoy.supported for decoy in decoys), len(decoys)
    if every < 2:
        return f"The same terms {'also support' if count else 'do not support'} the one decoy." if every else ""
    return f"The same terms {f'also support {count}' if count else 'support none'} of {every} decoys."


def _decoys(case: Case) -> str:
    return decoys_sentence(case.answers.decoys)


def _labels(case: Case) -> str:
    findings = case.grounds.findings
    named = ", ".join(f"{arm.arm} at {_point(case, arm)}" for arm in misplaced(findings))
    return f"The points of some arms contradict their names ({named}), so nothing is decided; name each as what it is."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


_TEXTS: Mapping[str, Callable[[Case], str]] = {
    "specific": _specific,
    "not_specific": _not_specific,
    "collapse": _collapse,
    "regret": _regret,
    "location": _location,
    "near_not_at": _near_not_at,
    "vague": _vague,
    "flat": _flat,
    "edge": _edge,
    "open": _open,
    "as_good": _as_good,
    "power": _power,
    "labels": _labels,
    "decoys": _decoys,
}
CODES = (*_TEXTS, *ALIKE, *KINDS)
