"""The way in: evidence to verdicts. Pure, deterministic by each sweep's seed, never raising on thin or odd data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from studies.verdict import wording
from studies.verdict.amounts import answers_in_measure, in_measure
from studies.verdict.answer import answers_of
from studies.verdict.answers import Answers
from studies.verdict.drift import drift
from studies.verdict.findings import Findings, gather
from studies.verdict.grounds import Grounds
from studies.verdict.holm import holm
from studies.verdict.judge import decision, raised, tests_of, wanted
from studies.verdict.leading import in_first_context, leading
from studies.verdict.location import Location
from studies.verdict.model import (
    ANALYSIS_VERSION,
    UNKNOWN,
    Evidence,
    Interval,
    MeasureRecord,
    Needed,
    Outcome,
    Reason,
    Sentence,
    StudyVerdict,
    SweepVerdict,
    parts_of,
)
from studies.verdict.nearness import nearness
from studies.verdict.paired import pairs_needed
from studies.verdict.parameter_places import parameter_places
from studies.verdict.rules import Decision
from studies.verdict.sentences import agreeing, reasons, summarise
from studies.verdict.trend import trends
from studies.verdict.wording_reasons import Case

# Fields that a verdict takes over as they stand, from the findings and from the location.
ESTIMATES = ("sigma", "margin", "margin_points", "prior_inside", "comparisons", "diverged_share")
PLACE = (
    *("eta", "alpha", "effective_rate", "kappa", "ridge_slope", "pi_inside", "edge_mass", "p_claim", "p_in", "p_out"),
    *("region", "bayes_factor", "ridge_drops", "other_widths"),
)


def decide_sweep(evidence: Evidence) -> SweepVerdict:
    """The verdict on one loss in one context, taken alone at the claim's level.

    Args:
        evidence: runs, claim, objective and progress of the sweep.

    Raises:
        ValueError: the objective is unknown.
    """
    tests = tests_of(gather(evidence))
    return _conclude(tests, tests.support(), tests.refute())


def decide_study(study: str, claim_hash: str, evidence: Sequence[Evidence]) -> StudyVerdict:
    """The verdict on a study: every sweep's, and the primary loss' in the first context as the study's own.

    Within each context the primary loss is tested alone at the claim's level; the other losses share that level by
    Holm's adjustment, separately for support and for refutation. Without a primary loss all losses are adjusted
    together and the study's outcome is the one on which the first context's sweeps agree, else inconclusive. Verdicts
    are never averaged.

    The adjustment stops at the context's border: each context is a question of its own, asked at the whole level, and
    drift between contexts is judged apart. With k contexts the chance of any false answer may be k times the level.

    Raises:
        ValueError: the objective is unknown.
    """
    found = [gather(sweep) for sweep in evidence]
    tests = [tests_of(findings) for findings in found]
    support, refute = _adjusted(found, [t.support() for t in tests]), _adjusted(found, [t.refute() for t in tests])
    sweeps = tuple(_conclude(*parts) for parts in zip(tests, support, refute, strict=True))
    outcome, said = overall(evidence[0].claim.primary_loss if evidence else None, sweeps)
    shown = evidence[0].objective if evidence else "accuracy"
    return StudyVerdict(
        study=study,
        outcome=outcome,
        sentence=said.text,
        parts=said,
        objective=shown,
        claim_hash=claim_hash,
        analysis_version=evidence[0].analysis if evidence else ANALYSIS_VERSION,
        sweeps=sweeps,
        nearness=nearness(found),
        drift=drift(found),
        trends=trends(found),
    )


def _adjusted(found: Sequence[Findings], p_values: Sequence[float | None]) -> list[float | None]:
    """Holm over the secondary losses of each context; the primary loss keeps its p-value."""
    adjusted = list(p_values)
    for context in dict.fromkeys(f.evidence.context for f in found):
        family = [i for i, f in enumerate(found) if f.evidence.context == context and not _is_primary(f)]
        for i, p in zip(family, holm([p_values[i] for i in family]), strict=True):
            adjusted[i] = p
    return adjusted


def _is_primary(findings: Findings) -> bool:
    return findings.evidence.loss == findings.evidence.claim.primary_loss


def overall(primary_loss: str | None, sweeps: Sequence[SweepVerdict]) -> tuple[Outcome, Sentence]:
    """The study's own answer, from its sweeps' as `decide_study` says, and that answer in words."""
    if not sweeps:
        return Outcome.INCONCLUSIVE, Sentence("", "The study has no sweeps, so there is nothing to judge.")
    first, lead = in_first_context(sweeps), leading(sweeps, primary_loss)
    if lead is not None:
        said = [parts_of(sweep) for sweep in first]
        return lead.outcome, agreeing(said) if primary_loss is None else parts_of(lead)
    context = sweeps[0].context
    if primary_loss is not None:
        text = f"The primary loss {primary_loss} was not measured in {context}."
    else:
        answers = ", ".join(f"{sweep.loss}: {sweep.outcome}" for sweep in first)
        text = f"The losses do not agree in {context} ({answers})."
    return Outcome.INCONCLUSIVE, Sentence("", text)


@dataclass(frozen=True, slots=True)
class _Conclusion:
    """A decision with its words, and under analysis 5 its answers."""

    decision: Decision
    needed: Needed | None
    said: Sentence
    reasons: tuple[Reason, ...]
    answers: Answers | None = None


def _said(tests: Findings | Grounds, p_support: float | None, p_refute: float | None) -> _Conclusion:
    decided = decision(tests, p_support, p_refute)
    more = wanted(tests, decided)
    if isinstance(tests, Grounds):
        answers = answers_of(tests, raised(tests, p_support, p_refute))
        unit = tests.findings.sample.unit
        case = Case(replace(tests, findings=in_measure(tests.findings)), decided, answers_in_measure(answers, unit))
        return _Conclusion(decided, more, wording.summarise(case, more), wording.reasons(case, more), case.answers)
    return _Conclusion(decided, more, summarise(tests, decided, more), reasons(tests, decided, more))


def _conclude(tests: Findings | Grounds, p_support: float | None, p_refute: float | None) -> SweepVerdict:
    findings = tests.findings if isinstance(tests, Grounds) else tests
    found = _said(tests, p_support, p_refute)
    shown = in_measure(replace(findings, location=findings.location.mapped()))
    evidence = findings.evidence
    return SweepVerdict(
        sweep=evidence.sweep,
        loss=evidence.loss,
        context=evidence.context,
        objective=evidence.objective,
        outcome=found.decision.outcome,
        reasons=found.reasons,
        sentence=found.said.text,
        parts=found.said,
        runs=len(evidence.runs),
        looks=evidence.looks,
        p_support=tests.support(),
        p_refute=tests.refute(),
        p_support_adjusted=p_support,
        p_refute_adjusted=p_refute,
        pairs_needed=_pairs_needed(findings),
        needed=found.needed,
        answers=found.answers,
        measure=_measure(evidence),
        parameters=parameter_places(evidence.claim, findings.location),
        **_same_named(shown, ESTIMATES),
        **_same_named(shown.location, PLACE),
        **_of_surface(shown.location),
    )


def _measure(evidence: Evidence) -> MeasureRecord | None:
    found = evidence.measure
    return None if found is None else MeasureRecord(found.name, found.direction, found.kind, found.test_size)


def _same_named(record: object, names: Sequence[str]) -> dict[str, Any]:
    """Fields that a verdict takes over under their own names."""
    return {name: getattr(record, name) for name in names}


def _of_surface(location: Location) -> dict[str, Any]:
    """Fields that the fitted surface gives; unknown without one."""
    surface, regret = location.surface, location.regret
    return {
        "regret": UNKNOWN if regret is None else Interval(regret.estimate, regret.low, regret.high),
        "lack_of_fit": None if surface is None else surface.lack_of_fit,
        "degree": None if surface is None else surface.degree,
    }


def _pairs_needed(findings: Findings) -> int | None:
    """Fresh blocks with which the paired tests would show or exclude a loss of the margin, at 95 % power."""
    margin, spread = findings.margin, findings.regret.spread
    if margin is None or spread is None:
        return None
    return pairs_needed(margin, spread, level=findings.level)
