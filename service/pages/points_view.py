"""The means of a cross-validation, as its page leads with them."""

from __future__ import annotations

from studies.judgement import runs_of
from studies.report.table1 import table_of_study
from studies.report.table1_page import PointsTable, points_table
from studies.storage.engine import Database
from studies.storage.read_models import StudyDetail


def points_view(db: Database, detail: StudyDetail) -> PointsTable:
    """Means at the points of a study, of all its sweeps.

    Raises:
        StorageUnavailableError: the database cannot be reached.
    """
    return points_table(detail.spec, table_of_study(detail, runs_of(db, detail)))
