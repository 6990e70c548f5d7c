"""Slices of the fitted surface: along the ridge of constant eta / (1 - alpha), and across it.

Each slice is a profile: over one coordinate, the best fitted response that any value of the other one reaches, below
the surface's top. Its band is the pointwise 95 % interval of that difference between the profile's place and the top,
both as found (`surface_band`): 0 at the top itself, and no band of the top's own height. Where it reaches above 0, the
place may well be the better one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studies.figures.parameters import rate_symbol, shown
from studies.figures.scales import Ticks, eta_ticks
from studies.language.claim import Claim
from studies.language.objective_names import response_unit
from studies.verdict.model import LEVEL, Evidence, RegionMap, SweepVerdict
from studies.verdict.names import judged_by
from studies.verdict.neighbourhood import nodes_of
from studies.verdict.surface_band import SurfaceBand, surface_band

FloatArray = NDArray[np.float64]
BAND_NOTE = (
    "Shaded, where the runs allow it: the 95 % band of the difference from the surface’s top, place by place. It is 0 "
    "at the top itself; where it reaches above 0, the fit does not tell the place from the top; it ends where the fit "
    "only says “low”."
)


@dataclass(frozen=True, slots=True)
class Profile:
    """Best fitted response over one coordinate, relative to the overall best (0 at the top)."""

    title: str
    at: tuple[float, ...]
    drop: tuple[float, ...]
    plausible: tuple[bool, ...]  # whether the 95 % region of the optimum reaches this coordinate
    claim: float
    ticks: Ticks
    half: tuple[float | None, ...] = ()  # of the band at each place, None where it has none; empty: no band at all

    @property
    def band(self) -> tuple[tuple[float | None, float | None], ...]:
        """Lower and upper end of the band at each place; None where it has none."""
        half = self.half or (None,) * len(self.drop)
        return tuple((None, None) if h is None else (d - h, d + h) for d, h in zip(self.drop, half, strict=True))


@dataclass(frozen=True, slots=True)
class SlicesInfo:
    """Profiles over alpha (along the ridge) and over the effective rate (across it), in `unit`.

    Without a ridge they are over the two parameters.
    """

    profiles: tuple[Profile, ...]
    margin: float | None
    empty: str
    unit: str = "response units"


def slices_info(claim: Claim, verdict: SweepVerdict | None, evidence: Evidence | None = None) -> SlicesInfo:
    """Profiles of a sweep's fitted surface, none where there is no fit.

    Args:
        claim: whose place is marked.
        verdict: of the sweep; None while there is none.
        evidence: what the verdict was given, for the band; None: without it.
    """
    region = verdict.region if verdict is not None else None
    mean = _grid(region.mean) if region is not None else np.empty((0, 0))
    if verdict is None or region is None or not np.isfinite(mean).any():
        return SlicesInfo((), None, "No fitted surface yet: it needs the map to be finished.")
    nodes = _nodes(region, mean, None if evidence is None else surface_band(evidence, region))
    unit = response_unit(judged_by(verdict))
    return SlicesInfo(profiles=_profiles(nodes, region, claim), margin=verdict.margin, empty="", unit=unit)


def _profiles(nodes: _Nodes, region: RegionMap, claim: Claim) -> tuple[Profile, Profile]:
    """Along and across the ridge; without one, over the second parameter and over the first."""
    axes, (first, second) = claim.axes, shown(claim.axes)
    v, u = nodes.places.T
    claim_v, claim_u = (float(axis) for axis in axes.coordinates(claim.first, claim.second))
    values = axes.second.value(np.asarray(region.u))
    ticks = second.ticks(float(values.min()), float(values.max()), few=True)
    name = "along: {1}, best {0} at each" if axes.ridge else "over {1}, best {0} at each"
    along = nodes.profile(name.format(*axes.symbols), u, claim_u, ticks)
    if axes.ridge:
        return along, nodes.profile(f"across: {rate_symbol(axes)}", v + u, claim_v + claim_u, _rate_ticks(v + u))
    values = axes.first.value(np.asarray(region.v))
    ticks = first.ticks(float(values.min()), float(values.max()), few=True)
    return along, nodes.profile("over {}, best {} at each".format(*axes.symbols), v, claim_v, ticks)


def _rate_ticks(s: FloatArray) -> Ticks:
    """Ticks of the effective rate, at its logarithms."""
    rates = np.exp(s)
    ticks = eta_ticks(float(rates.min()), float(rates.max()), few=True)
    return Ticks(tuple(float(np.log(rate)) for rate in ticks.at), ticks.text)


def _grid(rows: tuple[tuple[float | None, ...], ...]) -> FloatArray:
    return np.array([[np.nan if value is None else value for value in row] for row in rows], dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class _Nodes:
    """The nodes of a map that have a fitted response."""

    places: FloatArray  # (m, 2) in (v, u)
    mean: FloatArray  # (m,)
    chance: FloatArray  # (m,) p-value of "the optimum is here", 0 where there is none
    half: FloatArray | None  # (m,) half widths of the band, nan where there is none; None without a band
    bins: int

    def profile(self, title: str, coordinate: FloatArray, claim: float, ticks: Ticks) -> Profile:
        """The highest node within each of some bins of a coordinate (m,)."""
        edges = np.linspace(coordinate.min() - 1e-9, coordinate.max() + 1e-9, self.bins + 1)
        bins, top = np.digitize(coordinate, edges) - 1, float(self.mean.max())
        groups = [members for b in range(self.bins) if len(members := np.flatnonzero(bins == b))]
        best = [int(members[np.argmax(self.mean[members])]) for members in groups]
        return Profile(
            title=title,
            at=tuple(float(coordinate[members].mean()) for members in groups),
            drop=tuple(float(self.mean[i]) - top for i in best),
            plausible=tuple(bool(self.chance[members].max() > LEVEL) for members in groups),
            claim=claim,
            ticks=ticks,
            half=() if self.half is None else tuple(None if np.isnan(h) else float(h) for h in self.half[best]),
        )


def _nodes(region: RegionMap, mean: FloatArray, band: SurfaceBand | None) -> _Nodes:
    inside = np.isfinite(mean).ravel()
    places = nodes_of(np.asarray(region.v), np.asarray(region.u))[inside]
    heights, chance = mean.ravel()[inside], np.nan_to_num(_grid(region.p)).ravel()[inside]
    half = None
    if band is not None:
        known = heights >= heights.max() - band.depth
        half = np.where(known, band.half_widths(places, places[int(np.argmax(heights))]), np.nan)
    return _Nodes(places, heights, chance, half, max(mean.shape))
