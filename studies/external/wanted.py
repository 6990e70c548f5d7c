"""The trials that a sweep of the user's own still wants: a pure function of its document and of the runs so far.

The steps are the ones that the storage takes for a submitted study: a phase that is complete is followed by
`procedure.next_step`, and after the last phase by the later looks (`later_looks`) for as long as more of the same may
decide. A phase that is not complete is followed by nothing, so that it does not matter in which order, or how many at a
time, its runs come in.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Set
from dataclasses import dataclass, field, fields, replace

import numpy as np

from studies.evidence import evidence
from studies.external.measured import own_context, own_sweep
from studies.language.sizes import fails_study
from studies.language.space import Space
from studies.language.spec import StudySpec
from studies.plan.later_looks import next_looks
from studies.plan.procedure import first_plans, next_step
from studies.plan.replay import departures
from studies.records import Runs, Step, TrialPlan
from studies.storage.read_models import PhaseProgress, SweepSummary
from studies.verdict.decide import decide_study
from studies.verdict.looks import MOST_LOOKS
from studies.verdict.model import Evidence, Outcome, StudyVerdict

DECIDED = "decided"
UNDECIDABLE = "cannot be decided by more of the same"
FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The plan of a sweep so far, and what of it is still to be run.

    Attributes:
        plans: all trials planned so far, by number.
        missing: numbers of those whose runs are not all there; empty where the sweep is finished.
        finished: True where nothing more is wanted.
        verdict: once the sweep is finished.
        given_up: numbers of trials that failed for good.
        space: the box once it was widened; None: the document's own.
        rounds: later looks planned so far.
    """

    plans: tuple[TrialPlan, ...]
    missing: tuple[int, ...]
    finished: bool = False
    verdict: StudyVerdict | None = None
    given_up: frozenset[int] = frozenset()
    space: Space | None = field(default=None, repr=False)
    rounds: int = 0

    @property
    def has_failed(self) -> bool:
        """True where the sweep is finished because too many of its trials failed."""
        return self.finished and bool(self.missing)

    @property
    def sentence(self) -> str:
        """How the sweep ended, and its verdict; "" while it is not finished."""
        if self.verdict is None:
            return ""
        if self.has_failed:
            count = f"{len(self.given_up):,} of {len(self.plans):,} trials failed for good"
            return f"{FAILED}: {count}, more than the document's `limits` allow. {self.verdict.sentence}"
        found = UNDECIDABLE if self.verdict.outcome is Outcome.INCONCLUSIVE else DECIDED
        return f"{found}: {self.verdict.sentence}"


def wanted(
    spec: StudySpec,
    runs: Runs,
    *,
    given_up: Collection[int] = (),
    looks: int = MOST_LOOKS,
    before: Wanted | None = None,
) -> Wanted:
    """What a sweep wants next.

    Args:
        spec: a study of one loss in one external context.
        runs: its runs so far, each once, in any order; rows that are not as planned do not count.
        given_up: numbers of trials that failed for good: gaps in the data, never outcomes.
        looks: the most analyses of complete data, the first included.
        before: the answer to some of the same runs, from which the planning goes on; None: from the first phase.

    Raises:
        SpecError: the study has several sweeps, a built-in context, or asks a sampler.
    """
    found = before or Wanted(tuple(first_plans(spec)[own_sweep(spec)]), ())
    lost = frozenset(given_up)
    while not found.finished:
        found = replace(found, given_up=frozenset(n for n in lost if 0 <= n < len(found.plans)))
        kept = _planned(spec, runs, found)
        missing = _missing(kept, found)
        if missing:
            stops = fails_study(len(found.given_up), len(found.plans), spec.limits.max_failed_share)
            verdict = decide(spec, [_evidence(spec, kept, found)]) if stops else None
            return replace(found, missing=missing, finished=stops, verdict=verdict)
        found = _after(spec, _evidence(spec, kept, found), found, looks)
    return found


def verdict_so_far(spec: StudySpec, runs: Runs, found: Wanted) -> StudyVerdict:
    """The verdict on the runs that are there, whether more are wanted or not; arguments as of `wanted`."""
    return found.verdict or decide(spec, [evidence_so_far(spec, runs, found)])


def evidence_so_far(spec: StudySpec, runs: Runs, found: Wanted) -> Evidence:
    """The evidence in the runs that are there, gathered as for a stored sweep."""
    return _evidence(spec, _planned(spec, runs, found), found)


def summary_so_far(spec: StudySpec, runs: Runs, found: Wanted) -> SweepSummary:
    """The sweep's progress as the storage would tell it, from its planned runs."""
    missing, names = set(_missing(runs, found)), dict.fromkeys(plan.phase.value for plan in found.plans)
    phases = tuple(_progress(phase, runs, found, missing) for phase in names)
    return SweepSummary(
        id=0,
        name=own_sweep(spec),
        loss=spec.losses[0],
        context=own_context(spec).name,
        phases=phases,
        phases_done=tuple(phase.phase for phase in phases if not phase.waiting),
        best=None,
        rounds=found.rounds,
        space=found.space,
    )


def decide(spec: StudySpec, measured: list[Evidence]) -> StudyVerdict:
    """The study's verdict on its evidence."""
    return decide_study(spec.name, spec.claim_hash, measured)


def _after(spec: StudySpec, measured: Evidence, found: Wanted, looks: int) -> Wanted:
    """The plan after a phase that is complete."""
    step: Step | None = next_step(spec, own_context(spec), measured)
    verdict = None
    if step is None:
        verdict = decide(spec, [measured])
        more = next_looks(spec, {measured.sweep: measured}, verdict, sys.maxsize) if measured.looks < looks else {}
        step = more.get(measured.sweep)
    if step is None:
        return replace(found, missing=(), finished=True, verdict=verdict)
    return replace(
        found,
        plans=(*found.plans, *step.plans),
        space=step.space or found.space,
        rounds=found.rounds + int(step.later_look),
    )


def _planned(spec: StudySpec, runs: Runs, found: Wanted) -> Runs:
    """The runs that are as planned, of trials that did not fail for good, in order."""
    strays = {departure.row for departure in departures(found.plans, runs, spec.axes)}
    kept = [row not in strays and int(trial) not in found.given_up for row, trial in enumerate(runs.trial)]
    rows = runs.where(np.array(kept, dtype=np.bool_))
    order = np.lexsort((rows.run, rows.trial))
    return Runs(**{column.name: getattr(rows, column.name)[order] for column in fields(Runs)})


def _missing(runs: Runs, found: Wanted) -> tuple[int, ...]:
    there = set(zip(runs.trial.tolist(), runs.run.tolist(), strict=True))
    return tuple(
        number
        for number, plan in enumerate(found.plans)
        if number not in found.given_up and any((number, run) not in there for run in range(len(plan.replicates)))
    )


def _evidence(spec: StudySpec, runs: Runs, found: Wanted) -> Evidence:
    return evidence(spec, summary_so_far(spec, runs, found), runs)


def _progress(phase: str, runs: Runs, found: Wanted, missing: Set[int]) -> PhaseProgress:
    own = {number: plan for number, plan in enumerate(found.plans) if plan.phase.value == phase}
    left = own.keys() & missing
    at = runs.phase == phase
    return PhaseProgress(
        phase=phase,
        waiting=len(left),
        running=0,
        complete=len(own) - len(left) - len(own.keys() & found.given_up),
        failed=len(own.keys() & found.given_up),
        cancelled=0,
        runs_planned=sum(len(plan.replicates) for plan in own.values()),
        runs_done=int(at.sum()),
        diverged=int(runs.diverged[at].sum()),
    )
