"""The landscape of a study's page: drawn by the service, read without a script."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from service.figure_data import read_figure_data
from service.pages.study_view import StudyView
from studies.figures.book import landscape_of
from studies.figures.landscape_picture import caption, landscape_picture
from studies.storage.engine import Database


@dataclass(frozen=True, slots=True)
class LandscapeView:
    """The picture of the chosen sweep, an SVG element that is empty before the first run, and what its marks mean."""

    picture: Markup
    caption: str


def landscape_view(db: Database, view: StudyView) -> LandscapeView:
    """Read and draw the chosen sweep's landscape, without its region while there is no verdict.

    Raises:
        StorageUnavailableError: the database cannot be reached.
    """
    data = read_figure_data(
        db, view.detail, view.sweep, cached=view.cached, with_curves=False, objective=view.objective
    )
    info = landscape_of(data)
    return LandscapeView(landscape_picture(info), "" if info.empty else caption(info))
