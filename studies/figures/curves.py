"""Learning curves of the trials that matter, the others faint behind them: accuracy per epoch, or what was reported."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from studies.figures.outcome_signs import SIGNS
from studies.figures.theme import LIGHT, Palette, axis, empty, frame
from studies.language.objective_names import Judged, is_share, objective_label
from studies.verdict.answers import RunOutcome

HEIGHT = 360
ACCURACY = "accuracy"  # what the built-in trainer's curves are of
FAINT_LIMIT = 200  # curves drawn behind the named ones; more would only be a grey mass


@dataclass(frozen=True, slots=True)
class Curve:
    """Mean accuracy, or reported measure, per epoch of one trial. `role` is "claim", "best", "chosen" or "" (faint)."""

    trial: int
    eta: float
    alpha: float
    role: str
    accuracy: tuple[float | None, ...]
    outcome: str = RunOutcome.TRAINED.value  # a key of `SIGNS`


@dataclass(frozen=True, slots=True)
class CurvesInfo:
    """Curves to draw, the named ones last."""

    named: tuple[Curve, ...]
    faint: tuple[Curve, ...]
    hidden: int  # faint curves that were left out
    empty: str
    measured: Judged = ACCURACY  # what the curves are of


def curves_info(curves: Sequence[Curve], measured: Judged = ACCURACY) -> CurvesInfo:
    """Sort curves into named and faint ones; of each role the claim may have several, the others one.

    Args:
        curves: of trials; one without a value is left out.
        measured: what they are of: accuracy, or the measure that trainers of the user's own report.
    """
    known = [c for c in curves if c.accuracy]
    named = tuple(c for c in known if c.role)
    rest = [c for c in known if not c.role]
    step = max(1, math.ceil(len(rest) / FAINT_LIMIT))
    shown = tuple(rest[::step])
    return CurvesInfo(
        named=named,
        faint=shown,
        hidden=len(rest) - len(shown),
        empty="" if known else _nothing(bool(curves)),
        measured=measured,
    )


def _nothing(finished: bool) -> str:
    if finished:
        return "No learning curve: the trainer reported no values on the way."
    return "No learning curve yet. The first appears when a trial finishes."


def curves_figure(info: CurvesInfo, palette: Palette = LIGHT) -> go.Figure:
    """Learning curves as a plotly figure."""
    if info.empty:
        return empty(palette, info.empty)
    figure = frame(palette, height=HEIGHT)
    if info.faint:
        figure.add_trace(_faint(info.faint, palette))
    for outcome in SIGNS:
        ended = [curve for curve in (*info.faint, *info.named) if curve.outcome == outcome]
        if ended and outcome != RunOutcome.TRAINED:
            figure.add_trace(_ends(ended, outcome, palette))
    seen: set[str] = set()
    for curve in info.named:
        figure.add_trace(_named(curve, palette, first=curve.role not in seen, share=is_share(info.measured)))
        seen.add(curve.role)
    shown = {"tickformat": ".0%", "range": [0, 1.02]} if is_share(info.measured) else {}
    figure.update_layout(
        xaxis=axis(palette, "epoch", rangemode="tozero"),
        yaxis=axis(palette, objective_label(info.measured), **shown),
    )
    return figure


def _faint(curves: Sequence[Curve], palette: Palette) -> go.Scatter:
    """All faint curves as one trace, separated by gaps."""
    x: list[int | None] = []
    y: list[float | None] = []
    for curve in curves:
        x += [*range(1, len(curve.accuracy) + 1), None]
        y += [*curve.accuracy, None]
    return go.Scatter(
        x=x, y=y, mode="lines", name="other trials", hoverinfo="skip", line={"color": palette.faint, "width": 1}
    )


def _ends(curves: Sequence[Curve], outcome: str, palette: Palette) -> go.Scatter:
    """The outcome's sign at the end of each of these curves."""
    sign = SIGNS[outcome]
    return go.Scatter(
        x=[len(curve.accuracy) for curve in curves],
        y=[curve.accuracy[-1] for curve in curves],
        mode="markers",
        name=sign.word,
        marker=sign.marker(palette),
        customdata=[curve.trial for curve in curves],
        hovertemplate=f"trial #%{{customdata}} {sign.word}<extra></extra>",
    )


def _named(curve: Curve, palette: Palette, *, first: bool, share: bool) -> go.Scatter:
    colour, dash = {
        "claim": (palette.claim, "solid"),
        "best": (palette.best, "dash"),
        "chosen": (palette.rival, "dot"),
    }[curve.role]
    label = {"claim": "claim", "best": "best measured", "chosen": f"trial #{curve.trial}"}[curve.role]
    digits = ".2%" if share else ".4g"
    return go.Scatter(
        x=list(range(1, len(curve.accuracy) + 1)),
        y=list(curve.accuracy),
        mode="lines",
        name=label,
        legendgroup=curve.role,
        showlegend=first,
        line={"color": colour, "dash": dash, "width": 2.4},
        hovertemplate=f"{label}, trial #{curve.trial}<br>epoch %{{x}}: %{{y:{digits}}}<extra></extra>",
    )
