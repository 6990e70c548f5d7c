"""What a report's page draws of each sweep as SVG, so that it is seen without plotly: the landscape, and the pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from studies.figures.book import NOTES, FigureData, landscape_of, title_of
from studies.figures.landscape_picture import LandscapeShown, landscape_shown
from studies.figures.paired import PairedInfo, paired_info
from studies.figures.paired_picture import paired_picture
from studies.verdict.model import SweepVerdict


@dataclass(frozen=True, slots=True)
class DrawnSweep:
    """One sweep's pictures; where its data are not there, `landscape` and `paired` hold the sentence instead.

    Attributes:
        title: of the landscape.
        landscape: the settings that were measured.
        paired: comparisons with the claim, with their single pairs.
        strips: the same as an SVG element; empty where there is none, and where a figure of plotly shows them.
        note: how to read the differences.
    """

    title: str
    landscape: LandscapeShown
    paired: PairedInfo
    strips: Markup
    note: str


def drawn_sweeps(data: Sequence[FigureData], *, strips: bool) -> tuple[DrawnSweep, ...]:
    """The pictures of all sweeps.

    Args:
        data: of each sweep's figures.
        strips: draw the paired differences, too.
    """
    return tuple(_drawn(each, f"-{i}", strips=strips) for i, each in enumerate(data))


def at_the_top(sweeps: Sequence[SweepVerdict], lead: SweepVerdict | None) -> int | None:
    """The sweep whose landscape stands beside the answer: the leading one, else the first; None where there is none."""
    if lead is None:
        return 0 if sweeps else None
    return next(i for i, sweep in enumerate(sweeps) if sweep.sweep == lead.sweep)


def _drawn(data: FigureData, key: str, *, strips: bool) -> DrawnSweep:
    paired = paired_info(data.verdict, data.evidence)
    picture = paired_picture(paired) if strips else Markup("")
    title = title_of("landscape", data.claim.axes)
    return DrawnSweep(title, landscape_shown(landscape_of(data), key), paired, picture, NOTES["paired"])
