"""The verdict of analysis 5 in words: the answer and its reason, the three statements, the place, then the rest."""

from __future__ import annotations

from studies.language.loss_names import phrase
from studies.verdict.findings import Findings
from studies.verdict.model import Needed, Reason, Sentence
from studies.verdict.sentences import folklore
from studies.verdict.wording_place import place_sentence
from studies.verdict.wording_reasons import Case, reason_text
from studies.verdict.wording_statements import Terms, statement_sentences

SILENT = (
    "labels",
    "incomplete",
    "data",
    "diverged",
    "untrained",
)  # where the measurements decide nothing, no statement is made


def reasons(case: Case, needed: Needed | None = None) -> tuple[Reason, ...]:
    """A reason per code of the decision; the deciding one says what would decide."""
    first, *others = case.decision.codes
    main = " ".join(part for part in (reason_text(first, case), _wanted(needed)) if part)
    return (Reason(first, main), *(Reason(code, reason_text(code, case)) for code in others))


def summarise(case: Case, needed: Needed | None = None) -> Sentence:
    """The verdict for a reader who is no statistician."""
    findings = case.grounds.findings
    first, *others = case.decision.codes
    silent = first in SILENT
    said = () if silent else statement_sentences(case.answers.statements, _terms(findings))
    beside = (reason_text(code, case) for code in others)
    more = (*said, place_sentence(case.grounds), _wanted(needed), *beside, "" if silent else _folklore(case))
    return Sentence(about=_about(case), main=reason_text(first, case), more=tuple(part for part in more if part))


def _terms(findings: Findings) -> Terms:
    evidence = findings.evidence
    return Terms.of(evidence.claim, evidence.judged, findings.margin, findings.margin_points)


def _about(case: Case) -> str:
    """Claim, answer, loss and context, and the terms that are not the default."""
    evidence, terms = case.grounds.findings.evidence, case.answers.terms
    head = (
        f"{evidence.claim.heading}: {case.decision.outcome} under {phrase(evidence.loss)}, "
        f"context {evidence.shown_context}"
    )
    return f"{head}, on terms that are not the default ({'; '.join(terms)})" if terms else head


def _wanted(needed: Needed | None) -> str:
    return "" if needed is None else needed.sentence


def _folklore(case: Case) -> str:
    return folklore(case.grounds.findings, case.decision)
