"""The landscape of a study's page: drawn by the service, read without a script."""

from __future__ import annotations

from service.figure_data import read_figure_data
from service.pages.study_view import StudyView
from studies.figures.book import landscape_of
from studies.figures.landscape_picture import LandscapeShown, landscape_shown
from studies.storage.engine import Database


def landscape_view(db: Database, view: StudyView) -> LandscapeShown:
    """Read and draw the chosen sweep's landscape, without its region while there is no verdict.

    Raises:
        StorageUnavailableError: the database cannot be reached.
    """
    data = read_figure_data(
        db, view.detail, view.sweep, cached=view.cached, with_curves=False, objective=view.objective
    )
    return landscape_shown(landscape_of(data))
