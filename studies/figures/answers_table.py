"""All that analysis 5 says of a sweep beside its verdict, in rows and sentences for pages, reports and terminals."""

from __future__ import annotations

from dataclasses import dataclass

from studies.figures.conjunction_rows import ConjunctionRow, conjunction_rows
from studies.figures.numbers import number, point
from studies.figures.run_outcomes import OutcomeRow, collapse_reading, outcome_advice, outcome_rows
from studies.figures.statements import StatementLine, lines_of, statement_lines
from studies.language.claim import Claim
from studies.language.objective_names import Judged, is_real, is_share, objective_label
from studies.verdict.answers import Answers, DecoyAnswer
from studies.verdict.model import SweepVerdict
from studies.verdict.names import judged_by, named_by
from studies.verdict.wording_reasons import decoys_sentence


@dataclass(frozen=True, slots=True)
class DecoyRow:
    """Another point under the claim's own terms."""

    place: str
    lines: tuple[StatementLine, ...]
    supported: bool


@dataclass(frozen=True, slots=True)
class AnswersInfo:
    """The answers of one sweep. Texts are "" where there is nothing to say."""

    lines: tuple[StatementLine, ...]
    rules: tuple[ConjunctionRow, ...]
    outcomes: tuple[OutcomeRow, ...]
    advice: tuple[str, ...]
    collapse: str
    terms: str
    vague: str
    decoys: tuple[DecoyRow, ...]
    decoys_said: str
    blocks: str
    scatter: str


def answers_info(verdict: SweepVerdict | None, claim: Claim | None = None) -> AnswersInfo | None:
    """The answers of a sweep, None under an earlier analysis.

    Args:
        verdict: of the sweep; None while there is none.
        claim: what was claimed, where it is known.
    """
    answers = verdict.answers if verdict is not None else None
    if verdict is None or answers is None:
        return None
    return AnswersInfo(
        lines=statement_lines(verdict, claim),
        rules=conjunction_rows(verdict),
        outcomes=outcome_rows(answers),
        advice=outcome_advice(answers.outcomes, named_by(verdict)),
        collapse=collapse_reading(answers.collapse, answers.claim_outcomes),
        terms=_terms(answers),
        vague="" if answers.vague is None else f"The claim says too little to be tested: {_clause(answers.vague)}.",
        decoys=tuple(_decoy(decoy, verdict, claim) for decoy in answers.decoys),
        decoys_said=decoys_sentence(answers.decoys),
        blocks=_blocks(answers),
        scatter=_scatter(answers, judged_by(verdict)),
    )


def _clause(text: str) -> str:
    return text.rstrip(".")


def _terms(answers: Answers) -> str:
    return f"Terms that are not the default: {'; '.join(answers.terms)}." if answers.terms else ""


def _decoy(decoy: DecoyAnswer, verdict: SweepVerdict, claim: Claim | None) -> DecoyRow:
    return DecoyRow(
        point(decoy.eta, decoy.alpha, named_by(verdict)), lines_of(decoy.statements, verdict, claim), decoy.supported
    )


def _blocks(answers: Answers) -> str:
    if answers.blocks is None:
        return ""
    most = "" if answers.blocks_planned is None else f" of at most {answers.blocks_planned}"
    return f"{answers.blocks}{most} paired blocks were used."


def _scatter(answers: Answers, objective: Judged) -> str:
    seeds, splits = answers.seed_deviation, answers.split_deviation
    if seeds is None and splits is None:
        return ""
    known = (("within a block", seeds), ("between blocks, which share seed and split", splits))
    parts = [f"{number(value, 2)} {what}" for what, value in known if value is not None]
    named = objective_label(objective)
    unit = "on the logit scale" if is_share(objective) else f"in {named}" if is_real(objective) else f"in log {named}"
    return f"Standard deviation of a run {unit}: {', '.join(parts)}."
