"""The phases of a study, in the order in which they are planned."""

from __future__ import annotations

from enum import StrEnum


class Phase(StrEnum):
    """The purpose of a trial. Only search and tune are adaptive; only map, zoom, confirm and controls are evidence."""

    MAP = "map"
    WIDEN = "widen"  # further map points, in the strip by which the box was widened
    ZOOM = "zoom"
    CONFIRM = "confirm"
    CONTROLS = "controls"
    SEARCH = "search"
    CV = "cv"
    TUNE = "tune"  # of a comparison: finds an arm's point, on seeds of its own
    MEASURE = "measure"  # of a comparison: paired runs of its arms


PAIRED_PHASES = (Phase.CONFIRM, Phase.CONTROLS)  # whose runs are compared in pairs, on fresh seeds
GROWING_PHASES = (Phase.SEARCH, Phase.CV)  # that an extension by `more` makes longer
