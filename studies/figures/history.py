"""Progress: every trial in order, and the best so far. Shows where to look; it is never evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from studies.figures.outcome_signs import AT_CHANCE, SIGNS
from studies.figures.precision import on_axis, significant
from studies.figures.scales import Ticks, even_step, good_span, shade_ticks
from studies.figures.theme import LIGHT, Palette, axis, empty, frame
from studies.figures.trial_values import trial_values
from studies.language.objective_names import Judged, objective_label
from studies.records import Runs
from studies.verdict.answers import RunOutcome

HEIGHT = 320
WORST_SHOWN = 0.15  # quantile of the trials at which the axis starts
MOST_MARKS = 2000  # trials drawn of one kind; more would only be a grey mass, and heavy to send


@dataclass(frozen=True, slots=True)
class PhaseSpan:
    """Trials of one phase: first and last number."""

    phase: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class HistoryInfo:
    """Means per trial on the drawn scale (larger is better), and the running best."""

    objective: Judged
    trials: tuple[int, ...]
    values: tuple[float, ...]  # raw
    shades: tuple[float, ...]
    signs: tuple[str, ...]  # outcomes that these trials are drawn by, keys of `SIGNS`
    best_so_far: tuple[float, ...]  # drawn scale
    failed: tuple[tuple[str, tuple[int, ...]], ...]  # outcomes without a value, each with its trials' numbers
    phases: tuple[PhaseSpan, ...]
    floor: float  # worse trials are drawn here, so that the good end gets the room
    ticks: Ticks
    empty: str


def history_info(runs: Runs, *, objective: Judged, outcome: NDArray[np.str_] | None = None) -> HistoryInfo:
    """Mean of each trial none of whose runs ended at chance, in order of trial number, with the running best.

    Args:
        runs: of one sweep.
        objective: whose means are drawn.
        outcome: of each run, as the verdict found it; None: by the runs' causes.
    """
    every = trial_values(runs, objective, outcome)
    found = every.where(every.known)
    shades = found.shade
    low, high = good_span(shades, WORST_SHOWN)
    return HistoryInfo(
        objective=objective,
        trials=tuple(found.number.tolist()),
        values=tuple(found.value.tolist()),
        shades=tuple(shades.tolist()),
        signs=tuple(found.sign.tolist()),
        best_so_far=tuple(np.maximum.accumulate(shades).tolist()) if len(shades) else (),
        failed=tuple((name, rows) for name in AT_CHANCE if (rows := tuple(every.number[every.sign == name].tolist()))),
        phases=_phases(runs),
        floor=low,
        ticks=shade_ticks(low, high, objective),
        empty="" if len(runs) else "Nothing measured yet.",
    )


def history_figure(info: HistoryInfo, palette: Palette = LIGHT) -> go.Figure:
    """Progress as a plotly figure."""
    if info.empty:
        return empty(palette, info.empty)
    figure = frame(palette, height=HEIGHT)
    figure.add_trace(_trials(info, palette))
    figure.add_trace(_best_so_far(info, palette))
    for name, numbers in info.failed:
        drawn = numbers[:: even_step(len(numbers), MOST_MARKS)]
        figure.add_trace(_marks(name, drawn, [info.floor] * len(drawn), palette))
    collapsed = [i for i, sign in enumerate(info.signs) if sign == RunOutcome.COLLAPSED]
    if collapsed:
        heights = [max(info.shades[i], info.floor) for i in collapsed]
        figure.add_trace(_marks(RunOutcome.COLLAPSED, [info.trials[i] for i in collapsed], heights, palette))
    _add_phases(figure, info, palette)
    _say_how_many(figure, info, palette)
    y = axis(palette, objective_label(info.objective), tickvals=list(info.ticks.at), ticktext=list(info.ticks.text))
    figure.update_layout(xaxis=axis(palette, "trial"), yaxis=y, legend={"y": 1.08})
    return figure


def _say_how_many(figure: go.Figure, info: HistoryInfo, palette: Palette) -> None:
    """A line below the axis where not every trial is drawn."""
    of_each = [len(info.shades), *(len(numbers) for _, numbers in info.failed)]
    if max(of_each) > MOST_MARKS:
        text = f"an even choice of {sum(of_each):,} trials; the line is of all"
        font = {"size": 11, "color": palette.muted}
        place = {"x": 1, "y": 0, "xref": "paper", "yref": "paper", "xanchor": "right", "yanchor": "bottom"}
        figure.add_annotation(text=text, font=font, showarrow=False, bgcolor=palette.surface, opacity=0.92, **place)


def _trials(info: HistoryInfo, palette: Palette) -> go.Scatter:
    """Each trial's mean, of an even choice where there are too many; those below the floor as triangles on it."""
    rows = even_choice(info.shades)
    shades = [info.shades[i] for i in rows]
    return go.Scatter(
        x=[info.trials[i] for i in rows],
        y=_heights(info, shades),
        mode="markers",
        name="trial",
        marker={
            "size": [7 if s < info.floor else 5 for s in shades],
            "symbol": ["triangle-down" if s < info.floor else "circle" for s in shades],
            "color": palette.muted,
            "opacity": 0.55,
        },
        hovertemplate="trial #%{x}: %{customdata:.4g}<extra></extra>",
        customdata=significant(info.values[i] for i in rows),
    )


