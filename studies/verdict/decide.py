"""The way in: evidence to verdicts. Pure, deterministic by each sweep's seed, never raising on thin or odd data."""

from __future__ import annotations

from collections.abc import Sequence

from studies.verdict.drift import drift
from studies.verdict.findings import Findings, gather
from studies.verdict.forecast import needed
from studies.verdict.holm import holm
from studies.verdict.nearness import nearness
from studies.verdict.paired import pairs_needed
from studies.verdict.records import ANALYSIS_VERSION, UNKNOWN, Evidence, Interval, Outcome, StudyVerdict, SweepVerdict
from studies.verdict.rules import decide
from studies.verdict.sentences import reasons, summarise


def decide_sweep(evidence: Evidence) -> SweepVerdict:
    """The verdict on one loss in one context, taken alone at the claim's level.

    Args:
        evidence: runs, claim, objective and progress of the sweep.

    Raises:
        ValueError: the objective is unknown.
    """
    findings = gather(evidence)
    return _conclude(findings, findings.support(), findings.refute())


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
    support, refute = _adjusted(found, [f.support() for f in found]), _adjusted(found, [f.refute() for f in found])
    sweeps = tuple(_conclude(*parts) for parts in zip(found, support, refute, strict=True))
    outcome, sentence = _overall(found, sweeps)
    shown = evidence[0].objective if evidence else "accuracy"
    return StudyVerdict(
        study, outcome, sentence, shown, claim_hash, ANALYSIS_VERSION, sweeps, nearness(found), drift(found)
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


def _overall(found: Sequence[Findings], sweeps: Sequence[SweepVerdict]) -> tuple[Outcome, str]:
    if not sweeps:
        return Outcome.INCONCLUSIVE, "The study has no sweeps, so there is nothing to judge."
    first = [i for i, sweep in enumerate(sweeps) if sweep.context == sweeps[0].context]
    primary = next((i for i in first if _is_primary(found[i])), None)
    if primary is not None:
        return sweeps[primary].outcome, sweeps[primary].sentence
    name = found[0].evidence.claim.primary_loss
    if name is not None:
        return Outcome.INCONCLUSIVE, f"The primary loss {name} was not measured in {sweeps[0].context}."
    outcomes = {sweeps[i].outcome for i in first}
    if len(outcomes) == 1:
        return sweeps[first[0]].outcome, " ".join(sweeps[i].sentence for i in first)
    answers = ", ".join(f"{sweeps[i].loss}: {sweeps[i].outcome}" for i in first)
    return Outcome.INCONCLUSIVE, f"The losses do not agree in {sweeps[0].context} ({answers})."


def _conclude(findings: Findings, p_support: float | None, p_refute: float | None) -> SweepVerdict:
    evidence, location, surface = findings.evidence, findings.location, findings.location.surface
    decision = decide(findings, p_support=p_support, p_refute=p_refute)
    regret, more = location.regret, needed(findings, decision)
    return SweepVerdict(
        sweep=evidence.sweep,
        loss=evidence.loss,
        context=evidence.context,
        objective=evidence.objective,
        outcome=decision.outcome,
        reasons=reasons(findings, decision, more),
        sentence=summarise(findings, decision, more),
        runs=len(evidence.runs),
        sigma=findings.sigma,
        margin=findings.margin,
        margin_points=findings.margin_points,
        eta=location.eta,
        alpha=location.alpha,
        effective_rate=location.effective_rate,
        kappa=location.kappa,
        ridge_slope=location.ridge_slope,
        pi_inside=location.pi_inside,
        prior_inside=findings.prior_inside,
        edge_mass=location.edge_mass,
        p_claim=location.p_claim,
        p_in=location.p_in,
        p_out=location.p_out,
        regret=UNKNOWN if regret is None else Interval(regret.estimate, regret.low, regret.high),
        p_support=findings.support(),
        p_refute=findings.refute(),
        p_support_adjusted=p_support,
        p_refute_adjusted=p_refute,
        comparisons=findings.comparisons,
        diverged_share=findings.diverged_share,
        lack_of_fit=surface.lack_of_fit if surface is not None else None,
        degree=surface.degree if surface is not None else None,
        region=location.region,
        pairs_needed=_pairs_needed(findings),
        looks=evidence.looks,
        needed=more,
        bayes_factor=location.bayes_factor,
        ridge_drops=location.ridge_drops,
        other_widths=location.other_widths,
    )


def _pairs_needed(findings: Findings) -> int | None:
    """Fresh blocks with which the paired tests would show or exclude a loss of the margin, at 95 % power."""
    margin, spread = findings.margin, findings.regret.spread
    if margin is None or spread is None:
        return None
    return pairs_needed(margin, spread, level=findings.level)
