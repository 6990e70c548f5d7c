"""Empirical distribution of the trials' means, a step curve per phase; failed trials stand at its foot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from studies.figures.figure_table import FigureTable
from studies.figures.numbers import number, percent
from studies.figures.precision import on_axis, significant
from studies.figures.scales import Ticks, even_step, good_span, shade, shade_ticks
from studies.figures.theme import LIGHT, Palette, axis, empty, frame
from studies.figures.trial_values import TrialValues, trial_values
from studies.language.objective_names import Judged, is_share, objective_label
from studies.records import Runs

HEIGHT = 340
WORST_SHOWN = 0.1  # quantile of the values at which the axis starts
DASHES = ("solid", "dash", "dot", "dashdot")
MOST_STEPS = 500  # of a curve; more would differ by less than a line is wide
SHARES = (0.1, 0.5, 0.9)  # of the trials, which the table reads off


@dataclass(frozen=True, slots=True)
class Steps:
    """One phase: its trials' values from worst to best, and how many have none."""

    phase: str
    values: tuple[float, ...]  # raw
    shades: tuple[float, ...]
    failed: int

    @property
    def trials(self) -> int:
        """All trials of the phase."""
        return len(self.values) + self.failed

    def reached_by(self, share: float) -> float | None:
        """The value that the best `share` of the trials reach; None where some of them have none."""
        needed = max(1, int(np.ceil(share * self.trials - 1e-9)))
        return self.values[-needed] if needed <= len(self.values) else None


@dataclass(frozen=True, slots=True)
class EdfInfo:
    """Curves in the order of the phases, and the claim's mean."""

    steps: tuple[Steps, ...]
    claim: float | None  # drawn scale
    objective: Judged
    span: tuple[float, float]
    ticks: Ticks
    said: str
    empty: str


def edf_info(runs: Runs, *, objective: Judged, outcome: NDArray[np.str_] | None = None) -> EdfInfo:
    """The distribution per phase; arguments as of `trial_values`."""
    every = trial_values(runs, objective, outcome)
    steps = tuple(_steps(every.where(every.phase == phase), phase) for phase in dict.fromkeys(every.phase.tolist()))
    shades = every.shade[every.known]
    claimed = every.value[every.claim & every.known]
    span = good_span(shades, WORST_SHOWN)
    return EdfInfo(
        steps=steps,
        claim=float(shade(claimed.mean(), objective)) if len(claimed) else None,
        objective=objective,
        span=span,
        ticks=shade_ticks(*span, objective),
        said=" ".join(_said(found, objective) for found in steps),
        empty="" if len(every) else "Nothing measured yet.",
    )


def edf_figure(info: EdfInfo, palette: Palette = LIGHT) -> go.Figure:
    """Share of the trials that are at most as good, over the value; better to the right."""
    if info.empty:
        return empty(palette, info.empty)
    figure = frame(palette, height=HEIGHT)
    colours = (palette.best, palette.rival, palette.untrained, palette.muted)
    for i, found in enumerate(info.steps):
        line = {"shape": "hv", "width": 2, "color": colours[i % len(colours)], "dash": DASHES[i % len(DASHES)]}
        figure.add_trace(_curve(found, info, line))
    if info.claim is not None:
        at = min(max(info.claim, info.span[0]), info.span[1])
        gold = {"color": palette.claim, "width": 2, "dash": "dash"}
        figure.add_trace(
            go.Scatter(x=[at, at], y=[0, 1], mode="lines", name="claim’s mean", line=gold, hoverinfo="skip")
        )
    pad = 0.02 * (info.span[1] - info.span[0] or 1.0)
    x = axis(
        palette,
        f"{objective_label(info.objective)}, better to the right",
        tickvals=list(info.ticks.at),
        ticktext=list(info.ticks.text),
        range=[info.span[0] - pad, info.span[1] + pad],
    )
    y = axis(palette, "trials at most as good", tickformat=".0%", range=[0, 1.02])
    figure.update_layout(xaxis=x, yaxis=y)
    return figure


def edf_table(info: EdfInfo) -> FigureTable:
    """A row per phase: its trials, those without a value, and what the best tenth, half and nine tenths reach."""
    columns = ("phase", "trials", "without a value", "best", *(f"best {100 * share:g} % reach" for share in SHARES))
    rows = [
        (
            found.phase,
            found.trials,
            found.failed,
            found.values[-1] if found.values else None,
            *(found.reached_by(share) for share in SHARES),
        )
        for found in info.steps
    ]
    return FigureTable.of(columns, rows, info.said or info.empty)


def _steps(found: TrialValues, phase: str) -> Steps:
    known = found.where(found.known)
    order = np.argsort(known.shade, kind="stable")
    return Steps(phase, tuple(known.value[order].tolist()), tuple(known.shade[order].tolist()), len(found) - len(known))


def _curve(found: Steps, info: EdfInfo, line: dict[str, object]) -> go.Scatter:
    n = found.trials
    last = len(found.shades) - 1
    drawn = [i for i in range(len(found.shades)) if i % even_step(last + 1, MOST_STEPS) == 0 or i == last]
    heights = [found.failed / n, *((found.failed + i + 1) / n for i in drawn)]
    return go.Scatter(
        x=[info.span[0] - 1e9, *on_axis((found.shades[i] for i in drawn), info.span)],
        y=on_axis(heights, (0.0, 1.0)),
        mode="lines",
        name=f"{found.phase} ({n:,})",
        line=line,
        customdata=[None, *significant(found.values[i] for i in drawn)],
        hovertemplate=f"{found.phase}: %{{y:.0%}} at most %{{customdata:.4g}}<extra></extra>",
    )


def _said(found: Steps, objective: Judged) -> str:
    half, tenth = found.reached_by(0.5), found.reached_by(0.1)
    gone = f", {found.failed:,} without a value" if found.failed else ""
    middle = "" if half is None else f": half of them reach {_written(half, objective)}"
    best = "" if tenth is None else f"{', ' if middle else ': '}the best tenth {_written(tenth, objective)}"
    return f"{found.phase.capitalize()}, {found.trials:,} trials{gone}{middle}{best}."


def _written(value: float, objective: Judged) -> str:
    return percent(value, 1) if is_share(objective) else number(value, 4)
