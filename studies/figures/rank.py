"""Trials by rank: where in the box the good ones lie, however bad the others are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from studies.figures.figure_table import FigureTable
from studies.figures.numbers import number
from studies.figures.outcome_signs import SIGNS
from studies.figures.parameters import shown
from studies.figures.plane import Plane
from studies.figures.precision import SHADES, on_axis
from studies.figures.scales import in_view
from studies.figures.theme import LIGHT, Palette, claim_star, colour_bar, empty, frame, say_shown
from studies.figures.trial_values import TrialValues, trial_values
from studies.language.claim import Claim
from studies.language.objective_names import Judged, objective_label
from studies.language.space import Space
from studies.records import Runs

HEIGHT = 420
TOP = 0.1  # share of the trials that are called the best ones
NOTHING = "Nothing measured yet."


@dataclass(frozen=True, slots=True, eq=False)
class RankInfo:
    """Trials with a value, the best first, and those without."""

    plane: Plane
    claim: tuple[float, float]
    ranked: TrialValues
    failed: TrialValues
    objective: Judged
    said: str
    empty: str

    @property
    def better_than(self) -> NDArray[np.float64]:
        """Share of the other ranked trials that each one beats, 1 for the best."""
        n = len(self.ranked)
        return np.linspace(1.0, 0.0, n) if n > 1 else np.ones(n)

    @property
    def drawn_ranks(self) -> NDArray[np.intp]:
        """Places among the ranked trials that are drawn: all, or the best and every so many."""
        return in_view(len(self.ranked))

    @property
    def drawn_failed(self) -> TrialValues:
        """Trials without a value that are drawn: all, or every so many."""
        return self.failed.where(in_view(len(self.failed)))


def rank_info(
    runs: Runs, claim: Claim, space: Space, *, objective: Judged, outcome: NDArray[np.str_] | None = None
) -> RankInfo:
    """Trials of one sweep in the order of their means; arguments as of `trial_values`."""
    every = trial_values(runs, objective, outcome)
    known = every.where(every.known)
    order = np.argsort(-known.shade, kind="stable")
    ranked = known.where(order)
    failed = every.where(~every.known)
    return RankInfo(
        plane=Plane(claim.axes, space),
        claim=(claim.first, claim.second),
        ranked=ranked,
        failed=failed,
        objective=objective,
        said=_said(ranked, failed, claim),
        empty="" if len(every) else NOTHING,
    )


def rank_figure(info: RankInfo, palette: Palette = LIGHT) -> go.Figure:
    """The box with a point per trial, coloured by its rank."""
    if info.empty:
        return empty(palette, info.empty)
    figure = frame(palette, height=HEIGHT)
    figure.add_trace(_ranked(info, palette))
    for name, sign in SIGNS.items():
        marked = info.drawn_failed.where(info.drawn_failed.sign == name)
        if len(marked):
            figure.add_trace(_points(marked, info, sign.word, sign.marker(palette, size=7.0)))
    figure.add_trace(_claim(info, palette))
    say_shown(figure, len(info.drawn_ranks) + len(info.drawn_failed), len(info.ranked) + len(info.failed))
    figure.update_layout(xaxis=info.plane.horizontal(palette), yaxis=info.plane.vertical(palette))
    return figure


def rank_table(info: RankInfo) -> FigureTable:
    """A row per trial: its rank, point and mean; those that failed have no rank."""
    one, other = (p.name for p in info.plane.axes.both)
    columns = ("rank", "trial", "phase", one, other, "value", "outcome")
    rows = [
        (place, *_cells(found, i))
        for found, places in (
            (info.ranked, range(1, len(info.ranked) + 1)),
            (info.failed, [None] * len(info.failed)),
        )
        for i, place in enumerate(places)
    ]
    return FigureTable.of(columns, rows, info.said or info.empty)


def _cells(found: TrialValues, i: int) -> tuple[int, str, float, float, float | None, str]:
    value = float(found.value[i])
    point = float(found.eta[i]), float(found.alpha[i])
    known = value if np.isfinite(value) else None
    return int(found.number[i]), str(found.phase[i]), *point, known, SIGNS[str(found.sign[i])].word


def _said(ranked: TrialValues, failed: TrialValues, claim: Claim) -> str:
    if not len(ranked):
        return "No trial has a value: all of them ended at chance." if len(failed) else ""
    top = ranked.where(np.arange(len(ranked)) < max(1, round(TOP * len(ranked))))
    first, second = shown(claim.axes)
    spans = (
        f"{one.symbol} from {one.text(float(v.min()))} to {one.text(float(v.max()))}"
        for one, v in ((first, top.eta), (second, top.alpha))
    )
    claimed = np.flatnonzero(ranked.claim)
    place = f" The claim’s best trial is number {claimed[0] + 1:,}." if len(claimed) else ""
    gone = f" {len(failed):,} more trials have no value, as they ended at chance." if len(failed) else ""
    best = "The best trial has" if len(top) == 1 else f"The best {len(top):,} of {len(ranked):,} trials have"
    return f"{best} {' and '.join(spans)}.{place}{gone}"


def _ranked(info: RankInfo, palette: Palette) -> go.Scatter:
    title = f"rank by {objective_label(info.objective)}"
    order = info.drawn_ranks[::-1]  # the best are drawn last, on top
    marker = {
        "size": 9,
        "color": on_axis(info.better_than[order], (0.0, 1.0), SHADES),
        "cmin": 0.0,
        "cmax": 1.0,
        "colorscale": palette.colorscale,
        "colorbar": colour_bar(palette, title, [0.02, 0.5, 0.98], ["worst", "middle", "best"]),
        "line": {"width": 0.8, "color": palette.muted},
    }
    found = info.ranked.where(order)
    trace = _points(found, info, "measured", marker)
    ranks = order + 1
    values = [f"{number(v, 4)}" for v in found.value.tolist()]
    texts = zip(trace.hovertext, ranks.tolist(), values, strict=True)
    trace.update(hovertext=[f"<b>rank {rank} of {len(info.ranked)}</b>: {v}<br>{t}" for t, rank, v in texts])
    return trace.update(showlegend=False)


def _points(found: TrialValues, info: RankInfo, name: str, marker: dict[str, object]) -> go.Scatter:
    first, second = shown(info.plane.axes)
    rows = zip(found.number.tolist(), found.eta.tolist(), found.alpha.tolist(), found.phase.tolist(), strict=True)
    return go.Scatter(
        **info.plane.drawn(found.eta, found.alpha),
        mode="markers",
        name=name,
        marker=marker,
        hovertext=[
            f"trial #{n}, {phase}<br>{first.symbol} {first.text(e)} · {second.symbol} {second.text(a)}"
            for n, e, a, phase in rows
        ],
        hoverinfo="text",
    )


def _claim(info: RankInfo, palette: Palette) -> go.Scatter:
    first, second = info.claim
    return go.Scatter(
        x=[float(info.plane.along(second))],
        y=[float(info.plane.up(first))],
        mode="markers",
        name="claim",
        marker=claim_star(palette, 17),
        hoverinfo="skip",
    )
