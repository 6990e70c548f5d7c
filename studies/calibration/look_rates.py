"""Calibration over repeated looks: planted landscapes, extended until they decide or the last look is spent.

Counted are the verdicts with which studies end, first look and later ones together: `verdict.looks` controls the error
rate of these. A false verdict is counted as in `verdict_rates`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from studies.calibration.landscapes import Scenario
from studies.calibration.shares import upper_bound
from studies.calibration.simulation import SHIPPED, simulate_looks
from studies.language.spec import StudySpec
from studies.verdict.findings import Findings, gather
from studies.verdict.forecast import more_may_decide, needed
from studies.verdict.model import Outcome
from studies.verdict.rules import Decision, decide


@dataclass(frozen=True, slots=True)
class LookRow:
    """Counts over the simulated studies of one scenario. Tuples: one count per look, the first look first."""

    scenario: str
    studies: int
    supported: tuple[int, ...]  # decided at this look
    refuted: tuple[int, ...]
    inconclusive: dict[str, int]  # first reason code at the end: count
    false_verdicts: int
    false_upper: float  # exact one-sided 95 % bound of their rate


def calibrate_looks(scenario: Scenario, studies: int, seed: int, *, looks: int, spec: StudySpec = SHIPPED) -> LookRow:
    """Simulate studies that are extended as a granted study is, while runs last; deterministic by `seed`.

    Args:
        scenario: the planted truth.
        studies: number of studies; study i is the one that `verdict_rates.calibrate` draws under the same seed.
        seed: of all draws.
        looks: the most looks, the first included.
        spec: the study; the truth is held against the golden claim's neighbourhood.
    """
    endings = [_ending(scenario, _looks(scenario, spec, looks, [seed, i])) for i in range(studies)]
    wrong = sum(ending.wrong for ending in endings)
    codes = [e.decision.codes[0] for e in endings if e.decision.outcome is Outcome.INCONCLUSIVE]
    return LookRow(
        scenario.key,
        studies,
        _counts(endings, Outcome.SUPPORTED, looks),
        _counts(endings, Outcome.REFUTED, looks),
        {code: codes.count(code) for code in sorted(set(codes))},
        wrong,
        upper_bound(wrong, studies),
    )


@dataclass(frozen=True, slots=True)
class _Ending:
    decision: Decision
    look: int
    wrong: bool


def _looks(scenario: Scenario, spec: StudySpec, looks: int, seed: Sequence[int]) -> Iterator[tuple[Findings, Decision]]:
    rng = np.random.default_rng([seed[0], ord(scenario.key[0]), seed[1]])
    for evidence in islice(simulate_looks(scenario, rng, spec), looks):
        findings = gather(evidence)
        yield findings, decide(findings, p_support=findings.support(), p_refute=findings.refute())


def _ending(scenario: Scenario, looks: Iterator[tuple[Findings, Decision]]) -> _Ending:
    for look, (findings, decision) in enumerate(looks, 1):
        ending = _Ending(decision, look, _is_wrong(scenario, findings, decision.outcome))
        if not more_may_decide(decision.codes[0], needed(findings, decision)):
            break
    return ending


def _is_wrong(scenario: Scenario, findings: Findings, outcome: Outcome) -> bool:
    within = scenario.claim_loss <= (findings.margin or 0.0)
    if outcome is Outcome.SUPPORTED:
        return not (scenario.is_inside and within)
    flat = scenario.slope <= 0.0
    return outcome is Outcome.REFUTED and (flat or (scenario.is_inside and within))


def _counts(endings: Sequence[_Ending], outcome: Outcome, looks: int) -> tuple[int, ...]:
    return tuple(sum(e.decision.outcome is outcome and e.look == look for e in endings) for look in range(1, looks + 1))
