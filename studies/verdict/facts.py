"""From the grounds of a sweep to what the printed table reads."""

from __future__ import annotations

from studies.verdict.answers import Answer, OutcomeCounts
from studies.verdict.arm_labels import misplaced
from studies.verdict.conjunction import Facts
from studies.verdict.findings import Findings
from studies.verdict.grounds import Grounds
from studies.verdict.rules import blocked_by
from studies.verdict.statements import ALONE, Raised, as_good_answer, matters_answer, there_answer


def facts_of(
    grounds: Grounds, raised: Raised = ALONE, *, blocked: str | None = None, vague: bool = False, flips: bool = False
) -> Facts:
    """The facts by Student's t, or by sign flips.

    Args:
        grounds: of the sweep.
        raised: by Holm's adjustment.
        blocked: from `blocking`.
        vague: the claim says too little to be supported.
        flips: sign flips stand in for Student's t.
    """
    findings, place = grounds.findings, grounds.place
    answers = (as_good_answer(grounds, raised, flips=flips), there_answer(grounds, raised), matters_answer(grounds))
    if blocked is not None:
        answers = (Answer.UNDECIDED,) * 3
    routes = dict(grounds.routes(flips=flips))
    return Facts(
        *answers,
        blocked=blocked,
        collapse_refutes=grounds.collapse.refutes and _reached(routes.get("collapse"), raised, grounds.level),
        collapse_hinders=grounds.collapse.hinders,
        crossed=_reached(routes.get("location"), raised, grounds.level),
        model_fails=findings.model_fails,
        adaptive=not findings.evidence.fixed_design,
        vague=vague,
        at_edge=place is not None and place.identifiable and bool(place.open_sides),
    )


def blocking(findings: Findings, outcomes: OutcomeCounts) -> str | None:
    """The reason code for which the measurements decide nothing; None where they may.

    Where not one run trained, the cause of most of them names the reason.
    """
    if outcomes.total and not outcomes.trained:
        return "untrained" if outcomes.untrained > outcomes.diverged else "diverged"
    if misplaced(findings):
        return "labels"
    found = blocked_by(findings)
    return None if found == "diverged" else found


def _reached(p: float | None, raised: Raised, level: float) -> bool:
    return p is not None and p * raised.refute <= level
