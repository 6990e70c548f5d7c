"""Answers of analysis 5 with every part filled in, as pages, reports and terminals show them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from studies.verdict.answers import (
    Answer,
    Answers,
    AsGood,
    Beats,
    CollapseTest,
    DecoyAnswer,
    OptimumThere,
    OutcomeCounts,
    PlaceMatters,
    Statements,
)
from studies.verdict.model import Outcome, Reason, StudyVerdict, SweepVerdict

YES = Statements(
    AsGood(Answer.YES, 0.02, 0.14, -0.01, "best", 0.001, 0.99, -0.05),
    OptimumThere(Answer.YES, 1.0, 1.8, True),
    PlaceMatters(Answer.YES, 0.04, 0.02, 0.07, 0.71, 0.94),
)
NO = Statements(
    AsGood(Answer.NO, 0.9, 9.1, 0.4, "best", 0.99, 0.0001, 6.1),
    OptimumThere(Answer.NO, 3.4, 21.0, True, ("alpha high",)),
    PlaceMatters(Answer.NO, 0.3, 0.24, 0.41, 0.0, 0.99),
)
UNDECIDED = Statements(
    AsGood(Answer.UNDECIDED, 0.2, 1.3, -0.02, "default", 0.2, 0.6, -0.1),
    OptimumThere(Answer.UNDECIDED, 1.3, 5.6, True, ("eta high", "alpha high")),
    PlaceMatters(Answer.UNDECIDED, 0.2, 0.03, 0.45, 0.0, 0.985),
)
UNKNOWN = Statements(
    AsGood(Answer.UNDECIDED, None, None, None, None, None, None),
    OptimumThere(Answer.UNDECIDED, None, None, False),
    PlaceMatters(Answer.UNDECIDED, None, None, None, None, None),
)
DECOYS = (DecoyAnswer(0.01, 0.9, YES, True), DecoyAnswer(0.1, 0.9, NO, False), DecoyAnswer(0.5, 0.05, UNDECIDED, False))


def filled_answers(statements: Statements = UNDECIDED, **changes: Any) -> Answers:
    """Answers around three statements, every other part filled in."""
    answers = Answers(
        outcomes=OutcomeCounts(812, 12, 5, 31),
        claim_outcomes=OutcomeCounts(35, 3, 0, 0),
        collapse=CollapseTest(3, 38, 1, 90, 0.077, False, True),
        statements=statements,
        terms=("tolerance factor 3 (default 2)", "level 0.1 (default 0.05)"),
        beats=(Beats("best", 0.03, 0.8, 0.62, 0.43, 0.78, 28), Beats("default", 0.01, 0.9, 0.31, 0.17, 0.49, 30)),
        decoys=DECOYS,
        seed_deviation=0.11,
        split_deviation=0.24,
        blocks=20,
        blocks_planned=40,
    )
    return replace(answers, **changes)


def answered(
    verdict: SweepVerdict, outcome: Outcome, code: str, statements: Statements, **changes: Any
) -> SweepVerdict:
    """A sweep's verdict with answers, an outcome and one deciding reason."""
    reason = Reason(code, f"The reason {code} in words.")
    return replace(verdict, outcome=outcome, reasons=(reason,), answers=filled_answers(statements, **changes))


def answered_study(study: StudyVerdict, statements: Statements = UNDECIDED, **changes: Any) -> StudyVerdict:
    """A study's verdict whose sweeps all have answers, under analysis 5; outcomes and sentences stay."""
    sweeps = tuple(replace(sweep, answers=filled_answers(statements, **changes)) for sweep in study.sweeps)
    return replace(study, sweeps=sweeps, analysis_version=5)
