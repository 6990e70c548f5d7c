"""From stored rows to a verdict and a report: reads, then calls pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studies.errors import NoVerdictError
from studies.evidence import evidence
from studies.language.claim import Objective
from studies.language.spec import StudySpec
from studies.records import Runs
from studies.storage import overview, results
from studies.storage.engine import Database
from studies.storage.read_models import StudyDetail
from studies.verdict.decide import decide_study
from studies.verdict.model import Evidence, StudyVerdict


def judge(db: Database, study: str, objective: Objective | None = None, analysis: int | None = None) -> StudyVerdict:
    """The study's verdict on everything measured so far.

    Args:
        study: its name.
        objective: to judge by; None: the claim's.
        analysis: version to judge under; None: the document's own.

    Raises:
        StudyNotFoundError: there is no such study.
        NoVerdictError: the study compares arms.
        StorageUnavailableError: the database cannot be reached.
    """
    return judged(db, study, objective, analysis)[1]


def judged(
    db: Database, study: str, objective: Objective | None = None, analysis: int | None = None
) -> tuple[StudyDetail, StudyVerdict]:
    """The study as it was read, and then judged; errors as `judge`. It may have changed while its runs were read."""
    detail = overview.get(db, study)
    require_claim(detail.spec)
    return detail, verdict_on(detail, runs_of(db, detail), objective, analysis)


def report(db: Database, study: str) -> dict[str, Any]:
    """The study's report: verdict, rows and everything needed to recompute it; same errors as `judge`."""
    from studies.report.document import build_report  # brings Plotly, which verdicts alone do without

    detail = overview.get(db, study)
    require_claim(detail.spec)
    runs = runs_of(db, detail)
    return build_report(detail, runs, verdict_on(detail, runs))


def verdict_on(
    detail: StudyDetail, runs: Mapping[str, Runs], objective: Objective | None = None, analysis: int | None = None
) -> StudyVerdict:
    """The verdict on given runs, by sweep name; arguments as of `judge`. Pure."""
    return verdict_from(detail.spec, evidence_of(detail, runs, objective, analysis))


def evidence_of(
    detail: StudyDetail, runs: Mapping[str, Runs], objective: Objective | None = None, analysis: int | None = None
) -> dict[str, Evidence]:
    """The evidence in given runs, both by sweep name, in the study's order; arguments as of `judge`.

    Raises:
        NoVerdictError: the study compares arms.
    """
    require_claim(detail.spec)
    return {sweep.name: evidence(detail.spec, sweep, runs[sweep.name], objective, analysis) for sweep in detail.sweeps}


def verdict_from(spec: StudySpec, measured: Mapping[str, Evidence]) -> StudyVerdict:
    """The verdict on evidence that is gathered already, of every sweep in the study's order; pure.

    Raises:
        NoVerdictError: the study compares arms.
    """
    require_claim(spec)
    return decide_study(spec.name, spec.claim_hash, list(measured.values()))


def require_claim(spec: StudySpec) -> None:
    """Pass studies on which there is a verdict.

    Raises:
        NoVerdictError: the study compares arms.
    """
    if spec.compares:
        raise NoVerdictError(spec.name)


def runs_of(db: Database, detail: StudyDetail) -> dict[str, Runs]:
    """The runs of every sweep of a study, by its name; same errors as `judge`."""
    return {sweep.name: results.runs(db, detail.spec.name, sweep.name) for sweep in detail.sweeps}
