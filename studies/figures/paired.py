"""Paired differences: other points minus the claim on the same seeds, with the margin of practical equivalence.

Below each interval lie the single pairs that it is made of.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from textwrap import wrap

import plotly.graph_objects as go

from studies.figures.arms import arm_name
from studies.figures.numbers import number, point, signed
from studies.figures.pair_strips import NO_PAIRS, PairStrip, heights, strips_of
from studies.figures.theme import LIGHT, Palette, axis, empty, frame
from studies.language.objective_names import response_unit
from studies.verdict.answers import Beats
from studies.verdict.model import Comparison, Evidence, Interval, SweepVerdict
from studies.verdict.names import OF_PAPER, Named, judged_by, named_by

ROW_HEIGHT = 58  # pixels; a third more where single pairs are drawn
BAND = (0.06, 0.36)  # where a row's single pairs lie below its middle, as shares of its height
NARROW = 36  # characters a line below the axis: fits a telephone
RAISED = 0.16  # how far the interval lies above the middle then


@dataclass(frozen=True, slots=True)
class PairedRow:
    """One arm against the claim."""

    name: str
    place: str  # its eta and alpha
    pairs: int
    difference: Interval
    outcome: str  # in words, so that colour is not needed
    beats: Beats | None = None  # chance that one of its runs beats the claim's; None under earlier analyses
    strip: PairStrip = NO_PAIRS  # the single pairs, in the unit of `difference`


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

    @property
    def has_pairs(self) -> bool:
        """True where single pairs are drawn."""
        return any(row.strip.shown for row in self.rows)

    @property
    def thinned(self) -> str:
        """How many single pairs are drawn, in a sentence; "" where all are."""
        left_out = [row.strip for row in self.rows if row.strip.hidden]
        if not left_out:
            return ""
        fullest = max(left_out, key=lambda strip: strip.pairs)
        return f"Of {fullest.pairs:,} pairs of a point {len(fullest.shown):,} are drawn, an even choice."


def paired_info(verdict: SweepVerdict | None, evidence: Evidence | None = None) -> PairedInfo:
    """Comparisons of a sweep, in percentage points where every row has them, else in response units.

    Args:
        verdict: of the sweep; None while there is none.
        evidence: what the verdict was given, for single pairs; None: without them.
    """
    found, named = (verdict.comparisons, named_by(verdict)) if verdict is not None else ((), OF_PAPER)
    in_points = bool(found) and all(c.difference_points.estimate is not None for c in found)
    margin = None if verdict is None else (verdict.margin_points if in_points else verdict.margin)
    answers = None if verdict is None else verdict.answers
    chances = {} if answers is None else {chance.arm: chance for chance in answers.beats}
    strips = {} if evidence is None or not found else strips_of(evidence, in_points=in_points)
    return PairedInfo(
        rows=tuple(
            replace(
                _row(c, c.difference_points if in_points else c.difference, margin, chances.get(c.arm), named),
                strip=strips.get((c.arm, c.eta, c.alpha), NO_PAIRS),
            )
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
    return response_unit(judged)


def paired_figure(info: PairedInfo, palette: Palette = LIGHT) -> go.Figure:
    """Differences as intervals, their single pairs below each as small points; with a band for the margin."""
    height = 150 + ROW_HEIGHT * (4 if info.has_pairs else 3) // 3 * max(len(info.rows), 2)
    if info.empty:
        return empty(palette, info.empty)
    figure = frame(palette, height=height)
    if info.margin is not None:
        band = {"fillcolor": palette.claim_fill, "line": {"width": 0}, "layer": "below"}
        figure.add_vrect(x0=-info.margin, x1=info.margin, **band)
    figure.add_vline(x=0, line={"color": palette.claim, "width": 2})
    labels = [f"{row.name}<br><span style='font-size:11px'>{row.place}</span>" for row in info.rows]
    if info.has_pairs:
        figure.add_trace(_pairs(info, palette))
    figure.add_trace(_intervals(info, palette))
    y = axis(
        palette,
        "",
        range=[len(info.rows) - 0.45, -0.55],
        tickvals=list(range(len(info.rows))),
        ticktext=labels,
        showgrid=False,
        ticks="",
        showline=False,
        tickfont={"color": palette.ink},
    )
    x = axis(palette, "<br>".join([info.unit, "right of 0: better than the claim", *_of_pairs(info)]))
    figure.update_layout(xaxis=x, yaxis=y, showlegend=False, margin={"t": 24})
    return figure


def _of_pairs(info: PairedInfo) -> list[str]:
    """Lines on the single pairs, below the axis."""
    said = ["small points: single pairs"] if info.has_pairs else []
    return said + wrap(info.thinned, NARROW)


def _pairs(info: PairedInfo, palette: Palette) -> go.Scatter:
    """The single pairs of all rows as one trace."""
    return go.Scatter(
        x=[pair.difference for row in info.rows for pair in row.strip.shown],
        y=[i + height for i, row in enumerate(info.rows) for height in heights(len(row.strip.shown), BAND)],
        mode="markers",
        marker={"size": 5, "color": palette.muted, "opacity": 0.65},
        hovertext=[
            f"{row.name}, block {pair.block}, run {pair.run}<br>{signed(pair.difference, 3)}"
            for row in info.rows
            for pair in row.strip.shown
        ],
        hoverinfo="text",
    )


def _intervals(info: PairedInfo, palette: Palette) -> go.Scatter:
    middles = [row.difference.estimate for row in info.rows]
    raised = RAISED if info.has_pairs else 0.0
    return go.Scatter(
        x=middles,
        y=[i - raised for i in range(len(info.rows))],
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
