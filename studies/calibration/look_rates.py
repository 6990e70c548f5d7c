"""Calibration over repeated looks: planted landscapes, extended until they decide or the last look is spent.

Counted are the verdicts with which studies end, first look and later ones together: `verdict.looks` controls the error
rate of these. A false verdict is counted as in `verdict_rates`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from studies.calibration.judging import generator
from studies.calibration.landscapes import Scenario
from studies.calibration.parallel import in_processes
from studies.calibration.scenarios import Planted
from studies.calibration.shares import upper_bound
from studies.calibration.simulation import SHIPPED, simulate_looks
from studies.calibration.truth import truth_of
from studies.language.spec import StudySpec
from studies.verdict.decide import decide_sweep
from studies.verdict.forecast import worth_another_look
from studies.verdict.model import Evidence, Outcome, SweepVerdict


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


def calibrate_looks(
    scenario: Planted, studies: int, seed: int, *, looks: int, spec: StudySpec = SHIPPED, processes: int | None = None
) -> LookRow:
    """Simulate studies that are extended as a granted study is, while runs last; deterministic by `seed`.

    Args:
        scenario: the planted truth.
        studies: number of studies; study i is the one that `verdict_rates.calibrate` draws under the same seed.
        seed: of all draws.
        looks: the most looks, the first included.
        spec: the study; the truth is held against the golden claim's neighbourhood.
        processes: as of `verdict_rates.calibrate`.
    """
    calls = [(scenario, seed, i, looks, spec) for i in range(studies)]
    endings = list(in_processes(ending, calls, processes))
    wrong = sum(each.wrong for each in endings)
    codes = [each.code for each in endings if each.outcome is Outcome.INCONCLUSIVE]
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
class Ending:
    """The last verdict on one study, the look at which it came, and whether it is false."""

    outcome: Outcome
    code: str
    look: int
    wrong: bool


def ending(scenario: Planted, seed: int, study: int, looks: int, spec: StudySpec) -> Ending:
    """Simulate one study, look after look, until it is decided, more data would not help, or looks are used up."""
    landscape = scenario.study(seed, study)
    simulated = simulate_looks(landscape, generator(scenario, seed, study), spec)
    for look, evidence in enumerate(islice(simulated, looks), 1):
        verdict = decide_sweep(evidence)
        last = Ending(verdict.outcome, verdict.reasons[0].code, look, _is_wrong(landscape, evidence, verdict))
        if not worth_another_look(verdict):
            break
    return last


def _is_wrong(scenario: Scenario, evidence: Evidence, verdict: SweepVerdict) -> bool:
    truth = truth_of(scenario, evidence.claim, evidence.space)
    if verdict.outcome is Outcome.SUPPORTED:
        return not truth.may_support(verdict.margin)
    return verdict.outcome is Outcome.REFUTED and not truth.may_refute(verdict.margin)


def _counts(endings: Sequence[Ending], outcome: Outcome, looks: int) -> tuple[int, ...]:
    return tuple(sum(e.outcome is outcome and e.look == look for e in endings) for look in range(1, looks + 1))
