"""The answers of analysis 5 on a sweep: from its grounds to the statements, the verdict by the table, and what stands
beside them.
"""

from __future__ import annotations

import numpy as np

from studies.language.phases import PAIRED_PHASES
from studies.language.terms import terms_of, vague
from studies.verdict.answers import Answers
from studies.verdict.arm_labels import every_arm
from studies.verdict.beats import beats
from studies.verdict.components import deviations
from studies.verdict.conjunction import TABLE, Facts, Row, first_row
from studies.verdict.decoys import decoy_answers, decoy_points
from studies.verdict.facts import blocking, facts_of
from studies.verdict.grounds import Grounds
from studies.verdict.model import Outcome
from studies.verdict.rules import Decision, is_specific, not_identified
from studies.verdict.statements import ALONE, Raised, statements_of
from studies.verdict.wording_outcomes import said_outcomes

SAY_OPEN = ("edge", "flat")  # deciding reasons that say already that the region ends at the box


def decision_of(grounds: Grounds, raised: Raised = ALONE) -> Decision:
    """The verdict by the printed table, and what is worth saying beside it.

    Args:
        grounds: of the sweep.
        raised: factors by which Holm's adjustment raised the sweep's p-values.
    """
    row, blocked = _row(grounds, raised), blocking(grounds.findings, grounds.outcomes)
    code = blocked or row.code
    if row.outcome is Outcome.SUPPORTED:
        code = "specific" if is_specific(grounds.findings) else "not_specific"
    beside = [extra for extra in _beside(grounds, raised, row.outcome, blocked) if extra != code]
    beside = [extra for extra in beside if extra != "open" or code not in SAY_OPEN]
    return Decision(row.outcome, (code, *dict.fromkeys(beside)))


def answers_of(grounds: Grounds, raised: Raised = ALONE) -> Answers:
    """All that analysis 5 says of a sweep beside the fields of every verdict.

    Args:
        grounds: of the sweep, with its collapse test and the counts of its outcomes.
        raised: as in `decision_of`.
    """
    findings = grounds.findings
    evidence = findings.evidence
    blocked = blocking(findings, grounds.outcomes)
    apart = deviations(findings.arms)
    paired = evidence.runs.where(np.isin(evidence.runs.phase, PAIRED_PHASES))
    return Answers(
        outcomes=grounds.outcomes,
        claim_outcomes=grounds.claim_outcomes,
        collapse=grounds.collapse,
        statements=statements_of(grounds, raised, blocked=blocked is not None),
        vague=vague(evidence.claim, evidence.space),
        terms=terms_of(evidence.claim),
        beats=beats(every_arm(findings)),
        decoys=decoy_answers(grounds, blocked),
        seed_deviation=None if apart is None else apart[0],
        split_deviation=None if apart is None else apart[1],
        blocks=len(np.unique(paired.block)),
        blocks_planned=None if evidence.schedule is None else evidence.schedule.most(evidence.looks),
    )


def _row(grounds: Grounds, raised: Raised) -> Row:
    """The table's row; "fragile" where Student's t and sign flips lead to different ones."""
    by_t, by_flips = (_facts(grounds, raised, flips=flips) for flips in (False, True))
    row = first_row(by_t)
    return row if row is first_row(by_flips) else first_row(_facts(grounds, raised, blocked="fragile"))


def _facts(grounds: Grounds, raised: Raised, *, blocked: str | None = None, flips: bool = False) -> Facts:
    evidence, found = grounds.findings.evidence, blocking(grounds.findings, grounds.outcomes)
    unclear = vague(evidence.claim, evidence.space) is not None
    return facts_of(grounds, raised, blocked=blocked or found, vague=unclear, flips=flips)


def _beside(grounds: Grounds, raised: Raised, outcome: Outcome, blocked: str | None) -> list[str]:
    """Codes of what is worth saying beside the deciding reason."""
    findings, refuted = grounds.findings, outcome is Outcome.REFUTED
    facts = _facts(grounds, raised)
    codes = [row.code for row in TABLE if refuted and row.outcome is Outcome.REFUTED and row.applies(facts)]
    found = {
        "adaptive": not findings.evidence.fixed_design,
        "model": refuted and findings.model_fails,
        "alpha_not_identified": not refuted and blocked is None and not_identified(findings),
        "open": blocked is None and facts.at_edge,
        "decoys": blocked is None and bool(decoy_points(findings)),
    }
    return [*codes, *said_outcomes(grounds), *(code for code, holds in found.items() if holds)]
