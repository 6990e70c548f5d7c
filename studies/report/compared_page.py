"""The report of a comparison as one HTML file: opens offline, prints, and needs nothing but itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader

from studies.comparison.exchange import from_json
from studies.comparison.headline import headline
from studies.comparison.model import ArmComparison
from studies.comparison.words import LABELS
from studies.figures.arm_along import AlongTable, along_table
from studies.figures.arm_answer import ArmPicture, answer_picture
from studies.figures.arm_book import ArmFigureData, draw_arms
from studies.figures.arm_table import ArmLine, ArmTable, arm_tables, width_lines
from studies.figures.templates import environment
from studies.language.spec import restored
from studies.report.page import carried


def render_comparison(report: Mapping[str, Any], *, plotly: bool = True) -> str:
    """The report of a study that compares arms as a self-contained page.

    Args:
        report: what `studies.report.document.build_comparison_report` made.
        plotly: as of `studies.report.page.render_html`.
    """
    spec, found = restored(report["spec"]), from_json(report["comparison"])
    tables = arm_tables(found)
    figures = _figures(found) if plotly else {}
    every = {name: arm_tables(found, name) for name in found.objectives}
    return (
        _environment()
        .get_template("compared.html.j2")
        .render(
            report=report,
            spec=spec,
            found=found,
            tables=tables,
            every=[[each[i] for each in every.values()] for i in range(len(tables))],
            widths=width_lines(found),
            labels=LABELS,
            figures=figures,
            answers=[arm_answer(found, loss) for loss in spec.losses],
            **carried(report, figures, plotly=plotly),
        )
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """What leads the report under one loss: the sentence, the table, the picture; None where there is none."""

    loss: str
    lead: str
    widths: tuple[tuple[str, str, tuple[ArmLine, ...]], ...]
    along: AlongTable | None
    table: ArmTable
    picture: ArmPicture | None


def arm_answer(found: ArmComparison, loss: str) -> Answer:
    """What leads a comparison under one of its losses."""
    tables = [table for table in arm_tables(found) if table.loss == loss]
    widths = [group for group in width_lines(found) if group[1] == loss] if found.widths_first else []
    return Answer(
        loss=loss,
        lead=headline(found, loss),
        widths=tuple(widths),
        along=along_table(found, loss),
        table=tables[0],
        picture=answer_picture(found, tables[0].context, loss, found.objective),
    )


def _figures(found: ArmComparison) -> dict[str, Any]:
    """Plotly JSON by element id: dots of every context and loss, and once a loss what is along the axes."""
    drawn: dict[str, Any] = {}
    for i, table in enumerate(arm_tables(found)):
        data = ArmFigureData(found, table.context, table.loss, found.objective)
        drawn[f"arms-{i}"] = json.loads(draw_arms("arms", data).to_json())
        axis = next((row.axis for row in data.here), "")
        if axis and f"{axis} {table.loss}" not in drawn:
            drawn[f"{axis} {table.loss}"] = json.loads(draw_arms("arm_axis", data).to_json())
    along = {f"along-{i}": drawn.pop(key) for i, key in enumerate([key for key in drawn if " " in key])}
    return drawn | along


@cache
def _environment() -> Environment:
    return environment(PackageLoader("studies.report", "."))
