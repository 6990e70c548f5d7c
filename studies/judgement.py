"""From stored rows to a verdict and a report: reads, then calls pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studies.claim import Objective
from studies.context import Context
from studies.design import SearchDesign
from studies.records import Runs
from studies.report import build_report
from studies.seeds import derive
from studies.spec import StudySpec
from studies.storage import results, studies
from studies.storage.engine import Database
from studies.storage.records import StudyDetail, SweepSummary
from studies.verdict.decide import decide_study
from studies.verdict.records import Evidence, StudyVerdict

ADAPTIVE_SAMPLERS = ("tpe", "gp", "cmaes")


def judge(db: Database, study: str, objective: Objective | None = None) -> StudyVerdict:
    """The study's verdict on everything measured so far, for the claim's objective or another.

    Raises:
        StudyNotFoundError: there is no such study.
        StorageUnavailableError: the database cannot be reached.
    """
    detail = studies.get(db, study)
    return verdict_on(detail, _runs_of(db, detail), objective)


def report(db: Database, study: str) -> dict[str, Any]:
    """The study's report: verdict, rows and everything needed to recompute it; same errors as `judge`."""
    detail = studies.get(db, study)
    runs = _runs_of(db, detail)
    return build_report(detail, runs, verdict_on(detail, runs))


def verdict_on(detail: StudyDetail, runs: Mapping[str, Runs], objective: Objective | None = None) -> StudyVerdict:
    """The verdict on given runs, by sweep name; pure."""
    found = [evidence(detail.spec, sweep, runs[sweep.name]) for sweep in detail.sweeps]
    return decide_study(detail.spec.name, detail.spec.claim_hash, found, objective)


def evidence(spec: StudySpec, sweep: SweepSummary, runs: Runs) -> Evidence:
    """All that the verdict on one sweep depends on."""
    context = _context(spec, sweep.context)
    adaptive = isinstance(spec.design, SearchDesign) and spec.design.sampler in ADAPTIVE_SAMPLERS
    return Evidence(
        sweep=sweep.name,
        loss=sweep.loss,
        context=sweep.context,
        claim=spec.claim,
        space=spec.search_space,
        classes=context.classes,
        epochs=context.epochs,
        runs=runs,
        planned_runs=sum(p.runs_planned for p in sweep.phases),
        failed_runs=_failed_runs(sweep),
        phases_done=sweep.phases_done,
        fixed_design=not adaptive,
        seed=derive(spec.seed, "verdict", sweep.name),
    )


def _failed_runs(sweep: SweepSummary) -> int:
    """Runs that a finished phase still misses."""
    done = set(sweep.phases_done)
    return sum(p.runs_planned - p.runs_done for p in sweep.phases if p.phase in done)


def _runs_of(db: Database, detail: StudyDetail) -> dict[str, Runs]:
    return {sweep.name: results.runs(db, detail.spec.name, sweep.name) for sweep in detail.sweeps}


def _context(spec: StudySpec, name: str) -> Context:
    return next(c for c in spec.contexts if c.name == name)