def even_choice(shades: Sequence[float]) -> list[int]:
    """Rows that are drawn of the trials, in order: all, or every so many and the best."""
    step = even_step(len(shades), MOST_MARKS)
    best = int(np.argmax(shades)) if len(shades) else 0
    return [i for i in range(len(shades)) if i % step == 0 or i == best]


def _best_so_far(info: HistoryInfo, palette: Palette) -> go.Scatter:
    """The running best as a line of steps: its corners and its end are all that it takes."""
    best, last = info.best_so_far, len(info.best_so_far) - 1
    rows = [i for i in range(len(best)) if i in (0, last) or best[i] > best[i - 1]]
    return go.Scatter(
        x=[info.trials[i] for i in rows],
        y=_heights(info, [best[i] for i in rows]),
        mode="lines",
        name="best so far",
        line={"color": palette.best, "width": 2, "shape": "hv"},
        hoverinfo="skip",
    )


def _heights(info: HistoryInfo, shades: Sequence[float]) -> list[float]:
    """Positions on the vertical axis; what lies below the floor is drawn on it."""
    ends = (info.floor, max(info.shades, default=info.floor))
    floor, *heights = on_axis((info.floor, *shades), ends)
    return [max(height, floor) for height in heights]


def _marks(outcome: str, trials: Sequence[int], heights: Sequence[float], palette: Palette) -> go.Scatter:
    """The outcome's sign for each of these trials."""
    sign = SIGNS[outcome]
    return go.Scatter(
        x=list(trials),
        y=list(heights),
        mode="markers",
        name=sign.word,
        marker=sign.marker(palette, size=6),
        hovertemplate=f"trial #%{{x}} {sign.word}<extra></extra>",
    )


def _add_phases(figure: go.Figure, info: HistoryInfo, palette: Palette) -> None:
    for span in info.phases:
        if span.first > 0:
            figure.add_vline(x=span.first - 0.5, line={"color": palette.grid, "width": 1.5})
        figure.add_annotation(
            x=span.first,
            y=1,
            yref="paper",
            yanchor="bottom",
            xanchor="left",
            text=span.phase,
            showarrow=False,
            font={"size": 11, "color": palette.muted},
        )


def _phases(runs: Runs) -> tuple[PhaseSpan, ...]:
    """Evidence phases in order of their first trial; controls run inside confirm and count as confirm here."""
    spans = []
    names = ["confirm" if p == "controls" else str(p) for p in runs.phase]
    for phase in dict.fromkeys(names):
        rows = runs.trial[np.asarray(names) == phase]
        spans.append(PhaseSpan(phase, int(rows.min()), int(rows.max())))
    return tuple(spans)
