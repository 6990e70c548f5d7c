"""Every objective from the same trials: the verdict by each measure, side by side. Nothing is trained for it.

Only the claim's own objective was fixed in advance. The others are each judged at their own level, so that one of six
answers is wrong by chance more often than one of one: they say how much hangs on the measure, they confirm nothing.
"""

from __future__ import annotations

from dataclasses import fields
from typing import get_args

from service.schemas import LabelledVerdict, ObjectiveVerdict, ObjectiveVerdicts, SweepAnswer
from service.verdicts.cache import DatedVerdict, Judge
from studies.language.claim import Objective, exploratory
from studies.verdict.records import StudyVerdict


def labelled(verdict: StudyVerdict, claimed: Objective) -> LabelledVerdict:
    """The verdict beside the objective that its claim names."""
    parts = {f.name: getattr(verdict, f.name) for f in fields(verdict)}
    caution = exploratory(verdict.objective, claimed)
    return LabelledVerdict(**parts, claimed=not caution, caution=caution)


def in_order(claimed: Objective) -> tuple[Objective, ...]:
    """All objectives, the claim's own first."""
    return (claimed, *(objective for objective in get_args(Objective) if objective != claimed))


def asked_for(objective: Objective, claimed: Objective) -> Objective | None:
    """How the judge is asked: None for the claim's own, so that its verdict is not made twice."""
    return None if objective == claimed else objective


def all_judged(judge: Judge, name: str, claimed: Objective) -> tuple[DatedVerdict, ...]:
    """The verdicts by all objectives in order, one after the other; each is kept ready like any verdict.

    Raises:
        StudyNotFoundError: there is no such study.
        StorageUnavailableError: the database cannot be reached.
    """
    return tuple(judge.verdict(name, asked_for(objective, claimed)) for objective in in_order(claimed))


def side_by_side(found: tuple[DatedVerdict, ...], claimed: Objective) -> ObjectiveVerdicts:
    """The verdicts of `all_judged` in one record."""
    first = found[0].verdict
    answers = (answer(judged, objective, claimed) for judged, objective in zip(found, in_order(claimed), strict=True))
    return ObjectiveVerdicts(first.study, first.claim_hash, first.analysis_version, tuple(answers))


def answer(judged: DatedVerdict, objective: Objective, claimed: Objective) -> ObjectiveVerdict:
    """What one verdict says, without the numbers that only its own page needs."""
    verdict = judged.verdict
    return ObjectiveVerdict(
        objective=objective,
        claimed=objective == claimed,
        outcome=verdict.outcome,
        sentence=verdict.sentence,
        sweeps=tuple(
            SweepAnswer(s.sweep, s.loss, s.context, s.outcome, s.reasons, s.eta, s.alpha, s.effective_rate)
            for s in verdict.sweeps
        ),
    )
