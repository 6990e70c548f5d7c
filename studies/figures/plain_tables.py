"""Figures as tables: the landscape, curves, paired differences, slices, progress, drift and trend."""

from __future__ import annotations

import math

from studies.figures.curves import ArmMean, CurvesInfo
from studies.figures.drift import DriftInfo
from studies.figures.figure_table import FigureTable, Value
from studies.figures.history import HistoryInfo
from studies.figures.landscape import LandscapeInfo
from studies.figures.numbers import number
from studies.figures.outcome_signs import SIGNS
from studies.figures.paired import PairedInfo
from studies.figures.parameters import point_text
from studies.figures.slices import Profile, SlicesInfo
from studies.figures.trend import TrendInfo
from studies.verdict.model import Interval


def landscape_table(info: LandscapeInfo) -> FigureTable:
    """A row per setting."""
    first, second = (p.name for p in info.axes.both)
    columns = (first, second, "mean", "runs", "at chance or broken", "outcome", "phases", "trials")
    rows = [
        (
            cell.eta,
            cell.alpha,
            cell.value,
            cell.runs,
            cell.diverged,
            SIGNS[cell.sign].word,
            ", ".join(cell.phases),
            " ".join(map(str, cell.trials)),
        )
        for cell in (*info.measured, *info.failed)
    ]
    where = "" if info.best is None else f" Best measured: {point_text(info.axes, info.best.eta, info.best.alpha)}."
    hidden = f" {info.hidden:,} settings are left out, evenly." if info.hidden else ""
    said = f"{len(info.measured) + len(info.failed):,} settings, {len(info.failed):,} of them failed.{where}{hidden}"
    return FigureTable.of(columns, rows, info.empty or said)


def curves_table(info: CurvesInfo) -> FigureTable:
    """A row per trial and epoch, after those of the means of arms."""
    rows: list[tuple[Value, ...]] = [
        (curve.trial, curve.role or "other", curve.eta, curve.alpha, SIGNS[curve.outcome].word, epoch, value)
        for curve in (*info.named, *info.faint)
        for epoch, value in enumerate(curve.accuracy, 1)
    ]
    columns: tuple[str, ...] = ("trial", "role", "first parameter", "second parameter", "outcome", "epoch", "mean")
    if info.arms:
        columns, rows = (*columns, "low", "high"), [*_of_arms(info), *((*row, None, None) for row in rows)]
    ends = [(c.role, c.accuracy[-1]) for c in info.named if c.accuracy and c.accuracy[-1] is not None]
    parts = []
    for role, word in (("claim", "the claim’s"), ("best", "the best")):
        found = [end for name, end in ends if name == role and end is not None]
        if found:
            parts.append(f"{word} end at {number(min(found), 4)} to {number(max(found), 4)}")
    said = f"{len(info.named) + len(info.faint):,} curves{': ' if parts else ''}{', '.join(parts)}."
    if info.arms:
        said = " ".join([*map(_mean_end, info.arms), f"Beside them {said}"])
    return FigureTable.of(columns, rows, info.empty or said)


def _of_arms(info: CurvesInfo) -> list[tuple[Value, ...]]:
    """A row per arm and epoch; without a band where there is one run."""
    return [
        (None, mean.curve.mark.name, mean.eta, mean.alpha, f"mean of {mean.curve.runs}", epoch, *map(_known, values))
        for mean in info.arms
        for epoch, values in enumerate(zip(mean.curve.mean, mean.curve.low, mean.curve.high, strict=True), 1)
    ]


