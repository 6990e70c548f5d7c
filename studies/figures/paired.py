"""Paired differences: other points minus the claim on the same seeds, with the margin of practical equivalence."""

from __future__ import annotations

from dataclasses import dataclass

import plotly.graph_objects as go

from studies.figures.arms import arm_name
from studies.figures.numbers import number, point, signed
from studies.figures.theme import LIGHT, Palette, axis, empty, frame
from studies.language.objective_names import is_real, objective_label
from studies.verdict.answers import Beats
from studies.verdict.model import Comparison, Interval, SweepVerdict
from studies.verdict.names import OF_PAPER, Named, judged_by, named_by

ROW_HEIGHT = 58


@dataclass(frozen=True, slots=True)
class PairedRow:
    """One arm against the claim."""

    name: str
    place: str  # its eta and alpha
    pairs: int
    difference: Interval
    outcome: str  # in words, so that colour is not needed
    beats: Beats | None = None  # chance that one of its runs beats the claim's; None under earlier analyses


@dataclass(frozen=True, slots=True)
class PairedInfo:
    """Rows from top to bottom, all in one unit."""

    rows: tuple[PairedRow, ...]
    margin: float | None
    unit: str
    empty: str

    @property
    def has_chances(self) -> bool:
        """True where some row says how often one of its runs beats the claim's."""
        return any(row.beats is not None for row in self.rows)


def paired_info(verdict: SweepVerdict | None) -> PairedInfo:
    """Comparisons of a sweep, in percentage points where every row has them, else in response units."""
    found, named = (verdict.comparisons, named_by(verdict)) if verdict is not None else ((), OF_PAPER)
    in_points = bool(found) and all(c.difference_points.estimate is not None for c in found)
    margin = None if verdict is None else (verdict.margin_points if in_points else verdict.margin)
    answers = None if verdict is None else verdict.answers
    chances = {} if answers is None else {chance.arm: chance for chance in answers.beats}
    return PairedInfo(
        rows=tuple(
            _row(c, c.difference_points if in_points else c.difference, margin, chances.get(c.arm), named)
            for c in found
        ),
        margin=margin,
        unit=_unit(verdict, in_points=in_points),
        empty="" if found else "No paired comparison yet: it needs the confirm phase, on fresh seeds.",
    )


def _unit(verdict: SweepVerdict | None, *, in_points: bool) -> str:
    judged = "accuracy" if verdict is None else judged_by(verdict)
    if in_points:
        return f"percentage points of {'accuracy' if isinstance(judged, str) else judged.name}"
    return objective_label(judged) if is_real(judged) else "response units"


def paired_figure(info: PairedInfo, palette: Palette = LIGHT) -> go.Figure:
    """Differences as intervals, with a band for the margin."""
    height = 150 + ROW_HEIGHT * max(len(info.rows), 2)
    if info.empty:
        return empty(palette, info.empty)
    figure = frame(palette, height=height)
    if info.margin is not None:
        band = {"fillcolor": palette.claim_fill, "line": {"width": 0}, "layer": "below"}
        figure.add_vrect(x0=-info.margin, x1=info.margin, **band)
    figure.add_vline(x=0, line={"color": palette.claim, "width": 2})
    labels = [f"{row.name}<br><span style='font-size:11px'>{row.place}</span>" for row in info.rows]
    figure.add_trace(_intervals(info, labels, palette))
    y = axis(
        palette,
        "",
        range=[len(info.rows) - 0.45, -0.55],
        showgrid=False,
        ticks="",
        showline=False,
        tickfont={"color": palette.ink},
    )
    x = axis(palette, f"{info.unit}<br>right of 0: better than the claim")
    figure.update_layout(xaxis=x, yaxis=y, showlegend=False, margin={"t": 24})
    return figure


def _intervals(info: PairedInfo, labels: list[str], palette: Palette) -> go.Scatter:
    middles = [row.difference.estimate for row in info.rows]
    return go.Scatter(
        x=middles,
        y=labels,
        mode="markers",
        marker={"size": 10, "color": palette.best, "symbol": "diamond"},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [_reach(r.difference.high, r.difference.estimate) for r in info.rows],
            "arrayminus": [_reach(r.difference.estimate, r.difference.low) for r in info.rows],
            "color": palette.best,
            "thickness": 2,
            "width": 6,
        },
        hovertext=[
            f"<b>{r.name}</b><br>{signed(r.difference.estimate, 3)} "
            f"({signed(r.difference.low, 3)} to {signed(r.difference.high, 3)})<br>{r.pairs} pairs: {r.outcome}"
            for r in info.rows
        ],
        hoverinfo="text",
    )


def _reach(high: float | None, low: float | None) -> float:
    return 0.0 if high is None or low is None else high - low


def _row(
    comparison: Comparison, difference: Interval, margin: float | None, beats: Beats | None, named: Named
) -> PairedRow:
    return PairedRow(
        name=arm_name(comparison.arm, named.symbols),
        place=point(comparison.eta, comparison.alpha, named),
        pairs=comparison.pairs,
        difference=difference,
        outcome=_outcome(difference, margin),
        beats=beats,
    )


def _outcome(difference: Interval, margin: float | None) -> str:
    low, high = difference.low, difference.high
    if low is None or high is None or margin is None:
        return "not decided"
    if low > margin:
        return "better than the claim by more than the margin"
    if high < -margin:
        return "worse than the claim by more than the margin"
    if -margin < low and high < margin:
        return f"equal to the claim within the margin of {number(margin, 2)}"
    if low > 0:
        return "better than the claim, by how much is open"
    if high < 0:
        return "worse than the claim, by how much is open"
    return "no difference shown"
