"""The report as one HTML file: opens offline, prints, and needs nothing but itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from studies.figures.answer_picture import answer_panels, oblique
from studies.figures.answers_table import AnswersInfo, answers_info
from studies.figures.book import FigureData, draw
from studies.figures.drift import drift_info
from studies.figures.drift_lead import drift_lead
from studies.figures.drift_table import drift_table
from studies.figures.readings import nearness_reading, slope_reading
from studies.figures.templates import embedded, environment
from studies.figures.trend import trend_figure, trend_info
from studies.figures.trend_table import trend_table
from studies.language.design import LocateDesign
from studies.language.objective_names import LABELS
from studies.language.spec import StudySpec, canonical_json
from studies.language.trained_words import shown_contexts
from studies.language.versions import again_caution
from studies.report.calibrated import calibrated, differs
from studies.report.drawn import at_the_top, drawn_sweeps
from studies.report.figures import SHOWN, figure_data, widest_space
from studies.report.stated import stated_detail
from studies.report.table1_page import reported_points
from studies.verdict.exchange import from_json
from studies.verdict.leading import leading
from studies.verdict.model import StudyVerdict

UNDRAWN = ".figure { display: none; }"  # nothing draws there
LIGHT = (
    "This is the light form of the report: its pictures are drawn already, and figures that can be zoomed are left out."
)


def render_html(report: Mapping[str, Any], *, plotly: bool = True) -> str:
    """The report as a self-contained page.

    Args:
        report: what `studies.report.document.build_report` made.
        plotly: whether it holds plotly.js and the figures that it draws, some 5 MB.
    """
    detail, verdict = stated_detail(report), from_json(report["verdict"])
    spec = detail.spec
    summary, table = detail.summary, reported_points(detail, report)
    rates = calibrated(verdict.analysis_version) if isinstance(spec.design, LocateDesign) else None
    told = summary.tells(decided=verdict.outcome.decides)
    plotly = plotly and table is None  # a table needs none of its figures
    data = [] if table else [figure_data(report, spec, verdict, i) for i in range(len(verdict.sweeps))]
    figures = _figures(data, verdict, spec) if plotly else {}
    lead = leading(verdict.sweeps, spec.claim.primary_loss)
    drift = drift_info(verdict.sweeps, spec.claim, widest_space(report, spec), shown_contexts(spec))
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            spec=spec,
            claim=spec.claim,
            verdict=verdict,
            summary=summary,
            table=table,
            told=told,
            measured_rates=rates,
            other_sizes=differs(rates, spec.design.model_dump()) if rates else (),
            moves=drift_lead(verdict, spec.claim) if told and table is None else None,
            rows={sweep["name"]: sweep for sweep in report["sweeps"]},
            info=_answers(verdict, spec),
            lead=lead,
            top=None if table else at_the_top(verdict.sweeps, lead),
            drawn=drawn_sweeps(data, strips=not plotly),
            again=again_caution(verdict.analysis_version, spec.analysis_version),
            slopes=[slope_reading(sweep.ridge_slope, spec.claim) for sweep in verdict.sweeps],
            panels=() if table else answer_panels(drift),
            oblique=oblique(drift),
            nearness=nearness_reading(verdict.nearness),
            drifts=drift_table(verdict),
            trends=trend_table(verdict.trends, spec.axes),
            axes=_axes(verdict),
            figures=figures,
            shown=SHOWN,
            labels=LABELS,
            **carried(report, figures, plotly=plotly) | ({"light": ""} if table else {}),
        )
    )


def carried(report: Mapping[str, Any], figures: Mapping[str, Any], *, plotly: bool) -> dict[str, Any]:
    """What a page carries with it: its figures' data, the study's document, scripts and styles."""
    return {
        "data": embedded(canonical_json(dict(figures))),
        "document": json.dumps(report["spec"], indent=2, ensure_ascii=False),
        "plotly": Markup(plotly_script() if plotly else ""),
        "style": Markup(page_style() + ("" if plotly else UNDRAWN)),
        "light": "" if plotly else LIGHT,
        "script": Markup(page_script()),
    }


@cache
def plotly_script() -> str:
    """Plotly.js as the installed plotly package ships it."""
    return (
        (resources.files("plotly") / "package_data" / "plotly.min.js")
        .read_text("utf-8")
        .replace("</script", "<\\/script")
    )


def _figures(data: Sequence[FigureData], verdict: StudyVerdict, spec: StudySpec) -> dict[str, Any]:
    """Plotly JSON by element id."""
    drawn: dict[str, Any] = {}
    for i, each in enumerate(data):
        drawn |= {f"{name}-{i}": _plotly(name, each) for name in SHOWN}
        if i == 0:
            drawn["drift"] = _plotly("drift", each)
    for i, axis in enumerate(_axes(verdict)):
        drawn[f"trend-{i}"] = json.loads(trend_figure(trend_info(verdict.trends, spec.axes, axis)).to_json())
    return drawn


def _axes(verdict: StudyVerdict) -> list[str]:
    """Names of the axes that have a trend, in order."""
    return list(dict.fromkeys(trend.axis for trend in verdict.trends))


def _plotly(name: str, data: FigureData) -> dict[str, Any]:
    figure: dict[str, Any] = json.loads(draw(name, data).to_json())
    return figure


def _answers(verdict: StudyVerdict, spec: StudySpec) -> dict[str, AnswersInfo]:
    """The answers by sweep; none under an earlier analysis."""
    found = ((sweep.sweep, answers_info(sweep, spec.claim)) for sweep in verdict.sweeps)
    return {name: info for name, info in found if info is not None}


def page_style() -> str:
    """The style of the page."""
    return _text("report.css") + _shared("answers.css") + _shared("arms.css")


def page_script() -> str:
    """The script of the page; one plain script, since modules do not run in files opened from a disk."""
    return _shared("narrow.js").replace("export function", "function") + _text("report.js")


def _shared(name: str) -> str:
    """A file that the pages of the service use as well."""
    return (resources.files("studies.figures") / name).read_text("utf-8")


@cache
def _environment() -> Environment:
    return environment(PackageLoader("studies.report", "."))


def _text(name: str) -> str:
    return (resources.files("studies.report") / name).read_text("utf-8")
