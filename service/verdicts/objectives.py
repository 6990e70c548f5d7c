"""The verdicts on one study by every objective, side by side. Nothing is trained for them.

Only the claim's own objective was fixed in advance. Each of the others is judged at its own level, so that one of six
verdicts is wrong by chance more often than one of one: they show how much depends on the measure, they confirm nothing.
"""

from __future__ import annotations

from dataclasses import fields
from typing import cast, get_args

from service.schemas import LabelledVerdict, ObjectiveVerdict, ObjectiveVerdicts, SweepAnswer
from service.verdicts.cache import CachedVerdict, VerdictCache
from studies.language.claim import MEASURE, ClaimObjective, Objective
from studies.language.spec import StudySpec
from studies.verdict.model import StudyVerdict, SweepVerdict


def labelled(verdict: StudyVerdict, spec: StudySpec) -> LabelledVerdict:
    """The verdict with the marks whether the document fixed its objective and its analysis."""
    parts = {f.name: getattr(verdict, f.name) for f in fields(verdict)}
    caution = spec.caution(verdict.objective, verdict.analysis_version)
    return LabelledVerdict(**parts, claimed=not caution, caution=caution)


def in_order(claimed: ClaimObjective) -> tuple[ClaimObjective, ...]:
    """All objectives, the claim's own first; a measure of the study's own is its only one."""
    if claimed == MEASURE:
        return (claimed,)
    return (claimed, *(objective for objective in get_args(Objective) if objective != claimed))


def cache_argument(objective: ClaimObjective, claimed: ClaimObjective) -> Objective | None:
    """The objective as the verdict cache is asked: None for the claim's own, so that it is judged only once."""
    return None if objective == claimed else cast(Objective, objective)


def by_every_objective(verdicts: VerdictCache, name: str, claimed: ClaimObjective) -> tuple[CachedVerdict, ...]:
    """The verdicts by all objectives in order, made one after the other and cached.

    Raises:
        StudyNotFoundError: there is no such study.
        StorageUnavailableError: the database cannot be reached.
    """
    return tuple(verdicts.verdict(name, cache_argument(objective, claimed)) for objective in in_order(claimed))


def side_by_side(found: tuple[CachedVerdict, ...], claimed: ClaimObjective) -> ObjectiveVerdicts:
    """The verdicts of `by_every_objective` in one record."""
    first = found[0].verdict
    rows = (
        objective_verdict(cached, objective, claimed)
        for cached, objective in zip(found, in_order(claimed), strict=True)
    )
    return ObjectiveVerdicts(first.study, first.claim_hash, first.analysis_version, tuple(rows))


def objective_verdict(cached: CachedVerdict, objective: ClaimObjective, claimed: ClaimObjective) -> ObjectiveVerdict:
    """A verdict without the numbers that only its own page needs."""
    verdict = cached.verdict
    return ObjectiveVerdict(
        objective=objective,
        claimed=objective == claimed,
        outcome=verdict.outcome,
        sentence=verdict.sentence,
        sweeps=tuple(_sweep_answer(sweep) for sweep in verdict.sweeps),
    )


def _sweep_answer(sweep: SweepVerdict) -> SweepAnswer:
    parts = {f.name: getattr(sweep, f.name) for f in fields(SweepAnswer) if f.name != "statements"}
    return SweepAnswer(**parts, statements=None if sweep.answers is None else sweep.answers.statements)
