"""Optima of several studies on common scales: each study's rows below its name, beside its own claim's band.

Drawn as SVG without plotly, in the pieces and by the rules of `answer_picture`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from studies.figures.answer_picture import FOOT, NAME, ROW, WIDTH, Panel, draw_band, draw_row, draw_scale, panels_of
from studies.figures.drift import DriftInfo
from studies.figures.svg import cut, element, line, text

HEAD, CLAIM, NONE, GAP = 24.0, 24.0, 26.0, 16.0  # heights: of a name, of a claim's value, of "none", between studies
MOST_NAME = 46  # characters


@dataclass(frozen=True, slots=True)
class StudyOptima:
    """One study: its name, and its optima on the scales that all studies share."""

    name: str
    info: DriftInfo

    @property
    def height(self) -> float:
        """Of its part of the picture."""
        return HEAD + CLAIM + (ROW * len(self.info.rows) if self.info.rows else NONE)


def studies_panels(studies: Sequence[StudyOptima]) -> tuple[Markup, ...]:
    """One SVG element per parameter; none without studies. All infos have the same ranges."""
    if not studies:
        return ()
    height = sum(study.height + GAP for study in studies) + FOOT
    panels = [panels_of(study.info) for study in studies]
    return tuple(_panel(studies, [pair[i] for pair in panels], height) for i in (0, 1))


def _panel(studies: Sequence[StudyOptima], panels: Sequence[Panel], height: float) -> Markup:
    parts = [*draw_scale(panels[0], height - FOOT, height)]
    top = 0.0
    for study, panel in zip(studies, panels, strict=True):
        parts += _study(study, panel, top)
        top += study.height + GAP
    said = "; ".join(_said(study, panel) for study, panel in zip(studies, panels, strict=True))
    summary = f"Where each study’s optimum of {panels[0].shown.title} lies beside its claim. {said}."
    return element(WIDTH, height, Markup("").join(parts), names=NAME, said=summary)


def _study(study: StudyOptima, panel: Panel, top: float) -> Iterator[Markup]:
    if top:
        yield line(0, top - GAP / 2, WIDTH, top - GAP / 2, "grid")
    yield from draw_band(panel, top + HEAD + CLAIM - 4, top + study.height)
    yield text(0, top + 16, cut(study.name, MOST_NAME), "name study")
    if not study.info.rows:
        yield text(10, top + HEAD + CLAIM + 15, "no optimum located", "value")
    for i, row in enumerate(study.info.rows):
        yield from draw_row(row, panel, i, top + HEAD + CLAIM + ROW * i)


def _said(study: StudyOptima, panel: Panel) -> str:
    rows = [
        f"{', '.join(row.lines)} {panel.shown.text(value.estimate)}"
        + (f" (95 %: {panel.shown.span(value)})" if value.low is not None else "")
        for row, value in zip(study.info.rows, panel.values, strict=True)
    ]
    return f"{study.name}: {', '.join(rows) or 'no optimum located'}"
