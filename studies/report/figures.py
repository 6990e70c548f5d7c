"""The figures of a report, drawn from its own rows: for the report's page, for notebooks and for published results."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any

import plotly.graph_objects as go

from studies.comparison.exchange import from_json as comparison_from
from studies.comparison.model import ArmComparison
from studies.errors import Problem, SpecError
from studies.figures.arm_book import ARM_FIGURES, ArmFigureData, draw_arms
from studies.figures.book import FigureData, draw
from studies.figures.theme import LIGHT, Palette
from studies.language.space import Space
from studies.language.spec import StudySpec, restored
from studies.language.trained_words import shown_contexts
from studies.report.columns import runs_of
from studies.report.evidence import judged_evidence
from studies.verdict.exchange import from_json
from studies.verdict.model import Evidence, StudyVerdict

SHOWN = ("landscape", "paired", "slices", "history")  # of every sweep
OF_STUDY = ("drift", "trend")  # of all sweeps together
COMPARED = tuple(kind for kind in ARM_FIGURES if kind != "arm_curves")  # reports hold no curves


def report_figure(
    report: Mapping[str, Any], kind: str, sweep: str | None = None, palette: Palette = LIGHT
) -> go.Figure:
    """One figure of a report.

    Args:
        report: what `studies.report.document` made.
        kind: of `SHOWN` or `OF_STUDY`, or of `COMPARED` where arms are compared.
        sweep: name of a sweep of the report; None: its first.
        palette: colours.

    Raises:
        SpecError: the report has no such figure, or no such sweep.
    """
    compares = "comparison" in report
    kinds, sweeps = COMPARED if compares else SHOWN + OF_STUDY, [each["name"] for each in report["sweeps"]]
    if kind not in kinds:
        raise SpecError([Problem("kind", f"is {kind[:80]!r}; this report has {', '.join(kinds)}")])
    if sweep is not None and sweep not in sweeps:
        raise SpecError([Problem("sweep", f"is {sweep[:80]!r}; this report has {', '.join(sweeps)}")])
    index = 0 if sweep is None else sweeps.index(sweep)
    if compares:
        return draw_arms(kind, arm_data(report, comparison_from(report["comparison"]), index), palette)
    return draw(kind, figure_data(report, restored(report["spec"]), from_json(report["verdict"]), index), palette)


def figure_data(report: Mapping[str, Any], spec: StudySpec, verdict: StudyVerdict, index: int) -> FigureData:
    """The data of the figures of a report's sweep.

    Args:
        report: what `studies.report.document.build_report` made.
        spec: its document, restored.
        verdict: its verdict, restored.
        index: of the sweep, among the report's.
    """
    sweep = report["sweeps"][index]
    return FigureData(
        claim=spec.claim,
        space=_space(sweep, spec),
        objective=spec.measure or verdict.objective,
        runs=runs_of(sweep["runs"], spec.axes.names),
        verdict=verdict.sweeps[index],
        verdicts=verdict.sweeps,
        trends=verdict.trends,
        contexts=shown_contexts(spec),
        widest_space=widest_space(report, spec),
        preregistered=spec.space,
        evidence=_evidence(spec, sweep, verdict),
    )


def _evidence(spec: StudySpec, sweep: Mapping[str, Any], verdict: StudyVerdict) -> Evidence | None:
    """What the verdict was given; None where an earlier release states too little of it."""
    try:
        return judged_evidence(spec, sweep, verdict)
    except (LookupError, TypeError, ValueError):
        return None


def arm_data(report: Mapping[str, Any], found: ArmComparison, index: int) -> ArmFigureData:
    """The data of the figures of a comparison, in the context and under the loss of a report's sweep."""
    sweep = report["sweeps"][index]
    arm = restored(report["spec"]).built_in_of(sweep["context"]).arm
    place = sweep["context"] if arm is None else arm.context
    return ArmFigureData(found, place, sweep["loss"], found.objective)


def widest_space(report: Mapping[str, Any], spec: StudySpec) -> Space:
    """The smallest box that holds those of all sweeps."""
    return reduce(Space.joined, (_space(each, spec) for each in report["sweeps"]))


def _space(sweep: Mapping[str, Any], spec: StudySpec) -> Space:
    """The box in force in a sweep; reports made before boxes could be widened do not speak of it."""
    space = sweep.get("space")
    return spec.space.stored(space) if space else spec.space
