"""Which parameter decides whether a setting is among the best: PED-ANOVA, beside what chance alone would give."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from studies.figures.figure_table import FigureTable
from studies.figures.numbers import number, percent
from studies.figures.ped_anova import STEPS, best_of, density, divergence, grid_cells
from studies.figures.plane import coordinates
from studies.figures.theme import LIGHT, Palette, axis, empty, frame
from studies.figures.trial_values import TrialValues, trial_values
from studies.language.objective_names import Judged
from studies.language.parameters import Axes
from studies.language.space import Space
from studies.records import Runs

FloatArray = NDArray[np.float64]
TOP, LEAST_TOP = 0.1, 5  # share of the settings that are the best ones, and their least number
LEAST = 20  # settings
SHUFFLES, CHANCE_LEVEL, SEED = 200, 0.95, 20230425
ROW, REST = 52, 130  # heights


@dataclass(frozen=True, slots=True)
class ImportanceRow:
    """One parameter, or the effective rate."""

    name: str
    importance: float  # of being among the best
    chance: float  # what 95 % of shuffled values stay below
    share: float | None  # of the two parameters' sum; None for what is made of both

    @property
    def beyond_chance(self) -> bool:
        """True where it is more than chance would give."""
        return self.importance > self.chance


@dataclass(frozen=True, slots=True)
class ImportanceInfo:
    """Rows from the most to the least important one."""

    rows: tuple[ImportanceRow, ...]
    settings: int
    best: int
    said: str
    empty: str


def importance_info(
    runs: Runs, axes: Axes, space: Space, *, objective: Judged, outcome: NDArray[np.str_] | None = None
) -> ImportanceInfo:
    """Importance over the settings of one sweep; each setting counts once, and one that failed is among the worst.

    Args:
        runs: of the sweep.
        axes: the parameters.
        space: their box.
        objective, outcome: as of `trial_values`.
    """
    first, second, shades = _settings(trial_values(runs, objective, outcome))
    n = len(shades)
    if n < LEAST or np.count_nonzero(np.isfinite(shades)) <= LEAST_TOP:
        return ImportanceInfo((), n, 0, "", f"It takes {LEAST} settings that were trained; there are {n} so far.")
    top = best_of(shades, max(TOP, LEAST_TOP / n))
    measured = [(name, *_against_chance(at, top, *ends)) for name, at, ends in coordinates(axes, space, first, second)]
    total = sum(found for _, found, _ in measured[:2]) or 1.0
    rows = [ImportanceRow(name, found, chance, found / total) for name, found, chance in measured[:2]]
    rows += [ImportanceRow(name, found, chance, None) for name, found, chance in measured[2:]]
    ordered = tuple(sorted(rows, key=lambda row: -row.importance))
    best = int(np.count_nonzero(top))
    return ImportanceInfo(ordered, n, best, _said(ordered, n, best), "")


def importance_figure(info: ImportanceInfo, palette: Palette = LIGHT) -> go.Figure:
    """A bar per parameter, and a mark up to which chance alone would bring it."""
    if info.empty:
        return empty(palette, info.empty)
    figure = frame(palette, height=REST + ROW * len(info.rows))
    for i, row in enumerate(info.rows):
        colour = palette.best if row.beyond_chance else palette.muted
        figure.add_trace(
            go.Scatter(
                x=[0.0, row.importance],
                y=[row.name, row.name],
                mode="lines",
                line={"width": 18, "color": colour},
                name="importance",
                showlegend=i == 0,
                hoverinfo="skip",
            )
        )
    figure.add_trace(_chance(info, palette))
    figure.add_trace(_texts(info, palette))
    most = max(max(row.importance, row.chance) for row in info.rows)
    x = axis(palette, f"importance for the best {info.best:,} of {info.settings:,} settings", range=[0, 1.3 * most])
    y = axis(palette, "", autorange="reversed", showgrid=False, ticks="", tickfont={"color": palette.ink, "size": 13})
    figure.update_layout(xaxis=x, yaxis=y)
    return figure


def importance_table(info: ImportanceInfo) -> FigureTable:
    """A row per parameter."""
    columns = ("parameter", "importance", "chance, 95 %", "share of the two parameters")
    rows = [(row.name, row.importance, row.chance, row.share) for row in info.rows]
    return FigureTable.of(columns, rows, info.said or info.empty)


def _settings(found: TrialValues) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Distinct points with the mean of their trials, minus infinity where at least half of them failed."""
    points, codes = np.unique(np.stack([found.eta, found.alpha], axis=1), axis=0, return_inverse=True)
    codes, known, n = codes.ravel(), found.known, len(points)
    counts, all_of = np.bincount(codes[known], minlength=n), np.bincount(codes, minlength=n)
    sums = np.bincount(codes[known], weights=found.shade[known], minlength=n)
    shades = np.where(2 * counts > all_of, sums / np.maximum(counts, 1), -np.inf)
    return points[:, 0], points[:, 1], shades


def _against_chance(at: FloatArray, top: NDArray[np.bool_], low: float, high: float) -> tuple[float, float]:
    """Importance, and the level that it stays below where the best settings are drawn by lot, 95 times of 100."""
    cells = grid_cells(at, low, high)
    every = density(np.bincount(cells, minlength=STEPS))
    lots = np.random.default_rng(SEED)
    drawn = [divergence(cells, lots.permutation(top), every) for _ in range(SHUFFLES)]
    return divergence(cells, top, every), float(np.quantile(drawn, CHANCE_LEVEL))


def _chance(info: ImportanceInfo, palette: Palette) -> go.Scatter:
    return go.Scatter(
        x=[row.chance for row in info.rows],
        y=[row.name for row in info.rows],
        mode="markers",
        name="reached by chance at most (95 %)",
        marker={"symbol": "line-ns", "size": 26, "color": palette.ink, "line": {"width": 2, "color": palette.ink}},
        hovertemplate="chance stays below %{x:.3g} in 95 of 100 shuffles<extra></extra>",
    )


def _texts(info: ImportanceInfo, palette: Palette) -> go.Scatter:
    return go.Scatter(
        x=[max(row.importance, row.chance) for row in info.rows],
        y=[row.name for row in info.rows],
        mode="text",
        text=[f"  {number(row.importance, 2)}" + _share(row) for row in info.rows],
        textposition="middle right",
        textfont={"color": palette.muted, "size": 12},
        showlegend=False,
        hoverinfo="skip",
    )


def _share(row: ImportanceRow) -> str:
    return "" if row.share is None else f" ({percent(row.share, 0)})"


def _said(rows: tuple[ImportanceRow, ...], settings: int, best: int) -> str:
    clear = [row for row in rows if row.beyond_chance]
    among = f"For being among the best {best:,} of {settings:,} settings"
    if not clear:
        return f"{among}, no parameter matters more than chance would show."
    listed = ", ".join(f"{row.name} {number(row.importance, 2)}" for row in rows)
    rest = [row.name for row in rows if not row.beyond_chance]
    weak = f" {' and '.join(rest)}: no more than chance would give." if rest else ""
    return f"{among}, {clear[0].name} matters most (importance {listed}).{weak}"
