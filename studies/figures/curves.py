"""Learning curves of the trials that matter, the others faint behind them: accuracy per epoch, or what was reported.

Arms of the confirmation that were chosen are drawn as the mean of their runs with its 95 % band (`arm_curves`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import plotly.graph_objects as go

from studies.figures.arm_curves import MeanCurve, RowCurves, mean_curves, mean_traces
from studies.figures.outcome_signs import SIGNS
from studies.figures.scales import even_step
from studies.figures.theme import LIGHT, Palette, axis, empty, frame
from studies.language.objective_names import Judged, is_real, is_share, objective_label
from studies.records import Arm
from studies.verdict.answers import RunOutcome

HEIGHT = 360
ACCURACY = "accuracy"  # what the built-in trainer's curves are of
CHOSEN = "chosen"  # the role of a trial that the reader asked for
DASHES = ("dot", "dash", "dashdot", "longdash")  # of chosen trials; means of arms have others
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
class ArmCurves:
    """An arm of the confirmation with the curves of its runs; without any where it was not chosen."""

    name: str
    title: str
    eta: float
    alpha: float
    runs: tuple[tuple[float | None, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class ArmMean:
    """An arm as it is drawn."""

    eta: float
    alpha: float
    curve: MeanCurve


@dataclass(frozen=True, slots=True)
class CurvesInfo:
    """Curves to draw, the named ones last."""

    named: tuple[Curve, ...]
    faint: tuple[Curve, ...]
    hidden: int  # faint curves that were left out
    empty: str
    measured: Judged = ACCURACY  # what the curves are of
    arms: tuple[ArmMean, ...] = ()


def curves_info(curves: Sequence[Curve], measured: Judged = ACCURACY, arms: Sequence[ArmCurves] = ()) -> CurvesInfo:
    """Sort curves into named and faint ones, and take the means of arms.

    Args:
        curves: of trials; one without a value is left out.
        measured: what they are of: accuracy, or the measure that trainers of the user's own report.
        arms: all of the confirmation; those without runs keep their colours and are left out.
    """
    known = [c for c in curves if c.accuracy]
    named = tuple(c for c in known if c.role)
    rest = [c for c in known if not c.role]
    shown = tuple(rest[:: even_step(len(rest), FAINT_LIMIT)])
    return CurvesInfo(
        named=named,
        faint=shown,
        hidden=len(rest) - len(shown),
        empty="" if known or any(any(arm.runs) for arm in arms) else _nothing(bool(curves)),
        measured=measured,
        arms=_means(arms, measured),
    )


def _means(arms: Sequence[ArmCurves], measured: Judged) -> tuple[ArmMean, ...]:
    rows = [RowCurves(arm.name, arm.title, "plain", arm.runs) for arm in arms]
    places = {arm.name: (arm.eta, arm.alpha) for arm in arms}
    ends = (-math.inf if is_real(measured) else 0.0, 1.0 if is_share(measured) else math.inf)
    return tuple(
        ArmMean(*places[curve.mark.arm], replace(curve, mark=replace(curve.mark, is_claim=curve.mark.arm == Arm.CLAIM)))
        for curve in mean_curves(rows, ends)
    )


def _nothing(finished: bool) -> str:
    if finished:
        return "No learning curve: the trainer reported no values on the way."
    return "No learning curve yet. The first appears when a trial finishes."


def curves_figure(info: CurvesInfo, palette: Palette = LIGHT) -> go.Figure:
    """Learning curves as a plotly figure."""
    if info.empty:
        return empty(palette, info.empty)
    entries = len({(curve.role, curve.trial) for curve in info.named if curve.role == CHOSEN}) + len(info.arms)
    figure = frame(palette, height=HEIGHT + 22 * (entries // 3))
    if info.faint:
        figure.add_trace(_faint(info.faint, palette))
    for outcome in SIGNS:
        ended = [curve for curve in (*info.faint, *info.named) if curve.outcome == outcome]
        if ended and outcome != RunOutcome.TRAINED:
            figure.add_trace(_ends(ended, outcome, palette))
    share, orders = is_share(info.measured), _orders(info.named)
    for arm in info.arms:
        figure.add_traces(list(mean_traces(arm.curve, palette, is_share=share)))
    seen: set[str] = set()
    for curve in info.named:
        group = _group(curve)
        figure.add_trace(_named(curve, palette, first=group not in seen, share=share, order=orders.get(group, 0)))
        seen.add(group)
    shown = {"tickformat": ".0%", "range": [0, 1.02]} if is_share(info.measured) else {}
    figure.update_layout(
        meta={"rows": entries},
        xaxis=axis(palette, "epoch", rangemode="tozero"),
        yaxis=axis(palette, objective_label(info.measured), **shown),
    )
    return figure


def _group(curve: Curve) -> str:
    """The legend's entry that a curve belongs to: its role, or its trial where it was chosen."""
    return f"{CHOSEN} {curve.trial}" if curve.role == CHOSEN else curve.role


def _orders(named: Sequence[Curve]) -> dict[str, int]:
    """The place of each chosen trial, which its colour and line follow."""
    chosen = dict.fromkeys(_group(curve) for curve in named if curve.role == CHOSEN)
    return {group: i for i, group in enumerate(chosen)}


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


def _named(curve: Curve, palette: Palette, *, first: bool, share: bool, order: int) -> go.Scatter:
    tones = (palette.rival, palette.untrained, palette.collapsed, palette.diverged, palette.best)
    colour, dash = {
        "claim": (palette.claim, "solid"),
        "best": (palette.best, "dash"),
        CHOSEN: (tones[order % len(tones)], DASHES[order % len(DASHES)]),
    }[curve.role]
    label = {"claim": "claim", "best": "best measured", CHOSEN: f"trial #{curve.trial}"}[curve.role]
    digits = ".2%" if share else ".4g"
    return go.Scatter(
        x=list(range(1, len(curve.accuracy) + 1)),
        y=list(curve.accuracy),
        mode="lines",
        name=label,
        legendgroup=_group(curve),
        showlegend=first,
        line={"color": colour, "dash": dash, "width": 2.4},
        hovertemplate=f"{label}, trial #{curve.trial}<br>epoch %{{x}}: %{{y:{digits}}}<extra></extra>",
    )
