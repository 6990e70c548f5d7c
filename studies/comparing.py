"""From stored rows to a comparison and its report: reads, then calls pure functions."""

from __future__ import annotations

from typing import Any

from studies.comparison.model import ArmComparison
from studies.comparison.of_study import comparison
from studies.errors import NoComparisonError
from studies.judgement import runs_of
from studies.storage import overview
from studies.storage.engine import Database
from studies.storage.read_models import StudyDetail


def compare(db: Database, study: str) -> tuple[StudyDetail, ArmComparison]:
    """A study that compares arms, and what everything measured so far says.

    Raises:
        StudyNotFoundError: there is no such study.
        NoComparisonError: it compares no arms.
        StorageUnavailableError: the database cannot be reached.
    """
    detail = overview.get(db, study)
    require_arms(detail)
    return detail, comparison(detail.spec, runs_of(db, detail))


def report(db: Database, study: str) -> dict[str, Any]:
    """The report of a study that compares arms: comparison, rows and everything needed to recompute it.

    Raises: as `compare`.
    """
    from studies.report.document import build_comparison_report  # brings Plotly, which comparisons alone do without

    detail = overview.get(db, study)
    require_arms(detail)
    return build_comparison_report(detail, runs_of(db, detail))


def require_arms(detail: StudyDetail) -> None:
    """See that a study compares arms.

    Raises:
        NoComparisonError: it does not.
    """
    if not detail.spec.compares:
        raise NoComparisonError(f"study {detail.summary.name} compares no arms; see its verdict")
