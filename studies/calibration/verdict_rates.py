"""Rates of right and wrong answers: simulated studies of planted landscapes, judged and counted.

A false verdict is counted against the planted truth: supported while a top lies outside N, the claim loses more than
the margin or its runs collapse more often; refuted while a top lies inside, the claim loses no more than the margin
and its runs collapse no more often. The margin is the study's own there, from its measured sigma. Statements are held
against the margin at the true sigma.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np

from studies.calibration.judging import Judged, judged
from studies.calibration.parallel import in_processes
from studies.calibration.scenarios import Planted
from studies.calibration.shares import upper_bound
from studies.calibration.simulation import SHIPPED
from studies.language.spec import StudySpec
from studies.verdict.answers import Answer
from studies.verdict.model import Outcome

STATEMENTS = ("as_good", "there", "matters")


@dataclass(frozen=True, slots=True)
class Said:
    """Counts of one statement's answers."""

    yes: int
    no: int
    undecided: int
    false_yes: int
    false_no: int
    may_not_yes: int  # studies in which "yes" would be false
    may_not_no: int  # studies in which "no" would be false


@dataclass(frozen=True, slots=True)
class Collapses:
    """Counts of the collapse test."""

    refuted: int
    hindered: int
    false_refuted: int  # of the studies whose claim does not collapse more often than others
    alike: int  # such studies


@dataclass(frozen=True, slots=True)
class Row:
    """Counts over the simulated studies of one scenario; bounds are exact 95 % (Clopper-Pearson)."""

    scenario: str
    text: str
    studies: int
    supported: int
    refuted: int
    inconclusive: dict[str, int]  # first reason code: count
    false_supported: int
    false_refuted: int
    false_upper: float  # upper bound of the false-verdict rate
    coverage: float | None  # share of the located studies whose 95 % region holds a highest top
    mean_pi_inside: float | None
    located: int = 0  # studies with a region
    covered: int = 0  # of these, regions that hold a highest top
    mean_area: float | None = None  # share of the box that the region takes
    quadratic_coverage: float | None = None  # the same of Box and Hunter's quadratic region on the same runs
    quadratic_area: float | None = None
    kind: str = "published"
    twin: str = ""  # scenario without what is planted on top
    covered_all: int = 0  # regions that hold all of several equally high tops
    tied: int = 0  # located studies with several such tops
    median_area: float | None = None
    margin: float | None = None  # median, response units
    true_margin: float | None = None  # median; at the true sigma
    runs: float | None = None  # mean of the trainings used
    decidable: int = 0  # studies in which one decided verdict is right
    right: int = 0  # of these, so judged
    unsupportable: int = 0  # studies in which "supported" would be false
    irrefutable: int = 0  # studies in which "refuted" would be false
    statements: dict[str, Said] = field(default_factory=dict)  # empty under analysis 4
    collapses: Collapses | None = None
    shares_held: int = 0  # intervals of the good share that hold the true one
    shares: int = 0  # such intervals


def calibrate(
    scenarios: Iterable[Planted], studies: int, seed: int, *, spec: StudySpec = SHIPPED, processes: int | None = None
) -> Iterator[Row]:
    """Simulate studies of each scenario and count their answers; deterministic by `seed`.

    Args:
        scenarios: the truths; they are held against the golden claim's neighbourhood.
        studies: how many of each.
        seed: of all draws.
        spec: the study that is simulated; default: as shipped.
        processes: how many simulate at a time, with the same counts whatever their number; None: this one alone.

    Yields:
        the counts of each scenario, in order, as soon as they are known.
    """
    planted = list(scenarios)
    calls = [(each, seed, i, spec) for each in planted for i in range(studies)]
    found = in_processes(judged, calls, processes)
    for each in planted:
        yield tally(each, list(islice(found, studies)))


def tally(scenario: Planted, found: Sequence[Judged]) -> Row:
    """Count a scenario's answers, right and wrong by the planted truth."""
    codes = [j.code for j in found if j.outcome is Outcome.INCONCLUSIVE]
    false_supported = sum(j.outcome is Outcome.SUPPORTED and not j.truth.may_support(j.margin) for j in found)
    false_refuted = sum(j.outcome is Outcome.REFUTED and not j.truth.may_refute(j.margin) for j in found)
    held = [(j.held, len(j.truth.places)) for j in found if j.held is not None]
    areas = [j.area for j in found if j.area is not None]
    quadratic = [j.quadratic for j in found if j.quadratic is not None]
    decidable = [j for j in found if j.truth.right is not None]
    return Row(
        scenario=scenario.key,
        text=scenario.text,
        studies=len(found),
        supported=sum(j.outcome is Outcome.SUPPORTED for j in found),
        refuted=sum(j.outcome is Outcome.REFUTED for j in found),
        inconclusive={code: codes.count(code) for code in sorted(set(codes))},
        false_supported=false_supported,
        false_refuted=false_refuted,
        false_upper=upper_bound(false_supported + false_refuted, len(found)),
        coverage=_mean([count > 0 for count, _ in held]),
        mean_pi_inside=_mean([j.pi_inside for j in found if j.pi_inside is not None]),
        located=len(held),
        covered=sum(count > 0 for count, _ in held),
        mean_area=_mean(areas),
        quadratic_coverage=_mean([covers for covers, _ in quadratic]),
        quadratic_area=_mean([area for _, area in quadratic]),
        kind=scenario.kind,
        twin=scenario.twin,
        covered_all=sum(count == tops for count, tops in held if tops > 1),
        tied=sum(tops > 1 for _, tops in held),
        median_area=_median(areas),
        margin=_median([j.margin for j in found if j.margin is not None]),
        true_margin=_median([j.truth.margin for j in found]),
        runs=_mean([j.runs for j in found]),
        decidable=len(decidable),
        right=sum(j.outcome is j.truth.right for j in decidable),
        unsupportable=sum(not j.truth.may_support(j.margin) for j in found),
        irrefutable=sum(not j.truth.may_refute(j.margin) for j in found),
        **_of_statements(found),
    )


def _of_statements(found: Sequence[Judged]) -> dict[str, Any]:
    """The row's fields on statements and collapse; nothing where no study has them."""
    said = [(j.said, j.truth) for j in found if j.said is not None]
    if not said:
        return {}
    held = [s.share_held for s, _ in said if s.share_held is not None]
    alike = [s.collapse_refutes for s, truth in said if not truth.claim_collapses]
    return {
        "statements": {
            name: count_answers([(s.answer(name), getattr(truth, name)) for s, truth in said]) for name in STATEMENTS
        },
        "collapses": Collapses(
            refuted=sum(s.collapse_refutes for s, _ in said),
            hindered=sum(s.collapse_hinders for s, _ in said),
            false_refuted=sum(alike),
            alike=len(alike),
        ),
        "shares_held": sum(held),
        "shares": len(held),
    }


def count_answers(pairs: Sequence[tuple[Answer, Answer]]) -> Said:
    """Count a statement's answers: pairs of the answer given and the right one."""
    given = [answer for answer, _ in pairs]
    return Said(
        yes=given.count(Answer.YES),
        no=given.count(Answer.NO),
        undecided=given.count(Answer.UNDECIDED),
        false_yes=sum(answer is Answer.YES and right is not Answer.YES for answer, right in pairs),
        false_no=sum(answer is Answer.NO and right is not Answer.NO for answer, right in pairs),
        may_not_yes=sum(right is not Answer.YES for _, right in pairs),
        may_not_no=sum(right is not Answer.NO for _, right in pairs),
    )


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None


def _median(values: Sequence[float]) -> float | None:
    return float(np.median(values)) if values else None