def _mean_end(mean: ArmMean) -> str:
    curve = mean.curve
    low, high = (_known(band[-1]) for band in (curve.low, curve.high))
    band = "" if low is None else f" (95 %: {number(low, 4)} to {number(high, 4)})"
    runs = f"{curve.runs} run{'' if curve.runs == 1 else 's'}"
    return f"{curve.mark.name}: the mean of {runs} ends at {number(float(curve.mean[-1]), 4)}{band}."


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def paired_table(info: PairedInfo) -> FigureTable:
    """A row per arm."""
    columns = ("point", "place", f"difference, {info.unit}", "low", "high", "pairs", "reading")
    rows = [(row.name, row.place, *_parts(row.difference), row.pairs, row.outcome) for row in info.rows]
    if not info.has_pairs:
        said = " ".join(f"{row.name}: {row.outcome}." for row in info.rows)
        return FigureTable.of(columns, rows, info.empty or said)
    of_pairs = ("pairs above 0", "lowest pair", "highest pair")
    strips = [(row.strip.better, row.strip.lowest, row.strip.highest) for row in info.rows]
    said = " ".join(
        f"{row.name}: {row.outcome}, above 0 in {row.strip.better} of {row.strip.pairs} pairs." for row in info.rows
    )
    wide = [(*row, *of) for row, of in zip(rows, strips, strict=True)]
    return FigureTable.of((*columns, *of_pairs), wide, f"{said} {info.thinned}".rstrip())


def slices_table(info: SlicesInfo) -> FigureTable:
    """A row per place of each profile; the ends of the band where it is drawn."""
    banded = any(profile.half for profile in info.profiles)
    rows = [
        (profile.title, at, drop, "yes" if plausible else "no", *(band if banded else ()))
        for profile in info.profiles
        for at, drop, plausible, band in zip(profile.at, profile.drop, profile.plausible, profile.band, strict=True)
    ]
    ends = ("low", "high") if banded else ()
    columns = ("profile", "coordinate", f"below the top, {info.unit}", "within the 95 % region", *ends)
    shares = [f"{p.title}: {sum(p.plausible)} of {len(p.plausible)} places within the region" for p in info.profiles]
    said = f"{'; '.join(shares)}.{''.join(map(_band_reach, info.profiles))}"
    return FigureTable.of(columns, rows, info.empty or said)


def _band_reach(profile: Profile) -> str:
    """How far the fit tells a profile's places from the top; "" without a band."""
    ends = [high for _, high in profile.band if high is not None]
    if not ends:
        return ""
    reach = sum(high >= 0.0 for high in ends)
    deep = len(profile.at) - len(ends)
    none = f"; too low for a band: {deep}" if deep else ""
    places = f"{reach} of {len(profile.at)} places{none}"
    return f" {profile.title}: the 95 % band of the difference from the top reaches 0 at {places}."


def history_table(info: HistoryInfo) -> FigureTable:
    """A row per trial that has a value, in order."""
    rows = [
        (trial, next((s.phase for s in info.phases if s.first <= trial <= s.last), ""), value, SIGNS[sign].word)
        for trial, value, sign in zip(info.trials, info.values, info.signs, strict=True)
    ]
    failed = sum(len(found) for _, found in info.failed)
    best = max(range(len(info.shades)), key=lambda i: info.shades[i], default=None)
    top = "" if best is None else f"; the best is trial #{info.trials[best]} with {number(info.values[best], 4)}"
    said = f"{len(info.trials) + failed:,} trials, {failed:,} of them without a value{top}."
    return FigureTable.of(("trial", "phase", "mean", "outcome"), rows, info.empty or said)


def drift_rows(info: DriftInfo) -> FigureTable:
    """A row per sweep."""
    first, second = (p.name for p in info.axes.both)
    ends = [f"{name}{part}" for name in (first, second) for part in ("", " low", " high")]
    rows = [(", ".join(row.lines), row.outcome, *_parts(row.eta), *_parts(row.alpha)) for row in info.rows]
    said = "; ".join(
        f"{', '.join(row.lines)}: {point_text(info.axes, row.eta.estimate, row.alpha.estimate)}" for row in info.rows
    )
    return FigureTable.of(("sweep", "verdict", *ends), rows, info.empty or f"{said}.")


def trend_rows(info: TrendInfo) -> FigureTable:
    """A row per quantity, loss and value of the axis."""
    rows = [
        (pane.title, series.loss, value, *_parts(found))
        for pane in info.panes
        for series in pane.series
        for value, found in zip(series.values, series.optima, strict=True)
    ]
    columns = ("quantity", "loss", info.field or "axis", "optimum", "low", "high")
    return FigureTable.of(columns, rows, info.empty or " ".join(info.sentences))


def _parts(found: Interval) -> tuple[float | None, float | None, float | None]:
    return found.estimate, found.low, found.high
